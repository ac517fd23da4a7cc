//! Call auctions: the one price, and the trades at it.

use crate::Model;
use crate::state::Order;
use ringpit_core::event::Trade;
use ringpit_core::*;

/// Orders that count at a price: market orders and those whose limit allows it.
fn willing(orders: &[Order], price: i64) -> u128 {
    let wants = |order: &&Order| match (order.price, order.side) {
        (None, _) => true,
        (Some(limit), Side::Buy) => limit >= price,
        (Some(limit), Side::Sell) => limit <= price,
    };
    orders.iter().filter(wants).map(|order| u128::from(order.leaves())).sum()
}

impl Model {
    /// What a call would do now: price, quantity and surplus; `None` when nothing is executable.
    pub(crate) fn call_result(&self, instrument: InstrumentId) -> Option<(i64, u64, i64)> {
        let buys = self.side(instrument, Side::Buy);
        let sells = self.side(instrument, Side::Sell);
        let reference = self.instrument(instrument).reference();
        let at = |price: i64| {
            let (buy, sell) = (willing(&buys, price), willing(&sells, price));
            (buy.min(sell), buy as i128 - sell as i128)
        };
        let mut prices: Vec<i64> = buys.iter().chain(&sells).filter_map(|o| o.price).collect();
        prices.sort_unstable();
        prices.dedup();
        let price = if prices.is_empty() {
            reference?
        } else {
            let most = prices.iter().map(|p| at(*p).0).max()?;
            prices.retain(|p| at(*p).0 == most);
            let least = prices.iter().map(|p| at(*p).1.abs()).min()?;
            prices.retain(|p| at(*p).1.abs() == least);
            let (lowest, highest) = (*prices.first()?, *prices.last()?);
            if prices.iter().all(|p| at(*p).1 > 0) {
                highest
            } else if prices.iter().all(|p| at(*p).1 < 0) {
                lowest
            } else {
                reference.unwrap_or(lowest).clamp(lowest, highest)
            }
        };
        let (qty, surplus) = at(price);
        let fits = "quantities in a book were checked at entry";
        (qty > 0).then(|| (price, qty.try_into().expect(fits), surplus.try_into().expect(fits)))
    }

    /// Trades all that the call's price allows.
    pub(crate) fn uncross(&mut self, instrument: InstrumentId) {
        if let Some((price, qty, _)) = self.call_result(instrument) {
            let mut left = qty;
            while left > 0 {
                left -= self.call_trade(instrument, price, left);
            }
        }
    }

    /// The first buyer and the first seller trade at the call's price.
    fn call_trade(&mut self, instrument: InstrumentId, price: i64, left: u64) -> u64 {
        let first = |side| self.side(instrument, side).first().copied();
        let buy = first(Side::Buy).expect("the call's quantity has buyers");
        let sell = first(Side::Sell).expect("the call's quantity has sellers");
        let qty = buy.leaves().min(sell.leaves()).min(left);
        let ppm = self.instrument(instrument).taker_fee_ppm;
        let (trade_id, fees) = self.exchange(buy.id, sell.id, (price, qty), (ppm, ppm), true);
        self.emit(Trade {
            instrument,
            trade_id,
            price,
            qty,
            aggressor: Aggressor::Auction,
            buy_order: buy.id,
            sell_order: sell.id,
        });
        for (id, fee) in [(buy.id, fees.0), (sell.id, fees.1)] {
            self.say_fill(id, (price, qty, trade_id), Liquidity::Auction, fee);
        }
        for id in [buy.id, sell.id] {
            let order = self.order_mut(id);
            order.shown = order.slice();
            if order.leaves() == 0 {
                self.orders.retain(|order| order.id != id);
            }
        }
        qty
    }
}
