//! The ways to an open order: by OrderID, by account and ClOrdID.

use super::ladder::NONE;
use crate::ids::{ClOrdId, OrderId};
use crate::table::{Table, hash_pair};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// An account's slot and the client's name of an order.
type Name = (u32, ClOrdId);

#[inline]
fn hash_name(name: Name) -> u64 {
    hash_pair(u64::from(name.0), name.1.0)
}

const PAGE: usize = 4096;

/// Pages whose places in the list are there from the first order on, so that the list does not grow
/// in the order path: a megabyte that stays untouched until it is used.
const ID_PAGES_RESERVED: usize = 1 << 16;

/// Dense OrderIDs to slots; a page without open orders goes back to the pool. What stands at the id
/// of an order that is gone means nothing: whoever asks looks at the slot whose it is. So an order
/// that leaves is counted, and its page is not fetched.
#[derive(Clone, Debug, Default)]
struct IdIndex {
    pages: Vec<IdPage>,
    spare: Vec<Box<[u32; PAGE]>>,
}

#[derive(Clone, Debug, Default)]
struct IdPage {
    live: u32,
    slots: Option<Box<[u32; PAGE]>>,
}

impl IdIndex {
    #[inline]
    fn get(&self, id: OrderId) -> Option<u32> {
        let index = usize::try_from(id.0).ok()?;
        let slots = self.pages.get(index / PAGE)?.slots.as_ref()?;
        let slot = slots[index % PAGE];
        (slot != NONE).then_some(slot)
    }

    #[inline]
    fn insert(&mut self, id: OrderId, slot: u32) {
        let index = id.0 as usize;
        match self.pages.get_mut(index / PAGE) {
            Some(IdPage { live, slots: Some(slots) }) => {
                *live += 1;
                slots[index % PAGE] = slot;
            }
            _ => self.insert_page(index, slot),
        }
    }

    #[cold]
    fn insert_page(&mut self, index: usize, slot: u32) {
        if self.pages.len() <= index / PAGE {
            self.pages.reserve(if self.pages.is_empty() { ID_PAGES_RESERVED } else { 1 });
            self.pages.resize(index / PAGE + 1, IdPage::default());
        }
        let mut slots = self.spare.pop().unwrap_or_else(|| Box::new([NONE; PAGE]));
        slots[index % PAGE] = slot;
        self.pages[index / PAGE] = IdPage { live: 1, slots: Some(slots) };
    }

    #[inline]
    fn remove(&mut self, id: OrderId) {
        let page = &mut self.pages[id.0 as usize / PAGE];
        page.live -= 1;
        if page.live == 0 {
            self.spare.extend(page.slots.take());
        }
    }
}

/// Finds open orders.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    ids: IdIndex,
    names: Table,
}

impl Directory {
    /// The slot of the open order with this id; perhaps another's when there is none.
    #[inline]
    pub(crate) fn by_id(&self, id: OrderId) -> Option<u32> {
        self.ids.get(id)
    }

    /// The open order with this name.
    #[inline]
    pub(crate) fn by_name(&self, name: Name, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        self.names.find(hash_name(name), is_it)
    }

    /// Takes an order in.
    #[inline]
    pub(crate) fn insert(&mut self, id: OrderId, slot: u32, name: Name) {
        self.ids.insert(id, slot);
        self.insert_name(slot, name);
    }

    /// Takes an order's name in.
    #[inline]
    pub(crate) fn insert_name(&mut self, slot: u32, name: Name) {
        self.names.insert(hash_name(name), slot);
    }

    /// Takes an order out.
    #[inline]
    pub(crate) fn remove(&mut self, id: OrderId, slot: u32, name: Name) {
        self.ids.remove(id);
        self.forget_name(slot, name);
    }

    /// Takes an order's name out.
    #[inline]
    pub(crate) fn forget_name(&mut self, slot: u32, name: Name) {
        self.names.remove(hash_name(name), slot);
    }
}
