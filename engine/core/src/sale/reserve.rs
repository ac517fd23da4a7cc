//! Asking for units: every check in its order, then a hold, a purchase, a place in line, or an
//! entry in a draw.

use super::undo::{Table, Undo};
use super::{Held, Subject, UsageTable};
use crate::book::ladder::NONE;
use crate::command::{LIST_CAPACITY, Reserve, ReserveCart};
use crate::deadlines::Due;
use crate::engine::Engine;
use crate::event::{Event, Reservation, Sink};
use crate::ids::{OriginId, ProductId, RequestId, SaleId};
use crate::limits::{LIST_MAX, RESERVATIONS_MAX, UNSIGNED_MAX};
use crate::reason::Reason;
use crate::step::Step;
use crate::words::{DeadlineKind, ReservationState};

/// Why units can't be had, and a cart's product at fault.
pub(crate) type Fault = (Reason, Option<ProductId>);

/// What is asked for, once its names are known.
#[derive(Clone, Copy)]
pub(crate) struct Wish<'w> {
    pub account: u32,
    pub sale: u32,
    pub request_id: Option<RequestId>,
    pub origin: Option<OriginId>,
    /// Product slots and units, ascending by product id, summed.
    pub lines: &'w [(u32, u64)],
    pub is_cart: bool,
    /// Quote minor units.
    pub amount: i64,
    /// UNIX nanoseconds: when a hold would end.
    pub deadline_ns: u64,
}

/// How a wish can be met.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Units and money are bound, or bought at once.
    Hold,
    /// A place in the waitlist.
    Queue,
    /// An entry in a draw.
    Enter,
}

const fn plain(reason: Reason) -> Fault {
    (reason, None)
}

impl Engine {
    /// Holds units of one product.
    pub(crate) fn reserve<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &Reserve,
    ) -> Result<(), Fault> {
        let account = self.ledger.account(c.account);
        if self.answer_repeat(cx, account, c.request_id) {
            return Ok(());
        }
        let (who, mut found) = ((account, c.sale, c.origin), [(0, 0)]);
        let wanted = [(c.product, c.qty)];
        let mut wish = self.check_wish(cx.at, who, &wanted, &mut found, false)?;
        wish.request_id = Some(c.request_id);
        self.attempt(cx.at, &wish)?;
        let way = self.way(&wish, true)?;
        let slot = self.meet(cx, &wish, way);
        self.sales.remember(wish.account, c.request_id, slot);
        Ok(())
    }

    /// Holds units of several products as one reservation, all or nothing.
    pub(crate) fn reserve_cart<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &ReserveCart,
    ) -> Result<(), Fault> {
        let account = self.ledger.account(c.account);
        if self.answer_repeat(cx, account, c.request_id) {
            return Ok(());
        }
        let mut wanted = [(ProductId(0), 0); LIST_CAPACITY];
        for (to, from) in wanted.iter_mut().zip(c.lines.iter()) {
            *to = (from.product, from.qty);
        }
        let (who, mut found) = ((account, c.sale, c.origin), [(0, 0); LIST_CAPACITY]);
        let (wanted, found) = (&wanted[..c.lines.len()], &mut found[..c.lines.len()]);
        let mut wish = self.check_wish(cx.at, who, wanted, found, true)?;
        wish.request_id = Some(c.request_id);
        self.attempt(cx.at, &wish)?;
        let way = self.way(&wish, false)?;
        let slot = self.meet(cx, &wish, way);
        self.sales.remember(wish.account, c.request_id, slot);
        Ok(())
    }

    /// A request that succeeded before does nothing and is answered with how it stands.
    fn answer_repeat<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        account: Option<u32>,
        request: RequestId,
    ) -> bool {
        let Some(slot) = account.and_then(|account| self.sales.repeat(account, request)) else {
            return false;
        };
        let now = Event::Reservation(self.reservation_event(slot));
        self.outlet().emit_event(cx, cx.cause, &now);
        true
    }

    /// Refuses a reserve; built where it is sent from.
    pub(crate) fn refuse_reserve<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &Reserve,
        reason: Reason,
    ) {
        let refusal = Event::Reservation(Reservation {
            reservation: None,
            account: c.account,
            sale: c.sale,
            product: Some(c.product),
            qty: Some(c.qty),
            request_id: Some(c.request_id),
            state: ReservationState::Rejected,
            position: None,
            deadline: None,
            amount: None,
            lines: None,
            reason: Some(reason),
        });
        self.outlet().emit_event(cx, cx.cause, &refusal);
    }

    /// unknown_sale to overflow. What is wanted is put into `found`, which is as long.
    pub(crate) fn check_wish<'w>(
        &self,
        now_ns: u64,
        (account, sale_id, origin): (Option<u32>, SaleId, Option<OriginId>),
        wanted: &[(ProductId, u64)],
        found: &'w mut [(u32, u64)],
        is_cart: bool,
    ) -> Result<Wish<'w>, Fault> {
        let sale = self.sales.sale(sale_id).ok_or(plain(Reason::UnknownSale))?;
        let state = &self.sales.list[sale as usize];
        if !(state.rules.opens_at..state.rules.closes_at).contains(&now_ns) {
            return Err(plain(Reason::NotOpen));
        }
        let account = account.ok_or(plain(Reason::UnknownAccount))?;
        if let Some(reason) = self.barred(account, origin) {
            return Err(plain(reason));
        }
        if wanted.is_empty() || wanted.len() > LIST_MAX || (is_cart && state.is_draw()) {
            return Err(plain(Reason::BadValue));
        }
        for ((product, qty), line) in wanted.iter().zip(found.iter_mut()) {
            let slot = self.sales.product(sale, *product);
            *line = (slot.ok_or((Reason::UnknownProduct, Some(*product)))?, *qty);
            if *qty == 0 {
                return Err((Reason::BadValue, Some(*product)));
            }
        }
        let overflow = plain(Reason::Overflow);
        let (count, amount) = self.sum_lines(found).ok_or(overflow)?;
        let lines = &found[..count];
        let deadline_ns = now_ns
            .checked_add(state.rules.hold_for)
            .filter(|time| *time <= UNSIGNED_MAX)
            .ok_or(overflow)?;
        let request_id = None;
        Ok(Wish { account, sale, request_id, origin, lines, is_cart, amount, deadline_ns })
    }

    /// Why an account or origin may get nothing new.
    pub(crate) fn barred(&self, account: u32, origin: Option<OriginId>) -> Option<Reason> {
        let state = &self.ledger.accounts[account as usize];
        if state.killed {
            Some(Reason::AccountKilled)
        } else if state.blocked || self.sales.is_blocked(origin) {
            Some(Reason::Blocked)
        } else {
            None
        }
    }

    /// Lines of one product summed, ascending by product, at the list's start: how many, and what
    /// they cost.
    fn sum_lines(&self, lines: &mut [(u32, u64)]) -> Option<(usize, i64)> {
        if lines.len() > 1 {
            lines.sort_unstable_by_key(|line| self.sales.products[line.0 as usize].id);
        }
        let (mut count, mut amount) = (0, 0i64);
        for at in 0..lines.len() {
            let (product, qty) = lines[at];
            let price = self.sales.products[product as usize].price;
            let cost = i64::try_from(i128::from(price) * i128::from(qty)).ok()?;
            amount = amount.checked_add(cost)?;
            match lines[..count].last_mut().filter(|line| line.0 == product) {
                Some(line) => line.1 = line.1.checked_add(qty).filter(|q| *q <= UNSIGNED_MAX)?,
                None => {
                    lines[count] = (product, qty);
                    count += 1;
                }
            }
        }
        Some((count, amount))
    }

    /// too_many_requests; an attempt that passes counts, whatever follows.
    pub(crate) fn attempt(&mut self, now_ns: u64, wish: &Wish<'_>) -> Result<(), Fault> {
        let rules = &self.sales.list[wish.sale as usize].rules;
        let (Some(max), Some(window)) = (rules.max_attempts, rules.attempts_window) else {
            return Ok(());
        };
        let key = (u64::from(wish.account), u64::from(wish.sale));
        self.sales.know(wish.account);
        let attempts = &mut self.sales.by_sale.get_mut(key).attempts;
        let counted = attempts.iter().filter(|time| now_ns - **time < window).count();
        if counted as u64 >= max {
            return Err(plain(Reason::TooManyRequests));
        }
        if !self.is_atomic {
            // What no longer counts is dropped; not in an atomic, which may have to restore it.
            while attempts.front().is_some_and(|time| now_ns - time >= window) {
                attempts.pop_front();
            }
        }
        attempts.push_back(now_ns);
        self.sales.log(Undo::Attempt { key });
        Ok(())
    }

    /// limit_per_account to insufficient_funds: how the wish can be met.
    pub(crate) fn way(&self, wish: &Wish<'_>, may_queue: bool) -> Result<Way, Fault> {
        self.check_limits(wish)?;
        let sale = &self.sales.list[wish.sale as usize];
        let mut way = if sale.is_draw() { Way::Enter } else { Way::Hold };
        if way == Way::Hold
            && let Some((product, _)) = wish
                .lines
                .iter()
                .find(|(product, qty)| self.sales.products[*product as usize].units.free < *qty)
        {
            let product = &self.sales.products[*product as usize];
            let room = product.units.waiting < sale.rules.waitlist.unwrap_or(0);
            if !may_queue || !room {
                return Err((Reason::SoldOut, Some(product.id)));
            }
            way = Way::Queue;
        }
        let pays = sale.pays_by_balance() && way != Way::Queue;
        if pays && self.ledger.available(wish.account, sale.quote) < wish.amount {
            return Err(plain(Reason::InsufficientFunds));
        }
        if self.sales.reservations.len() >= RESERVATIONS_MAX {
            return Err(plain(Reason::Full));
        }
        Ok(way)
    }

    /// limit_per_account to sold_out, for what costs nothing and never waits.
    pub(crate) fn check_take(&self, wish: &Wish<'_>) -> Result<(), Reason> {
        self.check_limits(wish).map_err(|fault| fault.0)?;
        let short = wish
            .lines
            .iter()
            .any(|(product, qty)| self.sales.products[*product as usize].units.free < *qty);
        if short {
            return Err(Reason::SoldOut);
        }
        if self.sales.reservations.len() >= RESERVATIONS_MAX {
            return Err(Reason::Full);
        }
        Ok(())
    }

    fn check_limits(&self, wish: &Wish<'_>) -> Result<(), Fault> {
        let sale = &self.sales.list[wish.sale as usize];
        let beyond = |units: u64, more: u64, limit: Option<u64>| {
            limit.is_some_and(|limit| u128::from(units) + u128::from(more) > u128::from(limit))
        };
        let (account, known) = (u64::from(wish.account), self.sales.is_known(wish.account));
        let units_of = |table: &UsageTable, key| if known { table.units(key) } else { 0 };
        let mut sum = 0u64;
        for (slot, qty) in wish.lines {
            let product = &self.sales.products[*slot as usize];
            let units = units_of(&self.sales.by_product, (account, u64::from(*slot)));
            let entered_before = sale.is_draw() && units > 0;
            if entered_before || beyond(units, *qty, Some(product.limit_per_account)) {
                return Err((Reason::LimitPerAccount, Some(product.id)));
            }
            sum = sum.saturating_add(*qty);
        }
        let sale_key = u64::from(wish.sale);
        let units = units_of(&self.sales.by_sale, (account, sale_key));
        if beyond(units, sum, sale.rules.limit_per_account) {
            return Err(plain(Reason::LimitPerSale));
        }
        if let Some(origin) = wish.origin {
            let units = self.sales.by_origin.units((origin.0, sale_key));
            if beyond(units, sum, sale.rules.limit_per_origin) {
                return Err(plain(Reason::LimitPerOrigin));
            }
        }
        Ok(())
    }

    /// Makes the reservation and reports it; gives its slot.
    pub(crate) fn meet<S: Sink>(&mut self, cx: &mut Step<'_, S>, wish: &Wish<'_>, way: Way) -> u32 {
        let state = match way {
            Way::Hold => ReservationState::Held,
            Way::Queue => ReservationState::Queued,
            Way::Enter => ReservationState::Entered,
        };
        let slot = self.new_reservation(cx.cause, wish, state);
        self.count_units(slot, true);
        match way {
            Way::Hold => {
                self.take_units(slot);
                self.bind_money(slot);
                self.begin_hold(cx, slot, wish.deadline_ns);
            }
            Way::Queue => {
                self.join_line(slot);
                self.report_reservation(cx, slot);
            }
            Way::Enter => {
                self.bind_money(slot);
                self.join_line(slot);
                self.report_reservation(cx, slot);
            }
        }
        slot
    }

    pub(crate) fn new_reservation(
        &mut self,
        owner: u32,
        wish: &Wish<'_>,
        state: ReservationState,
    ) -> u32 {
        let slot = self.sales.reservations.len() as u32;
        let subject = match (wish.is_cart, wish.lines.first()) {
            (false, Some((product, qty))) => Subject::One { product: *product, qty: *qty },
            _ => {
                let start = self.sales.cart_lines.len() as u32;
                self.sales.cart_lines.extend_from_slice(wish.lines);
                Subject::Cart { start, len: wish.lines.len() as u8 }
            }
        };
        let older = self.ledger.accounts[wish.account as usize].reservations;
        self.sales.reservations.push(Held {
            account: wish.account,
            owner,
            sale: wish.sale,
            subject,
            request_id: wish.request_id,
            origin: wish.origin,
            state,
            reason: None,
            amount: wish.amount,
            deadline_ns: 0,
            deadline: NONE,
            ahead: NONE,
            behind: NONE,
            newer: NONE,
            older,
        });
        if older != NONE {
            self.sales.reservations[older as usize].newer = slot;
        }
        self.ledger.accounts[wish.account as usize].reservations = slot;
        self.sales.log(Undo::Reservation);
        slot
    }

    /// A hold begins: with a deadline, or bought at once where there is no time to hold.
    pub(crate) fn begin_hold<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        slot: u32,
        deadline_ns: u64,
    ) {
        let sale = self.sales.reservations[slot as usize].sale;
        self.sales.reservations[slot as usize].state = ReservationState::Held;
        if self.sales.list[sale as usize].rules.hold_for == 0 {
            self.buy(cx, slot);
            return;
        }
        let target = u64::from(slot);
        let due = Due { kind: DeadlineKind::ReservationExpiry, target };
        let deadline = self.deadlines.arm(deadline_ns, due);
        let held = &mut self.sales.reservations[slot as usize];
        held.deadline_ns = deadline_ns;
        held.deadline = deadline;
        self.report_reservation(cx, slot);
    }

    pub(crate) fn report_reservation<S: Sink>(&mut self, cx: &mut Step<'_, S>, slot: u32) {
        let report = Event::Reservation(self.reservation_event(slot));
        let owner = self.sales.reservations[slot as usize].owner;
        self.outlet().emit_event(cx, owner, &report);
    }

    /// Moves a reservation's units from free to held.
    pub(crate) fn take_units(&mut self, slot: u32) {
        let subject = self.sales.subject(slot);
        for at in 0..subject.lines() {
            let (product, qty) = self.sales.line(subject, at);
            self.sales.change_units(product, |units| {
                units.free -= qty;
                units.held += qty;
            });
        }
    }

    /// Binds a reservation's money, where the sale is paid from balances.
    pub(crate) fn bind_money(&mut self, slot: u32) {
        let Held { account, sale, amount, .. } = self.sales.reservations[slot as usize];
        let sale = &self.sales.list[sale as usize];
        if sale.pays_by_balance() {
            self.ledger.hold(account, sale.quote, amount);
        }
    }

    /// Adds a reservation's units to what limits count, or takes them off.
    pub(crate) fn count_units(&mut self, slot: u32, more: bool) {
        let Held { account, subject, .. } = self.sales.reservations[slot as usize];
        self.sales.know(account);
        let mut sum = 0u64;
        for at in 0..subject.lines() {
            let (product, qty) = self.sales.line(subject, at);
            self.count(Table::Product, (u64::from(account), u64::from(product)), qty, more);
            sum = sum.saturating_add(qty);
        }
        self.count_sum(slot, sum, more);
    }

    /// The same for some of a reservation's units of a product only.
    pub(crate) fn count_part(&mut self, slot: u32, product: u32, qty: u64, more: bool) {
        let account = self.sales.reservations[slot as usize].account;
        self.sales.know(account);
        self.count(Table::Product, (u64::from(account), u64::from(product)), qty, more);
        self.count_sum(slot, qty, more);
    }

    /// What counts whatever the product.
    fn count_sum(&mut self, slot: u32, sum: u64, more: bool) {
        let Held { account, sale, origin, .. } = self.sales.reservations[slot as usize];
        self.count(Table::Sale, (u64::from(account), u64::from(sale)), sum, more);
        if let Some(origin) = origin {
            self.count(Table::Origin, (origin.0, u64::from(sale)), sum, more);
        }
    }

    fn count(&mut self, table: Table, key: (u64, u64), qty: u64, more: bool) {
        let usage = self.sales.table_mut(table).get_mut(key);
        let before = usage.units;
        usage.units = if more { before.saturating_add(qty) } else { before.saturating_sub(qty) };
        self.sales.log(Undo::Count { table, key, units: before });
    }
}
