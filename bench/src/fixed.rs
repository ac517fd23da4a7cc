//! Fixed pieces of work whose instructions are counted: the same input for ever, no clock, no
//! thread, no disk, so that two counts differ only where the program does.

use crate::apply::Encoded;
use crate::book::{self, messages::Messages};
use crate::engine::Running;
use crate::error::BenchError;
use crate::flow::{Flow, setup};
use crate::venue::Size;
use ringpit_core::{Command, Emitted, Engine, Event, Input};
use ringpit_journal::mem::MemStorage;
use ringpit_journal::{Kind, Options, open_in};
use ringpit_wire::{
    EventHead, Frame, decode_incoming, decode_outgoing, encode_command, encode_event,
};
use std::hint::black_box;
use std::sync::Arc;

/// A piece of work: `setup` once, then passes that each take so many messages.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    /// Its name.
    pub name: &'static str,
    /// Messages of a pass.
    pub messages: usize,
    run: fn(usize, usize) -> Result<(), BenchError>,
}

/// All of them.
pub const ALL: &[Work] = &[
    Work { name: "book", messages: 10_000, run: bare_book },
    Work { name: "engine", messages: 10_000, run: engine },
    Work { name: "venue", messages: 10_000, run: venue },
    Work { name: "wire-in", messages: 10_000, run: wire_in },
    Work { name: "wire-out", messages: 10_000, run: wire_out },
    Work { name: "journal", messages: 10_000, run: journal },
];

impl Work {
    /// Runs it with so many passes.
    ///
    /// # Errors
    /// When something of it is refused.
    pub fn run(&self, passes: usize) -> Result<(), BenchError> {
        (self.run)(self.messages, passes)
    }
}

fn inputs(messages: usize) -> Vec<Input> {
    setup().into_iter().chain(Flow::new(1).take(messages)).map(Input::venue).collect()
}

/// Order flow of one book through a fresh engine, without risk checks.
fn engine(messages: usize, passes: usize) -> Result<(), BenchError> {
    let flow = Messages::of(&inputs(messages))?;
    for _ in 0..passes {
        assert_eq!(book::engine_untimed(&flow), flow.fills, "the same flow trades the same");
    }
    Ok(())
}

/// The same through a fresh bare book.
fn bare_book(messages: usize, passes: usize) -> Result<(), BenchError> {
    let flow = Messages::of(&inputs(messages))?;
    for _ in 0..passes {
        assert_eq!(book::bare_untimed(&flow), flow.fills, "the same flow trades the same");
    }
    Ok(())
}

/// Order flow with cash risk, fees and sessions through a running engine.
fn venue(messages: usize, passes: usize) -> Result<(), BenchError> {
    let size = Size { instruments: 10, accounts: 1_000, holdings: 5, open_orders: 5_000 };
    let mut running = Running::new(size, 1)?;
    for _ in 0..passes {
        let inputs = running.next_inputs(messages);
        running.take_all(&inputs);
    }
    Ok(())
}

/// Commands into frames and back.
fn wire_in(messages: usize, passes: usize) -> Result<(), BenchError> {
    let commands: Vec<Command> = Flow::new(1).take(messages).collect();
    let mut buffer = [0; 4_096];
    for _ in 0..passes {
        for command in &commands {
            let len = encode_command(black_box(command), 0, &mut buffer);
            let frame = len.and_then(|len| Frame::new(&buffer[..len]).ok());
            let read = frame.map(|frame| decode_incoming(&frame));
            assert!(matches!(black_box(read), Some(Ok(_))), "a frame is read back");
        }
    }
    Ok(())
}

/// Events into frames and back.
fn wire_out(messages: usize, passes: usize) -> Result<(), BenchError> {
    let mut events: Vec<Event> = Vec::new();
    let mut engine = Engine::new();
    for (input, seq) in inputs(messages).iter().zip(1..) {
        engine.apply(seq, seq, input, &mut |emitted: &Emitted<'_>| events.push(*emitted.event));
    }
    events.truncate(messages);
    let number = Some(1);
    let head = EventHead { seq: 1, at: 1, ref_seq_no: number, msg_seq_num: number, query_id: None };
    let mut buffer = [0; 4_096];
    for _ in 0..passes {
        for event in &events {
            let len = encode_event(&head, black_box(event), &mut buffer);
            let frame = len.and_then(|len| Frame::new(&buffer[..len]).ok());
            let read = frame.map(|frame| decode_outgoing(&frame));
            assert!(matches!(black_box(read), Some(Ok(_))), "a frame is read back");
        }
    }
    Ok(())
}

/// Inputs into the tail of a new line that nobody flushes.
fn journal(messages: usize, passes: usize) -> Result<(), BenchError> {
    let inputs = Encoded::new(&inputs(messages));
    let storage = Arc::new(MemStorage::default());
    let opened = open_in(storage, &Options::default(), None, &mut |_| Ok(()), &mut |_| ());
    let mut opened = opened.map_err(|error| BenchError::Outcome(error.to_string()))?;
    let mut seq = 0;
    for _ in 0..passes {
        for bytes in inputs.iter().take(messages) {
            seq += 1;
            let appended = opened.appender.append(Kind::Input, seq, seq, black_box(bytes));
            appended.map_err(|error| BenchError::Outcome(error.to_string()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_of_work_can_be_done_twice() {
        for work in ALL {
            (work.run)(500, 2).unwrap();
        }
    }
}
