//! Events: everything that comes out. Fields that do not apply are `None` and are left out in
//! JSON, null on the wire; the order of the fields is the order of the JSON line.

use crate::command::{LIST_CAPACITY, Line};
use crate::digest::{Fold, Words};
use crate::ids::*;
use crate::list::List;
use crate::reason::Reason;
use crate::words::*;

/// Defines event structs whose fields are all public and documented by the vocabulary.
macro_rules! events {
    ($($(#[$meta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident : $ty:ty),* $(,)? })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct $name { $($(#[$fmeta])* pub $field: $ty),* }

        impl Fold for $name {
            #[inline(always)]
            fn fold(&self, words: &mut Words) {
                $(self.$field.fold(words);)*
            }
        }
    )+};
}

events! {
    /// FIX ExecutionReport.
    ExecutionReport {
        /// Whose order.
        account: AccountId,
        /// In which book.
        instrument: InstrumentId,
        /// Absent when the order was rejected.
        order_id: Option<OrderId>,
        /// The client's name of it.
        cl_ord_id: ClOrdId,
        /// What happened.
        exec_type: ExecType,
        /// Where the order stands now.
        ord_status: OrdStatus,
        /// Buy or sell.
        side: Side,
        /// Ticks.
        price: Option<i64>,
        /// Lots in total.
        order_qty: u64,
        /// Lots still open.
        leaves_qty: u64,
        /// Lots traded.
        cum_qty: u64,
        /// Ticks; on a trade.
        last_px: Option<i64>,
        /// Lots; on a trade.
        last_qty: Option<u64>,
        /// On a trade.
        trade_id: Option<TradeId>,
        /// On a trade.
        liquidity: Option<Liquidity>,
        /// Quote minor units, negative is a rebate; on a trade of a cash instrument.
        fee: Option<i64>,
        /// Why it was refused or ended.
        reason: Option<Reason>,
        /// On `status` only.
        ord_type: Option<OrdType>,
        /// On `status` only.
        tif: Option<TimeInForce>,
        /// Ticks; on `status` only.
        stop_px: Option<i64>,
        /// Lots; on `status` only.
        display_qty: Option<u64>,
    }
    /// FIX OrderCancelReject; echoes the ids given.
    CancelReject {
        /// `cancel_order` or `replace_order`.
        command: CommandKind,
        /// As given.
        account: AccountId,
        /// As given.
        instrument: InstrumentId,
        /// As given.
        order_id: Option<OrderId>,
        /// As given.
        orig_cl_ord_id: Option<ClOrdId>,
        /// Why.
        reason: Reason,
    }
    /// A trade, as everybody sees it.
    Trade {
        /// In which book.
        instrument: InstrumentId,
        /// Its id.
        trade_id: TradeId,
        /// Ticks.
        price: i64,
        /// Lots.
        qty: u64,
        /// Who crossed.
        aggressor: Aggressor,
        /// The buyer's order.
        buy_order: OrderId,
        /// The seller's order.
        sell_order: OrderId,
    }
    /// The top of the book; an empty side is absent.
    Quote {
        /// Of which book.
        instrument: InstrumentId,
        /// Ticks.
        bid: Option<i64>,
        /// Lots displayed.
        bid_qty: Option<u64>,
        /// Ticks.
        ask: Option<i64>,
        /// Lots displayed.
        ask_qty: Option<u64>,
    }
    /// A price level as it is after the step; quantity 0: gone.
    Level {
        /// Of which book.
        instrument: InstrumentId,
        /// Which side.
        side: Side,
        /// Ticks.
        price: i64,
        /// Lots displayed.
        qty: u64,
        /// Orders displayed.
        orders: u32,
    }
    /// What a call would do now.
    Indicative {
        /// Of which book.
        instrument: InstrumentId,
        /// Ticks; absent when nothing is executable.
        price: Option<i64>,
        /// Lots.
        qty: u64,
        /// Lots, buy less sell at that price; absent when nothing is executable.
        surplus: Option<i64>,
    }
    /// A phase was entered.
    PhaseChange {
        /// Of which book.
        instrument: InstrumentId,
        /// Which.
        phase: Phase,
    }
    /// Where a bid stands.
    BidReport {
        /// Whose bid.
        account: AccountId,
        /// In which auction.
        auction: AuctionId,
        /// The client's name of it; absent for a buy-now.
        bid_id: Option<BidId>,
        /// Where it stands.
        state: BidState,
        /// Quote minor units.
        price: Option<i64>,
        /// Units.
        qty: Option<u64>,
        /// Why it was refused or lost.
        reason: Option<Reason>,
    }
    /// Where an auction stands.
    Auction {
        /// Which.
        auction: AuctionId,
        /// Where it stands.
        state: AuctionState,
        /// Quote minor units.
        price: Option<i64>,
        /// Who leads.
        leader: Option<AccountId>,
        /// Accepted bids.
        bids: u64,
        /// UNIX nanoseconds.
        closes_at: u64,
        /// Only where there is a reserve price.
        reserve_met: Option<bool>,
    }
    /// Where a reservation stands.
    Reservation {
        /// Absent when it was refused.
        reservation: Option<ReservationId>,
        /// Whose.
        account: AccountId,
        /// In which sale.
        sale: SaleId,
        /// Absent for carts.
        product: Option<ProductId>,
        /// Units; absent for carts.
        qty: Option<u64>,
        /// The client's name of the request.
        request_id: Option<RequestId>,
        /// Where it stands.
        state: ReservationState,
        /// Place in the waitlist, from 1.
        position: Option<u64>,
        /// UNIX nanoseconds.
        deadline: Option<u64>,
        /// Quote minor units.
        amount: Option<i64>,
        /// A cart's lines.
        lines: Option<List<Line, LIST_CAPACITY>>,
        /// Why it was refused or ended.
        reason: Option<Reason>,
    }
    /// A product's numbers.
    Product {
        /// In which sale.
        sale: SaleId,
        /// Which.
        product: ProductId,
        /// Units nobody has.
        free: u64,
        /// Units held.
        held: u64,
        /// Units confirmed.
        sold: u64,
        /// Places in the waitlist, or entries of a draw.
        waiting: u64,
    }
    /// How an atomic interaction ended.
    AtomicReport {
        /// For whom.
        account: AccountId,
        /// The client's name of it.
        request_id: RequestId,
        /// Done or rejected.
        state: AtomicState,
        /// The first leg that failed, from 1.
        leg: Option<u8>,
        /// Why.
        reason: Option<Reason>,
    }
    /// What an account has of an asset, in minor units.
    Balance {
        /// Whose.
        account: AccountId,
        /// Of what.
        asset: AssetId,
        /// To be used.
        available: i64,
        /// Bound by open obligations.
        held: i64,
    }
    /// A product's computed values.
    ProductStats {
        /// In which sale.
        sale: SaleId,
        /// Which.
        product: ProductId,
        /// Units nobody has.
        free: u64,
        /// Units held.
        held: u64,
        /// Units confirmed.
        sold: u64,
        /// Places in the waitlist, or entries of a draw.
        waiting: u64,
        /// Basis points of the whole stock that are sold.
        sold_bp: u64,
    }
    /// An instrument's computed values; prices are absent before the first trade.
    InstrumentStats {
        /// Which.
        instrument: InstrumentId,
        /// Ticks.
        last: Option<i64>,
        /// Ticks.
        open: Option<i64>,
        /// Ticks.
        high: Option<i64>,
        /// Ticks.
        low: Option<i64>,
        /// Lots.
        volume: u64,
        /// Quote minor units: price × quantity × tick value over all trades.
        turnover: i64,
        /// Turnover / volume.
        vwap: Option<i64>,
        /// What that division leaves.
        vwap_rem: Option<i64>,
        /// How many.
        trades: u64,
    }
    /// A place in a sale's hot list.
    Hot {
        /// In which sale.
        sale: SaleId,
        /// From 1.
        rank: u32,
        /// Which product.
        product: ProductId,
        /// Units confirmed within the window.
        sold: u64,
    }
    /// A place in the hot list of a range of counters.
    HotCounter {
        /// From 1.
        rank: u32,
        /// Which counter.
        counter: CounterId,
        /// What was added to it within the window.
        sold: u64,
    }
    /// A counter's value.
    Counter {
        /// Which.
        counter: CounterId,
        /// Its value.
        value: i64,
    }
    /// An armed deadline.
    Deadline {
        /// What it will do.
        kind: DeadlineKind,
        /// To what.
        id: u64,
        /// UNIX nanoseconds.
        time: u64,
    }
    /// A command without a report of its own was done.
    Accepted {
        /// Which command.
        command: CommandKind,
        /// What it was about.
        id: u64,
    }
    /// A command without a report of its own was refused.
    Rejected {
        /// Which command.
        command: CommandKind,
        /// What it was about.
        id: Option<u64>,
        /// Why.
        reason: Reason,
        /// The input field at fault.
        field: Option<Field>,
    }
}

macro_rules! event_enum {
    ($($name:ident = $code:literal)+) => {
        /// Everything that comes out.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[expect(clippy::large_enum_variant, reason = "events are built in place and passed by reference")]
        pub enum Event { $(#[doc = concat!("See [`", stringify!($name), "`].")] $name($name),)+ }

        impl Event {
            /// The digest after it. Each kind ends for itself, so that each is one straight line.
            #[inline(always)]
            pub(crate) fn fold_after(&self, mut words: Words) -> u64 {
                match self {
                    $(Self::$name(event) => {
                        words.push($code);
                        event.fold(&mut words);
                        words.finish()
                    })+
                }
            }
        }

        $(impl From<$name> for Event {
            fn from(event: $name) -> Self {
                Self::$name(event)
            }
        })+
    };
}

event_enum! {
    ExecutionReport = 1 CancelReject = 2 Trade = 3 Quote = 4 Level = 5 Indicative = 6
    PhaseChange = 7 BidReport = 8 Auction = 9 Reservation = 10 Product = 11 AtomicReport = 12
    Balance = 13 ProductStats = 14 InstrumentStats = 15 Hot = 16 Counter = 17 Deadline = 18
    Accepted = 19 Rejected = 20 HotCounter = 21
}

impl Event {
    /// The account whose affair it is; `None` for what everybody sees and for plain answers.
    #[must_use]
    pub const fn account(&self) -> Option<AccountId> {
        match self {
            Self::ExecutionReport(event) => Some(event.account),
            Self::CancelReject(event) => Some(event.account),
            Self::BidReport(event) => Some(event.account),
            Self::Reservation(event) => Some(event.account),
            Self::AtomicReport(event) => Some(event.account),
            Self::Balance(event) => Some(event.account),
            _ => None,
        }
    }

    /// Whether everybody who subscribed sees it.
    #[must_use]
    pub const fn is_public(&self) -> bool {
        matches!(
            self,
            Self::Trade(_)
                | Self::Quote(_)
                | Self::Level(_)
                | Self::Indicative(_)
                | Self::PhaseChange(_)
                | Self::Auction(_)
                | Self::Product(_)
                | Self::ProductStats(_)
                | Self::InstrumentStats(_)
                | Self::Hot(_)
        )
    }
}

/// An event with its place in the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Emitted<'a> {
    /// The step's number; a query's answer carries the last one.
    pub seq: u64,
    /// UNIX nanoseconds: the step's time, or the fired deadline's own.
    pub at: u64,
    /// The session that opened the order, bid or reservation, or sent the command; 0: none. An
    /// event with an owner is numbered for it; a public one also goes to subscribers.
    pub owner: SessionId,
    /// The event's number in the owner's stream, from 1 since the session's version began; 0 where
    /// it is not numbered (no owner, or a query's answer).
    pub owner_seq: u64,
    /// The owner's number of the input that caused it; `None` when a deadline or another did.
    pub ref_seq_no: Option<u64>,
    /// What happened.
    pub event: &'a Event,
}

/// Where events go, in order.
pub trait Sink {
    /// Takes one event.
    fn emit(&mut self, emitted: &Emitted<'_>);
}

impl<F: FnMut(&Emitted<'_>)> Sink for F {
    fn emit(&mut self, emitted: &Emitted<'_>) {
        self(emitted);
    }
}
