//! Client sessions as the line knows them: versions, numbers both ways, and who may act for whom.

use crate::book::ladder::NONE;
use crate::command::SessionConfig;
use crate::directory::Directory;
use crate::ids::{AccountId, SessionId};
use crate::words::Role;
use alloc::vec::Vec;

/// Slot of the venue itself: scenario files, deadlines.
pub(crate) const NOBODY: u32 = 0;

/// A session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub id: SessionId,
    /// FIXP sessionVerId; 0 before the first session_open.
    pub version: u64,
    /// Time stamp of the last accepted login.
    pub timestamp: u64,
    /// Highest client number applied.
    pub last_client_seq: u64,
    /// Events numbered for it so far.
    pub last_owner_seq: u64,
    pub config: Option<SessionConfig>,
    /// First of its parties, which list the open orders it sent.
    pub parties: u32,
    /// Its running grace time, or `NONE`.
    pub grace: u32,
}

/// All sessions that were ever named.
#[derive(Clone, Debug)]
pub(crate) struct Sessions {
    pub list: Vec<Session>,
    ids: Directory,
    /// Slots of drop-copy sessions, which get a numbered copy of their accounts' events.
    pub drop_copies: Vec<u32>,
}

impl Default for Sessions {
    fn default() -> Self {
        let mut sessions =
            Self { list: Vec::new(), ids: Directory::default(), drop_copies: Vec::new() };
        sessions.slot(SessionId(0));
        sessions
    }
}

impl Sessions {
    /// The session with this id.
    pub(crate) fn get(&self, id: SessionId) -> Option<&Session> {
        self.find(id).map(|slot| &self.list[slot as usize])
    }

    pub(crate) fn find(&self, id: SessionId) -> Option<u32> {
        if id.0 == 0 { Some(NOBODY) } else { self.ids.get(id.0) }
    }

    /// The slot of a session, new when it was never named.
    pub(crate) fn slot(&mut self, id: SessionId) -> u32 {
        if !self.list.is_empty()
            && let Some(slot) = self.find(id)
        {
            return slot;
        }
        let slot = self.list.len() as u32;
        self.ids.insert(id.0, slot);
        self.list.push(Session {
            id,
            version: 0,
            timestamp: 0,
            last_client_seq: 0,
            last_owner_seq: 0,
            config: None,
            parties: NONE,
            grace: NONE,
        });
        slot
    }

    /// Sets what a session may do.
    pub(crate) fn configure(&mut self, config: &SessionConfig) {
        let slot = self.slot(config.session);
        self.list[slot as usize].config = Some(*config);
        self.drop_copies.retain(|other| *other != slot);
        if config.role == Role::DropCopy {
            self.drop_copies.push(slot);
            self.drop_copies.sort_unstable_by_key(|slot| self.list[*slot as usize].id);
        }
    }

    /// Whether a session may act for an account. The venue and operators may for all; a session
    /// without a configuration may for none.
    pub(crate) fn may_act(&self, slot: u32, account: AccountId) -> bool {
        if slot == NOBODY {
            return true;
        }
        self.list[slot as usize].config.as_ref().is_some_and(|config| {
            config.role == Role::Operator
                || config.accounts.iter().any(|range| (range.from..=range.to).contains(&account))
        })
    }

    /// Whether a session is the venue's or an operator's.
    pub(crate) fn is_operator(&self, slot: u32) -> bool {
        slot == NOBODY
            || self.list[slot as usize].config.as_ref().is_some_and(|c| c.role == Role::Operator)
    }
}
