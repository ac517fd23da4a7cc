//! New orders: every check of the rule book in its order, then the order's first life.

use super::Books;
use super::host::Host;
use super::instrument::Book;
use super::ladder::NONE;
use super::matching::End;
use super::order::Order;
use super::tag::ORDER_ID_MAX;
use crate::command::NewOrder;
use crate::ids::OrderId;
use crate::limits::{ICEBERG_SLICES_MAX, ORDERS_MAX, UNSIGNED_MAX};
use crate::reason::Reason;
use crate::words::{ExecType, OrdType, Phase, Side, TimeInForce};

/// What an order asks of the account's limits and funds.
struct Demand {
    pub account: u32,
    pub book: u32,
    pub side: Side,
    pub ord_type: OrdType,
    /// Ticks; 0: it has none.
    pub price: i64,
    /// Ticks; 0: it has none.
    pub stop_px: i64,
    /// Lots that it will have open.
    pub qty: u64,
    /// Lots that the limits on one order's size look at (FIX OrderQty).
    pub order_qty: u64,
    /// An order that it takes the place of: slot, or `NONE`.
    pub replaces: u32,
    /// Whether the price band is looked at.
    pub banded: bool,
}

impl Books {
    /// FIX NewOrderSingle of a party in a book: checked whole, then accepted, traded and put to
    /// rest. Instrument and account in the command are the caller's affair.
    ///
    /// # Errors
    /// Why it is refused; nothing changed then.
    #[inline]
    pub fn new_order<H: Host>(
        &mut self,
        host: &mut H,
        party: u32,
        book: u32,
        c: &NewOrder,
    ) -> Result<(), Reason> {
        check_fields(c, host)?;
        // A leg of an atomic interaction trades now or not at all.
        let waits = !matches!(c.tif, TimeInForce::Ioc | TimeInForce::Fok);
        if !is_supported(c) || (self.is_atomic && waits) {
            return Err(Reason::Unsupported);
        }
        let who = *self.orders.parties.get(party);
        if H::DIRECTORY && self.orders.by_name(who.account, c.cl_ord_id).is_some() {
            return Err(Reason::DuplicateClOrdId);
        }
        check_phase(c, self.book(book))?;
        if !self.interrupts.is_empty() && self.interrupts.contains(&book) {
            return Err(Reason::NotOpen);
        }
        let mut order = Order {
            id: OrderId(self.last_order + 1),
            cl_ord_id: c.cl_ord_id,
            party,
            account: who.account,
            book,
            owner: who.owner,
            side: c.side,
            ord_type: c.ord_type,
            tif: c.tif,
            stp: c.stp,
            triggered: false,
            post_only: c.post_only,
            price: c.price.unwrap_or(0),
            stop_px: c.stop_px.unwrap_or(0),
            order_qty: c.qty,
            leaves: c.qty,
            display_qty: c.display_qty.unwrap_or(0),
            deadline: NONE,
        };
        self.check_demand(host, &order, NONE, true)?;
        self.check_entry(host, &order, c.min_qty)?;
        self.last_order += 1;
        if let Some((asset, amount)) = self.hold_of(&order) {
            host.change(who.account, asset, -amount, amount);
        }
        host.report(self.book(book), &order, ExecType::New, None);
        self.enter(host, &mut order, c.expire_at);
        Ok(())
    }

    /// What would happen at entry in continuous trading: would_cross, fok_unfilled,
    /// min_qty_unfilled.
    #[inline]
    pub(super) fn check_entry<H: Host>(
        &mut self,
        host: &H,
        order: &Order,
        min_qty: Option<u64>,
    ) -> Result<(), Reason> {
        let asks = order.post_only || order.tif == TimeInForce::Fok || min_qty.is_some();
        if !asks || self.book(order.book).phase != Phase::Continuous || order.is_waiting_stop() {
            return Ok(());
        }
        if order.post_only && self.would_cross(order) {
            return Err(Reason::WouldCross);
        }
        if order.tif == TimeInForce::Fok && !self.can_fill(host, order, order.leaves) {
            return Err(Reason::FokUnfilled);
        }
        if min_qty.is_some_and(|min| !self.can_fill(host, order, min)) {
            return Err(Reason::MinQtyUnfilled);
        }
        Ok(())
    }

    fn would_cross(&self, order: &Order) -> bool {
        let opposite = self.book(order.book).sides.get(order.side.opposite()).best();
        opposite.is_some_and(|best| order.reaches(best))
    }

    /// An accepted order trades what it can and waits with the rest, or ends.
    #[inline(always)]
    fn enter<H: Host>(&mut self, host: &mut H, order: &mut Order, expire_at: Option<u64>) {
        let continuous = self.book(order.book).phase == Phase::Continuous;
        let due = order.is_waiting_stop() && continuous && self.is_due(order);
        let matches = continuous && order.tif != TimeInForce::AtClose;
        if !matches || (order.is_waiting_stop() && !due) {
            self.rest(host, order, expire_at);
            return;
        }
        if due {
            order.triggered = true;
            host.report(self.book(order.book), order, ExecType::Triggered, None);
        }
        let end = self.execute(host, order);
        self.settle_rest(host, order, end, expire_at);
        self.run_stops(host);
    }

    /// What becomes of an order's rest after it traded.
    #[inline(always)]
    pub(super) fn settle_rest<H: Host>(
        &mut self,
        host: &mut H,
        order: &mut Order,
        end: End,
        expire_at: Option<u64>,
    ) {
        let stays = order.price != 0 && !matches!(order.tif, TimeInForce::Ioc | TimeInForce::Fok);
        let reason = match end {
            End::Filled => return Self::disarm(host, order),
            End::Unmatched if stays => return self.rest(host, order, expire_at),
            End::Unmatched => Reason::Unfilled,
            End::HaltBand => return self.halt(host, order, stays, expire_at),
            End::PriceBand => Reason::PriceBand,
            End::Funds => Reason::InsufficientFunds,
            End::SelfTrade => Reason::SelfTrade,
        };
        self.end_order(host, order, ExecType::Canceled, Some(reason));
    }

    /// An order met the volatility band: its rest waits or ends, and the interruption begins.
    #[cold]
    fn halt<H: Host>(
        &mut self,
        host: &mut H,
        order: &mut Order,
        stays: bool,
        expire_at: Option<u64>,
    ) {
        if stays {
            self.rest(host, order, expire_at);
        } else {
            self.end_order(host, order, ExecType::Canceled, Some(Reason::HaltBand));
        }
        self.interrupt(host, order.book);
    }

    /// Limits and funds, in the order of the rule book from max_order_qty to insufficient_funds.
    #[inline(always)]
    pub(super) fn check_demand<H: Host>(
        &self,
        host: &H,
        order: &Order,
        replaces: u32,
        banded: bool,
    ) -> Result<(), Reason> {
        let book = self.book(order.book);
        if book.terms.has_limits {
            self.check_limits(host, &Demand::of(order, replaces, banded))?;
        } else {
            let d = Demand::of(order, replaces, banded);
            check_overflow(&d, book, self.own_leaves(&d))?;
        }
        let is_full = self.orders.len() >= ORDERS_MAX || self.last_order >= ORDER_ID_MAX;
        if replaces == NONE && is_full {
            return Err(Reason::Full);
        }
        Ok(())
    }

    /// Open lots of the order that it takes the place of.
    #[inline]
    fn own_leaves(&self, d: &Demand) -> u64 {
        if d.replaces == NONE { 0 } else { self.orders.leaves(d.replaces) }
    }

    #[inline(never)]
    fn check_limits<H: Host>(&self, host: &H, d: &Demand) -> Result<(), Reason> {
        let book = self.book(d.book);
        let rules = &book.rules;
        if rules.max_order_qty.is_some_and(|max| d.order_qty > max) {
            return Err(Reason::MaxOrderQty);
        }
        if let Some(max) = rules.max_notional
            && let Some(price) = d.notional_price(book)
            && book.notional(price, d.order_qty).is_none_or(|notional| notional > max)
        {
            return Err(Reason::MaxNotional);
        }
        let is_new = d.replaces == NONE;
        if let Some(max) = rules.max_open_orders
            && is_new
            && self.positions.get(d.account, d.book).orders >= max
        {
            return Err(Reason::MaxOpenOrders);
        }
        let (low, high) = book.band(rules.band_ticks);
        if d.banded && d.price != 0 && !(low..=high).contains(&d.price) {
            return Err(Reason::PriceBand);
        }
        let own = self.own_leaves(d);
        check_overflow(d, book, own)?;
        if let Some(max) = rules.max_position {
            let exposure = self.positions.get(d.account, d.book).exposure(d.side);
            if exposure - i128::from(own) + i128::from(d.qty) > i128::from(max) {
                return Err(Reason::MaxPosition);
            }
        }
        self.check_funds(host, d, book)
    }

    fn check_funds<H: Host>(&self, host: &H, d: &Demand, book: &Book) -> Result<(), Reason> {
        if !book.is_cash() {
            return Ok(());
        }
        // check_overflow found the hold representable.
        let Some((asset, needed)) = d.hold(book) else { return Err(Reason::Overflow) };
        let own = match d.replaces {
            NONE => 0,
            slot => self.hold_of(&self.order(slot)).map_or(0, |hold| hold.1),
        };
        let usable = i128::from(host.available(d.account, asset)) + i128::from(own);
        if i128::from(needed) > usable { Err(Reason::InsufficientFunds) } else { Ok(()) }
    }
}

/// The order's worth, its hold, and the open lots of its side must be numbers that can be printed.
#[inline(always)]
fn check_overflow(d: &Demand, book: &Book, own: u64) -> Result<(), Reason> {
    let price = if d.price != 0 { d.price } else { d.stop_px };
    let fits = book.notional(price, d.order_qty).is_some()
        && (!book.is_cash() || d.hold(book).is_some())
        && book.has_room(d.side, own, d.qty);
    if fits { Ok(()) } else { Err(Reason::Overflow) }
}

impl Demand {
    #[inline(always)]
    fn of(order: &Order, replaces: u32, banded: bool) -> Self {
        Self {
            account: order.account,
            book: order.book,
            side: order.side,
            ord_type: order.ord_type,
            price: order.price,
            stop_px: order.stop_px,
            qty: order.leaves,
            order_qty: order.order_qty,
            replaces,
            banded,
        }
    }

    /// Limit price, else stop price, else the reference.
    fn notional_price(&self, book: &Book) -> Option<i64> {
        [self.price, self.stop_px].into_iter().find(|price| *price != 0).or(book.reference())
    }

    /// What it holds: asset slot and minor units, 0 where nothing; `None` beyond i64.
    fn hold(&self, book: &Book) -> Option<(u32, i64)> {
        match (self.side, self.ord_type) {
            (Side::Sell, _) => Some((book.base, book.base_units(self.qty)?)),
            (Side::Buy, OrdType::Limit | OrdType::StopLimit) => {
                Some((book.quote, book.buy_hold(self.price, self.qty)?))
            }
            (Side::Buy, _) => Some((book.quote, 0)),
        }
    }
}

/// bad_qty to bad_min_qty.
#[inline]
fn check_fields<H: Host>(c: &NewOrder, host: &H) -> Result<(), Reason> {
    let wanted = |value: Option<i64>, needed: bool| match value {
        Some(value) => needed && value >= 1,
        None => !needed,
    };
    let part = |value: Option<u64>| value.is_none_or(|value| (1..=c.qty).contains(&value));
    let priced = matches!(c.ord_type, OrdType::Limit | OrdType::StopLimit);
    let stopped = matches!(c.ord_type, OrdType::Stop | OrdType::StopLimit);
    if c.qty == 0 || c.qty > UNSIGNED_MAX {
        return Err(Reason::BadQty);
    }
    if !wanted(c.price, priced) {
        return Err(Reason::BadPrice);
    }
    if !wanted(c.stop_px, stopped) {
        return Err(Reason::BadStopPx);
    }
    let expires = c.tif == TimeInForce::Gtd;
    if c.expire_at.is_some() != expires || c.expire_at.is_some_and(|time| time <= host.now_ns()) {
        return Err(Reason::BadExpireAt);
    }
    if !part(c.display_qty)
        || c.display_qty.is_some_and(|display| c.qty / display > ICEBERG_SLICES_MAX)
    {
        return Err(Reason::BadDisplayQty);
    }
    if !part(c.min_qty) {
        return Err(Reason::BadMinQty);
    }
    Ok(())
}

/// Combinations that make sense.
#[inline]
fn is_supported(c: &NewOrder) -> bool {
    use TimeInForce::{AtClose, AtOpen, Day, Fok, Gtc, Gtd, Ioc};
    let stopped = matches!(c.ord_type, OrdType::Stop | OrdType::StopLimit);
    let in_call = matches!(c.tif, AtOpen | AtClose);
    let immediate = matches!(c.tif, Ioc | Fok);
    if stopped && (immediate || in_call || c.post_only || c.min_qty.is_some()) {
        return false;
    }
    let plain_limit = c.ord_type == OrdType::Limit && matches!(c.tif, Day | Gtc | Gtd);
    if c.post_only && (!plain_limit || c.min_qty.is_some()) {
        return false;
    }
    let can_rest = matches!(c.ord_type, OrdType::Limit | OrdType::StopLimit)
        && matches!(c.tif, Day | Gtc | Gtd);
    if c.display_qty.is_some() && !can_rest {
        return false;
    }
    !(in_call && c.min_qty.is_some())
}

/// not_open, and unsupported for a cash market buy that would have to wait.
#[inline]
fn check_phase(c: &NewOrder, book: &Book) -> Result<(), Reason> {
    let waits = match book.phase {
        Phase::Halted | Phase::Closed => return Err(Reason::NotOpen),
        Phase::Continuous => c.tif == TimeInForce::AtClose,
        Phase::PreOpen | Phase::OpeningCall | Phase::ClosingCall => true,
    };
    if c.tif == TimeInForce::AtOpen && !matches!(book.phase, Phase::PreOpen | Phase::OpeningCall) {
        return Err(Reason::NotOpen);
    }
    let now_or_never = matches!(c.tif, TimeInForce::Ioc | TimeInForce::Fok) || c.min_qty.is_some();
    if waits && now_or_never {
        return Err(Reason::NotOpen);
    }
    if waits && book.is_cash() && c.ord_type == OrdType::Market && c.side == Side::Buy {
        return Err(Reason::Unsupported);
    }
    Ok(())
}
