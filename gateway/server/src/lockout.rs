//! Failed logins, counted per (address, session id); a pair that fails too often is closed for a
//! while.
//!
//! Only a bad signature and an unknown session count, so that a client with a wrong clock does
//! not lock itself out. A closed pair does not close the session for other addresses.

use crate::limits::{LOGIN_FAILURE_WINDOW_NS, LOGIN_LOCKOUT_NS, LOGIN_PAIRS_MAX};
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

/// Who failed: from where, as whom.
pub type Pair = (IpAddr, u64);

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    /// When the counting window began.
    since_ns: u64,
    /// Until when the pair is closed; 0: it is open.
    closed_until_ns: u64,
    /// Which entry of the age queue is the pair's current one.
    generation: u64,
}

/// The failed logins of the last minute. All times are monotonic nanoseconds.
#[derive(Debug)]
pub struct Lockout {
    failures_max: u32,
    pairs: HashMap<Pair, Failures>,
    ages: VecDeque<(Pair, u64)>,
    generation: u64,
}

impl Lockout {
    /// `failures_max` failures in a minute close a pair; 0 turns the lock-out off.
    #[must_use]
    pub fn new(failures_max: u32) -> Self {
        Self { failures_max, pairs: HashMap::new(), ages: VecDeque::new(), generation: 0 }
    }

    /// Whether the pair may try.
    #[must_use]
    pub fn is_open(&self, pair: Pair, now_ns: u64) -> bool {
        self.pairs.get(&pair).is_none_or(|failures| now_ns >= failures.closed_until_ns)
    }

    /// Counts a failed login. Gives true when it closed the pair.
    pub fn failed(&mut self, pair: Pair, now_ns: u64) -> bool {
        if self.failures_max == 0 {
            return false;
        }
        self.forget_old(now_ns);
        let generation = self.generation;
        let entry = self.pairs.entry(pair).or_insert_with(|| {
            self.ages.push_back((pair, generation));
            Failures { count: 0, since_ns: now_ns, closed_until_ns: 0, generation }
        });
        self.generation += 1;
        if now_ns.saturating_sub(entry.since_ns) >= LOGIN_FAILURE_WINDOW_NS {
            (entry.count, entry.since_ns) = (0, now_ns);
        }
        entry.count += 1;
        let closes = entry.count >= self.failures_max && now_ns >= entry.closed_until_ns;
        if closes {
            entry.closed_until_ns = now_ns + LOGIN_LOCKOUT_NS;
            (entry.count, entry.since_ns) = (0, now_ns);
        }
        closes
    }

    /// A good login clears the pair.
    pub fn succeeded(&mut self, pair: Pair) {
        self.pairs.remove(&pair);
    }

    /// Pairs that are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether no pair is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    fn forget_old(&mut self, now_ns: u64) {
        while let Some((pair, generation)) = self.ages.front().copied() {
            let known = self.pairs.get(&pair).filter(|f| f.generation == generation).copied();
            let over = known.is_none_or(|f| {
                now_ns >= f.closed_until_ns
                    && now_ns - f.since_ns.min(now_ns) >= LOGIN_FAILURE_WINDOW_NS
            });
            if !over && self.ages.len() < LOGIN_PAIRS_MAX {
                break;
            }
            self.ages.pop_front();
            if known.is_some() {
                self.pairs.remove(&pair);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::SECOND_NS;
    use std::net::Ipv4Addr;

    fn pair(n: u32) -> Pair {
        (IpAddr::V4(Ipv4Addr::from(n)), 7)
    }

    #[test]
    fn five_failures_close_the_pair_for_a_minute_and_no_other() {
        let mut lockout = Lockout::new(5);
        let closed: Vec<bool> = (0..5).map(|n| lockout.failed(pair(1), n * SECOND_NS)).collect();
        assert_eq!(closed, [false, false, false, false, true]);
        assert!(!lockout.is_open(pair(1), 4 * SECOND_NS));
        assert!(!lockout.is_open(pair(1), 64 * SECOND_NS - 1));
        assert!(lockout.is_open(pair(1), 64 * SECOND_NS));
        assert!(lockout.is_open(pair(2), 5 * SECOND_NS));
    }

    #[test]
    fn slow_failures_and_successes_do_not_add_up() {
        let mut lockout = Lockout::new(2);
        assert!(!lockout.failed(pair(1), 0));
        assert!(!lockout.failed(pair(1), 60 * SECOND_NS));
        lockout.succeeded(pair(1));
        assert!(!lockout.failed(pair(1), 61 * SECOND_NS));
    }

    #[test]
    fn zero_turns_it_off() {
        let mut lockout = Lockout::new(0);
        assert!((0..100).all(|_| !lockout.failed(pair(1), 0)));
        assert!(lockout.is_open(pair(1), 0));
        assert!(lockout.is_empty());
    }

    #[test]
    fn many_addresses_cost_bounded_memory() {
        let mut lockout = Lockout::new(5);
        for n in 0..200_000 {
            lockout.failed(pair(n), u64::from(n));
        }
        assert!(lockout.len() <= LOGIN_PAIRS_MAX);
        lockout.failed(pair(0), 1_000 * SECOND_NS);
        assert_eq!(lockout.len(), 1);
    }
}
