//! The messages of the session layer, and the rest that the engine does not know: subscriptions,
//! limits, and what closes an answer. Which of them may come when is the server's affair.

use ringpit_core::words::CancelOnDisconnect;
use ringpit_core::*;

/// Defines the enums that only the wire knows.
macro_rules! codes {
    ($($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $code:literal,)+ })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum $name { $($(#[$vmeta])* $variant = $code),+ }

        impl $name {
            /// Every value, in the order of the schema.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code on the wire.
            #[must_use]
            pub const fn code(self) -> u8 {
                self as u8
            }

            /// The value with this code.
            #[must_use]
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
        crate::value::enums!($name: u8);
    )+};
}
pub(crate) use codes;

codes! {
    /// FIXP flow types; Ringpit speaks `Idempotent` to the server and `Recoverable` from it.
    FlowType {
        /// Numbered, and can be fetched again.
        Recoverable = 0,
        /// Not numbered.
        Unsequenced = 1,
        /// Numbered, executed at most once, gaps are reported.
        Idempotent = 2,
    }
    /// Why a Negotiate was refused.
    NegotiationRejectCode {
        /// Unknown session or wrong signature; the server's log says which.
        Credentials = 1,
        /// `session_ver_id` is not above the last one.
        VersionNotRising = 2,
        /// The time stamp is too far off, or not above the last one.
        Clock = 3,
        /// The server is replaying its journal.
        Recovering = 4,
        /// A field holds what it may not.
        BadField = 5,
    }
    /// Why an Establish was refused.
    EstablishmentRejectCode {
        /// This session version was never negotiated.
        NotNegotiated = 1,
        /// Unknown session or wrong signature.
        Credentials = 2,
        /// The time stamp is too far off, or not above the last one.
        Clock = 3,
        /// The keep-alive interval is out of bounds.
        KeepAlive = 4,
        /// `last_received_seq_no` is beyond what was ever sent.
        Ahead = 5,
        /// A field holds what it may not.
        BadField = 6,
    }
    /// Why a RetransmitRequest was refused.
    RetransmitRejectCode {
        /// `from_seq_no` is 0, or beyond what was sent.
        OutOfRange = 1,
        /// `count` is 0 or above 2,000.
        BadCount = 2,
    }
    /// Why a connection ends.
    TerminationCode {
        /// All is said.
        Finished = 1,
        /// This session version was never negotiated.
        NotNegotiated = 2,
        /// Wrong signature.
        Credentials = 3,
        /// Nothing came for two intervals.
        KeepAliveLapsed = 4,
        /// The other side does not read fast enough.
        SlowConsumer = 5,
        /// A message that may not come here, or a frame that is none.
        ProtocolViolation = 6,
        /// A newer connection of the same session took over.
        Replaced = 7,
        /// Far too many messages.
        Throttled = 8,
        /// The server stops.
        ServerShutdown = 9,
    }
    /// How much of the market data a subscriber gets.
    FeedQuality {
        /// Every event.
        Full = 1,
        /// The latest value, at most so often.
        Conflated = 2,
    }
}

/// Defines message structs with public fields.
macro_rules! messages {
    ($($(#[$meta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident : $ty:ty),* $(,)? })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct $name { $($(#[$fmeta])* pub $field: $ty),* }
    )+};
}

messages! {
    /// Client: begins a new session; both sides' numbers start at 1.
    Negotiate {
        /// Who.
        session_id: SessionId,
        /// Rises with each new session.
        session_ver_id: u64,
        /// UNIX nanoseconds; rises with each login.
        timestamp: u64,
        /// `Idempotent`.
        client_flow: FlowType,
        /// `Recoverable`.
        server_flow: FlowType,
        /// HMAC-SHA256, see [`crate::signature`].
        signature: [u8; 32],
    }
    /// Server: the new session is open.
    NegotiationResponse {
        /// As asked.
        session_id: SessionId,
        /// As asked.
        session_ver_id: u64,
        /// The request's time stamp.
        request_timestamp: u64,
    }
    /// Server: the new session is refused; closes.
    NegotiationReject {
        /// As asked.
        session_id: SessionId,
        /// As asked.
        session_ver_id: u64,
        /// The request's time stamp.
        request_timestamp: u64,
        /// Why.
        code: NegotiationRejectCode,
        /// With `VersionNotRising`: the version that was accepted last.
        last_session_ver_id: Option<u64>,
        /// With `Recovering`: how much of the journal is replayed.
        percent: Option<u8>,
    }
    /// Client: binds a session to this connection.
    Establish {
        /// Who.
        session_id: SessionId,
        /// As negotiated.
        session_ver_id: u64,
        /// UNIX nanoseconds; rises with each login.
        timestamp: u64,
        /// Milliseconds, 1,000 to 60,000, for both sides.
        keep_alive_interval: u32,
        /// Number of the client's next message, from 1.
        next_seq_no: u64,
        /// The server's last number that came here; 0 none.
        last_received_seq_no: u64,
        /// `None`: as the session file says.
        cancel_on_disconnect: Option<CancelOnDisconnect>,
        /// Milliseconds, to 60,000; `None`: as the session file says.
        grace_time: Option<u32>,
        /// HMAC-SHA256, see [`crate::signature`].
        signature: [u8; 32],
    }
    /// Server: the session is bound to this connection.
    EstablishmentAck {
        /// As asked.
        session_id: SessionId,
        /// As asked.
        session_ver_id: u64,
        /// The request's time stamp.
        request_timestamp: u64,
        /// Milliseconds, as asked.
        keep_alive_interval: u32,
        /// Number of the server's next live message; everything lower can be fetched.
        next_seq_no: u64,
        /// The client's highest number that is safe in the journal; 0 none.
        last_incoming_seq_no: u64,
    }
    /// Server: the binding is refused.
    EstablishmentReject {
        /// As asked.
        session_id: SessionId,
        /// As asked.
        session_ver_id: u64,
        /// The request's time stamp.
        request_timestamp: u64,
        /// Why.
        code: EstablishmentRejectCode,
        /// With `Ahead`: number of the server's next message.
        next_seq_no: Option<u64>,
    }
    /// Both: number of the sender's next message.
    Sequence {
        /// That number.
        next_seq_no: u64,
    }
    /// Server: some of the client's numbers never came.
    NotApplied {
        /// The first.
        from_seq_no: u64,
        /// How many.
        count: u32,
    }
    /// Client: asks for numbered messages again.
    RetransmitRequest {
        /// UNIX nanoseconds; echoed.
        timestamp: u64,
        /// The first.
        from_seq_no: u64,
        /// How many, 1 to 2,000.
        count: u32,
    }
    /// Server: so many numbered messages follow.
    Retransmission {
        /// The request's time stamp.
        request_timestamp: u64,
        /// Number of the first.
        next_seq_no: u64,
        /// How many.
        count: u32,
    }
    /// Server: nothing to send again.
    RetransmitReject {
        /// The request's time stamp.
        request_timestamp: u64,
        /// Why.
        code: RetransmitRejectCode,
    }
    /// Both: ends the connection.
    Terminate {
        /// Who.
        session_id: SessionId,
        /// Its version.
        session_ver_id: u64,
        /// Why.
        code: TerminationCode,
    }
    /// Server: a message was refused before it reached the engine.
    BusinessReject {
        /// The client's number of it.
        ref_seq_no: u64,
        /// Its template id.
        ref_template_id: u16,
        /// Which of its fields or groups; 0 for the frame.
        ref_field_id: u16,
        /// Which entry of the group, counted from 1.
        group_index: Option<u16>,
        /// Why.
        reason: Reason,
    }
    /// Server: what a session may send, and what is left of it now.
    Limits {
        /// The client's number of the request.
        ref_seq_no: u64,
        /// New business a second.
        messages_per_second: u32,
        /// New business at once.
        burst: u32,
        /// New business that may come now.
        messages_left: u32,
        /// Cancels a second.
        cancels_per_second: u32,
        /// Cancels that may come now.
        cancels_left: u32,
        /// Messages that may wait for their answer.
        orders_in_flight: u32,
        /// Messages more that may wait now.
        orders_in_flight_left: u32,
    }
    /// Client: market data of one thing, or of everything when none is named.
    Subscribe {
        /// The client's name of it; the snapshot carries it.
        query_id: u64,
        /// An instrument.
        instrument: Option<InstrumentId>,
        /// An auction.
        auction: Option<AuctionId>,
        /// A sale.
        sale: Option<SaleId>,
        /// How much.
        quality: FeedQuality,
        /// With `Conflated`: milliseconds between two values, at least.
        interval_ms: Option<u32>,
    }
    /// Client: ends a subscription, or all when none is named.
    Unsubscribe {
        /// The client's name of it; the answer carries it.
        query_id: u64,
        /// An instrument.
        instrument: Option<InstrumentId>,
        /// An auction.
        auction: Option<AuctionId>,
        /// A sale.
        sale: Option<SaleId>,
    }
    /// Client: asks for [`Limits`].
    LimitsRequest {}
    /// Server: closes a query's answer.
    QueryEnd {
        /// Events that came before it.
        count: u32,
    }
    /// Server: a snapshot follows, as things stood after the step of its head.
    SnapshotBegin {
        /// An instrument.
        instrument: Option<InstrumentId>,
        /// An auction.
        auction: Option<AuctionId>,
        /// A sale.
        sale: Option<SaleId>,
    }
    /// Server: the snapshot is complete.
    SnapshotEnd {
        /// An instrument.
        instrument: Option<InstrumentId>,
        /// An auction.
        auction: Option<AuctionId>,
        /// A sale.
        sale: Option<SaleId>,
        /// Events that came since its begin.
        count: u32,
    }
}

/// A query without fields of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct QueryDeadlines {}
