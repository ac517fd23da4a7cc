//! The tail: a ring of records in memory that outlives the process, not the machine.
//!
//! One [`TailWriter`] appends whole records and moves `published`; one [`TailReader`] takes them
//! and moves `released`. Both positions count bytes since the tail was made, live in the mapping
//! and so survive a killed process together with the records. A record never wraps: where it would,
//! a wrap word sends the reader to the ring's start. Where the memory comes from is `tail_file`'s
//! affair; nothing here is ever flushed.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::format::{
    self, HEADER_BYTES, RECORD_HEAD_BYTES, Slot, StoreId, TAIL_APPENDED_SEQ_AT, TAIL_PUBLISHED_AT,
    TAIL_RELEASED_AT, TAIL_WRAP,
};
use crate::limits::RECORD_ALIGN_BYTES;
use crate::raw::Region;

/// See the module.
pub(crate) struct Tail {
    region: Region,
    ring_bytes: u64,
}

impl Tail {
    /// A region that already begins with a tail's header and sane positions.
    pub(crate) fn new(region: Region, ring_bytes: u64) -> Self {
        assert_eq!(region.len() as u64, HEADER_BYTES as u64 + ring_bytes, "tail's length");
        assert!(ring_bytes.is_multiple_of(crate::limits::PAGE_BYTES), "ring of whole pages");
        let tail = Self { region, ring_bytes };
        assert!(tail.pending_bytes() <= ring_bytes, "more pending than the ring holds");
        tail
    }

    /// A new tail in plain memory.
    pub(crate) fn in_memory(store_id: StoreId, ring_bytes: u64) -> Self {
        let region = Region::memory(HEADER_BYTES + ring_bytes as usize);
        // SAFETY: nobody else has the region yet.
        unsafe { region.store(0, &format::encode_tail_header(store_id, ring_bytes)) };
        Self::new(region, ring_bytes)
    }

    fn pending_bytes(&self) -> u64 {
        let (released, published) = (self.released(), self.published());
        assert!(released <= published, "released before it was published");
        published - released
    }

    pub(crate) fn published(&self) -> u64 {
        self.region.number(TAIL_PUBLISHED_AT).load(Ordering::Acquire)
    }

    fn released(&self) -> u64 {
        self.region.number(TAIL_RELEASED_AT).load(Ordering::Acquire)
    }

    #[inline]
    pub(crate) fn appended_seq(&self) -> u64 {
        self.region.number(TAIL_APPENDED_SEQ_AT).load(Ordering::Acquire)
    }

    /// At start: what was pending is in the segments, `seq` was the last number. Gives out the two
    /// ends, which exist once.
    pub(crate) fn split(self, seq: u64) -> (TailWriter, TailReader, Arc<Self>) {
        let position = self.published();
        self.region.number(TAIL_RELEASED_AT).store(position, Ordering::Release);
        self.region.number(TAIL_APPENDED_SEQ_AT).store(seq, Ordering::Release);
        let tail = Arc::new(self);
        let (offset, limit) = (position % tail.ring_bytes, position + tail.ring_bytes);
        let writer = TailWriter { tail: tail.clone(), position, offset, limit };
        let reader = TailReader { tail: tail.clone(), released: position };
        (writer, reader, tail)
    }
}

/// The appender's end.
pub(crate) struct TailWriter {
    tail: Arc<Tail>,
    /// Bytes ever appended, as published.
    position: u64,
    /// `position` within the ring.
    offset: u64,
    /// Free until here, as last looked up.
    limit: u64,
}

impl TailWriter {
    /// Bytes left at the ring's end that this record does not fit into.
    fn skip(&self, padded_bytes: u64) -> u64 {
        let left = self.tail.ring_bytes - self.offset;
        if padded_bytes > left { left } else { 0 }
    }

    /// Whether a record of this length can be pushed now; it stays so until one is.
    #[inline]
    pub(crate) fn has_room(&mut self, padded_bytes: usize) -> bool {
        let end = self.position + self.skip(padded_bytes as u64) + padded_bytes as u64;
        if end > self.limit {
            self.limit = self.tail.released() + self.tail.ring_bytes;
        }
        end <= self.limit
    }

    /// Writes and publishes one record with number `seq`.
    ///
    /// # Panics
    /// Without room for it.
    #[inline]
    pub(crate) fn push(&mut self, head: &[u8; RECORD_HEAD_BYTES], payload: &[u8], seq: u64) {
        let padded = format::padded_bytes(payload.len());
        assert!(self.has_room(padded), "asked for room first");
        let skip = self.skip(padded as u64);
        let region = &self.tail.region;
        if skip > 0 {
            // SAFETY: everything from `position` to `limit` is free: the reader reads only below
            // `published`, which is `position`, and has released all that stood here a lap ago.
            // `&mut self` of the only writer excludes other writers. The skipped bytes lie below
            // `limit` (has_room) and are at least 8, as all offsets are multiples of 8.
            unsafe { region.store(HEADER_BYTES + self.offset as usize, &TAIL_WRAP.to_le_bytes()) };
            self.position += skip;
            self.offset = 0;
        }
        let at = HEADER_BYTES + self.offset as usize;
        let content = RECORD_HEAD_BYTES + payload.len();
        let padding = [0; RECORD_ALIGN_BYTES];
        // SAFETY: as above; the record ends at or below `limit` and the ring's end.
        unsafe {
            region.store(at, head);
            region.store(at + RECORD_HEAD_BYTES, payload);
            region.store(at + content, &padding[..padded - content]);
        }
        self.position += padded as u64;
        self.offset += padded as u64;
        assert!(self.position <= self.limit, "wrote over what is not yet flushed");
        if self.offset == self.tail.ring_bytes {
            self.offset = 0;
        }
        region.number(TAIL_PUBLISHED_AT).store(self.position, Ordering::Release);
        region.number(TAIL_APPENDED_SEQ_AT).store(seq, Ordering::Release);
    }

    /// A copy of the whole tail, as a process killed now would leave it.
    pub(crate) fn copy(&self) -> TailCopy {
        let (released, published) = (self.tail.released(), self.position);
        let ring_bytes = self.tail.ring_bytes;
        let mut pending = Vec::with_capacity((published - released) as usize);
        let mut from = released;
        while from < published {
            let offset = from % ring_bytes;
            let len = (published - from).min(ring_bytes - offset);
            // SAFETY: only this writer stores into the ring, and it is borrowed for the call.
            let part =
                unsafe { self.tail.region.bytes(HEADER_BYTES + offset as usize, len as usize) };
            pending.extend_from_slice(part);
            from += len;
        }
        TailCopy { pending, ring_offset: released % ring_bytes, ring_bytes }
    }
}

/// The flusher's end.
pub(crate) struct TailReader {
    tail: Arc<Tail>,
    released: u64,
}

impl TailReader {
    /// Where pending bytes begin.
    pub(crate) fn start(&self) -> u64 {
        self.released
    }

    /// Where pending bytes end, so far.
    #[inline]
    pub(crate) fn end(&self) -> u64 {
        self.tail.published()
    }

    pub(crate) fn ring_bytes(&self) -> u64 {
        self.tail.ring_bytes
    }

    /// Pending bytes between two positions, up to the ring's end.
    pub(crate) fn pending(&self, from: u64, until: u64) -> &[u8] {
        assert!(self.released <= from && from <= until, "only what is not released");
        assert!(until <= self.tail.published(), "only what is published");
        let offset = from % self.tail.ring_bytes;
        let len = (until - from).min(self.tail.ring_bytes - offset);
        // SAFETY: published by the writer with Release and seen with Acquire; the writer stores
        // nothing here before it is released, which takes `&mut self` and so ends this borrow.
        unsafe { self.tail.region.bytes(HEADER_BYTES + offset as usize, len as usize) }
    }

    /// Everything before `position` may be overwritten.
    pub(crate) fn release(&mut self, position: u64) {
        assert!(self.released <= position && position <= self.tail.published(), "release in order");
        self.released = position;
        self.tail.region.number(TAIL_RELEASED_AT).store(position, Ordering::Release);
    }
}

/// What is pending in a tail, copied in the order of its positions.
#[derive(Clone, Debug, Default)]
pub struct TailCopy {
    pub(crate) pending: Vec<u8>,
    /// Where in the ring the first of them stood.
    pub(crate) ring_offset: u64,
    pub(crate) ring_bytes: u64,
}

impl TailCopy {
    /// The slot at `at`, after following a wrap word; and where it stands.
    pub(crate) fn slot(&self, mut at: usize, seed: u32) -> (usize, Slot<'_>) {
        let rest = self.pending.get(at..).unwrap_or_default();
        if rest.len() >= 4 && format::u32_at(rest, 0) == TAIL_WRAP {
            let offset = (self.ring_offset + at as u64) % self.ring_bytes;
            at += (self.ring_bytes - offset) as usize;
        }
        match self.pending.get(at..) {
            Some(rest) if !rest.is_empty() => (at, format::parse(rest, seed)),
            _ => (self.pending.len(), Slot::End),
        }
    }
}
