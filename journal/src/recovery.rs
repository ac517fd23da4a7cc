//! Opens a store: recovers the line, makes what was recovered durable, and hands out its two ends.
//!
//! Outcomes (see `line`): clean; cut above the highest durable mark, named and dropped; damage,
//! which refuses to start unless the operator accepts the loss of what came after. What was read
//! may have come from the page cache of a killed process, so nothing of it counts as durable before
//! it has been rewritten and flushed.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::adopt::adopt;
use crate::appender::Appender;
use crate::chain::Chain;
use crate::error::{Damage, IoError, OpenError};
use crate::fault::Fault;
use crate::filesystem;
use crate::flusher::Flusher;
use crate::format::{self, HEADER_BYTES, StoreId};
use crate::line::{Line, OnRecord, Verdict, Walk};
use crate::lock::StoreLock;
use crate::reader::Reader;
use crate::record::Progress;
use crate::shared::{SegmentEntry, Shared, Watermark};
use crate::storage::{DirStorage, Storage, write_whole};
use crate::store::{Opened, Options, Recovered};
use crate::tail::{Tail, TailCopy};
use crate::tail_file::{self, TailHome};
use crate::writer::{Last, NEXT_NAME, SegmentWriter, Start, StoreFacts, fitting, seal_file};

/// Opens the store in `dir`, or makes one there. Every surviving input and checkpoint goes through
/// `on_record` in order before this returns; on an error, what went through counts for nothing.
pub fn open(
    dir: &Path,
    options: &Options,
    on_record: OnRecord<'_>,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Opened, OpenError> {
    options.check()?;
    create_dir(dir)?;
    let lock = StoreLock::take(dir)?;
    let storage: Arc<dyn Storage> = Arc::new(DirStorage::new(dir));
    let mut recovery = Recovery::new(storage, options);
    recovery.warnings.extend(filesystem::warning(dir));
    let tail_dir = options.tail_dir.as_deref();
    let has_tail = tail_file::is_known(dir);
    let mut old_tail = None;
    let mut note = None;
    let (line, writer) = recovery.run(on_record, progress, has_tail, &mut |store_id| {
        let Some(path) = tail_file::find(dir, tail_dir, store_id)? else {
            return Ok(TailCopy::default());
        };
        old_tail = Some(tail_file::lock_existing(&path)?);
        let (copy, text) = tail_file::read(&path, store_id)?;
        note = text;
        Ok(copy)
    })?;
    recovery.warnings.extend(note);
    // All that was in it is in the segments now.
    drop(old_tail);
    let (id, bytes) = (writer.facts().id, options.tail_bytes);
    let (tail, home) = tail_file::renew(dir, tail_dir, id, bytes, &mut recovery.warnings)?;
    Ok(recovery.finish(line, writer, tail, home, Some(lock)))
}

/// Like [`open`], over any storage and with a tail in plain memory: for tests and simulators.
/// `tail` is what a killed process left behind; `None` after a power cut. Takes no lock.
pub fn open_in(
    storage: Arc<dyn Storage>,
    options: &Options,
    tail: Option<&TailCopy>,
    on_record: OnRecord<'_>,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Opened, OpenError> {
    options.check()?;
    let mut recovery = Recovery::new(storage, options);
    let (line, writer) = recovery
        .run(on_record, progress, tail.is_some(), &mut |_| Ok(tail.cloned().unwrap_or_default()))?;
    let tail = Tail::in_memory(writer.facts().id, options.tail_bytes);
    Ok(recovery.finish(line, writer, tail, TailHome::none(), None))
}

/// An opening in progress.
struct Recovery<'o> {
    storage: Arc<dyn Storage>,
    options: &'o Options,
    started: Instant,
    warnings: Vec<String>,
    accepted_loss: Option<Damage>,
}

impl<'o> Recovery<'o> {
    fn new(storage: Arc<dyn Storage>, options: &'o Options) -> Self {
        let started = Instant::now();
        Self { storage, options, started, warnings: Vec::new(), accepted_loss: None }
    }

    /// Walks the line and makes it durable; `None` and a first segment for a new store.
    fn run(
        &mut self,
        on_record: OnRecord<'_>,
        progress: &mut dyn FnMut(Progress<'_>),
        has_tail: bool,
        read_tail: &mut dyn FnMut(StoreId) -> Result<TailCopy, OpenError>,
    ) -> Result<(Option<Line>, SegmentWriter), OpenError> {
        let storage = self.storage.clone();
        let files = segment_files(&*storage)?;
        self.remove_leftover()?;
        if files.is_empty() {
            if has_tail {
                return Err(lost_segments().into());
            }
            return Ok((None, self.create()?));
        }
        let mut walk = Walk { storage: &*storage, from_seq: 1, notes: false, on_record, progress };
        let mut line = walk.segments(&files)?;
        self.check_rules(&line)?;
        if !matches!(line.verdict, Verdict::Damage(_)) {
            let tail = read_tail(store_id(&line))?;
            self.warnings.extend(adopt(&mut line, &tail, &mut walk)?);
        }
        if let Verdict::Damage(damage) = &line.verdict {
            let damage = damage.clone();
            self.accept_loss(&damage)?;
            set_aside(&*storage, &line)?;
            self.accepted_loss = Some(damage);
        }
        let writer = self.make_durable(&mut line)?;
        Ok((Some(line), writer))
    }

    fn check_rules(&self, line: &Line) -> Result<(), OpenError> {
        let found = line.segments.last().map_or(0, |segment| segment.header.rules_version);
        let known = self.options.rules_version;
        if found > known { Err(OpenError::NewerRules { found, known }) } else { Ok(()) }
    }

    /// A segment that was being prepared holds nothing of the line.
    fn remove_leftover(&self) -> Result<(), IoError> {
        let failed = |error| IoError::new("remove", self.storage.path().join(NEXT_NAME), error);
        let names = self.storage.list().map_err(failed)?;
        if names.iter().any(|name| name == NEXT_NAME) {
            self.storage.remove(NEXT_NAME).map_err(failed)?;
        }
        Ok(())
    }

    fn create(&self) -> Result<SegmentWriter, OpenError> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|error| {
            let source = std::io::Error::other(error.to_string());
            IoError::new("ask for randomness for", self.storage.path(), source)
        })?;
        let facts = StoreFacts {
            id: StoreId(id),
            rules_version: self.options.rules_version,
            segment_bytes: self.options.segment_bytes,
        };
        Ok(SegmentWriter::create(self.storage.clone(), facts)?)
    }

    /// Whether the operator accepts this damage.
    fn accept_loss(&mut self, damage: &Damage) -> Result<(), OpenError> {
        let (intact, damage) = (damage.intact_before, Box::new(damage.clone()));
        match self.options.accept_loss_after {
            None => Err(OpenError::Damage(damage)),
            Some(asked) if asked > intact => Err(OpenError::LossTooSmall { asked, intact, damage }),
            Some(_) => Ok(()),
        }
    }

    /// Rewrites what was not proven durable, clears what was cut, writes the adopted tail, flushes
    /// all of it and says so with a mark.
    fn make_durable(&mut self, line: &mut Line) -> Result<SegmentWriter, OpenError> {
        let Some(segment) = line.segments.last() else {
            return Err(lost_segments().into());
        };
        let (name, header) = (segment.name.clone(), segment.header);
        self.seal_before(line, header.store_id)?;
        self.rewrite(line, &name, header.segment_bytes)?;
        let facts = StoreFacts {
            id: header.store_id,
            rules_version: header.rules_version,
            segment_bytes: self.options.segment_bytes,
        };
        let last = line.in_segments;
        let start = Start {
            name,
            offset: line.end_offset,
            bytes: header.segment_bytes,
            last: Last { seq: last.last_seq, time_ns: last.last_time_ns, crc: last.last_crc },
            hasher: line.hasher.clone(),
            unmarked: !line.ends_with_mark && line.end_offset > HEADER_BYTES as u64,
        };
        let mut writer = SegmentWriter::resume(self.storage.clone(), facts, start)?;
        let adopted_bytes = std::mem::take(&mut line.adopted);
        let mut adopted = &adopted_bytes[..];
        while !adopted.is_empty() {
            let room = usize::try_from(writer.room()).unwrap_or(usize::MAX);
            let fit = fitting(adopted, room);
            let (now, later) = adopted.split_at(fit.bytes);
            match fit.last {
                Some(last) => {
                    writer.write(now, last)?;
                    writer.digest(now);
                    writer.flush()?;
                    writer.seal()?;
                }
                None => {
                    let (_, end_before) = writer.place();
                    writer.rotate()?;
                    line.begun.push((writer.place().0.to_owned(), end_before));
                }
            }
            adopted = later;
        }
        assert_eq!(writer.last().seq, line.chain.last_seq, "all that was adopted is written");
        self.storage
            .sync_dir()
            .map_err(|error| IoError::new("flush directory", self.storage.path(), error))?;
        writer.mark()?;
        assert!(!writer.is_unmarked(), "what was recovered is marked durable");
        Ok(writer)
    }

    /// Seals the segment before the last, if a crash prevented it.
    fn seal_before(&mut self, line: &Line, store_id: StoreId) -> Result<(), IoError> {
        let Some(due) = &line.seal_due else { return Ok(()) };
        let failed = |error| IoError::new("seal", self.storage.path().join(&due.name), error);
        if due.is_torn {
            self.warnings.push(due.warning());
        }
        let file = self.storage.open(&due.name).map_err(failed)?;
        seal_file(&*file, due.offset, store_id, due.last).map_err(failed)
    }

    /// Rewrites the part of the last segment that no mark proves durable (all before that segment
    /// is proven by its existence), and zeros whatever lies behind.
    fn rewrite(&self, line: &Line, name: &str, segment_bytes: u64) -> Result<(), IoError> {
        #[cfg(ringpit_canary)]
        if ringpit_canary::sings(ringpit_canary::Canary::TailNotRewritten) {
            return Ok(());
        }
        let failed = |error| IoError::new("rewrite", self.storage.path().join(name), error);
        let from = line.unproven_offset();
        assert!(from >= HEADER_BYTES as u64 && from <= line.end_offset, "records only");
        let kept = &line.last_bytes[from as usize..line.end_offset as usize];
        let is_short = (line.last_bytes.len() as u64) < segment_bytes;
        let zeros_until = if is_short { segment_bytes } else { line.rest_end };
        if kept.is_empty() && zeros_until <= line.end_offset {
            return Ok(());
        }
        let mut bytes = kept.to_vec();
        bytes.resize((zeros_until.max(line.end_offset) - from) as usize, 0);
        let file = self.storage.open(name).map_err(failed)?;
        write_whole(&*file, &bytes, from).map_err(failed)?;
        file.sync_data().map_err(failed)
    }

    fn finish(
        self,
        line: Option<Line>,
        writer: SegmentWriter,
        tail: Tail,
        home: TailHome,
        lock: Option<StoreLock>,
    ) -> Opened {
        let facts = writer.facts();
        let last = writer.last();
        let chain = line.as_ref().map_or(Chain::new(facts.id), |line| line.chain);
        assert_eq!(chain.last_seq, last.seq, "all that was recovered is written");
        assert_eq!(chain.last_crc, last.crc, "the line goes on from its last record");
        let segments = segment_entries(line.as_ref());
        let shared = Arc::new(Shared::new(last.seq, self.options.durability, segments));
        let (tail_writer, tail_reader, tail) = tail.split(last.seq);
        let watermark = Watermark::new(shared.clone(), tail);
        let lock = lock.map(Arc::new);
        let storage = self.storage.clone();
        let recovered = self.recovered(line, facts, chain);
        Opened {
            appender: Appender::new(
                tail_writer,
                shared.clone(),
                chain,
                watermark.clone(),
                lock.clone(),
            ),
            reader: Reader::new(storage, shared.clone(), facts.id),
            flusher: Flusher::new(shared, tail_reader, writer, watermark, home, lock),
            recovered,
        }
    }

    fn recovered(self, line: Option<Line>, facts: StoreFacts, chain: Chain) -> Recovered {
        let mut recovered = Recovered {
            store_id: facts.id,
            is_new: line.is_none(),
            rules_version: facts.rules_version,
            last_seq: chain.last_seq,
            last_time_ns: chain.last_time_ns,
            records: 0,
            tail_records: 0,
            bytes: 0,
            cut: None,
            accepted_loss: self.accepted_loss,
            warnings: self.warnings,
            took: Duration::ZERO,
        };
        if let Some(line) = line {
            recovered.records = line.records;
            recovered.tail_records = line.adopted_records;
            recovered.bytes = line.record_bytes;
            if let Verdict::Cut(cut) = line.verdict {
                recovered.cut = Some(cut);
            }
            recovered.warnings.extend(line.stray.iter().map(|(file, offset)| {
                format!(
                    "{file} has bytes that are not zero at offset {offset}, where nothing was \
                     written: the records are intact, but the disk may be failing"
                )
            }));
        }
        recovered.took = self.started.elapsed();
        recovered
    }
}

/// What readers may open: the segments walked, and those begun for what the tail added.
fn segment_entries(line: Option<&Line>) -> Vec<SegmentEntry> {
    let Some(line) = line else {
        let name = format::segment_name(1);
        return vec![SegmentEntry { name, first_seq: 1, places: Vec::new(), records_end: None }];
    };
    let walked = line.segments.iter().map(|segment| SegmentEntry {
        first_seq: segment.header.first_seq,
        name: segment.name.clone(),
        places: segment.places.clone(),
        records_end: Some(segment.records_end),
    });
    let begun = line.begun.iter().map(|(name, _)| {
        let first_seq = format::segment_first_seq(name).unwrap_or(0);
        assert!(first_seq > 0, "a segment is named by its first number");
        SegmentEntry { name: name.clone(), first_seq, places: Vec::new(), records_end: None }
    });
    let mut entries: Vec<SegmentEntry> = walked.chain(begun).collect();
    // The last one goes on; those before it ended where the next was begun.
    let walked = line.segments.len();
    for (entry, (_, end_before)) in entries[walked - 1..].iter_mut().zip(&line.begun) {
        entry.records_end = Some(*end_before);
    }
    if let Some(last) = entries.last_mut() {
        last.records_end = None;
    }
    entries
}

/// Makes the directory and those above it, durably: a store that forgets where it is after a power
/// cut has lost everything.
fn create_dir(dir: &Path) -> Result<(), IoError> {
    let missing: Vec<&Path> = dir.ancestors().take_while(|path| !path.exists()).collect();
    std::fs::create_dir_all(dir).map_err(|error| IoError::new("create", dir, error))?;
    for made in missing {
        let parent = match made.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        File::open(parent)
            .and_then(|parent| parent.sync_all())
            .map_err(|error| IoError::new("flush directory", parent, error))?;
    }
    Ok(())
}

/// Segment files in order.
pub(crate) fn segment_files(storage: &dyn Storage) -> Result<Vec<String>, IoError> {
    let names = storage.list().map_err(|error| IoError::new("list", storage.path(), error))?;
    let mut files: Vec<String> =
        names.into_iter().filter(|name| format::segment_first_seq(name).is_some()).collect();
    files.sort_unstable();
    Ok(files)
}

pub(crate) fn store_id(line: &Line) -> StoreId {
    line.segments.last().map_or(StoreId([0; 16]), |segment| segment.header.store_id)
}

/// There is a tail, so there were segments.
fn lost_segments() -> Damage {
    Damage {
        file: format::segment_name(1),
        offset: 0,
        seq: 1,
        fault: Fault::MissingSegment(1),
        intact_before: 0,
        intact_after: None,
        durable_seq: 0,
    }
}

/// Keeps what an accepted loss gives up, under names that recovery does not look at: the files
/// behind the damage, last first so that the line always ends at the same place, and a copy of the
/// damaged file.
fn set_aside(storage: &dyn Storage, line: &Line) -> Result<(), OpenError> {
    let Some(segment) = line.segments.last() else {
        // Nothing is intact, not even a header: there is no line to go on with.
        let Verdict::Damage(damage) = &line.verdict else { return Ok(()) };
        return Err(damage.clone().into());
    };
    let names = storage.list().map_err(|error| IoError::new("list", storage.path(), error))?;
    let free =
        |name: &str| (1_u32..).map(|n| format!("{name}.lost-{n}")).find(|new| !names.contains(new));
    for name in line.later_files.iter().rev() {
        let aside = free(name).unwrap_or_default();
        storage
            .rename(name, &aside)
            .map_err(|error| IoError::new("set aside", storage.path().join(name), error))?;
    }
    let copy = free(&segment.name).unwrap_or_default();
    let failed = |error| IoError::new("copy aside to", storage.path().join(&copy), error);
    let file = storage.create(&copy).map_err(failed)?;
    write_whole(&*file, &line.last_bytes, 0).map_err(failed)?;
    file.sync_data().map_err(failed)?;
    Ok(storage
        .sync_dir()
        .map_err(|error| IoError::new("flush directory", storage.path(), error))?)
}
