//! Reads a store without changing it: `verify`, `inspect`, `replay`.
//!
//! Needs no lock. Beside a running server it checks all that is written; the end of the last
//! segment may be in the middle of a write then, and is looked at again before it is called bad.

use std::path::Path;
use std::time::Duration;

use crate::adopt::adopt;
use crate::error::{Cut, Damage, OpenError};
use crate::format::{self, StoreId};
use crate::line::{Line, OnRecord, SealDue, Verdict, Walk};
use crate::lock::StoreLock;
use crate::record::{Place, Progress, Record};
use crate::recovery::{segment_files, store_id};
use crate::storage::DirStorage;
use crate::tail_file;

/// Looks at the end of a live segment again at most this often.
const TRIES_MAX: u32 = 20;

/// What to hand over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// First number. Reading starts at the segment that holds it and trusts that segment's header
    /// for everything before.
    pub from_seq: u64,
    /// Marks and seals too.
    pub notes: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { from_seq: 1, notes: false }
    }
}

/// How the line ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every checksum, link and digest is right.
    Clean,
    /// The end was never durable and will be dropped at the next start: no damage.
    Cut(Cut),
    /// Durable bytes are missing or wrong.
    Damage(Damage),
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The store.
    pub store_id: StoreId,
    /// Rules it runs under.
    pub rules_version: u32,
    /// Segments read.
    pub segments: usize,
    /// Number of the last intact input.
    pub last_seq: u64,
    /// Its time, in UNIX nanoseconds.
    pub last_time_ns: u64,
    /// Inputs and checkpoints read.
    pub records: u64,
    /// How many of them are in the tail only.
    pub tail_records: u64,
    /// Bytes of records read.
    pub bytes: u64,
    /// Highest number that a record proves durable.
    pub durable_seq: u64,
    /// How the line ends.
    pub outcome: Outcome,
    /// Places where bytes are not zero although nothing was written there: file and offset. No
    /// record is touched, but the disk may be failing.
    pub stray: Vec<(String, u64)>,
    /// Sentences for the operator.
    pub warnings: Vec<String>,
    /// A server has the store now; its tail was left alone.
    pub is_server_running: bool,
}

impl Report {
    /// Whether every byte is as it should be, a legal cut included.
    #[must_use]
    pub fn is_undamaged(&self) -> bool {
        !matches!(self.outcome, Outcome::Damage(_)) && self.stray.is_empty()
    }
}

/// Checks the whole store in `dir`.
pub fn verify(dir: &Path, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Report, OpenError> {
    read(dir, ReadOptions::default(), &mut |_| Ok(()), progress)
}

/// Hands every intact record from `options.from_seq` on to `on_record`, in order, and says how the
/// line ends. Damage is in the report, not an error, unless there is no usable segment at all.
pub fn read(
    dir: &Path,
    options: ReadOptions,
    on_record: OnRecord<'_>,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Report, OpenError> {
    let storage = DirStorage::new(dir);
    let is_server_running = StoreLock::is_held(dir);
    let mut filter = Filter { from_seq: options.from_seq.max(1), ..Filter::default() };
    let mut from_seq = options.from_seq.max(1);
    let mut tries = 0;
    loop {
        let files = if dir.is_dir() { segment_files(&storage)? } else { Vec::new() };
        let mut filtered = |record: &Record<'_>| {
            let is_new = filter.takes(record);
            if is_new && (options.notes || record.kind.is_chained()) {
                return on_record(record);
            }
            Ok(())
        };
        let notes = true;
        let mut walk =
            Walk { storage: &storage, from_seq, notes, on_record: &mut filtered, progress };
        let mut line = walk.segments(&files)?;
        let is_settled = !is_server_running || matches!(line.verdict, Verdict::Clean);
        if !is_settled && tries < TRIES_MAX {
            tries += 1;
            from_seq = from_seq.max(line.chain.last_seq);
            std::thread::sleep(Duration::from_millis(5));
            continue;
        }
        let torn_seal = line.seal_due.as_ref().filter(|due| due.is_torn);
        let mut warnings: Vec<String> = torn_seal.map(SealDue::warning).into_iter().collect();
        if is_server_running {
            // Torn bytes above the mark, beside a server: a write that is going on.
            if matches!(line.verdict, Verdict::Cut(_)) {
                line.verdict = Verdict::Clean;
            }
        } else if let Some(path) = tail_file::find(dir, None, store_id(&line))? {
            let (tail, text) = tail_file::read(&path, store_id(&line))?;
            warnings.extend(text);
            warnings.extend(adopt(&mut line, &tail, &mut walk)?);
        }
        return Ok(report(line, &filter, warnings, is_server_running));
    }
}

/// Lets each record through once, however often the line's end is looked at, and counts.
#[derive(Default)]
struct Filter {
    from_seq: u64,
    /// Where the last one stood.
    file: String,
    offset: u64,
    records: u64,
    bytes: u64,
}

impl Filter {
    fn takes(&mut self, record: &Record<'_>) -> bool {
        let Place { file, offset } = record.place;
        // File names rise along the line, and the tail's is behind them all.
        if record.seq < self.from_seq || (file, offset) <= (self.file.as_str(), self.offset) {
            return false;
        }
        if self.file != file {
            file.clone_into(&mut self.file);
        }
        self.offset = offset;
        self.records += u64::from(record.kind.is_chained());
        self.bytes += format::padded_bytes(record.payload.len()) as u64;
        true
    }
}

fn report(line: Line, filter: &Filter, warnings: Vec<String>, is_server_running: bool) -> Report {
    let rules_version = line.segments.last().map_or(0, |segment| segment.header.rules_version);
    assert!(line.chain.durable_seq <= line.chain.last_seq, "proven of what is there");
    Report {
        store_id: store_id(&line),
        rules_version,
        segments: line.segments.len(),
        last_seq: line.chain.last_seq,
        last_time_ns: line.chain.last_time_ns,
        records: filter.records,
        tail_records: line.adopted_records,
        bytes: filter.bytes,
        durable_seq: line.chain.durable_seq,
        outcome: match line.verdict {
            Verdict::Clean => Outcome::Clean,
            Verdict::Cut(cut) => Outcome::Cut(cut),
            Verdict::Damage(damage) => Outcome::Damage(damage),
        },
        stray: line.stray,
        warnings,
        is_server_running,
    }
}
