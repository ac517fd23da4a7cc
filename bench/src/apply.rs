//! The engine alone: how long a step takes in process, without rings, disk or sockets.

use crate::timer::processor_time_of;
use ringpit_core::codec::{self, INPUT_BYTES_MAX};
use ringpit_core::{Command, Emitted, Engine, Input, Sink};
use std::hint::black_box;

/// Inputs as the line holds them.
#[derive(Clone, Debug, Default)]
pub struct Encoded {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Encoded {
    /// Encodes inputs.
    #[must_use]
    pub fn new<'a>(inputs: impl IntoIterator<Item = &'a Input>) -> Self {
        let mut encoded = Self::default();
        inputs.into_iter().for_each(|input| encoded.push(input));
        encoded
    }

    /// Encodes inputs that nobody needs any more.
    #[must_use]
    pub fn of(inputs: impl IntoIterator<Item = Input>) -> Self {
        let mut encoded = Self::default();
        inputs.into_iter().for_each(|input| encoded.push(&input));
        encoded
    }

    fn push(&mut self, input: &Input) {
        let mut buffer = [0; INPUT_BYTES_MAX];
        let Ok(len) = codec::encode(input, &mut buffer) else {
            unreachable!("an input's bytes always fit, by the core's limits")
        };
        self.bytes.extend_from_slice(&buffer[..len]);
        self.ends.push(self.bytes.len());
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Each input's bytes.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(start, end)| &self.bytes[*start..*end])
    }
}

/// Takes events and looks at each, as somebody who copies it out would.
struct Taking {
    events: u64,
}

impl Sink for Taking {
    fn emit(&mut self, emitted: &Emitted<'_>) {
        black_box(emitted);
        self.events += 1;
    }
}

/// One pass through a fresh engine.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Pass {
    /// Nanoseconds of processor time a step.
    pub ns_per_input: f64,
    /// Events that came out.
    pub events: u64,
    /// The engine's digest of them: the same in every pass.
    pub events_digest: u64,
}

/// Applies all inputs to a fresh engine.
#[must_use]
pub fn apply(inputs: &[Input]) -> Pass {
    pass(inputs.len(), |engine, sink| {
        for (input, seq) in inputs.iter().zip(1..) {
            engine.apply(seq, seq, black_box(input), sink);
        }
    })
}

/// The same from encoded inputs, as sequencer and replay do it.
///
/// # Panics
/// When the bytes are no inputs.
#[must_use]
pub fn decode_and_apply(inputs: &Encoded) -> Pass {
    let mut input = Input::venue(Command::Tick);
    pass(inputs.len(), |engine, sink| {
        for (bytes, seq) in inputs.iter().zip(1..) {
            let decoded = codec::decode_into(black_box(bytes), &mut input);
            assert!(decoded.is_ok(), "input {seq} can't be decoded");
            engine.apply(seq, seq, &input, sink);
        }
    })
}

fn pass(inputs: usize, run: impl FnOnce(&mut Engine, &mut Taking)) -> Pass {
    let mut engine = Engine::new();
    let mut sink = Taking { events: 0 };
    let (used_ns, ()) = processor_time_of(|| run(&mut engine, &mut sink));
    Pass {
        ns_per_input: used_ns as f64 / inputs.max(1) as f64,
        events: sink.events,
        events_digest: engine.events_digest(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Flow, setup};

    #[test]
    fn both_ways_give_the_same_events() {
        let commands = setup().into_iter().chain(Flow::new(3).take(2_000));
        let inputs: Vec<Input> = commands.map(Input::venue).collect();
        let (plain, decoded) = (apply(&inputs), decode_and_apply(&Encoded::new(&inputs)));
        assert!(plain.events > 2_000 && plain.ns_per_input > 0.0);
        assert_eq!((plain.events, plain.events_digest), (decoded.events, decoded.events_digest));
    }
}
