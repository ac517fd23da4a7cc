//! Call auctions: the one price at which most is executable, and the uncross at it.

use super::Books;
use super::host::{Fill, Host};
use super::matching::Deal;
use crate::words::{Aggressor, Liquidity, Side};

/// What an uncross would do now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Uncross {
    /// Ticks.
    pub price: i64,
    /// Lots.
    pub qty: u128,
    /// Lots, buy less sell at that price.
    pub surplus: i128,
}

/// One candidate price.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    price: i64,
    buys: u128,
    sells: u128,
}

impl Candidate {
    fn executable(&self) -> u128 {
        self.buys.min(self.sells)
    }

    fn surplus(&self) -> i128 {
        self.buys as i128 - self.sells as i128
    }
}

impl Books {
    /// The price, among those of limit orders, of (1) most executable quantity, (2) least
    /// absolute surplus, (3) the market's pressure, (4) the reference. `None` when nothing is
    /// executable.
    pub(crate) fn uncross_price(&mut self, book: u32) -> Option<Uncross> {
        let mut candidates = core::mem::take(&mut self.candidates);
        self.collect_candidates(book, &mut candidates);
        let found = choose(&candidates, self.book(book).reference());
        candidates.clear();
        self.candidates = candidates;
        found.filter(|uncross| uncross.qty > 0)
    }

    /// All limit prices ascending, with what would buy and sell there.
    fn collect_candidates(&self, book: u32, candidates: &mut alloc::vec::Vec<Candidate>) {
        let state = self.book(book);
        let market = |side: Side| -> u128 {
            let slots = state.markets(side).iter(&self.orders);
            slots.map(|slot| u128::from(self.orders.leaves(slot))).sum()
        };
        let (market_buys, market_sells) = (market(Side::Buy), market(Side::Sell));
        for side in [Side::Buy, Side::Sell] {
            let ladder = state.sides.get(side);
            let mut next = ladder.best();
            while let Some(price) = next {
                let full = ladder.find(&self.levels, price).map_or(0, |at| self.levels.full(at));
                let full = u128::from(full);
                let (buys, sells) = if side == Side::Buy { (full, 0) } else { (0, full) };
                candidates.push(Candidate { price, buys, sells });
                next = ladder.after(&self.levels, price);
            }
        }
        if candidates.is_empty()
            && let Some(price) = state.reference()
        {
            candidates.push(Candidate { price, buys: 0, sells: 0 });
        }
        candidates.sort_unstable_by_key(|candidate| candidate.price);
        candidates.dedup_by(|later, kept| {
            let same = later.price == kept.price;
            if same {
                kept.buys += later.buys;
                kept.sells += later.sells;
            }
            same
        });
        let mut sells = market_sells;
        for candidate in candidates.iter_mut() {
            sells += candidate.sells;
            candidate.sells = sells;
        }
        let mut buys = market_buys;
        for candidate in candidates.iter_mut().rev() {
            buys += candidate.buys;
            candidate.buys = buys;
        }
    }

    /// Trades what is executable at the one price: market orders first, then by price, then time.
    pub(super) fn uncross<H: Host>(&mut self, host: &mut H, book: u32) {
        let Some(Uncross { price, mut qty, .. }) = self.uncross_price(book) else { return };
        while qty > 0 {
            let (Some(buy), Some(sell)) =
                (self.first_in_call(book, Side::Buy), self.first_in_call(book, Side::Sell))
            else {
                panic!("an uncross of {qty} lots found no order");
            };
            let lots = self.orders.leaves(buy).min(self.orders.leaves(sell));
            let lots = u64::try_from(qty).map_or(lots, |qty| qty.min(lots));
            self.fill_call(host, buy, sell, price, lots);
            qty -= u128::from(lots);
        }
    }

    /// The order that a side fills next: the first market order, else the first at the best price.
    fn first_in_call(&self, book: u32, side: Side) -> Option<u32> {
        let state = self.book(book);
        if let Some(slot) = state.markets(side).iter(&self.orders).next() {
            return Some(slot);
        }
        let (_, at) = state.sides.get(side).top()?;
        Some(self.levels[at].queue.head)
    }

    fn fill_call<H: Host>(&mut self, host: &mut H, buy: u32, sell: u32, price: i64, qty: u64) {
        let (buyer, seller) = (self.order(buy), self.order(sell));
        let terms = self.book(buyer.book).terms;
        let ppm = terms.taker_ppm;
        let deal = Deal { price, qty, buy_ppm: ppm, sell_ppm: ppm, buyer_rebate_first: true };
        let fees = terms.is_cash.then(|| self.settle(host, &buyer, &seller, &deal));
        let trade_id = self.record_trade(host, &buyer, &seller, &deal, Aggressor::Auction);
        let liquidity = Liquidity::Auction;
        let (buyer_fee, seller_fee) = (fees.map(|f| f.buyer), fees.map(|f| f.seller));
        for (slot, mut order, fee) in [(buy, buyer, buyer_fee), (sell, seller, seller_fee)] {
            self.count_fill(&order, qty);
            // An iceberg counts in full at its place; what is left shows a slice there.
            let shown = self.orders.shown(slot);
            self.shrink::<H>(slot, &order, qty, qty.min(shown));
            order.leaves -= qty;
            let fill = Fill { trade_id, price, qty, liquidity, fee };
            host.fill(self.book(order.book), &order, &fill);
            if order.leaves == 0 {
                self.take_out::<H>(slot);
                Self::disarm(host, &order);
            } else if order.price != 0 {
                self.show_slice(slot, false);
            }
        }
    }
}

fn choose(candidates: &[Candidate], reference: Option<i64>) -> Option<Uncross> {
    let best = candidates
        .iter()
        .map(|c| (c.executable(), core::cmp::Reverse(c.surplus().unsigned_abs())))
        .max()?;
    let is_best =
        |c: &&Candidate| (c.executable(), core::cmp::Reverse(c.surplus().unsigned_abs())) == best;
    let mut remaining = candidates.iter().filter(is_best);
    let lowest = remaining.next()?;
    let highest = candidates.iter().rev().find(is_best).unwrap_or(lowest);
    let mut all = candidates.iter().filter(is_best);
    let price = if all.clone().all(|c| c.surplus() > 0) {
        highest.price
    } else if all.all(|c| c.surplus() < 0) {
        lowest.price
    } else {
        reference.map_or(lowest.price, |price| price.clamp(lowest.price, highest.price))
    };
    // The reference may lie between two candidates: bids from above and asks from below count.
    let buys = candidates.iter().find(|c| c.price >= price).map_or(0, |c| c.buys);
    let sells = candidates.iter().rfind(|c| c.price <= price).map_or(0, |c| c.sells);
    let at = Candidate { price, buys, sells };
    Some(Uncross { price, qty: at.executable(), surplus: at.surplus() })
}
