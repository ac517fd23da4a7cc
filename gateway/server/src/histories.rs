//! The sessions' last events, gathered while the journal is replayed, and given to the hub with
//! what the engine knows of each session.

use crate::history::{Budget, History};
use crate::router::encode_numbered;
use ringpit_core::{Emitted, Engine, SessionFacts, SessionId};
use ringpit_wire::limits::FRAME_BYTES_MAX;
use std::collections::HashMap;

/// A session as the journal knows it.
pub type Known = (SessionId, SessionFacts, History);

/// See the module.
pub struct Histories {
    sessions: HashMap<SessionId, History>,
    budget: Budget,
    frame: Box<[u8; FRAME_BYTES_MAX]>,
}

impl Default for Histories {
    fn default() -> Self {
        Self::new(Budget::default())
    }
}

impl Histories {
    /// None yet, and so many bytes for all of them.
    #[must_use]
    pub fn new(budget: Budget) -> Self {
        Self { sessions: HashMap::new(), budget, frame: Box::new([0; FRAME_BYTES_MAX]) }
    }

    /// Remembers an event, if it is numbered.
    pub fn keep(&mut self, emitted: &Emitted<'_>) {
        if emitted.owner_seq > 0
            && let Some(len) = encode_numbered(emitted, &mut self.frame[..])
        {
            let history = self.sessions.entry(emitted.owner).or_default();
            history.push(emitted.owner_seq, &self.frame[..len], &mut self.budget);
        }
    }

    /// With what the engine knows of each session, whether or not the session file still names
    /// it. A version that began after the last event kept has no events yet.
    #[must_use]
    pub fn with_facts(
        mut self,
        engine: &Engine,
    ) -> (Vec<(SessionId, SessionFacts, History)>, Budget) {
        let with_history = |id: SessionId| {
            let facts = engine.session(id)?;
            let mut history = self.sessions.remove(&id).unwrap_or_default();
            if facts.last_owner_seq == 0 {
                history.clear();
            }
            Some((id, facts, history))
        };
        (engine.session_ids().filter_map(with_history).collect(), self.budget)
    }
}
