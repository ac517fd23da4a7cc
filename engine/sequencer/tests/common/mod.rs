//! What several of the sequencer's tests need: a clock to set and to stop, inputs, a line in memory.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod venue;

use ringpit_core::command::{CreateAsset, Text};
use ringpit_core::{AssetId, Engine, Input, SessionId};
use ringpit_sequencer::memory::{self, MemoryControl, MemoryFlusher, MemoryLog};
use ringpit_sequencer::{
    Busy, Class, Clock, Config, InputPort, Lane, Line, OutputKind, OutputPort, Pin, Reading, Sent,
    Started, start,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// 2026-01-01, in UNIX nanoseconds.
pub const NEW_YEAR_NS: u64 = 1_767_225_600_000_000_000;

/// A clock that the test sets, and that holds the sequencer where it reads it.
#[derive(Clone, Default, Debug)]
pub struct TestClock(Arc<Hands>);

#[derive(Default, Debug)]
struct Hands {
    unix_ns: AtomicU64,
    mono_ns: AtomicU64,
    stopped: AtomicBool,
    held: AtomicBool,
    panics: AtomicBool,
}

impl TestClock {
    pub fn new() -> Self {
        let clock = Self::default();
        clock.0.unix_ns.store(NEW_YEAR_NS, Ordering::SeqCst);
        clock
    }

    /// Lets time pass.
    pub fn pass(&self, duration: Duration) {
        let ns = duration.as_nanos() as u64;
        self.0.mono_ns.fetch_add(ns, Ordering::SeqCst);
        self.0.unix_ns.fetch_add(ns, Ordering::SeqCst);
    }

    /// Sets the wall clock.
    pub fn set_unix_ns(&self, unix_ns: u64) {
        self.0.unix_ns.store(unix_ns, Ordering::SeqCst);
    }

    pub fn unix_ns(&self) -> u64 {
        self.0.unix_ns.load(Ordering::SeqCst)
    }

    /// Makes the next read panic.
    pub fn panic(&self) {
        self.0.panics.store(true, Ordering::SeqCst);
    }

    /// Holds the sequencer at its next look at the clock, and waits until it is there.
    pub fn hold(&self, wake: impl Fn()) {
        self.0.held.store(false, Ordering::SeqCst);
        self.0.stopped.store(true, Ordering::SeqCst);
        wait_until(|| {
            wake();
            self.0.held.load(Ordering::SeqCst)
        });
    }

    /// Lets it go on.
    pub fn release(&self) {
        self.0.stopped.store(false, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn read(&mut self) -> Reading {
        assert!(!self.0.panics.load(Ordering::SeqCst), "the test's panic");
        while self.0.stopped.load(Ordering::SeqCst) {
            self.0.held.store(true, Ordering::SeqCst);
            std::thread::yield_now();
        }
        Reading {
            unix_ns: self.0.unix_ns.load(Ordering::SeqCst),
            mono_ns: self.0.mono_ns.load(Ordering::SeqCst),
        }
    }
}

pub fn config() -> Config {
    Config { pin: Pin::None, ..Config::default() }
}

pub fn line(room_records: usize) -> (Line<MemoryLog, MemoryFlusher>, MemoryControl) {
    let (store, control) = memory::store(room_records);
    (Line { engine: Engine::new(), checkpointed_seq: 0, store }, control)
}

/// A running line in memory with room for so many records.
pub fn start_in_memory(
    config: &Config,
    clock: impl Clock,
    room_records: usize,
) -> (Started, MemoryControl) {
    let (line, control) = line(room_records);
    (start(config, line, clock, Arc::new(|| ())).unwrap(), control)
}

/// Some input of session 7 with this number.
pub fn asset(number: u32) -> Input {
    Input {
        session: SessionId(7),
        client_seq: u64::from(number),
        command: CreateAsset { asset: AssetId(number), code: Text::new("A").unwrap(), decimals: 0 }
            .into(),
    }
}

/// Offers until it is taken.
pub fn offer_patiently(port: &mut InputPort, tag: u64, input: &Input) {
    wait_until(|| port.offer(Lane::Normal, Class::Protected, tag, input) != Err(Busy));
    port.wake();
}

/// Reads until the input with this tag was applied; gives the events read.
pub fn read_until_applied(output: &mut OutputPort, tag: u64) -> Vec<Sent> {
    let mut events = Vec::new();
    let mut is_applied = false;
    wait_until(|| {
        output.poll(64, |slot| {
            is_applied |= slot.kind == OutputKind::Applied && slot.tag == tag;
            events.extend(slot.emitted().as_ref().map(Sent::from));
        });
        is_applied
    });
    events
}

/// Looks until it is so; a test that waits in vain fails after a minute.
pub fn wait_until(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain");
        std::thread::yield_now();
    }
}
