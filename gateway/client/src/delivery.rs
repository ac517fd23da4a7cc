//! What a session hands to its user.

use crate::topic::Topic;
use ringpit_core::{Event, Reason};
use ringpit_wire::Limits;

/// An event with its place in the line.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Arrived<'a> {
    /// Its number in this session's stream; 0 for market data and answers, which have none and are
    /// not fetched again when they are lost.
    pub number: u64,
    /// The step's number.
    pub seq: u64,
    /// UNIX nanoseconds.
    pub at: u64,
    /// The number of this session's message that caused it; `None` when something else did.
    pub ref_seq_no: Option<u64>,
    /// The query that it answers; 0 for all others.
    pub query_id: u64,
    /// What happened.
    pub event: &'a Event,
    /// The whole frame as the server sent it.
    pub frame: &'a [u8],
}

/// A message that was refused before it reached the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The message's number.
    pub number: u64,
    /// The message's template id.
    pub template_id: u16,
    /// The field at fault; 0 the frame.
    pub field_id: u16,
    /// Which entry of a group, from 1.
    pub group_index: Option<u16>,
    /// Why.
    pub reason: Reason,
}

/// One thing that a session hands over.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Delivery<'a> {
    /// The session is live. What was missed while it was not follows.
    Established,
    /// It is not live any more. Market data is lost from here to the next snapshot, and answers of
    /// queries begin again.
    Disconnected,
    /// An event.
    Event(Arrived<'a>),
    /// A message was refused.
    Refused(Refusal),
    /// All answers of a query were handed over.
    QueryEnd {
        /// The query's number.
        number: u64,
        /// Its id.
        query_id: u64,
        /// How many answers there were.
        count: u32,
    },
    /// A snapshot of subscribed market data follows.
    SnapshotBegin {
        /// Of what.
        topic: Topic,
        /// The subscription's id, which its events carry.
        query_id: u64,
        /// The number of the step after which it was taken.
        seq: u64,
    },
    /// The snapshot is whole.
    SnapshotEnd {
        /// Of what.
        topic: Topic,
        /// The subscription's id.
        query_id: u64,
        /// The number of the step after which it was taken.
        seq: u64,
        /// How many events it had.
        count: u32,
    },
    /// What the session may send.
    Limits(&'a Limits),
    /// A message had to be sent again under another number.
    Renumbered {
        /// Its number so far.
        from: u64,
        /// Its number now.
        to: u64,
    },
    /// A message will not be answered. A command was refused, and not executed: the refusal was
    /// lost with a connection. A request concerned the connection that is gone.
    Passed {
        /// Its number.
        number: u64,
    },
}
