//! Putting orders into their place and taking them out: queues, levels, what an account has open
//! and what its orders hold. Nothing is reported from here.

use super::Books;
use super::host::Host;
use super::instrument::{Book, place_of};
use super::ladder::{LevelRef, NONE};
use super::order::{Order, Place};
use super::undo::BookUndo;
use crate::words::{OrdType, Phase, Side, TimeInForce};

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

impl Books {
    /// Remembers that a book's derived lines must be looked at.
    #[inline]
    pub(crate) fn mark_dirty(&mut self, book: u32) {
        let dirty = &mut self.list[book as usize].dirty;
        if !*dirty {
            *dirty = true;
            self.dirty.push(book);
        }
    }

    /// Remembers a level as it is, before it changes.
    #[inline(always)]
    fn touch<H: Host>(&mut self, side: Side, at: LevelRef) {
        if !H::LINES {
            return;
        }
        let level = self.levels[at];
        let (book, price) = (level.book, level.price);
        let known = self
            .touched
            .last()
            .is_some_and(|t| t.price == price && t.side == side && t.book == book);
        if !known {
            let (shown, orders) = (level.shown, level.orders);
            let nth = self.touched.len() as u32;
            self.touched.push(Touched { book, side, price, shown, orders, nth });
            self.mark_dirty(book);
        }
    }

    /// Where an order that neither trades now nor is refused waits.
    #[inline]
    pub(super) fn place_for(&self, order: &Order) -> Place {
        if order.tif == TimeInForce::AtClose && self.book(order.book).phase != Phase::ClosingCall {
            return Place::Parked;
        }
        place_of(order.ord_type, order.triggered)
    }

    /// Takes an order in and puts it at the end of its queue. A gtd order's expiry is armed.
    #[inline]
    pub(super) fn rest<H: Host>(
        &mut self,
        host: &mut H,
        order: &mut Order,
        expire_at: Option<u64>,
    ) {
        if let Some(time_ns) = expire_at {
            order.deadline = host.arm_expiry(time_ns, order.id);
        }
        let place = self.place_for(order);
        self.count_open(order, order.leaves);
        let slot = if place == Place::Level {
            self.insert_at_level::<H>(order)
        } else {
            let slot = self.orders.insert(order, place, NONE, NONE);
            self.enqueue_elsewhere(slot, order, place);
            slot
        };
        if H::DIRECTORY {
            self.orders.list(slot);
            self.orders.name_it(slot);
        }
        host.placed(order, slot);
    }

    /// Takes an order in as the last at its price.
    #[inline(always)]
    fn insert_at_level<H: Host>(&mut self, order: &Order) -> u32 {
        let ladder = self.list[order.book as usize].sides.get_mut(order.side);
        let at = ladder.find_or_add(&mut self.levels, order.price, order.book);
        self.touch::<H>(order.side, at);
        let level = &mut self.levels[at];
        let slot = self.orders.insert(order, Place::Level, at.0, level.queue.tail);
        level.queue.append(&mut self.orders, slot);
        level.orders += 1;
        if order.display_qty == 0 {
            level.shown += order.leaves;
            self.orders.set_shown(slot, order.leaves);
        } else {
            self.show(slot, at, order);
        }
        slot
    }

    /// Counts an order that begins to wait, with so many lots.
    #[inline]
    pub(super) fn count_open(&mut self, order: &Order, lots: u64) {
        let book = &mut self.list[order.book as usize];
        *book.open_mut(order.side) += lots;
        if book.terms.counts_positions {
            let position = self.positions.get_mut(order.account, order.book);
            *position.open_mut(order.side) += i128::from(lots);
            position.orders += 1;
        }
    }

    /// Counts more open lots of an order that waits.
    #[inline]
    pub(super) fn count_more(&mut self, order: &Order, lots: u64) {
        let book = self.book_mut(order.book);
        *book.open_mut(order.side) += lots;
        if book.terms.counts_positions {
            let position = self.positions.get_mut(order.account, order.book);
            *position.open_mut(order.side) += i128::from(lots);
        }
    }

    /// Counts fewer open lots of an order that waits.
    #[inline]
    pub(super) fn count_less(&mut self, order: &Order, lots: u64) {
        let book = self.book_mut(order.book);
        *book.open_mut(order.side) -= lots;
        if book.terms.counts_positions {
            let position = self.positions.get_mut(order.account, order.book);
            *position.open_mut(order.side) -= i128::from(lots);
        }
    }

    /// Takes an order out for good or to put it in again; its hold and its expiry stay. Inlined, so
    /// that of the order only what is asked for is read.
    #[inline(always)]
    pub(super) fn take_out<H: Host>(&mut self, slot: u32) -> Order {
        let order = self.order(slot);
        if self.is_atomic {
            self.log_removal(slot);
        }
        self.dequeue::<H>(slot, &order);
        self.forget::<H>(slot, &order);
        order
    }

    #[cold]
    fn log_removal(&mut self, slot: u32) {
        let (order, shown) = (self.order(slot), self.orders.shown(slot));
        self.undo.push(BookUndo::Removed { slot, order, shown });
    }

    /// Takes an order out that has left its queue already.
    #[inline(always)]
    pub(super) fn forget<H: Host>(&mut self, slot: u32, order: &Order) {
        let book = &mut self.list[order.book as usize];
        *book.open_mut(order.side) -= order.leaves;
        if book.terms.counts_positions {
            let position = self.positions.get_mut(order.account, order.book);
            *position.open_mut(order.side) -= i128::from(order.leaves);
            position.orders -= 1;
        }
        if H::DIRECTORY {
            self.orders.unlist(slot);
            self.orders.unname(slot);
        }
        self.orders.remove(slot);
    }

    /// Puts an order that is in the slab already at the end of the queue of its place.
    pub(super) fn enqueue<H: Host>(&mut self, slot: u32, order: &Order, place: Place) {
        if place == Place::Level {
            let ladder = self.list[order.book as usize].sides.get_mut(order.side);
            let at = ladder.find_or_add(&mut self.levels, order.price, order.book);
            self.touch::<H>(order.side, at);
            let level = &mut self.levels[at];
            level.queue.push_back(&mut self.orders, slot);
            level.orders += 1;
            self.orders.node_mut(slot).level = at.0;
            self.show(slot, at, order);
        } else {
            self.enqueue_elsewhere(slot, order, place);
        }
    }

    /// What a level shows and hides of an order that came to it.
    fn show(&mut self, slot: u32, at: LevelRef, order: &Order) {
        let shown = order.slice();
        self.levels[at].shown += shown;
        self.orders.set_shown(slot, shown);
        if shown != order.leaves {
            *self.levels.hidden_mut(at) += order.leaves - shown;
        }
    }

    #[cold]
    fn enqueue_elsewhere(&mut self, slot: u32, order: &Order, place: Place) {
        let book = &mut self.list[order.book as usize];
        match place {
            Place::Level | Place::Stop => {
                let ladder = book.stops.get_mut(order.side);
                let at = ladder.find_or_add(&mut self.levels, order.stop_px, order.book);
                let level = &mut self.levels[at];
                level.queue.push_back(&mut self.orders, slot);
                level.orders += 1;
                self.orders.node_mut(slot).level = at.0;
            }
            Place::Market => {
                book.markets_mut(order.side).push_back(&mut self.orders, slot);
                self.mark_dirty(order.book);
            }
            Place::Parked => book.parked.push_back(&mut self.orders, slot),
        }
    }

    /// Takes an order out of its queue.
    #[inline(always)]
    pub(super) fn dequeue<H: Host>(&mut self, slot: u32, order: &Order) {
        let at = LevelRef(self.orders.node(slot).level);
        if self.orders.place(slot) != Place::Level {
            self.dequeue_elsewhere(slot);
            return;
        }
        self.touch::<H>(order.side, at);
        let shown = self.orders.shown(slot);
        let level = &mut self.levels[at];
        level.queue.unlink(&mut self.orders, slot);
        level.orders -= 1;
        level.shown -= shown;
        let is_empty = level.orders == 0;
        if shown != order.leaves {
            *self.levels.hidden_mut(at) -= order.leaves - shown;
        }
        if is_empty {
            assert!(self.levels[at].shown == 0, "an empty level has quantity");
            let ladder = self.list[order.book as usize].sides.get_mut(order.side);
            ladder.remove(&mut self.levels, order.price);
        }
    }

    #[cold]
    fn dequeue_elsewhere(&mut self, slot: u32) {
        let order = self.order(slot);
        let at = LevelRef(self.orders.node(slot).level);
        let book = &mut self.list[order.book as usize];
        match self.orders.place(slot) {
            Place::Level | Place::Stop => {
                let level = &mut self.levels[at];
                level.queue.unlink(&mut self.orders, slot);
                level.orders -= 1;
                if level.orders == 0 {
                    book.stops.get_mut(order.side).remove(&mut self.levels, order.stop_px);
                }
            }
            Place::Market => {
                book.markets_mut(order.side).unlink(&mut self.orders, slot);
                self.mark_dirty(order.book);
            }
            Place::Parked => book.parked.unlink(&mut self.orders, slot),
        }
    }

    /// Lowers what is open of a waiting order by a fill, a decrement or a replace to less, in its
    /// place. `from_shown` lots leave the displayed slice, the rest what is hidden.
    #[inline]
    pub(super) fn shrink<H: Host>(&mut self, slot: u32, order: &Order, qty: u64, from_shown: u64) {
        self.log(BookUndo::Shrunk { slot, qty, from_shown, from_total: 0 });
        match self.orders.place(slot) {
            Place::Level => {
                let at = LevelRef(self.orders.node(slot).level);
                self.touch::<H>(order.side, at);
                self.levels[at].shown -= from_shown;
                if from_shown != qty {
                    *self.levels.hidden_mut(at) -= qty - from_shown;
                }
            }
            Place::Market => self.mark_dirty(order.book),
            Place::Stop | Place::Parked => {}
        }
        self.orders.shrink(slot, qty, from_shown);
        self.count_less(order, qty);
    }

    /// Shows a new slice of an iceberg; at the back of the queue, or where it stands.
    pub(super) fn show_slice(&mut self, slot: u32, to_back: bool) {
        let slice = self.order(slot).slice();
        let at = LevelRef(self.orders.node(slot).level);
        let shown = self.orders.shown(slot);
        self.log(BookUndo::Sliced { slot, shown });
        let level = &mut self.levels[at];
        if to_back {
            level.queue.unlink(&mut self.orders, slot);
            level.queue.push_back(&mut self.orders, slot);
        }
        if slice != shown {
            level.shown = level.shown - shown + slice;
            let hidden = self.levels.hidden_mut(at);
            *hidden = *hidden + shown - slice;
            self.orders.set_shown(slot, slice);
        }
    }

    /// What an order holds: asset slot and minor units.
    #[inline(always)]
    pub(crate) fn hold_of(&self, order: &Order) -> Option<(u32, i64)> {
        self.hold_for(order, order.price, order.leaves)
    }

    /// What an order like this would hold at a price and leaves. `None` where nothing is held.
    ///
    /// # Panics
    /// When it can't be represented: such an order was refused at entry.
    #[inline(always)]
    pub(super) fn hold_for(&self, order: &Order, price: i64, leaves: u64) -> Option<(u32, i64)> {
        let book = self.book(order.book);
        if book.is_cash() { hold(book, order.side, order.ord_type, price, leaves) } else { None }
    }

    /// Ends an order's expiry, when it has one.
    #[inline]
    pub(super) fn disarm<H: Host>(host: &mut H, order: &Order) {
        if order.deadline != NONE {
            host.disarm(order.deadline);
        }
    }

    /// Frees the part of an order's hold that `qty` fewer open lots need less.
    #[inline]
    pub(super) fn release_lots<H: Host>(&mut self, host: &mut H, order: &Order, qty: u64) {
        #[cfg(ringpit_canary)]
        if qty == order.leaves && ringpit_canary::sings(ringpit_canary::Canary::HoldKept) {
            return;
        }
        let Some((asset, before)) = self.hold_of(order) else { return };
        let after = self.hold_for(order, order.price, order.leaves - qty).map_or(0, |h| h.1);
        host.change(order.account, asset, before - after, after - before);
    }
}

/// What an order of a cash instrument would hold.
fn hold(book: &Book, side: Side, ord_type: OrdType, price: i64, leaves: u64) -> Option<(u32, i64)> {
    let (asset, amount) = match (side, ord_type) {
        (Side::Sell, _) => (book.base, book.base_units(leaves)),
        (Side::Buy, OrdType::Limit | OrdType::StopLimit) => {
            (book.quote, book.buy_hold(price, leaves))
        }
        (Side::Buy, OrdType::Market | OrdType::Stop) => return None,
    };
    match amount {
        Some(amount) => Some((asset, amount)),
        None => panic!("{side:?} {ord_type:?} of {leaves} at {price}: beyond the ledger's range"),
    }
}
