//! What the model remembers: plain records, no rules.

use ringpit_core::*;

/// An asset and how much of it is in the venue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asset {
    pub id: AssetId,
    /// Deposits less withdrawals.
    pub brought_in: i64,
}

/// An account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account {
    pub id: AccountId,
    pub group: Option<GroupId>,
    pub killed: bool,
}

/// Where an open order is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Being matched right now.
    Incoming,
    /// In the book; in calls and pre_open also market orders.
    Book,
    /// A stop that waits for its price.
    Stop,
    /// An at_close order that waits for the closing call.
    Parked,
}

/// An open order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the fields are those of the vocabulary's new_order and reports")]
pub struct Order {
    pub id: OrderId,
    pub session: SessionId,
    pub account: AccountId,
    pub instrument: InstrumentId,
    pub cl_ord_id: ClOrdId,
    pub side: Side,
    pub ord_type: OrdType,
    pub qty: u64,
    pub cum: u64,
    pub price: Option<i64>,
    pub stop_px: Option<i64>,
    pub tif: TimeInForce,
    pub display_qty: Option<u64>,
    pub post_only: bool,
    pub stp: Stp,
    /// When it expires, and when that deadline was set.
    pub expires: Option<(u64, u64)>,
    pub place: Place,
    /// Its time of arrival in its queue.
    pub queue: u64,
    /// What the book shows of it.
    pub shown: u64,
}

impl Order {
    /// Lots still open.
    #[must_use]
    pub fn leaves(&self) -> u64 {
        self.qty - self.cum
    }

    /// What a fresh slice of it shows.
    #[must_use]
    pub fn slice(&self) -> u64 {
        self.display_qty.map_or(self.leaves(), |display| display.min(self.leaves()))
    }

    /// Where it stands while it is open or just filled.
    #[must_use]
    pub fn status(&self) -> OrdStatus {
        if self.cum == 0 {
            OrdStatus::New
        } else if self.cum == self.qty {
            OrdStatus::Filled
        } else {
            OrdStatus::PartiallyFilled
        }
    }
}

/// One side of the top of a book: price and displayed lots.
pub(crate) type Top = Option<(i64, u64)>;

/// A displayed price level: side, price, lots, orders.
pub(crate) type ShownLevel = (Side, i64, u64, u32);

/// An instrument, what was told of its book, and its trades.
#[derive(Clone, Debug)]
pub(crate) struct Instrument {
    pub id: InstrumentId,
    pub base: AssetId,
    pub quote: AssetId,
    pub lot_size: u64,
    pub tick_value: u64,
    pub risk: Risk,
    pub reference_price: Option<i64>,
    pub band_ticks: Option<u64>,
    pub halt_band_ticks: Option<u64>,
    pub halt_for: Option<u64>,
    pub max_order_qty: Option<u64>,
    pub max_notional: Option<i64>,
    pub max_open_orders: Option<u64>,
    pub max_position: Option<u64>,
    pub maker_fee_ppm: i64,
    pub taker_fee_ppm: i64,
    pub phase: Phase,
    /// When a volatility interruption ends, and when that deadline was set.
    pub halt_end: Option<(u64, u64)>,
    pub told_levels: Vec<ShownLevel>,
    pub told_quote: (Top, Top),
    /// Price, quantity, surplus; `None` when nothing was executable.
    pub told_indicative: Option<(i64, u64, i64)>,
    /// Every trade: buyer, seller, price, lots.
    pub trades: Vec<(AccountId, AccountId, i64, u64)>,
}

impl Instrument {
    /// The last trade's price, else the reference price.
    pub fn reference(&self) -> Option<i64> {
        self.last().or(self.reference_price)
    }

    /// The last trade's price.
    pub fn last(&self) -> Option<i64> {
        self.trades.last().map(|trade| trade.2)
    }

    /// Lots an account bought less lots it sold.
    pub fn position(&self, account: AccountId) -> i128 {
        let mut position = 0;
        for (buyer, seller, _, qty) in &self.trades {
            if *buyer == account {
                position += i128::from(*qty);
            }
            if *seller == account {
                position -= i128::from(*qty);
            }
        }
        position
    }
}

/// A phase that will begin by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Planned {
    pub instrument: InstrumentId,
    pub time: u64,
    pub phase: Phase,
    /// When that deadline was set.
    pub set: u64,
}

/// Something that will happen by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Due {
    pub time: u64,
    /// Earlier set deadlines of the same time run first.
    pub set: u64,
    pub kind: DeadlineKind,
    pub id: u64,
}

/// Whether a phase is a call.
pub(crate) fn is_call(phase: Phase) -> bool {
    matches!(phase, Phase::OpeningCall | Phase::ClosingCall)
}

/// Whether orders wait in a phase without being matched.
pub(crate) fn is_gathering(phase: Phase) -> bool {
    phase == Phase::PreOpen || is_call(phase)
}
