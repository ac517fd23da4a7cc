//! The vocabulary's one event `stats`: of a product or of an instrument, told apart by which of
//! the two is there.

use ringpit_core::event::{InstrumentStats, ProductStats};
use ringpit_core::*;

/// The union of both, as it lies in the block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Stats {
    pub sale: Option<SaleId>,
    pub product: Option<ProductId>,
    pub free: Option<u64>,
    pub held: Option<u64>,
    pub sold: Option<u64>,
    pub waiting: Option<u64>,
    pub sold_bp: Option<u64>,
    pub instrument: Option<InstrumentId>,
    pub last: Option<i64>,
    pub open: Option<i64>,
    pub high: Option<i64>,
    pub low: Option<i64>,
    pub volume: Option<u64>,
    pub turnover: Option<i64>,
    pub vwap: Option<i64>,
    pub vwap_rem: Option<i64>,
    pub trades: Option<u64>,
}

impl From<&ProductStats> for Stats {
    fn from(stats: &ProductStats) -> Self {
        Self {
            sale: Some(stats.sale),
            product: Some(stats.product),
            free: Some(stats.free),
            held: Some(stats.held),
            sold: Some(stats.sold),
            waiting: Some(stats.waiting),
            sold_bp: Some(stats.sold_bp),
            ..Self::default()
        }
    }
}

impl From<&InstrumentStats> for Stats {
    fn from(stats: &InstrumentStats) -> Self {
        Self {
            instrument: Some(stats.instrument),
            last: stats.last,
            open: stats.open,
            high: stats.high,
            low: stats.low,
            volume: Some(stats.volume),
            turnover: Some(stats.turnover),
            vwap: stats.vwap,
            vwap_rem: stats.vwap_rem,
            trades: Some(stats.trades),
            ..Self::default()
        }
    }
}

impl Stats {
    /// The event, or `None` when fields of it are missing.
    pub(crate) fn event(&self) -> Option<Event> {
        Some(match self.instrument {
            Some(instrument) => Event::InstrumentStats(InstrumentStats {
                instrument,
                last: self.last,
                open: self.open,
                high: self.high,
                low: self.low,
                volume: self.volume?,
                turnover: self.turnover?,
                vwap: self.vwap,
                vwap_rem: self.vwap_rem,
                trades: self.trades?,
            }),
            None => Event::ProductStats(ProductStats {
                sale: self.sale?,
                product: self.product?,
                free: self.free?,
                held: self.held?,
                sold: self.sold?,
                waiting: self.waiting?,
                sold_bp: self.sold_bp?,
            }),
        })
    }
}
