//! What is checked before an order is taken, in the order of the rule book; and what must always
//! hold.

use crate::Model;
use crate::book::better;
use crate::sales::Sale;
use crate::state::{Instrument, Order, Place, is_gathering};
use ringpit_core::command::{NewOrder, ReplaceOrder};
use ringpit_core::limits::ICEBERG_SLICES_MAX;
use ringpit_core::*;
use std::collections::BTreeMap;

fn refuse_if(fault: bool, reason: Reason) -> Result<(), Reason> {
    if fault { Err(reason) } else { Ok(()) }
}

/// A new order, or the part of a replaced one that counts as new.
struct Wanted {
    account: AccountId,
    side: Side,
    price: Option<i64>,
    stop_px: Option<i64>,
    /// Lots in total.
    qty: u64,
    /// Lots that would be open.
    leaves: u64,
    post_only: bool,
    /// Whether the limit price is held against the band.
    banded: bool,
    /// An iceberg whose total is replaced: refused when it would show too many slices.
    sliced: Option<u64>,
    /// The order it replaces: its hold and leaves are set aside.
    instead_of: Option<OrderId>,
}

impl Model {
    pub(crate) fn check_new(&self, c: &NewOrder) -> Result<(), Reason> {
        refuse_if(!self.knows_instrument(c.instrument), Reason::UnknownInstrument)?;
        refuse_if(!self.knows_account(c.account), Reason::UnknownAccount)?;
        let killed = self.accounts.iter().any(|a| a.id == c.account && a.killed);
        refuse_if(killed, Reason::AccountKilled)?;
        self.check_values(c)?;
        let stays = !matches!(c.tif, TimeInForce::Ioc | TimeInForce::Fok);
        refuse_if(is_unsupported(c) || (self.in_atomic && stays), Reason::Unsupported)?;
        refuse_if(self.uses_cl_ord_id(c.account, c.cl_ord_id, None), Reason::DuplicateClOrdId)?;
        let instrument = self.instrument(c.instrument);
        let phase = instrument.phase;
        let interrupted = self.interrupted.contains(&c.instrument);
        refuse_if(!takes(phase, c) || interrupted, Reason::NotOpen)?;
        let waits = is_gathering(phase) || c.tif == TimeInForce::AtClose;
        let market_buy = c.ord_type == OrdType::Market && c.side == Side::Buy;
        let unpaid = instrument.risk == Risk::Cash && market_buy && waits;
        refuse_if(unpaid, Reason::Unsupported)?;
        let wanted = Wanted {
            account: c.account,
            side: c.side,
            price: c.price,
            stop_px: c.stop_px,
            qty: c.qty,
            leaves: c.qty,
            post_only: c.post_only,
            banded: true,
            sliced: None,
            instead_of: None,
        };
        self.check_limits(instrument, &wanted)
    }

    fn check_values(&self, c: &NewOrder) -> Result<(), Reason> {
        let has_price = matches!(c.ord_type, OrdType::Limit | OrdType::StopLimit);
        let has_stop = matches!(c.ord_type, OrdType::Stop | OrdType::StopLimit);
        let price_fits = |has: bool, price: Option<i64>| match price {
            Some(price) => has && price >= 1,
            None => !has,
        };
        let expiry_fits = match c.expire_at {
            Some(time) => c.tif == TimeInForce::Gtd && time > self.time,
            None => c.tif != TimeInForce::Gtd,
        };
        let part = |lots: Option<u64>| lots.is_none_or(|lots| (1..=c.qty).contains(&lots));
        refuse_if(c.qty == 0, Reason::BadQty)?;
        refuse_if(!price_fits(has_price, c.price), Reason::BadPrice)?;
        refuse_if(!price_fits(has_stop, c.stop_px), Reason::BadStopPx)?;
        refuse_if(!expiry_fits, Reason::BadExpireAt)?;
        let fits = part(c.display_qty) && !too_many_slices(c.qty, c.display_qty);
        refuse_if(!fits, Reason::BadDisplayQty)?;
        refuse_if(!part(c.min_qty), Reason::BadMinQty)
    }

    /// Whether another open order of the account has this name.
    fn uses_cl_ord_id(&self, account: AccountId, id: ClOrdId, but: Option<OrderId>) -> bool {
        let mut own = self.orders.iter().filter(|order| order.account == account);
        own.any(|order| order.cl_ord_id == id && Some(order.id) != but)
    }

    /// From max_order_qty to would_cross.
    fn check_limits(&self, instrument: &Instrument, wanted: &Wanted) -> Result<(), Reason> {
        let too_many = instrument.max_order_qty.is_some_and(|max| wanted.qty > max);
        refuse_if(too_many, Reason::MaxOrderQty)?;
        let price = wanted.price.or(wanted.stop_px).or(instrument.reference());
        let too_much = match (instrument.max_notional, price) {
            (Some(max), Some(price)) => {
                let notional = instrument.notional(price, wanted.qty);
                notional.is_none_or(|notional| notional > i128::from(max))
            }
            _ => false,
        };
        refuse_if(too_much, Reason::MaxNotional)?;
        let others: Vec<&Order> = self
            .orders
            .iter()
            .filter(|o| o.account == wanted.account && o.instrument == instrument.id)
            .filter(|o| Some(o.id) != wanted.instead_of)
            .collect();
        let count = others.len() as u64;
        let crowded = instrument.max_open_orders.is_some_and(|max| count >= max);
        refuse_if(crowded && wanted.instead_of.is_none(), Reason::MaxOpenOrders)?;
        if let (true, Some(price), Some(reference), Some(band)) =
            (wanted.banded, wanted.price, instrument.reference(), instrument.band_ticks)
        {
            refuse_if(price.abs_diff(reference) > band, Reason::PriceBand)?;
        }
        let hold = instrument.hold(wanted.side, wanted.price, wanted.leaves);
        let (asset, needed) = hold.ok_or(Reason::Overflow)?;
        refuse_if(!self.is_countable(instrument, wanted), Reason::Overflow)?;
        if let Some(max) = instrument.max_position {
            let position = instrument.position(wanted.account);
            let signed = if wanted.side == Side::Buy { position } else { -position };
            let same_side = others.iter().filter(|order| order.side == wanted.side);
            let open: i128 = same_side.map(|order| i128::from(order.leaves())).sum();
            let would_be = signed + open + i128::from(wanted.leaves);
            refuse_if(would_be > i128::from(max), Reason::MaxPosition)?;
        }
        let own_hold = match wanted.instead_of {
            Some(id) => self.order_hold(self.order(id)).1,
            None => 0,
        };
        let available = self.available(wanted.account, asset) + own_hold;
        refuse_if(needed > available, Reason::InsufficientFunds)?;
        refuse_if(too_many_slices(wanted.qty, wanted.sliced), Reason::Unsupported)?;
        let crosses = wanted.post_only
            && instrument.phase == Phase::Continuous
            && self.would_cross(instrument.id, wanted.side, wanted.price);
        refuse_if(crosses, Reason::WouldCross)
    }

    /// Whether an order's worth, and the lots of its side of the book with it, fit the numbers
    /// that reports have for them.
    fn is_countable(&self, instrument: &Instrument, wanted: &Wanted) -> bool {
        let most = i128::from(i64::MAX);
        let priced = wanted.price.or(wanted.stop_px);
        let worth = priced.map_or(Some(0), |price| instrument.notional(price, wanted.qty));
        let same_side = self
            .orders
            .iter()
            .filter(|o| o.instrument == instrument.id && o.side == wanted.side)
            .filter(|o| Some(o.id) != wanted.instead_of);
        let open: i128 = same_side.map(|order| i128::from(order.leaves())).sum();
        worth.is_some_and(|worth| worth <= most) && open + i128::from(wanted.leaves) <= most
    }

    fn would_cross(&self, instrument: InstrumentId, side: Side, limit: Option<i64>) -> bool {
        let book = self.side(instrument, side.opposite());
        match (book.first().and_then(|order| order.price), limit) {
            (Some(best), Some(limit)) => !better(side, best, limit),
            _ => false,
        }
    }

    /// Gives the order as it stands when it may be replaced.
    pub(crate) fn check_replace(&self, c: &ReplaceOrder) -> Result<Order, Reason> {
        let order = self.find_order(c.account, c.instrument, c.order_id, c.orig_cl_ord_id)?;
        let bad = c.price.is_some_and(|price| price < 1 || order.price.is_none());
        refuse_if(bad && c.qty > order.cum, Reason::BadPrice)?;
        let taken = self.uses_cl_ord_id(c.account, c.cl_ord_id, Some(order.id));
        refuse_if(taken, Reason::DuplicateClOrdId)?;
        let instrument = self.instrument(c.instrument);
        let closed = matches!(instrument.phase, Phase::Halted | Phase::Closed);
        refuse_if(closed, Reason::NotOpen)?;
        let price = c.price.or(order.price);
        let price_changes = price != order.price;
        if c.qty <= order.cum || (!price_changes && c.qty <= order.qty) {
            return Ok(order);
        }
        let wanted = Wanted {
            account: c.account,
            side: order.side,
            price,
            stop_px: order.stop_px,
            qty: c.qty,
            leaves: c.qty - order.cum,
            post_only: order.post_only && order.place == Place::Book,
            banded: price_changes,
            sliced: order.display_qty,
            instead_of: Some(order.id),
        };
        self.check_limits(instrument, &wanted)?;
        Ok(order)
    }

    /// What must hold after every step, counted anew.
    pub(crate) fn check_invariants(&self) {
        for asset in &self.assets {
            let totals = self.totals.iter().filter(|((_, id), _)| *id == asset.id);
            let sum: i128 = totals.map(|(_, total)| i128::from(*total)).sum();
            assert_eq!(sum, i128::from(asset.brought_in), "asset {} was made or lost", asset.id);
        }
        for ((account, asset), total) in &self.totals {
            let held = self.held(*account, *asset);
            assert!(0 <= held && held <= *total, "account {account} holds more than it has");
        }
        for instrument in self.instruments.iter().filter(|i| i.phase == Phase::Continuous) {
            if let (Some(bid), Some(ask)) = self.top(instrument.id) {
                assert!(bid.0 < ask.0, "book {} is crossed", instrument.id);
            }
        }
        self.sales.iter().for_each(check_sale);
    }
}

/// Nobody waits for what is free, and nobody has more than the limit.
fn check_sale(sale: &Sale) {
    for product in &sale.products {
        let free = sale.free(product.id);
        let mut units: BTreeMap<AccountId, u64> = BTreeMap::new();
        for reservation in sale.reservations.iter().filter(|r| r.counts()) {
            for (id, qty) in reservation.lines.iter().filter(|line| line.0 == product.id) {
                *units.entry(reservation.account).or_default() += qty;
                let waits = reservation.state == ReservationState::Queued;
                assert!(!waits || *qty > free, "somebody waits for free units of {id}");
            }
        }
        assert!(units.values().all(|units| *units <= product.limit), "more than the limit");
    }
}

/// An iceberg that shows more slices than the limit of the engine.
fn too_many_slices(qty: u64, display: Option<u64>) -> bool {
    display.is_some_and(|display| qty / display > ICEBERG_SLICES_MAX)
}

/// Whether a phase takes this order at all.
fn takes(phase: Phase, c: &NewOrder) -> bool {
    match phase {
        Phase::Halted | Phase::Closed => false,
        Phase::Continuous => c.tif != TimeInForce::AtOpen,
        Phase::PreOpen | Phase::OpeningCall | Phase::ClosingCall => {
            let at_once = matches!(c.tif, TimeInForce::Ioc | TimeInForce::Fok);
            let too_late = c.tif == TimeInForce::AtOpen && phase == Phase::ClosingCall;
            !at_once && c.min_qty.is_none() && !too_late
        }
    }
}

/// The combinations nobody offers.
fn is_unsupported(c: &NewOrder) -> bool {
    use TimeInForce::{AtClose, AtOpen, Day, Fok, Gtc, Gtd, Ioc};
    let stays = matches!(c.tif, Day | Gtc | Gtd);
    let is_stop = matches!(c.ord_type, OrdType::Stop | OrdType::StopLimit);
    let limited = matches!(c.ord_type, OrdType::Limit | OrdType::StopLimit);
    let bad_stop = is_stop
        && (matches!(c.tif, Ioc | Fok | AtOpen | AtClose) || c.post_only || c.min_qty.is_some());
    let bad_post_only =
        c.post_only && !(c.ord_type == OrdType::Limit && stays && c.min_qty.is_none());
    let bad_display = c.display_qty.is_some() && !(limited && stays);
    let bad_min = c.min_qty.is_some() && matches!(c.tif, AtOpen | AtClose);
    bad_stop || bad_post_only || bad_display || bad_min
}
