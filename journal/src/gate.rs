//! The wake gate: lets one thread sleep and others wake it, at the cost of one fence and one load
//! when it is awake.
//!
//! Deliberately knows nothing of what is waited for: the sleeper brings its own look at the work.
//! The two fences make it impossible that the sleeper misses the work *and* the waker misses the
//! flag; `tests` under `--cfg loom` try every interleaving.

#[cfg(loom)]
use loom::{
    sync::Mutex,
    sync::atomic::{AtomicBool, Ordering, fence},
    thread::{self, Thread},
};
#[cfg(not(loom))]
use std::{
    sync::Mutex,
    sync::atomic::{AtomicBool, Ordering, fence},
    thread::{self, Thread},
};

use std::time::Duration;

/// See the module.
#[derive(Debug)]
pub struct Gate {
    sleeping: AtomicBool,
    /// Locked only to register and to wake a sleeper, never by a waker that finds it awake.
    sleeper: Mutex<Option<Thread>>,
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

impl Gate {
    /// A gate that nobody sleeps at yet.
    #[must_use]
    pub fn new() -> Self {
        Self { sleeping: AtomicBool::new(false), sleeper: Mutex::new(None) }
    }

    /// Names the calling thread as the one that sleeps here.
    pub fn register(&self) {
        let mut sleeper = match self.sleeper.lock() {
            Ok(sleeper) => sleeper,
            Err(poisoned) => poisoned.into_inner(),
        };
        *sleeper = Some(thread::current());
    }

    /// Wakes the sleeper if it sleeps. Call after making work visible.
    #[inline]
    pub fn wake(&self) {
        fence(Ordering::SeqCst);
        if self.sleeping.load(Ordering::Relaxed) {
            self.unpark();
        }
    }

    #[cold]
    fn unpark(&self) {
        let sleeper = match self.sleeper.lock() {
            Ok(sleeper) => sleeper,
            Err(poisoned) => poisoned.into_inner(),
        };
        if let Some(thread) = sleeper.as_ref() {
            thread.unpark();
        }
    }

    /// Sleeps at most `longest`, unless `has_work` says that there is something to do.
    pub fn sleep(&self, longest: Duration, has_work: impl Fn() -> bool) {
        self.sleeping.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if !has_work() {
            park(longest);
        }
        self.sleeping.store(false, Ordering::Relaxed);
    }
}

#[cfg(not(loom))]
fn park(longest: Duration) {
    thread::park_timeout(longest);
}

/// Loom has no clock: a lost wake-up is a deadlock there, which it reports.
#[cfg(loom)]
fn park(_longest: Duration) {
    thread::park();
}

#[cfg(all(loom, test))]
mod tests {
    use super::*;
    use loom::sync::Arc;
    use loom::sync::atomic::AtomicU64;

    /// No interleaving of a publish and a going-to-sleep leaves the sleeper asleep with work: loom
    /// would report the deadlock.
    #[test]
    fn no_wake_up_is_lost() {
        loom::model(|| {
            let gate = Arc::new(Gate::new());
            let work = Arc::new(AtomicU64::new(0));
            let (gate_of_sleeper, work_of_sleeper) = (gate.clone(), work.clone());
            // The sleeper is the spawned thread: loom can't have a thread that waits in `join`
            // unparked.
            let sleeper = thread::spawn(move || {
                gate_of_sleeper.register();
                let has_work = || work_of_sleeper.load(Ordering::Acquire) == 1;
                while !has_work() {
                    gate_of_sleeper.sleep(Duration::ZERO, has_work);
                }
            });
            work.store(1, Ordering::Release);
            gate.wake();
            assert!(sleeper.join().is_ok());
        });
    }
}
