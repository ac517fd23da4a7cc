//! Taking back what an order leg of an atomic interaction did to the books, last first.
//!
//! Every change of a leg happens at the head of a level's queue, which is what makes each step's
//! inverse exact: what left the head goes back to the head.

use super::instrument::Stats;
use super::ladder::LevelRef;
use super::orders::{Heads, Hot, Order, Place};
use crate::engine::Engine;
use crate::words::Side;

/// One thing to take back.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BookUndo {
    /// A book's last price and computed values were these.
    Values { book: u32, last: i64, stats: Stats },
    /// An order shrank in its place; its total too, where it was a decrement.
    Shrunk { slot: u32, qty: u64, from_shown: u64, from_total: u64 },
    /// An iceberg went from the head to the back with a new slice.
    Sliced { slot: u32, shown: u64 },
    /// An order left its queue's head and the pool.
    Removed { slot: u32, order: Order, hot: Hot },
    /// A fill was added to a position.
    Filled { account: u32, book: u32, side: Side, qty: u64 },
}

impl Engine {
    #[inline]
    pub(crate) fn log_book(&mut self, undo: BookUndo) {
        if self.is_atomic {
            self.book_undo.push(undo);
        }
    }

    /// Takes back what the legs did to books. The legs are over: nothing is logged any more.
    pub(crate) fn rollback_books(&mut self) {
        while let Some(undo) = self.book_undo.pop() {
            match undo {
                BookUndo::Values { book, last, stats } => {
                    let book = self.book_mut(book);
                    (book.last, book.stats) = (last, stats);
                }
                BookUndo::Shrunk { slot, qty, from_shown, from_total } => {
                    self.grow_back(slot, qty, from_shown);
                    self.orders[slot].order_qty += from_total;
                }
                BookUndo::Sliced { slot, shown } => self.slice_back(slot, shown),
                BookUndo::Removed { slot, order, hot } => self.put_back(slot, order, hot),
                BookUndo::Filled { account, book, side, qty } => {
                    self.positions.get_mut(account, book).fill(side.opposite(), qty);
                }
            }
        }
        self.touched.clear();
        while let Some(book) = self.dirty.pop() {
            self.book_mut(book).dirty = false;
        }
        self.trades.clear();
    }

    fn grow_back(&mut self, slot: u32, qty: u64, to_shown: u64) {
        let at = LevelRef(self.orders.hot(slot).level);
        let level = &mut self.pages[at];
        level.shown += to_shown;
        level.full += qty;
        self.orders.hot_mut(slot).shown += to_shown;
        self.orders[slot].leaves += qty;
        let order = self.orders[slot];
        *self.book_mut(order.book).open_mut(order.side) += qty;
        if self.book(order.book).counts_positions() {
            let position = self.positions.get_mut(order.account, order.book);
            *position.open_mut(order.side) += i128::from(qty);
        }
    }

    fn slice_back(&mut self, slot: u32, shown: u64) {
        let at = LevelRef(self.orders.hot(slot).level);
        let slice = core::mem::replace(&mut self.orders.hot_mut(slot).shown, shown);
        let level = &mut self.pages[at];
        level.shown = level.shown - slice + shown;
        level.queue.unlink(&mut self.orders, slot);
        level.queue.push_front(&mut self.orders, slot);
    }

    fn put_back(&mut self, slot: u32, order: Order, hot: Hot) {
        let heads = Heads {
            account: &mut self.ledger.accounts[order.account as usize].orders,
            owner: &mut self.sessions.list[order.owner as usize].orders,
        };
        let again = self.orders.insert(order, Place::Level, heads);
        assert!(again == slot, "an order's slot was given away");
        let ladder = self.books[order.book as usize].sides.get_mut(order.side);
        let at = ladder.find_or_add(&mut self.pages, order.price);
        let level = &mut self.pages[at];
        level.queue.push_front(&mut self.orders, slot);
        level.orders += 1;
        level.shown += hot.shown;
        level.full += order.leaves;
        let now = self.orders.hot_mut(slot);
        (now.level, now.shown) = (at.0, hot.shown);
        *self.book_mut(order.book).open_mut(order.side) += order.leaves;
        if self.book(order.book).counts_positions() {
            let position = self.positions.get_mut(order.account, order.book);
            position.orders += 1;
            *position.open_mut(order.side) += i128::from(order.leaves);
        }
    }
}
