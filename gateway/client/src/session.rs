//! One session as a pure state machine: bytes in, bytes out, time passed in. No socket, no clock,
//! no thread, so that a process can drive thousands of them from one loop, and a test can play
//! every order of events.
//!
//! The driver does what [`Session::wants`] says: opens a connection, moves bytes both ways, hangs
//! up. The session does the rest: logs in, keeps alive, numbers what it sends, sends again what the
//! server has not got, fetches what it missed, and hands every numbered event over exactly once and
//! in order.

use crate::backoff::Backoff;
use crate::buffer::Buffer;
use crate::codec::{self, Scratch};
use crate::delivery::Delivery;
use crate::error::{Error, SendError};
use crate::inbound::{Inbound, NumberingError};
use crate::limits::{GOODBYE_NS, LOGIN_NS};
use crate::login::Login;
use crate::outbound::Outbound;
use crate::pending::Kind;
use crate::state::SessionState;
use crate::topic::Topic;
use ringpit_core::Command;
use ringpit_wire::TerminationCode;

/// Both clocks, read by the driver: timers run on the one that never jumps, logins carry the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Now {
    /// Nanoseconds of a monotonic clock with any origin.
    pub mono_ns: u64,
    /// UNIX nanoseconds.
    pub unix_ns: u64,
}

/// What a session needs from its driver next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wants {
    /// A new connection, not before this monotonic time; then [`Session::connected`], or
    /// [`Session::disconnected`] when there is none to be had.
    ConnectAt(u64),
    /// Bytes moved both ways; [`Session::tick`] at this monotonic time at the latest.
    TickAt(u64),
    /// What is in the output written as far as possible, the connection closed, then
    /// [`Session::disconnected`].
    HangUp,
    /// Nothing any more; [`Session::error`] says whether that was meant.
    Nothing,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    Down { connect_at: u64 },
    Negotiating { until: u64 },
    Establishing { until: u64 },
    Live,
    Leaving { until: u64 },
    HangUp,
    Ended,
}

/// What hears what a session hands over.
pub type Handler<'h> = &'h mut dyn FnMut(Delivery<'_>);

/// A FIXP session of a client.
#[derive(Debug)]
pub struct Session {
    pub(crate) login: Login,
    /// FIXP sessionVerId; 0 before the first attempt.
    pub(crate) version: u64,
    /// Whether the server has accepted this version.
    pub(crate) negotiated: bool,
    last_timestamp: u64,
    pub(crate) phase: Phase,
    /// Whether the session ends with this connection.
    pub(crate) closing: bool,
    error: Option<Error>,
    pub(crate) inbound: Inbound,
    pub(crate) outbound: Outbound,
    pub(crate) output: Buffer,
    inbox: Buffer,
    pub(crate) sent_at: u64,
    heard_at: u64,
    /// When to ask again for what is missing.
    pub(crate) ask_again_at: Option<u64>,
    pub(crate) backoff: Backoff,
    /// What is subscribed to, and the id that its snapshots carry.
    pub(crate) topics: Vec<(Topic, u64)>,
    last_query_id: u64,
    pub(crate) scratch: Scratch,
}

impl Session {
    /// A session that begins anew: it negotiates a new version, and both sides' numbers start at 1.
    ///
    /// # Errors
    /// [`Error::Config`] when a field of the login is out of its bounds.
    pub fn new(login: Login) -> Result<Self, Error> {
        login.check()?;
        let backoff = Backoff::new(login.session.0);
        Ok(Self {
            login,
            version: 0,
            negotiated: false,
            last_timestamp: 0,
            phase: Phase::Down { connect_at: 0 },
            closing: false,
            error: None,
            inbound: Inbound::resume(0),
            outbound: Outbound::resume(1, codec::sequence),
            output: Buffer::default(),
            inbox: Buffer::default(),
            sent_at: 0,
            heard_at: 0,
            ask_again_at: None,
            backoff,
            topics: Vec::new(),
            last_query_id: 0,
            scratch: Scratch::default(),
        })
    }

    /// A session that goes on where an earlier process stopped.
    ///
    /// # Errors
    /// [`Error::Config`] as with [`Session::new`], and when the state's numbers do not rise.
    pub fn resume(login: Login, state: &SessionState) -> Result<Self, Error> {
        state.check()?;
        let mut session = Self::new(login)?;
        (session.version, session.negotiated) = (state.version, state.accepted);
        session.last_timestamp = state.last_login;
        session.inbound = Inbound::resume(state.last_received);
        session.outbound = Outbound::resume(state.next_number, codec::sequence);
        for unanswered in &state.unanswered {
            session.outbound.keep(unanswered.number, Kind::Command, 0, &unanswered.frame);
        }
        session.outbound.go_on_at(state.next_number);
        Ok(session)
    }

    /// What a later process needs in order to go on from here. Queries and subscriptions are not
    /// in it: their answers belong to this process.
    #[must_use]
    pub fn state(&self) -> SessionState {
        SessionState {
            version: self.version,
            accepted: self.negotiated,
            last_login: self.last_timestamp,
            next_number: self.outbound.next(),
            last_received: self.inbound.last(),
            unanswered: self.outbound.commands(),
        }
    }

    /// What it needs from its driver next.
    #[must_use]
    pub fn wants(&self) -> Wants {
        match self.phase {
            Phase::Down { connect_at } => Wants::ConnectAt(connect_at),
            Phase::Negotiating { until }
            | Phase::Establishing { until }
            | Phase::Leaving { until } => Wants::TickAt(until),
            Phase::Live => {
                let due = self.next_keep_alive().min(self.silent_at());
                Wants::TickAt(self.ask_again_at.map_or(due, |at| at.min(due)))
            }
            Phase::HangUp => Wants::HangUp,
            Phase::Ended => Wants::Nothing,
        }
    }

    /// Why it ended, when it was not meant to.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// Whether messages go straight out.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.phase == Phase::Live
    }

    /// Whether events that were missed are still being fetched.
    #[must_use]
    pub fn is_catching_up(&self) -> bool {
        self.inbound.gap()
    }

    /// How many messages wait for their answer.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.outbound.in_flight()
    }

    /// The highest number of an event that was handed over; 0 none.
    #[must_use]
    pub fn last_received(&self) -> u64 {
        self.inbound.last()
    }

    /// A connection was opened: logs in.
    ///
    /// # Panics
    /// When there is one already.
    pub fn connected(&mut self, now: Now) {
        assert!(matches!(self.phase, Phase::Down { .. }), "one connection at a time");
        self.heard_at = now.mono_ns;
        let until = now.mono_ns + LOGIN_NS;
        if self.negotiated {
            self.establish(now, until);
        } else {
            // An earlier attempt may have been accepted without our hearing of it. Nothing was
            // sent under its version, so a higher one loses nothing.
            self.version = now.unix_ns.max(self.version + 1);
            let timestamp = self.timestamp(now);
            codec::negotiate(&mut self.output, &self.login, self.version, timestamp);
            self.phase = Phase::Negotiating { until };
        }
        self.sent_at = now.mono_ns;
    }

    pub(crate) fn establish(&mut self, now: Now, until: u64) {
        let timestamp = self.timestamp(now);
        let (next, last) = (self.outbound.announced(), self.inbound.last());
        codec::establish(&mut self.output, &self.login, self.version, timestamp, next, last);
        self.phase = Phase::Establishing { until };
    }

    /// Login times rise strictly, whatever the clock does.
    fn timestamp(&mut self, now: Now) -> u64 {
        self.last_timestamp = now.unix_ns.max(self.last_timestamp + 1);
        self.last_timestamp
    }

    /// The connection is gone, or none could be opened.
    pub fn disconnected(&mut self, now: Now, handler: Handler<'_>) {
        self.output.clear();
        self.inbox.clear();
        self.inbound.disconnected();
        self.ask_again_at = None;
        if self.outbound.disconnected(handler) {
            handler(Delivery::Disconnected);
        }
        self.phase = if self.closing || self.error.is_some() {
            Phase::Ended
        } else {
            Phase::Down { connect_at: now.mono_ns + self.backoff.next_ns() }
        };
    }

    /// Bytes to be written to the connection.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        self.output.as_slice()
    }

    /// The connection took so many bytes of the output.
    ///
    /// # Panics
    /// When that is more than there are.
    pub fn wrote(&mut self, bytes: usize) {
        self.output.consume(bytes);
    }

    /// Sends a command; gives its number, which its events carry as `ref_seq_no`.
    ///
    /// # Errors
    /// [`SendError`], and nothing was sent.
    pub fn send(&mut self, now: Now, command: &Command) -> Result<u64, SendError> {
        if command.is_query() {
            return Err(SendError::WrongWay(command.kind().word()));
        }
        self.scratch.command(command, 0)?;
        self.push(now, Kind::Command, 0)
    }

    /// Sends a query; gives its number and the id that its answers carry. Answers may begin again
    /// after [`Delivery::Disconnected`].
    ///
    /// # Errors
    /// [`SendError`], and nothing was sent.
    pub fn query(&mut self, now: Now, query: &Command) -> Result<(u64, u64), SendError> {
        if !query.is_query() {
            return Err(SendError::WrongWay(query.kind().word()));
        }
        let query_id = self.next_query_id();
        self.scratch.command(query, query_id)?;
        Ok((self.push(now, Kind::Query, query_id)?, query_id))
    }

    /// Subscribes to market data, now and after each reconnect; gives the request's number and the
    /// id that its snapshots carry. Again: a new snapshot.
    ///
    /// # Errors
    /// [`SendError`], and nothing was sent.
    pub fn subscribe(&mut self, now: Now, topic: Topic) -> Result<(u64, u64), SendError> {
        let known = self.topics.iter().find(|(other, _)| *other == topic);
        let query_id = known.map_or_else(|| self.last_query_id + 1, |(_, query_id)| *query_id);
        self.scratch.subscribe(topic, query_id);
        let number = self.push(now, Kind::Request, query_id)?;
        if query_id > self.last_query_id {
            self.last_query_id = query_id;
            self.topics.push((topic, query_id));
        }
        Ok((number, query_id))
    }

    /// Ends a subscription, or all of them; gives the request's number.
    ///
    /// # Errors
    /// [`SendError`], and nothing was sent.
    pub fn unsubscribe(&mut self, now: Now, topic: Topic) -> Result<u64, SendError> {
        let query_id = self.next_query_id();
        self.scratch.unsubscribe(topic, query_id);
        let number = self.push(now, Kind::Request, query_id)?;
        self.topics.retain(|(other, _)| topic != Topic::All && *other != topic);
        Ok(number)
    }

    /// Asks what the session may send; gives the request's number. See [`Delivery::Limits`].
    ///
    /// # Errors
    /// [`SendError`], and nothing was sent.
    pub fn request_limits(&mut self, now: Now) -> Result<u64, SendError> {
        self.scratch.limits_request();
        self.push(now, Kind::Request, 0)
    }

    fn next_query_id(&mut self) -> u64 {
        self.last_query_id += 1;
        self.last_query_id
    }

    pub(crate) fn push(&mut self, now: Now, kind: Kind, query_id: u64) -> Result<u64, SendError> {
        if self.closing || self.phase == Phase::Ended {
            return Err(SendError::Ended);
        }
        let number = self.outbound.push(kind, query_id, self.scratch.frame(), &mut self.output);
        self.sent_at = now.mono_ns;
        number.ok_or(SendError::InFlight)
    }

    /// Says goodbye; the session ends with this connection. What waits for an answer stays in
    /// [`Session::state`].
    pub fn close(&mut self, now: Now) {
        self.closing = true;
        match self.phase {
            Phase::Live => {
                self.say_goodbye(TerminationCode::Finished);
                self.phase = Phase::Leaving { until: now.mono_ns + GOODBYE_NS };
            }
            Phase::Down { .. } => self.phase = Phase::Ended,
            Phase::Negotiating { .. } | Phase::Establishing { .. } => self.phase = Phase::HangUp,
            Phase::Leaving { .. } | Phase::HangUp | Phase::Ended => {}
        }
    }

    pub(crate) fn say_goodbye(&mut self, code: TerminationCode) {
        codec::terminate(&mut self.output, self.login.session, self.version, code);
    }

    fn interval_ns(&self) -> u64 {
        u64::from(self.login.keep_alive_ms) * 1_000_000
    }

    fn next_keep_alive(&self) -> u64 {
        self.sent_at + self.interval_ns()
    }

    fn silent_at(&self) -> u64 {
        self.heard_at + 2 * self.interval_ns()
    }

    /// Does what time asks for: keep-alive, or giving up a silent connection.
    pub fn tick(&mut self, now: Now) {
        match self.phase {
            Phase::Negotiating { until }
            | Phase::Establishing { until }
            | Phase::Leaving { until }
                if now.mono_ns >= until =>
            {
                self.phase = Phase::HangUp;
            }
            Phase::Live if now.mono_ns >= self.silent_at() => {
                self.say_goodbye(TerminationCode::KeepAliveLapsed);
                self.phase = Phase::HangUp;
            }
            Phase::Live if self.ask_again_at.is_some_and(|at| now.mono_ns >= at) => {
                self.fetch_next(now);
            }
            Phase::Live if now.mono_ns >= self.next_keep_alive() => {
                codec::sequence(&mut self.output, self.outbound.implied());
                self.sent_at = now.mono_ns;
            }
            _ => {}
        }
    }

    /// Bytes arrived.
    pub fn received(&mut self, now: Now, bytes: &[u8], handler: Handler<'_>) {
        self.heard_at = now.mono_ns;
        // The inbox is taken out while its frames are worked on, and only what is not whole stays.
        let mut inbox = core::mem::take(&mut self.inbox);
        let joined = inbox.len() > 0;
        if joined {
            inbox.extend(bytes);
        }
        let input = if joined { inbox.as_slice() } else { bytes };
        let mut used = 0;
        while self.listens() {
            match codec::frame_length(&input[used..]) {
                Ok(Some(length)) => {
                    let frame = &input[used..used + length];
                    used += length;
                    if let Err(error) = self.frame(now, frame, handler) {
                        self.fail(error);
                    }
                }
                Ok(None) => break,
                Err(error) => self.fail(error),
            }
        }
        if joined {
            inbox.consume(used);
        } else {
            inbox.extend(&bytes[used..]);
        }
        self.inbox = inbox;
    }

    fn listens(&self) -> bool {
        !matches!(self.phase, Phase::Down { .. } | Phase::HangUp | Phase::Ended)
    }

    /// Gives the connection up, and the session too unless a new connection helps.
    fn fail(&mut self, error: Error) {
        if error != Error::Numbering(NumberingError::TooMuchHeld) {
            self.error.get_or_insert(error);
        }
        self.phase = Phase::HangUp;
    }
}
