//! Continuous matching: an incoming order against the other side, price then time, and what each
//! fill does to queues, ledger, positions and computed values.

use crate::book::instrument::{Book, charge, rebate};
use crate::book::orders::Order;
use crate::book::undo::BookUndo;
use crate::engine::Engine;
use crate::event::{Event, ExecutionReport, Sink, Trade};
use crate::ids::TradeId;
use crate::ledger::VENUE;
use crate::reason::Reason;
use crate::step::Step;
use crate::words::{Aggressor, ExecType, Liquidity, Side, Stp};

/// Why an incoming order stopped trading.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// Nothing is left of it.
    Filled,
    /// Nothing is left that it could trade with.
    Unmatched,
    /// A market order met a price outside the band.
    PriceBand,
    /// It met a price beyond the volatility band.
    HaltBand,
    /// It met an own order.
    SelfTrade,
    /// Its account can't pay more.
    Funds,
}

/// The prices an incoming order may trade at, fixed when its matching begins.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    band: (i64, i64),
    halt: (i64, i64),
}

impl Bounds {
    pub(crate) fn of(book: &Book, order: &Order) -> Self {
        // A limit was held against the band at entry; only what has no limit meets it here.
        let band_ticks = if order.price == 0 { book.rules.band_ticks } else { None };
        Self { band: book.band(band_ticks), halt: book.band(book.rules.halt_band_ticks) }
    }

    /// Why an order can't trade at the best price of the other side.
    #[inline]
    pub(crate) fn stops(&self, order: &Order, price: i64) -> Option<End> {
        if !order.reaches(price) {
            Some(End::Unmatched)
        } else if price < self.band.0 || price > self.band.1 {
            Some(End::PriceBand)
        } else if price < self.halt.0 || price > self.halt.1 {
            Some(End::HaltBand)
        } else {
            None
        }
    }
}

impl Engine {
    /// Trades as far as the order can. The order is not in the book meanwhile.
    pub(crate) fn execute<S: Sink>(&mut self, cx: &mut Step<'_, S>, order: &mut Order) -> End {
        let bounds = Bounds::of(self.book(order.book), order);
        loop {
            if order.leaves == 0 {
                return End::Filled;
            }
            let book = &self.books[order.book as usize];
            let ladder = book.sides.get(order.side.opposite());
            let Some(price) = ladder.best() else { return End::Unmatched };
            if let Some(end) = bounds.stops(order, price) {
                return end;
            }
            let Some(at) = ladder.find(&self.pages, price) else { return End::Unmatched };
            let maker = self.pages[at].queue.head;
            if order.stp != Stp::NoPrevention
                && self.ledger.same_owner(order.account, self.orders[maker].account)
            {
                match self.prevent_self_trade(cx, order, maker) {
                    Some(end) => return end,
                    None => continue,
                }
            }
            let wanted = order.leaves.min(self.orders.hot(maker).shown);
            let qty = self.affordable(order, price, wanted);
            if qty > 0 {
                self.fill_resting(cx, order, maker, price, qty);
            }
            if qty < wanted {
                return End::Funds;
            }
        }
    }

    /// An own order is met: as the incoming order asks. `None`: it goes on.
    fn prevent_self_trade<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        order: &mut Order,
        maker: u32,
    ) -> Option<End> {
        match order.stp {
            Stp::NoPrevention => None,
            Stp::CancelNew => Some(End::SelfTrade),
            Stp::CancelResting | Stp::CancelBoth => {
                let resting = self.take_out(maker);
                self.end_order(cx, &resting, ExecType::Canceled, Some(Reason::SelfTrade));
                (order.stp == Stp::CancelBoth).then_some(End::SelfTrade)
            }
            Stp::Decrement => {
                self.decrement(cx, order, maker);
                // What came to 0 was reported canceled already and holds nothing any more.
                (order.leaves == 0).then_some(End::Filled)
            }
        }
    }

    /// Lowers both by the smaller of the incoming leaves and the resting order's displayed slice.
    fn decrement<S: Sink>(&mut self, cx: &mut Step<'_, S>, order: &mut Order, maker: u32) {
        let qty = order.leaves.min(self.orders.hot(maker).shown);
        let resting = self.orders[maker];
        self.release_lots(&resting, qty);
        self.shrink(maker, qty, qty);
        self.orders[maker].order_qty -= qty;
        self.log_book(BookUndo::Shrunk { slot: maker, qty: 0, from_shown: 0, from_total: qty });
        self.report_decrement(cx, self.orders[maker]);
        self.after_shrink(maker);
        self.release_lots(order, qty);
        order.leaves -= qty;
        order.order_qty -= qty;
        self.report_decrement(cx, *order);
    }

    fn report_decrement<S: Sink>(&mut self, cx: &mut Step<'_, S>, order: Order) {
        let exec_type = if order.leaves == 0 { ExecType::Canceled } else { ExecType::Restated };
        self.report(cx, &order, exec_type, Some(Reason::SelfTrade));
    }

    /// A resting order whose displayed slice shrank: gone, a new slice, or nothing to do.
    fn after_shrink(&mut self, slot: u32) {
        if self.orders[slot].leaves == 0 {
            let order = self.take_out(slot);
            self.disarm(&order);
        } else if self.orders.hot(slot).shown == 0 {
            self.show_slice(slot, true);
        }
    }

    /// Whole lots that a market buy can pay for, fee included; others hold what they need.
    fn affordable(&self, order: &Order, price: i64, qty: u64) -> u64 {
        let book = self.book(order.book);
        if order.side == Side::Sell || order.price != 0 || !book.is_cash() {
            return qty;
        }
        lots_for(book, self.ledger.available(order.account, book.quote), price, qty)
    }

    /// Trades with the first order of the best level, at its price.
    fn fill_resting<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        order: &mut Order,
        maker: u32,
        price: i64,
        qty: u64,
    ) {
        let resting = self.orders[maker];
        let (buy, sell) = match order.side {
            Side::Buy => (&*order, &resting),
            Side::Sell => (&resting, &*order),
        };
        let book = self.book(order.book);
        let (maker_ppm, taker_ppm) = (book.maker_ppm(), book.taker_ppm());
        let buyer_is_maker = order.side == Side::Sell;
        let (buy_ppm, sell_ppm) =
            if buyer_is_maker { (maker_ppm, taker_ppm) } else { (taker_ppm, maker_ppm) };
        let deal = Deal { price, qty, buy_ppm, sell_ppm, buyer_rebate_first: buyer_is_maker };
        let fees = self.settle(buy, sell, &deal);
        let aggressor = if order.side == Side::Buy { Aggressor::Buy } else { Aggressor::Sell };
        let trade_id = self.record_trade(cx, buy, sell, &deal, aggressor);
        self.shrink(maker, qty, qty);
        order.leaves -= qty;
        self.count_fill(order, qty);
        self.count_fill(&resting, qty);
        let (maker_fee, taker_fee) =
            if buyer_is_maker { (fees.buyer, fees.seller) } else { (fees.seller, fees.buyer) };
        let fill = Fill { trade_id, price, qty };
        let resting = self.orders[maker];
        self.report_fill(cx, &resting, &fill, Liquidity::Added, maker_fee);
        self.report_fill(cx, order, &fill, Liquidity::Removed, taker_fee);
        self.after_shrink(maker);
    }

    /// Adds a fill to the account's position, where positions are counted.
    pub(crate) fn count_fill(&mut self, order: &Order, qty: u64) {
        if self.book(order.book).counts_positions() {
            let Order { account, book, side, .. } = *order;
            self.log_book(BookUndo::Filled { account, book, side, qty });
            self.positions.get_mut(account, book).fill(side, qty);
        }
    }

    /// Gives a trade its number, counts it, and shows it to everybody.
    pub(crate) fn record_trade<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        buy: &Order,
        sell: &Order,
        deal: &Deal,
        aggressor: Aggressor,
    ) -> TradeId {
        self.last_trade += 1;
        let trade_id = TradeId(self.last_trade);
        let Deal { price, qty, .. } = *deal;
        let book = self.book_mut(buy.book);
        book.last = price;
        let tick_value = i128::from(book.rules.tick_value);
        let stats = &mut book.stats;
        if stats.trades == 0 {
            (stats.open, stats.high, stats.low) = (price, price, price);
        }
        stats.high = stats.high.max(price);
        stats.low = stats.low.min(price);
        stats.volume = stats.volume.saturating_add(i128::from(qty));
        let lots = i128::from(price).saturating_mul(i128::from(qty));
        stats.turnover = stats.turnover.saturating_add(lots.saturating_mul(tick_value));
        stats.trades += 1;
        let instrument = book.id;
        self.trades.push((buy.book, price));
        let (buy_order, sell_order) = (buy.id, sell.id);
        let trade = Trade { instrument, trade_id, price, qty, aggressor, buy_order, sell_order };
        self.emit(cx, 0, trade);
        trade_id
    }

    /// Reports a fill to the session that sent the order.
    pub(crate) fn report_fill<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        order: &Order,
        fill: &Fill,
        liquidity: Liquidity,
        fee: i64,
    ) {
        let report = ExecutionReport {
            last_px: Some(fill.price),
            last_qty: Some(fill.qty),
            trade_id: Some(fill.trade_id),
            liquidity: Some(liquidity),
            fee: self.book(order.book).is_cash().then_some(fee),
            ..self.report_of(order, ExecType::Trade)
        };
        self.emit_event(cx, order.owner, &Event::ExecutionReport(report));
    }

    /// Moves money and goods of a fill; both orders as they were before it. Charges are taken
    /// first; a rebate is paid only as far as the venue's own account reaches.
    pub(crate) fn settle(&mut self, buy: &Order, sell: &Order, deal: &Deal) -> Fees {
        let book = self.book(buy.book);
        if !book.is_cash() {
            return Fees { buyer: 0, seller: 0 };
        }
        let (base, quote) = (book.base, book.quote);
        let amounts = (book.notional(deal.price, deal.qty), book.base_units(deal.qty));
        let (Some(notional), Some(units)) = amounts else {
            panic!("a fill beyond the ledger's range: {deal:?} of {buy:?} and {sell:?}");
        };
        let mut buyer_charge = charge(notional, deal.buy_ppm);
        let before = self.hold_of(buy).map(|hold| hold.1);
        if let Some(before) = before {
            let after = self.hold_for(buy, buy.price, buy.leaves - deal.qty).map_or(0, |h| h.1);
            let freed = before - after;
            buyer_charge = buyer_charge.min(freed - notional);
            self.ledger.change(buy.account, quote, freed - notional - buyer_charge, -freed);
        } else {
            self.ledger.change(buy.account, quote, -notional - buyer_charge, 0);
        }
        let seller_charge = charge(notional, deal.sell_ppm);
        self.ledger.change(sell.account, quote, notional - seller_charge, 0);
        if buyer_charge + seller_charge != 0 {
            self.ledger.change(VENUE, quote, buyer_charge + seller_charge, 0);
        }
        self.ledger.change(sell.account, base, 0, -units);
        self.ledger.change(buy.account, base, units, 0);
        let mut fees = Fees { buyer: buyer_charge, seller: seller_charge };
        let buyer_rebate = rebate(notional, deal.buy_ppm);
        let seller_rebate = rebate(notional, deal.sell_ppm);
        if deal.buyer_rebate_first {
            fees.buyer -= self.pay_rebate(buy.account, quote, buyer_rebate);
        }
        fees.seller -= self.pay_rebate(sell.account, quote, seller_rebate);
        if !deal.buyer_rebate_first {
            fees.buyer -= self.pay_rebate(buy.account, quote, buyer_rebate);
        }
        self.ledger.assert_conserved(base);
        self.ledger.assert_conserved(quote);
        fees
    }

    fn pay_rebate(&mut self, account: u32, quote: u32, rebate: i64) -> i64 {
        if rebate == 0 {
            return 0;
        }
        let paid = rebate.min(self.ledger.available(VENUE, quote));
        self.ledger.pay(VENUE, account, quote, paid);
        paid
    }

    /// Ends an order that is not in the book: frees its rest and reports it.
    pub(crate) fn end_order<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        order: &Order,
        exec_type: ExecType,
        reason: Option<Reason>,
    ) {
        if let Some((asset, amount)) = self.hold_of(order) {
            self.ledger.release(order.account, asset, amount);
        }
        self.disarm(order);
        self.report(cx, order, exec_type, reason);
    }
}

/// One fill's terms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deal {
    pub price: i64,
    pub qty: u64,
    pub buy_ppm: i64,
    pub sell_ppm: i64,
    /// The maker's rebate is paid first; in a call the buyer's.
    pub buyer_rebate_first: bool,
}

/// One fill as both reports show it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fill {
    pub trade_id: TradeId,
    pub price: i64,
    pub qty: u64,
}

/// What both sides paid; negative is a rebate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fees {
    pub buyer: i64,
    pub seller: i64,
}

/// Whole lots at a price that money pays for with the taker's fee, at most `qty`.
pub(crate) fn lots_for(book: &Book, money: i64, price: i64, qty: u64) -> u64 {
    let cost = |lots: u64| {
        book.notional(price, lots)
            .and_then(|notional| notional.checked_add(charge(notional, book.taker_ppm())))
    };
    let affordable = |lots: u64| cost(lots).is_some_and(|cost| cost <= money);
    if affordable(qty) {
        return qty;
    }
    // The cost rises with the lots, so the most that is affordable is found by halving.
    let (mut yes, mut no) = (0, qty);
    while no - yes > 1 {
        let middle = yes + (no - yes) / 2;
        if affordable(middle) {
            yes = middle;
        } else {
            no = middle;
        }
    }
    yes
}
