//! Putting orders into their place and taking them out: queues, levels, what an account has open
//! and what its orders hold. Nothing is reported from here.

use super::instrument::{Book, place_of};
use super::ladder::{LevelRef, NONE};
use super::orders::{Heads, Order, Place};
use super::undo::BookUndo;
use crate::deadlines::Due;
use crate::engine::Engine;
use crate::words::{DeadlineKind, OrdType, Phase, Side, TimeInForce};

/// A level before the step first changed it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Touched {
    pub book: u32,
    pub side: Side,
    pub price: i64,
    pub shown: u64,
    pub orders: u32,
    /// Its place among the step's changes: the first one of a price is how it was.
    pub nth: u32,
}

impl Engine {
    pub(crate) fn book(&self, book: u32) -> &Book {
        &self.books[book as usize]
    }

    pub(crate) fn book_mut(&mut self, book: u32) -> &mut Book {
        &mut self.books[book as usize]
    }

    /// Remembers that a book's derived lines must be looked at.
    #[inline]
    pub(crate) fn mark_dirty(&mut self, book: u32) {
        let dirty = &mut self.books[book as usize].dirty;
        if !*dirty {
            *dirty = true;
            self.dirty.push(book);
        }
    }

    /// Remembers a level as it is, before it changes.
    #[inline]
    pub(crate) fn touch(&mut self, book: u32, side: Side, price: i64, at: LevelRef) {
        let level = &self.pages[at];
        let known = self
            .touched
            .last()
            .is_some_and(|t| t.book == book && t.side == side && t.price == price);
        if !known {
            let (shown, orders) = (level.shown, level.orders);
            let nth = self.touched.len() as u32;
            self.touched.push(Touched { book, side, price, shown, orders, nth });
            self.mark_dirty(book);
        }
    }

    /// Where an order that neither trades now nor is refused waits.
    pub(crate) fn place_for(&self, order: &Order) -> Place {
        let phase = self.book(order.book).phase;
        if order.tif == TimeInForce::AtClose && phase != Phase::ClosingCall {
            return Place::Parked;
        }
        place_of(order.ord_type, order.triggered)
    }

    /// Takes an order in and puts it at the end of its queue. A gtd order's expiry is armed.
    pub(crate) fn rest(&mut self, mut order: Order, expire_at: Option<u64>) -> u32 {
        if let Some(time_ns) = expire_at {
            let due = Due { kind: DeadlineKind::OrderExpiry, target: order.id.0 };
            order.deadline = self.deadlines.arm(time_ns, due);
        }
        let place = self.place_for(&order);
        *self.book_mut(order.book).open_mut(order.side) += order.leaves;
        if self.book(order.book).counts_positions() {
            let position = self.positions.get_mut(order.account, order.book);
            position.orders += 1;
            *position.open_mut(order.side) += i128::from(order.leaves);
        }
        let heads = Heads {
            account: &mut self.ledger.accounts[order.account as usize].orders,
            owner: &mut self.sessions.list[order.owner as usize].orders,
        };
        let slot = self.orders.insert(order, place, heads);
        self.enqueue(slot);
        slot
    }

    /// Takes an order out for good or to put it in again; its hold and its expiry stay.
    pub(crate) fn take_out(&mut self, slot: u32) -> Order {
        let (order, hot) = (self.orders[slot], *self.orders.hot(slot));
        self.log_book(BookUndo::Removed { slot, order, hot });
        self.dequeue(slot);
        self.forget(slot)
    }

    /// Takes an order out that has left its queue already.
    pub(crate) fn forget(&mut self, slot: u32) -> Order {
        let order = self.orders[slot];
        *self.book_mut(order.book).open_mut(order.side) -= order.leaves;
        if self.book(order.book).counts_positions() {
            let position = self.positions.get_mut(order.account, order.book);
            position.orders -= 1;
            *position.open_mut(order.side) -= i128::from(order.leaves);
        }
        let heads = Heads {
            account: &mut self.ledger.accounts[order.account as usize].orders,
            owner: &mut self.sessions.list[order.owner as usize].orders,
        };
        self.orders.remove(slot, heads)
    }

    /// Ends an order's expiry, when it has one.
    pub(crate) fn disarm(&mut self, order: &Order) {
        if order.deadline != NONE {
            self.deadlines.cancel(order.deadline);
        }
    }

    /// Puts an order at the end of the queue of its place.
    pub(crate) fn enqueue(&mut self, slot: u32) {
        let order = self.orders[slot];
        match self.orders.hot(slot).place {
            place @ (Place::Level | Place::Stop) => self.enqueue_at_level(slot, &order, place),
            Place::Market => {
                self.mark_dirty(order.book);
                self.books[order.book as usize]
                    .markets_mut(order.side)
                    .push_back(&mut self.orders, slot);
            }
            Place::Parked => {
                self.books[order.book as usize].parked.push_back(&mut self.orders, slot);
            }
        }
    }

    fn enqueue_at_level(&mut self, slot: u32, order: &Order, place: Place) {
        let book = &mut self.books[order.book as usize];
        let (ladder, price, shown) = if place == Place::Level {
            (book.sides.get_mut(order.side), order.price, order.slice())
        } else {
            (book.stops.get_mut(order.side), order.stop_px, 0)
        };
        let at = ladder.find_or_add(&mut self.pages, price);
        if place == Place::Level {
            self.touch(order.book, order.side, price, at);
        }
        let level = &mut self.pages[at];
        level.queue.push_back(&mut self.orders, slot);
        level.orders += 1;
        level.shown += shown;
        level.full += if place == Place::Level { order.leaves } else { 0 };
        let hot = self.orders.hot_mut(slot);
        hot.level = at.0;
        hot.shown = shown;
    }

    /// Takes an order out of its queue.
    pub(crate) fn dequeue(&mut self, slot: u32) {
        let order = self.orders[slot];
        match self.orders.hot(slot).place {
            place @ (Place::Level | Place::Stop) => self.dequeue_from_level(slot, &order, place),
            Place::Market => {
                self.mark_dirty(order.book);
                self.books[order.book as usize]
                    .markets_mut(order.side)
                    .unlink(&mut self.orders, slot);
            }
            Place::Parked => {
                self.books[order.book as usize].parked.unlink(&mut self.orders, slot);
            }
        }
    }

    fn dequeue_from_level(&mut self, slot: u32, order: &Order, place: Place) {
        let hot = *self.orders.hot(slot);
        let at = LevelRef(hot.level);
        let price = if place == Place::Level { order.price } else { order.stop_px };
        if place == Place::Level {
            self.touch(order.book, order.side, price, at);
        }
        let level = &mut self.pages[at];
        level.queue.unlink(&mut self.orders, slot);
        level.orders -= 1;
        level.shown -= hot.shown;
        level.full -= if place == Place::Level { order.leaves } else { 0 };
        if level.orders == 0 {
            assert!(level.shown == 0 && level.full == 0, "an empty level has quantity");
            let book = &mut self.books[order.book as usize];
            let sides = if place == Place::Level { &mut book.sides } else { &mut book.stops };
            sides.get_mut(order.side).remove(&mut self.pages, price);
        }
    }

    /// Lowers what is open of a waiting order by a fill, a decrement or a replace to less, in its
    /// place. `from_shown` lots leave the displayed slice, the rest what is hidden.
    pub(crate) fn shrink(&mut self, slot: u32, qty: u64, from_shown: u64) {
        let order = self.orders[slot];
        let hot = *self.orders.hot(slot);
        self.log_book(BookUndo::Shrunk { slot, qty, from_shown, from_total: 0 });
        if hot.place == Place::Level {
            let at = LevelRef(hot.level);
            self.touch(order.book, order.side, order.price, at);
            let level = &mut self.pages[at];
            level.shown -= from_shown;
            level.full -= qty;
            self.orders.hot_mut(slot).shown -= from_shown;
        } else if hot.place == Place::Market {
            self.mark_dirty(order.book);
        }
        self.orders[slot].leaves -= qty;
        *self.book_mut(order.book).open_mut(order.side) -= qty;
        if self.book(order.book).counts_positions() {
            let position = self.positions.get_mut(order.account, order.book);
            *position.open_mut(order.side) -= i128::from(qty);
        }
    }

    /// Shows a new slice of an iceberg; at the back of the queue, or where it stands.
    pub(crate) fn show_slice(&mut self, slot: u32, to_back: bool) {
        let order = self.orders[slot];
        let at = LevelRef(self.orders.hot(slot).level);
        let slice = order.slice();
        let shown = self.orders.hot(slot).shown;
        self.log_book(BookUndo::Sliced { slot, shown });
        if to_back {
            self.pages[at].queue.unlink(&mut self.orders, slot);
            self.pages[at].queue.push_back(&mut self.orders, slot);
        }
        let hot = self.orders.hot_mut(slot);
        self.pages[at].shown += slice;
        self.pages[at].shown -= hot.shown;
        hot.shown = slice;
    }

    /// What an order holds: asset slot and minor units.
    pub(crate) fn hold_of(&self, order: &Order) -> Option<(u32, i64)> {
        self.hold_for(order, order.price, order.leaves)
    }

    /// What an order like this would hold at a price and leaves. `None` where nothing is held.
    ///
    /// # Panics
    /// When it can't be represented: such an order was refused at entry.
    pub(crate) fn hold_for(&self, order: &Order, price: i64, leaves: u64) -> Option<(u32, i64)> {
        let book = self.book(order.book);
        if !book.is_cash() {
            return None;
        }
        let (asset, amount) = match (order.side, order.ord_type) {
            (Side::Sell, _) => (book.base, book.base_units(leaves)),
            (Side::Buy, OrdType::Limit | OrdType::StopLimit) => {
                (book.quote, book.buy_hold(price, leaves))
            }
            (Side::Buy, OrdType::Market | OrdType::Stop) => return None,
        };
        match amount {
            Some(amount) => Some((asset, amount)),
            None => panic!("an order beyond the ledger's range was let in: {order:?}"),
        }
    }

    /// Frees the part of an order's hold that `qty` fewer open lots need less.
    pub(crate) fn release_lots(&mut self, order: &Order, qty: u64) {
        let Some((asset, before)) = self.hold_of(order) else { return };
        let after = self.hold_for(order, order.price, order.leaves - qty).map_or(0, |h| h.1);
        self.ledger.release(order.account, asset, before - after);
    }
}
