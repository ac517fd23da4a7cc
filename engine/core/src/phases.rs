//! Trading phases: what each change uncrosses, expires, lets in and sets going.

use crate::book::ladder::NONE;
use crate::book::orders::Place;
use crate::command::SetPhase;
use crate::deadlines::Due;
use crate::engine::Engine;
use crate::event::{PhaseChange, Sink};
use crate::reason::Reason;
use crate::step::{Refusal, Step};
use crate::words::{CommandKind, DeadlineKind, ExecType, Field, OrdType, Phase, TimeInForce};

impl Engine {
    /// An operator's change; to the same phase it is accepted and does nothing. Any ends a
    /// running interruption's clock.
    pub(crate) fn set_phase<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &SetPhase,
    ) -> Result<(), Refusal> {
        let unknown = (Reason::UnknownInstrument, Some(Field::Instrument));
        let book = self.book_ids.get(u64::from(c.instrument.0)).ok_or(unknown)?;
        self.accept(cx, CommandKind::SetPhase, u64::from(c.instrument.0));
        let halt_end = core::mem::replace(&mut self.book_mut(book).halt_end, NONE);
        if halt_end != NONE {
            self.deadlines.cancel(halt_end);
        }
        if self.book(book).phase != c.phase {
            self.enter_phase(cx, book, c.phase);
        }
        Ok(())
    }

    /// A volatility interruption begins: a call for as long as the instrument's rules say. In an
    /// atomic interaction it begins after the last leg; until then the book takes no more orders.
    pub(crate) fn interrupt<S: Sink>(&mut self, cx: &mut Step<'_, S>, book: u32) {
        if self.is_atomic {
            self.interrupts.push(book);
            return;
        }
        let halt_for_ns = self.book(book).rules.halt_for.unwrap_or(0);
        let due = Due { kind: DeadlineKind::HaltEnd, target: u64::from(book) };
        let halt_end = self.deadlines.arm(cx.at.saturating_add(halt_for_ns), due);
        self.book_mut(book).halt_end = halt_end;
        self.enter_phase(cx, book, Phase::OpeningCall);
    }

    /// A volatility interruption ends. Its deadline was taken already.
    pub(crate) fn end_interruption<S: Sink>(&mut self, cx: &mut Step<'_, S>, book: u32) {
        self.book_mut(book).halt_end = NONE;
        self.enter_phase(cx, book, Phase::Continuous);
    }

    /// Uncross; expiries by OrderID; the phase; then day expiry, parked orders, or stops.
    fn enter_phase<S: Sink>(&mut self, cx: &mut Step<'_, S>, book: u32, phase: Phase) {
        let from = self.book(book).phase;
        let was_call = self.book(book).is_call();
        let uncrosses = phase == Phase::Continuous || (was_call && phase != Phase::Halted);
        if uncrosses {
            self.uncross(cx, book);
        }
        self.expire_at_change(cx, book, from, phase, uncrosses);
        self.book_mut(book).phase = phase;
        self.mark_dirty(book);
        let instrument = self.book(book).id;
        self.emit(cx, 0, PhaseChange { instrument, phase });
        if self.book(book).is_call() && !was_call {
            // Nothing executable counts as already sent.
            self.book_mut(book).indicative_sent = (0, 0, 0);
        }
        match phase {
            Phase::Continuous => self.run_all_stops(cx, book),
            Phase::ClosingCall => self.join_closing_call(book),
            Phase::Closed => {
                let slots = self.slots_of_book(book, |_, tif, _| tif == TimeInForce::Day);
                self.end_all(cx, slots, ExecType::Expired, None);
            }
            Phase::PreOpen | Phase::OpeningCall | Phase::Halted => {}
        }
    }

    /// at_open and at_close orders whose call is over expire; other market orders' rests after an
    /// uncross are cancelled.
    fn expire_at_change<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
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
            self.end_all(cx, slots, ExecType::Canceled, Some(Reason::Unfilled));
        }
        let slots = self.slots_of_book(book, |_, tif, _| expires(tif));
        self.end_all(cx, slots, ExecType::Expired, None);
    }

    /// Parked orders join by OrderID, which is the order they were parked in.
    fn join_closing_call(&mut self, book: u32) {
        while self.book(book).parked.head != NONE {
            let slot = self.book(book).parked.head;
            self.dequeue(slot);
            let order = self.orders[slot];
            self.orders.hot_mut(slot).place = self.place_for(&order);
            self.enqueue(slot);
        }
    }

    /// The slots of a book's open orders that a test picks, in no particular order. Phases change
    /// rarely; orders are found by walking the book's queues.
    fn slots_of_book(
        &mut self,
        book: u32,
        picks: impl Fn(OrdType, TimeInForce, Place) -> bool,
    ) -> alloc::vec::Vec<u32> {
        let mut slots = self.empty_slots();
        self.for_each_order(book, |slot, order, place| {
            if picks(order.ord_type, order.tif, place) {
                slots.push(slot);
            }
        });
        slots
    }

    /// Every open order of a book, queue by queue.
    pub(crate) fn for_each_order(
        &self,
        book: u32,
        mut visit: impl FnMut(u32, &crate::book::orders::Order, Place),
    ) {
        let state = self.book(book);
        let ladders = [&state.sides.buy, &state.sides.sell, &state.stops.buy, &state.stops.sell];
        for ladder in ladders {
            let mut next = ladder.best();
            while let Some(price) = next {
                if let Some(at) = ladder.find(&self.pages, price) {
                    for slot in self.pages[at].queue.iter(&self.orders) {
                        visit(slot, &self.orders[slot], self.orders.hot(slot).place);
                    }
                }
                next = ladder.after(&self.pages, price);
            }
        }
        for queue in [state.market_buys, state.market_sells, state.parked] {
            for slot in queue.iter(&self.orders) {
                visit(slot, &self.orders[slot], self.orders.hot(slot).place);
            }
        }
    }
}
