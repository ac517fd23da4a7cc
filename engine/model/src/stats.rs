//! Computed values, from everything that happened.

use crate::Model;
use crate::sales::Sale;
use ringpit_core::command::{QueryCounters, QueryStats};
use ringpit_core::event::{
    Counter, Event, Hot, HotCounter, InstrumentStats, ProductStats, Rejected,
};
use ringpit_core::*;

/// Places of the hot list.
const HOT_PLACES: usize = 10;
/// Whole seconds the hot list looks back, this one included.
const HOT_SECONDS: u64 = 60;
const SECOND_NS: u64 = 1_000_000_000;

impl Model {
    /// Why a question about statistics is refused: its id, the reason, the field.
    pub(crate) fn stats_fault(&self, c: &QueryStats) -> Option<(u64, Reason, Field)> {
        match (c.instrument, c.auction, c.sale) {
            (Some(id), None, None) => (!self.knows_instrument(id)).then_some((
                u64::from(id.0),
                Reason::UnknownInstrument,
                Field::Instrument,
            )),
            (None, Some(id), None) => (!self.knows_auction(id)).then_some((
                u64::from(id.0),
                Reason::UnknownAuction,
                Field::Auction,
            )),
            (None, None, Some(id)) => self.sale(id).is_none().then_some((
                u64::from(id.0),
                Reason::UnknownSale,
                Field::Sale,
            )),
            _ => panic!("a question is about exactly one thing"),
        }
    }

    pub(crate) fn stats(&self, at: u64, c: &QueryStats) -> Vec<Event> {
        if let Some(id) = c.instrument {
            return vec![self.instrument_stats(id).into()];
        }
        if let Some(id) = c.auction {
            return vec![self.auction_event(id, self.auction(id).state).into()];
        }
        let sale = c.sale.and_then(|id| self.sale(id));
        sale.map_or(Vec::new(), |sale| sale_stats(at, sale))
    }

    /// The highest counters of a range, then those that were added to most.
    pub(crate) fn query_counters(&self, at: u64, c: &QueryCounters) -> Vec<Event> {
        if c.from > c.to {
            let (command, id) = (CommandKind::QueryCounters, Some(c.from.0));
            let (reason, field) = (Reason::BadValue, Some(Field::To));
            return vec![Rejected { command, id, reason, field }.into()];
        }
        let asked = self.counters.iter().filter(|(id, _)| (c.from..=c.to).contains(*id));
        let mut values: Vec<(CounterId, i64)> = asked.map(|(id, value)| (*id, *value)).collect();
        let added = |id: CounterId| {
            let recent = self
                .additions
                .iter()
                .filter(|(time, _, _)| at / SECOND_NS - time / SECOND_NS < HOT_SECONDS)
                .filter(|(_, counter, delta)| *counter == id && *delta > 0);
            recent.map(|(_, _, delta)| i128::from(*delta)).sum::<i128>()
        };
        let mut hot: Vec<(CounterId, i128)> = values.iter().map(|v| (v.0, added(v.0))).collect();
        values.retain(|(_, value)| *value != 0);
        values.sort_by_key(|(id, value)| (std::cmp::Reverse(*value), *id));
        hot.retain(|(_, added)| *added != 0);
        hot.sort_by_key(|(id, added)| (std::cmp::Reverse(*added), *id));
        let mut answer: Vec<Event> = Vec::new();
        for (counter, value) in values.into_iter().take(HOT_PLACES) {
            answer.push(Counter { counter, value }.into());
        }
        for (place, (counter, added)) in hot.into_iter().take(HOT_PLACES).enumerate() {
            let rank = u32::try_from(place + 1).expect("few places");
            let sold = i64::try_from(added).unwrap_or(i64::MAX).unsigned_abs();
            answer.push(HotCounter { rank, counter, sold }.into());
        }
        answer
    }

    fn instrument_stats(&self, id: InstrumentId) -> InstrumentStats {
        let instrument = self.instrument(id);
        let prices: Vec<i64> = instrument.trades.iter().map(|trade| trade.2).collect();
        let volume: u128 = instrument.trades.iter().map(|trade| u128::from(trade.3)).sum();
        let worth = |trade: &(_, _, i64, u64)| instrument.notional(trade.2, trade.3);
        let turnover: Option<i128> = instrument.trades.iter().map(worth).sum();
        let turnover = turnover.expect("a trade's worth is an i64");
        let lots = i128::try_from(volume).expect("far below");
        // What is beyond the numbers of the report is printed as their largest.
        let printed = |sum: i128| i64::try_from(sum).unwrap_or(i64::MAX);
        InstrumentStats {
            instrument: id,
            last: prices.last().copied(),
            open: prices.first().copied(),
            high: prices.iter().max().copied(),
            low: prices.iter().min().copied(),
            volume: printed(lots).unsigned_abs(),
            turnover: printed(turnover),
            vwap: turnover.checked_div(lots).map(printed),
            vwap_rem: turnover.checked_rem(lots).map(printed),
            trades: prices.len() as u64,
        }
    }
}

fn sale_stats(at: u64, sale: &Sale) -> Vec<Event> {
    let mut answer: Vec<Event> = Vec::new();
    for product in &sale.products {
        let now = sale.product_event(product.id);
        let all = u128::from(now.free) + u128::from(now.held) + u128::from(now.sold);
        let sold_bp = (u128::from(now.sold) * 10_000).checked_div(all).unwrap_or(0);
        answer.push(
            ProductStats {
                sale: now.sale,
                product: now.product,
                free: now.free,
                held: now.held,
                sold: now.sold,
                waiting: now.waiting,
                sold_bp: u64::try_from(sold_bp).expect("at most 10,000"),
            }
            .into(),
        );
    }
    let mut hot: Vec<(ProductId, u64)> = Vec::new();
    for product in &sale.products {
        let now = at / SECOND_NS;
        let recent = sale
            .confirmed
            .iter()
            .filter(|(time, id, _)| *id == product.id && now - time / SECOND_NS < HOT_SECONDS);
        hot.push((product.id, recent.map(|confirmed| confirmed.2).sum()));
    }
    hot.retain(|(_, sold)| *sold > 0);
    hot.sort_by_key(|(product, sold)| (std::cmp::Reverse(*sold), *product));
    for (place, (product, sold)) in hot.into_iter().take(HOT_PLACES).enumerate() {
        let rank = u32::try_from(place + 1).expect("few places");
        answer.push(Hot { sale: sale.terms.sale, rank, product, sold }.into());
    }
    answer
}
