//! Ids given from outside to dense slots. Never iterated: order comes from the slots.

use crate::book::directory::hash_pair;
use hashbrown::HashTable;

/// Maps ids of one kind to slots.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    table: HashTable<(u64, u32)>,
}

impl Directory {
    /// The slot of an id.
    #[inline]
    pub(crate) fn get(&self, id: u64) -> Option<u32> {
        self.table.find(hash_pair(id, 0), |entry| entry.0 == id).map(|entry| entry.1)
    }

    /// Remembers a new id.
    pub(crate) fn insert(&mut self, id: u64, slot: u32) {
        self.table.insert_unique(hash_pair(id, 0), (id, slot), |entry| hash_pair(entry.0, 0));
    }
}
