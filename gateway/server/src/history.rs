//! The last numbered events of a session as they were sent, for retransmission from memory.
//!
//! Bounded in bytes; what has fallen out is replayed from the journal by others.

use crate::limits::{HISTORY_BYTES_FIRST, HISTORY_BYTES_MAX, HISTORY_TOTAL_BYTES_MAX};
use std::collections::VecDeque;

/// Bytes that the memories of all sessions may still grow by.
#[derive(Debug)]
pub struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(HISTORY_TOTAL_BYTES_MAX)
    }
}

impl Budget {
    /// So many.
    #[must_use]
    pub const fn of(bytes: usize) -> Self {
        Self(bytes)
    }
}

/// A ring of encoded frames with consecutive numbers.
#[derive(Debug, Default)]
pub struct History {
    ring: Box<[u8]>,
    /// Start of each kept frame, as a count of all bytes ever written.
    starts: VecDeque<u64>,
    /// Behind the last frame, counted likewise.
    end: u64,
    /// Number of the first kept frame.
    first: u64,
}

impl History {
    /// Keeps a frame. Its number follows the last one's; after a jump the memory starts anew.
    pub fn push(&mut self, number: u64, frame: &[u8], budget: &mut Budget) {
        if self.starts.is_empty() || number != self.first + self.starts.len() as u64 {
            self.clear();
            self.first = number;
        }
        while self.free() < frame.len() {
            if !self.grow(budget) && !self.forget_first() {
                return; // larger than the whole memory: it is in the journal
            }
        }
        self.starts.push_back(self.end);
        let at = self.end as usize & (self.ring.len() - 1);
        let (straight, wrapped) = frame.split_at(frame.len().min(self.ring.len() - at));
        self.ring[at..at + straight.len()].copy_from_slice(straight);
        self.ring[..wrapped.len()].copy_from_slice(wrapped);
        self.end += frame.len() as u64;
    }

    /// Appends the frames `from`, `from + 1`, ... to `out`: at most `count` and no more than
    /// `bytes_max` bytes, but always one. Gives how many; `None` when `from` isn't kept.
    pub fn copy(&self, from: u64, count: u32, bytes_max: usize, out: &mut Vec<u8>) -> Option<u32> {
        #[cfg(ringpit_canary)]
        let from = from + u64::from(ringpit_canary::sings(ringpit_canary::Canary::WrongRetransmit));
        let index = usize::try_from(from.checked_sub(self.first)?).ok()?;
        let start = *self.starts.get(index)?;
        let mut copied = 0;
        let mut end = start;
        while copied < count && index + (copied as usize) < self.starts.len() {
            let next = self.starts.get(index + copied as usize + 1).copied().unwrap_or(self.end);
            if copied > 0 && (next - start) as usize > bytes_max {
                break;
            }
            (end, copied) = (next, copied + 1);
        }
        let mask = self.ring.len() - 1;
        let (head, tail) = (start as usize & mask, (end - start) as usize);
        let straight = tail.min(self.ring.len() - head);
        out.extend_from_slice(&self.ring[head..head + straight]);
        out.extend_from_slice(&self.ring[..tail - straight]);
        Some(copied)
    }

    /// Forgets everything: a new session version begins at 1.
    pub fn clear(&mut self) {
        self.starts.clear();
        self.end = 0;
        self.first = 0;
    }

    fn free(&self) -> usize {
        let used = self.starts.front().map_or(0, |start| self.end - start);
        self.ring.len() - used as usize
    }

    fn forget_first(&mut self) -> bool {
        self.first += 1;
        self.starts.pop_front().is_some()
    }

    fn grow(&mut self, budget: &mut Budget) -> bool {
        let larger = (self.ring.len() * 2).max(HISTORY_BYTES_FIRST);
        let added = larger - self.ring.len();
        if larger > HISTORY_BYTES_MAX || added > budget.0 {
            return false;
        }
        budget.0 -= added;
        let mut ring = vec![0; larger].into_boxed_slice();
        if let Some(start) = self.starts.front().copied() {
            for position in start..self.end {
                ring[position as usize & (larger - 1)] =
                    self.ring[position as usize & (self.ring.len() - 1)];
            }
        }
        self.ring = ring;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(number: u64, len: usize) -> Vec<u8> {
        (0..len).map(|i| (number as usize * 31 + i) as u8).collect()
    }

    #[test]
    fn what_was_kept_comes_back_byte_for_byte() {
        let (mut history, mut budget) = (History::default(), Budget::default());
        let len = |n: u64| 100 + (n % 97) as usize;
        for n in 1..=20_000 {
            history.push(n, &frame(n, len(n)), &mut budget);
        }
        assert_eq!(history.ring.len(), HISTORY_BYTES_MAX);
        assert_eq!(history.copy(1, 1, usize::MAX, &mut Vec::new()), None);
        assert_eq!(history.copy(20_001, 1, usize::MAX, &mut Vec::new()), None);
        let first = history.first;
        for from in [first, first + 1, 19_000, 20_000] {
            let mut out = Vec::new();
            let count = history.copy(from, 50, usize::MAX, &mut out).unwrap();
            let expected: Vec<u8> =
                (from..from + u64::from(count)).flat_map(|n| frame(n, len(n))).collect();
            assert_eq!(u64::from(count), 50.min(20_001 - from));
            assert!(out == expected);
        }
    }

    #[test]
    fn a_batch_is_bounded_in_bytes_but_never_empty() {
        let (mut history, mut budget) = (History::default(), Budget::default());
        for n in 1..=10 {
            history.push(n, &frame(n, 100), &mut budget);
        }
        assert_eq!(history.copy(1, 10, 250, &mut Vec::new()), Some(2));
        assert_eq!(history.copy(1, 10, 10, &mut Vec::new()), Some(1));
        assert_eq!(history.copy(9, 10, 1_000, &mut Vec::new()), Some(2));
    }

    #[test]
    fn a_new_version_starts_anew() {
        let (mut history, mut budget) = (History::default(), Budget::default());
        history.push(41, &frame(41, 10), &mut budget);
        history.clear();
        history.push(1, &frame(1, 10), &mut budget);
        assert_eq!(history.copy(41, 1, 100, &mut Vec::new()), None);
        assert_eq!(history.copy(1, 1, 100, &mut Vec::new()), Some(1));
    }

    #[test]
    fn without_budget_the_oldest_gives_way() {
        let (mut history, mut budget) = (History::default(), Budget(HISTORY_BYTES_FIRST));
        for n in 1..=1_000 {
            history.push(n, &frame(n, 1_000), &mut budget);
        }
        assert_eq!(history.ring.len(), HISTORY_BYTES_FIRST);
        assert_eq!(history.copy(997, 10, usize::MAX, &mut Vec::new()), Some(4));
    }
}
