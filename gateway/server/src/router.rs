//! From the line to the sessions: each output goes to its owner and to whoever subscribed.
//!
//! It is encoded once for its owner, once for all subscribers, and waits in the outboxes for its
//! step to be durable. An owner who is not connected finds it in the session's memory.

use crate::connection::Stage;
use crate::hub::{Hub, Now};
use crate::queries::LastStep;
use crate::session::ConnectionRef;
use crate::subscriptions::Topic;
use crate::tags::Tag;
use ringpit_core::{Emitted, SessionId};
use ringpit_sequencer::{OutputKind, OutputSlot};
use ringpit_wire::{EventHead, encode_event};

impl Hub {
    /// Something came out of the line.
    pub fn output(&mut self, slot: &OutputSlot, now: Now) {
        self.last = LastStep { seq: slot.seq, at: slot.at };
        let tag = Tag::from_code(slot.tag);
        match (slot.kind, tag) {
            (OutputKind::Event, Some(Tag::Query(index))) => {
                if let Some(event) = slot.event() {
                    self.answer(index, slot, event);
                }
            }
            (OutputKind::Event, _) => {
                if let Some(emitted) = slot.emitted() {
                    self.event(&emitted);
                }
            }
            (OutputKind::EndOfQuery { count }, Some(Tag::Query(index))) => {
                self.end_query(index, slot, count);
            }
            (OutputKind::Applied, Some(Tag::Login(place))) => self.logged_in(place, slot.seq, now),
            (OutputKind::Applied | OutputKind::Duplicate, _) => {
                self.came_out(slot.owner, slot.ref_seq_no);
            }
            (OutputKind::EndOfQuery { .. }, _) => (),
        }
    }

    fn event(&mut self, emitted: &Emitted<'_>) {
        if emitted.owner_seq > 0 {
            self.give_owner(emitted);
        }
        if emitted.event.is_public()
            && !self.subscriptions.is_empty()
            && let Some(topic) = Topic::of(emitted.event)
        {
            self.give_subscribers(emitted, topic);
        }
    }

    fn give_owner(&mut self, emitted: &Emitted<'_>) {
        let Some(place) = self.sessions.place_of_run(emitted.owner) else { return };
        let Some(len) = encode_numbered(emitted, &mut self.frame[..]) else { return };
        let session = &mut self.sessions[place];
        session.last_out = emitted.owner_seq;
        session.history.push(emitted.owner_seq, &self.frame[..len], &mut self.budget);
        if let Some(number) = emitted.ref_seq_no {
            session.came_out(number);
        }
        if let Some(key) = session.connection {
            self.push_frame(key, emitted.seq, len);
        }
    }

    /// A subscriber that got it as its owner does not get it twice.
    fn give_subscribers(&mut self, emitted: &Emitted<'_>, topic: Topic) {
        let owner = (emitted.owner_seq > 0)
            .then(|| self.sessions.place_of_run(emitted.owner))
            .flatten()
            .and_then(|place| self.sessions[place].connection);
        let head = EventHead {
            seq: emitted.seq,
            at: emitted.at,
            ref_seq_no: None,
            msg_seq_num: None,
            query_id: None,
        };
        let Some(len) = encode_event(&head, emitted.event, &mut self.frame[..]) else { return };
        let mut listeners = std::mem::take(&mut self.listeners);
        self.subscriptions.each(topic, &mut |key| {
            if owner != Some(key) {
                listeners.push(key);
            }
        });
        for key in listeners.drain(..) {
            self.push_frame(key, emitted.seq, len);
        }
        self.listeners = listeners;
    }

    /// An input of a session has come out, whether or not it had events of its own.
    fn came_out(&mut self, owner: SessionId, number: Option<u64>) {
        if let (Some(place), Some(number)) = (self.sessions.place_of_run(owner), number) {
            self.sessions[place].came_out(number);
        }
    }

    /// Whether a connection is still there and bound to its session.
    pub(crate) fn is_bound(&self, reference: ConnectionRef) -> bool {
        self.is_there(reference) && self.connections[reference.key].stage == Stage::Established
    }
}

/// Encodes a numbered event as its owner gets it, the first time and ever after.
pub fn encode_numbered(emitted: &Emitted<'_>, buffer: &mut [u8]) -> Option<usize> {
    let head = EventHead {
        seq: emitted.seq,
        at: emitted.at,
        ref_seq_no: emitted.ref_seq_no,
        msg_seq_num: Some(emitted.owner_seq),
        query_id: None,
    };
    encode_event(&head, emitted.event, buffer)
}
