//! A process that is killed hard while it appends: nothing that it appended is lost.
//!
//! The process is this test program itself, started again with an environment variable that makes
//! `the_process_that_is_killed` append until it dies.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use ringpit_journal::{Kind, Opened, Outcome, verify};
use support::{assert_line, beside, open_dir, payload, time_ns};

const DIR: &str = "RINGPIT_JOURNAL_TEST_DIR";

/// Appends for ever and prints what it has appended; killed by `killed_hard_it_loses_nothing`.
#[test]
fn the_process_that_is_killed() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let dir = Path::new(&dir);
    let (opened, kept) = open_dir(dir, &beside(dir));
    assert_line(&kept, kept.len() as u64, 100);
    let Opened { mut appender, flusher, .. } = opened.unwrap();
    std::thread::spawn(move || flusher.run(|_| {}).unwrap());
    loop {
        let seq = appender.last_seq() + 1;
        let payload = payload(seq, 100);
        if appender.has_room(payload.len()) {
            appender.append(Kind::Input, seq, time_ns(seq), &payload).unwrap();
            println!("appended {seq}");
        }
        appender.wake();
    }
}

#[test]
fn killed_hard_it_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut last = 0;
    for life in 0..12 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["the_process_that_is_killed", "--exact", "--nocapture"])
            .env(DIR, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let until = last + 300 * (life + 1);
        while last < until {
            let line = lines.next().unwrap().unwrap();
            if let Some(seq) = line.strip_prefix("appended ") {
                last = seq.parse().unwrap();
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What it printed before the signal reached it counts too.
        for line in lines.map_while(Result::ok) {
            if let Some(Ok(seq)) = line.strip_prefix("appended ").map(str::parse) {
                last = seq;
            }
        }
        let report = verify(dir.path(), &mut |_| {}).unwrap();
        assert_eq!(report.outcome, Outcome::Clean);
        assert!(report.last_seq >= last, "{} of {last}", report.last_seq);
    }
    let (opened, kept) = open_dir(dir.path(), &beside(dir.path()));
    let recovered = opened.unwrap().recovered;
    assert!(recovered.last_seq >= last && recovered.cut.is_none());
    assert_line(&kept, recovered.last_seq, 100);
}
