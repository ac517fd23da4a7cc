//! What all clients of the demo and its director share while it plays.

use ringpit_core::ReservationId;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::time::Instant;

/// Counters that everybody adds to. They are read for the screen and to see when all is over; what
/// is checked afterwards is counted from what each client was told.
pub struct Stage {
    /// The opening bell.
    pub bell: Instant,
    /// Requests that have their answer.
    pub answered: AtomicU64,
    /// Requests sent, or kept until the server is back.
    pub sent: AtomicU64,
    /// Fills reported.
    pub fills: AtomicU64,
    /// Sessions that have a live connection.
    pub live: AtomicU64,
    /// Clients that sent all they had planned.
    pub finished: AtomicUsize,
    /// Holds that were neither paid nor given back yet.
    pub held: AtomicI64,
    /// Units paid.
    pub sold: AtomicU64,
    /// The auction's price, minor units.
    pub price: AtomicI64,
    /// The auction has its winner.
    pub is_knocked_down: AtomicBool,
    /// All is over.
    pub curtain: AtomicBool,
    /// The play is called off.
    pub off: AtomicBool,
    /// Holds whose shopper wants to pay, for the payments session.
    pub to_pay: Sender<ReservationId>,
}

impl Stage {
    /// A stage on which the bell rings now.
    pub fn new(to_pay: Sender<ReservationId>) -> Self {
        Self {
            bell: Instant::now(),
            answered: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            fills: AtomicU64::new(0),
            live: AtomicU64::new(0),
            finished: AtomicUsize::new(0),
            held: AtomicI64::new(0),
            sold: AtomicU64::new(0),
            price: AtomicI64::new(0),
            is_knocked_down: AtomicBool::new(false),
            curtain: AtomicBool::new(false),
            off: AtomicBool::new(false),
            to_pay,
        }
    }

    /// Nanoseconds since the bell.
    pub fn now_ns(&self) -> u64 {
        u64::try_from(self.bell.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Whether nothing more can happen: `clients` sent all they had, everything is answered, no
    /// hold is open, the auction has its winner.
    pub fn is_over(&self, clients: usize) -> bool {
        self.finished.load(Ordering::Acquire) >= clients
            && self.held.load(Ordering::Acquire) == 0
            && self.is_knocked_down.load(Ordering::Acquire)
            && self.sent.load(Ordering::Acquire) == self.answered.load(Ordering::Acquire)
    }

    /// Something that changes whenever anything happens.
    pub fn pulse(&self) -> (u64, u64, i64, u64) {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let held = self.held.load(Ordering::Relaxed);
        (load(&self.answered), load(&self.sent), held, load(&self.live))
    }
}
