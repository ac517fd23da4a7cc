//! Writes segments: records in order, rotation, marks, seals, and the next segment ahead of need.
//!
//! Every method that fails leaves the writer unusable, on purpose: nothing here is tried twice.
//! When to flush and what is durable is the flusher's affair.
//!
//! The order of a rotation, each step durable before the next: all records of the old segment; the
//! new one's header and first records, still under its temporary name; its real name. Then the
//! seal at the end of the old one. So a segment that exists proves that all before it was durable,
//! and a seal proves that the next segment existed.

use std::io;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::error::IoError;
use crate::format::{self, HEADER_BYTES, Head, Kind, RECORD_HEAD_BYTES, SegmentHeader, StoreId};
use crate::limits::{PREPARE_PIECE_BYTES, RECORD_ALIGN_BYTES};
use crate::storage::{Storage, StorageFile, write_whole};

/// Temporary name of the segment that is being prepared.
pub(crate) const NEXT_NAME: &str = "next.rpj.tmp";

/// Size of the pieces of a segment that is needed at once: at a store's first start, or when
/// preparing has not kept up.
const AT_ONCE_PIECE_BYTES: u64 = 4 * 1024 * 1024;

/// Kept free at the end of a segment: one mark and the seal.
const RESERVED_BYTES: u64 = 2 * RECORD_HEAD_BYTES as u64;

/// The last chained record written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Last {
    pub seq: u64,
    pub time_ns: u64,
    pub crc: u32,
}

/// An open segment.
struct Segment {
    file: Box<dyn StorageFile>,
    name: String,
    offset: u64,
    bytes: u64,
}

/// The next segment, zero-filled up to `filled`.
struct Spare {
    file: Box<dyn StorageFile>,
    filled: u64,
}

/// What stays the same in all segments of a store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StoreFacts {
    pub id: StoreId,
    pub rules_version: u32,
    /// Length of segments to come.
    pub segment_bytes: u64,
}

/// See the module.
pub(crate) struct SegmentWriter {
    storage: Arc<dyn Storage>,
    facts: StoreFacts,
    current: Segment,
    /// The current segment is not yet flushed under its name.
    unnamed: bool,
    /// Full, waiting for its seal, with the last record in it.
    old: Option<(Segment, Last)>,
    spare: Option<Spare>,
    /// A piece of the next segment. Kept, because a fresh one is mapped, faulted in page by page and
    /// unmapped each time: at full load hundreds of times a second.
    zeros: Box<[u8]>,
    hasher: Sha256,
    last: Last,
    /// A record was written since the last mark.
    unmarked: bool,
}

/// Where a writer begins.
pub(crate) struct Start {
    pub name: String,
    pub offset: u64,
    pub bytes: u64,
    pub last: Last,
    /// Over the records of the segment so far.
    pub hasher: Sha256,
    /// Whether the last thing in the segment is other than a mark.
    pub unmarked: bool,
}

impl SegmentWriter {
    /// Goes on in an existing segment.
    pub(crate) fn resume(
        storage: Arc<dyn Storage>,
        facts: StoreFacts,
        start: Start,
    ) -> Result<Self, IoError> {
        let file = storage
            .open(&start.name)
            .map_err(|error| IoError::new("open", storage.path().join(&start.name), error))?;
        let Start { name, offset, bytes, last, hasher, unmarked } = start;
        assert!(offset >= HEADER_BYTES as u64 && offset <= bytes, "offset in segment");
        let current = Segment { file, name, offset, bytes };
        let (unnamed, old, spare) = (false, None, None);
        let zeros = zeros(PREPARE_PIECE_BYTES);
        Ok(Self { storage, facts, current, unnamed, old, spare, zeros, hasher, last, unmarked })
    }

    /// Makes a store's first segment, durably named.
    pub(crate) fn create(storage: Arc<dyn Storage>, facts: StoreFacts) -> Result<Self, IoError> {
        let last = Last { seq: 0, time_ns: 0, crc: facts.id.seed() };
        let mut spare = Spare::new(&*storage)?;
        spare.fill_at_once(&*storage, facts.segment_bytes)?;
        let current = Segment {
            file: spare.file,
            name: format::segment_name(1),
            offset: HEADER_BYTES as u64,
            bytes: facts.segment_bytes,
        };
        let mut writer = Self {
            storage,
            facts,
            current,
            unnamed: true,
            old: None,
            spare: None,
            zeros: zeros(PREPARE_PIECE_BYTES),
            hasher: Sha256::new(),
            last,
            unmarked: false,
        };
        writer.write_header([0; 32])?;
        writer.flush()?;
        Ok(writer)
    }

    /// The last record written.
    pub(crate) fn last(&self) -> Last {
        self.last
    }

    /// What all segments of the store share.
    pub(crate) fn facts(&self) -> StoreFacts {
        self.facts
    }

    /// Bytes that records may still take in the current segment.
    pub(crate) fn room(&self) -> u64 {
        self.current.bytes.saturating_sub(self.current.offset + RESERVED_BYTES)
    }

    /// Where the records of the segment before end, while it waits for its seal.
    pub(crate) fn end_before(&self) -> Option<u64> {
        self.old.as_ref().map(|(old, _)| old.offset)
    }

    /// Name and write offset of the current segment.
    pub(crate) fn place(&self) -> (&str, u64) {
        (&self.current.name, self.current.offset)
    }

    fn error(&self, action: &'static str, name: &str, source: io::Error) -> IoError {
        IoError::new(action, self.storage.path().join(name), source)
    }

    fn write_header(&mut self, prev_digest: [u8; 32]) -> Result<(), IoError> {
        let header = SegmentHeader {
            store_id: self.facts.id,
            rules_version: self.facts.rules_version,
            first_seq: self.last.seq + 1,
            segment_bytes: self.current.bytes,
            prev_crc: self.last.crc,
            prev_time_ns: self.last.time_ns,
            prev_digest,
        };
        write_whole(&*self.current.file, &header.encode(), 0)
            .map_err(|error| self.error("write", NEXT_NAME, error))
    }

    /// Writes whole records that fit into [`SegmentWriter::room`], the last of them being `last`.
    /// They are durable after [`SegmentWriter::flush`].
    pub(crate) fn write(&mut self, records: &[u8], last: Last) -> Result<(), IoError> {
        assert!(records.len() as u64 <= self.room(), "records fit the segment");
        assert!(last.seq >= self.last.seq, "records are written in order");
        assert!(last.time_ns >= self.last.time_ns, "time never falls");
        assert!(records.len().is_multiple_of(RECORD_ALIGN_BYTES), "whole records");
        write_whole(&*self.current.file, records, self.current.offset)
            .map_err(|error| self.error("write", &self.current.name, error))?;
        self.current.offset += records.len() as u64;
        self.last = last;
        self.unmarked = true;
        Ok(())
    }

    /// Adds what was written to the segment's digest: in the order of writing, once, and before
    /// the next rotation. Apart from `write`, because no reply need wait for it.
    pub(crate) fn digest(&mut self, records: &[u8]) {
        self.hasher.update(records);
    }

    /// Makes all that was written durable, and the current segment's name.
    pub(crate) fn flush(&mut self) -> Result<(), IoError> {
        self.flush_file().map_err(|error| self.error("flush", &self.current.name, error))?;
        if self.unnamed {
            self.storage
                .rename(NEXT_NAME, &self.current.name)
                .map_err(|error| self.error("rename to", &self.current.name, error))?;
            self.flush_names().map_err(|error| self.error("flush directory", "", error))?;
            self.unnamed = false;
        }
        Ok(())
    }

    fn flush_file(&self) -> io::Result<()> {
        #[cfg(ringpit_canary)]
        {
            use ringpit_canary::{Canary, sings};
            if sings(Canary::SkipSegmentFlush) {
                return Ok(());
            }
            if sings(Canary::IgnoreFailedFlush) {
                return self.current.file.sync_data().or(Ok(()));
            }
        }
        self.current.file.sync_data()
    }

    fn flush_names(&self) -> io::Result<()> {
        #[cfg(ringpit_canary)]
        if ringpit_canary::sings(ringpit_canary::Canary::SkipDirectoryFlush) {
            return Ok(());
        }
        self.storage.sync_dir()
    }

    /// Goes on in the next segment, which becomes visible with the next flush. All records of the
    /// current one must be flushed and digested.
    pub(crate) fn rotate(&mut self) -> Result<(), IoError> {
        assert!(!self.unnamed && self.old.is_none(), "one rotation at a time");
        assert!(self.last.seq + 1 > 1, "a segment without records is never full");
        let mut spare = match self.spare.take() {
            Some(spare) => spare,
            None => Spare::new(&*self.storage)?,
        };
        spare.fill_at_once(&*self.storage, self.facts.segment_bytes)?;
        let digest = std::mem::replace(&mut self.hasher, Sha256::new()).finalize();
        let next = Segment {
            file: spare.file,
            name: format::segment_name(self.last.seq + 1),
            offset: HEADER_BYTES as u64,
            bytes: self.facts.segment_bytes,
        };
        let old = std::mem::replace(&mut self.current, next);
        assert!(old.name < self.current.name, "segment names rise");
        self.old = Some((old, self.last));
        self.unnamed = true;
        self.write_header(digest.into())
    }

    /// Seals the segment before, if a rotation has just become durable.
    pub(crate) fn seal(&mut self) -> Result<(), IoError> {
        let Some((mut old, last)) = self.old.take() else { return Ok(()) };
        assert!(!self.unnamed, "sealed only once the next segment is durable");
        old.offset += RECORD_HEAD_BYTES as u64;
        assert!(old.offset <= old.bytes, "the seal's place was kept free");
        let at = old.offset - RECORD_HEAD_BYTES as u64;
        seal_file(&*old.file, at, self.facts.id, last)
            .map_err(|error| self.error("seal", &old.name, error))
    }

    /// Writes and flushes a mark: all that was written is durable. Does nothing if the last thing
    /// written is one.
    pub(crate) fn mark(&mut self) -> Result<(), IoError> {
        assert!(!self.unnamed && self.old.is_none(), "marked after a finished flush");
        if !self.unmarked {
            return Ok(());
        }
        let mark = note(Kind::Mark, self.facts.id, self.last);
        assert!(
            self.current.offset + RESERVED_BYTES <= self.current.bytes,
            "the mark's place was kept free"
        );
        write_whole(&*self.current.file, &mark, self.current.offset)
            .map_err(|error| self.error("write mark to", &self.current.name, error))?;
        self.current.offset += mark.len() as u64;
        self.hasher.update(mark);
        self.unmarked = false;
        self.flush()
    }

    /// Whether a mark would say something new.
    pub(crate) fn is_unmarked(&self) -> bool {
        self.unmarked
    }

    /// Whether the next segment is not yet fully prepared.
    pub(crate) fn wants_preparing(&self) -> bool {
        self.spare.as_ref().is_none_or(|spare| spare.filled < self.facts.segment_bytes)
    }

    /// Whether preparing has fallen behind: it should be done when half the segment is used.
    pub(crate) fn is_preparing_late(&self) -> bool {
        let filled = self.spare.as_ref().map_or(0, |spare| spare.filled);
        self.wants_preparing() && filled < 2 * self.current.offset
    }

    /// Prepares one more piece of the next segment.
    pub(crate) fn prepare_piece(&mut self) -> Result<(), IoError> {
        let mut spare = match self.spare.take() {
            Some(spare) => spare,
            None => Spare::new(&*self.storage)?,
        };
        if spare.filled < self.facts.segment_bytes {
            spare.fill_piece(&*self.storage, self.facts.segment_bytes, &self.zeros)?;
        }
        self.spare = Some(spare);
        Ok(())
    }
}

impl Spare {
    fn new(storage: &dyn Storage) -> Result<Self, IoError> {
        let file = storage
            .create(NEXT_NAME)
            .map_err(|error| IoError::new("create", storage.path().join(NEXT_NAME), error))?;
        Ok(Self { file, filled: 0 })
    }

    /// Writes and flushes all that is missing.
    fn fill_at_once(&mut self, storage: &dyn Storage, until: u64) -> Result<(), IoError> {
        if self.filled < until {
            let zeros = zeros(AT_ONCE_PIECE_BYTES);
            while self.filled < until {
                self.fill_piece(storage, until, &zeros)?;
            }
        }
        Ok(())
    }

    /// Writes and flushes the next zeros: written, not merely allocated, so that no later flush has
    /// to commit the file's metadata.
    fn fill_piece(
        &mut self,
        storage: &dyn Storage,
        until: u64,
        zeros: &[u8],
    ) -> Result<(), IoError> {
        let piece = (until - self.filled).min(zeros.len() as u64);
        let path = || storage.path().join(NEXT_NAME);
        write_whole(&*self.file, &zeros[..piece as usize], self.filled)
            .map_err(|error| IoError::new("prepare", path(), error))?;
        self.file
            .sync_data()
            .map_err(|error| IoError::new("flush while preparing", path(), error))?;
        self.filled += piece;
        assert!(self.filled <= until, "no longer than a segment");
        Ok(())
    }
}

/// Zeros to be written; never touched, they cost the system no page.
fn zeros(bytes: u64) -> Box<[u8]> {
    vec![0; bytes as usize].into_boxed_slice()
}

/// Writes and flushes a seal.
pub(crate) fn seal_file(
    file: &dyn StorageFile,
    at: u64,
    store_id: StoreId,
    last: Last,
) -> io::Result<()> {
    write_whole(file, &note(Kind::Seal, store_id, last), at)?;
    file.sync_data()
}

/// A mark or seal that follows `last`. The flusher has just made `last` durable.
fn note(kind: Kind, store_id: StoreId, last: Last) -> [u8; RECORD_HEAD_BYTES] {
    assert!(!kind.is_chained(), "a note is not part of the chain");
    let head = Head {
        kind,
        seq: last.seq,
        time_ns: last.time_ns,
        durable_seq: last.seq,
        prev_crc: last.crc,
    };
    head.encode(store_id.seed(), &[]).0
}

/// How much of `records`, which begin at a record, can be taken at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fitting {
    pub bytes: usize,
    /// The last record taken; `None` if not even the first fits.
    pub last: Option<Last>,
    /// A wrap word follows: the rest of the slice holds no record.
    pub wraps: bool,
}

/// Measures whole records from the start of `records` up to `room` bytes. They were checked or
/// just appended, so only their heads are looked at.
pub(crate) fn fitting(records: &[u8], room: usize) -> Fitting {
    let mut bytes = 0;
    let mut last = None;
    while bytes < records.len() {
        let rest = &records[bytes..];
        let length = format::u32_at(rest, format::RECORD_LENGTH_AT);
        if length == format::TAIL_WRAP {
            return Fitting { bytes, last, wraps: true };
        }
        assert!(length as usize >= RECORD_HEAD_BYTES, "a record's length in the tail");
        let padded = (length as usize).next_multiple_of(RECORD_ALIGN_BYTES);
        assert!(padded <= rest.len(), "a whole record in the tail");
        if bytes + padded > room {
            break;
        }
        last = Some(Last {
            seq: format::u64_at(rest, format::RECORD_SEQ_AT),
            time_ns: format::u64_at(rest, format::RECORD_TIME_AT),
            crc: format::u32_at(rest, format::RECORD_CRC_AT),
        });
        bytes += padded;
    }
    Fitting { bytes, last, wraps: false }
}
