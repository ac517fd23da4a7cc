//! Standard output: one buffer, written in large pieces.

use crate::failure::Failure;
use ringpit_core::Engine;
use std::io::{self, Write};

/// Written out when it has grown to this; a pipe's usual capacity.
const WRITE_OUT_BYTES: usize = 64 * 1024;

/// Lines on their way to standard output.
#[derive(Debug, Default)]
pub struct Output {
    /// What is to be written; lines are appended here.
    pub buffer: Vec<u8>,
}

impl Output {
    /// Ends the line at the buffer's end.
    pub fn end_line(&mut self) {
        self.buffer.push(b'\n');
    }

    /// Writes the buffer out when it has grown large.
    ///
    /// # Errors
    /// As [`Self::write_out`].
    pub fn write_out_if_large(&mut self) -> Result<(), Failure> {
        if self.buffer.len() >= WRITE_OUT_BYTES { self.write_out() } else { Ok(()) }
    }

    /// Writes the buffer out.
    ///
    /// # Errors
    /// [`Failure::PipeClosed`] when nobody reads any more, else the environment's.
    pub fn write_out(&mut self) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        let done = stdout.write_all(&self.buffer).and_then(|()| stdout.flush());
        self.buffer.clear();
        done.map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::PipeClosed,
            _ => Failure::Environment(format!("standard output: {error}")),
        })
    }
}

/// The digest line: last sequence number, hash of the state, digest of the events.
pub fn digest_line(engine: &Engine) -> String {
    let (seq, state, events) = (engine.seq(), engine.state_hash(), engine.events_digest());
    format!("seq={seq} state={state:016x} events={events:016x}\n")
}
