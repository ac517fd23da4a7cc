//! Every limit of the journal, its unit at the end of its name, and why it is what it is.
//!
//! Nothing here is a tuning knob: what an operator may choose is in [`crate::Options`].

use std::time::Duration;

/// A record begins at a multiple of this, so that its numbers can be read with aligned loads and a
/// search for records after a hole has few places to try.
pub const RECORD_ALIGN_BYTES: usize = 8;

/// Largest record, head and padding included: small enough that the smallest tail and the smallest
/// segment hold several, large enough for the engine's largest command (4,082 bytes).
pub const RECORD_BYTES_MAX: usize = 8 * 1024;

/// Largest payload of one record.
pub const PAYLOAD_BYTES_MAX: usize = RECORD_BYTES_MAX - crate::format::RECORD_HEAD_BYTES;

/// Highest sequence number: far beyond any line, and low enough that the next number always exists,
/// whatever a damaged file says.
pub const SEQ_MAX: u64 = u64::MAX / 2;

/// One page: the header of a segment or tail fills one, and all sizes are whole pages.
pub const PAGE_BYTES: u64 = 4096;

/// Smallest segment: tests rotate through many of them.
pub const SEGMENT_BYTES_MIN: u64 = 64 * 1024;

/// Segment unless chosen otherwise: a rotation each some 600,000 inputs.
pub const SEGMENT_BYTES_DEFAULT: u64 = 64 * 1024 * 1024;

/// Largest segment: recovery holds one in memory.
pub const SEGMENT_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Smallest tail ring.
pub const TAIL_BYTES_MIN: u64 = 64 * 1024;

/// Tail ring unless chosen otherwise: some 600,000 inputs may wait for the disk.
pub const TAIL_BYTES_DEFAULT: u64 = 64 * 1024 * 1024;

/// Largest tail ring: it lives in memory.
pub const TAIL_BYTES_MAX: u64 = 16 * 1024 * 1024 * 1024;

/// Most bytes of one flush: what waits behind a larger one would wait for milliseconds.
pub const FLUSH_BYTES_MAX: usize = 2 * 1024 * 1024;

/// The next segment is zero-filled and flushed in pieces of this size, between flushes of the line,
/// so that no flush of the line waits for much more than this.
pub const PREPARE_PIECE_BYTES: u64 = 256 * 1024;

/// A place to start reading from is remembered each time this much was written.
pub const INDEX_STRIDE_BYTES: u64 = 256 * 1024;

/// How long the flusher yields before it parks: longer costs CPU when idle, shorter costs a wake
/// (3 µs on the same CPU, 20 µs across) for each input of a lone client.
pub const FLUSHER_YIELD: Duration = Duration::from_micros(40);

/// After this long without work the flusher prepares a piece of the next segment.
pub const IDLE_PREPARE: Duration = Duration::from_millis(2);

/// After this long without work the flusher writes a mark: often enough that a crash leaves little
/// open to doubt, seldom enough that a slow client does not pay for a second flush each time.
pub const IDLE_MARK: Duration = Duration::from_millis(20);

/// Longest park of the flusher. The gate loses no wake-up; this only bounds what a bug could cost.
pub const PARK_MAX: Duration = Duration::from_secs(1);

/// Progress is reported at each segment and each time this many records were read.
pub const PROGRESS_RECORDS: u64 = 65_536;

const _: () = assert!(RECORD_BYTES_MAX.is_multiple_of(RECORD_ALIGN_BYTES));
const _: () = assert!(PAYLOAD_BYTES_MAX >= 4_082, "the engine's largest command fits");
const _: () = assert!(
    SEGMENT_BYTES_MIN >= PAGE_BYTES + 4 * RECORD_BYTES_MAX as u64,
    "the smallest segment holds several of the largest records"
);
const _: () = assert!(
    TAIL_BYTES_MIN >= 4 * RECORD_BYTES_MAX as u64,
    "the smallest tail holds several of the largest records, a wrap included"
);
const _: () = assert!(SEGMENT_BYTES_MIN.is_multiple_of(PAGE_BYTES));
const _: () = assert!(TAIL_BYTES_MIN.is_multiple_of(PAGE_BYTES));
const _: () = assert!(SEGMENT_BYTES_MAX < u32::MAX as u64, "an offset in a segment fits 32 bits");
const _: () = assert!(FLUSH_BYTES_MAX >= RECORD_BYTES_MAX, "a flush takes at least one record");
