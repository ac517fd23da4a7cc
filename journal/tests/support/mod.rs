//! What the journal's tests share: small stores on the faulty disk in memory, and a known line.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;

use ringpit_journal::mem::MemStorage;
use ringpit_journal::{Kind, OpenError, Opened, Options, TailCopy, open, open_in};

/// The smallest sizes there are, so that a few hundred records rotate and wrap.
pub fn small() -> Options {
    Options { segment_bytes: 64 << 10, tail_bytes: 64 << 10, ..Options::default() }
}

/// How often a random test tries: `usual`, or that times `RINGPIT_SOAK` for a longer run.
pub fn tries(usual: u64) -> u64 {
    let times = std::env::var("RINGPIT_SOAK").ok().and_then(|text| text.parse().ok());
    usual * times.unwrap_or(1)
}

/// A small generator of our own: tests must say the same on every run.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// What input `seq` says; its length varies so that padding and wraps of every size occur.
pub fn payload(seq: u64, bytes_max: usize) -> Vec<u8> {
    let mut random = Random(seq.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let len = random.below(bytes_max as u64 + 1) as usize;
    (0..len).map(|_| random.next() as u8).collect()
}

pub fn time_ns(seq: u64) -> u64 {
    1_000 + seq / 3
}

/// One record as tests keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub kind: Kind,
    pub seq: u64,
    pub time_ns: u64,
    pub payload: Vec<u8>,
}

impl Kept {
    pub fn of(record: &ringpit_journal::Record<'_>) -> Self {
        let (kind, seq, time_ns) = (record.kind, record.seq, record.time_ns);
        Self { kind, seq, time_ns, payload: record.payload.to_vec() }
    }
}

/// Opens a store in memory; what it holds goes to `kept`.
pub fn reopen(
    storage: &MemStorage,
    options: &Options,
    tail: Option<&TailCopy>,
) -> (Result<Opened, OpenError>, Vec<Kept>) {
    let mut kept = Vec::new();
    let opened = open_in(
        Arc::new(storage.clone()),
        options,
        tail,
        &mut |record| {
            kept.push(Kept::of(record));
            Ok(())
        },
        &mut |_| {},
    );
    (opened, kept)
}

/// A store that must open.
pub fn must_open(storage: &MemStorage, tail: Option<&TailCopy>) -> (Opened, Vec<Kept>) {
    let (opened, kept) = reopen(storage, &small(), tail);
    match opened {
        Ok(opened) => (opened, kept),
        Err(error) => panic!("{error}"),
    }
}

/// Appends the next input, and flushes when the tail has no room for it.
pub fn append(opened: &mut Opened, bytes_max: usize) -> u64 {
    let seq = opened.appender.last_seq() + 1;
    let payload = payload(seq, bytes_max);
    if !opened.appender.has_room(payload.len()) {
        flush(opened);
    }
    opened.appender.append(Kind::Input, seq, time_ns(seq), &payload).unwrap();
    seq
}

/// Flushes all that is pending.
pub fn flush(opened: &mut Opened) {
    while opened.flusher.flush_pending().unwrap().is_some() {
        opened.flusher.after_flush().unwrap();
    }
}

/// The clean end.
pub fn close(mut opened: Opened) {
    flush(&mut opened);
    opened.appender.close();
    opened.flusher.finish().unwrap();
}

/// What must have been recovered: inputs 1 to `last`.
pub fn assert_line(kept: &[Kept], last: u64, bytes_max: usize) {
    let inputs: Vec<&Kept> = kept.iter().filter(|kept| kept.kind == Kind::Input).collect();
    assert_eq!(inputs.len() as u64, last, "inputs recovered");
    for (index, input) in inputs.iter().enumerate() {
        let seq = index as u64 + 1;
        assert_eq!(input.seq, seq);
        assert_eq!(input.time_ns, time_ns(seq));
        assert_eq!(input.payload, payload(seq, bytes_max), "payload of {seq}");
    }
}

/// The tail beside the segments: tests leave nothing behind in shared memory.
pub fn beside(dir: &Path) -> Options {
    Options { tail_dir: Some(dir.to_path_buf()), ..small() }
}

pub fn open_dir(dir: &Path, options: &Options) -> (Result<Opened, OpenError>, Vec<Kept>) {
    let mut kept = Vec::new();
    let opened = open(
        dir,
        options,
        &mut |record| {
            kept.push(Kept::of(record));
            Ok(())
        },
        &mut |_| {},
    );
    (opened, kept)
}
