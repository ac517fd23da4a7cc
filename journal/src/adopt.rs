//! Takes over from the tail what continues the line, and completes the verdict.
//!
//! A tail record counts only if it is the next one: of this store (its checksum begins with the
//! store's seed), with the next number, following the last checksum. All others are left alone,
//! but what they prove durable must be there.

use crate::error::{Cut, Damage, OpenError};
use crate::fault::Fault;
use crate::format::Slot;
use crate::line::{Line, Verdict, Walk};
use crate::tail::TailCopy;
use crate::tail_file::TAIL_NAME;

/// Takes over what continues the line in the tail, and completes the verdict.
pub(crate) fn adopt(
    line: &mut Line,
    tail: &TailCopy,
    walk: &mut Walk<'_>,
) -> Result<Option<String>, OpenError> {
    if matches!(line.verdict, Verdict::Damage(_)) {
        return Ok(None);
    }
    let mut at = 0;
    let mut claimed = 0;
    let mut ended = None;
    loop {
        let (place, slot) = tail.slot(at, line.chain.seed);
        let record = match slot {
            Slot::End => break,
            Slot::Bad(fault) => {
                ended = Some(fault);
                break;
            }
            Slot::Record(record) => record,
        };
        claimed = claimed.max(record.durable_seq);
        let before = line.chain;
        match line.chain.accept(&record) {
            Ok(()) => {
                let bytes = &tail.pending[place..place + record.padded_bytes];
                line.adopted.extend_from_slice(bytes);
                line.adopted_records += 1;
                line.record_bytes += record.padded_bytes as u64;
                line.records += 1;
                walk.deliver(&record, TAIL_NAME, place as u64)?;
            }
            // Already in the segments: the flusher was about to release it.
            Err(_) if record.seq <= before.last_seq && line.adopted.is_empty() => {}
            Err(fault) => {
                ended = Some(fault);
                break;
            }
        }
        at = place + record.padded_bytes;
    }
    assert!(at <= tail.pending.len(), "no further than what is pending");
    assert!(line.chain.last_seq >= line.in_segments.last_seq, "the tail only adds");
    complete(line, tail, claimed, at, ended.as_ref());
    Ok(ended.map(|fault| {
        let (left, seq) = (tail.pending.len() - at, line.chain.last_seq);
        format!("{left} bytes of the tail do not continue the line after {seq}: {fault}")
    }))
}

/// The verdict once the tail is known.
fn complete(line: &mut Line, tail: &TailCopy, claimed: u64, at: usize, ended: Option<&Fault>) {
    if claimed > line.chain.last_seq {
        let seq = line.chain.last_seq;
        let name = line.segments.last().map(|segment| segment.name.clone());
        line.verdict = Verdict::Damage(Damage {
            file: name.unwrap_or_default(),
            offset: line.end_offset,
            seq: seq + 1,
            fault: Fault::BehindTail(claimed),
            intact_before: seq,
            intact_after: None,
            durable_seq: claimed,
        });
        return;
    }
    let is_made_good = !line.adopted.is_empty() && line.dropped_seq <= line.chain.last_seq;
    match (&mut line.verdict, ended) {
        // What was torn in the segment was whole in the tail.
        (Verdict::Cut(_), None) if is_made_good => line.verdict = Verdict::Clean,
        (Verdict::Cut(cut), _) => cut.after_seq = line.chain.last_seq,
        // A tail that never continued the line is an old one, and no loss.
        (Verdict::Clean, Some(fault)) if !line.adopted.is_empty() => {
            line.verdict = Verdict::Cut(Cut {
                file: TAIL_NAME.to_owned(),
                offset: at as u64,
                after_seq: line.chain.last_seq,
                bytes: (tail.pending.len() - at) as u64,
                records: 0,
                fault: fault.clone(),
            });
        }
        _ => {}
    }
}
