//! The gateway without its sockets: connections, sessions and the line between them.
//!
//! Everything that happens is a call: bytes came, an output came out of the line, time passed.
//! What shall be written waits in the connections' outboxes until [`Hub::flush`]. Nothing here
//! reads a clock, waits, or blocks, so that each rule can be tested without a network.

use crate::connection::{Connection, Due, Stage, finish_frame};
use crate::history::Budget;
use crate::limits::{DEFERRED_MAX, OUTBOX_BYTES_MAX, OUTBOX_TOTAL_BYTES_MAX};
use crate::listener::{Admission, Full};
use crate::lockout::Lockout;
use crate::queries::{LastStep, Query};
use crate::retransmit::ReplayRequest;
use crate::session::ConnectionRef;
use crate::session_inputs::Deferred;
use crate::sessions::Sessions;
use crate::subscriptions::Subscriptions;
use ringpit_core::{InputRef, SessionId};
use ringpit_sequencer::{Busy, Class, InputPort, Lane};
use ringpit_wire::limits::FRAME_BYTES_MAX;
use ringpit_wire::{Frame, FrameError, Plain, Sequence, Terminate, TerminationCode, peek_len};
use slab::Slab;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::net::IpAddr;

/// Both clocks at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Now {
    /// Nanoseconds of a clock that nobody sets.
    pub mono_ns: u64,
    /// UNIX nanoseconds, for the time stamps of logins only.
    pub unix_ns: u64,
}

/// The way into the line.
pub trait Line {
    /// See [`InputPort::offer`].
    ///
    /// # Errors
    /// [`Busy`]; nothing was taken.
    fn offer(
        &mut self,
        lane: Lane,
        class: Class,
        tag: u64,
        input: InputRef<'_>,
    ) -> Result<(), Busy>;

    /// See [`InputPort::want_public`].
    fn want_public(&mut self, wanted: bool);
}

impl Line for InputPort {
    fn offer(
        &mut self,
        lane: Lane,
        class: Class,
        tag: u64,
        input: InputRef<'_>,
    ) -> Result<(), Busy> {
        Self::offer(self, lane, class, tag, input)
    }

    fn want_public(&mut self, wanted: bool) {
        Self::want_public(self, wanted);
    }
}

/// Where bytes are written to. A connection is named by its place.
pub trait Sockets {
    /// Writes what fits.
    ///
    /// # Errors
    /// `WouldBlock` when nothing fits now; anything else ends the connection.
    fn write(&mut self, key: usize, bytes: &[u8]) -> std::io::Result<usize>;
    /// Says that nothing more will be written.
    fn shutdown(&mut self, key: usize);
    /// Closes at once.
    fn close(&mut self, key: usize);
}

/// What a session's connections and messages were answered, counted since the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Messages that entered the line.
    pub entered: u64,
    /// Messages answered by BusinessReject.
    pub rejected: u64,
    /// Of these, for want of room in the ring.
    pub busy: u64,
    /// Refused logins.
    pub failed_logins: u64,
    /// Connections that were cut off because they did not read.
    pub slow_consumers: u64,
}

/// See the module.
pub struct Hub {
    /// Absent while the journal is replayed.
    pub(crate) line: Option<Box<dyn Line + Send>>,
    /// How much of the journal is replayed.
    pub(crate) percent: u8,
    pub(crate) sessions: Sessions,
    pub(crate) connections: Slab<Connection>,
    pub(crate) admission: Admission,
    pub(crate) lockout: Lockout,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) queries: Slab<Query>,
    pub(crate) deferred: VecDeque<Deferred>,
    pub(crate) replays: Vec<ReplayRequest>,
    pub(crate) budget: Budget,
    pub(crate) counters: Counters,
    /// Where frames are encoded.
    pub(crate) frame: Box<[u8; FRAME_BYTES_MAX]>,
    /// Where a retransmission is put together.
    pub(crate) batch: Vec<u8>,
    /// The last step that came out.
    pub(crate) last: LastStep,
    /// Where listeners are gathered.
    pub(crate) listeners: Vec<usize>,
    /// Inputs of the session layer that entered the line.
    pub(crate) session_inputs: u64,
    /// Whether the line was told that public events are wanted.
    public_wanted: bool,
    releasable: u64,
    queue: Vec<usize>,
    timers: BinaryHeap<Reverse<(u64, usize, u64)>>,
    generation: u64,
    gated_bytes: usize,
    backlog_bytes: usize,
    ended: Vec<usize>,
}

impl Hub {
    /// A hub that answers logins with `recovering` until it goes live. `login_failures` failed
    /// logins in a minute close an address to a session for a minute; 0: never.
    #[must_use]
    pub fn new(login_failures: u32) -> Self {
        Self {
            line: None,
            percent: 0,
            sessions: Sessions::default(),
            connections: Slab::new(),
            admission: Admission::default(),
            lockout: Lockout::new(login_failures),
            subscriptions: Subscriptions::default(),
            queries: Slab::new(),
            deferred: VecDeque::new(),
            replays: Vec::new(),
            budget: Budget::default(),
            counters: Counters::default(),
            frame: Box::new([0; FRAME_BYTES_MAX]),
            batch: Vec::new(),
            last: LastStep::default(),
            listeners: Vec::new(),
            session_inputs: 0,
            public_wanted: true,
            releasable: 0,
            queue: Vec::new(),
            timers: BinaryHeap::new(),
            generation: 0,
            gated_bytes: 0,
            backlog_bytes: 0,
            ended: Vec::new(),
        }
    }

    /// How much of the journal is replayed, for the logins that come meanwhile.
    pub fn set_percent(&mut self, percent: u8) {
        self.percent = percent.min(100);
    }

    /// Goes on with what the memories of the sessions left of their budget.
    pub fn set_budget(&mut self, budget: Budget) {
        self.budget = budget;
    }

    /// What was counted.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Bytes that wait for the disk.
    #[must_use]
    pub fn gated_bytes(&self) -> usize {
        self.gated_bytes
    }

    /// A connection came; gives its place. Those that have ended must be closed before.
    ///
    /// # Errors
    /// [`Full`].
    pub fn accept(&mut self, ip: IpAddr, now: Now) -> Result<usize, Full> {
        assert!(self.ended.is_empty(), "a place is used again only when its socket is closed");
        self.admission.enter(ip)?;
        self.generation += 1;
        let key = self.connections.insert(Connection::new(ip, self.generation, now.mono_ns));
        self.schedule(key);
        Ok(key)
    }

    /// Whether what comes from a connection is still to be read.
    #[must_use]
    pub fn listens(&self, key: usize) -> bool {
        self.connections.get(key).is_some_and(Connection::listens)
    }

    /// Bytes came.
    pub fn received(&mut self, key: usize, bytes: &[u8], now: Now) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        connection.heard_ns = now.mono_ns;
        let mut partial = connection.take_partial();
        let mut continues = !partial.is_empty();
        let mut rest = bytes;
        if continues {
            match finish_frame(&mut partial, &mut rest) {
                Ok(true) => {
                    self.frame(key, &partial, now);
                    partial.clear();
                    continues = false;
                }
                Ok(false) => (),
                Err(error) => return self.broken(key, error, now),
            }
        }
        while !continues && self.listens(key) {
            match peek_len(rest) {
                Ok(Some(len)) if len <= rest.len() => {
                    let (frame, after) = rest.split_at(len);
                    rest = after;
                    self.frame(key, frame, now);
                }
                Ok(_) => {
                    partial.extend_from_slice(rest);
                    break;
                }
                Err(error) => return self.broken(key, error, now),
            }
        }
        if let Some(connection) = self.connections.get_mut(key)
            && connection.listens()
            && !partial.is_empty()
        {
            connection.keep_partial(partial, continues, now.mono_ns);
            self.schedule(key);
        }
    }

    fn frame(&mut self, key: usize, bytes: &[u8], now: Now) {
        match Frame::new(bytes) {
            Ok(frame) => self.dispatch(key, &frame, now),
            Err(error) => self.broken(key, error, now),
        }
    }

    /// What came is no frame: before Establish the line is closed without a word.
    fn broken(&mut self, key: usize, error: FrameError, now: Now) {
        let Some(connection) = self.connections.get(key) else { return };
        tracing::debug!(address = %connection.ip, %error, "a frame that is none");
        match connection.stage {
            Stage::Established => self.terminate(key, TerminationCode::ProtocolViolation, now),
            _ => self.drop_connection(key),
        }
    }

    /// The peer closed, or the line broke.
    pub fn closed(&mut self, key: usize) {
        self.drop_connection(key);
    }

    /// A connection may be written to again.
    pub fn writable(&mut self, key: usize) {
        self.enqueue(key);
    }

    /// Says Terminate and waits for the answer.
    pub(crate) fn terminate(&mut self, key: usize, code: TerminationCode, now: Now) {
        let Some(connection) = self.connections.get(key) else { return };
        if !connection.listens() || matches!(connection.stage, Stage::Leaving(_)) {
            return;
        }
        tracing::info!(address = %connection.ip, session = self.session_id(key).0, ?code, "terminate");
        self.unbind(key, code != TerminationCode::Replaced);
        self.say_terminate(key, code);
        self.enter(key, Stage::Leaving(code), now);
    }

    /// Puts a Terminate with this code into the outbox.
    pub(crate) fn say_terminate(&mut self, key: usize, code: TerminationCode) {
        let session = self.connections.get(key).and_then(|connection| connection.session);
        let (session_id, session_ver_id) = session.map_or((SessionId(0), 0), |slot| {
            let session = &self.sessions[slot];
            (session.id, session.version)
        });
        self.push(key, 0, &Terminate { session_id, session_ver_id, code });
    }

    /// Nothing more is said or heard; what waits is written first.
    pub(crate) fn finish(&mut self, key: usize, now: Now) {
        self.unbind(key, true);
        self.enter(key, Stage::Closing, now);
        self.enqueue(key);
    }

    /// Ends a connection at once.
    pub(crate) fn drop_connection(&mut self, key: usize) {
        self.unbind(key, true);
        let Some(connection) = self.connections.try_remove(key) else { return };
        self.gated_bytes -= connection.outbox.gated();
        self.backlog_bytes -= connection.outbox.backlog();
        self.admission.leave(connection.ip);
        self.ended.push(key);
    }

    pub(crate) fn enter(&mut self, key: usize, stage: Stage, now: Now) {
        if let Some(connection) = self.connections.get_mut(key) {
            connection.enter(stage, now.mono_ns);
            self.schedule(key);
        }
    }

    pub(crate) fn session_id(&self, key: usize) -> SessionId {
        let slot = self.connections.get(key).and_then(|connection| connection.session);
        slot.map_or(SessionId(0), |slot| self.sessions[slot].id)
    }

    pub(crate) fn reference(&self, key: usize) -> ConnectionRef {
        let generation = self.connections.get(key).map_or(0, |connection| connection.generation);
        ConnectionRef { key, generation }
    }

    pub(crate) fn is_there(&self, reference: ConnectionRef) -> bool {
        let connection = self.connections.get(reference.key);
        connection.is_some_and(|connection| connection.generation == reference.generation)
    }

    /// Whether so much waits for room in the ring that no login may be taken.
    pub(crate) fn is_choked(&self) -> bool {
        self.deferred.len() >= DEFERRED_MAX
    }

    /// Puts a message into an outbox; it may leave when step `seq` is durable.
    pub(crate) fn push(&mut self, key: usize, seq: u64, message: &impl Plain) {
        if let Some(len) = ringpit_wire::encode(message, &mut self.frame[..]) {
            self.push_frame(key, seq, len);
        }
    }

    /// Puts the frame that was just encoded into an outbox.
    pub(crate) fn push_frame(&mut self, key: usize, seq: u64, len: usize) {
        if let Some(connection) = self.connections.get_mut(key) {
            connection.outbox.push(seq, &self.frame[..len]);
            self.gated_bytes += len;
            self.enqueue(key);
        }
    }

    /// Puts the batch that was put together into an outbox.
    pub(crate) fn push_batch(&mut self, key: usize, seq: u64) {
        if let Some(connection) = self.connections.get_mut(key) {
            connection.outbox.push(seq, &self.batch);
            self.gated_bytes += self.batch.len();
            self.enqueue(key);
        }
    }

    fn enqueue(&mut self, key: usize) {
        if let Some(connection) = self.connections.get_mut(key)
            && !connection.queued
        {
            connection.queued = true;
            self.queue.push(key);
        }
    }

    /// Tells the line whether public events are wanted: before a snapshot is asked for, because
    /// its subscription begins there; and when nobody listens or asks any more.
    pub(crate) fn want_public(&mut self, wanted: bool) {
        if let Some(line) = &mut self.line
            && self.public_wanted != wanted
        {
            line.want_public(wanted);
            self.public_wanted = wanted;
        }
    }

    /// Writes what may leave now that `releasable` is reached, one write a connection as long as
    /// the socket takes it all.
    pub fn flush(&mut self, releasable: u64, now: Now, sockets: &mut impl Sockets) {
        self.releasable = releasable;
        if self.subscriptions.is_empty() && self.queries.is_empty() {
            self.want_public(false);
        }
        #[cfg(ringpit_canary)]
        if ringpit_canary::sings(ringpit_canary::Canary::AckBeforeDurable) {
            self.releasable = u64::MAX;
        }
        let mut index = 0;
        while index < self.queue.len() {
            let key = self.queue[index];
            if self.flush_one(key, now, sockets) {
                index += 1;
            } else {
                if let Some(connection) = self.connections.get_mut(key) {
                    connection.queued = false;
                }
                self.queue.swap_remove(index);
            }
        }
        self.close_ended(sockets);
    }

    /// Closes the sockets of connections that have ended, so that their places can be used again.
    pub fn close_ended(&mut self, sockets: &mut impl Sockets) {
        for key in self.ended.drain(..) {
            sockets.close(key);
        }
    }

    /// Gives true when the outbox must be looked at again once more is durable.
    fn flush_one(&mut self, key: usize, now: Now, sockets: &mut impl Sockets) -> bool {
        let Some(connection) = self.connections.get_mut(key) else { return false };
        let released = connection.outbox.release(self.releasable);
        self.gated_bytes -= released;
        self.backlog_bytes += released;
        while connection.outbox.backlog() > 0 {
            match sockets.write(key, connection.outbox.sendable()) {
                Ok(count) if count > 0 => {
                    connection.outbox.sent(count);
                    connection.spoke_ns = now.mono_ns;
                    self.backlog_bytes -= count;
                }
                Ok(_) => break,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => (),
                Err(_) => {
                    self.drop_connection(key);
                    return false;
                }
            }
        }
        if connection.outbox.is_empty() && connection.stage == Stage::Closing {
            sockets.shutdown(key);
            connection.enter(Stage::Shut, now.mono_ns);
        }
        let backlog = connection.outbox.backlog();
        let stage = connection.stage;
        self.schedule(key);
        let too_much = backlog > OUTBOX_BYTES_MAX
            || (backlog > 0 && self.backlog_bytes > OUTBOX_TOTAL_BYTES_MAX);
        if too_much && stage == Stage::Established {
            self.counters.slow_consumers += 1;
            self.terminate(key, TerminationCode::SlowConsumer, now);
        }
        self.connections.get(key).is_some_and(|connection| connection.outbox.gated() > 0)
    }

    /// Whether inputs of the session layer wait for room in the ring.
    #[must_use]
    pub fn has_deferred(&self) -> bool {
        !self.deferred.is_empty()
    }

    /// Inputs that entered the line, of all kinds.
    #[must_use]
    pub fn entered(&self) -> u64 {
        self.counters.entered + self.session_inputs
    }

    /// Whether nothing is on its way: every message is answered and every answer written.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.is_answered() && self.gated_bytes + self.backlog_bytes == 0
    }

    /// Whether every message has come out of the line again.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        let idle = |place: usize| {
            let session = &self.sessions[place];
            session.in_flight.is_empty() && session.logins.is_empty()
        };
        self.deferred.is_empty() && self.sessions.places().all(idle)
    }

    /// When time must pass again, at the latest.
    #[must_use]
    pub fn next_due_ns(&self) -> Option<u64> {
        self.timers.peek().map(|Reverse((due_ns, _, _))| *due_ns)
    }

    /// Time passed: whatever is due is done.
    pub fn tick(&mut self, now: Now) {
        while let Some(Reverse((due_ns, key, generation))) = self.timers.peek().copied() {
            if due_ns > now.mono_ns {
                break;
            }
            self.timers.pop();
            let current = self.connections.get_mut(key).filter(|connection| {
                connection.generation == generation && connection.scheduled_ns == due_ns
            });
            let Some(connection) = current else { continue };
            connection.scheduled_ns = u64::MAX;
            let (due_ns, due) = connection.due();
            if due_ns <= now.mono_ns {
                self.fall_due(key, due, now);
            }
            self.schedule(key);
        }
        self.drain_deferred();
    }

    fn fall_due(&mut self, key: usize, due: Due, now: Now) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        match due {
            Due::LoginTooSlow | Due::Close => self.drop_connection(key),
            // The line stands still in the middle of a frame: no fault of the client's, which may
            // come again.
            Due::FrameTooSlow if connection.stage == Stage::Established => {
                self.terminate(key, TerminationCode::KeepAliveLapsed, now);
            }
            Due::FrameTooSlow => self.drop_connection(key),
            Due::KeepAliveLapsed => self.terminate(key, TerminationCode::KeepAliveLapsed, now),
            Due::Speak => {
                connection.spoke_ns = now.mono_ns;
                if connection.outbox.is_empty() {
                    self.push_sequence(key);
                }
            }
        }
    }

    /// Tells the client the number of the next live message.
    pub(crate) fn push_sequence(&mut self, key: usize) {
        if let Some(slot) = self.connections.get(key).and_then(|connection| connection.session) {
            let next_seq_no = self.sessions[slot].last_out + 1;
            self.push(key, 0, &Sequence { next_seq_no });
        }
    }

    /// Makes sure that the connection is looked at when it is due.
    fn schedule(&mut self, key: usize) {
        if let Some(connection) = self.connections.get_mut(key) {
            let (due_ns, _) = connection.due();
            if due_ns < connection.scheduled_ns {
                connection.scheduled_ns = due_ns;
                self.timers.push(Reverse((due_ns, key, connection.generation)));
            }
        }
    }

    /// Says Terminate to everybody who is bound, and closes the rest.
    pub fn shut_down(&mut self, now: Now) {
        let keys: Vec<usize> = self.connections.iter().map(|(key, _)| key).collect();
        for key in keys {
            match self.connections[key].stage {
                Stage::Established => self.terminate(key, TerminationCode::ServerShutdown, now),
                Stage::Leaving(_) | Stage::Closing | Stage::Shut => (),
                _ => self.drop_connection(key),
            }
        }
    }

    /// How many connections there are.
    #[must_use]
    pub fn connection_count(&self) -> usize {
        self.connections.len()
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Hub({} connections, {:?})", self.connections.len(), self.counters)
    }
}
