//! What callers see of a record, and of how far a walk has come.

use crate::format::{Kind, Parsed};

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// File name within the store.
    pub file: &'a str,
    /// Offset of the record's first byte; in the tail, from the first pending byte.
    pub offset: u64,
}

/// One record of the line, borrowed for the call it is handed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// What it is.
    pub kind: Kind,
    /// Number of an input; for other kinds the number they follow.
    pub seq: u64,
    /// UNIX time in nanoseconds.
    pub time_ns: u64,
    /// Highest number known to be durable when it was appended.
    pub durable_seq: u64,
    /// Its checksum, which the next record repeats.
    pub crc: u32,
    /// The caller's bytes.
    pub payload: &'a [u8],
    /// Where it stands.
    pub place: Place<'a>,
}

impl<'a> Record<'a> {
    pub(crate) fn new(parsed: &Parsed<'a>, place: Place<'a>) -> Self {
        let Parsed { kind, seq, time_ns, durable_seq, crc, payload, .. } = *parsed;
        Self { kind, seq, time_ns, durable_seq, crc, payload, place }
    }
}

/// How far a walk has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The file that is being read.
    pub file: &'a str,
    /// Inputs and checkpoints read so far.
    pub records: u64,
    /// Last number read.
    pub seq: u64,
}
