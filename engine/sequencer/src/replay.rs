//! The line once more: a fresh engine takes what the line holds and must become what it was.
//!
//! It trusts nothing: a number, a time or bytes that can't be, or a checkpoint that the engine
//! does not confirm, ends the replay with the number where it happened.

use crate::checkpoint::Checkpoint;
use crate::log::{Entry, RecordKind};
use ringpit_core::codec::{self, CodecError};
use ringpit_core::rules::RULES_NEWEST;
use ringpit_core::{Command, Engine, Input, Sink};

/// Why a line can't be replayed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReplayError {
    /// A record's bytes are no input.
    #[error("record {seq}: {error}")]
    NotAnInput {
        /// Its number.
        seq: u64,
        /// What is wrong.
        error: CodecError,
    },
    /// A command that is never journaled.
    #[error("record {seq} is a query, which has no place in the line")]
    Query {
        /// Its number.
        seq: u64,
    },
    /// The line goes on under rules that this program does not know.
    #[error(
        "record {seq} activates rules {rules}, and this program knows rules up to {RULES_NEWEST}: \
         use a newer one"
    )]
    UnknownRules {
        /// Its number.
        seq: u64,
        /// Their version.
        rules: u32,
    },
    /// The numbers do not follow each other.
    #[error("record {seq} stands where {expected} should")]
    Order {
        /// Its number.
        seq: u64,
        /// The number that should stand there.
        expected: u64,
    },
    /// The time fell.
    #[error("record {seq} is of {at}, before {last} of the one before it")]
    Time {
        /// Its number.
        seq: u64,
        /// UNIX nanoseconds.
        at: u64,
        /// UNIX nanoseconds.
        last: u64,
    },
    /// A checkpoint's bytes are too short, or speak of another number.
    #[error("the checkpoint after {seq} can't be read")]
    BadCheckpoint {
        /// The number it follows.
        seq: u64,
    },
    /// The engine is not what it was.
    #[error(
        "the replay differs after {seq} (the last checkpoint that agreed is after {agreed}): the \
         {what} was {journaled:016x} and is {replayed:016x}"
    )]
    Diverged {
        /// The number after which it was noticed.
        seq: u64,
        /// The last number after which all was the same; 0 none.
        agreed: u64,
        /// What differs.
        what: &'static str,
        /// What it was.
        journaled: u64,
        /// What it is now.
        replayed: u64,
    },
}

/// An engine that follows a line.
#[derive(Debug)]
pub struct Replay {
    engine: Engine,
    input: Input,
    checkpointed_seq: u64,
    checkpoints: u64,
}

impl Default for Replay {
    fn default() -> Self {
        Self::new()
    }
}

impl Replay {
    /// Before the line's first record.
    #[must_use]
    pub fn new() -> Self {
        let input = Input::venue(Command::Tick);
        Self { engine: Engine::new(), input, checkpointed_seq: 0, checkpoints: 0 }
    }

    /// The engine as it is now.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The last input taken.
    #[must_use]
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// How many checkpoints were confirmed.
    #[must_use]
    pub fn checkpoints(&self) -> u64 {
        self.checkpoints
    }

    /// The engine, and the number after which the last checkpoint stands.
    #[must_use]
    pub fn into_engine(self) -> (Engine, u64) {
        (self.engine, self.checkpointed_seq)
    }

    /// Takes the line's next record; its events go to `sink`.
    ///
    /// # Errors
    /// When it can't be the next record, or the engine is not what it was.
    pub fn take(&mut self, entry: &Entry<'_>, sink: &mut impl Sink) -> Result<(), ReplayError> {
        match entry.kind {
            RecordKind::Input => self.apply(entry, sink),
            RecordKind::Checkpoint => self.compare(entry),
        }
    }

    fn apply(&mut self, entry: &Entry<'_>, sink: &mut impl Sink) -> Result<(), ReplayError> {
        let (seq, at) = (entry.seq, entry.at);
        let (expected, last) = (self.engine.seq() + 1, self.engine.now());
        if seq != expected {
            return Err(ReplayError::Order { seq, expected });
        }
        if at < last {
            return Err(ReplayError::Time { seq, at, last });
        }
        codec::decode_into(entry.payload, &mut self.input)
            .map_err(|error| ReplayError::NotAnInput { seq, error })?;
        if let Command::ActivateRules(c) = self.input.command
            && self.input.command.is_beyond_rules()
        {
            return Err(ReplayError::UnknownRules { seq, rules: c.rules });
        }
        if self.input.command.is_query() {
            return Err(ReplayError::Query { seq });
        }
        self.engine.apply(seq, at, &self.input, sink);
        Ok(())
    }

    fn compare(&mut self, entry: &Entry<'_>) -> Result<(), ReplayError> {
        let seq = entry.seq;
        let journaled = Checkpoint::from_bytes(entry.payload)
            .filter(|checkpoint| checkpoint.seq == seq && seq == self.engine.seq())
            .ok_or(ReplayError::BadCheckpoint { seq })?;
        let replayed = Checkpoint::of(&self.engine);
        let diverged = |what, journaled, replayed| {
            let agreed = self.checkpointed_seq;
            Err(ReplayError::Diverged { seq, agreed, what, journaled, replayed })
        };
        if journaled.events_digest != replayed.events_digest {
            return diverged("events digest", journaled.events_digest, replayed.events_digest);
        }
        if journaled.state_hash != replayed.state_hash {
            return diverged("state hash", journaled.state_hash, replayed.state_hash);
        }
        self.checkpointed_seq = seq;
        self.checkpoints += 1;
        Ok(())
    }
}
