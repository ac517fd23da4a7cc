//! Looks at what lies behind the end of a segment's records.
//!
//! After a clean end only zeros do. Anything else was written once, so whole records there tell
//! how far the line went and what was durable. Judging that is `line`'s affair.

use crate::chain::Chain;
use crate::format::{self, Slot};
use crate::limits::RECORD_ALIGN_BYTES as ALIGN;

/// What lies behind the end of the records.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rest {
    /// Behind the last byte that is not zero; 0 if all are.
    pub end: usize,
    /// First byte that is not zero.
    pub start: usize,
    pub records: u64,
    pub first_seq: u64,
    pub last_seq: u64,
    /// Highest number proven durable by a record there.
    pub durable_seq: u64,
}

/// Looks for whole records anywhere behind the end of the line. Their checksums begin with the
/// store's seed, so bytes that a client chose as its payload can't pose as one.
pub(crate) fn examine(bytes: &[u8], from: usize, chain: &Chain) -> Rest {
    let mut rest = Rest::default();
    let behind = &bytes[from.min(bytes.len())..];
    let Some(start) = first_nonzero(behind) else { return rest };
    rest.start = from + start;
    rest.end = behind.iter().rposition(|byte| *byte != 0).map_or(0, |at| from + at + 1);
    let mut at = (from + start) / ALIGN * ALIGN;
    while at + format::RECORD_HEAD_BYTES <= rest.end.next_multiple_of(ALIGN).min(bytes.len()) {
        match format::parse(&bytes[at..], chain.seed) {
            Slot::Record(record) if record.seq >= chain.last_seq && record.seq > 0 => {
                rest.durable_seq = rest.durable_seq.max(record.durable_seq);
                if record.kind.is_chained() {
                    let is_first = rest.records == 0;
                    rest.first_seq = if is_first { record.seq } else { rest.first_seq };
                    rest.last_seq = rest.last_seq.max(record.seq);
                    rest.records += 1;
                }
                at += record.padded_bytes;
            }
            _ => at += ALIGN,
        }
    }
    assert!(from <= rest.start && rest.start < rest.end, "something is there");
    assert!((rest.records == 0) == (rest.first_seq == 0), "counted with their numbers");
    rest
}

/// In words, since most of a segment may be zeros.
fn first_nonzero(bytes: &[u8]) -> Option<usize> {
    let (words, _) = bytes.as_chunks::<64>();
    let zeros = words.iter().take_while(|word| **word == [0; 64]).count() * 64;
    bytes[zeros..].iter().position(|byte| *byte != 0).map(|at| zeros + at)
}
