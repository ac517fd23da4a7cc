//! A line in memory, for tests and for measuring without a disk. It survives nothing.
//!
//! Its room is bounded and allocated at once. A test can hold back durability, and can make a
//! flush fail.

use crate::gate::Gate;
use crate::log::{Flush, Log, Marks, RecordKind, Refused, Store, Watermark};
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
    let store = Store { log: MemoryLog(shared.clone()), flusher: MemoryFlusher(shared.clone()) };
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
        shared.gate.enter();
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

impl MemoryControl {
    /// Holds durability back, or lets it go on.
    pub fn hold(&self, held: bool) {
        self.0.held.store(held, Ordering::Release);
        self.0.gate.wake();
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

    /// Forgets all records, as if they had been moved elsewhere: makes room.
    pub fn clear(&self) {
        self.0.records().clear();
    }
}
