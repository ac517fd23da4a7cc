//! The line's order: which record may follow which, and what its marks prove.
//!
//! One small state that recovery, `verify`, the tail and readers all walk with, so that they can't
//! disagree about what continues the line. It reads no files.

use crate::fault::Fault;
use crate::format::{Kind, Parsed, SegmentHeader, StoreId};

/// Where the line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chain {
    pub seed: u32,
    /// Number of the last input; 0 before the first.
    pub last_seq: u64,
    pub last_time_ns: u64,
    /// Checksum of the last input or checkpoint; the seed before the first.
    pub last_crc: u32,
    /// Whether the last chained record was a checkpoint (a second may not follow).
    pub after_checkpoint: bool,
    /// Highest number proven durable by any record accepted so far.
    pub durable_seq: u64,
}

impl Chain {
    pub(crate) fn new(store_id: StoreId) -> Self {
        let seed = store_id.seed();
        Self {
            seed,
            last_seq: 0,
            last_time_ns: 0,
            last_crc: seed,
            after_checkpoint: false,
            durable_seq: 0,
        }
    }

    /// The state just before a segment, as its own header tells it. A checkpoint may begin a
    /// segment whatever ended the one before, so nothing is remembered about that.
    pub(crate) fn before(header: &SegmentHeader) -> Self {
        Self {
            seed: header.store_id.seed(),
            last_seq: header.first_seq - 1,
            last_time_ns: header.prev_time_ns,
            last_crc: header.prev_crc,
            after_checkpoint: false,
            durable_seq: header.first_seq - 1,
        }
    }

    /// Takes `record` as the next one, or says why it is not and changes nothing.
    pub(crate) fn accept(&mut self, record: &Parsed<'_>) -> Result<(), Fault> {
        let next = self.last_seq.wrapping_add(1);
        let expected = if record.kind == Kind::Input { next } else { self.last_seq };
        if record.seq != expected || (record.kind == Kind::Checkpoint && self.after_checkpoint) {
            return Err(Fault::Sequence { kind: record.kind, expected: next, found: record.seq });
        }
        if record.prev_crc != self.last_crc {
            return Err(Fault::PrevCrc { stored: record.prev_crc, expected: self.last_crc });
        }
        if record.time_ns < self.last_time_ns {
            return Err(Fault::TimeFell { found: record.time_ns, last: self.last_time_ns });
        }
        // A record can't know that it is durable itself; a note is written after the flush.
        let claim_max = self.last_seq;
        if record.durable_seq > claim_max {
            return Err(Fault::Claim { claimed: record.durable_seq });
        }
        self.durable_seq = self.durable_seq.max(record.durable_seq);
        if record.kind.is_chained() {
            self.last_seq = record.seq;
            self.last_time_ns = record.time_ns;
            self.last_crc = record.crc;
            self.after_checkpoint = record.kind == Kind::Checkpoint;
        }
        assert!(self.durable_seq <= self.last_seq, "nothing is durable before it exists");
        Ok(())
    }
}
