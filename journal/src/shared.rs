//! What appender, flusher and readers share besides the tail: the durable number, two flags, the
//! gate and the list of segments.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::Durability;
use crate::gate::Gate;
use crate::tail::Tail;

/// A number alone on its cache line, so that readers of it don't slow writers of its neighbours.
#[repr(align(128))]
struct Alone(AtomicU64);

/// See the module.
pub(crate) struct Shared {
    durable: Alone,
    failed: AtomicBool,
    appender_gone: AtomicBool,
    durability: Durability,
    pub gate: Gate,
    segments: Mutex<Vec<SegmentEntry>>,
}

/// A segment that readers may open, and places in it to start from.
#[derive(Clone, Debug)]
pub(crate) struct SegmentEntry {
    pub name: String,
    pub first_seq: u64,
    /// Sequence number and offset of some inputs, rising.
    pub places: Vec<(u64, u64)>,
    /// Where its records end, once a later segment has begun: a checkpoint may follow its last
    /// input.
    pub records_end: Option<u64>,
}

impl Shared {
    pub(crate) fn new(
        durable_seq: u64,
        durability: Durability,
        segments: Vec<SegmentEntry>,
    ) -> Self {
        Self {
            durable: Alone(AtomicU64::new(durable_seq)),
            failed: AtomicBool::new(false),
            appender_gone: AtomicBool::new(false),
            durability,
            gate: Gate::new(),
            segments: Mutex::new(segments),
        }
    }

    #[inline]
    pub(crate) fn durable(&self) -> u64 {
        self.durable.0.load(Ordering::Acquire)
    }

    pub(crate) fn set_durable(&self, seq: u64) {
        assert!(seq >= self.durable(), "the durable number never falls");
        assert!(!self.failed(), "nothing becomes durable after a failure");
        self.durable.0.store(seq, Ordering::Release);
        assert!(self.durable() == seq, "the flusher alone moves it");
    }

    #[inline]
    pub(crate) fn failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    pub(crate) fn fail(&self) {
        self.failed.store(true, Ordering::Release);
    }

    pub(crate) fn appender_is_gone(&self) {
        self.appender_gone.store(true, Ordering::Release);
        self.gate.wake();
    }

    pub(crate) fn is_appender_gone(&self) -> bool {
        self.appender_gone.load(Ordering::Acquire)
    }

    pub(crate) fn segments(&self) -> MutexGuard<'_, Vec<SegmentEntry>> {
        match self.segments.lock() {
            Ok(segments) => segments,
            // The list is only pushed to: a panicking holder leaves it whole.
            Err(poisoned) => poisoned.into_inner(),
        }
    }
}

/// How far the line is durable. Cheap to clone and to ask.
#[derive(Clone)]
pub struct Watermark {
    shared: Arc<Shared>,
    tail: Arc<Tail>,
}

impl Watermark {
    pub(crate) fn new(shared: Arc<Shared>, tail: Arc<Tail>) -> Self {
        Self { shared, tail }
    }

    /// Highest number that survives a power cut.
    #[inline]
    #[must_use]
    pub fn durable(&self) -> u64 {
        self.shared.durable()
    }

    /// Highest number whose answers may leave: the durable one, or with [`Durability::Async`] the
    /// last one appended (until the flusher fails: then nothing more may leave).
    #[inline]
    #[must_use]
    pub fn releasable(&self) -> u64 {
        match self.shared.durability {
            Durability::Async if !self.shared.failed() => self.tail.appended_seq(),
            _ => self.shared.durable(),
        }
    }

    /// Whether the flusher has ended with an error.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.shared.failed()
    }
}
