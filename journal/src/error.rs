//! What can go wrong, each with its place, its numbers and what the operator can do.

use std::io;
use std::path::PathBuf;

use crate::fault::Fault;

/// A storage call failed.
#[derive(Debug, thiserror::Error)]
#[error("{action} {path}: {source}", path = path.display())]
pub struct IoError {
    /// What was tried, e.g. "flush".
    pub action: &'static str,
    /// The file or directory.
    pub path: PathBuf,
    /// The system's reason.
    pub source: io::Error,
}

impl IoError {
    pub(crate) fn new(action: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self { action, path: path.into(), source }
    }
}

/// Bytes that were durable are not what they were. Nothing is repaired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// File name within the store; for a missing segment the name it should have.
    pub file: String,
    /// Where in the file the good part ends.
    pub offset: u64,
    /// First number that can't be vouched for.
    pub seq: u64,
    /// What is wrong there.
    pub fault: Fault,
    /// All from the line's start (or from where reading began) up to this number is intact.
    pub intact_before: u64,
    /// First and last number among the good records found after the damage.
    pub intact_after: Option<(u64, u64)>,
    /// Highest number that some good record proves to have been durable.
    pub durable_seq: u64,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "damage in {} at offset {}, sequence number {}: {}. Intact before: ",
            self.file, self.offset, self.seq, self.fault
        )?;
        match self.intact_before {
            0 => write!(out, "nothing")?,
            last => write!(out, "up to {last}")?,
        }
        match self.intact_after {
            Some((first, last)) => write!(out, "; found after: {first} to {last}")?,
            None => write!(out, "; found after: nothing")?,
        }
        write!(
            out,
            "; all up to {} was durable. Nothing was changed. Look with `ringpit verify`, restore \
             the store from a copy, or start with `--accept-loss-after {}` to go on without what \
             came after",
            self.durable_seq, self.intact_before
        )
    }
}

/// The end of the line that was never durable and does not read back: dropped, legally.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// File name within the store.
    pub file: String,
    /// Where in the file the line now ends.
    pub offset: u64,
    /// The last number kept.
    pub after_seq: u64,
    /// Bytes dropped, up to the last one that was not zero.
    pub bytes: u64,
    /// Whole records among them (inputs and checkpoints); torn ones can't be counted.
    pub records: u64,
    /// What was wrong with the first dropped bytes.
    pub fault: Fault,
}

impl std::fmt::Display for Cut {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "cut after sequence number {} in {} at offset {}: {} bytes with {} whole records were \
             never durable and are dropped ({})",
            self.after_seq, self.file, self.offset, self.bytes, self.records, self.fault
        )
    }
}

/// The caller's `on_record` does not want to go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Stop(pub String);

/// Why a store could not be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A storage call failed.
    #[error(transparent)]
    Io(#[from] IoError),
    /// Another process has the store.
    #[error("{path} is in use{holder}; a store has one server", path = path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// Who holds it, ready to print, or nothing.
        holder: String,
    },
    /// Durable bytes are missing or wrong.
    #[error("{0}")]
    Damage(Box<Damage>),
    /// A file of a later version.
    #[error(
        "{file} has journal format {found}, this program knows up to {}; use a newer ringpit",
        crate::format::FORMAT_VERSION
    )]
    NewerFormat {
        /// File name within the store.
        file: String,
        /// Its version.
        found: u32,
    },
    /// The store's rules are later than the program's.
    #[error(
        "the store runs under rules {found}, this program knows up to {known}; use a newer ringpit"
    )]
    NewerRules {
        /// Version of the store.
        found: u32,
        /// Version of the program.
        known: u32,
    },
    /// `accept_loss_after` asks to keep more than is intact.
    #[error("can't keep all up to {asked}: only up to {intact} is intact. {damage}")]
    LossTooSmall {
        /// What was asked for.
        asked: u64,
        /// What is intact.
        intact: u64,
        /// The damage.
        damage: Box<Damage>,
    },
    /// There is no journal here.
    #[error("{path} holds no journal", path = path.display())]
    NoStore {
        /// The directory.
        path: PathBuf,
    },
    /// An option has a value that can't work.
    #[error("{field}: {reason}")]
    Option {
        /// The option.
        field: &'static str,
        /// What it may be.
        reason: String,
    },
    /// The caller stopped.
    #[error("stopped at sequence number {seq}: {stop}")]
    Stopped {
        /// Number of the record.
        seq: u64,
        /// The caller's reason.
        stop: Stop,
    },
}

impl From<Damage> for OpenError {
    fn from(damage: Damage) -> Self {
        Self::Damage(Box::new(damage))
    }
}

/// Why the flusher ended. Nothing is tried again: after a failed flush the kernel may call pages
/// clean that never reached the disk.
#[derive(Debug, thiserror::Error)]
#[error(
    "the journal stopped after sequence number {durable_seq}, the last that is durable: {cause}"
)]
pub struct FlushError {
    /// Last number known to be durable.
    pub durable_seq: u64,
    /// The call that failed.
    pub cause: IoError,
}

/// Why nothing was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The flusher is behind: answer `busy`.
    #[error("the tail is full: the disk is behind")]
    Full,
    /// The flusher has ended with an error: stop acknowledging.
    #[error("the journal has failed")]
    Failed,
}
