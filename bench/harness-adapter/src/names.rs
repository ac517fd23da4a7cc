//! Clients' names of open orders to their slots in the book.
//!
//! The benchmark's clients count their orders up from a small number, as real order entry makes
//! them do, so a name is an index. Names beyond what is worth a table go to a hash map.

use std::collections::HashMap;

/// No order.
pub const NONE: u32 = u32::MAX;

/// Names that have their place in the table from the start: 16 MiB, touched before the clock runs.
const NAMES_AT_START: usize = 1 << 22;

/// Names that may have a place in the table: 1 GiB of it at most.
const NAMES_DENSE: u64 = 1 << 28;

/// The open orders' slots.
#[derive(Debug)]
pub struct Names {
    dense: Vec<u32>,
    sparse: HashMap<u64, u32>,
}

impl Names {
    /// No open orders.
    pub fn new() -> Self {
        Self { dense: vec![NONE; NAMES_AT_START], sparse: HashMap::new() }
    }

    /// The slot of an open order, or [`NONE`].
    #[inline]
    pub fn get(&self, name: u64) -> u32 {
        match self.dense.get(name as usize) {
            Some(slot) => *slot,
            None => self.get_far(name),
        }
    }

    #[cold]
    fn get_far(&self, name: u64) -> u32 {
        self.sparse.get(&name).copied().unwrap_or(NONE)
    }

    /// An order has this slot now; or it is gone, where the slot is [`NONE`].
    #[inline]
    pub fn set(&mut self, name: u64, slot: u32) {
        match self.dense.get_mut(name as usize) {
            Some(entry) => *entry = slot,
            None => self.set_far(name, slot),
        }
    }

    #[cold]
    fn set_far(&mut self, name: u64, slot: u32) {
        if name < NAMES_DENSE {
            // Doubling: the copying is paid for by as many names that need none.
            self.dense.resize((name as usize + 1).next_power_of_two(), NONE);
            self.dense[name as usize] = slot;
        } else if slot == NONE {
            self.sparse.remove(&name);
        } else {
            self.sparse.insert(name, slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_near_and_far_names() {
        let mut names = Names::new();
        let all = [0, 1, NAMES_AT_START as u64, 9_000_000, NAMES_DENSE, u64::MAX];
        for name in all {
            assert_eq!(names.get(name), NONE);
            names.set(name, name as u32 / 2);
        }
        for name in all {
            assert_eq!(names.get(name), name as u32 / 2);
            names.set(name, NONE);
            assert_eq!(names.get(name), NONE);
        }
        assert!(names.sparse.is_empty());
    }
}
