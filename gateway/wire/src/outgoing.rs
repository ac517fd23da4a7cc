//! Messages from the server to the client.

use crate::block::{self, Fault, FieldFault, Message};
use crate::frame::Frame;
use crate::generated::field_id;
use crate::session::*;
use crate::stats::Stats;
use ringpit_core::event::*;
use ringpit_core::{Event, Reason};

/// What every event begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct EventHead {
    /// The step's number; a query's answer carries the last one.
    pub seq: u64,
    /// UNIX nanoseconds: the step's time, or the fired deadline's own.
    pub at: u64,
    /// The receiver's number of the message that caused it; `None` when a deadline or another
    /// client did.
    pub ref_seq_no: Option<u64>,
    /// The event's number in the receiver's stream; `None` when it is not numbered: market data
    /// and answers to queries.
    pub msg_seq_num: Option<u64>,
    /// The client's name of the query or subscription that it answers.
    pub query_id: Option<u64>,
}

/// Bytes of the head, at the start of each event's block.
const HEAD_BYTES: usize = 40;

impl EventHead {
    fn put(&self, block: &mut [u8]) {
        block::put::<_, 0, 8, false>(&self.seq, block);
        block::put::<_, 8, 8, false>(&self.at, block);
        block::put::<_, 16, 8, true>(&self.ref_seq_no, block);
        block::put::<_, 24, 8, true>(&self.msg_seq_num, block);
        block::put::<_, 32, 8, true>(&self.query_id, block);
    }

    fn get(block: &[u8]) -> Result<Self, FieldFault> {
        assert!(block.len() >= HEAD_BYTES);
        Ok(Self {
            seq: block::get::<_, 0, 8>(block, field_id::SEQ)?,
            at: block::get::<_, 8, 8>(block, field_id::AT)?,
            ref_seq_no: block::get::<_, 16, 8>(block, field_id::REF_SEQ_NO)?,
            msg_seq_num: block::get::<_, 24, 8>(block, field_id::MSG_SEQ_NUM)?,
            query_id: block::get::<_, 32, 8>(block, field_id::QUERY_ID)?,
        })
    }
}

/// What a server may send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "events live in place, so that reading needs no heap"
)]
pub enum Outgoing {
    /// The new session is open.
    NegotiationResponse(NegotiationResponse),
    /// The new session is refused.
    NegotiationReject(NegotiationReject),
    /// The session is bound.
    EstablishmentAck(EstablishmentAck),
    /// The binding is refused.
    EstablishmentReject(EstablishmentReject),
    /// Keeps the connection alive, or ends a retransmission.
    Sequence(Sequence),
    /// A gap in the client's numbers.
    NotApplied(NotApplied),
    /// Messages follow again.
    Retransmission(Retransmission),
    /// They don't.
    RetransmitReject(RetransmitReject),
    /// Ends the connection.
    Terminate(Terminate),
    /// A message was refused before it reached the engine.
    BusinessReject(BusinessReject),
    /// What is left.
    Limits(Limits),
    /// Closes a query's answer.
    QueryEnd(EventHead, QueryEnd),
    /// A snapshot follows.
    SnapshotBegin(EventHead, SnapshotBegin),
    /// The snapshot is complete.
    SnapshotEnd(EventHead, SnapshotEnd),
    /// An event of the vocabulary.
    Event(EventHead, Event),
}

/// Applies a macro to the list of events whose template is the event's own, after whatever else
/// it is given.
macro_rules! with_events {
    ($apply:ident $($more:tt)*) => {
        $apply! {
            $($more)*
            events: ExecutionReport CancelReject Trade Quote Level Indicative PhaseChange BidReport
                Auction Reservation Product AtomicReport Balance Hot HotCounter Counter Deadline
                Accepted Rejected;
        }
    };
}

/// Reads any message that a server may send.
///
/// # Errors
/// A [`Fault`] names template and field; a template that no server sends is `unknown_template`.
pub fn decode_outgoing(frame: &Frame<'_>) -> Result<Outgoing, Fault> {
    let template_id = frame.template_id();
    macro_rules! read {
        (plain: $($name:ident)+; headed: $($headed:ident)+; events: $($event:ident)+;) => {
            match template_id {
                $($name::TEMPLATE_ID => {
                    let (message, ()) = block::read::<$name, _>(frame, |_| Ok(()))?;
                    Ok(Outgoing::$name(message))
                })+
                $($headed::TEMPLATE_ID => {
                    let (message, head) = block::read::<$headed, _>(frame, EventHead::get)?;
                    Ok(Outgoing::$headed(head, message))
                })+
                $($event::TEMPLATE_ID => {
                    let (message, head) = block::read::<$event, _>(frame, EventHead::get)?;
                    Ok(Outgoing::Event(head, Event::$event(message)))
                })+
                Stats::TEMPLATE_ID => {
                    let (stats, head) = block::read::<Stats, _>(frame, EventHead::get)?;
                    let missing = FieldFault::new(0, Reason::MissingField).of(template_id);
                    stats.event().map(|event| Outgoing::Event(head, event)).ok_or(missing)
                }
                _ => Err(FieldFault::new(0, Reason::UnknownTemplate).of(template_id)),
            }
        };
    }
    with_events! {
        read plain: NegotiationResponse NegotiationReject EstablishmentAck EstablishmentReject
            Sequence NotApplied Retransmission RetransmitReject Terminate BusinessReject Limits;
        headed: QueryEnd SnapshotBegin SnapshotEnd;
    }
}

/// Writes an event as a frame to the start of `buffer`; gives its length in bytes, or `None` when
/// the buffer is too small (4,096 bytes always suffice) or a list longer than 16.
pub fn encode_event(head: &EventHead, event: &Event, buffer: &mut [u8]) -> Option<usize> {
    let with_head = |block: &mut [u8]| head.put(block);
    macro_rules! write {
        (events: $($name:ident)+;) => {
            match event {
                $(Event::$name(message) => block::write(message, buffer, with_head),)+
                Event::ProductStats(stats) => block::write(&Stats::from(stats), buffer, with_head),
                Event::InstrumentStats(stats) => {
                    block::write(&Stats::from(stats), buffer, with_head)
                }
            }
        };
    }
    with_events!(write)
}

/// Writes a message without a head: session messages, subscriptions, limits, BusinessReject.
/// Gives its length in bytes, or `None` when the buffer is too small.
pub fn encode<M: Plain>(message: &M, buffer: &mut [u8]) -> Option<usize> {
    block::write(message, buffer, |_| ())
}

/// Writes a message that begins like an event but is none of the vocabulary's.
/// Gives its length in bytes, or `None` when the buffer is too small.
pub fn encode_headed<M: Headed>(head: &EventHead, message: &M, buffer: &mut [u8]) -> Option<usize> {
    block::write(message, buffer, |block| head.put(block))
}

/// Messages without a head.
#[expect(private_bounds, reason = "only this crate lays messages out")]
pub trait Plain: Message {}

/// Messages with an event's head that are no events of the vocabulary.
#[expect(private_bounds, reason = "only this crate lays messages out")]
pub trait Headed: Message {}

macro_rules! kinds {
    ($kind:ident: $($name:ident)+) => { $(impl $kind for $name {})+ };
}

kinds!(Plain: Negotiate NegotiationResponse NegotiationReject Establish EstablishmentAck
    EstablishmentReject Sequence NotApplied RetransmitRequest Retransmission RetransmitReject
    Terminate BusinessReject Limits Subscribe Unsubscribe LimitsRequest);
kinds!(Headed: QueryEnd SnapshotBegin SnapshotEnd);
