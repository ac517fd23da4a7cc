//! The seam between the sequencer and whatever keeps its line: append, durable watermark, flush.
//!
//! One machine keeps it in the `ringpit-journal` crate's files; tests keep it in memory
//! ([`crate::memory`]); an existing replicated log fits behind the same seam.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

/// What a record of the line is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecordKind {
    /// An encoded input, which takes the next number.
    Input,
    /// A [`crate::Checkpoint`] of the state after the number it carries; takes no number.
    Checkpoint,
}

/// A record of the line, borrowed for the call it is handed to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry<'a> {
    /// What it is.
    pub kind: RecordKind,
    /// An input's number; a checkpoint's is that of the input before it.
    pub seq: u64,
    /// UNIX nanoseconds.
    pub at: u64,
    /// The bytes.
    pub payload: &'a [u8],
}

/// Takes the line's records, in order, until it breaks.
pub type TakeEntry<'a> = &'a mut dyn FnMut(&Entry<'_>) -> ControlFlow<()>;

/// Reads what is durable of a line, while it runs.
pub trait ReadLine: Send + 'static {
    /// Hands over the records from number `from_seq` to `until_seq`, in order.
    ///
    /// # Errors
    /// Why it could not be read, in words.
    fn read(&mut self, from_seq: u64, until_seq: u64, take: TakeEntry<'_>) -> Result<(), String>;
}

/// Why a record was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// There is no room until more is flushed: try again.
    Full,
    /// The log has failed; it never takes anything again.
    Failed,
}

/// The sequencer's end of the line. Dropping it ends the line: what is pending is flushed, and
/// the flusher returns.
pub trait Log: Send + 'static {
    /// Appends a record, without waiting, locking, allocating or calling the system.
    ///
    /// # Errors
    /// When there is no room, or the log has failed; nothing is changed then.
    fn append(
        &mut self,
        kind: RecordKind,
        seq: u64,
        at: u64,
        payload: &[u8],
    ) -> Result<(), Refused>;

    /// Wakes the flusher, if it sleeps.
    fn wake(&self);

    /// How far the line is durable.
    fn watermark(&self) -> Watermark;

    /// UNIX nanoseconds of the last record: of a checkpoint, where one came after the last input.
    /// 0 where there is none.
    fn last_at(&self) -> u64;
}

/// What makes the line durable, on a thread of its own.
pub trait Flush: Send + 'static {
    /// Flushes what is pending, calls `on_durable` after each advance, until the log is dropped.
    ///
    /// # Errors
    /// The first failure, in words; it is final.
    fn run(self, on_durable: &mut dyn FnMut()) -> Result<(), String>;
}

/// How far a log is durable.
pub trait Marks: Send + Sync {
    /// The highest number that survives a power cut.
    fn durable(&self) -> u64;
    /// The highest number whose answers may leave.
    fn releasable(&self) -> u64;
}

/// How far the line is durable; cheap to clone and to ask.
#[derive(Clone)]
pub struct Watermark(Arc<dyn Marks>);

impl Watermark {
    /// A watermark that asks these marks.
    pub fn new(marks: impl Marks + 'static) -> Self {
        Self(Arc::new(marks))
    }

    /// The highest number that survives a power cut.
    #[must_use]
    pub fn durable(&self) -> u64 {
        self.0.durable()
    }

    /// The highest number whose answers may leave: the durable one, or with asynchronous
    /// durability the last one appended.
    #[must_use]
    pub fn releasable(&self) -> u64 {
        self.0.releasable()
    }
}

impl std::fmt::Debug for Watermark {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Watermark(durable {}, releasable {})", self.durable(), self.releasable())
    }
}

/// A log opened for writing.
#[derive(Debug)]
pub struct Store<L, F> {
    /// The sequencer's end.
    pub log: L,
    /// The flusher's end.
    pub flusher: F,
    /// Where it is kept; `None` when on no disk.
    pub directory: Option<PathBuf>,
}
