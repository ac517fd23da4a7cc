//! Ids given from outside to dense slots. Never iterated: order comes from the slots.
//!
//! Ids that follow each other closely, as people and scripts give them, stand in a list by the id
//! itself; others are hashed.

use crate::book::ladder::NONE;
use crate::segments::Segments;
use crate::table::{Table, hash_pair};

/// How far beyond the list an id may lie to be taken into it: what one insertion fills at most.
const GAP_MAX: u64 = 1_024;

/// Places of the list for each id, at most: beyond that hashing takes less memory.
const PLACES_MAX: u64 = 8;

/// Maps ids of one kind to slots.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    /// Slots by id, `NONE` where the id is not known here.
    close: Segments<u32>,
    /// How many ids are known.
    len: u64,
    sparse: Table,
    /// What `sparse` points to.
    entries: Segments<(u64, u32)>,
}

impl Directory {
    /// The slot of an id.
    #[inline]
    pub(crate) fn get(&self, id: u64) -> Option<u32> {
        match self.close.get(id as usize) {
            Some(&slot) if slot != NONE => Some(slot),
            _ => self.get_sparse(id),
        }
    }

    fn get_sparse(&self, id: u64) -> Option<u32> {
        let at = self.sparse.find(hash_pair(id, 0), |at| self.entries[at as usize].0 == id)?;
        Some(self.entries[at as usize].1)
    }

    /// Remembers a new id.
    pub(crate) fn insert(&mut self, id: u64, slot: u32) {
        self.len += 1;
        let places = self.close.len() as u64;
        if id > places + GAP_MAX || id > PLACES_MAX * (self.len + GAP_MAX) {
            self.sparse.insert(hash_pair(id, 0), self.entries.len() as u32);
            self.entries.push((id, slot));
            return;
        }
        (places..=id).for_each(|_| self.close.push(NONE));
        self.close[id as usize] = slot;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::btree_map::{BTreeMap, Entry};

    #[test]
    fn knows_close_ids_and_far_ones_whichever_come_first() {
        let mut random = 9u64;
        let mut directory = Directory::default();
        let mut known = BTreeMap::new();
        for slot in 0..20_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let id = match random >> 62 {
                0 => u64::from(slot) * 2,
                1 => random >> 50 & 0x3fff,
                2 => (random >> 20 & 0xff) + 8_000,
                _ => random | 1 << 40,
            };
            assert_eq!(directory.get(id), known.get(&id).copied());
            if let Entry::Vacant(place) = known.entry(id) {
                directory.insert(id, *place.insert(slot));
            }
        }
        assert!(directory.close.len() > 30_000 && directory.entries.len() > 4_000);
        assert!(known.iter().all(|(id, slot)| directory.get(*id) == Some(*slot)));
        assert_eq!(directory.get(u64::MAX), None);
    }
}
