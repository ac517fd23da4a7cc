//! Lists of orders through the links in their slab: a price level's queue, market orders in a
//! call, orders parked for the closing call.

use super::ladder::NONE;
use super::orders::Orders;

/// First and last order of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue {
    pub head: u32,
    pub tail: u32,
}

impl Queue {
    pub(crate) const EMPTY: Self = Self { head: NONE, tail: NONE };

    /// Puts an order at the end.
    #[inline]
    pub(crate) fn push_back(&mut self, orders: &mut Orders, slot: u32) {
        let node = orders.node_mut(slot);
        node.prev = self.tail;
        node.next = NONE;
        self.append(orders, slot);
    }

    /// The same for an order that names the last one as the one before it already.
    #[inline]
    pub(crate) fn append(&mut self, orders: &mut Orders, slot: u32) {
        if self.tail == NONE {
            self.head = slot;
        } else {
            orders.node_mut(self.tail).next = slot;
        }
        self.tail = slot;
    }

    /// Puts an order at the front.
    pub(crate) fn push_front(&mut self, orders: &mut Orders, slot: u32) {
        let node = orders.node_mut(slot);
        node.prev = NONE;
        node.next = self.head;
        if self.head == NONE {
            self.tail = slot;
        } else {
            orders.node_mut(self.head).prev = slot;
        }
        self.head = slot;
    }

    /// Takes an order out, wherever it stands.
    #[inline]
    pub(crate) fn unlink(&mut self, orders: &mut Orders, slot: u32) {
        let (prev, next) = (orders.node(slot).prev, orders.node(slot).next);
        if prev == NONE {
            self.head = next;
        } else {
            orders.node_mut(prev).next = next;
        }
        if next == NONE {
            self.tail = prev;
        } else {
            orders.node_mut(next).prev = prev;
        }
    }

    /// The slots in order.
    pub(crate) fn iter(self, orders: &Orders) -> impl Iterator<Item = u32> {
        let start = (self.head != NONE).then_some(self.head);
        core::iter::successors(start, |slot| {
            let next = orders.node(*slot).next;
            (next != NONE).then_some(next)
        })
    }
}
