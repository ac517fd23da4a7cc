//! A journal that `run` writes: every step before it is applied.
//!
//! There is no server that could answer `busy`: when the disk is behind, the run waits for it.

use crate::failure::Failure;
use ringpit_core::codec::{self, INPUT_BYTES_MAX};
use ringpit_core::{Engine, Input};
use ringpit_journal::{Appender, FlushError, Kind, Opened, Options, Refused};
use ringpit_sequencer::Checkpoint;
use std::path::Path;
use std::thread::JoinHandle;

/// A store with nothing in it yet, and the thread that makes it durable.
pub struct Journal {
    appender: Appender,
    flusher: JoinHandle<Result<(), FlushError>>,
    payload: [u8; INPUT_BYTES_MAX],
}

impl Journal {
    /// Makes a store in a directory that must be new or empty.
    ///
    /// # Errors
    /// [`Failure`] when it holds something, or can't be made.
    pub fn create(dir: &Path) -> Result<Self, Failure> {
        let name = dir.display().to_string();
        match std::fs::read_dir(dir).map(|mut entries| entries.next().is_none()) {
            Ok(true) => {}
            Ok(false) => {
                return Err(Failure::Input(format!(
                    "{name}: --data wants a new or empty directory"
                )));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Failure::file(&name, &error)),
        }
        let opened = ringpit_journal::open(dir, &Options::default(), &mut |_| Ok(()), &mut |_| {});
        let Opened { appender, flusher, recovered, .. } =
            opened.map_err(|error| Failure::store(&error))?;
        for warning in &recovered.warnings {
            eprintln!("ringpit: {warning}");
        }
        let flusher = std::thread::Builder::new()
            .name("flusher".to_owned())
            .spawn(move || flusher.run(|_durable_seq| {}))
            .map_err(|error| Failure::Environment(format!("a thread for the flusher: {error}")))?;
        Ok(Self { appender, flusher, payload: [0; INPUT_BYTES_MAX] })
    }

    /// Appends a step's input.
    ///
    /// # Errors
    /// [`Failure`] when the journal has failed; the reason follows from [`Self::close`].
    pub fn append(&mut self, seq: u64, at: u64, input: &Input) -> Result<(), Failure> {
        let bytes = codec::encode(input, &mut self.payload)
            .map_err(|error| Failure::Environment(format!("step {seq}: {error}")))?;
        append(&mut self.appender, Kind::Input, seq, at, &self.payload[..bytes])
    }

    /// Proves the end by a checkpoint, and waits until all is durable.
    ///
    /// # Errors
    /// [`Failure`] when it is not.
    pub fn close(mut self, engine: &Engine) -> Result<(), Failure> {
        let seq = engine.seq();
        if seq > 0 && !self.appender.failed() {
            let proof = Checkpoint::of(engine).to_bytes();
            append(&mut self.appender, Kind::Checkpoint, seq, engine.now(), &proof)?;
        }
        self.appender.close();
        match self.flusher.join() {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Failure::Environment(error.to_string())),
            Err(_) => Err(Failure::Environment("the flusher panicked".to_owned())),
        }
    }
}

fn append(
    appender: &mut Appender,
    kind: Kind,
    seq: u64,
    at: u64,
    payload: &[u8],
) -> Result<(), Failure> {
    loop {
        match appender.append(kind, seq, at, payload) {
            Ok(()) => {
                appender.wake();
                return Ok(());
            }
            Err(Refused::Full) => {
                appender.wake();
                std::thread::yield_now();
            }
            Err(error @ Refused::Failed) => {
                return Err(Failure::Environment(format!("step {seq}: {error}")));
            }
        }
    }
}
