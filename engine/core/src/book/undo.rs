//! Taking back what an order leg of an atomic interaction did to the books, last first.
//!
//! Every change of a leg happens at the head of a level's queue, which is what makes each step's
//! inverse exact: what left the head goes back to the head.

use super::Books;
use super::instrument::Stats;
use super::ladder::{LevelRef, NONE};
use super::order::{Order, Place};
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
    Removed { slot: u32, order: Order, shown: u64 },
    /// A fill was added to a position.
    Filled { account: u32, book: u32, side: Side, qty: u64 },
}

impl Books {
    #[inline]
    pub(super) fn log(&mut self, undo: BookUndo) {
        if self.is_atomic {
            self.undo.push(undo);
        }
    }

    /// From here on what orders do can be taken back. Only a host with a directory may do this.
    pub(crate) fn begin(&mut self) {
        self.is_atomic = true;
    }

    /// What orders did since [`Books::begin`] stays.
    pub(crate) fn commit(&mut self) {
        self.is_atomic = false;
        self.undo.clear();
    }

    /// Before an order leg: what its trades will change of the book's values.
    pub(crate) fn log_values(&mut self, book: u32) {
        let (last, stats) = (self.book(book).last, self.book(book).stats);
        self.log(BookUndo::Values { book, last, stats });
    }

    /// Takes back what the legs did. The legs are over: nothing is logged any more.
    pub(crate) fn rollback(&mut self) {
        self.is_atomic = false;
        self.interrupts.clear();
        while let Some(undo) = self.undo.pop() {
            match undo {
                BookUndo::Values { book, last, stats } => {
                    let book = self.book_mut(book);
                    (book.last, book.stats) = (last, stats);
                }
                BookUndo::Shrunk { slot, qty, from_shown, from_total } => {
                    self.grow_back(slot, qty, from_shown);
                    if from_total > 0 {
                        let total = self.orders.order_qty(slot) + from_total;
                        self.orders.set_order_qty(slot, total);
                    }
                }
                BookUndo::Sliced { slot, shown } => self.slice_back(slot, shown),
                BookUndo::Removed { slot, order, shown } => self.put_back(slot, &order, shown),
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
        let at = LevelRef(self.orders.node(slot).level);
        self.levels[at].shown += to_shown;
        *self.levels.hidden_mut(at) += qty - to_shown;
        self.orders.grow(slot, qty, to_shown);
        let order = self.order(slot);
        self.count_more(&order, qty);
    }

    fn slice_back(&mut self, slot: u32, shown: u64) {
        let at = LevelRef(self.orders.node(slot).level);
        let slice = self.orders.shown(slot);
        self.orders.set_shown(slot, shown);
        let level = &mut self.levels[at];
        level.shown = level.shown - slice + shown;
        level.queue.unlink(&mut self.orders, slot);
        level.queue.push_front(&mut self.orders, slot);
        let hidden = self.levels.hidden_mut(at);
        *hidden = *hidden + slice - shown;
    }

    fn put_back(&mut self, slot: u32, order: &Order, shown: u64) {
        let ladder = self.list[order.book as usize].sides.get_mut(order.side);
        let at = ladder.find_or_add(&mut self.levels, order.price, order.book);
        let again = self.orders.insert(order, Place::Level, at.0, NONE);
        assert!(again == slot, "an order's slot was given away");
        self.orders.list(slot);
        self.orders.name_it(slot);
        let level = &mut self.levels[at];
        level.queue.push_front(&mut self.orders, slot);
        level.orders += 1;
        level.shown += shown;
        *self.levels.hidden_mut(at) += order.leaves - shown;
        self.orders.set_shown(slot, shown);
        self.count_open(order, order.leaves);
    }
}
