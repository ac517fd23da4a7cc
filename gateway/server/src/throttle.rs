//! Token buckets: how many messages a session may send, on average and at once.
//!
//! Time is passed in, so that a bucket's life can be tested without waiting. A bucket never
//! sleeps and never queues: it says yes or no.

use crate::limits::SECOND_NS;

/// A bucket that fills at a steady rate up to its burst.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    rate_per_second: u32,
    burst: u32,
    /// Tokens × 10⁹, so that a nanosecond adds exactly `rate_per_second`.
    level: u64,
    filled_at_ns: u64,
}

impl Bucket {
    /// A full bucket. `now_ns` is monotonic.
    #[must_use]
    pub fn new(rate_per_second: u32, burst: u32, now_ns: u64) -> Self {
        let level = u64::from(burst) * SECOND_NS;
        Self { rate_per_second, burst, level, filled_at_ns: now_ns }
    }

    /// Takes one token, if there is one.
    pub fn take(&mut self, now_ns: u64) -> bool {
        self.fill(now_ns);
        match self.level.checked_sub(SECOND_NS) {
            Some(level) => {
                self.level = level;
                true
            }
            None => false,
        }
    }

    /// Whole tokens left.
    pub fn left(&mut self, now_ns: u64) -> u32 {
        self.fill(now_ns);
        u32::try_from(self.level / SECOND_NS).unwrap_or(u32::MAX)
    }

    /// New bounds from the session file; what was used stays used.
    pub fn reconfigure(&mut self, rate_per_second: u32, burst: u32, now_ns: u64) {
        self.fill(now_ns);
        let used = u64::from(self.burst) * SECOND_NS - self.level;
        (self.rate_per_second, self.burst) = (rate_per_second, burst);
        self.level = (u64::from(burst) * SECOND_NS).saturating_sub(used);
    }

    fn fill(&mut self, now_ns: u64) {
        let elapsed_ns = now_ns.saturating_sub(self.filled_at_ns);
        self.filled_at_ns = self.filled_at_ns.max(now_ns);
        let added = elapsed_ns.saturating_mul(u64::from(self.rate_per_second));
        self.level = self.level.saturating_add(added).min(u64::from(self.burst) * SECOND_NS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_at_once_and_then_the_rate_holds() {
        let mut bucket = Bucket::new(10, 3, 0);
        assert_eq!([(); 4].map(|()| bucket.take(0)), [true, true, true, false]);
        assert!(!bucket.take(SECOND_NS / 10 - 1));
        assert!(bucket.take(SECOND_NS / 10));
        assert_eq!(bucket.left(100 * SECOND_NS), 3);
    }

    #[test]
    fn a_clock_that_stands_or_falls_gives_nothing() {
        let mut bucket = Bucket::new(1_000, 1, 5 * SECOND_NS);
        assert!(bucket.take(5 * SECOND_NS));
        assert!(!bucket.take(SECOND_NS));
        assert!(!bucket.take(5 * SECOND_NS));
        assert!(bucket.take(u64::MAX));
    }

    #[test]
    fn new_bounds_keep_what_was_used() {
        let mut bucket = Bucket::new(1, 10, 0);
        for _ in 0..4 {
            assert!(bucket.take(0));
        }
        bucket.reconfigure(1, 20, 0);
        assert_eq!(bucket.left(0), 16);
        bucket.reconfigure(1, 3, 0);
        assert_eq!(bucket.left(0), 0);
    }

    #[test]
    fn a_zero_rate_lets_nothing_through() {
        let mut bucket = Bucket::new(0, 0, 0);
        assert!(!bucket.take(u64::MAX));
    }
}
