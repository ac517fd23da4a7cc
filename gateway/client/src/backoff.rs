//! How long to wait before the next connection: doubling, bounded, and spread so that thousands
//! of sessions do not knock at once. Deliberately without a random source: the spread comes from
//! the session's own id.

use crate::limits::{BACKOFF_MAX_NS, BACKOFF_MIN_NS};

/// The pause before the next attempt.
#[derive(Debug)]
pub(crate) struct Backoff {
    attempts: u32,
    salt: u64,
}

impl Backoff {
    /// For one session.
    pub(crate) const fn new(session: u64) -> Self {
        Self { attempts: 0, salt: session }
    }

    /// A session was established: begin small again.
    pub(crate) const fn reset(&mut self) {
        self.attempts = 0;
    }

    /// Nanoseconds to wait now; each call asks for the next, longer pause.
    pub(crate) fn next_ns(&mut self) -> u64 {
        let pause = BACKOFF_MIN_NS.saturating_mul(1 << self.attempts.min(20)).min(BACKOFF_MAX_NS);
        self.attempts = self.attempts.saturating_add(1);
        // Between three and four quarters of it; a multiplicative hash spreads neighbouring ids.
        let hash = (self.salt ^ u64::from(self.attempts)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        pause - (pause / 4) * (hash >> 56) / 256
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_bound_and_begin_again() {
        let mut backoff = Backoff::new(7);
        let pauses: Vec<u64> = (0..40).map(|_| backoff.next_ns()).collect();
        assert!(pauses[0] <= BACKOFF_MIN_NS && pauses[0] >= BACKOFF_MIN_NS / 4 * 3);
        assert!(pauses.iter().all(|pause| *pause <= BACKOFF_MAX_NS));
        assert!(pauses[39] >= BACKOFF_MAX_NS / 4 * 3);
        backoff.reset();
        assert!(backoff.next_ns() <= BACKOFF_MIN_NS);
    }
}
