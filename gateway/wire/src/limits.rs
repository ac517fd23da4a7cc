//! Every bound of the wire, with a sentence of why.

use ringpit_core::limits::LIST_MAX;

/// Shortest frame, in bytes: the framing header (6) and the SBE message header (8).
pub const FRAME_BYTES_MIN: usize = 14;

/// Longest frame, in bytes: one page, so that a connection's buffer is one page and a stranger
/// can't make the server hold more for one message.
pub const FRAME_BYTES_MAX: usize = 4_096;

/// Entries of a group: the lists of the vocabulary.
pub const GROUP_ENTRIES_MAX: usize = LIST_MAX;

/// Encoding type of SBE 1.0, little endian, in the Simple Open Framing Header.
pub const ENCODING_TYPE: u16 = 0xEB50;

/// Largest keep-alive interval and grace time a client may ask for, in milliseconds.
pub const KEEP_ALIVE_MS_MAX: u32 = 60_000;

/// Smallest keep-alive interval, in milliseconds: below it the sequence messages are the load.
pub const KEEP_ALIVE_MS_MIN: u32 = 1_000;

/// Largest grace time of cancel on disconnect, in milliseconds.
pub const GRACE_MS_MAX: u32 = 60_000;

/// Messages of one retransmission: what fits an outbox without starving the live ones.
pub const RETRANSMIT_COUNT_MAX: u32 = 2_000;

/// Furthest jump of a client's numbers in a Sequence.
pub const SEQUENCE_JUMP_MAX: u64 = 1_000_000;

/// Furthest that a login's time stamp may be off the server's clock, in nanoseconds.
pub const CLOCK_SKEW_NS_MAX: u64 = 30_000_000_000;

const _: () = assert!(FRAME_BYTES_MIN < FRAME_BYTES_MAX);
const _: () = assert!(FRAME_BYTES_MAX <= u16::MAX as usize);
