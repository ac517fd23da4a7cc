//! Follows the line from outside: a second engine and the model take every record that a restart
//! found again, must agree event by event, and say which frames each client must have seen.
//!
//! It trusts nothing of the server's: it reads the ghost, which was held against the journal
//! before, and what the clients kept.

use crate::digest::Digest;
use crate::ghost::Kept;
use crate::records::{Records, Sent, digest};
use ringpit_core::{Command, Emitted, Engine, Event, Input, SessionId, codec};
use ringpit_model::Model;
use ringpit_sequencer::{Checkpoint, RecordKind};
use ringpit_server::router::encode_numbered;
use std::collections::{BTreeMap, BTreeSet};

/// A numbered frame is no longer than this.
const FRAME_BYTES_MAX: usize = 4_096;

/// Inputs between two audits of the engine's books from scratch.
const AUDIT_EVERY: u64 = 64;

/// See the module.
pub(crate) struct Auditor {
    engine: Engine,
    model: Model,
    /// Records taken.
    taken: usize,
    /// The version of each session after the last record.
    versions: BTreeMap<SessionId, u64>,
    /// Digests of the frames of each version, by number from 1.
    frames: BTreeMap<(SessionId, u64), Vec<u64>>,
    /// Requests that are in the line.
    executed: BTreeSet<u64>,
    /// Inputs and events agreed on.
    pub(crate) inputs: u64,
    pub(crate) events: u64,
    frame: Box<[u8; FRAME_BYTES_MAX]>,
}

impl Auditor {
    pub(crate) fn new() -> Self {
        Self {
            engine: Engine::new(),
            model: Model::new(),
            taken: 0,
            versions: BTreeMap::new(),
            frames: BTreeMap::new(),
            executed: BTreeSet::new(),
            inputs: 0,
            events: 0,
            frame: Box::new([0; FRAME_BYTES_MAX]),
        }
    }

    /// The engine's number, state hash and digest after the last record.
    pub(crate) fn facts(&self) -> (u64, u64, u64) {
        (self.engine.seq(), self.engine.state_hash(), self.engine.events_digest())
    }

    /// Takes what it has not taken of a line, of which nothing will be lost any more, and holds it
    /// against what the clients know.
    pub(crate) fn follow(&mut self, line: &[Kept], records: &mut Records) -> Result<(), String> {
        if line.len() < self.taken {
            return Err(format!("{} records of the line are gone", self.taken - line.len()));
        }
        for kept in &line[self.taken..] {
            match kept.kind {
                RecordKind::Input => self.input(kept, records)?,
                RecordKind::Checkpoint => {
                    let now = Checkpoint::of(&self.engine);
                    if Checkpoint::from_bytes(&kept.payload) != Some(now) {
                        return Err(format!("the checkpoint after {} differs", kept.seq));
                    }
                }
            }
        }
        self.taken = line.len();
        self.engine
            .audit()
            .map_err(|error| format!("the books after {}: {error}", self.engine.seq()))?;
        self.promises(records)
    }

    fn input(&mut self, kept: &Kept, records: &mut Records) -> Result<(), String> {
        let seq = kept.seq;
        let input =
            codec::decode(&kept.payload).map_err(|error| format!("record {seq}: {error}"))?;
        self.step(kept, &input).map_err(|error| {
            format!(
                "step {seq}, {} of session {}: {error}",
                input.command.kind().word(),
                input.session.0
            )
        })?;
        self.inputs += 1;
        if self.inputs.is_multiple_of(AUDIT_EVERY) {
            self.engine.audit().map_err(|error| format!("the books after {seq}: {error}"))?;
        }
        if let Command::SessionOpen(open) = &input.command {
            let version = self.engine.session(open.session).map_or(0, |facts| facts.version);
            self.versions.insert(open.session, version);
        }
        if input.session.0 == 0 || input.client_seq == 0 {
            return Ok(());
        }
        self.of_client(&input, records).map_err(|error| {
            let (session, number) = (input.session.0, input.client_seq);
            format!("step {seq}, number {number} of session {session}: {error}")
        })
    }

    /// One step of the engine and of the model, and the frames it gives.
    fn step(&mut self, kept: &Kept, input: &Input) -> Result<(), String> {
        let Self { engine, frame, frames, versions, model, .. } = self;
        let mut events: Vec<(u64, Event)> = Vec::new();
        let mut owners: Vec<SessionId> = Vec::new();
        let mut wrong_number = None;
        engine.apply(kept.seq, kept.at, input, &mut |emitted: &Emitted<'_>| {
            // The copies for the sender and for drop copy follow an event at once, each for
            // another owner.
            let event = (emitted.at, *emitted.event);
            if events.last() != Some(&event) || owners.contains(&emitted.owner) {
                events.push(event);
                owners.clear();
            }
            owners.push(emitted.owner);
            if emitted.owner_seq == 0 {
                return;
            }
            let version = versions.get(&emitted.owner).copied().unwrap_or(0);
            let sent = frames.entry((emitted.owner, version)).or_default();
            let len = encode_numbered(emitted, &mut frame[..]).unwrap_or(0);
            sent.push(Digest::of(&frame[..len]));
            if sent.len() as u64 != emitted.owner_seq {
                wrong_number.get_or_insert((emitted.owner.0, emitted.owner_seq, sent.len()));
            }
        });
        if let Some((owner, number, expected)) = wrong_number {
            return Err(format!("event {number} of session {owner} should be {expected}"));
        }
        let model_events = model.apply(kept.seq, kept.at, input);
        self.events += events.len() as u64;
        agree(&events, &model_events)
    }

    /// A client's input is in the line: it must be what the client sent under this number, and its
    /// request must not have been there before.
    fn of_client(&mut self, input: &Input, records: &mut Records) -> Result<(), String> {
        let version = self.versions.get(&input.session).copied().unwrap_or(0);
        let era = records.version(input.session, version);
        let era = era.ok_or("nobody sent anything under this version")?;
        let Sent { request, digest: sent, is_query } =
            era.sent.get(&input.client_seq).copied().ok_or("it was never sent")?;
        if is_query || sent != digest(&input.command) {
            return Err("another command was sent under it".into());
        }
        if era.refused.contains(&input.client_seq) {
            return Err("it was refused, or sent again under another number".into());
        }
        if !era.executed.insert(input.client_seq) || !self.executed.insert(request) {
            return Err("executed twice".into());
        }
        Ok(())
    }

    /// Everything that a client was given must be what the line gives, byte for byte.
    fn promises(&self, records: &mut Records) -> Result<(), String> {
        let nothing = Vec::new();
        for (session, era) in records.all() {
            let frames = self.frames.get(&(session, era.version)).unwrap_or(&nothing);
            for index in era.checked..era.delivered.len() {
                let number = index + 1;
                let version = era.version;
                match frames.get(index) {
                    Some(frame) if *frame == era.delivered[index] => (),
                    Some(_) => {
                        return Err(format!(
                            "event {number} of session {}, version {version}, is not what its \
                             client was given",
                            session.0
                        ));
                    }
                    None => {
                        return Err(format!(
                            "event {number} of session {}, version {version}, was given to its \
                             client and is not in the line",
                            session.0
                        ));
                    }
                }
            }
            era.checked = era.delivered.len();
        }
        Ok(())
    }

    /// At the end, when everybody is answered: nothing is missing on either side.
    pub(crate) fn complete(&self, session: SessionId, records: &mut Records) -> Result<(), String> {
        let era = records.era(session);
        let version = era.version;
        let given = era.delivered.len();
        let frames = self.frames.get(&(session, version)).map_or(0, Vec::len);
        if given != frames {
            return Err(format!("session {}: {given} of {frames} events were given", session.0));
        }
        let lost = era.sent.iter().find(|(number, sent)| {
            !sent.is_query && !era.executed.contains(number) && !era.refused.contains(number)
        });
        match lost {
            Some((number, _)) => {
                Err(format!("session {}: {number} is neither done nor refused", session.0))
            }
            None => Ok(()),
        }
    }
}

fn agree(engine: &[(u64, Event)], model: &[(u64, Event)]) -> Result<(), String> {
    match ringpit_vocab::first_difference(engine, model) {
        None => Ok(()),
        Some((place, engine, model)) => {
            Err(format!("event {place}: the engine says {engine}, the model {model}"))
        }
    }
}
