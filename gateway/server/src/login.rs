//! How a session gets on and off a connection: Negotiate, Establish, replaced connections,
//! Terminate.
//!
//! A login is decided when it comes, but answered only when its input has come out of the line,
//! and the answer leaves only when that step is durable: an accepted time stamp is worth nothing
//! any more, after any crash.

use crate::connection::{Stage, Terms};
use crate::fixp;
use crate::hub::{Hub, Now};
use crate::limits::LOGINS_PENDING_MAX;
use crate::numbers::Numbers;
use crate::session::{Login, LoginStep};
use crate::session_inputs::SessionInput;
use crate::signature::is_signed;
use ringpit_core::SessionId;
use ringpit_core::limits::UNSIGNED_MAX;
use ringpit_wire::limits::FRAME_BYTES_MIN;
use ringpit_wire::{
    Establish, EstablishmentAck, EstablishmentReject, EstablishmentRejectCode, Frame, Incoming,
    Negotiate, NegotiationReject, NegotiationRejectCode, NegotiationResponse, Terminate,
    TerminationCode, decode_incoming, template_id,
};

/// What every answer to a login echoes.
#[derive(Clone, Copy, Debug)]
struct Echo {
    session_id: SessionId,
    session_ver_id: u64,
    request_timestamp: u64,
}

impl Echo {
    /// The first three fields of both logins, whatever else is wrong with them.
    fn of(frame: &Frame<'_>) -> Self {
        let field = |index: usize| {
            let at = FRAME_BYTES_MIN + 8 * index;
            let bytes = frame.bytes().get(at..).and_then(|rest| rest.first_chunk());
            bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes).min(UNSIGNED_MAX))
        };
        let (session_ver_id, request_timestamp) = (field(1), field(2));
        Self { session_id: SessionId(field(0)), session_ver_id, request_timestamp }
    }
}

impl Hub {
    /// A whole frame came: what it may be depends on where the connection stands.
    pub(crate) fn dispatch(&mut self, key: usize, frame: &Frame<'_>, now: Now) {
        let Some(connection) = self.connections.get(key) else { return };
        let template = frame.template_id();
        match connection.stage {
            Stage::Closing | Stage::Shut => (),
            Stage::Leaving(_) if template == template_id::TERMINATE => self.finish(key, now),
            Stage::Leaving(_) => (),
            _ if template == template_id::TERMINATE => self.terminated(key, frame, now),
            Stage::Fresh | Stage::Negotiated => match template {
                template_id::NEGOTIATE => self.negotiate(key, frame, now),
                template_id::ESTABLISH => self.establish(key, frame, now),
                _ if connection.stage == Stage::Fresh => {
                    self.terminate(key, TerminationCode::NotNegotiated, now);
                }
                _ => self.terminate(key, TerminationCode::ProtocolViolation, now),
            },
            Stage::Opening | Stage::Binding => {
                self.terminate(key, TerminationCode::ProtocolViolation, now);
            }
            Stage::Established if connection.outbox.sent_position() < connection.ack_end => {
                self.terminate(key, TerminationCode::ProtocolViolation, now);
            }
            Stage::Established => self.established_frame(key, frame, now),
        }
    }

    /// The client says Terminate: answered with the same code.
    fn terminated(&mut self, key: usize, frame: &Frame<'_>, now: Now) {
        let Ok(Incoming::Terminate(Terminate { code, .. })) = decode_incoming(frame) else {
            return self.terminate(key, TerminationCode::ProtocolViolation, now);
        };
        self.unbind(key, true);
        self.say_terminate(key, code);
        self.finish(key, now);
    }

    fn negotiate(&mut self, key: usize, frame: &Frame<'_>, now: Now) {
        let echo = Echo::of(frame);
        let Ok(Incoming::Negotiate(asked)) = decode_incoming(frame) else {
            return self.refuse_open(key, echo, (NegotiationRejectCode::BadField, None), now);
        };
        let Some(place) = self.authenticate(key, frame, asked.session_id, &asked.signature, now)
        else {
            return self.refuse_open(key, echo, (NegotiationRejectCode::Credentials, None), now);
        };
        if self.line.is_none() {
            return self.refuse_open(key, echo, (NegotiationRejectCode::Recovering, None), now);
        }
        match fixp::negotiate(&asked, &self.sessions[place], now.unix_ns) {
            Err(refused) => self.refuse_open(key, echo, refused, now),
            Ok(()) if self.is_crowded(place) => self.drop_connection(key),
            Ok(()) => self.open(key, place, &asked, now),
        }
    }

    /// Whether no more logins of this session may be on their way.
    fn is_crowded(&self, place: usize) -> bool {
        self.is_choked() || self.sessions[place].logins.len() >= LOGINS_PENDING_MAX
    }

    fn open(&mut self, key: usize, place: usize, asked: &Negotiate, now: Now) {
        let (version, timestamp) = (asked.session_ver_id, asked.timestamp);
        let login =
            Login { connection: self.reference(key), timestamp, step: LoginStep::Open { version } };
        self.sessions[place].claimed_version = version;
        self.begin_login(key, place, login);
        self.enter(key, Stage::Opening, now);
        self.say_to_engine(place, SessionInput::Open { version, timestamp });
        if let Some(older) = self.sessions[place].connection {
            // The old version's connection is lost, and nobody is bound to the new one yet.
            self.unbind(older, true);
            self.terminate(older, TerminationCode::Replaced, now);
        }
    }

    fn begin_login(&mut self, key: usize, place: usize, login: Login) {
        let session = &mut self.sessions[place];
        session.choose_lane();
        session.timestamp = login.timestamp;
        session.logins.push_back(login);
        if let Some(connection) = self.connections.get_mut(key) {
            connection.session = Some(place);
        }
    }

    fn establish(&mut self, key: usize, frame: &Frame<'_>, now: Now) {
        let echo = Echo::of(frame);
        let Ok(Incoming::Establish(asked)) = decode_incoming(frame) else {
            return self.refuse_bind(key, echo, (EstablishmentRejectCode::BadField, None), now);
        };
        let Some(place) = self.authenticate(key, frame, asked.session_id, &asked.signature, now)
        else {
            return self.refuse_bind(key, echo, (EstablishmentRejectCode::Credentials, None), now);
        };
        let session = &self.sessions[place];
        let config = session.config.filter(|_| self.line.is_some());
        // While the journal is replayed nobody knows the numbers: close, the client comes back.
        let Some(config) = config else { return self.drop_connection(key) };
        match fixp::establish(&asked, session, &config, now.unix_ns) {
            Err(refused) => self.refuse_bind(key, echo, refused, now),
            Ok(_) if self.is_crowded(place) => self.drop_connection(key),
            Ok(terms) => self.bind(key, place, &asked, terms, now),
        }
    }

    fn bind(&mut self, key: usize, place: usize, asked: &Establish, terms: Terms, now: Now) {
        if let Some(older) = self.sessions[place].connection {
            self.terminate(older, TerminationCode::Replaced, now);
        }
        let step = LoginStep::Bind { next_seq_no: asked.next_seq_no, terms };
        let timestamp = asked.timestamp;
        self.begin_login(key, place, Login { connection: self.reference(key), timestamp, step });
        self.enter(key, Stage::Binding, now);
        let version = asked.session_ver_id;
        self.say_to_engine(place, SessionInput::Back { version, timestamp });
    }

    /// The session a login is signed for. A failure is counted and its cause logged.
    fn authenticate(
        &mut self,
        key: usize,
        frame: &Frame<'_>,
        id: SessionId,
        signature: &[u8; 32],
        now: Now,
    ) -> Option<usize> {
        let address = self.connections.get(key)?.ip;
        let pair = (address, id.0);
        if !self.lockout.is_open(pair, now.mono_ns) {
            tracing::warn!(%address, session = id.0, "login refused: closed after many failures");
            return None;
        }
        let place = self.sessions.place(id);
        let secret = place.and_then(|place| self.sessions[place].secret.as_ref());
        let cause = if secret.is_none() { "unknown session" } else { "bad signature" };
        if is_signed(frame, signature, secret) {
            self.lockout.succeeded(pair);
            return place;
        }
        let closes = self.lockout.failed(pair, now.mono_ns);
        tracing::warn!(%address, session = id.0, cause, closes, "login refused");
        None
    }

    fn refuse_open(
        &mut self,
        key: usize,
        echo: Echo,
        (code, last_session_ver_id): (NegotiationRejectCode, Option<u64>),
        now: Now,
    ) {
        self.counters.failed_logins += 1;
        let Echo { session_id, session_ver_id, request_timestamp } = echo;
        let percent = (code == NegotiationRejectCode::Recovering).then_some(self.percent);
        let reject = NegotiationReject {
            session_id,
            session_ver_id,
            request_timestamp,
            code,
            last_session_ver_id,
            percent,
        };
        self.push(key, 0, &reject);
        self.finish(key, now);
    }

    /// Only bad credentials close the connection: the rest a client may put right at once.
    fn refuse_bind(
        &mut self,
        key: usize,
        echo: Echo,
        (code, next_seq_no): (EstablishmentRejectCode, Option<u64>),
        now: Now,
    ) {
        self.counters.failed_logins += 1;
        let Echo { session_id, session_ver_id, request_timestamp } = echo;
        let reject = EstablishmentReject {
            session_id,
            session_ver_id,
            request_timestamp,
            code,
            next_seq_no,
        };
        self.push(key, 0, &reject);
        if code == EstablishmentRejectCode::Credentials {
            self.finish(key, now);
        }
    }

    /// A login's input has come out of the line as step `seq`.
    pub(crate) fn logged_in(&mut self, place: usize, seq: u64, now: Now) {
        let Some(login) = self.sessions[place].logins.pop_front() else { return };
        match login.step {
            LoginStep::Open { version } => self.opened(place, login, version, seq, now),
            LoginStep::Bind { next_seq_no, terms } => {
                self.bound(place, login, next_seq_no, terms, seq, now);
            }
        }
    }

    fn opened(&mut self, place: usize, login: Login, version: u64, seq: u64, now: Now) {
        let session = &mut self.sessions[place];
        session.open(version);
        let session_id = session.id;
        if self.is_there(login.connection) {
            let request_timestamp = login.timestamp;
            let response =
                NegotiationResponse { session_id, session_ver_id: version, request_timestamp };
            let key = login.connection.key;
            if self.connections[key].stage == Stage::Opening {
                self.push(key, seq, &response);
                self.enter(key, Stage::Negotiated, now);
            }
        }
    }

    fn bound(
        &mut self,
        place: usize,
        login: Login,
        next_seq_no: u64,
        terms: Terms,
        seq: u64,
        now: Now,
    ) {
        let session = &mut self.sessions[place];
        let key = login.connection.key;
        // All that came before this step has come out.
        session.in_flight.clear();
        let newer = session.logins.back().map(|login| login.step);
        let numbers = Numbers::establish(session.last_in, next_seq_no);
        let there =
            self.is_there(login.connection) && self.connections[key].stage == Stage::Binding;
        let (None, Ok(numbers), true) = (newer, numbers, there) else {
            if !matches!(newer, Some(LoginStep::Bind { .. })) {
                self.say_to_engine(place, SessionInput::Lost(terms));
            }
            if there {
                self.terminate(key, TerminationCode::Replaced, now);
            }
            return;
        };
        let session = &mut self.sessions[place];
        session.connection = Some(key);
        let ack = EstablishmentAck {
            session_id: session.id,
            session_ver_id: session.version,
            request_timestamp: login.timestamp,
            keep_alive_interval: (terms.keep_alive_ns / crate::limits::MS_NS) as u32,
            next_seq_no: session.last_out + 1,
            last_incoming_seq_no: session.last_in,
        };
        self.push(key, seq, &ack);
        let connection = &mut self.connections[key];
        connection.terms = terms;
        connection.numbers = numbers;
        connection.ack_end = connection.outbox.end();
        connection.heard_ns = now.mono_ns;
        self.enter(key, Stage::Established, now);
    }

    /// Takes a session off its connection; `is_lost` starts its grace time.
    pub(crate) fn unbind(&mut self, key: usize, is_lost: bool) {
        let Some(connection) = self.connections.get(key) else { return };
        let (place, terms) = (connection.session, connection.terms);
        let Some(place) = place.filter(|place| self.sessions[*place].connection == Some(key))
        else {
            return;
        };
        let session = &mut self.sessions[place];
        session.connection = None;
        session.choose_lane();
        self.subscriptions.remove_all(key);
        if is_lost {
            self.say_to_engine(place, SessionInput::Lost(terms));
        }
    }
}
