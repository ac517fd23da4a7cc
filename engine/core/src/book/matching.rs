//! Continuous matching: an incoming order against the other side, price then time, and what each
//! fill does to queues, ledger, positions and computed values.

use super::Books;
use super::host::{Fill, Host};
use super::instrument::{Book, charge, rebate};
use super::order::Order;
use super::undo::BookUndo;
use crate::event::Trade;
use crate::ids::TradeId;
use crate::ledger::VENUE;
use crate::reason::Reason;
use crate::words::{Aggressor, ExecType, Liquidity, Side, Stp};

/// Why an incoming order stopped trading.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
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
pub(super) struct Bounds {
    band: (i64, i64),
    halt: (i64, i64),
}

impl Bounds {
    const NONE: Self = Self { band: (i64::MIN, i64::MAX), halt: (i64::MIN, i64::MAX) };

    #[inline]
    pub(super) fn of(book: &Book, order: &Order) -> Self {
        if !book.terms.is_banded {
            return Self::NONE;
        }
        // A limit was held against the band at entry; only what has no limit meets it here.
        let band_ticks = if order.price == 0 { book.rules.band_ticks } else { None };
        Self { band: book.band(band_ticks), halt: book.band(book.rules.halt_band_ticks) }
    }

    /// Why an order can't trade at the best price of the other side.
    #[inline]
    pub(super) fn stops(&self, order: &Order, price: i64) -> Option<End> {
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

impl Books {
    /// Trades as far as the order can. The order is not in the book meanwhile.
    #[inline(always)]
    pub(super) fn execute<H: Host>(&mut self, host: &mut H, order: &mut Order) -> End {
        let book = self.book(order.book);
        match book.sides.get(order.side.opposite()).best() {
            Some(best) if order.reaches(best) => self.trade(host, order),
            _ => End::Unmatched,
        }
    }

    /// The same for an order that reaches the best price.
    fn trade<H: Host>(&mut self, host: &mut H, order: &mut Order) -> End {
        let bounds = Bounds::of(self.book(order.book), order);
        loop {
            if order.leaves == 0 {
                return End::Filled;
            }
            let ladder = self.list[order.book as usize].sides.get(order.side.opposite());
            let Some((price, at)) = ladder.top() else { return End::Unmatched };
            if let Some(end) = bounds.stops(order, price) {
                return end;
            }
            let maker = self.levels[at].queue.head;
            if order.stp != Stp::NoPrevention
                && host.same_owner(order.account, self.orders.account(maker))
            {
                match self.prevent_self_trade(host, order, maker) {
                    Some(end) => return end,
                    None => continue,
                }
            }
            let wanted = order.leaves.min(self.orders.shown(maker));
            let qty = self.affordable(host, order, price, wanted);
            if qty > 0 {
                self.fill_resting(host, order, maker, (price, qty));
            }
            if qty < wanted {
                return End::Funds;
            }
        }
    }

    /// An own order is met: as the incoming order asks. `None`: it goes on.
    #[cold]
    fn prevent_self_trade<H: Host>(
        &mut self,
        host: &mut H,
        order: &mut Order,
        maker: u32,
    ) -> Option<End> {
        match order.stp {
            Stp::NoPrevention => None,
            Stp::CancelNew => Some(End::SelfTrade),
            Stp::CancelResting | Stp::CancelBoth => {
                let resting = self.take_out::<H>(maker);
                self.end_order(host, &resting, ExecType::Canceled, Some(Reason::SelfTrade));
                (order.stp == Stp::CancelBoth).then_some(End::SelfTrade)
            }
            Stp::Decrement => {
                self.decrement(host, order, maker);
                // What came to 0 was reported canceled already and holds nothing any more.
                (order.leaves == 0).then_some(End::Filled)
            }
        }
    }

    /// Lowers both by the smaller of the incoming leaves and the resting order's displayed slice.
    fn decrement<H: Host>(&mut self, host: &mut H, order: &mut Order, maker: u32) {
        let qty = order.leaves.min(self.orders.shown(maker));
        let mut resting = self.order(maker);
        self.release_lots(host, &resting, qty);
        self.shrink::<H>(maker, &resting, qty, qty);
        resting.leaves -= qty;
        resting.order_qty -= qty;
        self.orders.set_order_qty(maker, resting.order_qty);
        self.log(BookUndo::Shrunk { slot: maker, qty: 0, from_shown: 0, from_total: qty });
        self.report_decrement(host, &resting);
        self.after_shrink(host, maker, &resting);
        self.release_lots(host, order, qty);
        order.leaves -= qty;
        order.order_qty -= qty;
        self.report_decrement(host, order);
    }

    fn report_decrement<H: Host>(&mut self, host: &mut H, order: &Order) {
        let exec_type = if order.leaves == 0 { ExecType::Canceled } else { ExecType::Restated };
        host.report(self.book(order.book), order, exec_type, Some(Reason::SelfTrade));
    }

    /// A resting order whose displayed slice shrank: gone, a new slice, or nothing to do.
    #[inline]
    fn after_shrink<H: Host>(&mut self, host: &mut H, slot: u32, order: &Order) {
        if order.leaves == 0 {
            self.take_out::<H>(slot);
            Self::disarm(host, order);
        } else if self.orders.shown(slot) == 0 {
            self.show_slice(slot, true);
        }
    }

    /// Whole lots that a market buy can pay for, fee included; others hold what they need.
    #[inline]
    fn affordable<H: Host>(&self, host: &H, order: &Order, price: i64, qty: u64) -> u64 {
        let book = self.book(order.book);
        if order.side == Side::Sell || order.price != 0 || !book.is_cash() {
            return qty;
        }
        lots_for(book, host.available(order.account, book.quote), price, qty)
    }

    /// Trades with the first order of the best level, at its price.
    #[inline]
    fn fill_resting<H: Host>(
        &mut self,
        host: &mut H,
        order: &mut Order,
        maker: u32,
        (price, qty): (i64, u64),
    ) {
        let mut resting = self.order(maker);
        let terms = self.book(order.book).terms;
        let (maker_ppm, taker_ppm) = (terms.maker_ppm, terms.taker_ppm);
        let buyer_is_maker = order.side == Side::Sell;
        let (buy, sell, aggressor) = match order.side {
            Side::Buy => (&*order, &resting, Aggressor::Buy),
            Side::Sell => (&resting, &*order, Aggressor::Sell),
        };
        let (buy_ppm, sell_ppm) =
            if buyer_is_maker { (maker_ppm, taker_ppm) } else { (taker_ppm, maker_ppm) };
        let deal = Deal { price, qty, buy_ppm, sell_ppm, buyer_rebate_first: buyer_is_maker };
        let fees = terms.is_cash.then(|| self.settle(host, buy, sell, &deal));
        let trade_id = self.record_trade(host, buy, sell, &deal, aggressor);
        let used_up = self.lower::<H>(maker, &resting, qty);
        order.leaves -= qty;
        resting.leaves -= qty;
        self.count_fill(order, qty);
        self.count_fill(&resting, qty);
        let fee = |is_buyer: bool| fees.map(|f| if is_buyer { f.buyer } else { f.seller });
        let book = self.book(order.book);
        let (liquidity, maker_fee) = (Liquidity::Added, fee(buyer_is_maker));
        host.fill(book, &resting, &Fill { trade_id, price, qty, liquidity, fee: maker_fee });
        let (liquidity, taker_fee) = (Liquidity::Removed, fee(!buyer_is_maker));
        host.fill(book, order, &Fill { trade_id, price, qty, liquidity, fee: taker_fee });
        if !used_up {
            self.after_shrink(host, maker, &resting);
        }
    }

    /// Lowers the first order of the best level by a fill. Whether it is gone already, as a plain
    /// order is that traded in full; an iceberg shows its next slice after its report.
    #[inline]
    fn lower<H: Host>(&mut self, maker: u32, resting: &Order, qty: u64) -> bool {
        let used_up = qty == resting.leaves && !self.is_atomic && !self.orders.is_special(maker);
        if used_up {
            self.dequeue::<H>(maker, resting);
            self.forget::<H>(maker, resting);
        } else {
            self.shrink::<H>(maker, resting, qty, qty);
        }
        used_up
    }

    /// Adds a fill to the account's position, where positions are counted.
    #[inline]
    pub(super) fn count_fill(&mut self, order: &Order, qty: u64) {
        if self.book(order.book).terms.counts_positions {
            let Order { account, book, side, .. } = *order;
            self.log(BookUndo::Filled { account, book, side, qty });
            self.positions.get_mut(account, book).fill(side, qty);
        }
    }

    /// Gives a trade its number, counts it, and shows it to everybody.
    #[inline]
    pub(super) fn record_trade<H: Host>(
        &mut self,
        host: &mut H,
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
        let worth = book.notional(price, qty).map_or_else(
            || {
                let lots = i128::from(price).saturating_mul(i128::from(qty));
                lots.saturating_mul(i128::from(book.terms.tick_value))
            },
            i128::from,
        );
        book.stats.count(price, qty, worth);
        if book.has_stops() {
            self.trades.push((buy.book, price));
        }
        let (buy_order, sell_order) = (buy.id, sell.id);
        let instrument = self.book(buy.book).id;
        host.trade(Trade { instrument, trade_id, price, qty, aggressor, buy_order, sell_order });
        trade_id
    }

    /// Moves money and goods of a fill; both orders as they were before it. Charges are taken
    /// first; a rebate is paid only as far as the venue's own account reaches.
    pub(super) fn settle<H: Host>(
        &self,
        host: &mut H,
        buy: &Order,
        sell: &Order,
        deal: &Deal,
    ) -> Fees {
        let book = self.book(buy.book);
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
            host.change(buy.account, quote, freed - notional - buyer_charge, -freed);
        } else {
            host.change(buy.account, quote, -notional - buyer_charge, 0);
        }
        let seller_charge = charge(notional, deal.sell_ppm);
        host.change(sell.account, quote, notional - seller_charge, 0);
        if buyer_charge + seller_charge != 0 {
            host.change(VENUE, quote, buyer_charge + seller_charge, 0);
        }
        host.change(sell.account, base, 0, -units);
        host.change(buy.account, base, units, 0);
        let mut fees = Fees { buyer: buyer_charge, seller: seller_charge };
        let buyer_rebate = rebate(notional, deal.buy_ppm);
        let seller_rebate = rebate(notional, deal.sell_ppm);
        if deal.buyer_rebate_first {
            fees.buyer -= pay_rebate(host, buy.account, quote, buyer_rebate);
        }
        fees.seller -= pay_rebate(host, sell.account, quote, seller_rebate);
        if !deal.buyer_rebate_first {
            fees.buyer -= pay_rebate(host, buy.account, quote, buyer_rebate);
        }
        host.assert_conserved(base);
        host.assert_conserved(quote);
        fees
    }

    /// Ends an order that is not in the book: frees its rest and reports it.
    #[inline(always)]
    pub(super) fn end_order<H: Host>(
        &mut self,
        host: &mut H,
        order: &Order,
        exec_type: ExecType,
        reason: Option<Reason>,
    ) {
        if let Some((asset, amount)) = self.hold_of(order) {
            host.change(order.account, asset, amount, -amount);
        }
        Self::disarm(host, order);
        host.report(self.book(order.book), order, exec_type, reason);
    }
}

fn pay_rebate<H: Host>(host: &mut H, account: u32, quote: u32, rebate: i64) -> i64 {
    if rebate == 0 {
        return 0;
    }
    let paid = rebate.min(host.available(VENUE, quote));
    host.change(VENUE, quote, -paid, 0);
    host.change(account, quote, paid, 0);
    paid
}

/// One fill's terms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deal {
    pub price: i64,
    pub qty: u64,
    pub buy_ppm: i64,
    pub sell_ppm: i64,
    /// The maker's rebate is paid first; in a call the buyer's.
    pub buyer_rebate_first: bool,
}

/// What both sides paid; negative is a rebate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Fees {
    pub buyer: i64,
    pub seller: i64,
}

/// Whole lots at a price that money pays for with the taker's fee, at most `qty`.
pub(super) fn lots_for(book: &Book, money: i64, price: i64, qty: u64) -> u64 {
    let cost = |lots: u64| {
        book.notional(price, lots)
            .and_then(|notional| notional.checked_add(charge(notional, book.terms.taker_ppm)))
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
