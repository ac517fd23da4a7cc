//! How the gateway's thread is woken: a flag beside the poll, so that whoever has something for it
//! pays a system call only when it sleeps.

use mio::{Registry, Token, Waker};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};

struct Inner {
    sleeping: AtomicBool,
    waker: Waker,
}

/// Wakes the gateway's thread.
#[derive(Clone)]
pub struct Wake(Arc<Inner>);

impl Wake {
    /// For the poll of this registry.
    ///
    /// # Errors
    /// When the system gives no waker.
    pub fn new(registry: &Registry, token: Token) -> std::io::Result<Self> {
        let waker = Waker::new(registry, token)?;
        Ok(Self(Arc::new(Inner { sleeping: AtomicBool::new(false), waker })))
    }

    /// Wakes the thread if it sleeps. What it shall see must be published before.
    pub fn wake(&self) {
        fence(Ordering::SeqCst);
        if self.0.sleeping.load(Ordering::Relaxed)
            && self.0.sleeping.swap(false, Ordering::Relaxed)
            && let Err(error) = self.0.waker.wake()
        {
            tracing::error!(%error, "the gateway can't be woken; it looks around by itself");
        }
    }

    /// Wakes the thread whether it sleeps or not: for orders, which it does not look for before it
    /// sleeps.
    pub fn nudge(&self) {
        if let Err(error) = self.0.waker.wake() {
            tracing::error!(%error, "the gateway can't be woken; it looks around by itself");
        }
    }

    /// The gateway is about to sleep: gives true when it may, because nothing is `ready`.
    pub fn may_sleep(&self, ready: impl FnOnce() -> bool) -> bool {
        self.0.sleeping.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let may = !ready();
        if !may {
            self.awake();
        }
        may
    }

    /// The gateway is awake.
    pub fn awake(&self) {
        self.0.sleeping.store(false, Ordering::Relaxed);
    }
}
