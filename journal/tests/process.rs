//! The line on a real disk: threads, mapped tail, lock. (Killed processes have a file of their own:
//! a process that is being started holds its parent's locks for an instant.)

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::ops::ControlFlow;

use ringpit_journal::{
    Kind, OpenError, Opened, Options, Outcome, ReadOptions, Stop, open, read, verify,
};
use support::{assert_line, beside, open_dir, payload, small, time_ns};

/// Appends `count` inputs beside a running flusher and stops cleanly.
fn serve(opened: Opened, count: u64, bytes_max: usize) {
    let Opened { mut appender, flusher, .. } = opened;
    let watermark = appender.watermark();
    let thread = std::thread::spawn(move || {
        let mut last = 0;
        flusher.run(|seq| {
            assert!(seq >= last);
            last = seq;
        })
    });
    for _ in 0..count {
        let seq = appender.last_seq() + 1;
        let payload = payload(seq, bytes_max);
        while !appender.has_room(payload.len()) {
            appender.wake();
            std::thread::yield_now();
        }
        appender.append(Kind::Input, seq, time_ns(seq), &payload).unwrap();
        appender.wake();
    }
    let last = appender.last_seq();
    appender.close();
    thread.join().unwrap().unwrap();
    assert_eq!(watermark.durable(), last);
}

#[test]
fn threads_and_files() {
    let dir = tempfile::tempdir().unwrap();
    let options = beside(dir.path());
    let (opened, _) = open_dir(dir.path(), &options);
    serve(opened.unwrap(), 5_000, 200);
    assert!(!dir.path().join("tail.rpt").exists(), "a clean stop gives the tail back");
    let report = verify(dir.path(), &mut |_| {}).unwrap();
    assert_eq!((report.outcome, report.last_seq), (Outcome::Clean, 5_000));
    assert_eq!(report.durable_seq, 5_000, "the mark says so");
    assert!(report.segments > 5 && !report.is_server_running);
    let (opened, kept) = open_dir(dir.path(), &options);
    assert_line(&kept, 5_000, 200);
    serve(opened.unwrap(), 1, 200);
}

#[test]
fn a_second_server_is_kept_out_and_verify_says_that_one_runs() {
    let dir = tempfile::tempdir().unwrap();
    let options = beside(dir.path());
    let (opened, _) = open_dir(dir.path(), &options);
    let opened = opened.unwrap();
    let error = open_dir(dir.path(), &options).0.err().unwrap();
    let holder = format!("by process {}", std::process::id());
    assert!(matches!(&error, OpenError::Locked { .. }), "{error}");
    assert!(error.to_string().contains(&holder), "{error}");
    assert!(verify(dir.path(), &mut |_| {}).unwrap().is_server_running);
    serve(opened, 10, 50);
    assert!(!verify(dir.path(), &mut |_| {}).unwrap().is_server_running);
    serve(open_dir(dir.path(), &options).0.unwrap(), 10, 50);
}

#[test]
fn verify_beside_a_running_server_sees_no_damage() {
    let dir = tempfile::tempdir().unwrap();
    let options = beside(dir.path());
    let (opened, _) = open_dir(dir.path(), &options);
    let opened = opened.unwrap();
    std::thread::scope(|scope| {
        let server = scope.spawn(move || serve(opened, 8_000, 300));
        let mut looks = 0;
        while !server.is_finished() || looks < 3 {
            let mut next = 1;
            let report = read(
                dir.path(),
                Default::default(),
                &mut |record| {
                    assert_eq!(record.seq, next, "each record once");
                    next += 1;
                    Ok(())
                },
                &mut |_| {},
            );
            assert_eq!(report.unwrap().outcome, Outcome::Clean);
            looks += 1;
        }
        server.join().unwrap();
    });
    let report = verify(dir.path(), &mut |_| {}).unwrap();
    assert_eq!((report.outcome, report.records), (Outcome::Clean, 8_000));
}

#[test]
fn no_store_and_no_directory_are_named() {
    let dir = tempfile::tempdir().unwrap();
    for path in [dir.path().to_path_buf(), dir.path().join("nowhere")] {
        assert!(matches!(verify(&path, &mut |_| {}), Err(OpenError::NoStore { .. })));
    }
}

#[test]
fn a_tail_in_shared_memory_is_found_again_and_given_back() {
    let dir = tempfile::tempdir().unwrap();
    let shm = tempfile::tempdir().unwrap();
    let options = Options { tail_dir: Some(shm.path().to_path_buf()), ..small() };
    let (opened, _) = open_dir(dir.path(), &options);
    let mut opened = opened.unwrap();
    support::append(&mut opened, 10);
    support::append(&mut opened, 10);
    drop(opened);
    let report = verify(dir.path(), &mut |_| {}).unwrap();
    assert_eq!((report.last_seq, report.tail_records), (2, 2), "found through the link");
    // Asked for elsewhere, it is still found where it was.
    let (opened, kept) = open_dir(dir.path(), &beside(dir.path()));
    assert_line(&kept, 2, 10);
    assert_eq!(opened.as_ref().unwrap().recovered.tail_records, 2);
    assert_eq!(std::fs::read_dir(shm.path()).unwrap().count(), 0);
    support::close(opened.unwrap());
    let (opened, kept) = open_dir(dir.path(), &options);
    assert_line(&kept, 2, 10);
    // A copy of a store has the same id: two servers must not share a tail.
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != "lock" && entry.file_name() != "tail.rpt" {
            std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
    }
    let error = open_dir(copy.path(), &options).0.err().unwrap();
    assert!(error.to_string().contains("copy of this store"), "{error}");
    support::close(opened.unwrap());
    assert_eq!(std::fs::read_dir(shm.path()).unwrap().count(), 0);
}

/// Segments large enough that places within them are remembered; a follower reads mapped records
/// right up to the durable number while they are written.
#[test]
fn a_follower_reads_what_is_durable_while_it_is_written() {
    const COUNT: u64 = 30_000;
    let dir = tempfile::tempdir().unwrap();
    let options = Options { segment_bytes: 2 << 20, tail_bytes: 1 << 20, ..beside(dir.path()) };
    let opened = open_dir(dir.path(), &options).0.unwrap();
    let mut reader = opened.reader.clone();
    std::thread::scope(|scope| {
        scope.spawn(move || serve(opened, COUNT, 200));
        let mut next = 1;
        while next <= COUNT {
            let last = reader.read(next, u64::MAX, &mut |record| {
                assert_eq!((record.seq, record.time_ns), (next, time_ns(next)));
                assert_eq!(record.payload, payload(next, 200));
                next += 1;
                ControlFlow::Continue(())
            });
            assert_eq!(last.unwrap(), next - 1);
            std::thread::yield_now();
        }
        // From places in the middle, remembered by the flusher.
        for from in (1..=COUNT).step_by(997) {
            let mut found = None;
            let one = &mut |record: &ringpit_journal::Record<'_>| {
                found = Some((record.seq, record.payload.to_vec()));
                ControlFlow::Break(())
            };
            assert_eq!(reader.read(from, from, one).unwrap(), from);
            assert_eq!(found, Some((from, payload(from, 200))));
        }
    });
    drop(reader);
    // And by recovery.
    let opened = open_dir(dir.path(), &options).0.unwrap();
    let mut reader = opened.reader.clone();
    for from in (1..=COUNT).step_by(1_499) {
        let mut next = from;
        let last = reader.read(from, from + 20, &mut |record| {
            assert_eq!((record.seq, record.payload), (next, &payload(next, 200)[..]));
            next += 1;
            ControlFlow::Continue(())
        });
        assert_eq!(last.unwrap(), (from + 20).min(COUNT));
    }
    // Offline, from the segment that holds a number on.
    drop((opened, reader));
    let from_seq = COUNT - 10;
    let mut seqs = Vec::new();
    let report = read(
        dir.path(),
        ReadOptions { from_seq, notes: true },
        &mut |record| {
            seqs.push((record.kind, record.seq));
            Ok(())
        },
        &mut |_| {},
    );
    let report = report.unwrap();
    assert_eq!((report.outcome, report.last_seq, report.segments), (Outcome::Clean, COUNT, 1));
    assert_eq!(seqs.first(), Some(&(Kind::Input, from_seq)));
    assert_eq!(seqs.last(), Some(&(Kind::Mark, COUNT)));
    assert_eq!(report.records, 11);
}

#[test]
fn a_caller_that_stops_is_told_where() {
    let dir = tempfile::tempdir().unwrap();
    let options = beside(dir.path());
    serve(open_dir(dir.path(), &options).0.unwrap(), 20, 50);
    let on_record = &mut |record: &ringpit_journal::Record<'_>| {
        if record.seq == 7 { Err(Stop("digests differ".to_owned())) } else { Ok(()) }
    };
    let error = open(dir.path(), &options, on_record, &mut |_| {}).err().unwrap();
    assert_eq!(error.to_string(), "stopped at sequence number 7: digests differ");
    serve(open_dir(dir.path(), &options).0.unwrap(), 1, 50);
}
