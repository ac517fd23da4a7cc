//! A server that is killed at any moment: what was acknowledged is there, nothing is there twice,
//! and the line goes on where it was.
//!
//! The killed server is this test's own program, started once more as a child.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use common::config;
use common::venue::{order, setup};
use ringpit_core::Input;
use ringpit_journal::{Kind, Options, ReadOptions};
use ringpit_sequencer::{Busy, Checkpoint, Class, Lane, SystemClock, recover, replay, start};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

const DIRECTORY: &str = "RINGPIT_CRASH_TEST_DIRECTORY";
const ROUNDS: u64 = 25;
const IN_FLIGHT: u64 = 50;

/// The tail stays in the store, so that a killed server leaves no memory behind.
fn options(dir: &Path) -> Options {
    let tail_dir = Some(dir.to_path_buf());
    Options { segment_bytes: 256 << 10, tail_bytes: 128 << 10, tail_dir, ..Options::default() }
}

/// The line's input with this number, whoever runs it.
fn input(seq: u64) -> Input {
    let setup = setup(1);
    let after = seq.checked_sub(setup.len() as u64 + 1);
    after.map_or_else(|| setup[seq as usize - 1], |number| order(1, number + 1))
}

/// Not a test by itself: the server that is killed. It says each number that it acknowledges.
#[test]
fn child() {
    let Some(dir) = std::env::var_os(DIRECTORY) else { return };
    let recovered =
        recover(Path::new(&dir), &options(Path::new(&dir)), &mut |_| (), &mut |_| ()).unwrap();
    let mut next = recovered.line.engine.seq() + 1;
    let mut started = start(&config(), recovered.line, SystemClock, Arc::new(|| ())).unwrap();
    let watermark = started.running.watermark();
    let mut acknowledged = 0;
    loop {
        while next <= watermark.durable() + IN_FLIGHT {
            match started.input.offer(Lane::Normal, Class::NewBusiness, 0, &input(next)) {
                Ok(()) => next += 1,
                Err(Busy) => break,
            }
        }
        started.input.wake();
        std::thread::yield_now();
        started.output.poll(1_000, |_| ());
        let releasable = watermark.releasable();
        if releasable > acknowledged {
            acknowledged = releasable;
            eprintln!("acknowledged {acknowledged}");
        }
    }
}

/// Runs the server until it has acknowledged something so many times, then kills it; gives the
/// last acknowledged number that was heard.
fn run_and_kill(dir: &Path, times: u64) -> u64 {
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(DIRECTORY, dir)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(server.stderr.take().unwrap()).lines();
    let mut acknowledged = 0;
    let mut heard = 0;
    for line in said {
        // What was said before the kill counts too, so the pipe is read to its end.
        let Ok(line) = line else { break };
        if let Some(number) = line.strip_prefix("acknowledged ").and_then(|n| n.parse().ok()) {
            acknowledged = number;
            heard += 1;
            if heard == times {
                server.kill().unwrap();
            }
        }
    }
    assert!(heard >= times, "the server ended by itself");
    server.wait().unwrap();
    acknowledged
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_there_twice() {
    let dir = tempfile::tempdir().unwrap();
    let mut before = 0;
    for round in 0..ROUNDS {
        let times = 1 + (round * 7) % 40;
        let acknowledged = run_and_kill(dir.path(), times);
        assert!(acknowledged > before, "the line went on");
        let replayed = replay(dir.path(), u64::MAX, &mut |_| (), &mut |_| ()).unwrap();
        let recovered =
            recover(dir.path(), &options(dir.path()), &mut |_| (), &mut |_| ()).unwrap();
        let engine = &recovered.line.engine;
        assert!(engine.seq() >= acknowledged, "lost {acknowledged}, has {}", engine.seq());
        assert_eq!(Checkpoint::of(engine), Checkpoint::of(&replayed.engine));
        before = engine.seq();
    }
    let mut seq = 0;
    let mut bytes = [0; 1_024];
    let mut on_record = |record: &ringpit_journal::Record<'_>| {
        if record.kind == Kind::Input {
            seq += 1;
            let len = ringpit_core::codec::encode(&input(seq), &mut bytes).unwrap();
            assert_eq!((record.seq, record.payload), (seq, &bytes[..len]));
        }
        Ok(())
    };
    let read =
        ringpit_journal::read(dir.path(), ReadOptions::default(), &mut on_record, &mut |_| ());
    assert!(read.unwrap().is_undamaged());
    assert_eq!(seq, before);
}
