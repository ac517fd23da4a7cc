//! What commands are made of. Names follow FIX where FIX has one; units are in the field docs
//! (ticks, lots, minor units, nanoseconds). Checking them is the engine's affair.

use crate::ids::*;
pub use crate::input::{Command, Input};
use crate::limits::{LIST_MAX, SESSION_RANGES_MAX};
use crate::list::List;
pub use crate::parts::{AccountRange, Increment, Leg, Line};
pub use crate::text::{Code, Hex, Text};
use crate::words::*;
use bincode::{Decode, Encode};

/// One place more than allowed, so that a list that is too long can be read and refused.
pub const LIST_CAPACITY: usize = LIST_MAX + 1;

/// Defines command structs whose fields are all public and documented by the vocabulary.
macro_rules! commands {
    ($($(#[$meta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident : $ty:ty),* $(,)? })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
        pub struct $name { $($(#[$fmeta])* pub $field: $ty),* }
    )+};
}

commands! {
    /// Makes an asset known.
    CreateAsset {
        /// Its id.
        asset: AssetId,
        /// Its code, for people.
        code: Code,
        /// Digits after the point of one whole unit, for people.
        decimals: u8,
    }
    /// Opens an account.
    OpenAccount {
        /// Its id.
        account: AccountId,
        /// Accounts of one group count as one for self-trade prevention.
        group: Option<GroupId>,
    }
    /// Brings money or goods into the ledger.
    Deposit {
        /// Who receives.
        account: AccountId,
        /// What.
        asset: AssetId,
        /// Minor units, ≥ 1.
        amount: i64,
        /// A second deposit with the same id does nothing.
        request_id: Option<RequestId>,
    }
    /// Takes money or goods out of the ledger.
    Withdraw {
        /// Who pays.
        account: AccountId,
        /// What.
        asset: AssetId,
        /// Minor units, ≥ 1.
        amount: i64,
        /// A second withdrawal with the same id does nothing.
        request_id: Option<RequestId>,
    }
    /// Moves money or goods between two accounts.
    Transfer {
        /// Who pays.
        from: AccountId,
        /// Who receives.
        to: AccountId,
        /// What.
        asset: AssetId,
        /// Minor units, ≥ 1.
        amount: i64,
        /// A second transfer with the same id (of the payer) does nothing.
        request_id: Option<RequestId>,
    }
    /// Opens an order book.
    CreateInstrument {
        /// Its id.
        instrument: InstrumentId,
        /// Its code, for people.
        code: Code,
        /// What is traded.
        base: AssetId,
        /// What is paid with.
        quote: AssetId,
        /// Base minor units per lot, ≥ 1.
        lot_size: u64,
        /// Quote minor units per tick and lot, ≥ 1.
        tick_value: u64,
        /// Whether trades move the ledger.
        risk: Risk,
        /// Ticks; the reference before the first trade.
        reference_price: Option<i64>,
        /// Ticks around the reference beyond which orders are refused.
        band_ticks: Option<u64>,
        /// Ticks around the reference beyond which trading is interrupted.
        halt_band_ticks: Option<u64>,
        /// Nanoseconds such an interruption lasts.
        halt_for: Option<u64>,
        /// Lots.
        max_order_qty: Option<u64>,
        /// Quote minor units.
        max_notional: Option<i64>,
        /// Open orders per account.
        max_open_orders: Option<u64>,
        /// Lots, per account and side.
        max_position: Option<u64>,
        /// Parts per million of the notional; negative is a rebate.
        maker_fee_ppm: Option<i64>,
        /// Parts per million of the notional; negative is a rebate.
        taker_fee_ppm: Option<i64>,
        /// The first phase; continuous when absent.
        phase: Option<Phase>,
    }
    /// Changes an instrument's trading phase.
    SetPhase {
        /// Which instrument.
        instrument: InstrumentId,
        /// The phase to enter.
        phase: Phase,
    }
    /// Lets a trading phase begin by itself at a time.
    SchedulePhase {
        /// Which instrument.
        instrument: InstrumentId,
        /// The phase to enter; absent takes back what was to happen then.
        phase: Option<Phase>,
        /// UNIX nanoseconds, later than now.
        time: u64,
    }
    /// FIX NewOrderSingle.
    NewOrder {
        /// Whose order.
        account: AccountId,
        /// In which book.
        instrument: InstrumentId,
        /// The client's name of it.
        cl_ord_id: ClOrdId,
        /// Buy or sell.
        side: Side,
        /// Limit, market, stop, stop-limit.
        ord_type: OrdType,
        /// Lots, ≥ 1.
        qty: u64,
        /// Ticks, ≥ 1; for limit and stop-limit.
        price: Option<i64>,
        /// Ticks, ≥ 1; for stop and stop-limit.
        stop_px: Option<i64>,
        /// How long it lives.
        tif: TimeInForce,
        /// UNIX nanoseconds; for gtd.
        expire_at: Option<u64>,
        /// Lots shown at a time (iceberg).
        display_qty: Option<u64>,
        /// Refuse it rather than trade at entry.
        post_only: bool,
        /// Lots that must trade at entry, else nothing does.
        min_qty: Option<u64>,
        /// Self-trade prevention.
        stp: Stp,
    }
    /// FIX OrderCancelRequest; `order_id` wins when both ids are given.
    CancelOrder {
        /// Whose order.
        account: AccountId,
        /// In which book.
        instrument: InstrumentId,
        /// The engine's name of it.
        order_id: Option<OrderId>,
        /// The client's name of it.
        orig_cl_ord_id: Option<ClOrdId>,
    }
    /// FIX OrderCancelReplaceRequest; `order_id` wins when both ids are given.
    ReplaceOrder {
        /// Whose order.
        account: AccountId,
        /// In which book.
        instrument: InstrumentId,
        /// The engine's name of it.
        order_id: Option<OrderId>,
        /// The client's name of it.
        orig_cl_ord_id: Option<ClOrdId>,
        /// The client's new name of it, or its own kept.
        cl_ord_id: ClOrdId,
        /// Lots: the new total (FIX OrderQty).
        qty: u64,
        /// Ticks; kept when absent.
        price: Option<i64>,
    }
    /// Cancels an account's open orders.
    MassCancel {
        /// Whose orders.
        account: AccountId,
        /// Only in this book.
        instrument: Option<InstrumentId>,
        /// Only on this side.
        side: Option<Side>,
    }
    /// Cancels all of an account and keeps it from anything new.
    KillSwitch {
        /// Which account.
        account: AccountId,
        /// On or off.
        on: bool,
    }
    /// Offers something for auction.
    CreateAuction {
        /// Its id.
        auction: AuctionId,
        /// How the price is found.
        kind: AuctionKind,
        /// Who sells.
        seller: AccountId,
        /// What is sold.
        asset: AssetId,
        /// Units of it, ≥ 1.
        qty: u64,
        /// What is paid with.
        quote: AssetId,
        /// Quote minor units; for the whole lot, in uniform for one unit.
        start_price: i64,
        /// Below it nothing is sold.
        reserve_price: Option<i64>,
        /// English: ends the auction at once at this price.
        buy_now: Option<i64>,
        /// English: `[from, step]` rows; absent means steps of 1.
        increments: Option<List<Increment, LIST_CAPACITY>>,
        /// Dutch: how much the price falls.
        step: Option<i64>,
        /// Dutch: nanoseconds between two falls.
        step_every: Option<u64>,
        /// Dutch: the price falls no lower.
        floor: Option<i64>,
        /// UNIX nanoseconds.
        opens_at: u64,
        /// UNIX nanoseconds; a bid at t counts if t < closes_at.
        closes_at: u64,
        /// Nanoseconds before the end in which a bid extends it.
        extend_window: Option<u64>,
        /// Nanoseconds from such a bid to the new end.
        extend_by: Option<u64>,
        /// How often it may be extended.
        max_extensions: Option<u64>,
    }
    /// A bid.
    PlaceBid {
        /// Whose bid.
        account: AccountId,
        /// In which auction.
        auction: AuctionId,
        /// Quote minor units: the most it may cost.
        max_price: i64,
        /// Units; only in uniform.
        qty: Option<u64>,
        /// The client's name of it.
        bid_id: BidId,
    }
    /// Buys an auction's item at its buy-now price.
    BuyNow {
        /// Which auction.
        auction: AuctionId,
        /// Who buys.
        account: AccountId,
    }
    /// Cancels an auction: the seller before the first bid, the operator (no account) until its end.
    CancelAuction {
        /// Which auction.
        auction: AuctionId,
        /// The seller; absent for the operator.
        account: Option<AccountId>,
    }
    /// Opens a flash sale.
    CreateSale {
        /// Its id.
        sale: SaleId,
        /// UNIX nanoseconds.
        opens_at: u64,
        /// UNIX nanoseconds.
        closes_at: u64,
        /// Nanoseconds a hold lives; 0 buys at once.
        hold_for: u64,
        /// From the ledger's balance or outside of it.
        payment: Payment,
        /// Who sells.
        seller: AccountId,
        /// What is paid with.
        quote: AssetId,
        /// Attempts per account within the window.
        max_attempts: Option<u64>,
        /// Nanoseconds.
        attempts_window: Option<u64>,
        /// Places in each product's waitlist.
        waitlist: Option<u64>,
        /// Units per account over the whole sale.
        limit_per_account: Option<u64>,
        /// Units per origin over the whole sale.
        limit_per_origin: Option<u64>,
        /// First come or draw.
        mode: Option<SaleMode>,
        /// Draw: SHA-256 of the seed that will be opened.
        seed_digest: Option<Hex>,
        /// Draw: UNIX nanoseconds by which it must be drawn.
        draw_by: Option<u64>,
    }
    /// Adds a product to a sale.
    AddProduct {
        /// Which sale.
        sale: SaleId,
        /// Its id, unique in the sale.
        product: ProductId,
        /// Units.
        stock: u64,
        /// Quote minor units a unit.
        price: i64,
        /// Units per account.
        limit_per_account: u64,
        /// What a buyer receives, when the goods are in the ledger.
        asset: Option<AssetId>,
    }
    /// Changes a product's stock.
    Restock {
        /// Which sale.
        sale: SaleId,
        /// Which product.
        product: ProductId,
        /// Units, not 0.
        delta: i64,
    }
    /// Holds units of a product.
    Reserve {
        /// Who buys.
        account: AccountId,
        /// In which sale.
        sale: SaleId,
        /// Which product.
        product: ProductId,
        /// Units, ≥ 1.
        qty: u64,
        /// A repeat of a request that succeeded does nothing.
        request_id: RequestId,
        /// The shop's fingerprint of the buyer.
        origin: Option<OriginId>,
    }
    /// Holds units of several products, all or nothing.
    ReserveCart {
        /// Who buys.
        account: AccountId,
        /// In which sale.
        sale: SaleId,
        /// A repeat of a request that succeeded does nothing.
        request_id: RequestId,
        /// The shop's fingerprint of the buyer.
        origin: Option<OriginId>,
        /// What is bought.
        lines: List<Line, LIST_CAPACITY>,
    }
    /// Keeps an account or an origin from anything new.
    Block {
        /// Which account.
        account: Option<AccountId>,
        /// Which origin.
        origin: Option<OriginId>,
        /// On or off.
        on: bool,
    }
    /// Ends a draw sale.
    Draw {
        /// Which sale.
        sale: SaleId,
        /// The committed seed.
        seed: Hex,
    }
    /// Pays a reservation.
    Confirm {
        /// Which reservation.
        reservation: ReservationId,
        /// Units, less than held: the rest returns.
        qty: Option<u64>,
    }
    /// Gives a reservation back.
    Void {
        /// Which reservation.
        reservation: ReservationId,
    }
    /// Moves a reservation's deadline.
    Extend {
        /// Which reservation.
        reservation: ReservationId,
        /// Nanoseconds, ≥ 1.
        by: u64,
    }
    /// Gives up the places in a waitlist.
    Leave {
        /// Whose places.
        account: AccountId,
        /// In which sale.
        sale: SaleId,
        /// Of which product.
        product: ProductId,
    }
    /// Up to 16 steps that all succeed or change nothing.
    Atomic {
        /// For whom.
        account: AccountId,
        /// A repeat of one that is done does nothing.
        request_id: RequestId,
        /// The steps, in order.
        legs: List<Leg, LIST_CAPACITY>,
    }
    /// Everything an account has open.
    QueryOpen {
        /// Which account.
        account: AccountId,
    }
    /// A counter's value.
    QueryCounter {
        /// Which counter.
        counter: CounterId,
    }
    /// The highest counters of a range, and those that grew most of late.
    QueryCounters {
        /// The first id.
        from: CounterId,
        /// The last id; the range includes it.
        to: CounterId,
    }
    /// An account's balances.
    QueryBalance {
        /// Which account.
        account: AccountId,
        /// Only this asset.
        asset: Option<AssetId>,
    }
    /// All price levels and the top of a book.
    QueryDepth {
        /// Which instrument.
        instrument: InstrumentId,
    }
    /// All products of a sale.
    QuerySale {
        /// Which sale.
        sale: SaleId,
    }
    /// Where an auction stands.
    QueryAuction {
        /// Which auction.
        auction: AuctionId,
    }
    /// Computed values of exactly one thing.
    QueryStats {
        /// An instrument.
        instrument: Option<InstrumentId>,
        /// An auction.
        auction: Option<AuctionId>,
        /// A sale.
        sale: Option<SaleId>,
    }
    /// Puts later rules into force.
    ActivateRules {
        /// Their version, above the one in force.
        rules: u32,
    }
    /// Lets the line follow a step of the wall clock that is held back.
    AcceptClockStep {
        /// Nanoseconds: the largest step that is meant.
        by: u64,
    }
    /// A session begins anew: both sides' numbers start at 1.
    SessionOpen {
        /// Which session.
        session: SessionId,
        /// FIXP sessionVerId; rises with each new session.
        version: u64,
        /// The accepted login's time stamp, so that it can't be used again.
        timestamp: u64,
    }
    /// What a session may do, from the session file.
    SessionConfig {
        /// Which session.
        session: SessionId,
        /// Its role.
        role: Role,
        /// The accounts it may act for.
        accounts: List<AccountRange, SESSION_RANGES_MAX>,
        /// New business a second.
        messages_per_second: u32,
        /// New business at once.
        burst: u32,
        /// Cancels a second.
        cancels_per_second: u32,
        /// Messages that wait for their answer.
        orders_in_flight: u32,
        /// What a lost connection does.
        cancel_on_disconnect: CancelOnDisconnect,
        /// Milliseconds between loss and cancel.
        grace_ms: u32,
    }
    /// A session's connection is gone; its orders go too after the grace time.
    SessionLost {
        /// Which session.
        session: SessionId,
        /// What was agreed at Establish.
        cancel_on_disconnect: CancelOnDisconnect,
        /// Nanoseconds, as agreed at Establish.
        grace_ns: u64,
    }
    /// A session is established (again); a running grace time ends.
    SessionBack {
        /// Which session.
        session: SessionId,
        /// Its version.
        version: u64,
        /// The accepted login's time stamp, so that it can't be used again.
        timestamp: u64,
    }
}
