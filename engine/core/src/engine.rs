//! The engine's front door: one input in, its events out.

use crate::command::Input;
use crate::event::Sink;
use crate::ids::SessionId;
use crate::words::Role;

/// What the engine knows of a client session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionFacts {
    /// FIXP sessionVerId; 0 before the first session_open.
    pub version: u64,
    /// The last accepted login's time stamp.
    pub timestamp: u64,
    /// Highest client number applied; 0 none.
    pub last_client_seq: u64,
    /// Events numbered for it so far; the next has this plus one.
    pub last_owner_seq: u64,
    /// What it may do; `None` before its first session_config.
    pub role: Option<Role>,
}

/// The whole state. The same inputs give the same events and the same state, always.
#[derive(Debug, Default)]
pub struct Engine {
    seq: u64,
    now: u64,
}

impl Engine {
    /// An engine with nothing but the venue's account 0.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one step: fires every deadline due at `at`, in order and each at its own time, then
    /// applies the command. Never fails: what can't be done is answered by an event.
    ///
    /// `seq` is the last step's number plus one and `at` (UNIX nanoseconds) does not fall.
    /// A repeated client number is a step without events.
    ///
    /// # Panics
    /// When the caller breaks the line: a gap in `seq`, a falling `at`, or a query.
    pub fn apply(&mut self, seq: u64, at: u64, input: &Input, sink: &mut impl Sink) {
        assert!(seq == self.seq + 1 && at >= self.now && !input.command.is_query());
        (self.seq, self.now) = (seq, at);
        let _ = sink;
    }

    /// Answers a read-only command at its place in the line. Deadlines due by then must have been
    /// fired by a `Tick` before.
    pub fn query(&self, input: &Input, sink: &mut impl Sink) {
        let _ = (input, sink);
    }

    /// When the next deadline is due, UNIX nanoseconds.
    #[must_use]
    pub fn next_deadline(&self) -> Option<u64> {
        None
    }

    /// The last step's number; 0 before the first.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The last step's time, UNIX nanoseconds.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Whether this client number was applied before, so that it must not enter the line again.
    #[must_use]
    pub fn is_duplicate(&self, session: SessionId, client_seq: u64) -> bool {
        self.session(session)
            .is_some_and(|facts| client_seq != 0 && client_seq <= facts.last_client_seq)
    }

    /// What is known of a session.
    #[must_use]
    pub fn session(&self, session: SessionId) -> Option<SessionFacts> {
        let _ = session;
        None
    }

    /// A hash of the whole state, independent of how it is laid out in memory.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        0
    }

    /// The running digest of every event that ever came out, queries' answers aside.
    #[must_use]
    pub fn events_digest(&self) -> u64 {
        0
    }
}
