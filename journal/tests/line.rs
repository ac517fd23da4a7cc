//! The line in good times: what is appended is there again, in order, after a clean stop and after
//! a killed process, through wraps of the tail and rotations of segments; readers see what is
//! durable; a full tail and a failed flusher are told.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::ops::ControlFlow;

use ringpit_journal::mem::MemStorage;
use ringpit_journal::{Durability, Kind, Options, Refused, Storage};
use support::{
    Kept, append, assert_line, close, flush, must_open, payload, reopen, small, time_ns,
};

#[test]
fn a_clean_stop_loses_nothing_and_leaves_a_mark() {
    let storage = MemStorage::new();
    let (mut opened, kept) = must_open(&storage, None);
    assert!(kept.is_empty() && opened.recovered.is_new);
    for _ in 0..500 {
        append(&mut opened, 300);
    }
    close(opened);
    let (opened, kept) = must_open(&storage, None);
    assert_line(&kept, 500, 300);
    assert_eq!(opened.recovered.last_seq, 500);
    assert_eq!(opened.recovered.records, 500);
    assert!(opened.recovered.cut.is_none() && opened.recovered.warnings.is_empty());
    assert_eq!(opened.appender.watermark().durable(), 500);
}

#[test]
fn a_killed_process_loses_nothing_through_wraps_and_rotations() {
    let mut random = support::Random(7);
    let storage = MemStorage::new();
    let mut tail = None;
    let mut last = 0;
    for life in 0..60 {
        let (mut opened, kept) = must_open(&storage, tail.as_ref());
        assert_line(&kept, last, 700);
        for _ in 0..random.below(200) {
            last = append(&mut opened, 700);
            if random.below(10) == 0 && opened.flusher.flush_pending().unwrap().is_some() {
                // Killed between the flush and what follows it, now and then.
                if random.below(30) == 0 {
                    break;
                }
                opened.flusher.after_flush().unwrap();
            }
            if random.below(40) == 0 {
                flush(&mut opened);
                opened.flusher.mark().unwrap();
            }
        }
        tail = Some(opened.appender.copy_tail());
        assert!(life == 0 || last > 0);
    }
    let (_, kept) = must_open(&storage, tail.as_ref());
    assert_line(&kept, last, 700);
    assert!(last > 2_000, "{last} inputs are enough for rotations");
}

#[test]
fn checkpoints_keep_their_place_and_take_no_number() {
    let storage = MemStorage::new();
    let (mut opened, _) = must_open(&storage, None);
    for seq in 1..=400_u64 {
        append(&mut opened, 400);
        if seq % 5 == 0 {
            let text = format!("after {seq}");
            let at = support::time_ns(seq);
            opened.appender.append(Kind::Checkpoint, seq, at, text.as_bytes()).unwrap();
        }
        if seq % 7 == 0 {
            flush(&mut opened);
        }
    }
    let tail = opened.appender.copy_tail();
    drop(opened);
    let (mut opened, kept) = must_open(&storage, Some(&tail));
    assert_line(&kept, 400, 400);
    let found: Vec<&Kept> = kept.iter().filter(|kept| kept.kind == Kind::Checkpoint).collect();
    assert_eq!(found.len(), 80);
    for (index, checkpoint) in found.iter().enumerate() {
        let seq = (index as u64 + 1) * 5;
        assert_eq!(checkpoint.payload, format!("after {seq}").into_bytes());
        let at = kept.iter().position(|kept| kept == *checkpoint).unwrap();
        assert_eq!((kept[at - 1].seq, kept[at - 1].kind), (seq, Kind::Input));
    }
    // A reader sees the same.
    append(&mut opened, 400);
    flush(&mut opened);
    let mut read = Vec::new();
    let last = opened.reader.read(1, u64::MAX, &mut |record| {
        read.push(Kept::of(record));
        ControlFlow::Continue(())
    });
    assert_eq!(last.unwrap(), 401);
    assert_eq!(read[..kept.len()], kept[..]);
}

/// Found by the simulator: a checkpoint that was the last record of its segment was left out.
#[test]
fn a_reader_sees_checkpoints_that_end_a_segment() {
    let storage = MemStorage::new();
    let (opened, _) = reopen(&storage, &small(), None);
    let mut opened = opened.unwrap();
    let mut written = Vec::new();
    for seq in 1..=600 {
        let payload = payload(seq, 900);
        for (kind, payload) in [(Kind::Input, &payload[..]), (Kind::Checkpoint, &[7; 24][..])] {
            opened.appender.append(kind, seq, time_ns(seq), payload).unwrap();
            opened.flusher.flush_pending().unwrap();
            opened.flusher.after_flush().unwrap();
            written.push((kind, seq));
        }
    }
    // The last one has no input after it.
    written.pop();
    let segments = storage.list().unwrap().iter().filter(|name| name.ends_with(".rpj")).count();
    assert!(segments > 4, "enough segments that one ends with a checkpoint");
    let tail = opened.appender.copy_tail();
    let mut readers = vec![opened.reader.clone()];
    readers.push(reopen(&storage.restart(), &small(), Some(&tail)).0.unwrap().reader);
    for mut reader in readers {
        let mut read = Vec::new();
        let mut note = |record: &ringpit_journal::Record<'_>| {
            read.push((record.kind, record.seq));
            ControlFlow::Continue(())
        };
        reader.read(1, u64::MAX, &mut note).unwrap();
        assert!(read == written, "{} of {} records", read.len(), written.len());
    }
}

#[test]
fn a_reader_starts_anywhere_and_sees_only_what_is_durable() {
    let storage = MemStorage::new();
    let (mut opened, _) = must_open(&storage, None);
    for seq in 1..=3_000 {
        append(&mut opened, 200);
        if seq % 11 == 0 {
            flush(&mut opened);
        }
    }
    flush(&mut opened);
    append(&mut opened, 200);
    let mut reader = opened.reader.clone();
    for from in (1..=3_001).step_by(83).chain([2_999, 3_000, 3_001]) {
        for until in [from, from + 10, u64::MAX] {
            let mut next = from;
            let last = reader.read(from, until, &mut |record| {
                assert_eq!(record.seq, next);
                assert_eq!(record.payload, support::payload(next, 200));
                next += 1;
                ControlFlow::Continue(())
            });
            assert_eq!(last.unwrap(), until.min(3_000).max(from - 1));
            assert_eq!(next - 1, until.min(3_000).max(from - 1));
        }
    }
    let mut seen = 0;
    let last = reader.read(5, 100, &mut |_| {
        seen += 1;
        if seen == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((last.unwrap(), seen), (7, 3));
}

#[test]
fn a_full_tail_is_told_and_empties_with_a_flush() {
    let storage = MemStorage::new();
    let (mut opened, _) = must_open(&storage, None);
    let payload = [7; 1000];
    let mut seq = 0;
    while opened.appender.has_room(payload.len()) {
        seq += 1;
        opened.appender.append(Kind::Input, seq, 5, &payload).unwrap();
    }
    assert_eq!(seq, (64 << 10) / 1040);
    assert_eq!(opened.appender.append(Kind::Input, seq + 1, 5, &payload), Err(Refused::Full));
    assert_eq!(opened.appender.last_seq(), seq);
    flush(&mut opened);
    opened.appender.append(Kind::Input, seq + 1, 5, &payload).unwrap();
}

#[test]
fn async_releases_at_once_and_still_flushes() {
    let storage = MemStorage::new();
    let options = Options { durability: Durability::Async, ..small() };
    let (opened, _) = reopen(&storage, &options, None);
    let mut opened = opened.unwrap();
    let watermark = opened.appender.watermark();
    append(&mut opened, 100);
    assert_eq!((watermark.durable(), watermark.releasable()), (0, 1));
    flush(&mut opened);
    assert_eq!((watermark.durable(), watermark.releasable()), (1, 1));
    append(&mut opened, 100);
    drop(opened.flusher);
    assert!(watermark.failed(), "a flusher that goes without finishing has failed");
    assert_eq!(watermark.releasable(), 1, "nothing more leaves after a failure");
    assert_eq!(opened.appender.append(Kind::Input, 3, 9_999, b""), Err(Refused::Failed));
}

#[test]
fn other_sizes_apply_to_what_is_made_next() {
    let storage = MemStorage::new();
    let (mut opened, _) = must_open(&storage, None);
    for _ in 0..300 {
        append(&mut opened, 100);
    }
    close(opened);
    let larger = Options { segment_bytes: 128 << 10, tail_bytes: 256 << 10, ..small() };
    let (opened, kept) = reopen(&storage, &larger, None);
    assert_line(&kept, 300, 100);
    let mut opened = opened.unwrap();
    for _ in 0..2_000 {
        append(&mut opened, 100);
    }
    close(opened);
    let (_, kept) = must_open(&storage, None);
    assert_line(&kept, 2_300, 100);
    for (field, options) in [
        ("segment_bytes", Options { segment_bytes: 1 << 10, ..small() }),
        ("segment_bytes", Options { segment_bytes: (64 << 10) + 8, ..small() }),
        ("tail_bytes", Options { tail_bytes: 1 << 50, ..small() }),
    ] {
        let error = reopen(&storage, &options, None).0.err().unwrap().to_string();
        assert!(error.starts_with(field), "{error}");
    }
}
