//! The session layer's own inputs: what a session may do, that it begins anew, that its connection
//! is lost or back. They go through the line like everything else.
//!
//! They are never refused: what finds no room in the ring waits here, in order.

use crate::connection::Terms;
use crate::hub::{Hub, Now};
use crate::session::Session;
use crate::sessions_file::SessionEntry;
use crate::tags::Tag;
use ringpit_core::command::{SessionBack, SessionLost, SessionOpen};
use ringpit_core::{CancelOnDisconnect, Command, Input, List, SessionFacts, SessionId};
use ringpit_sequencer::Class;
use ringpit_wire::TerminationCode;

/// An input of the session layer, for the session at `place`.
#[derive(Clone, Copy, Debug)]
pub struct Deferred {
    /// The session's place.
    pub place: usize,
    /// What to say.
    pub what: SessionInput,
}

/// What the session layer says.
#[derive(Clone, Copy, Debug)]
pub enum SessionInput {
    /// What the session may do, as its entry says now.
    Config,
    /// A new version.
    Open {
        /// It.
        version: u64,
        /// Of the login.
        timestamp: u64,
    },
    /// The session is bound to a connection.
    Back {
        /// Its version.
        version: u64,
        /// Of the login.
        timestamp: u64,
    },
    /// Its connection is gone.
    Lost(Terms),
}

impl SessionInput {
    fn command(self, session: &Session) -> Option<Command> {
        let id = session.id;
        Some(match self {
            Self::Config => session.config?.into(),
            Self::Open { version, timestamp } => {
                SessionOpen { session: id, version, timestamp }.into()
            }
            Self::Back { version, timestamp } => {
                SessionBack { session: id, version, timestamp }.into()
            }
            Self::Lost(Terms { cancel_on_disconnect, grace_ns, .. }) => {
                SessionLost { session: id, cancel_on_disconnect, grace_ns }.into()
            }
        })
    }
}

impl Hub {
    /// Says it to the engine, now or as soon as there is room.
    pub(crate) fn say_to_engine(&mut self, place: usize, what: SessionInput) {
        self.deferred.push_back(Deferred { place, what });
        self.drain_deferred();
    }

    /// Puts what waits into the ring, as far as there is room.
    pub(crate) fn drain_deferred(&mut self) {
        let Some(line) = &mut self.line else { return };
        while let Some(Deferred { place, what }) = self.deferred.front().copied() {
            let session = &self.sessions[place];
            if let Some(command) = what.command(session) {
                let input = Input { session: SessionId(0), client_seq: 0, command };
                let is_login =
                    matches!(what, SessionInput::Open { .. } | SessionInput::Back { .. });
                let tag = if is_login { Tag::Login(place).code() } else { 0 };
                if line.offer(session.lane, Class::Protected, tag, (&input).into()).is_err() {
                    return;
                }
                self.session_inputs += 1;
            }
            self.deferred.pop_front();
        }
    }

    /// Takes over the session file at start, before the journal is replayed.
    pub fn load(&mut self, entries: &[SessionEntry], now: Now) {
        for entry in entries {
            let place = self.sessions.place_or_new(entry.config.session, now.mono_ns);
            self.sessions[place].configure(entry, now.mono_ns);
        }
    }

    /// Takes over what the journal knows of a session.
    pub fn recover(
        &mut self,
        id: SessionId,
        facts: &SessionFacts,
        history: crate::history::History,
        now: Now,
    ) {
        let place = self.sessions.place_or_new(id, now.mono_ns);
        self.sessions[place].recover(facts, history);
    }

    /// The journal is replayed: tells the engine what each session may do, and that nobody is
    /// connected after whatever ended the last run; then logins are taken.
    pub fn go_live(&mut self, line: Box<dyn crate::hub::Line + Send>) {
        self.line = Some(line);
        self.percent = 100;
        for place in self.sessions.places() {
            let Some(config) = self.sessions[place].config else { continue };
            self.say_to_engine(place, SessionInput::Config);
            let cancels = config.cancel_on_disconnect == CancelOnDisconnect::OnDisconnect;
            if cancels && self.sessions[place].version > 0 {
                self.say_to_engine(
                    place,
                    SessionInput::Lost(Terms {
                        keep_alive_ns: 0,
                        cancel_on_disconnect: config.cancel_on_disconnect,
                        grace_ns: crate::connection::Connection::ms(config.grace_ms),
                    }),
                );
            }
        }
    }

    /// Takes over the session file as it is now. Whoever has left it, or has another secret or
    /// role, is disconnected; other changes count from the next message on. Gives how many
    /// entries changed.
    pub fn reload(&mut self, entries: &[SessionEntry], now: Now) -> usize {
        let mut changed = 0;
        for place in self.sessions.places() {
            let id = self.sessions[place].id;
            let is_named = entries.binary_search_by_key(&id, |entry| entry.config.session).is_ok();
            if self.sessions[place].secret.is_some() && !is_named {
                changed += 1;
                self.retire(place, now);
            }
        }
        for entry in entries {
            let place = self.sessions.place_or_new(entry.config.session, now.mono_ns);
            let session = &mut self.sessions[place];
            let same_config = session.config == Some(entry.config);
            let same_secret = session.secret.as_ref() == Some(&entry.secret);
            if same_config && same_secret {
                continue;
            }
            changed += 1;
            if session.role().is_some_and(|role| role != entry.config.role) || !same_secret {
                self.disconnect(place, now);
            }
            self.sessions[place].configure(entry, now.mono_ns);
            if !same_config {
                self.say_to_engine(place, SessionInput::Config);
            }
        }
        changed
    }

    /// A session left the file: it may act for nobody and can't log in.
    fn retire(&mut self, place: usize, now: Now) {
        self.disconnect(place, now);
        let session = &mut self.sessions[place];
        session.secret = None;
        if let Some(config) = &mut session.config {
            config.accounts = List::new();
            self.say_to_engine(place, SessionInput::Config);
        }
    }

    fn disconnect(&mut self, place: usize, now: Now) {
        if let Some(key) = self.sessions[place].connection {
            self.terminate(key, TerminationCode::Credentials, now);
        }
    }
}
