//! Numbered events once more: from the session's memory, else from the journal.
//!
//! One request at a time. What is asked of the journal is fetched by others in the background;
//! the hub only puts the answer together, and it is the same bytes that were sent the first time.

use crate::hub::{Hub, Now};
use crate::limits::{REPLAYED_BATCH_BYTES_MAX, RETRANSMIT_BATCH_BYTES_MAX};
use crate::router::encode_numbered;
use crate::session::ConnectionRef;
use ringpit_core::SessionId;
use ringpit_sequencer::Sent;
use ringpit_wire::limits::RETRANSMIT_COUNT_MAX;
use ringpit_wire::{
    Retransmission, RetransmitReject, RetransmitRejectCode, RetransmitRequest, TerminationCode,
};

/// Events to be fetched from the journal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReplayRequest {
    /// Who asked.
    pub connection: ConnectionRef,
    /// Whose events.
    pub session: SessionId,
    /// Of which version.
    pub version: u64,
    /// The first number.
    pub from: u64,
    /// How many.
    pub count: u32,
    /// The request's time stamp, echoed.
    pub timestamp: u64,
}

/// The journal's answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Replayed {
    /// The events, in order; fewer than asked for where the durable line holds no more.
    Events(Vec<Sent>),
    /// Too many wait already: the client may ask again.
    TooMany,
    /// The journal could not be read.
    Failed,
}

impl Hub {
    pub(crate) fn retransmit(
        &mut self,
        key: usize,
        place: usize,
        request: RetransmitRequest,
        now: Now,
    ) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        if connection.is_retransmitting() {
            return self.terminate(key, TerminationCode::ProtocolViolation, now);
        }
        let RetransmitRequest { timestamp, from_seq_no: from, count } = request;
        let session = &self.sessions[place];
        let code = if count == 0 || count > RETRANSMIT_COUNT_MAX {
            Some(RetransmitRejectCode::BadCount)
        } else if from == 0 || from > session.last_out {
            Some(RetransmitRejectCode::OutOfRange)
        } else {
            None
        };
        if let Some(code) = code {
            return self.push(key, 0, &RetransmitReject { request_timestamp: timestamp, code });
        }
        self.batch.clear();
        let copied = session.history.copy(from, count, RETRANSMIT_BATCH_BYTES_MAX, &mut self.batch);
        match copied {
            Some(copied) => self.push_retransmission(key, timestamp, from, copied),
            None => {
                connection.retransmit_end = u64::MAX;
                let (session, version) = (session.id, session.version);
                let connection = self.reference(key);
                self.replays.push(ReplayRequest {
                    connection,
                    session,
                    version,
                    from,
                    count,
                    timestamp,
                });
            }
        }
    }

    /// The next thing to be fetched from the journal.
    pub fn next_replay(&mut self) -> Option<ReplayRequest> {
        self.replays.pop()
    }

    /// The journal has answered.
    pub fn replayed(&mut self, request: ReplayRequest, answer: &Replayed) {
        if !self.is_bound(request.connection) {
            return;
        }
        let (key, request_timestamp) = (request.connection.key, request.timestamp);
        self.batch.clear();
        let mut count = 0;
        match answer {
            Replayed::Events(events) => {
                for sent in events.iter().take(request.count as usize) {
                    let Some(len) = encode_numbered(&sent.emitted(), &mut self.frame[..]) else {
                        break;
                    };
                    if count > 0 && self.batch.len() + len > REPLAYED_BATCH_BYTES_MAX {
                        break;
                    }
                    self.batch.extend_from_slice(&self.frame[..len]);
                    count += 1;
                }
            }
            Replayed::TooMany => (),
            Replayed::Failed => {
                self.connections[key].retransmit_end = 0;
                let code = RetransmitRejectCode::OutOfRange;
                return self.push(key, 0, &RetransmitReject { request_timestamp, code });
            }
        }
        self.push_retransmission(key, request_timestamp, request.from, count);
    }

    /// Retransmission, the batch, and the number of the next live message.
    fn push_retransmission(&mut self, key: usize, timestamp: u64, from: u64, count: u32) {
        let request_timestamp = timestamp;
        self.push(key, 0, &Retransmission { request_timestamp, next_seq_no: from, count });
        self.push_batch(key, 0);
        self.push_sequence(key);
        if let Some(connection) = self.connections.get_mut(key) {
            connection.retransmit_end = connection.outbox.end();
        }
    }
}
