//! Places in line: joining, leaving, being served when units return, and the sale's closing.

use super::Held;
use crate::admin::at;
use crate::book::ladder::NONE;
use crate::command::Leave;
use crate::engine::Engine;
use crate::event::Sink;
use crate::limits::UNSIGNED_MAX;
use crate::reason::Reason;
use crate::step::{Refusal, Step};
use crate::words::{Field, ReservationState};
use alloc::vec::Vec;

impl Engine {
    /// Puts a reservation at the end of its product's line.
    pub(crate) fn join_line(&mut self, slot: u32) {
        let (product, _) = self.sales.line(self.sales.subject(slot), 0);
        self.sales.change_units(product, |units| units.waiting += 1);
        let state = &mut self.sales.products[product as usize];
        let ahead = core::mem::replace(&mut state.last, slot);
        if ahead == NONE {
            state.first = slot;
        } else {
            self.sales.reservations[ahead as usize].behind = slot;
        }
        self.sales.reservations[slot as usize].ahead = ahead;
    }

    /// Takes a reservation out of its product's line.
    pub(crate) fn leave_line(&mut self, slot: u32) {
        let (product, _) = self.sales.line(self.sales.subject(slot), 0);
        self.sales.change_units(product, |units| units.waiting -= 1);
        let held = &mut self.sales.reservations[slot as usize];
        let ahead = core::mem::replace(&mut held.ahead, NONE);
        let behind = core::mem::replace(&mut held.behind, NONE);
        let state = &mut self.sales.products[product as usize];
        if ahead == NONE {
            state.first = behind;
        }
        if behind == NONE {
            state.last = ahead;
        }
        if ahead != NONE {
            self.sales.reservations[ahead as usize].behind = behind;
        }
        if behind != NONE {
            self.sales.reservations[behind as usize].ahead = ahead;
        }
    }

    /// Gives free units to those who wait, in order. One that needs more is passed over and keeps
    /// its place; one that may not or can't buy by then is rejected.
    pub(crate) fn serve_waitlist<S: Sink>(&mut self, cx: &mut Step<'_, S>, product: u32) {
        #[cfg(ringpit_canary)]
        if ringpit_canary::sings(ringpit_canary::Canary::WaitlistLost) {
            return;
        }
        let sale = self.sales.products[product as usize].sale;
        if self.sales.list[sale as usize].is_draw() {
            return;
        }
        let mut next = self.sales.products[product as usize].first;
        while next != NONE && self.sales.products[product as usize].units.free > 0 {
            let slot = next;
            next = self.sales.reservations[slot as usize].behind;
            let (_, needed) = self.sales.line(self.sales.subject(slot), 0);
            if needed > self.sales.products[product as usize].units.free {
                continue;
            }
            match self.turn(cx.at, slot) {
                Ok(deadline_ns) => {
                    self.leave_line(slot);
                    self.take_units(slot);
                    self.bind_money(slot);
                    self.begin_hold(cx, slot, deadline_ns);
                }
                Err(reason) => {
                    self.give_back(cx, slot, ReservationState::Rejected, Some(reason));
                }
            }
        }
    }

    /// Whether one who waited may and can buy now: its deadline counts from its turn.
    fn turn(&self, now_ns: u64, slot: u32) -> Result<u64, Reason> {
        let Held { account, sale, origin, amount, .. } = self.sales.reservations[slot as usize];
        if let Some(reason) = self.barred(account, origin) {
            return Err(reason);
        }
        let sale = &self.sales.list[sale as usize];
        if sale.pays_by_balance() && self.ledger.available(account, sale.quote) < amount {
            return Err(Reason::InsufficientFunds);
        }
        Ok(now_ns.saturating_add(sale.rules.hold_for).min(UNSIGNED_MAX))
    }

    /// Voids all places of an account at a product.
    pub(crate) fn leave<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &Leave,
    ) -> Result<(), Refusal> {
        let sale = self.sales.sale(c.sale).ok_or(at(Reason::UnknownSale, Field::Sale))?;
        let product = self
            .sales
            .product(sale, c.product)
            .ok_or(at(Reason::UnknownProduct, Field::Product))?;
        let account = self.known_account(c.account, Field::Account)?;
        let places: Vec<u32> = self
            .line(product)
            .filter(|slot| {
                let held = &self.sales.reservations[*slot as usize];
                held.account == account && held.state == ReservationState::Queued
            })
            .collect();
        if places.is_empty() {
            return Err(at(Reason::NotQueued, Field::Product));
        }
        for slot in places {
            self.give_back(cx, slot, ReservationState::Voided, None);
        }
        Ok(())
    }

    /// The slots of a product's line, in order.
    pub(crate) fn line(&self, product: u32) -> impl Iterator<Item = u32> {
        let first = self.sales.products[product as usize].first;
        core::iter::successors((first != NONE).then_some(first), |slot| {
            let behind = self.sales.reservations[*slot as usize].behind;
            (behind != NONE).then_some(behind)
        })
    }

    /// The sale closes: every waiting place ends, by product, then place. Entries of a draw wait
    /// for the draw.
    pub(crate) fn close_sale<S: Sink>(&mut self, cx: &mut Step<'_, S>, sale: u32) {
        if self.sales.list[sale as usize].is_draw() {
            return;
        }
        self.end_lines(cx, sale, ReservationState::Expired, Reason::SaleClosed);
    }

    /// Ends every place in every line of a sale, by product, then place.
    pub(crate) fn end_lines<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        sale: u32,
        state: ReservationState,
        reason: Reason,
    ) {
        for product in self.sales.products_by_id(sale) {
            let places: Vec<u32> = self.line(product).collect();
            for slot in places {
                self.give_back(cx, slot, state, Some(reason));
            }
        }
    }
}
