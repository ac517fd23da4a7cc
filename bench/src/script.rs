//! What one connection sends under load, encoded beforehand, and what must come of it: the engine is
//! asked in process, so that a measurement also checks the outcome.

use crate::error::BenchError;
use crate::flow::{Flow, Place, assets, opening};
use ringpit_core::command::{QueryDepth, QueryStats};
use ringpit_core::{Command, Emitted, Engine, Event, Input};
use ringpit_wire::encode_command;
use ringpit_wire::limits::FRAME_BYTES_MAX;

/// The generated flow in one place, a part at a time.
pub struct Script {
    place: Place,
    flow: Flow,
    engine: Engine,
    frames: Vec<u8>,
    ends: Vec<usize>,
    events: u64,
}

impl Script {
    /// The flow of this place; none of it yet.
    #[must_use]
    pub fn new(number: u32) -> Self {
        let place = Place::number(number);
        let mut engine = Engine::new();
        for command in assets().into_iter().chain(opening(place)) {
            apply(&mut engine, command);
        }
        let flow = Flow::at(place, u64::from(number));
        Self { place, flow, engine, frames: Vec::new(), ends: Vec::new(), events: 0 }
    }

    /// Forgets the part before, and encodes so many messages.
    ///
    /// # Errors
    /// When a command is answered by nothing: then its durable answer can't be waited for.
    pub fn write(&mut self, messages: usize) -> Result<(), BenchError> {
        self.frames.clear();
        self.ends.clear();
        self.events = 0;
        let mut frame = [0; FRAME_BYTES_MAX];
        for command in self.flow.by_ref().take(messages) {
            let Some(len) = encode_command(&command, 0, &mut frame) else {
                unreachable!("the flow's commands are clients' to send")
            };
            self.frames.extend_from_slice(&frame[..len]);
            self.ends.push(self.frames.len());
            let events = apply(&mut self.engine, command);
            if events == 0 {
                return Err(BenchError::Answer("nothing".into()));
            }
            self.events += events;
        }
        Ok(())
    }

    /// The encoded messages, one after the other.
    #[must_use]
    pub fn frames(&self) -> &[u8] {
        &self.frames
    }

    /// Where each message ends.
    #[must_use]
    pub fn ends(&self) -> &[usize] {
        &self.ends
    }

    /// How many events the sender must get for this part.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Queries whose answers tell the state of this place.
    #[must_use]
    pub fn queries(&self) -> [Command; 2] {
        let instrument = self.place.book;
        let (auction, sale) = (None, None);
        [
            QueryStats { instrument: Some(instrument), auction, sale }.into(),
            QueryDepth { instrument }.into(),
        ]
    }

    /// What the engine answers to a query now.
    #[must_use]
    pub fn answers(&self, query: Command) -> Vec<Event> {
        let mut events = Vec::new();
        let mut keep = |emitted: &Emitted<'_>| events.push(*emitted.event);
        self.engine.query(self.engine.now(), &Input::venue(query), &mut keep);
        events
    }
}

/// Applies a command; gives how many events its sender gets.
fn apply(engine: &mut Engine, command: Command) -> u64 {
    let (mut events, seq) = (0, engine.seq() + 1);
    let mut count = |emitted: &Emitted<'_>| events += u64::from(!emitted.event.is_public());
    engine.apply(seq, engine.now(), &Input::venue(command), &mut count);
    events
}
