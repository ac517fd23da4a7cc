//! The flusher: takes what is pending in the tail, appends it to the segments, flushes, and says
//! so. Whatever came while it flushed is its next batch.
//!
//! It alone does input and output. It never waits for the appender and never retries: the first
//! failed or short write or flush ends it, and with it the server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{FlushError, IoError};
use crate::format;
use crate::limits::{
    FLUSH_BYTES_MAX, FLUSHER_YIELD, IDLE_MARK, IDLE_PREPARE, INDEX_STRIDE_BYTES, PARK_MAX,
};
use crate::lock::StoreLock;
use crate::shared::{SegmentEntry, Shared, Watermark};
use crate::tail::TailReader;
use crate::tail_file::TailHome;
use crate::writer::{SegmentWriter, fitting};

/// See the module. Run it on a thread of its own, or step it by hand in a simulator.
pub struct Flusher {
    shared: Arc<Shared>,
    tail: TailReader,
    writer: SegmentWriter,
    watermark: Watermark,
    /// Flushed, but not yet released.
    batch: Batch,
    /// Where the tail's file is, to be removed after a clean stop.
    home: TailHome,
    /// Held as long as either end may write.
    _lock: Option<Arc<StoreLock>>,
    /// The segment that readers know as the last.
    shown: String,
    /// Bytes written since a place was last remembered for readers.
    unindexed_bytes: u64,
    finished: bool,
}

/// Pending bytes that are written together: up to the ring's end, and from its start.
#[derive(Clone, Copy, Debug, Default)]
struct Batch {
    /// Position and length.
    spans: [(u64, usize); 2],
    /// Position after the last.
    end: u64,
}

impl Flusher {
    pub(crate) fn new(
        shared: Arc<Shared>,
        tail: TailReader,
        writer: SegmentWriter,
        watermark: Watermark,
        home: TailHome,
        lock: Option<Arc<StoreLock>>,
    ) -> Self {
        let shown = writer.place().0.to_owned();
        let is_known = shared.segments().last().is_some_and(|entry| entry.name == shown);
        assert!(is_known, "readers know the segment that recovery ended in");
        Self {
            shared,
            batch: Batch { end: tail.start(), ..Batch::default() },
            tail,
            writer,
            watermark,
            home,
            _lock: lock,
            shown,
            unindexed_bytes: 0,
            finished: false,
        }
    }

    /// What is durable, and what may be answered.
    #[must_use]
    pub fn watermark(&self) -> Watermark {
        self.watermark.clone()
    }

    /// Flushes until the appender is dropped and nothing is pending, then writes a mark and
    /// returns. `on_durable` is called with the durable number after each flush: the place to wake
    /// whoever sends answers.
    pub fn run(mut self, mut on_durable: impl FnMut(u64)) -> Result<(), FlushError> {
        self.shared.gate.register();
        let mut idle_since = None;
        loop {
            // Asked before looking for work, so that nothing appended before can be missed.
            let gone = self.shared.is_appender_gone();
            if let Some(seq) = self.flush_pending()? {
                on_durable(seq);
                self.after_flush()?;
                idle_since = None;
            } else if gone {
                return self.finish();
            } else {
                self.wait(*idle_since.get_or_insert_with(Instant::now))?;
            }
        }
    }

    /// Yields, then parks; uses the leisure for a piece of the next segment and for a mark.
    fn wait(&mut self, idle_since: Instant) -> Result<(), FlushError> {
        let idle = idle_since.elapsed();
        if idle < FLUSHER_YIELD {
            std::thread::yield_now();
            return Ok(());
        }
        if idle >= IDLE_PREPARE && self.writer.wants_preparing() {
            self.prepare()?;
        }
        if idle >= IDLE_MARK {
            self.mark()?;
        }
        let longest = match (self.writer.wants_preparing(), self.writer.is_unmarked()) {
            (true, _) => IDLE_PREPARE,
            (false, true) => IDLE_MARK.saturating_sub(idle).max(Duration::from_millis(1)),
            (false, false) => PARK_MAX,
        };
        let (shared, tail) = (&self.shared, &self.tail);
        let seen = self.batch.end;
        shared.gate.sleep(longest, || tail.end() != seen || shared.is_appender_gone());
        Ok(())
    }

    /// Writes and flushes what is pending, up to a limit; the new durable number, or `None` if
    /// nothing was pending. [`Flusher::after_flush`] must follow.
    pub fn flush_pending(&mut self) -> Result<Option<u64>, FlushError> {
        assert!(!self.shared.failed(), "nothing is tried again after a failure");
        assert_eq!(self.batch.end, self.tail.start(), "the batch before was released");
        let published = self.tail.end();
        if published == self.batch.end {
            return Ok(None);
        }
        let result = self.write_and_flush(published);
        self.checked(result)?;
        // A reader that sees the new durable number must find the segment that holds it.
        self.show_segment();
        let seq = self.writer.last().seq;
        self.shared.set_durable(seq);
        Ok(Some(seq))
    }

    fn write_and_flush(&mut self, published: u64) -> Result<(), IoError> {
        self.write_batch(published)?;
        if self.batch.spans[0].1 == 0 {
            // What is next does not fit any more: it begins the next segment.
            self.writer.rotate()?;
            self.write_batch(published)?;
        }
        assert!(self.batch.spans[0].1 > 0, "an empty segment takes any record");
        self.writer.flush()
    }

    /// Writes as many pending records as fit the segment and a flush.
    fn write_batch(&mut self, published: u64) -> Result<(), IoError> {
        let mut batch = Batch { end: self.tail.start(), ..Batch::default() };
        let mut count = 0;
        let mut left = FLUSH_BYTES_MAX;
        while batch.end < published {
            let pending = self.tail.pending(batch.end, published);
            let room = usize::try_from(self.writer.room()).unwrap_or(usize::MAX);
            let fit = fitting(pending, left.min(room));
            if let Some(last) = fit.last {
                self.writer.write(&pending[..fit.bytes], last)?;
                batch.spans[count] = (batch.end, fit.bytes);
                batch.end += fit.bytes as u64;
                left -= fit.bytes;
                count += 1;
            }
            if fit.wraps {
                batch.end = batch.end.next_multiple_of(self.tail.ring_bytes());
            } else if fit.bytes < pending.len() {
                break;
            }
        }
        self.batch = batch;
        Ok(())
    }

    /// What follows a flush and no answer waits for: digest, place for readers, room in the tail,
    /// seal, a piece of the next segment where it is late.
    pub fn after_flush(&mut self) -> Result<(), FlushError> {
        for (position, bytes) in self.batch.spans {
            if bytes > 0 {
                let span = self.tail.pending(position, position + bytes as u64);
                assert_eq!(span.len(), bytes, "a span does not wrap");
                self.writer.digest(span);
            }
        }
        self.index();
        self.tail.release(self.batch.end);
        let sealed = self.writer.seal();
        self.checked(sealed)?;
        if self.writer.is_preparing_late() {
            self.prepare()?;
        }
        Ok(())
    }

    /// Lets readers see a segment that was just begun.
    fn show_segment(&mut self) {
        let (name, _) = self.writer.place();
        if self.shown == name {
            return;
        }
        let first_seq = format::segment_first_seq(name).unwrap_or(0);
        assert!(first_seq > 0, "a segment is named by its first number");
        name.clone_into(&mut self.shown);
        let (places, records_end) = (Vec::new(), None);
        let entry = SegmentEntry { name: name.to_owned(), first_seq, places, records_end };
        let end_before = self.writer.end_before();
        assert!(end_before.is_some(), "the segment before waits for its seal");
        let mut segments = self.shared.segments();
        if let Some(before) = segments.last_mut() {
            before.records_end = end_before;
        }
        segments.push(entry);
        drop(segments);
        self.unindexed_bytes = 0;
    }

    /// Remembers a place for readers now and then.
    fn index(&mut self) {
        let (first_span, second_span) = (self.batch.spans[0], self.batch.spans[1]);
        let batch_bytes = (first_span.1 + second_span.1) as u64;
        let (_, offset) = self.writer.place();
        self.unindexed_bytes += batch_bytes;
        if self.unindexed_bytes < INDEX_STRIDE_BYTES {
            return;
        }
        self.unindexed_bytes = 0;
        let first = self.tail.pending(first_span.0, first_span.0 + first_span.1 as u64);
        // A checkpoint has the number before it, so only an input is a place to start from.
        if first[format::RECORD_KIND_AT] == format::Kind::Input as u8
            && let Some(entry) = self.shared.segments().last_mut()
        {
            let seq = format::u64_at(first, format::RECORD_SEQ_AT);
            entry.places.push((seq, offset - batch_bytes));
        }
    }

    /// Prepares a piece of the next segment. For simulators; `run` does it by itself.
    pub fn prepare(&mut self) -> Result<(), FlushError> {
        let result = self.writer.prepare_piece();
        self.checked(result)
    }

    /// Writes and flushes a mark, if the last thing in the segment is not one already. For
    /// simulators; `run` does it when idle.
    pub fn mark(&mut self) -> Result<(), FlushError> {
        let result = self.writer.mark();
        self.checked(result)
    }

    /// The clean end: a mark, and the tail's file is no longer needed. Nothing may be pending and
    /// the appender must be gone.
    pub fn finish(mut self) -> Result<(), FlushError> {
        assert!(self.shared.is_appender_gone(), "the appender may still append");
        assert_eq!(self.tail.end(), self.tail.start(), "all is flushed");
        self.mark()?;
        self.home.remove();
        self.finished = true;
        Ok(())
    }

    /// The one place where a failure becomes final.
    fn checked<T>(&self, result: Result<T, IoError>) -> Result<T, FlushError> {
        result.map_err(|cause| {
            self.shared.fail();
            FlushError { durable_seq: self.shared.durable(), cause }
        })
    }
}

impl Drop for Flusher {
    /// A flusher that goes without having finished (an error, a panic, or never run) leaves a line
    /// that nothing becomes durable on.
    fn drop(&mut self) {
        if !self.finished {
            self.shared.fail();
        }
    }
}
