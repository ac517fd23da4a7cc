//! The only module with `unsafe`: memory that two threads, or a file and a process, share.
//!
//! [`Region`] is the tail's memory, mapped from a file or (for tests and simulators) plain.
//! [`SegmentMap`] is a segment mapped for reading. Neither knows what the bytes mean; who may touch
//! which bytes when is decided by the tail's two positions and by the durable number.

use std::fs::File;
use std::io;
use std::sync::atomic::AtomicU64;

use crate::format::{RECORD_HEAD_BYTES, RECORD_LENGTH_AT};
use crate::limits::RECORD_ALIGN_BYTES;

enum Backing {
    /// Kept for its `Drop`, which unmaps.
    Map { _map: memmap2::MmapRaw },
    /// From [`Box::into_raw`], given back by [`Region`]'s `Drop`: a box that moves would claim its
    /// memory for itself alone.
    Memory { words: *mut [u64] },
}

/// Memory of fixed length and address that is written through a shared reference.
pub(crate) struct Region {
    /// Owns what `start` points to.
    backing: Backing,
    start: *mut u8,
    len: usize,
}

// SAFETY: the memory is owned by `backing`, never moves, and is only touched through the methods
// below, whose contracts keep writers and readers of one byte apart in time.
unsafe impl Send for Region {}
// SAFETY: as above: `store` and `bytes` are unsafe and demand that no byte is written while read.
unsafe impl Sync for Region {}

impl Region {
    /// Maps all of `file`. The file must never be shortened while mapped (SIGBUS); the journal
    /// shortens no file, and a zero-filled one has all its blocks.
    pub(crate) fn map(file: &File) -> io::Result<Self> {
        // Populated: the first lap through the ring would otherwise fault at each page.
        let map = memmap2::MmapOptions::new().populate().map_raw(file)?;
        let (start, len) = (map.as_mut_ptr(), map.len());
        assert!((start as usize).is_multiple_of(8), "a mapping begins at a page");
        Ok(Self { backing: Backing::Map { _map: map }, start, len })
    }

    /// Zeroed plain memory of `len` bytes.
    pub(crate) fn memory(len: usize) -> Self {
        let words = Box::into_raw(vec![0_u64; len.div_ceil(8)].into_boxed_slice());
        Self { backing: Backing::Memory { words }, start: words.cast::<u8>(), len }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Copies `bytes` to `at`.
    ///
    /// # Safety
    /// No other thread may read or write these bytes during the call, and no slice from
    /// [`Region::bytes`] may cover them.
    pub(crate) unsafe fn store(&self, at: usize, bytes: &[u8]) {
        assert!(at <= self.len && bytes.len() <= self.len - at, "store outside the region");
        // SAFETY: the range lies inside the region (asserted) and `bytes` does not overlap it,
        // since no slice of it exists (caller). The caller excludes concurrent access.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.start.add(at), bytes.len()) }
    }

    /// The bytes from `at` on.
    ///
    /// # Safety
    /// Nobody may write them while the slice lives.
    pub(crate) unsafe fn bytes(&self, at: usize, len: usize) -> &[u8] {
        assert!(at <= self.len && len <= self.len - at, "read outside the region");
        // SAFETY: the range lies inside the region (asserted), which is initialised memory (zeroed
        // or file pages) and lives as long as `self`. The caller excludes writers.
        unsafe { std::slice::from_raw_parts(self.start.add(at), len) }
    }

    /// The eight bytes at `at` as a number that threads share. Such bytes are used in no other way
    /// once the region is shared.
    pub(crate) fn number(&self, at: usize) -> &AtomicU64 {
        assert!(at.is_multiple_of(8) && at + 8 <= self.len, "number outside the region");
        // SAFETY: aligned and inside the region (asserted; the region begins aligned to 8), valid
        // for `self`'s life, and only accessed atomically by all threads.
        unsafe { AtomicU64::from_ptr(self.start.add(at).cast()) }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        if let Backing::Memory { words } = self.backing {
            // SAFETY: from `Box::into_raw` in `memory`, given back only here; nobody can hold a
            // reference into the region any more.
            drop(unsafe { Box::from_raw(words) });
        }
    }
}

/// A segment for reading: mapped, or a copy where there is nothing to map.
pub struct SegmentMap {
    content: Content,
}

enum Content {
    /// Pages of the file itself.
    Mapped(memmap2::MmapRaw),
    /// A copy, made by storages without files.
    Owned(Vec<u8>),
}

impl SegmentMap {
    /// Maps all of `file` for reading. The file must never be shortened while mapped.
    pub fn map(file: &File) -> io::Result<Self> {
        let map = memmap2::MmapOptions::new().map_raw_read_only(file)?;
        Ok(Self { content: Content::Mapped(map) })
    }

    /// A copy of the content, for storages without files.
    #[must_use]
    pub fn copied(content: Vec<u8>) -> Self {
        Self { content: Content::Owned(content) }
    }

    /// Whether it shows what is written to the file later on.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.content, Content::Mapped(_))
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.content {
            Content::Mapped(map) => map.len(),
            Content::Owned(bytes) => bytes.len(),
        }
    }

    /// Whether it has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The record that begins at `at`, by the length in its head; `None` if it does not fit.
    ///
    /// # Safety
    /// A whole record must stand at `at`, and nobody writes it any more: it is durable.
    pub(crate) unsafe fn record(&self, at: usize) -> Option<&[u8]> {
        // SAFETY: the head is part of the record, which the caller vouches for.
        let head = unsafe { self.bytes(at, RECORD_HEAD_BYTES) }?;
        let length = crate::format::u32_at(head, RECORD_LENGTH_AT) as usize;
        // SAFETY: the bytes up to the next record are part of it, padding included.
        unsafe { self.bytes(at, length.checked_next_multiple_of(RECORD_ALIGN_BYTES)?) }
    }

    /// `len` bytes from `at` on, `None` beyond the end.
    ///
    /// # Safety
    /// Nobody writes these bytes any more.
    unsafe fn bytes(&self, at: usize, len: usize) -> Option<&[u8]> {
        if at > self.len() || len > self.len() - at {
            return None;
        }
        match &self.content {
            Content::Mapped(map) => {
                // SAFETY: inside the mapping (checked above), which lives as long as `self`;
                // segments are never shortened; the caller excludes bytes that are still written.
                Some(unsafe { std::slice::from_raw_parts(map.as_ptr().add(at), len) })
            }
            Content::Owned(bytes) => Some(&bytes[at..at + len]),
        }
    }
}
