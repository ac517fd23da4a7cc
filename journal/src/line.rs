//! Walks the whole line, segments then tail, and says how it ends: clean, cut or damaged.
//!
//! Only plain reads, and nothing is changed: `verify` and `inspect` use this as it is, recovery
//! acts on its verdict. The verdict follows from the marks. Pages of an unflushed batch reach the
//! disk in any order, so a hole with good records behind it is legal above the highest number that
//! some good record proves durable, and damage at or below it.

use sha2::{Digest, Sha256};

use crate::chain::Chain;
use crate::error::{Cut, Damage, IoError, OpenError, Stop};
use crate::fault::Fault;
use crate::format::{self, BadHeader, HEADER_BYTES, Kind, Parsed, SegmentHeader, Slot};
use crate::limits::{INDEX_STRIDE_BYTES, PROGRESS_RECORDS, RECORD_ALIGN_BYTES as ALIGN};
use crate::record::{Place, Progress, Record};
use crate::rest::{Rest, examine};
use crate::storage::{Storage, read_whole};
use crate::writer::Last;

/// Takes each record; an error stops the walk.
pub(crate) type OnRecord<'a> = &'a mut dyn FnMut(&Record<'_>) -> Result<(), Stop>;

/// How the line ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Clean,
    Cut(Cut),
    Damage(Damage),
}

/// A segment that was walked.
#[derive(Clone, Debug)]
pub(crate) struct SegmentFacts {
    pub name: String,
    pub header: SegmentHeader,
    /// Places in it to start reading from.
    pub places: Vec<(u64, u64)>,
    /// Where its records end, its seal aside.
    pub records_end: u64,
}

/// What was found.
pub(crate) struct Line {
    pub chain: Chain,
    /// Segments of the intact part; the last one is where the line ends.
    pub segments: Vec<SegmentFacts>,
    /// Segment files behind a damage, not part of the line.
    pub later_files: Vec<String>,
    /// The last segment's content.
    pub last_bytes: Vec<u8>,
    /// Where the last segment's records end (without its seal).
    pub end_offset: u64,
    /// Whether the last thing before that is a mark.
    pub ends_with_mark: bool,
    /// Behind the last byte of the last segment that is not zero.
    pub rest_end: u64,
    /// Over the last segment's records.
    pub hasher: Sha256,
    pub verdict: Verdict,
    /// Where the line stood at the end of the segments, before the tail.
    pub in_segments: Chain,
    /// The segment before the last, if it is not sealed as it should be by now: a crash came
    /// between the making of the last one and the seal.
    pub seal_due: Option<SealDue>,
    /// Segments begun for what was taken from the tail, each with where the records of the one
    /// before it end.
    pub begun: Vec<(String, u64)>,
    /// Inputs and checkpoints walked.
    pub records: u64,
    /// Bytes of all records walked, marks and seals included.
    pub record_bytes: u64,
    /// Files with bytes that are not zero where nothing was written, and where: harmless, but a
    /// sign of a failing disk.
    pub stray: Vec<(String, u64)>,
    /// Highest number among whole records that are dropped by a cut.
    pub dropped_seq: u64,
    /// Inputs and checkpoints taken from the tail, ready to be written to the segments.
    pub adopted: Vec<u8>,
    /// How many those are.
    pub adopted_records: u64,
}

/// A seal to be written.
#[derive(Clone, Debug)]
pub(crate) struct SealDue {
    pub name: String,
    pub offset: u64,
    /// Something stands there already, and it is not a seal.
    pub is_torn: bool,
    pub last: Last,
}

impl SealDue {
    /// For the operator.
    pub(crate) fn warning(&self) -> String {
        let Self { name, offset, .. } = self;
        format!(
            "the seal of {name} at offset {offset} is torn, as after a crash in a rotation; its \
             records are whole"
        )
    }
}

/// What the walk is given.
pub(crate) struct Walk<'a> {
    pub storage: &'a dyn Storage,
    /// Start at the segment that holds this number, trusting its header for what was before.
    pub from_seq: u64,
    /// Hand marks and seals to `on_record` too.
    pub notes: bool,
    pub on_record: OnRecord<'a>,
    pub progress: &'a mut dyn FnMut(Progress),
}

/// How the records of one segment end.
struct SegmentEnd {
    offset: usize,
    sealed: bool,
    /// `None` at a length of 0 or a seal.
    fault: Option<Fault>,
    ends_with_mark: bool,
}

impl Walk<'_> {
    /// Walks the segments named in `files` (in order). Errors are failures to read; what is wrong
    /// with the bytes is in the verdict, except that an unusable first segment leaves no line.
    pub(crate) fn segments(&mut self, files: &[String]) -> Result<Line, OpenError> {
        let start = self.first_file(files);
        let mut state = State::new(self, &files[start..])?;
        for index in 0..state.files.len() {
            if !state.segment(self, index)? {
                break;
            }
        }
        state.line.in_segments = state.line.chain;
        Ok(state.line)
    }

    /// Index of the file that holds `from_seq`.
    fn first_file(&self, files: &[String]) -> usize {
        let held = |name: &String| {
            format::segment_first_seq(name).is_some_and(|first| first <= self.from_seq)
        };
        files.iter().rposition(held).unwrap_or(0)
    }

    fn read(&self, name: &str, buffer: &mut Vec<u8>) -> Result<(), IoError> {
        let failed = |error| IoError::new("read", self.storage.path().join(name), error);
        let file = self.storage.open_read(name).map_err(failed)?;
        read_whole(&*file, buffer).map_err(failed)
    }

    pub(crate) fn deliver(
        &mut self,
        record: &Parsed<'_>,
        file: &str,
        offset: u64,
    ) -> Result<(), OpenError> {
        if record.kind.is_chained() || self.notes {
            let record = Record::new(record, Place { file, offset });
            (self.on_record)(&record)
                .map_err(|stop| OpenError::Stopped { seq: record.seq, stop })?;
        }
        Ok(())
    }
}

/// The walk in progress.
struct State<'f> {
    files: &'f [String],
    line: Line,
    /// SHA-256 over the records of the segment before.
    prev_digest: [u8; 32],
    buffer: Vec<u8>,
}

impl<'f> State<'f> {
    fn new(walk: &mut Walk<'_>, files: &'f [String]) -> Result<Self, OpenError> {
        let Some(first) = files.first() else {
            return Err(OpenError::NoStore { path: walk.storage.path() });
        };
        let mut buffer = Vec::new();
        walk.read(first, &mut buffer)?;
        let seq = format::segment_first_seq(first).unwrap_or(1);
        let damage = |fault, durable_seq, intact_after| Damage {
            file: first.clone(),
            offset: 0,
            seq,
            fault,
            intact_before: 0,
            intact_after,
            durable_seq,
        };
        let header = match SegmentHeader::decode(&buffer) {
            Ok(header) => header,
            Err(BadHeader::Newer(found)) => {
                return Err(OpenError::NewerFormat { file: first.clone(), found });
            }
            Err(BadHeader::Fault(fault)) => return Err(damage(fault, seq - 1, None).into()),
        };
        if format::segment_name(header.first_seq) != *first {
            return Err(damage(Fault::WrongName(header.first_seq), seq - 1, None).into());
        }
        let chain = Chain::before(&header);
        if walk.from_seq <= 1 && header.first_seq != 1 {
            let mut missing = damage(Fault::MissingSegment(1), header.first_seq - 1, None);
            missing.file = format::segment_name(1);
            missing.seq = 1;
            missing.intact_after = Some((header.first_seq, header.first_seq));
            return Err(missing.into());
        }
        let line = Line {
            chain,
            segments: Vec::new(),
            later_files: Vec::new(),
            last_bytes: Vec::new(),
            end_offset: HEADER_BYTES as u64,
            ends_with_mark: false,
            rest_end: 0,
            hasher: Sha256::new(),
            verdict: Verdict::Clean,
            in_segments: chain,
            seal_due: None,
            begun: Vec::new(),
            records: 0,
            record_bytes: 0,
            stray: Vec::new(),
            dropped_seq: 0,
            adopted: Vec::new(),
            adopted_records: 0,
        };
        Ok(Self { files, line, prev_digest: header.prev_digest, buffer })
    }

    /// Walks one segment; `false` ends the walk with a verdict.
    fn segment(&mut self, walk: &mut Walk<'_>, index: usize) -> Result<bool, OpenError> {
        let name = self.files[index].clone();
        if index > 0 {
            walk.read(&name, &mut self.buffer)?;
        }
        let header = match self.usable_header(&name, index) {
            Ok(header) => header,
            Err(BadHeader::Newer(found)) => {
                return Err(OpenError::NewerFormat { file: name, found });
            }
            Err(BadHeader::Fault(fault)) => {
                // The line ends with the segment before, whose content is still at hand.
                self.line.seal_due = None;
                let (file, offset) = match fault {
                    Fault::MissingSegment(first_seq) => (format::segment_name(first_seq), 0),
                    _ => (name, 0),
                };
                self.damage(walk, index, file, offset, fault, Rest::default())?;
                return Ok(false);
            }
        };
        // A segment is named only once all before it is durable.
        let chain = &mut self.line.chain;
        chain.durable_seq = chain.durable_seq.max(header.first_seq - 1);
        std::mem::swap(&mut self.buffer, &mut self.line.last_bytes);
        self.line.segments.push(SegmentFacts {
            name: name.clone(),
            header,
            places: Vec::new(),
            records_end: HEADER_BYTES as u64,
        });
        let end = self.records(walk, &name)?;
        self.line.end_offset = end.offset as u64;
        if let Some(segment) = self.line.segments.last_mut() {
            segment.records_end = end.offset as u64;
        }
        self.line.ends_with_mark = end.ends_with_mark;
        self.judge_end(walk, index, name, end)
    }

    /// The header of file `index` in `buffer`, if it continues the line.
    fn usable_header(&self, name: &str, index: usize) -> Result<SegmentHeader, BadHeader> {
        let header = SegmentHeader::decode(&self.buffer)?;
        let chain = &self.line.chain;
        let fault = |fault| Err(BadHeader::Fault(fault));
        if let Some(before) = self.line.segments.last()
            && before.header.store_id != header.store_id
        {
            let (expected, found) = (before.header.store_id, header.store_id);
            return fault(Fault::WrongStore { expected, found });
        }
        if format::segment_name(header.first_seq) != name {
            return fault(Fault::WrongName(header.first_seq));
        }
        let expected = chain.last_seq + 1;
        if header.first_seq > expected {
            return fault(Fault::MissingSegment(expected));
        }
        if header.first_seq < expected {
            return fault(Fault::SegmentStart { expected, found: header.first_seq });
        }
        if index > 0 && header.prev_crc != chain.last_crc {
            return fault(Fault::Unlinked("checksum of the last record"));
        }
        if index > 0 && header.prev_time_ns != chain.last_time_ns {
            return fault(Fault::Unlinked("time of the last record"));
        }
        if header.prev_digest != self.prev_digest {
            return fault(Fault::Unlinked("digest"));
        }
        Ok(header)
    }

    /// Walks the records in `line.last_bytes`.
    fn records(&mut self, walk: &mut Walk<'_>, name: &str) -> Result<SegmentEnd, OpenError> {
        let Line { chain, last_bytes, hasher, segments, records, record_bytes, .. } =
            &mut self.line;
        let mut offset = HEADER_BYTES.min(last_bytes.len());
        let start = offset;
        let mut end = SegmentEnd { offset, sealed: false, fault: None, ends_with_mark: false };
        let mut place_due = offset as u64 + INDEX_STRIDE_BYTES;
        loop {
            let record = match format::parse(&last_bytes[offset..], chain.seed) {
                Slot::End => break,
                Slot::Bad(fault) => {
                    end.fault = Some(fault);
                    break;
                }
                Slot::Record(record) => record,
            };
            if let Err(fault) = chain.accept(&record) {
                end.fault = Some(fault);
                break;
            }
            walk.deliver(&record, name, offset as u64)?;
            *record_bytes += record.padded_bytes as u64;
            if record.kind == Kind::Seal {
                end.sealed = true;
                break;
            }
            if record.kind == Kind::Input && offset as u64 >= place_due {
                if let Some(segment) = segments.last_mut() {
                    segment.places.push((record.seq, offset as u64));
                }
                place_due = offset as u64 + INDEX_STRIDE_BYTES;
            }
            offset += record.padded_bytes;
            end.ends_with_mark = record.kind == Kind::Mark;
            *records += u64::from(record.kind.is_chained());
            if records.is_multiple_of(PROGRESS_RECORDS) {
                let (seq, records) = (chain.last_seq, *records);
                (walk.progress)(Progress { file: name, records, seq });
            }
        }
        assert!(offset <= last_bytes.len(), "records end inside the file");
        assert!(offset.is_multiple_of(ALIGN), "records begin aligned");
        *hasher = Sha256::new();
        hasher.update(&last_bytes[start..offset]);
        (walk.progress)(Progress { file: name, records: *records, seq: chain.last_seq });
        end.offset = offset;
        Ok(end)
    }

    /// What the end of segment `index` means; `true` to go on with the next one.
    fn judge_end(
        &mut self,
        walk: &mut Walk<'_>,
        index: usize,
        name: String,
        end: SegmentEnd,
    ) -> Result<bool, OpenError> {
        let is_last = index + 1 == self.files.len();
        let line = &mut self.line;
        let behind = end.offset + if end.sealed { format::RECORD_HEAD_BYTES } else { 0 };
        let rest = examine(&line.last_bytes, behind, &line.chain);
        line.rest_end = rest.end.max(behind) as u64;
        let last_seq = line.chain.last_seq;
        let fault = end.fault.clone().or_else(|| line.fault_behind(&rest));
        if is_last && end.sealed {
            // The seal proves that there was more.
            let missing = Fault::MissingSegment(last_seq + 1);
            let file = format::segment_name(last_seq + 1);
            self.damage(walk, index + 1, file, 0, missing, rest)?;
            return Ok(false);
        }
        if !is_last && (fault.is_none() || self.is_whole_anyway(walk, index, &end, &rest)?) {
            self.pass(name, &end, &rest);
            return Ok(true);
        }
        let line = &mut self.line;
        let fault = match fault {
            Some(fault) => fault,
            None if rest.end > 0 => Fault::Stray,
            None => return Ok(true),
        };
        // A file's length was durable before its name, so that no power cut can make it wrong.
        let is_legal = is_last
            && line.chain.durable_seq.max(rest.durable_seq) <= last_seq
            && !matches!(line.wrong_length(), Some(Fault::FileLength { .. }));
        if is_legal {
            line.cut(name, &end, &rest, fault);
        } else {
            self.damage(walk, index + 1, name, end.offset as u64, fault, rest)?;
        }
        Ok(false)
    }

    /// Whether all records of this segment are there, whatever stands behind them: the next
    /// segment follows exactly these. So it is after a crash that tore the seal.
    fn is_whole_anyway(
        &mut self,
        walk: &mut Walk<'_>,
        index: usize,
        end: &SegmentEnd,
        rest: &Rest,
    ) -> Result<bool, OpenError> {
        let is_hole = rest.records > 0 || rest.durable_seq > self.line.chain.last_seq;
        if end.sealed || is_hole || self.line.wrong_length().is_some() {
            return Ok(false);
        }
        let next = &self.files[index + 1];
        walk.read(next, &mut self.buffer)?;
        self.prev_digest = self.line.hasher.clone().finalize().into();
        Ok(self.usable_header(next, index + 1).is_ok())
    }

    /// Goes on behind a segment that is not the last.
    fn pass(&mut self, name: String, end: &SegmentEnd, rest: &Rest) {
        let line = &mut self.line;
        self.prev_digest = line.hasher.clone().finalize().into();
        let offset = end.offset as u64;
        // A seal that is torn reaches no further than a whole one would.
        let is_torn = !end.sealed && rest.end > 0;
        if rest.end > end.offset + format::RECORD_HEAD_BYTES {
            line.stray.push((name.clone(), rest.start as u64));
        } else if let Some(earlier) = line.seal_due.take_if(|due| due.is_torn) {
            // Only the last crash can have torn one.
            line.stray.push((earlier.name, earlier.offset));
        }
        let Chain { last_seq: seq, last_time_ns: time_ns, last_crc: crc, .. } = line.chain;
        let last = Last { seq, time_ns, crc };
        line.seal_due = (!end.sealed).then_some(SealDue { name, offset, is_torn, last });
    }

    /// Ends the walk with damage. `next_index` is the first file behind the place.
    fn damage(
        &mut self,
        walk: &mut Walk<'_>,
        next_index: usize,
        file: String,
        offset: u64,
        fault: Fault,
        rest: Rest,
    ) -> Result<(), OpenError> {
        let mut rest = rest;
        let later = &self.files[next_index.min(self.files.len())..];
        let chain = self.line.chain;
        let mut bytes = Vec::new();
        for name in later {
            // A file's name alone proves that all before it was durable.
            if let Some(first_seq) = format::segment_first_seq(name) {
                rest.durable_seq = rest.durable_seq.max(first_seq - 1);
            }
            walk.read(name, &mut bytes)?;
            let found = examine(&bytes, HEADER_BYTES.min(bytes.len()), &chain);
            rest.durable_seq = rest.durable_seq.max(found.durable_seq);
            if found.records > 0 {
                rest.first_seq = if rest.records == 0 { found.first_seq } else { rest.first_seq };
                rest.last_seq = rest.last_seq.max(found.last_seq);
                rest.records += found.records;
            }
        }
        self.line.later_files = later.to_vec();
        let durable_seq = chain.durable_seq.max(rest.durable_seq);
        self.line.verdict = Verdict::Damage(Damage {
            file,
            offset,
            seq: chain.last_seq + 1,
            fault,
            intact_before: chain.last_seq,
            intact_after: (rest.records > 0).then_some((rest.first_seq, rest.last_seq)),
            durable_seq,
        });
        Ok(())
    }
}

impl Line {
    /// Where in the last segment the part begins that no mark proves durable.
    pub(crate) fn unproven_offset(&self) -> u64 {
        let mut offset = HEADER_BYTES;
        let mut from = offset;
        while (offset as u64) < self.end_offset {
            let head = &self.last_bytes[offset..];
            let length = format::u32_at(head, format::RECORD_LENGTH_AT) as usize;
            assert!(length >= format::RECORD_HEAD_BYTES, "the records were walked before");
            offset += length.next_multiple_of(ALIGN);
            let is_input = head[format::RECORD_KIND_AT] == Kind::Input as u8;
            let seq = format::u64_at(head, format::RECORD_SEQ_AT);
            if is_input && seq <= self.in_segments.durable_seq {
                from = offset;
            }
        }
        assert_eq!(offset as u64, self.end_offset, "walked to the same end as before");
        from as u64
    }

    fn wrong_length(&self) -> Option<Fault> {
        let expected = self.segments.last().map_or(0, |segment| segment.header.segment_bytes);
        let found = self.last_bytes.len() as u64;
        (found != expected).then_some(Fault::FileLength { expected, found })
    }

    /// What is wrong although the records end as they should.
    fn fault_behind(&self, rest: &Rest) -> Option<Fault> {
        let is_hole = rest.records > 0 || rest.durable_seq > self.chain.last_seq;
        is_hole.then_some(Fault::Hole).or_else(|| self.wrong_length())
    }

    fn cut(&mut self, file: String, end: &SegmentEnd, rest: &Rest, fault: Fault) {
        let proven = self.chain.durable_seq.max(rest.durable_seq);
        assert!(proven <= self.chain.last_seq, "nothing that was durable is ever cut");
        self.dropped_seq = rest.last_seq;
        self.verdict = Verdict::Cut(Cut {
            file,
            offset: end.offset as u64,
            after_seq: self.chain.last_seq,
            bytes: (rest.end.max(end.offset) - end.offset) as u64,
            records: rest.records,
            fault,
        });
    }
}
