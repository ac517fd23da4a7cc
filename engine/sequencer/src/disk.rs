//! The line on one machine's disk: the `ringpit-journal` crate behind the seam of [`crate::Log`],
//! and what happens before it goes on: recovery, and replay without a server.

use crate::log::{
    Entry, Flush, Log, Marks, ReadLine, RecordKind, Refused, Store, TakeEntry, Watermark,
};
use crate::replay::{Replay, ReplayError};
use crate::running::Line;
use ringpit_core::shadow::Shadow;
use ringpit_core::{Emitted, Engine};
use ringpit_journal::{
    Appender, Flusher, Kind, OpenError, Opened, Options, Progress, ReadOptions, Reader, Record,
    Report, Stop, Storage, TailCopy,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The sequencer's end of a journal.
pub struct DiskLog(Appender);

/// The flusher's end of a journal.
pub struct DiskFlusher(Flusher);

/// Reads a journal while it is written.
#[derive(Clone)]
pub struct DiskReader(Reader);

impl DiskLog {
    /// What a process killed now would leave in its tail. For simulators: give it to
    /// [`recover_in`].
    #[must_use]
    pub fn copy_tail(&self) -> TailCopy {
        self.0.copy_tail()
    }
}

impl DiskFlusher {
    /// The journal's own flusher. For simulators, which step it by hand instead of giving it a
    /// thread.
    #[must_use]
    pub fn into_inner(self) -> Flusher {
        self.0
    }
}

impl Log for DiskLog {
    #[inline]
    fn append(
        &mut self,
        kind: RecordKind,
        seq: u64,
        at: u64,
        payload: &[u8],
    ) -> Result<(), Refused> {
        let kind = match kind {
            RecordKind::Input => Kind::Input,
            RecordKind::Checkpoint => Kind::Checkpoint,
        };
        self.0.append(kind, seq, at, payload).map_err(|refused| match refused {
            ringpit_journal::Refused::Full => Refused::Full,
            ringpit_journal::Refused::Failed => Refused::Failed,
        })
    }

    #[inline]
    fn wake(&self) {
        self.0.wake();
    }

    fn watermark(&self) -> Watermark {
        Watermark::new(self.0.watermark())
    }

    fn last_at(&self) -> u64 {
        self.0.last_time_ns()
    }
}

impl Marks for ringpit_journal::Watermark {
    fn durable(&self) -> u64 {
        self.durable()
    }

    fn releasable(&self) -> u64 {
        self.releasable()
    }
}

impl Flush for DiskFlusher {
    fn run(self, on_durable: &mut dyn FnMut()) -> Result<(), String> {
        self.0.run(|_durable_seq| on_durable()).map_err(|error| error.to_string())
    }
}

impl ReadLine for DiskReader {
    fn read(&mut self, from_seq: u64, until_seq: u64, take: TakeEntry<'_>) -> Result<(), String> {
        let mut on_record = |record: &Record<'_>| match entry(record) {
            Some(entry) => take(&entry),
            None => std::ops::ControlFlow::Continue(()),
        };
        let read = self.0.read(from_seq, until_seq, &mut on_record);
        read.map(|_last| ()).map_err(|error| error.to_string())
    }
}

/// The journal's own notes are none of the line's records.
fn entry<'a>(record: &Record<'a>) -> Option<Entry<'a>> {
    let kind = match record.kind {
        Kind::Input => RecordKind::Input,
        Kind::Checkpoint => RecordKind::Checkpoint,
        Kind::Mark | Kind::Seal => return None,
    };
    Some(Entry { kind, seq: record.seq, at: record.time_ns, payload: record.payload })
}

/// Why a journal could not be recovered or replayed.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The journal could not be opened or read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It could, but its inputs do not give what they gave.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

/// A journal that was recovered, and is ready to go on.
pub struct Recovered {
    /// For [`crate::start`].
    pub line: Line<DiskLog, DiskFlusher>,
    /// For the [`crate::Replayer`].
    pub reader: DiskReader,
    /// What the journal found.
    pub journal: ringpit_journal::Recovered,
    /// Checkpoints that the replay confirmed.
    pub checkpoints: u64,
}

/// Opens the journal in `dir`, or makes one there, and replays it. Every event goes to `on_event`
/// once more, in order, so that the gateway remembers again what it had sent.
///
/// # Errors
/// When the journal can't be opened, or the replay differs from what is journaled. What went to
/// `on_event` counts for nothing then.
pub fn recover(
    dir: &Path,
    options: &Options,
    progress: &mut dyn FnMut(Progress<'_>),
    on_event: &mut dyn FnMut(&Emitted<'_>),
) -> Result<Recovered, RecoverError> {
    let mut follower = Follower::new(u64::MAX, on_event);
    let opened = ringpit_journal::open(dir, options, &mut |record| follower.take(record), progress);
    follower.go_on(opened, Some(dir.to_owned()))
}

/// Like [`recover`], over any storage and with a tail in plain memory: for tests and simulators.
/// `tail` is what a killed process left behind; `None` after a power cut.
///
/// # Errors
/// As [`recover`].
pub fn recover_in(
    storage: Arc<dyn Storage>,
    options: &Options,
    tail: Option<&TailCopy>,
    on_event: &mut dyn FnMut(&Emitted<'_>),
) -> Result<Recovered, RecoverError> {
    let mut follower = Follower::new(u64::MAX, on_event);
    let mut on_record = |record: &Record<'_>| follower.take(record);
    let opened = ringpit_journal::open_in(storage, options, tail, &mut on_record, &mut |_| ());
    follower.go_on(opened, None)
}

/// What a replay gave.
#[derive(Debug)]
pub struct Replayed {
    /// The engine after the last input.
    pub engine: Engine,
    /// Checkpoints that it confirmed.
    pub checkpoints: u64,
    /// How the journal ends; `None` when the replay ended before.
    pub journal: Option<Report>,
}

/// Replays the journal in `dir` up to `until_seq`, changing nothing and needing no lock. Damage is
/// told in the report; what is intact before it is replayed.
///
/// # Errors
/// When the journal can't be read, or the replay differs from what is journaled.
pub fn replay(
    dir: &Path,
    until_seq: u64,
    progress: &mut dyn FnMut(Progress<'_>),
    on_event: &mut dyn FnMut(&Emitted<'_>),
) -> Result<Replayed, RecoverError> {
    let mut follower = Follower::new(until_seq, on_event);
    let mut on_record = |record: &Record<'_>| follower.take(record);
    let journal = match ringpit_journal::read(dir, ReadOptions::default(), &mut on_record, progress)
    {
        Ok(report) => Some(report),
        Err(OpenError::Stopped { .. }) if follower.is_over => None,
        Err(error) => return Err(follower.why(error)),
    };
    let checkpoints = follower.replay.checkpoints();
    Ok(Replayed { engine: follower.replay.into_engine().0, checkpoints, journal })
}

/// What following a journal under other rules gave.
#[derive(Debug)]
pub struct Compared {
    /// The engine under the journal's own rules, after the last input taken.
    pub own: Engine,
    /// The engine under the others.
    pub shadow: Shadow,
    /// How the journal ends; `None` when it was not read to its end.
    pub journal: Option<Report>,
}

/// Replays the journal in `dir` like [`replay`], and beside it once more under other rules, until
/// the first step whose events differ. Its own events go to `on_own`, the shadow's to `on_shadow`.
///
/// # Errors
/// As [`replay`]: the journal must be what it was under its own rules.
pub fn compare(
    dir: &Path,
    until_seq: u64,
    mut shadow: Shadow,
    progress: &mut dyn FnMut(Progress<'_>),
    on_own: &mut dyn FnMut(&Emitted<'_>),
    on_shadow: &mut dyn FnMut(&Emitted<'_>),
) -> Result<Compared, RecoverError> {
    let mut own = Follower::new(until_seq, on_own);
    let mut is_different = false;
    let mut on_record = |record: &Record<'_>| {
        if is_different {
            return Err(Stop("the first difference".into()));
        }
        own.take(record)?;
        if record.kind == Kind::Input {
            let (engine, input) = (own.replay.engine(), own.replay.input());
            shadow.follow(engine, input, &mut |emitted: &Emitted<'_>| on_shadow(emitted));
            is_different = shadow.first_difference().is_some();
        }
        Ok(())
    };
    let journal = match ringpit_journal::read(dir, ReadOptions::default(), &mut on_record, progress)
    {
        Ok(report) => Some(report),
        Err(OpenError::Stopped { .. }) if own.is_over || is_different => None,
        Err(error) => return Err(own.why(error)),
    };
    Ok(Compared { own: own.replay.into_engine().0, shadow, journal })
}

/// Feeds a journal's records to an engine.
struct Follower<'e> {
    replay: Replay,
    until_seq: u64,
    is_over: bool,
    failed: Option<ReplayError>,
    on_event: &'e mut dyn FnMut(&Emitted<'_>),
}

impl<'e> Follower<'e> {
    fn new(until_seq: u64, on_event: &'e mut dyn FnMut(&Emitted<'_>)) -> Self {
        Self { replay: Replay::new(), until_seq, is_over: false, failed: None, on_event }
    }

    fn take(&mut self, record: &Record<'_>) -> Result<(), Stop> {
        let Some(entry) = entry(record) else { return Ok(()) };
        if entry.seq > self.until_seq {
            self.is_over = true;
            return Err(Stop("the end that was asked for".into()));
        }
        let taken = self.replay.take(&entry, &mut |emitted: &Emitted<'_>| (self.on_event)(emitted));
        taken.map_err(|error| {
            self.failed = Some(error);
            Stop(error.to_string())
        })
    }

    /// The line goes on where the replay ended.
    fn go_on(
        self,
        opened: Result<Opened, OpenError>,
        directory: Option<PathBuf>,
    ) -> Result<Recovered, RecoverError> {
        let opened = opened.map_err(|error| self.why(error))?;
        let checkpoints = self.replay.checkpoints();
        let (engine, checkpointed_seq) = self.replay.into_engine();
        assert_eq!(engine.seq(), opened.recovered.last_seq, "every input went through the engine");
        let store = Store {
            log: DiskLog(opened.appender),
            flusher: DiskFlusher(opened.flusher),
            directory,
        };
        Ok(Recovered {
            line: Line { engine, checkpointed_seq, store },
            reader: DiskReader(opened.reader),
            journal: opened.recovered,
            checkpoints,
        })
    }

    /// The replay's own reason, where it was what ended the reading.
    fn why(&self, error: OpenError) -> RecoverError {
        match (error, self.failed) {
            (OpenError::Stopped { .. }, Some(failed)) => failed.into(),
            (error, _) => error.into(),
        }
    }
}
