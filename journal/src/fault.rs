//! What can be wrong with bytes, each with the numbers that show it.
//!
//! Only the description: whether a fault is damage or a legal end is for `line` to judge.

use crate::format::{Kind, StoreId};

/// Why bytes are not the record that should stand there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Zeros where a record that is known to have existed should be.
    #[error("zeros where a record should be")]
    Hole,
    /// The file ends inside the record.
    #[error("the file ends before the record does")]
    ShortFile,
    /// No record has this length.
    #[error("length {0} is not a record's")]
    Length(u32),
    /// The checksum does not fit the bytes.
    #[error("checksum {stored:08x} stored, {computed:08x} computed")]
    Checksum {
        /// As stored.
        stored: u32,
        /// As computed.
        computed: u32,
    },
    /// The checksum is right, but this version knows no such kind or flags.
    #[error("kind {kind} with flags {flags} is unknown to this version")]
    Unknown {
        /// Kind as stored.
        kind: u8,
        /// Flags and reserved bits as stored.
        flags: u32,
    },
    /// The bytes between the payload and the next record are not zero.
    #[error("padding is not zero")]
    Padding,
    /// A good record, but not the next one.
    #[error("{kind:?} numbered {found} where {expected} is due")]
    Sequence {
        /// Kind of the record found.
        kind: Kind,
        /// Number due.
        expected: u64,
        /// Number found.
        found: u64,
    },
    /// A good record that follows another one than the record before it.
    #[error("follows a record with checksum {stored:08x}, but the one before has {expected:08x}")]
    PrevCrc {
        /// Previous checksum as stored.
        stored: u32,
        /// Checksum of the record before.
        expected: u32,
    },
    /// Its time is below that of the record before.
    #[error("time {found} is before {last}")]
    TimeFell {
        /// Time found.
        found: u64,
        /// Time of the record before.
        last: u64,
    },
    /// It claims that its own or a later number was durable before it was written.
    #[error("claims that {claimed} was durable")]
    Claim {
        /// The claim.
        claimed: u64,
    },
    /// The header's checksum does not fit its bytes.
    #[error("header checksum {stored:08x} stored, {computed:08x} computed")]
    HeaderChecksum {
        /// As stored.
        stored: u32,
        /// As computed.
        computed: u32,
    },
    /// The header does not begin as a segment's.
    #[error("this is not a segment of a Ringpit journal")]
    Magic,
    /// A field of the header has a value no segment can have.
    #[error("header field {0} has an impossible value")]
    HeaderField(&'static str),
    /// The segment belongs to another store.
    #[error("belongs to store {found}, not {expected}")]
    WrongStore {
        /// Store of the segments before.
        expected: StoreId,
        /// Store named by this header.
        found: StoreId,
    },
    /// The file's name is not its first number.
    #[error("the header says that it starts at {0}, the file name does not")]
    WrongName(u64),
    /// The segment that should hold this number is not there.
    #[error("the segment that starts at {0} is missing")]
    MissingSegment(u64),
    /// The segment does not start with the next number.
    #[error("starts at {found} where {expected} is due")]
    SegmentStart {
        /// Number due.
        expected: u64,
        /// Number found.
        found: u64,
    },
    /// The segment follows other records than those of the segment before.
    #[error("does not follow the segment before: {0} differs")]
    Unlinked(&'static str),
    /// The file does not have the length its header names.
    #[error("the file has {found} bytes, its header says {expected}")]
    FileLength {
        /// Length by the header.
        expected: u64,
        /// Length found.
        found: u64,
    },
    /// Bytes that are not zero where nothing was written.
    #[error("bytes that are not zero where nothing was written")]
    Stray,
    /// The tail proves that more was durable than the segments hold.
    #[error("the tail proves that all up to {0} was durable, the segments end earlier")]
    BehindTail(u64),
}
