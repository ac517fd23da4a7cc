//! How the sequencer sleeps and is woken: a flag, a fence on each side, park and unpark.
//!
//! The sleeper raises its flag, fences, looks once more, and parks. A producer publishes, fences,
//! and looks at the flag. Of the two looks at least one sees the other's write, so no wake-up is
//! lost and a waker pays a system call only when somebody sleeps.

#[cfg(loom)]
use loom::{
    sync::atomic::{AtomicBool, Ordering, fence},
    thread::{self, Thread},
};
use std::sync::OnceLock;
use std::time::Duration;
#[cfg(not(loom))]
use std::{
    sync::atomic::{AtomicBool, Ordering, fence},
    thread::{self, Thread},
};

/// The sleeping place of one thread.
#[derive(Debug)]
pub(crate) struct Gate {
    sleeping: AtomicBool,
    sleeper: OnceLock<Thread>,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self { sleeping: AtomicBool::new(false), sleeper: OnceLock::new() }
    }

    /// Makes the calling thread the one that sleeps here; once, before its first sleep.
    pub(crate) fn enter(&self) {
        let first = self.sleeper.set(thread::current()).is_ok();
        assert!(first, "a gate has one sleeper");
    }

    /// Sleeps until woken or the time is over, unless `ready` says that there is work.
    pub(crate) fn sleep(&self, timeout: Duration, ready: impl FnOnce() -> bool) {
        self.sleeping.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if !ready() {
            park(timeout);
        }
        self.sleeping.store(false, Ordering::Relaxed);
    }

    /// Wakes the sleeper if it sleeps. What it shall see must be published before.
    pub(crate) fn wake(&self) {
        fence(Ordering::SeqCst);
        if self.sleeping.load(Ordering::Relaxed)
            && let Some(sleeper) = self.sleeper.get()
        {
            sleeper.unpark();
        }
    }
}

#[cfg(not(loom))]
fn park(timeout: Duration) {
    thread::park_timeout(timeout);
}

/// Without a time limit, so that the model finds each wake-up that would be lost.
#[cfg(loom)]
fn park(_timeout: Duration) {
    thread::park();
}
