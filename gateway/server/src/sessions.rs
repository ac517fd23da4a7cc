//! The table of sessions: every one that the session file or the journal ever named.
//!
//! A session that leaves the file stays here without its secret, because its numbers must go on
//! where they were if it comes back.

use crate::session::Session;
use ringpit_core::SessionId;
use std::collections::HashMap;
use std::ops::{Index, IndexMut};

/// Sessions by place and by id.
#[derive(Debug, Default)]
pub struct Sessions {
    list: Vec<Session>,
    places: HashMap<SessionId, usize>,
    /// The last one looked up by id: outputs come in runs.
    last: Option<(SessionId, usize)>,
}

impl Sessions {
    /// The place of a session.
    #[must_use]
    pub fn place(&self, id: SessionId) -> Option<usize> {
        self.places.get(&id).copied()
    }

    /// The same, quick for runs of one session.
    pub fn place_of_run(&mut self, id: SessionId) -> Option<usize> {
        match self.last {
            Some((last, place)) if last == id => Some(place),
            _ => {
                let place = self.place(id)?;
                self.last = Some((id, place));
                Some(place)
            }
        }
    }

    /// The place of a session, new when it was never named.
    pub fn place_or_new(&mut self, id: SessionId, now_ns: u64) -> usize {
        let next = self.list.len();
        let place = *self.places.entry(id).or_insert(next);
        if place == next {
            self.list.push(Session::new(id, now_ns));
        }
        place
    }

    /// All places.
    #[must_use]
    pub fn places(&self) -> std::ops::Range<usize> {
        0..self.list.len()
    }
}

impl Index<usize> for Sessions {
    type Output = Session;
    fn index(&self, place: usize) -> &Session {
        &self.list[place]
    }
}

impl IndexMut<usize> for Sessions {
    fn index_mut(&mut self, place: usize) -> &mut Session {
        &mut self.list[place]
    }
}
