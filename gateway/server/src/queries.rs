//! Questions on their way through the line, and their answers: queries and market-data snapshots.
//!
//! A question is answered at its place in the line. A subscription begins right there: what came
//! out before it is in the snapshot, what comes out after it is in the stream.

use crate::hub::Hub;
use crate::session::ConnectionRef;
use crate::subscriptions::Topic;
use ringpit_core::command::{QueryAuction, QueryCounter, QueryDepth, QuerySale};
use ringpit_core::event::Accepted;
use ringpit_core::{AuctionId, Command, CommandKind, CounterId, Event, InstrumentId, SaleId};
use ringpit_sequencer::OutputSlot;
use ringpit_wire::{
    EventHead, Headed, QueryEnd, SnapshotBegin, SnapshotEnd, encode_event, encode_headed,
};

/// A question on its way.
#[derive(Clone, Copy, Debug)]
pub struct Query {
    /// Who gets the answer.
    pub connection: ConnectionRef,
    /// The place of the session that asked.
    pub place: usize,
    /// The client's number of it.
    pub number: u64,
    /// What the answer is for.
    pub purpose: Purpose,
}

/// What an answer is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// The client asked.
    Answer {
        /// The client's name of it.
        query_id: u64,
    },
    /// A subscription begins with it.
    Snapshot {
        /// The client's name of it.
        query_id: u64,
        /// To what.
        topic: Topic,
        /// Whether the stream follows; not if it was given up meanwhile.
        joins: bool,
        /// Events given since its begin; `None` before.
        events: Option<u32>,
    },
    /// The thing to subscribe to is not there: the engine's refusal is the answer.
    Refused {
        /// The client's name of it.
        query_id: u64,
    },
}

/// The last step that came out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct LastStep {
    pub seq: u64,
    pub at: u64,
}

impl LastStep {
    pub(crate) fn answer_head(self, query_id: u64, number: u64) -> EventHead {
        EventHead {
            seq: self.seq,
            at: self.at,
            ref_seq_no: Some(number),
            msg_seq_num: None,
            query_id: Some(query_id),
        }
    }
}

impl Topic {
    /// What a subscription names; nothing named is everything.
    #[must_use]
    pub fn named(
        instrument: Option<InstrumentId>,
        auction: Option<AuctionId>,
        sale: Option<SaleId>,
    ) -> Self {
        match (instrument, auction, sale) {
            (Some(instrument), _, _) => Self::Instrument(instrument),
            (_, Some(auction), _) => Self::Auction(auction),
            (_, _, Some(sale)) => Self::Sale(sale),
            _ => Self::Everything,
        }
    }

    /// The question whose answer is the snapshot. For everything it only marks a place in the
    /// line: there is no snapshot of the whole venue, the stream begins there.
    #[must_use]
    pub fn snapshot_query(self) -> Command {
        match self {
            Self::Instrument(instrument) => QueryDepth { instrument }.into(),
            Self::Auction(auction) => QueryAuction { auction }.into(),
            Self::Sale(sale) => QuerySale { sale }.into(),
            Self::Everything => QueryCounter { counter: CounterId(0) }.into(),
        }
    }

    fn begin(self) -> SnapshotBegin {
        let (instrument, auction, sale) = self.names();
        SnapshotBegin { instrument, auction, sale }
    }

    fn end(self, count: u32) -> SnapshotEnd {
        let (instrument, auction, sale) = self.names();
        SnapshotEnd { instrument, auction, sale, count }
    }

    fn names(self) -> (Option<InstrumentId>, Option<AuctionId>, Option<SaleId>) {
        match self {
            Self::Instrument(instrument) => (Some(instrument), None, None),
            Self::Auction(auction) => (None, Some(auction), None),
            Self::Sale(sale) => (None, None, Some(sale)),
            Self::Everything => (None, None, None),
        }
    }
}

impl Hub {
    /// Puts a message with an event's head into an outbox; it may leave with its step.
    pub(crate) fn push_headed(&mut self, key: usize, head: &EventHead, message: &impl Headed) {
        if let Some(len) = encode_headed(head, message, &mut self.frame[..]) {
            self.push_frame(key, head.seq, len);
        }
    }

    /// An answer to the question at `index` came out.
    pub(crate) fn answer(&mut self, index: usize, slot: &OutputSlot, event: &Event) {
        let Some(query) = self.queries.get(index).copied() else { return };
        if let Event::Accepted(Accepted { command: CommandKind::AcceptClockStep, id }) = event {
            let session = self.sessions[query.place].id.0;
            tracing::warn!(session, step_ns = id, "an operator accepted the wall clock's step");
        }
        let is_refusal = matches!(event, Event::Rejected(_));
        if is_refusal && let Purpose::Snapshot { query_id, events: None, .. } = query.purpose {
            self.queries[index].purpose = Purpose::Refused { query_id };
        }
        let (query_id, is_told) = match self.queries[index].purpose {
            Purpose::Answer { query_id } | Purpose::Refused { query_id } => (query_id, true),
            Purpose::Snapshot { query_id, topic, .. } => {
                self.begin_snapshot(index, slot);
                if let Purpose::Snapshot { events: Some(events), .. } =
                    &mut self.queries[index].purpose
                    && topic != Topic::Everything
                {
                    *events += 1;
                }
                (query_id, topic != Topic::Everything)
            }
        };
        if is_told && self.is_bound(query.connection) {
            let head = step(slot).answer_head(query_id, query.number);
            if let Some(len) = encode_event(&head, event, &mut self.frame[..]) {
                self.push_frame(query.connection.key, slot.seq, len);
            }
        }
    }

    /// The question at `index` is answered.
    pub(crate) fn end_query(&mut self, index: usize, slot: &OutputSlot, count: u64) {
        if self.queries.contains(index) {
            self.begin_snapshot(index, slot);
        }
        let Some(query) = self.queries.try_remove(index) else { return };
        self.sessions[query.place].came_out(query.number);
        if !self.is_bound(query.connection) {
            return;
        }
        let key = query.connection.key;
        match query.purpose {
            Purpose::Answer { query_id } | Purpose::Refused { query_id } => {
                let head = step(slot).answer_head(query_id, query.number);
                let count = u32::try_from(count).unwrap_or(u32::MAX);
                self.push_headed(key, &head, &QueryEnd { count });
            }
            Purpose::Snapshot { query_id, topic, events, .. } => {
                let head = step(slot).answer_head(query_id, query.number);
                self.push_headed(key, &head, &topic.end(events.unwrap_or(0)));
            }
        }
    }

    /// Subscriptions that are asked for and have not begun: by this connection, and by all.
    pub(crate) fn asked_subscriptions(&self, connection: ConnectionRef) -> (usize, usize) {
        let mut asked = (0, 0);
        for (_, query) in &self.queries {
            if matches!(query.purpose, Purpose::Snapshot { events: None, joins: true, .. }) {
                asked.0 += usize::from(query.connection == connection);
                asked.1 += 1;
            }
        }
        asked
    }

    /// Gives up what this connection has asked for of a topic, or of all: its snapshot still
    /// comes, the stream does not.
    pub(crate) fn give_up_asked(&mut self, connection: ConnectionRef, given_up: Topic) {
        for (_, query) in &mut self.queries {
            if let Purpose::Snapshot { topic, joins, .. } = &mut query.purpose
                && query.connection == connection
                && (*topic == given_up || given_up == Topic::Everything)
            {
                *joins = false;
            }
        }
    }

    /// The first thing that comes out for a snapshot is its place in the line.
    fn begin_snapshot(&mut self, index: usize, slot: &OutputSlot) {
        let Query { connection, number, purpose, .. } = self.queries[index];
        let Purpose::Snapshot { query_id, topic, joins, events: None } = purpose else { return };
        self.queries[index].purpose = Purpose::Snapshot { query_id, topic, joins, events: Some(0) };
        if self.is_bound(connection) {
            let head = step(slot).answer_head(query_id, number);
            self.push_headed(connection.key, &head, &topic.begin());
            if joins && self.subscriptions.add(connection.key, topic).is_err() {
                tracing::error!(?topic, "no room for a subscription that was let in");
            }
        }
    }
}

fn step(slot: &OutputSlot) -> LastStep {
    LastStep { seq: slot.seq, at: slot.at }
}
