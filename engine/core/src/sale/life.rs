//! What becomes of a reservation: paid, given back, prolonged, or its time runs out.

use super::undo::Undo;
use super::{Held, Subject};
use crate::admin::at;
use crate::book::ladder::NONE;
use crate::command::{Confirm, Extend, Void};
use crate::deadlines::Due;
use crate::engine::Engine;
use crate::event::Sink;
use crate::ids::ReservationId;
use crate::limits::{HOT_WINDOW_S, SECOND_NS, UNSIGNED_MAX};
use crate::reason::Reason;
use crate::step::{Refusal, Step};
use crate::words::{DeadlineKind, Field, ReservationState};

impl Engine {
    /// Pays a reservation, whole or in part; what is not taken returns in the same step.
    pub(crate) fn confirm<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &Confirm,
    ) -> Result<(), Refusal> {
        let slot = self.open_reservation(c.reservation)?;
        self.must_be_held(slot)?;
        let held = self.sales.reservations[slot as usize];
        if let Some(qty) = c.qty {
            let bad = at(Reason::BadValue, Field::Qty);
            let Subject::One { product, qty: all } = held.subject else { return Err(bad) };
            if qty == 0 || qty > all {
                return Err(bad);
            }
            if qty < all {
                self.confirm_part(cx, slot, product, qty, all - qty);
                return Ok(());
            }
        }
        self.end_deadline(slot);
        self.buy(cx, slot);
        Ok(())
    }

    fn confirm_part<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        slot: u32,
        product: u32,
        qty: u64,
        rest: u64,
    ) {
        let Held { account, sale, amount, .. } = self.sales.reservations[slot as usize];
        let price = self.sales.products[product as usize].price;
        // A part of an amount that fitted fits.
        let paid = price * qty as i64;
        let state = &self.sales.list[sale as usize];
        if state.pays_by_balance() {
            self.ledger.release(account, state.quote, amount - paid);
        }
        self.sales.change_units(product, |units| {
            units.held -= rest;
            units.free += rest;
        });
        self.count_part(slot, product, rest, false);
        let held = &mut self.sales.reservations[slot as usize];
        held.subject = Subject::One { product, qty };
        held.amount = paid;
        self.end_deadline(slot);
        self.buy(cx, slot);
        self.serve_waitlist(cx, product);
    }

    /// Money to the seller, goods to the buyer, units sold.
    pub(crate) fn buy<S: Sink>(&mut self, cx: &mut Step<'_, S>, slot: u32) {
        let Held { account, sale, amount, subject, .. } = self.sales.reservations[slot as usize];
        let state = &self.sales.list[sale as usize];
        let (seller, quote) = (state.seller, state.quote);
        if state.pays_by_balance() {
            self.ledger.change(account, quote, 0, -amount);
            self.ledger.change(seller, quote, amount, 0);
            self.ledger.assert_conserved(quote);
        }
        for at in 0..subject.lines() {
            let (product, qty) = self.sales.line(subject, at);
            self.sales.change_units(product, |units| {
                units.held -= qty;
                units.sold += qty;
            });
            self.deliver(cx.at, product, account, qty);
        }
        self.sales.reservations[slot as usize].state = ReservationState::Confirmed;
        self.unlist(slot);
        self.report_reservation(cx, slot);
    }

    /// Units that became sold: the goods move, and the hot list counts them.
    pub(crate) fn deliver(&mut self, now_ns: u64, product: u32, buyer: u32, qty: u64) {
        let state = &self.sales.products[product as usize];
        let seller = self.sales.list[state.sale as usize].seller;
        if let Some(asset) = state.asset {
            // No more than the seller's stock, which is an i64 in the ledger.
            let units = qty as i64;
            self.ledger.change(seller, asset, 0, -units);
            self.ledger.change(buyer, asset, units, 0);
            self.ledger.assert_conserved(asset);
        }
        let second = now_ns / SECOND_NS;
        self.sales.log(Undo::Recent { product, second, qty });
        let keeps_all = self.is_atomic;
        let recent = &mut self.sales.products[product as usize].recent;
        match recent.back_mut().filter(|last| last.0 == second) {
            Some(last) => last.1 = last.1.saturating_add(qty),
            None => recent.push_back((second, qty)),
        }
        while !keeps_all && recent.front().is_some_and(|first| second - first.0 >= HOT_WINDOW_S) {
            recent.pop_front();
        }
    }

    /// Gives a hold or a place back.
    pub(crate) fn void<S: Sink>(&mut self, cx: &mut Step<'_, S>, c: &Void) -> Result<(), Refusal> {
        let slot = self.open_reservation(c.reservation)?;
        self.end_deadline(slot);
        self.give_back(cx, slot, ReservationState::Voided, None);
        Ok(())
    }

    /// Moves the deadline; the moved one counts as newly set.
    pub(crate) fn extend<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &Extend,
    ) -> Result<(), Refusal> {
        let slot = self.open_reservation(c.reservation)?;
        self.must_be_held(slot)?;
        if c.by == 0 {
            return Err(at(Reason::BadValue, Field::By));
        }
        let deadline_ns = self.sales.reservations[slot as usize]
            .deadline_ns
            .checked_add(c.by)
            .filter(|time| *time <= UNSIGNED_MAX)
            .ok_or(at(Reason::Overflow, Field::By))?;
        self.end_deadline(slot);
        let target = u64::from(slot);
        let due = Due { kind: DeadlineKind::ReservationExpiry, target };
        let deadline = self.deadlines.arm(deadline_ns, due);
        let held = &mut self.sales.reservations[slot as usize];
        (held.deadline_ns, held.deadline) = (deadline_ns, deadline);
        self.report_reservation(cx, slot);
        Ok(())
    }

    /// A hold's time is over. Its deadline was taken already.
    pub(crate) fn expire_reservation<S: Sink>(&mut self, cx: &mut Step<'_, S>, slot: u32) {
        self.sales.reservations[slot as usize].deadline = NONE;
        self.give_back(cx, slot, ReservationState::Expired, None);
        #[cfg(ringpit_canary)]
        if ringpit_canary::sings(ringpit_canary::Canary::LimitForgotten) {
            self.count_units(slot, false);
        }
    }

    fn open_reservation(&self, id: ReservationId) -> Result<u32, Refusal> {
        let slot =
            self.sales.reservation(id).ok_or(at(Reason::UnknownReservation, Field::Reservation))?;
        let held = &self.sales.reservations[slot as usize];
        match held.state {
            ReservationState::Confirmed => Err(at(Reason::AlreadyConfirmed, Field::Reservation)),
            _ if held.is_open() => Ok(slot),
            _ => Err(at(Reason::TooLate, Field::Reservation)),
        }
    }

    fn must_be_held(&self, slot: u32) -> Result<(), Refusal> {
        if self.sales.reservations[slot as usize].state == ReservationState::Held {
            Ok(())
        } else {
            Err(at(Reason::NotHeld, Field::Reservation))
        }
    }

    fn end_deadline(&mut self, slot: u32) {
        let deadline = &mut self.sales.reservations[slot as usize].deadline;
        let handle = core::mem::replace(deadline, NONE);
        if handle != NONE {
            self.deadlines.cancel(handle);
        }
    }

    /// Ends an open reservation that was not bought: units and money return, then those who wait
    /// are served, by ascending product.
    pub(crate) fn give_back<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        slot: u32,
        state: ReservationState,
        reason: Option<Reason>,
    ) {
        let was = self.sales.reservations[slot as usize];
        let lines = was.subject.lines();
        if was.state == ReservationState::Held {
            for at in 0..lines {
                let (product, qty) = self.sales.line(was.subject, at);
                self.sales.change_units(product, |units| {
                    units.held -= qty;
                    units.free += qty;
                });
            }
        } else {
            self.leave_line(slot);
        }
        let sale = &self.sales.list[was.sale as usize];
        if was.state != ReservationState::Queued && sale.pays_by_balance() {
            self.ledger.release(was.account, sale.quote, was.amount);
        }
        self.count_units(slot, false);
        let held = &mut self.sales.reservations[slot as usize];
        (held.state, held.reason) = (state, reason);
        self.unlist(slot);
        self.report_reservation(cx, slot);
        if was.state == ReservationState::Held {
            for at in 0..lines {
                let (product, _) = self.sales.line(was.subject, at);
                self.serve_waitlist(cx, product);
            }
        }
    }

    /// Takes a reservation out of its account's list of open ones.
    pub(crate) fn unlist(&mut self, slot: u32) {
        let Held { account, newer, older, .. } = self.sales.reservations[slot as usize];
        if newer == NONE {
            self.ledger.accounts[account as usize].reservations = older;
        } else {
            self.sales.reservations[newer as usize].older = older;
        }
        if older != NONE {
            self.sales.reservations[older as usize].newer = newer;
        }
    }
}
