//! Trading phases: what each change uncrosses, expires, lets in and sets going.

use super::Books;
use super::host::Host;
use super::ladder::NONE;
use super::order::{Order, Place};
use crate::reason::Reason;
use crate::words::{ExecType, OrdType, Phase, TimeInForce};
use alloc::vec::Vec;

impl Books {
    /// Enters a phase; to the same one it does nothing. Any change ends a running interruption's
    /// clock.
    pub fn set_phase<H: Host>(&mut self, host: &mut H, book: u32, phase: Phase) {
        let halt_end = core::mem::replace(&mut self.book_mut(book).halt_end, NONE);
        if halt_end != NONE {
            host.disarm(halt_end);
        }
        if self.book(book).phase != phase {
            self.enter_phase(host, book, phase);
        }
    }

    /// A volatility interruption begins: a call for as long as the instrument's rules say. In an
    /// atomic interaction it begins after the last leg; until then the book takes no more orders.
    pub(super) fn interrupt<H: Host>(&mut self, host: &mut H, book: u32) {
        if self.is_atomic {
            self.interrupts.push(book);
            return;
        }
        let halt_for_ns = self.book(book).rules.halt_for.unwrap_or(0);
        let halt_end = host.arm_halt_end(host.now_ns().saturating_add(halt_for_ns), book);
        self.book_mut(book).halt_end = halt_end;
        self.enter_phase(host, book, Phase::OpeningCall);
    }

    /// After an atomic interaction: begins what interruptions its orders caused.
    pub(crate) fn interrupt_at_last<H: Host>(&mut self, host: &mut H) {
        let mut interrupts = core::mem::take(&mut self.interrupts);
        for book in interrupts.drain(..) {
            self.interrupt(host, book);
        }
        self.interrupts = interrupts;
    }

    /// A volatility interruption ends. Its deadline was taken already.
    pub fn end_interruption<H: Host>(&mut self, host: &mut H, book: u32) {
        self.book_mut(book).halt_end = NONE;
        self.enter_phase(host, book, Phase::Continuous);
    }

    /// Ends many orders, by OrderID.
    pub(crate) fn end_all<H: Host>(
        &mut self,
        host: &mut H,
        mut slots: Vec<u32>,
        exec_type: ExecType,
        reason: Option<Reason>,
    ) {
        slots.sort_unstable_by_key(|slot| self.orders.id(*slot));
        for slot in slots.drain(..) {
            self.end_resting(host, slot, exec_type, reason);
        }
        self.slots = slots;
    }

    /// An empty list of slots to collect into; [`Books::end_all`] takes it back.
    pub(crate) fn empty_slots(&mut self) -> Vec<u32> {
        core::mem::take(&mut self.slots)
    }

    /// Uncross; expiries by OrderID; the phase; then day expiry, parked orders, or stops.
    fn enter_phase<H: Host>(&mut self, host: &mut H, book: u32, phase: Phase) {
        let from = self.book(book).phase;
        let was_call = self.book(book).is_call();
        let uncrosses = phase == Phase::Continuous || (was_call && phase != Phase::Halted);
        if uncrosses {
            self.uncross(host, book);
        }
        self.expire_at_change(host, book, from, phase, uncrosses);
        self.book_mut(book).phase = phase;
        self.mark_dirty(book);
        host.phase(self.book(book), phase);
        if self.book(book).is_call() && !was_call {
            // Nothing executable counts as already sent.
            self.book_mut(book).indicative_sent = (0, 0, 0);
        }
        match phase {
            Phase::Continuous => self.run_all_stops(host, book),
            Phase::ClosingCall => self.join_closing_call::<H>(book),
            Phase::Closed => {
                let slots = self.slots_of_book(book, |_, tif, _| tif == TimeInForce::Day);
                self.end_all(host, slots, ExecType::Expired, None);
            }
            Phase::PreOpen | Phase::OpeningCall | Phase::Halted => {}
        }
    }

    /// at_open and at_close orders whose call is over expire; other market orders' rests after an
    /// uncross are cancelled.
    fn expire_at_change<H: Host>(
        &mut self,
        host: &mut H,
        book: u32,
        from: Phase,
        to: Phase,
        uncrossed: bool,
    ) {
        let at_open_over =
            from == Phase::OpeningCall || matches!(to, Phase::Continuous | Phase::Closed);
        let at_close_over = from == Phase::ClosingCall || to == Phase::Closed;
        let expires = |tif| match tif {
            TimeInForce::AtOpen => at_open_over,
            TimeInForce::AtClose => at_close_over,
            _ => false,
        };
        if uncrossed {
            let slots = self.slots_of_book(book, |ord_type, tif, place| {
                ord_type == OrdType::Market && place == Place::Market && !expires(tif)
            });
            self.end_all(host, slots, ExecType::Canceled, Some(Reason::Unfilled));
        }
        let slots = self.slots_of_book(book, |_, tif, _| expires(tif));
        self.end_all(host, slots, ExecType::Expired, None);
    }

    /// Parked orders join by OrderID, which is the order they were parked in.
    fn join_closing_call<H: Host>(&mut self, book: u32) {
        while self.book(book).parked.head != NONE {
            let slot = self.book(book).parked.head;
            let order = self.order(slot);
            self.dequeue::<H>(slot, &order);
            let place = self.place_for(&order);
            self.orders.set_place(slot, place);
            self.enqueue::<H>(slot, &order, place);
        }
    }

    /// The slots of a book's open orders that a test picks, in no particular order. Phases change
    /// rarely; orders are found by walking the book's queues.
    fn slots_of_book(
        &mut self,
        book: u32,
        picks: impl Fn(OrdType, TimeInForce, Place) -> bool,
    ) -> Vec<u32> {
        let mut slots = self.empty_slots();
        self.for_each_order(book, |slot, order, place| {
            if picks(order.ord_type, order.tif, place) {
                slots.push(slot);
            }
        });
        slots
    }

    /// Every open order of a book, queue by queue.
    pub(crate) fn for_each_order(&self, book: u32, mut visit: impl FnMut(u32, &Order, Place)) {
        let state = self.book(book);
        let ladders = [&state.sides.buy, &state.sides.sell, &state.stops.buy, &state.stops.sell];
        for ladder in ladders {
            let mut next = ladder.best();
            while let Some(price) = next {
                if let Some(at) = ladder.find(&self.levels, price) {
                    for slot in self.levels[at].queue.iter(&self.orders) {
                        visit(slot, &self.order(slot), self.orders.place(slot));
                    }
                }
                next = ladder.after(&self.levels, price);
            }
        }
        for queue in [state.market_buys, state.market_sells, state.parked] {
            for slot in queue.iter(&self.orders) {
                visit(slot, &self.order(slot), self.orders.place(slot));
            }
        }
    }
}
