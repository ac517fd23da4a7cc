//! A line in memory, for tests and for measuring without a disk. It survives nothing.
//!
//! Its room is bounded and allocated at once. A test can hold back durability, and can make a
//! flush fail.

use crate::log::{
    Entry, Flush, Log, Marks, ReadLine, RecordKind, Refused, Store, TakeEntry, Watermark,
};
use ringpit_journal::Gate;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// What it is.
    pub kind: RecordKind,
    /// Its number, or the number it follows.
    pub seq: u64,
    /// UNIX nanoseconds.
    pub at: u64,
    /// The bytes.
    pub payload: Vec<u8>,
}

#[derive(Debug)]
struct Shared {
    records: Mutex<Vec<Record>>,
    room_records: usize,
    appended: AtomicU64,
    durable: AtomicU64,
    held: AtomicBool,
    fails: AtomicBool,
    failed: AtomicBool,
    ended: AtomicBool,
    gate: Gate,
}

impl Shared {
    fn records(&self) -> MutexGuard<'_, Vec<Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_pending(&self) -> bool {
        let pending = self.appended.load(Ordering::Acquire) > self.durable.load(Ordering::Relaxed);
        pending && (!self.held.load(Ordering::Acquire) || self.fails.load(Ordering::Acquire))
    }
}

impl Marks for Arc<Shared> {
    fn durable(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    fn releasable(&self) -> u64 {
        self.durable()
    }
}

/// The sequencer's end.
#[derive(Debug)]
pub struct MemoryLog(Arc<Shared>);

/// The flusher's end.
#[derive(Debug)]
pub struct MemoryFlusher(Arc<Shared>);

/// Reads it.
#[derive(Clone, Debug)]
pub struct MemoryReader(Arc<Shared>);

/// The test's end.
#[derive(Clone, Debug)]
pub struct MemoryControl(Arc<Shared>);

/// An empty line with room for so many records.
#[must_use]
pub fn store(room_records: usize) -> (Store<MemoryLog, MemoryFlusher>, MemoryControl) {
    let shared = Arc::new(Shared {
        records: Mutex::new(Vec::with_capacity(room_records)),
        room_records,
        appended: AtomicU64::new(0),
        durable: AtomicU64::new(0),
        held: AtomicBool::new(false),
        fails: AtomicBool::new(false),
        failed: AtomicBool::new(false),
        ended: AtomicBool::new(false),
        gate: Gate::new(),
    });
    let (log, flusher) = (MemoryLog(shared.clone()), MemoryFlusher(shared.clone()));
    let store = Store { log, flusher, directory: None };
    (store, MemoryControl(shared))
}

impl Log for MemoryLog {
    fn append(
        &mut self,
        kind: RecordKind,
        seq: u64,
        at: u64,
        payload: &[u8],
    ) -> Result<(), Refused> {
        let mut records = self.0.records();
        if self.0.failed.load(Ordering::Acquire) {
            return Err(Refused::Failed);
        }
        if records.len() == self.0.room_records {
            return Err(Refused::Full);
        }
        records.push(Record { kind, seq, at, payload: payload.to_vec() });
        self.0.appended.store(seq, Ordering::Release);
        Ok(())
    }

    fn wake(&self) {
        self.0.gate.wake();
    }

    fn watermark(&self) -> Watermark {
        Watermark::new(self.0.clone())
    }

    fn last_at(&self) -> u64 {
        self.0.records().last().map_or(0, |record| record.at)
    }
}

impl Drop for MemoryLog {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::Release);
        self.0.gate.wake();
    }
}

impl Flush for MemoryFlusher {
    fn run(self, on_durable: &mut dyn FnMut()) -> Result<(), String> {
        let shared = &*self.0;
        shared.gate.register();
        loop {
            if shared.is_pending() {
                if shared.fails.load(Ordering::Acquire) {
                    shared.failed.store(true, Ordering::Release);
                    return Err("a flush failed, as the test asked".into());
                }
                let appended = shared.appended.load(Ordering::Acquire);
                shared.durable.store(appended, Ordering::Release);
                on_durable();
            } else if shared.ended.load(Ordering::Acquire) {
                return Ok(());
            } else {
                shared.gate.sleep(Duration::from_secs(1), || {
                    shared.is_pending() || shared.ended.load(Ordering::Acquire)
                });
            }
        }
    }
}

impl ReadLine for MemoryReader {
    fn read(&mut self, from_seq: u64, until_seq: u64, take: TakeEntry<'_>) -> Result<(), String> {
        let wanted = from_seq..=until_seq.min(self.0.durable());
        for record in self.0.records().iter().filter(|record| wanted.contains(&record.seq)) {
            let Record { kind, seq, at, ref payload } = *record;
            if take(&Entry { kind, seq, at, payload }).is_break() {
                break;
            }
        }
        Ok(())
    }
}

impl MemoryControl {
    /// Reads the line.
    #[must_use]
    pub fn reader(&self) -> MemoryReader {
        MemoryReader(self.0.clone())
    }

    /// Holds durability back, or lets it go on.
    pub fn hold(&self, held: bool) {
        self.0.held.store(held, Ordering::Release);
        self.0.gate.wake();
    }

    /// Whether it is held back.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.0.held.load(Ordering::Acquire)
    }

    /// Makes the next flush fail.
    pub fn fail(&self) {
        self.0.fails.store(true, Ordering::Release);
        self.0.gate.wake();
    }

    /// A copy of all records.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        self.0.records().clone()
    }

    /// Whether there is no room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.0.records().len() == self.0.room_records
    }

    /// Forgets all records, as if they had been moved elsewhere: makes room.
    pub fn clear(&self) {
        self.0.records().clear();
    }
}
