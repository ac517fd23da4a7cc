//! Scenario lines driven straight through the engine: no rings, no threads, no network.
//!
//! Numbering and ticks are what the sequencer does for a server; here the file is the clock.

use crate::failure::Failure;
use crate::journal::Journal;
use crate::output::{Output, digest_line};
use ringpit_core::{Command, Emitted, Engine, Input};
use ringpit_vocab::{ScenarioLine, write_event};

/// An engine and the lines it has answered.
#[derive(Default)]
pub struct Steps {
    engine: Engine,
    journal: Option<Journal>,
    /// Where the events' lines go.
    pub output: Output,
}

impl Steps {
    /// A fresh engine, whose steps are journaled first.
    pub fn journaled(journal: Option<Journal>) -> Self {
        Self { journal, ..Self::default() }
    }

    /// Takes one scenario line: a step, or a query's answer.
    ///
    /// # Errors
    /// [`Failure`] when the answer can't be written.
    pub fn take(&mut self, line: &ScenarioLine) -> Result<(), Failure> {
        let input = Input::venue(line.command);
        if line.command.is_query() || line.command.is_beyond_rules() {
            self.fire_until(line.at)?;
            let buffer = &mut self.output.buffer;
            self.engine.query(line.at, &input, &mut |emitted: &Emitted<'_>| {
                write_event(emitted.seq, emitted.at, emitted.event, buffer);
                buffer.push(b'\n');
            });
        } else {
            self.step(line.at, &input)?;
        }
        self.output.write_out_if_large()
    }

    /// Deadlines due by then, as a step of their own: a query takes none and changes nothing.
    fn fire_until(&mut self, at: u64) -> Result<(), Failure> {
        match self.engine.next_deadline() {
            Some(deadline) if deadline <= at => self.step(at, &Input::venue(Command::Tick)),
            _ => Ok(()),
        }
    }

    fn step(&mut self, at: u64, input: &Input) -> Result<(), Failure> {
        let seq = self.engine.seq() + 1;
        if let Some(journal) = &mut self.journal {
            journal.append(seq, at, input)?;
        }
        let buffer = &mut self.output.buffer;
        self.engine.apply(seq, at, input, &mut |emitted: &Emitted<'_>| {
            write_event(emitted.seq, emitted.at, emitted.event, buffer);
            buffer.push(b'\n');
        });
        Ok(())
    }

    /// Ends the journal, if there is one: all of it is durable then.
    ///
    /// # Errors
    /// [`Failure`] when it is not.
    pub fn close(&mut self) -> Result<(), Failure> {
        self.journal.take().map_or(Ok(()), |journal| journal.close(&self.engine))
    }

    /// Appends the digest line.
    pub fn write_digest(&mut self) {
        self.output.buffer.extend_from_slice(digest_line(&self.engine).as_bytes());
    }
}
