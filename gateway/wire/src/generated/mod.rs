//! Made from gateway/schema/ringpit.xml by `cargo xtask schema`; do not edit.
//!
//! Where each field lies. The macro in `block` makes encoders and decoders of it.

use crate::block::{Message, MessageLayout, layout};
use crate::legs::LegEntry;
use crate::session::*;
use crate::stats::Stats;
use ringpit_core::command::*;
use ringpit_core::event::*;
use ringpit_core::words::{Stp, TimeInForce};

/// Id of the schema, in each message header.
pub const SCHEMA_ID: u16 = 8421;

/// Version of the schema that is written, and the newest that is known.
pub const VERSION: u16 = 1;

/// Template ids.
pub mod template_id {
    /// `Negotiate`
    pub const NEGOTIATE: u16 = 500;
    /// `NegotiationResponse`
    pub const NEGOTIATION_RESPONSE: u16 = 501;
    /// `NegotiationReject`
    pub const NEGOTIATION_REJECT: u16 = 502;
    /// `Establish`
    pub const ESTABLISH: u16 = 503;
    /// `EstablishmentAck`
    pub const ESTABLISHMENT_ACK: u16 = 504;
    /// `EstablishmentReject`
    pub const ESTABLISHMENT_REJECT: u16 = 505;
    /// `Sequence`
    pub const SEQUENCE: u16 = 506;
    /// `NotApplied`
    pub const NOT_APPLIED: u16 = 507;
    /// `RetransmitRequest`
    pub const RETRANSMIT_REQUEST: u16 = 508;
    /// `Retransmission`
    pub const RETRANSMISSION: u16 = 509;
    /// `RetransmitReject`
    pub const RETRANSMIT_REJECT: u16 = 510;
    /// `Terminate`
    pub const TERMINATE: u16 = 511;
    /// `BusinessReject`
    pub const BUSINESS_REJECT: u16 = 512;
    /// `Limits`
    pub const LIMITS: u16 = 513;
    /// `CreateAsset`
    pub const CREATE_ASSET: u16 = 514;
    /// `OpenAccount`
    pub const OPEN_ACCOUNT: u16 = 515;
    /// `Deposit`
    pub const DEPOSIT: u16 = 516;
    /// `Withdraw`
    pub const WITHDRAW: u16 = 517;
    /// `Transfer`
    pub const TRANSFER: u16 = 518;
    /// `CreateInstrument`
    pub const CREATE_INSTRUMENT: u16 = 519;
    /// `SetPhase`
    pub const SET_PHASE: u16 = 520;
    /// `NewOrder`
    pub const NEW_ORDER: u16 = 521;
    /// `CancelOrder`
    pub const CANCEL_ORDER: u16 = 522;
    /// `ReplaceOrder`
    pub const REPLACE_ORDER: u16 = 523;
    /// `MassCancel`
    pub const MASS_CANCEL: u16 = 524;
    /// `KillSwitch`
    pub const KILL_SWITCH: u16 = 525;
    /// `CreateAuction`
    pub const CREATE_AUCTION: u16 = 526;
    /// `PlaceBid`
    pub const PLACE_BID: u16 = 527;
    /// `BuyNow`
    pub const BUY_NOW: u16 = 528;
    /// `CancelAuction`
    pub const CANCEL_AUCTION: u16 = 529;
    /// `CreateSale`
    pub const CREATE_SALE: u16 = 530;
    /// `AddProduct`
    pub const ADD_PRODUCT: u16 = 531;
    /// `Restock`
    pub const RESTOCK: u16 = 532;
    /// `Reserve`
    pub const RESERVE: u16 = 533;
    /// `ReserveCart`
    pub const RESERVE_CART: u16 = 534;
    /// `Block`
    pub const BLOCK: u16 = 535;
    /// `Draw`
    pub const DRAW: u16 = 536;
    /// `Confirm`
    pub const CONFIRM: u16 = 537;
    /// `Void`
    pub const VOID: u16 = 538;
    /// `Extend`
    pub const EXTEND: u16 = 539;
    /// `Leave`
    pub const LEAVE: u16 = 540;
    /// `Atomic`
    pub const ATOMIC: u16 = 541;
    /// `QueryOpen`
    pub const QUERY_OPEN: u16 = 542;
    /// `QueryDeadlines`
    pub const QUERY_DEADLINES: u16 = 543;
    /// `QueryCounter`
    pub const QUERY_COUNTER: u16 = 544;
    /// `QueryBalance`
    pub const QUERY_BALANCE: u16 = 545;
    /// `QueryDepth`
    pub const QUERY_DEPTH: u16 = 546;
    /// `QuerySale`
    pub const QUERY_SALE: u16 = 547;
    /// `QueryAuction`
    pub const QUERY_AUCTION: u16 = 548;
    /// `QueryStats`
    pub const QUERY_STATS: u16 = 549;
    /// `SchedulePhase`
    pub const SCHEDULE_PHASE: u16 = 550;
    /// `QueryCounters`
    pub const QUERY_COUNTERS: u16 = 551;
    /// `ActivateRules`
    pub const ACTIVATE_RULES: u16 = 552;
    /// `AcceptClockStep`
    pub const ACCEPT_CLOCK_STEP: u16 = 553;
    /// `Subscribe`
    pub const SUBSCRIBE: u16 = 600;
    /// `Unsubscribe`
    pub const UNSUBSCRIBE: u16 = 601;
    /// `LimitsRequest`
    pub const LIMITS_REQUEST: u16 = 602;
    /// `ExecutionReport`
    pub const EXECUTION_REPORT: u16 = 700;
    /// `CancelReject`
    pub const CANCEL_REJECT: u16 = 701;
    /// `Trade`
    pub const TRADE: u16 = 702;
    /// `Quote`
    pub const QUOTE: u16 = 703;
    /// `Level`
    pub const LEVEL: u16 = 704;
    /// `Indicative`
    pub const INDICATIVE: u16 = 705;
    /// `Phase`
    pub const PHASE: u16 = 706;
    /// `BidReport`
    pub const BID_REPORT: u16 = 707;
    /// `Auction`
    pub const AUCTION: u16 = 708;
    /// `Reservation`
    pub const RESERVATION: u16 = 709;
    /// `Product`
    pub const PRODUCT: u16 = 710;
    /// `AtomicReport`
    pub const ATOMIC_REPORT: u16 = 711;
    /// `Balance`
    pub const BALANCE: u16 = 712;
    /// `Stats`
    pub const STATS: u16 = 713;
    /// `Hot`
    pub const HOT: u16 = 714;
    /// `Counter`
    pub const COUNTER: u16 = 715;
    /// `Deadline`
    pub const DEADLINE: u16 = 716;
    /// `Accepted`
    pub const ACCEPTED: u16 = 717;
    /// `Rejected`
    pub const REJECTED: u16 = 718;
    /// `HotCounter`
    pub const HOT_COUNTER: u16 = 719;
    /// `QueryEnd`
    pub const QUERY_END: u16 = 800;
    /// `SnapshotBegin`
    pub const SNAPSHOT_BEGIN: u16 = 801;
    /// `SnapshotEnd`
    pub const SNAPSHOT_END: u16 = 802;
}

/// Ids of fields and groups.
pub mod field_id {
    /// `account`
    pub const ACCOUNT: u16 = 1;
    /// `clOrdId`
    pub const CL_ORD_ID: u16 = 11;
    /// `cumQty`
    pub const CUM_QTY: u16 = 14;
    /// `lastPx`
    pub const LAST_PX: u16 = 31;
    /// `lastQty`
    pub const LAST_QTY: u16 = 32;
    /// `msgSeqNum`
    pub const MSG_SEQ_NUM: u16 = 34;
    /// `orderId`
    pub const ORDER_ID: u16 = 37;
    /// `orderQty`
    pub const ORDER_QTY: u16 = 38;
    /// `ordStatus`
    pub const ORD_STATUS: u16 = 39;
    /// `ordType`
    pub const ORD_TYPE: u16 = 40;
    /// `origClOrdId`
    pub const ORIG_CL_ORD_ID: u16 = 41;
    /// `price`
    pub const PRICE: u16 = 44;
    /// `refSeqNo`
    pub const REF_SEQ_NO: u16 = 45;
    /// `instrument`
    pub const INSTRUMENT: u16 = 48;
    /// `timestamp`
    pub const TIMESTAMP: u16 = 52;
    /// `qty`
    pub const QTY: u16 = 53;
    /// `side`
    pub const SIDE: u16 = 54;
    /// `tif`
    pub const TIF: u16 = 59;
    /// `at`
    pub const AT: u16 = 60;
    /// `stopPx`
    pub const STOP_PX: u16 = 99;
    /// `minQty`
    pub const MIN_QTY: u16 = 110;
    /// `expireAt`
    pub const EXPIRE_AT: u16 = 126;
    /// `bid`
    pub const BID: u16 = 132;
    /// `ask`
    pub const ASK: u16 = 133;
    /// `bidQty`
    pub const BID_QTY: u16 = 134;
    /// `askQty`
    pub const ASK_QTY: u16 = 135;
    /// `fee`
    pub const FEE: u16 = 137;
    /// `execType`
    pub const EXEC_TYPE: u16 = 150;
    /// `leavesQty`
    pub const LEAVES_QTY: u16 = 151;
    /// `high`
    pub const HIGH: u16 = 332;
    /// `low`
    pub const LOW: u16 = 333;
    /// `orders`
    pub const ORDERS: u16 = 346;
    /// `refFieldId`
    pub const REF_FIELD_ID: u16 = 371;
    /// `bidId`
    pub const BID_ID: u16 = 390;
    /// `legs`
    pub const LEGS: u16 = 555;
    /// `lotSize`
    pub const LOT_SIZE: u16 = 561;
    /// `liquidity`
    pub const LIQUIDITY: u16 = 851;
    /// `tradeId`
    pub const TRADE_ID: u16 = 1003;
    /// `volume`
    pub const VOLUME: u16 = 1020;
    /// `displayQty`
    pub const DISPLAY_QTY: u16 = 1138;
    /// `maxOrderQty`
    pub const MAX_ORDER_QTY: u16 = 1140;
    /// `tickValue`
    pub const TICK_VALUE: u16 = 1146;
    /// `referencePrice`
    pub const REFERENCE_PRICE: u16 = 1150;
    /// `seq`
    pub const SEQ: u16 = 1181;
    /// `aggressor`
    pub const AGGRESSOR: u16 = 2446;
    /// `stp`
    pub const STP: u16 = 2964;
    /// `sessionId`
    pub const SESSION_ID: u16 = 20001;
    /// `sessionVerId`
    pub const SESSION_VER_ID: u16 = 20002;
    /// `clientFlow`
    pub const CLIENT_FLOW: u16 = 20003;
    /// `serverFlow`
    pub const SERVER_FLOW: u16 = 20004;
    /// `signature`
    pub const SIGNATURE: u16 = 20005;
    /// `requestTimestamp`
    pub const REQUEST_TIMESTAMP: u16 = 20006;
    /// `code`
    pub const CODE: u16 = 20007;
    /// `lastSessionVerId`
    pub const LAST_SESSION_VER_ID: u16 = 20008;
    /// `percent`
    pub const PERCENT: u16 = 20009;
    /// `keepAliveInterval`
    pub const KEEP_ALIVE_INTERVAL: u16 = 20010;
    /// `nextSeqNo`
    pub const NEXT_SEQ_NO: u16 = 20011;
    /// `lastReceivedSeqNo`
    pub const LAST_RECEIVED_SEQ_NO: u16 = 20012;
    /// `cancelOnDisconnect`
    pub const CANCEL_ON_DISCONNECT: u16 = 20013;
    /// `graceTime`
    pub const GRACE_TIME: u16 = 20014;
    /// `lastIncomingSeqNo`
    pub const LAST_INCOMING_SEQ_NO: u16 = 20015;
    /// `fromSeqNo`
    pub const FROM_SEQ_NO: u16 = 20016;
    /// `count`
    pub const COUNT: u16 = 20017;
    /// `refTemplateId`
    pub const REF_TEMPLATE_ID: u16 = 20018;
    /// `groupIndex`
    pub const GROUP_INDEX: u16 = 20019;
    /// `reason`
    pub const REASON: u16 = 20020;
    /// `messagesPerSecond`
    pub const MESSAGES_PER_SECOND: u16 = 20021;
    /// `burst`
    pub const BURST: u16 = 20022;
    /// `messagesLeft`
    pub const MESSAGES_LEFT: u16 = 20023;
    /// `cancelsPerSecond`
    pub const CANCELS_PER_SECOND: u16 = 20024;
    /// `cancelsLeft`
    pub const CANCELS_LEFT: u16 = 20025;
    /// `ordersInFlight`
    pub const ORDERS_IN_FLIGHT: u16 = 20026;
    /// `ordersInFlightLeft`
    pub const ORDERS_IN_FLIGHT_LEFT: u16 = 20027;
    /// `asset`
    pub const ASSET: u16 = 20028;
    /// `decimals`
    pub const DECIMALS: u16 = 20029;
    /// `group`
    pub const GROUP: u16 = 20030;
    /// `amount`
    pub const AMOUNT: u16 = 20031;
    /// `requestId`
    pub const REQUEST_ID: u16 = 20032;
    /// `fromAccount`
    pub const FROM_ACCOUNT: u16 = 20033;
    /// `toAccount`
    pub const TO_ACCOUNT: u16 = 20034;
    /// `base`
    pub const BASE: u16 = 20035;
    /// `quote`
    pub const QUOTE: u16 = 20036;
    /// `risk`
    pub const RISK: u16 = 20037;
    /// `bandTicks`
    pub const BAND_TICKS: u16 = 20038;
    /// `haltBandTicks`
    pub const HALT_BAND_TICKS: u16 = 20039;
    /// `haltFor`
    pub const HALT_FOR: u16 = 20040;
    /// `maxNotional`
    pub const MAX_NOTIONAL: u16 = 20041;
    /// `maxOpenOrders`
    pub const MAX_OPEN_ORDERS: u16 = 20042;
    /// `maxPosition`
    pub const MAX_POSITION: u16 = 20043;
    /// `makerFeePpm`
    pub const MAKER_FEE_PPM: u16 = 20044;
    /// `takerFeePpm`
    pub const TAKER_FEE_PPM: u16 = 20045;
    /// `phase`
    pub const PHASE: u16 = 20046;
    /// `postOnly`
    pub const POST_ONLY: u16 = 20047;
    /// `on`
    pub const ON: u16 = 20048;
    /// `auction`
    pub const AUCTION: u16 = 20049;
    /// `kind`
    pub const KIND: u16 = 20050;
    /// `seller`
    pub const SELLER: u16 = 20051;
    /// `startPrice`
    pub const START_PRICE: u16 = 20052;
    /// `reservePrice`
    pub const RESERVE_PRICE: u16 = 20053;
    /// `buyNow`
    pub const BUY_NOW: u16 = 20054;
    /// `step`
    pub const STEP: u16 = 20055;
    /// `stepEvery`
    pub const STEP_EVERY: u16 = 20056;
    /// `floor`
    pub const FLOOR: u16 = 20057;
    /// `opensAt`
    pub const OPENS_AT: u16 = 20058;
    /// `closesAt`
    pub const CLOSES_AT: u16 = 20059;
    /// `extendWindow`
    pub const EXTEND_WINDOW: u16 = 20060;
    /// `extendBy`
    pub const EXTEND_BY: u16 = 20061;
    /// `maxExtensions`
    pub const MAX_EXTENSIONS: u16 = 20062;
    /// `increments`
    pub const INCREMENTS: u16 = 20063;
    /// `fromPrice`
    pub const FROM_PRICE: u16 = 20064;
    /// `maxPrice`
    pub const MAX_PRICE: u16 = 20065;
    /// `sale`
    pub const SALE: u16 = 20066;
    /// `holdFor`
    pub const HOLD_FOR: u16 = 20067;
    /// `payment`
    pub const PAYMENT: u16 = 20068;
    /// `maxAttempts`
    pub const MAX_ATTEMPTS: u16 = 20069;
    /// `attemptsWindow`
    pub const ATTEMPTS_WINDOW: u16 = 20070;
    /// `waitlist`
    pub const WAITLIST: u16 = 20071;
    /// `limitPerAccount`
    pub const LIMIT_PER_ACCOUNT: u16 = 20072;
    /// `limitPerOrigin`
    pub const LIMIT_PER_ORIGIN: u16 = 20073;
    /// `mode`
    pub const MODE: u16 = 20074;
    /// `seedDigest`
    pub const SEED_DIGEST: u16 = 20075;
    /// `drawBy`
    pub const DRAW_BY: u16 = 20076;
    /// `product`
    pub const PRODUCT: u16 = 20077;
    /// `stock`
    pub const STOCK: u16 = 20078;
    /// `delta`
    pub const DELTA: u16 = 20079;
    /// `origin`
    pub const ORIGIN: u16 = 20080;
    /// `lines`
    pub const LINES: u16 = 20081;
    /// `seed`
    pub const SEED: u16 = 20082;
    /// `reservation`
    pub const RESERVATION: u16 = 20083;
    /// `by`
    pub const BY: u16 = 20084;
    /// `counter`
    pub const COUNTER: u16 = 20085;
    /// `min`
    pub const MIN: u16 = 20086;
    /// `max`
    pub const MAX: u16 = 20087;
    /// `time`
    pub const TIME: u16 = 20088;
    /// `queryId`
    pub const QUERY_ID: u16 = 20089;
    /// `quality`
    pub const QUALITY: u16 = 20090;
    /// `intervalMs`
    pub const INTERVAL_MS: u16 = 20091;
    /// `command`
    pub const COMMAND: u16 = 20092;
    /// `buyOrder`
    pub const BUY_ORDER: u16 = 20093;
    /// `sellOrder`
    pub const SELL_ORDER: u16 = 20094;
    /// `surplus`
    pub const SURPLUS: u16 = 20095;
    /// `state`
    pub const STATE: u16 = 20096;
    /// `leader`
    pub const LEADER: u16 = 20097;
    /// `bids`
    pub const BIDS: u16 = 20098;
    /// `reserveMet`
    pub const RESERVE_MET: u16 = 20099;
    /// `position`
    pub const POSITION: u16 = 20100;
    /// `deadline`
    pub const DEADLINE: u16 = 20101;
    /// `free`
    pub const FREE: u16 = 20102;
    /// `held`
    pub const HELD: u16 = 20103;
    /// `sold`
    pub const SOLD: u16 = 20104;
    /// `waiting`
    pub const WAITING: u16 = 20105;
    /// `leg`
    pub const LEG: u16 = 20106;
    /// `available`
    pub const AVAILABLE: u16 = 20107;
    /// `soldBp`
    pub const SOLD_BP: u16 = 20108;
    /// `last`
    pub const LAST: u16 = 20109;
    /// `open`
    pub const OPEN: u16 = 20110;
    /// `turnover`
    pub const TURNOVER: u16 = 20111;
    /// `vwap`
    pub const VWAP: u16 = 20112;
    /// `vwapRem`
    pub const VWAP_REM: u16 = 20113;
    /// `trades`
    pub const TRADES: u16 = 20114;
    /// `rank`
    pub const RANK: u16 = 20115;
    /// `value`
    pub const VALUE: u16 = 20116;
    /// `id`
    pub const ID: u16 = 20117;
    /// `field`
    pub const FIELD: u16 = 20118;
    /// `fromCounter`
    pub const FROM_COUNTER: u16 = 20119;
    /// `toCounter`
    pub const TO_COUNTER: u16 = 20120;
    /// `rules`
    pub const RULES: u16 = 20121;
}

/// Every message of the schema, in its order.
pub const MESSAGES: &[MessageLayout] = &[
    <Negotiate as Message>::LAYOUT,
    <NegotiationResponse as Message>::LAYOUT,
    <NegotiationReject as Message>::LAYOUT,
    <Establish as Message>::LAYOUT,
    <EstablishmentAck as Message>::LAYOUT,
    <EstablishmentReject as Message>::LAYOUT,
    <Sequence as Message>::LAYOUT,
    <NotApplied as Message>::LAYOUT,
    <RetransmitRequest as Message>::LAYOUT,
    <Retransmission as Message>::LAYOUT,
    <RetransmitReject as Message>::LAYOUT,
    <Terminate as Message>::LAYOUT,
    <BusinessReject as Message>::LAYOUT,
    <Limits as Message>::LAYOUT,
    <CreateAsset as Message>::LAYOUT,
    <OpenAccount as Message>::LAYOUT,
    <Deposit as Message>::LAYOUT,
    <Withdraw as Message>::LAYOUT,
    <Transfer as Message>::LAYOUT,
    <CreateInstrument as Message>::LAYOUT,
    <SetPhase as Message>::LAYOUT,
    <NewOrder as Message>::LAYOUT,
    <CancelOrder as Message>::LAYOUT,
    <ReplaceOrder as Message>::LAYOUT,
    <MassCancel as Message>::LAYOUT,
    <KillSwitch as Message>::LAYOUT,
    <CreateAuction as Message>::LAYOUT,
    <PlaceBid as Message>::LAYOUT,
    <BuyNow as Message>::LAYOUT,
    <CancelAuction as Message>::LAYOUT,
    <CreateSale as Message>::LAYOUT,
    <AddProduct as Message>::LAYOUT,
    <Restock as Message>::LAYOUT,
    <Reserve as Message>::LAYOUT,
    <ReserveCart as Message>::LAYOUT,
    <Block as Message>::LAYOUT,
    <Draw as Message>::LAYOUT,
    <Confirm as Message>::LAYOUT,
    <Void as Message>::LAYOUT,
    <Extend as Message>::LAYOUT,
    <Leave as Message>::LAYOUT,
    <Atomic as Message>::LAYOUT,
    <QueryOpen as Message>::LAYOUT,
    <QueryDeadlines as Message>::LAYOUT,
    <QueryCounter as Message>::LAYOUT,
    <QueryBalance as Message>::LAYOUT,
    <QueryDepth as Message>::LAYOUT,
    <QuerySale as Message>::LAYOUT,
    <QueryAuction as Message>::LAYOUT,
    <QueryStats as Message>::LAYOUT,
    <SchedulePhase as Message>::LAYOUT,
    <QueryCounters as Message>::LAYOUT,
    <ActivateRules as Message>::LAYOUT,
    <AcceptClockStep as Message>::LAYOUT,
    <Subscribe as Message>::LAYOUT,
    <Unsubscribe as Message>::LAYOUT,
    <LimitsRequest as Message>::LAYOUT,
    <ExecutionReport as Message>::LAYOUT,
    <CancelReject as Message>::LAYOUT,
    <Trade as Message>::LAYOUT,
    <Quote as Message>::LAYOUT,
    <Level as Message>::LAYOUT,
    <Indicative as Message>::LAYOUT,
    <PhaseChange as Message>::LAYOUT,
    <BidReport as Message>::LAYOUT,
    <Auction as Message>::LAYOUT,
    <Reservation as Message>::LAYOUT,
    <Product as Message>::LAYOUT,
    <AtomicReport as Message>::LAYOUT,
    <Balance as Message>::LAYOUT,
    <Stats as Message>::LAYOUT,
    <Hot as Message>::LAYOUT,
    <Counter as Message>::LAYOUT,
    <Deadline as Message>::LAYOUT,
    <Accepted as Message>::LAYOUT,
    <Rejected as Message>::LAYOUT,
    <HotCounter as Message>::LAYOUT,
    <QueryEnd as Message>::LAYOUT,
    <SnapshotBegin as Message>::LAYOUT,
    <SnapshotEnd as Message>::LAYOUT,
];

layout! {
    entry Increment = 16
    {
        from = "fromPrice" #20064 [0; 8] false,
        step = "step" #20055 [8; 8] false,
    }
}

layout! {
    entry Line = 12
    {
        product = "product" #20077 [0; 4] false,
        qty = "qty" #53 [4; 8] false,
    }
}

layout! {
    entry LegEntry = 178
    {
        kind = "kind" #20050 [0; 1] false,
        account = "account" #1 [1; 8] true,
        counter = "counter" #20085 [9; 8] true,
        min = "min" #20086 [17; 8] true,
        max = "max" #20087 [25; 8] true,
        delta = "delta" #20079 [33; 8] true,
        from = "fromAccount" #20033 [41; 8] true,
        to = "toAccount" #20034 [49; 8] true,
        asset = "asset" #20028 [57; 4] true,
        amount = "amount" #20031 [61; 8] true,
        sale = "sale" #20066 [69; 4] true,
        product = "product" #20077 [73; 4] true,
        qty = "qty" #53 [77; 8] true,
        origin = "origin" #20080 [85; 8] true,
        auction = "auction" #20049 [93; 4] true,
        max_price = "maxPrice" #20065 [97; 8] true,
        bid_id = "bidId" #390 [105; 8] true,
        instrument = "instrument" #48 [113; 4] true,
        cl_ord_id = "clOrdId" #11 [117; 8] true,
        side = "side" #54 [125; 1] true,
        ord_type = "ordType" #40 [126; 1] true,
        price = "price" #44 [127; 8] true,
        stop_px = "stopPx" #99 [135; 8] true,
        tif = "tif" #59 [143; 1] true,
        expire_at = "expireAt" #126 [144; 8] true,
        display_qty = "displayQty" #1138 [152; 8] true,
        post_only = "postOnly" #20047 [160; 1] true,
        min_qty = "minQty" #110 [161; 8] true,
        stp = "stp" #2964 [169; 1] true,
        time = "time" #20088 [170; 8] true,
    }
}

layout! {
    message Negotiate "Negotiate" = 500, 58
    prefix {
    } {
        session_id = "sessionId" #20001 [0; 8] false,
        session_ver_id = "sessionVerId" #20002 [8; 8] false,
        timestamp = "timestamp" #52 [16; 8] false,
        client_flow = "clientFlow" #20003 [24; 1] false,
        server_flow = "serverFlow" #20004 [25; 1] false,
        signature = "signature" #20005 [26; 32] false,
    } groups {
    }
}

layout! {
    message NegotiationResponse "NegotiationResponse" = 501, 24
    prefix {
    } {
        session_id = "sessionId" #20001 [0; 8] false,
        session_ver_id = "sessionVerId" #20002 [8; 8] false,
        request_timestamp = "requestTimestamp" #20006 [16; 8] false,
    } groups {
    }
}

layout! {
    message NegotiationReject "NegotiationReject" = 502, 34
    prefix {
    } {
        session_id = "sessionId" #20001 [0; 8] false,
        session_ver_id = "sessionVerId" #20002 [8; 8] false,
        request_timestamp = "requestTimestamp" #20006 [16; 8] false,
        code = "code" #20007 [24; 1] false,
        last_session_ver_id = "lastSessionVerId" #20008 [25; 8] true,
        percent = "percent" #20009 [33; 1] true,
    } groups {
    }
}

layout! {
    message Establish "Establish" = 503, 81
    prefix {
    } {
        session_id = "sessionId" #20001 [0; 8] false,
        session_ver_id = "sessionVerId" #20002 [8; 8] false,
        timestamp = "timestamp" #52 [16; 8] false,
        keep_alive_interval = "keepAliveInterval" #20010 [24; 4] false,
        next_seq_no = "nextSeqNo" #20011 [28; 8] false,
        last_received_seq_no = "lastReceivedSeqNo" #20012 [36; 8] false,
        cancel_on_disconnect = "cancelOnDisconnect" #20013 [44; 1] true,
        grace_time = "graceTime" #20014 [45; 4] true,
        signature = "signature" #20005 [49; 32] false,
    } groups {
    }
}

layout! {
    message EstablishmentAck "EstablishmentAck" = 504, 44
    prefix {
    } {
        session_id = "sessionId" #20001 [0; 8] false,
        session_ver_id = "sessionVerId" #20002 [8; 8] false,
        request_timestamp = "requestTimestamp" #20006 [16; 8] false,
        keep_alive_interval = "keepAliveInterval" #20010 [24; 4] false,
        next_seq_no = "nextSeqNo" #20011 [28; 8] false,
        last_incoming_seq_no = "lastIncomingSeqNo" #20015 [36; 8] false,
    } groups {
    }
}

layout! {
    message EstablishmentReject "EstablishmentReject" = 505, 33
    prefix {
    } {
        session_id = "sessionId" #20001 [0; 8] false,
        session_ver_id = "sessionVerId" #20002 [8; 8] false,
        request_timestamp = "requestTimestamp" #20006 [16; 8] false,
        code = "code" #20007 [24; 1] false,
        next_seq_no = "nextSeqNo" #20011 [25; 8] true,
    } groups {
    }
}

layout! {
    message Sequence "Sequence" = 506, 8
    prefix {
    } {
        next_seq_no = "nextSeqNo" #20011 [0; 8] false,
    } groups {
    }
}

layout! {
    message NotApplied "NotApplied" = 507, 12
    prefix {
    } {
        from_seq_no = "fromSeqNo" #20016 [0; 8] false,
        count = "count" #20017 [8; 4] false,
    } groups {
    }
}

layout! {
    message RetransmitRequest "RetransmitRequest" = 508, 20
    prefix {
    } {
        timestamp = "timestamp" #52 [0; 8] false,
        from_seq_no = "fromSeqNo" #20016 [8; 8] false,
        count = "count" #20017 [16; 4] false,
    } groups {
    }
}

layout! {
    message Retransmission "Retransmission" = 509, 20
    prefix {
    } {
        request_timestamp = "requestTimestamp" #20006 [0; 8] false,
        next_seq_no = "nextSeqNo" #20011 [8; 8] false,
        count = "count" #20017 [16; 4] false,
    } groups {
    }
}

layout! {
    message RetransmitReject "RetransmitReject" = 510, 9
    prefix {
    } {
        request_timestamp = "requestTimestamp" #20006 [0; 8] false,
        code = "code" #20007 [8; 1] false,
    } groups {
    }
}

layout! {
    message Terminate "Terminate" = 511, 17
    prefix {
    } {
        session_id = "sessionId" #20001 [0; 8] false,
        session_ver_id = "sessionVerId" #20002 [8; 8] false,
        code = "code" #20007 [16; 1] false,
    } groups {
    }
}

layout! {
    message BusinessReject "BusinessReject" = 512, 16
    prefix {
    } {
        ref_seq_no = "refSeqNo" #45 [0; 8] false,
        ref_template_id = "refTemplateId" #20018 [8; 2] false,
        ref_field_id = "refFieldId" #371 [10; 2] false,
        group_index = "groupIndex" #20019 [12; 2] true,
        reason = "reason" #20020 [14; 2] false,
    } groups {
    }
}

layout! {
    message Limits "Limits" = 513, 36
    prefix {
    } {
        ref_seq_no = "refSeqNo" #45 [0; 8] false,
        messages_per_second = "messagesPerSecond" #20021 [8; 4] false,
        burst = "burst" #20022 [12; 4] false,
        messages_left = "messagesLeft" #20023 [16; 4] false,
        cancels_per_second = "cancelsPerSecond" #20024 [20; 4] false,
        cancels_left = "cancelsLeft" #20025 [24; 4] false,
        orders_in_flight = "ordersInFlight" #20026 [28; 4] false,
        orders_in_flight_left = "ordersInFlightLeft" #20027 [32; 4] false,
    } groups {
    }
}

layout! {
    message CreateAsset "CreateAsset" = 514, 21
    prefix {
    } {
        asset = "asset" #20028 [0; 4] false,
        code = "code" #20007 [4; 16] false,
        decimals = "decimals" #20029 [20; 1] false,
    } groups {
    }
}

layout! {
    message OpenAccount "OpenAccount" = 515, 16
    prefix {
    } {
        account = "account" #1 [0; 8] false,
        group = "group" #20030 [8; 8] true,
    } groups {
    }
}

layout! {
    message Deposit "Deposit" = 516, 28
    prefix {
    } {
        account = "account" #1 [0; 8] false,
        asset = "asset" #20028 [8; 4] false,
        amount = "amount" #20031 [12; 8] false,
        request_id = "requestId" #20032 [20; 8] true,
    } groups {
    }
}

layout! {
    message Withdraw "Withdraw" = 517, 28
    prefix {
    } {
        account = "account" #1 [0; 8] false,
        asset = "asset" #20028 [8; 4] false,
        amount = "amount" #20031 [12; 8] false,
        request_id = "requestId" #20032 [20; 8] true,
    } groups {
    }
}

layout! {
    message Transfer "Transfer" = 518, 36
    prefix {
    } {
        from = "fromAccount" #20033 [0; 8] false,
        to = "toAccount" #20034 [8; 8] false,
        asset = "asset" #20028 [16; 4] false,
        amount = "amount" #20031 [20; 8] false,
        request_id = "requestId" #20032 [28; 8] true,
    } groups {
    }
}

layout! {
    message CreateInstrument "CreateInstrument" = 519, 126
    prefix {
    } {
        instrument = "instrument" #48 [0; 4] false,
        code = "code" #20007 [4; 16] false,
        base = "base" #20035 [20; 4] false,
        quote = "quote" #20036 [24; 4] false,
        lot_size = "lotSize" #561 [28; 8] false,
        tick_value = "tickValue" #1146 [36; 8] false,
        risk = "risk" #20037 [44; 1] false,
        reference_price = "referencePrice" #1150 [45; 8] true,
        band_ticks = "bandTicks" #20038 [53; 8] true,
        halt_band_ticks = "haltBandTicks" #20039 [61; 8] true,
        halt_for = "haltFor" #20040 [69; 8] true,
        max_order_qty = "maxOrderQty" #1140 [77; 8] true,
        max_notional = "maxNotional" #20041 [85; 8] true,
        max_open_orders = "maxOpenOrders" #20042 [93; 8] true,
        max_position = "maxPosition" #20043 [101; 8] true,
        maker_fee_ppm = "makerFeePpm" #20044 [109; 8] true,
        taker_fee_ppm = "takerFeePpm" #20045 [117; 8] true,
        phase = "phase" #20046 [125; 1] true,
    } groups {
    }
}

layout! {
    message SetPhase "SetPhase" = 520, 5
    prefix {
    } {
        instrument = "instrument" #48 [0; 4] false,
        phase = "phase" #20046 [4; 1] false,
    } groups {
    }
}

layout! {
    message NewOrder "NewOrder" = 521, 73
    prefix {
    } {
        account = "account" #1 [0; 8] false,
        instrument = "instrument" #48 [8; 4] false,
        cl_ord_id = "clOrdId" #11 [12; 8] false,
        side = "side" #54 [20; 1] false,
        ord_type = "ordType" #40 [21; 1] false,
        qty = "qty" #53 [22; 8] false,
        price = "price" #44 [30; 8] true,
        stop_px = "stopPx" #99 [38; 8] true,
        tif = "tif" #59 [46; 1] true or TimeInForce::Day,
        expire_at = "expireAt" #126 [47; 8] true,
        display_qty = "displayQty" #1138 [55; 8] true,
        post_only = "postOnly" #20047 [63; 1] true or false,
        min_qty = "minQty" #110 [64; 8] true,
        stp = "stp" #2964 [72; 1] true or Stp::NoPrevention,
    } groups {
    }
}

layout! {
    message CancelOrder "CancelOrder" = 522, 28
    prefix {
    } {
        account = "account" #1 [0; 8] false,
        instrument = "instrument" #48 [8; 4] false,
        order_id = "orderId" #37 [12; 8] true,
        orig_cl_ord_id = "origClOrdId" #41 [20; 8] true,
    } groups {
    }
}

layout! {
    message ReplaceOrder "ReplaceOrder" = 523, 52
    prefix {
    } {
        account = "account" #1 [0; 8] false,
        instrument = "instrument" #48 [8; 4] false,
        order_id = "orderId" #37 [12; 8] true,
        orig_cl_ord_id = "origClOrdId" #41 [20; 8] true,
        cl_ord_id = "clOrdId" #11 [28; 8] false,
        qty = "qty" #53 [36; 8] false,
        price = "price" #44 [44; 8] true,
    } groups {
    }
}

layout! {
    message MassCancel "MassCancel" = 524, 13
    prefix {
    } {
        account = "account" #1 [0; 8] false,
        instrument = "instrument" #48 [8; 4] true,
        side = "side" #54 [12; 1] true,
    } groups {
    }
}

layout! {
    message KillSwitch "KillSwitch" = 525, 9
    prefix {
    } {
        account = "account" #1 [0; 8] false,
        on = "on" #20048 [8; 1] false,
    } groups {
    }
}

layout! {
    message CreateAuction "CreateAuction" = 526, 117
    prefix {
    } {
        auction = "auction" #20049 [0; 4] false,
        kind = "kind" #20050 [4; 1] false,
        seller = "seller" #20051 [5; 8] false,
        asset = "asset" #20028 [13; 4] false,
        qty = "qty" #53 [17; 8] false,
        quote = "quote" #20036 [25; 4] false,
        start_price = "startPrice" #20052 [29; 8] false,
        reserve_price = "reservePrice" #20053 [37; 8] true,
        buy_now = "buyNow" #20054 [45; 8] true,
        step = "step" #20055 [53; 8] true,
        step_every = "stepEvery" #20056 [61; 8] true,
        floor = "floor" #20057 [69; 8] true,
        opens_at = "opensAt" #20058 [77; 8] false,
        closes_at = "closesAt" #20059 [85; 8] false,
        extend_window = "extendWindow" #20060 [93; 8] true,
        extend_by = "extendBy" #20061 [101; 8] true,
        max_extensions = "maxExtensions" #20062 [109; 8] true,
    } groups {
        increments: Increment = "increments" #20063,
    }
}

layout! {
    message PlaceBid "PlaceBid" = 527, 36
    prefix {
    } {
        account = "account" #1 [0; 8] false,
        auction = "auction" #20049 [8; 4] false,
        max_price = "maxPrice" #20065 [12; 8] false,
        qty = "qty" #53 [20; 8] true,
        bid_id = "bidId" #390 [28; 8] false,
    } groups {
    }
}

layout! {
    message BuyNow "BuyNow" = 528, 12
    prefix {
    } {
        auction = "auction" #20049 [0; 4] false,
        account = "account" #1 [4; 8] false,
    } groups {
    }
}

layout! {
    message CancelAuction "CancelAuction" = 529, 12
    prefix {
    } {
        auction = "auction" #20049 [0; 4] false,
        account = "account" #1 [4; 8] true,
    } groups {
    }
}

layout! {
    message CreateSale "CreateSale" = 530, 154
    prefix {
    } {
        sale = "sale" #20066 [0; 4] false,
        opens_at = "opensAt" #20058 [4; 8] false,
        closes_at = "closesAt" #20059 [12; 8] false,
        hold_for = "holdFor" #20067 [20; 8] false,
        payment = "payment" #20068 [28; 1] false,
        seller = "seller" #20051 [29; 8] false,
        quote = "quote" #20036 [37; 4] false,
        max_attempts = "maxAttempts" #20069 [41; 8] true,
        attempts_window = "attemptsWindow" #20070 [49; 8] true,
        waitlist = "waitlist" #20071 [57; 8] true,
        limit_per_account = "limitPerAccount" #20072 [65; 8] true,
        limit_per_origin = "limitPerOrigin" #20073 [73; 8] true,
        mode = "mode" #20074 [81; 1] true,
        seed_digest = "seedDigest" #20075 [82; 64] true,
        draw_by = "drawBy" #20076 [146; 8] true,
    } groups {
    }
}

layout! {
    message AddProduct "AddProduct" = 531, 36
    prefix {
    } {
        sale = "sale" #20066 [0; 4] false,
        product = "product" #20077 [4; 4] false,
        stock = "stock" #20078 [8; 8] false,
        price = "price" #44 [16; 8] false,
        limit_per_account = "limitPerAccount" #20072 [24; 8] false,
        asset = "asset" #20028 [32; 4] true,
    } groups {
    }
}

layout! {
    message Restock "Restock" = 532, 16
    prefix {
    } {
        sale = "sale" #20066 [0; 4] false,
        product = "product" #20077 [4; 4] false,
        delta = "delta" #20079 [8; 8] false,
    } groups {
    }
}

layout! {
    message Reserve "Reserve" = 533, 40
    prefix {
    } {
        account = "account" #1 [0; 8] false,
        sale = "sale" #20066 [8; 4] false,
        product = "product" #20077 [12; 4] false,
        qty = "qty" #53 [16; 8] false,
        request_id = "requestId" #20032 [24; 8] false,
        origin = "origin" #20080 [32; 8] true,
    } groups {
    }
}

layout! {
    message ReserveCart "ReserveCart" = 534, 28
    prefix {
    } {
        account = "account" #1 [0; 8] false,
        sale = "sale" #20066 [8; 4] false,
        request_id = "requestId" #20032 [12; 8] false,
        origin = "origin" #20080 [20; 8] true,
    } groups {
        lines: Line = "lines" #20081,
    }
}

layout! {
    message Block "Block" = 535, 17
    prefix {
    } {
        account = "account" #1 [0; 8] true,
        origin = "origin" #20080 [8; 8] true,
        on = "on" #20048 [16; 1] false,
    } groups {
    }
}

layout! {
    message Draw "Draw" = 536, 68
    prefix {
    } {
        sale = "sale" #20066 [0; 4] false,
        seed = "seed" #20082 [4; 64] false,
    } groups {
    }
}

layout! {
    message Confirm "Confirm" = 537, 16
    prefix {
    } {
        reservation = "reservation" #20083 [0; 8] false,
        qty = "qty" #53 [8; 8] true,
    } groups {
    }
}

layout! {
    message Void "Void" = 538, 8
    prefix {
    } {
        reservation = "reservation" #20083 [0; 8] false,
    } groups {
    }
}

layout! {
    message Extend "Extend" = 539, 16
    prefix {
    } {
        reservation = "reservation" #20083 [0; 8] false,
        by = "by" #20084 [8; 8] false,
    } groups {
    }
}

layout! {
    message Leave "Leave" = 540, 16
    prefix {
    } {
        account = "account" #1 [0; 8] false,
        sale = "sale" #20066 [8; 4] false,
        product = "product" #20077 [12; 4] false,
    } groups {
    }
}

layout! {
    message Atomic "Atomic" = 541, 16
    prefix {
    } {
        account = "account" #1 [0; 8] false,
        request_id = "requestId" #20032 [8; 8] false,
    } groups {
        legs: Leg = "legs" #555,
    }
}

layout! {
    message QueryOpen "QueryOpen" = 542, 16
    prefix {
        "queryId" #20089 [0; 8] false,
    } {
        account = "account" #1 [8; 8] false,
    } groups {
    }
}

layout! {
    message QueryDeadlines "QueryDeadlines" = 543, 8
    prefix {
        "queryId" #20089 [0; 8] false,
    } {
    } groups {
    }
}

layout! {
    message QueryCounter "QueryCounter" = 544, 16
    prefix {
        "queryId" #20089 [0; 8] false,
    } {
        counter = "counter" #20085 [8; 8] false,
    } groups {
    }
}

layout! {
    message QueryBalance "QueryBalance" = 545, 20
    prefix {
        "queryId" #20089 [0; 8] false,
    } {
        account = "account" #1 [8; 8] false,
        asset = "asset" #20028 [16; 4] true,
    } groups {
    }
}

layout! {
    message QueryDepth "QueryDepth" = 546, 12
    prefix {
        "queryId" #20089 [0; 8] false,
    } {
        instrument = "instrument" #48 [8; 4] false,
    } groups {
    }
}

layout! {
    message QuerySale "QuerySale" = 547, 12
    prefix {
        "queryId" #20089 [0; 8] false,
    } {
        sale = "sale" #20066 [8; 4] false,
    } groups {
    }
}

layout! {
    message QueryAuction "QueryAuction" = 548, 12
    prefix {
        "queryId" #20089 [0; 8] false,
    } {
        auction = "auction" #20049 [8; 4] false,
    } groups {
    }
}

layout! {
    message QueryStats "QueryStats" = 549, 20
    prefix {
        "queryId" #20089 [0; 8] false,
    } {
        instrument = "instrument" #48 [8; 4] true,
        auction = "auction" #20049 [12; 4] true,
        sale = "sale" #20066 [16; 4] true,
    } groups {
    }
}

layout! {
    message SchedulePhase "SchedulePhase" = 550, 13
    prefix {
    } {
        instrument = "instrument" #48 [0; 4] false,
        phase = "phase" #20046 [4; 1] true,
        time = "time" #20088 [5; 8] false,
    } groups {
    }
}

layout! {
    message QueryCounters "QueryCounters" = 551, 24
    prefix {
        "queryId" #20089 [0; 8] false,
    } {
        from = "fromCounter" #20119 [8; 8] false,
        to = "toCounter" #20120 [16; 8] false,
    } groups {
    }
}

layout! {
    message ActivateRules "ActivateRules" = 552, 4
    prefix {
    } {
        rules = "rules" #20121 [0; 4] false,
    } groups {
    }
}

layout! {
    message AcceptClockStep "AcceptClockStep" = 553, 16
    prefix {
        "queryId" #20089 [0; 8] false,
    } {
        by = "by" #20084 [8; 8] false,
    } groups {
    }
}

layout! {
    message Subscribe "Subscribe" = 600, 25
    prefix {
    } {
        query_id = "queryId" #20089 [0; 8] false,
        instrument = "instrument" #48 [8; 4] true,
        auction = "auction" #20049 [12; 4] true,
        sale = "sale" #20066 [16; 4] true,
        quality = "quality" #20090 [20; 1] false,
        interval_ms = "intervalMs" #20091 [21; 4] true,
    } groups {
    }
}

layout! {
    message Unsubscribe "Unsubscribe" = 601, 20
    prefix {
    } {
        query_id = "queryId" #20089 [0; 8] false,
        instrument = "instrument" #48 [8; 4] true,
        auction = "auction" #20049 [12; 4] true,
        sale = "sale" #20066 [16; 4] true,
    } groups {
    }
}

layout! {
    message LimitsRequest "LimitsRequest" = 602, 0
    prefix {
    } {
    } groups {
    }
}

layout! {
    message ExecutionReport "ExecutionReport" = 700, 156
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        account = "account" #1 [40; 8] false,
        instrument = "instrument" #48 [48; 4] false,
        order_id = "orderId" #37 [52; 8] true,
        cl_ord_id = "clOrdId" #11 [60; 8] false,
        exec_type = "execType" #150 [68; 1] false,
        ord_status = "ordStatus" #39 [69; 1] false,
        side = "side" #54 [70; 1] false,
        price = "price" #44 [71; 8] true,
        order_qty = "orderQty" #38 [79; 8] false,
        leaves_qty = "leavesQty" #151 [87; 8] false,
        cum_qty = "cumQty" #14 [95; 8] false,
        last_px = "lastPx" #31 [103; 8] true,
        last_qty = "lastQty" #32 [111; 8] true,
        trade_id = "tradeId" #1003 [119; 8] true,
        liquidity = "liquidity" #851 [127; 1] true,
        fee = "fee" #137 [128; 8] true,
        reason = "reason" #20020 [136; 2] true,
        ord_type = "ordType" #40 [138; 1] true,
        tif = "tif" #59 [139; 1] true,
        stop_px = "stopPx" #99 [140; 8] true,
        display_qty = "displayQty" #1138 [148; 8] true,
    } groups {
    }
}

layout! {
    message CancelReject "CancelReject" = 701, 71
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        command = "command" #20092 [40; 1] false,
        account = "account" #1 [41; 8] false,
        instrument = "instrument" #48 [49; 4] false,
        order_id = "orderId" #37 [53; 8] true,
        orig_cl_ord_id = "origClOrdId" #41 [61; 8] true,
        reason = "reason" #20020 [69; 2] false,
    } groups {
    }
}

layout! {
    message Trade "Trade" = 702, 85
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        instrument = "instrument" #48 [40; 4] false,
        trade_id = "tradeId" #1003 [44; 8] false,
        price = "price" #44 [52; 8] false,
        qty = "qty" #53 [60; 8] false,
        aggressor = "aggressor" #2446 [68; 1] false,
        buy_order = "buyOrder" #20093 [69; 8] false,
        sell_order = "sellOrder" #20094 [77; 8] false,
    } groups {
    }
}

layout! {
    message Quote "Quote" = 703, 76
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        instrument = "instrument" #48 [40; 4] false,
        bid = "bid" #132 [44; 8] true,
        bid_qty = "bidQty" #134 [52; 8] true,
        ask = "ask" #133 [60; 8] true,
        ask_qty = "askQty" #135 [68; 8] true,
    } groups {
    }
}

layout! {
    message Level "Level" = 704, 65
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        instrument = "instrument" #48 [40; 4] false,
        side = "side" #54 [44; 1] false,
        price = "price" #44 [45; 8] false,
        qty = "qty" #53 [53; 8] false,
        orders = "orders" #346 [61; 4] false,
    } groups {
    }
}

layout! {
    message Indicative "Indicative" = 705, 68
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        instrument = "instrument" #48 [40; 4] false,
        price = "price" #44 [44; 8] true,
        qty = "qty" #53 [52; 8] false,
        surplus = "surplus" #20095 [60; 8] true,
    } groups {
    }
}

layout! {
    message PhaseChange "Phase" = 706, 45
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        instrument = "instrument" #48 [40; 4] false,
        phase = "phase" #20046 [44; 1] false,
    } groups {
    }
}

layout! {
    message BidReport "BidReport" = 707, 79
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        account = "account" #1 [40; 8] false,
        auction = "auction" #20049 [48; 4] false,
        bid_id = "bidId" #390 [52; 8] true,
        state = "state" #20096 [60; 1] false,
        price = "price" #44 [61; 8] true,
        qty = "qty" #53 [69; 8] true,
        reason = "reason" #20020 [77; 2] true,
    } groups {
    }
}

layout! {
    message Auction "Auction" = 708, 78
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        auction = "auction" #20049 [40; 4] false,
        state = "state" #20096 [44; 1] false,
        price = "price" #44 [45; 8] true,
        leader = "leader" #20097 [53; 8] true,
        bids = "bids" #20098 [61; 8] false,
        closes_at = "closesAt" #20059 [69; 8] false,
        reserve_met = "reserveMet" #20099 [77; 1] true,
    } groups {
    }
}

layout! {
    message Reservation "Reservation" = 709, 107
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        reservation = "reservation" #20083 [40; 8] true,
        account = "account" #1 [48; 8] false,
        sale = "sale" #20066 [56; 4] false,
        product = "product" #20077 [60; 4] true,
        qty = "qty" #53 [64; 8] true,
        request_id = "requestId" #20032 [72; 8] true,
        state = "state" #20096 [80; 1] false,
        position = "position" #20100 [81; 8] true,
        deadline = "deadline" #20101 [89; 8] true,
        amount = "amount" #20031 [97; 8] true,
        reason = "reason" #20020 [105; 2] true,
    } groups {
        lines: Line = "lines" #20081,
    }
}

layout! {
    message Product "Product" = 710, 80
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        sale = "sale" #20066 [40; 4] false,
        product = "product" #20077 [44; 4] false,
        free = "free" #20102 [48; 8] false,
        held = "held" #20103 [56; 8] false,
        sold = "sold" #20104 [64; 8] false,
        waiting = "waiting" #20105 [72; 8] false,
    } groups {
    }
}

layout! {
    message AtomicReport "AtomicReport" = 711, 60
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        account = "account" #1 [40; 8] false,
        request_id = "requestId" #20032 [48; 8] false,
        state = "state" #20096 [56; 1] false,
        leg = "leg" #20106 [57; 1] true,
        reason = "reason" #20020 [58; 2] true,
    } groups {
    }
}

layout! {
    message Balance "Balance" = 712, 68
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        account = "account" #1 [40; 8] false,
        asset = "asset" #20028 [48; 4] false,
        available = "available" #20107 [52; 8] false,
        held = "held" #20103 [60; 8] false,
    } groups {
    }
}

layout! {
    message Stats "Stats" = 713, 164
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        sale = "sale" #20066 [40; 4] true,
        product = "product" #20077 [44; 4] true,
        free = "free" #20102 [48; 8] true,
        held = "held" #20103 [56; 8] true,
        sold = "sold" #20104 [64; 8] true,
        waiting = "waiting" #20105 [72; 8] true,
        sold_bp = "soldBp" #20108 [80; 8] true,
        instrument = "instrument" #48 [88; 4] true,
        last = "last" #20109 [92; 8] true,
        open = "open" #20110 [100; 8] true,
        high = "high" #332 [108; 8] true,
        low = "low" #333 [116; 8] true,
        volume = "volume" #1020 [124; 8] true,
        turnover = "turnover" #20111 [132; 8] true,
        vwap = "vwap" #20112 [140; 8] true,
        vwap_rem = "vwapRem" #20113 [148; 8] true,
        trades = "trades" #20114 [156; 8] true,
    } groups {
    }
}

layout! {
    message Hot "Hot" = 714, 60
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        sale = "sale" #20066 [40; 4] false,
        rank = "rank" #20115 [44; 4] false,
        product = "product" #20077 [48; 4] false,
        sold = "sold" #20104 [52; 8] false,
    } groups {
    }
}

layout! {
    message Counter "Counter" = 715, 56
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        counter = "counter" #20085 [40; 8] false,
        value = "value" #20116 [48; 8] false,
    } groups {
    }
}

layout! {
    message Deadline "Deadline" = 716, 57
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        kind = "kind" #20050 [40; 1] false,
        id = "id" #20117 [41; 8] false,
        time = "time" #20088 [49; 8] false,
    } groups {
    }
}

layout! {
    message Accepted "Accepted" = 717, 49
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        command = "command" #20092 [40; 1] false,
        id = "id" #20117 [41; 8] false,
    } groups {
    }
}

layout! {
    message Rejected "Rejected" = 718, 52
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        command = "command" #20092 [40; 1] false,
        id = "id" #20117 [41; 8] true,
        reason = "reason" #20020 [49; 2] false,
        field = "field" #20118 [51; 1] true,
    } groups {
    }
}

layout! {
    message HotCounter "HotCounter" = 719, 60
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        rank = "rank" #20115 [40; 4] false,
        counter = "counter" #20085 [44; 8] false,
        sold = "sold" #20104 [52; 8] false,
    } groups {
    }
}

layout! {
    message QueryEnd "QueryEnd" = 800, 44
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        count = "count" #20017 [40; 4] false,
    } groups {
    }
}

layout! {
    message SnapshotBegin "SnapshotBegin" = 801, 52
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        instrument = "instrument" #48 [40; 4] true,
        auction = "auction" #20049 [44; 4] true,
        sale = "sale" #20066 [48; 4] true,
    } groups {
    }
}

layout! {
    message SnapshotEnd "SnapshotEnd" = 802, 56
    prefix {
        "seq" #1181 [0; 8] false,
        "at" #60 [8; 8] false,
        "refSeqNo" #45 [16; 8] true,
        "msgSeqNum" #34 [24; 8] true,
        "queryId" #20089 [32; 8] true,
    } {
        instrument = "instrument" #48 [40; 4] true,
        auction = "auction" #20049 [44; 4] true,
        sale = "sale" #20066 [48; 4] true,
        count = "count" #20017 [52; 4] false,
    } groups {
    }
}
