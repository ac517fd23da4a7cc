//! What the gateway knows of a session, connected or not: its rights, its versions, its numbers
//! both ways, what it still waits for, and its last events.
//!
//! It knows nothing of sockets. What must survive a restart is in the journal; this is the
//! gateway's copy, started from the engine's facts.

use crate::connection::Terms;
use crate::history::History;
use crate::limits::{ABUSE_BURST, ABUSE_PER_SECOND, SESSION_MESSAGES_PER_SECOND};
use crate::sessions_file::{Secret, SessionEntry};
use crate::throttle::Bucket;
use ringpit_core::command::SessionConfig;
use ringpit_core::{Role, SessionFacts, SessionId};
use ringpit_sequencer::Lane;
use std::collections::VecDeque;

/// Every how many inputs one is marked, so that its end is told even if it has no event of its
/// own; below the limit of inputs in flight each one near the limit is marked too.
const MARK_EVERY: u64 = 16;

/// Which connection a login came from; the generation tells a later user of the same place apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConnectionRef {
    /// Place in the table of connections.
    pub key: usize,
    /// Counts the users of all places.
    pub generation: u64,
}

/// A login whose input is on its way through the line.
#[derive(Clone, Copy, Debug)]
pub struct Login {
    /// Where the answer goes.
    pub connection: ConnectionRef,
    /// Its time stamp, echoed in the answer.
    pub timestamp: u64,
    /// What it asked for.
    pub step: LoginStep,
}

/// The two steps of a login.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LoginStep {
    /// Negotiate: this version begins.
    Open {
        /// The new version.
        version: u64,
    },
    /// Establish: the session is bound to the connection.
    Bind {
        /// The number the client gives its next message.
        next_seq_no: u64,
        /// What was agreed.
        terms: Terms,
    },
}

/// The numbers and rights of one session.
#[derive(Debug)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Its secret; `None` when the session file does not (or no longer) name it.
    pub secret: Option<Secret>,
    /// Its rights, as the engine was told.
    pub config: Option<SessionConfig>,
    /// Which ring its messages take, all of them.
    pub lane: Lane,
    /// The version that is in force; 0: none was ever opened.
    pub version: u64,
    /// The highest version on its way into the line.
    pub claimed_version: u64,
    /// Time stamp of the last accepted login.
    pub timestamp: u64,
    /// Highest number of its messages that entered the line.
    pub last_in: u64,
    /// Number of the last event that came out for it.
    pub last_out: u64,
    /// Its last events.
    pub history: History,
    /// The place of the connection it is bound to.
    pub connection: Option<usize>,
    /// Logins on their way, oldest first.
    pub logins: VecDeque<Login>,
    /// Numbers in the line whose end was not seen.
    pub in_flight: VecDeque<u64>,
    /// New business.
    pub business: Bucket,
    /// Cancels.
    pub cancels: Bucket,
    /// Session messages.
    pub session_messages: Bucket,
    /// Refusals that are still forgiven.
    pub abuse: Bucket,
}

impl Session {
    /// A session that nothing is known of.
    #[must_use]
    pub fn new(id: SessionId, now_ns: u64) -> Self {
        let burst = SESSION_MESSAGES_PER_SECOND;
        Self {
            id,
            secret: None,
            config: None,
            lane: Lane::Normal,
            version: 0,
            claimed_version: 0,
            timestamp: 0,
            last_in: 0,
            last_out: 0,
            history: History::default(),
            connection: None,
            logins: VecDeque::new(),
            in_flight: VecDeque::new(),
            business: Bucket::new(0, 0, now_ns),
            cancels: Bucket::new(0, 0, now_ns),
            session_messages: Bucket::new(SESSION_MESSAGES_PER_SECOND, burst, now_ns),
            abuse: Bucket::new(ABUSE_PER_SECOND, ABUSE_BURST, now_ns),
        }
    }

    /// Takes over what the journal knows.
    pub fn recover(&mut self, facts: &SessionFacts, history: History) {
        self.version = facts.version;
        self.claimed_version = facts.version;
        self.timestamp = facts.timestamp;
        self.last_in = facts.last_client_seq;
        self.last_out = facts.last_owner_seq;
        self.history = history;
    }

    /// Takes over the session file's entry. Its ring follows its role only while nothing of it
    /// is on its way, so that its messages never change places.
    pub fn configure(&mut self, entry: &SessionEntry, now_ns: u64) {
        let config = &entry.config;
        self.secret = Some(entry.secret.clone());
        match self.config {
            None => {
                self.business = Bucket::new(config.messages_per_second, config.burst, now_ns);
                let rate = config.cancels_per_second;
                self.cancels = Bucket::new(rate, rate, now_ns);
            }
            Some(_) => {
                self.business.reconfigure(config.messages_per_second, config.burst, now_ns);
                let rate = config.cancels_per_second;
                self.cancels.reconfigure(rate, rate, now_ns);
            }
        }
        self.config = Some(*config);
        self.choose_lane();
    }

    /// Puts the session into the ring of its role, if nothing of it is on its way.
    pub fn choose_lane(&mut self) {
        if self.in_flight.is_empty() && self.logins.is_empty() && self.connection.is_none() {
            let role = self.config.map(|config| config.role);
            self.lane = match role {
                Some(Role::Operator | Role::Payments) => Lane::Priority,
                _ => Lane::Normal,
            };
        }
    }

    /// Its role, if it has one.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        self.config.map(|config| config.role)
    }

    /// A new version is in force: both sides begin at 1 and nothing earlier can be fetched.
    pub fn open(&mut self, version: u64) {
        self.version = version;
        self.last_in = 0;
        self.last_out = 0;
        self.history.clear();
        self.in_flight.clear();
    }

    /// Inputs that may still enter the line before an answer comes out.
    #[must_use]
    pub fn in_flight_left(&self) -> u32 {
        let limit = self.config.map_or(0, |config| config.orders_in_flight);
        limit.saturating_sub(u32::try_from(self.in_flight.len()).unwrap_or(u32::MAX))
    }

    /// Whether the input with this number shall be marked, so that its end is told.
    #[must_use]
    pub fn marks(&self, number: u64) -> bool {
        let limit = self.config.map_or(0, |config| config.orders_in_flight) as usize;
        number.is_multiple_of(MARK_EVERY) || self.in_flight.len() * 2 >= limit
    }

    /// A message entered the line.
    pub fn entered(&mut self, number: u64) {
        #[cfg(ringpit_canary)]
        if ringpit_canary::sings(ringpit_canary::Canary::AcceptDuplicate) {
            self.last_in = self.last_in.max(number);
            return;
        }
        assert!(number > self.last_in, "a session's numbers rise on their way into the line");
        self.last_in = number;
        self.in_flight.push_back(number);
    }

    /// A query is on its way.
    pub fn asked(&mut self, number: u64) {
        self.in_flight.push_back(number);
    }

    /// Everything up to this number has come out.
    pub fn came_out(&mut self, number: u64) {
        while self.in_flight.front().is_some_and(|first| *first <= number) {
            self.in_flight.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringpit_core::{CancelOnDisconnect, List};

    fn entry(role: Role, orders_in_flight: u32) -> SessionEntry {
        let config = SessionConfig {
            session: SessionId(1),
            role,
            accounts: List::new(),
            messages_per_second: 10,
            burst: 20,
            cancels_per_second: 30,
            orders_in_flight,
            cancel_on_disconnect: CancelOnDisconnect::Never,
            grace_ms: 0,
        };
        SessionEntry { secret: Secret::new(&[1; 16]), config }
    }

    #[test]
    fn the_ring_goes_by_role_and_changes_only_while_nothing_is_on_its_way() {
        for role in Role::ALL {
            let mut session = Session::new(SessionId(1), 0);
            session.configure(&entry(*role, 10), 0);
            let first = matches!(role, Role::Operator | Role::Payments);
            assert_eq!(session.lane == Lane::Priority, first, "{}", role.word());
        }
        let mut session = Session::new(SessionId(1), 0);
        session.configure(&entry(Role::Trader, 10), 0);
        session.entered(1);
        session.configure(&entry(Role::Operator, 10), 0);
        assert_eq!(session.lane, Lane::Normal, "1 must not be overtaken by what follows");
        session.came_out(1);
        session.choose_lane();
        assert_eq!(session.lane, Lane::Priority);
    }

    #[test]
    fn what_is_in_flight_falls_with_what_comes_out_and_never_runs_away() {
        let mut session = Session::new(SessionId(1), 0);
        session.configure(&entry(Role::Trader, 4), 0);
        for number in [1, 2, 5, 6] {
            session.entered(number);
        }
        assert_eq!((session.in_flight_left(), session.last_in), (0, 6));
        session.came_out(5);
        assert_eq!(session.in_flight_left(), 3);
        session.open(9);
        assert_eq!((session.in_flight_left(), session.last_in, session.version), (4, 0, 9));
        // Inputs without events of their own: the marked ones tell of those before them.
        session.configure(&entry(Role::Operator, 1_000), 0);
        for number in 1..=10_000 {
            let marked = session.marks(number);
            session.entered(number);
            if marked {
                session.came_out(number);
            }
            assert!(session.in_flight.len() < MARK_EVERY as usize);
        }
    }

    #[test]
    #[should_panic(expected = "numbers rise")]
    fn a_number_never_enters_twice() {
        let mut session = Session::new(SessionId(1), 0);
        session.entered(2);
        session.entered(2);
    }
}
