//! Continuous matching: one incoming order against the book, and the stops its trades trigger.

use crate::Model;
use crate::book::{better, plain_report};
use crate::ledger::fee;
use crate::state::{Due, Order, Place, Planned};
use ringpit_core::event::{ExecutionReport, PhaseChange, Trade};
use ringpit_core::*;

/// A fill to be settled: who, what, and each side's fee rate.
pub(crate) struct Fill {
    pub instrument: InstrumentId,
    pub price: i64,
    pub qty: u64,
    pub buyer: AccountId,
    pub seller: AccountId,
    pub buyer_ppm: i64,
    pub seller_ppm: i64,
}

/// Why an incoming order stopped matching with some of it left.
enum Ended {
    /// Nothing more to trade with.
    NoneLeft,
    /// The next price is beyond the halt band.
    Interrupted,
    /// It was cancelled (already reported).
    Gone,
}

impl Model {
    /// Matches an incoming order to its end: it trades, rests, or what is left is cancelled.
    pub(crate) fn run(&mut self, id: OrderId) {
        let instrument = self.order(id).instrument;
        match self.match_incoming(id) {
            Ended::Gone => {}
            Ended::NoneLeft => {
                if can_rest(self.order(id)) {
                    self.join_queue(id);
                } else {
                    self.cancel(id, Reason::Unfilled);
                }
            }
            Ended::Interrupted => {
                if can_rest(self.order(id)) {
                    self.join_queue(id);
                } else {
                    self.cancel(id, Reason::HaltBand);
                }
                self.interrupt(instrument);
            }
        }
    }

    fn match_incoming(&mut self, id: OrderId) -> Ended {
        let instrument = self.order(id).instrument;
        let reference = self.instrument(instrument).reference();
        let within = |price: i64, ticks: Option<u64>| match (reference, ticks) {
            (Some(reference), Some(ticks)) => price.abs_diff(reference) <= ticks,
            _ => true,
        };
        let (band, halt_band) =
            (self.instrument(instrument).band_ticks, self.instrument(instrument).halt_band_ticks);
        loop {
            let me = *self.order(id);
            let book = self.side(instrument, me.side.opposite());
            let Some(resting) = book.first().copied() else { return Ended::NoneLeft };
            let price = resting.price.expect("in continuous only limit orders rest");
            if me.price.is_some_and(|limit| better(me.side, price, limit)) {
                return Ended::NoneLeft;
            }
            if me.price.is_none() && !within(price, band) {
                self.cancel(id, Reason::PriceBand);
                return Ended::Gone;
            }
            if !within(price, halt_band) {
                return Ended::Interrupted;
            }
            if me.stp != Stp::NoPrevention && self.is_own(&me, &resting) {
                if self.prevent_self_trade(&me, &resting) {
                    return Ended::Gone;
                }
                continue;
            }
            let qty = self.payable(&me, price, me.leaves().min(resting.shown));
            if qty > 0 {
                self.fill(id, resting.id, price, qty);
            }
            if qty == me.leaves() {
                self.orders.retain(|order| order.id != id);
                return Ended::Gone;
            }
            if qty < me.leaves().min(resting.shown) {
                self.cancel(id, Reason::InsufficientFunds);
                return Ended::Gone;
            }
        }
    }

    fn is_own(&self, a: &Order, b: &Order) -> bool {
        let group = |id| self.accounts.iter().find(|x| x.id == id).and_then(|x| x.group);
        a.account == b.account
            || (group(a.account).is_some() && group(a.account) == group(b.account))
    }

    /// Keeps two orders of one owner from trading; gives whether the incoming one is gone.
    fn prevent_self_trade(&mut self, me: &Order, resting: &Order) -> bool {
        let why = Reason::SelfTrade;
        match me.stp {
            Stp::NoPrevention => unreachable!("asked for none"),
            Stp::CancelNew => self.cancel(me.id, why),
            Stp::CancelResting => self.cancel(resting.id, why),
            Stp::CancelBoth => {
                self.cancel(resting.id, why);
                self.cancel(me.id, why);
            }
            Stp::Decrement => {
                let by = me.leaves().min(resting.shown);
                self.decrement(resting.id, by);
                self.decrement(me.id, by);
            }
        }
        self.open_order(me.id).is_none()
    }

    fn decrement(&mut self, id: OrderId, by: u64) {
        let order = self.order_mut(id);
        order.qty -= by;
        if order.leaves() == 0 {
            return self.cancel(id, Reason::SelfTrade);
        }
        if order.place == Place::Book {
            self.take_from_slice(id, by);
        }
        let order = *self.order(id);
        self.report(&order, ExecType::Restated, Some(Reason::SelfTrade));
    }

    /// A resting order's slice shrinks; used up, the next one shows at the back of the queue.
    fn take_from_slice(&mut self, id: OrderId, by: u64) {
        let order = self.order_mut(id);
        order.shown -= by;
        if order.shown == 0 && order.leaves() > 0 {
            self.join_queue(id);
        }
    }

    /// The most of `wanted` lots that a buyer without a hold can pay for.
    fn payable(&self, me: &Order, price: i64, wanted: u64) -> u64 {
        let instrument = self.instrument(me.instrument);
        if instrument.risk == Risk::Off || me.side == Side::Sell || me.price.is_some() {
            return wanted;
        }
        let available = i128::from(self.available(me.account, instrument.quote));
        let costs = |qty: u64| {
            let notional = instrument.notional(price, qty)?;
            let notional = Some(notional).filter(|n| *n <= i128::from(i64::MAX))?;
            Some(notional + fee(notional, instrument.taker_fee_ppm).max(0))
        };
        let can_pay = |qty: u64| costs(qty).is_some_and(|cost| cost <= available);
        // The largest quantity that can be paid for, found by halving: cost grows with quantity.
        let (mut low, mut high) = (0, wanted);
        while low < high {
            let middle = high - (high - low) / 2;
            if can_pay(middle) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        low
    }

    /// An incoming order trades with a resting one.
    fn fill(&mut self, incoming: OrderId, resting: OrderId, price: i64, qty: u64) {
        let buys = self.order(incoming).side == Side::Buy;
        let (buy, sell) = if buys { (incoming, resting) } else { (resting, incoming) };
        let id = self.order(incoming).instrument;
        let (maker, taker) = (self.instrument(id).maker_fee_ppm, self.instrument(id).taker_fee_ppm);
        let (buyer_ppm, seller_ppm) = if buys { (taker, maker) } else { (maker, taker) };
        let fees = self.exchange(buy, sell, (price, qty), (buyer_ppm, seller_ppm), !buys);
        self.take_from_slice(resting, qty);
        let (trade_id, (buy_fee, sell_fee)) = fees;
        let (resting_fee, incoming_fee) =
            if buys { (sell_fee, buy_fee) } else { (buy_fee, sell_fee) };
        let aggressor = if buys { Aggressor::Buy } else { Aggressor::Sell };
        self.emit(Trade {
            instrument: id,
            trade_id,
            price,
            qty,
            aggressor,
            buy_order: buy,
            sell_order: sell,
        });
        self.say_fill(resting, (price, qty, trade_id), Liquidity::Added, resting_fee);
        self.say_fill(incoming, (price, qty, trade_id), Liquidity::Removed, incoming_fee);
        if self.order(resting).leaves() == 0 {
            self.orders.retain(|order| order.id != resting);
        }
        self.fresh_trades.push((id, price));
    }

    /// Both orders count the fill, the ledger moves, the trade gets its number.
    pub(crate) fn exchange(
        &mut self,
        buy: OrderId,
        sell: OrderId,
        (price, qty): (i64, u64),
        (buyer_ppm, seller_ppm): (i64, i64),
        buyer_first: bool,
    ) -> (TradeId, (Option<i64>, Option<i64>)) {
        let held_before = self.order_hold(self.order(buy)).1;
        self.order_mut(buy).cum += qty;
        self.order_mut(sell).cum += qty;
        let held_after = self.order_hold(self.order(buy)).1;
        let (buy, sell) = (*self.order(buy), *self.order(sell));
        let fill = Fill {
            instrument: buy.instrument,
            price,
            qty,
            buyer: buy.account,
            seller: sell.account,
            buyer_ppm,
            seller_ppm,
        };
        self.last_trade += 1;
        let instrument = self.instrument_mut(fill.instrument);
        instrument.trades.push((fill.buyer, fill.seller, price, qty));
        let mut fees = (None, None);
        if instrument.risk == Risk::Cash {
            let notional = instrument.notional(price, qty).expect("paid money fits");
            let given_back = i128::from(held_before) - i128::from(held_after);
            let spare = buy.price.map(|_| given_back - notional);
            let (buyer, seller) = self.settle(&fill, spare, buyer_first);
            fees = (Some(buyer), Some(seller));
        }
        (TradeId(self.last_trade), fees)
    }

    pub(crate) fn say_fill(
        &mut self,
        id: OrderId,
        (price, qty, trade_id): (i64, u64, TradeId),
        liquidity: Liquidity,
        fee: Option<i64>,
    ) {
        let order = *self.order(id);
        self.emit(ExecutionReport {
            last_px: Some(price),
            last_qty: Some(qty),
            trade_id: Some(trade_id),
            liquidity: Some(liquidity),
            fee,
            ..plain_report(&order, ExecType::Trade)
        });
    }

    /// Trading is interrupted: a call until the clock runs out. While an atomic interaction runs
    /// it is only noted; it begins after the last leg.
    pub(crate) fn interrupt(&mut self, id: InstrumentId) {
        if self.in_atomic {
            return self.interrupted.push(id);
        }
        self.last_deadline += 1;
        let set = self.last_deadline;
        let instrument = self.instrument(id);
        let length = instrument.halt_for.expect("a halt band has its time");
        let end = self.time.saturating_add(length);
        let instrument = self.instrument_mut(id);
        instrument.halt_end = Some((end, set));
        instrument.phase = Phase::OpeningCall;
        instrument.told_indicative = None;
        self.emit(PhaseChange { instrument: id, phase: Phase::OpeningCall });
    }

    /// Runs the stops that the command's trades triggered, and those that these trigger. Where
    /// continuous trading has ended they stay.
    pub(crate) fn run_stops(&mut self, mut queue: Vec<OrderId>) {
        loop {
            for (instrument, price) in std::mem::take(&mut self.fresh_trades) {
                for id in self.due_stops(instrument, price) {
                    if !queue.contains(&id) {
                        queue.push(id);
                    }
                }
            }
            if queue.is_empty() {
                return;
            }
            let id = queue.remove(0);
            if self.instrument(self.order(id).instrument).phase == Phase::Continuous {
                self.order_mut(id).place = Place::Incoming;
                let order = *self.order(id);
                self.report(&order, ExecType::Triggered, None);
                self.run(id);
            }
        }
    }

    /// The waiting stops that a last price triggers, by order_id.
    pub(crate) fn due_stops(&self, instrument: InstrumentId, last: i64) -> Vec<OrderId> {
        let waiting = self
            .orders
            .iter()
            .filter(|order| order.instrument == instrument && order.place == Place::Stop);
        let due = waiting.filter(|order| {
            let stop_px = order.stop_px.expect("a stop has its price");
            if order.side == Side::Buy { last >= stop_px } else { last <= stop_px }
        });
        due.map(|order| order.id).collect()
    }

    /// Every armed deadline, the next one first.
    pub(crate) fn deadlines(&self) -> Vec<Due> {
        let mut all = Vec::new();
        for order in &self.orders {
            if let Some((time, set)) = order.expires {
                all.push(Due { time, set, kind: DeadlineKind::OrderExpiry, id: order.id.0 });
            }
        }
        for instrument in &self.instruments {
            if let Some((time, set)) = instrument.halt_end {
                let id = u64::from(instrument.id.0);
                all.push(Due { time, set, kind: DeadlineKind::HaltEnd, id });
            }
        }
        for planned in &self.schedule {
            let Planned { instrument, time, set, .. } = *planned;
            all.push(Due { time, set, kind: DeadlineKind::Phase, id: u64::from(instrument.0) });
        }
        all.extend(self.auction_deadlines());
        all.extend(self.sale_deadlines());
        all.extend(self.session_deadlines());
        all.sort_by_key(|due| (due.time, due.set));
        all
    }
}

/// Whether what is left of an order after matching stays in the book.
fn can_rest(order: &Order) -> bool {
    order.price.is_some() && !matches!(order.tif, TimeInForce::Ioc | TimeInForce::Fok)
}
