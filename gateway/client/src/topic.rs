//! What market data can be subscribed to.

use ringpit_core::ids::{AuctionId, InstrumentId, SaleId};

/// A subject of market data.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Topic {
    /// Everything there is and will be.
    All,
    /// One order book.
    Instrument(InstrumentId),
    /// One auction.
    Auction(AuctionId),
    /// One sale.
    Sale(SaleId),
}

/// The wire's form of it: an instrument, an auction, a sale.
pub(crate) type Parts = (Option<InstrumentId>, Option<AuctionId>, Option<SaleId>);

impl Topic {
    pub(crate) const fn parts(self) -> Parts {
        match self {
            Self::All => (None, None, None),
            Self::Instrument(id) => (Some(id), None, None),
            Self::Auction(id) => (None, Some(id), None),
            Self::Sale(id) => (None, None, Some(id)),
        }
    }

    pub(crate) const fn from_parts(parts: Parts) -> Self {
        match parts {
            (Some(id), _, _) => Self::Instrument(id),
            (_, Some(id), _) => Self::Auction(id),
            (_, _, Some(id)) => Self::Sale(id),
            (None, None, None) => Self::All,
        }
    }
}
