//! One structure for everything that falls due: fires by time, then by when it was armed.
//!
//! An indexed 4-ary heap: arming, moving and cancelling need no scan, and once warm no allocation.

use crate::book::ladder::NONE;
use crate::words::DeadlineKind;
use alloc::vec::Vec;

/// What falls due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Due {
    pub kind: DeadlineKind,
    /// What it is about, in the terms of its kind (a slot or an id).
    pub target: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Entry {
    time_ns: u64,
    armed: u64,
    handle: u32,
}

/// All armed deadlines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deadlines {
    heap: Vec<Entry>,
    /// Per handle: its place in the heap, and what it is.
    slots: Vec<(u32, Due)>,
    free: Vec<u32>,
    armed: u64,
    /// What was armed and cancelled since [`Deadlines::begin`].
    log: Vec<Change>,
    logs: bool,
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Armed(u32),
    Cancelled(Entry, Due),
}

const ARITY: usize = 4;

impl Deadlines {
    /// Arms a deadline; gives its handle.
    pub(crate) fn arm(&mut self, time_ns: u64, due: Due) -> u32 {
        let handle = if let Some(handle) = self.free.pop() {
            self.slots[handle as usize] = (NONE, due);
            handle
        } else {
            self.slots.push((NONE, due));
            self.free.reserve(self.slots.len());
            (self.slots.len() - 1) as u32
        };
        self.armed += 1;
        self.heap.push(Entry { time_ns, armed: self.armed, handle });
        self.up(self.heap.len() - 1);
        if self.logs {
            self.log.push(Change::Armed(handle));
        }
        handle
    }

    /// From here on arming and cancelling can be taken back.
    pub(crate) fn begin(&mut self) {
        self.logs = true;
    }

    /// What changed since [`Deadlines::begin`] stays.
    pub(crate) fn commit(&mut self) {
        self.logs = false;
        self.log.clear();
    }

    /// Takes back what changed since [`Deadlines::begin`], last first: handles, times and the
    /// order of arming are what they were.
    pub(crate) fn rollback(&mut self) {
        self.logs = false;
        while let Some(change) = self.log.pop() {
            match change {
                Change::Armed(handle) => {
                    self.cancel(handle);
                    self.armed -= 1;
                }
                Change::Cancelled(entry, due) => {
                    // Last in, first out: the freed handle is on top again.
                    let handle = self.free.pop();
                    assert!(handle == Some(entry.handle), "deadline handles out of order");
                    self.slots[entry.handle as usize] = (NONE, due);
                    self.heap.push(entry);
                    self.up(self.heap.len() - 1);
                }
            }
        }
    }

    /// Disarms a deadline.
    pub(crate) fn cancel(&mut self, handle: u32) {
        let at = self.slots[handle as usize].0 as usize;
        assert!(self.heap[at].handle == handle, "deadline {handle} is not armed");
        if self.logs {
            self.log.push(Change::Cancelled(self.heap[at], self.slots[handle as usize].1));
        }
        self.heap.swap_remove(at);
        if at < self.heap.len() {
            self.slots[self.heap[at].handle as usize].0 = at as u32;
            self.down(at);
            self.up(at);
        }
        self.slots[handle as usize].0 = NONE;
        self.free.push(handle);
    }

    /// When the next one is due.
    #[inline]
    pub(crate) fn next(&self) -> Option<u64> {
        self.heap.first().map(|entry| entry.time_ns)
    }

    /// Takes the next one that is due by `now`.
    pub(crate) fn pop(&mut self, now_ns: u64) -> Option<(u64, Due)> {
        let entry = *self.heap.first()?;
        if entry.time_ns > now_ns {
            return None;
        }
        let due = self.slots[entry.handle as usize].1;
        self.cancel(entry.handle);
        Some((entry.time_ns, due))
    }

    /// All, in the order in which they will fire.
    pub(crate) fn sorted(&self) -> Vec<(u64, Due)> {
        let mut entries = self.heap.clone();
        entries.sort_unstable();
        entries.iter().map(|e| (e.time_ns, self.slots[e.handle as usize].1)).collect()
    }

    fn up(&mut self, mut at: usize) {
        while at > 0 && self.heap[at] < self.heap[(at - 1) / ARITY] {
            let parent = (at - 1) / ARITY;
            self.heap.swap(at, parent);
            self.slots[self.heap[at].handle as usize].0 = at as u32;
            at = parent;
        }
        self.slots[self.heap[at].handle as usize].0 = at as u32;
    }

    fn down(&mut self, mut at: usize) {
        loop {
            let children = at * ARITY + 1..(at * ARITY + 1 + ARITY).min(self.heap.len());
            let Some(least) = children.min_by_key(|child| self.heap[*child]) else { break };
            if self.heap[at] <= self.heap[least] {
                break;
            }
            self.heap.swap(at, least);
            self.slots[self.heap[at].handle as usize].0 = at as u32;
            at = least;
        }
        if let Some(entry) = self.heap.get(at) {
            self.slots[entry.handle as usize].0 = at as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_back_what_changed() {
        let due = |target| Due { kind: DeadlineKind::OrderExpiry, target };
        let mut deadlines = Deadlines::default();
        let handles: Vec<u32> = (0..20).map(|n| deadlines.arm(n % 7, due(n))).collect();
        let before = deadlines.sorted();
        deadlines.begin();
        deadlines.cancel(handles[3]);
        let moved = deadlines.arm(2, due(100));
        deadlines.cancel(handles[11]);
        deadlines.cancel(moved);
        deadlines.arm(5, due(101));
        deadlines.rollback();
        assert_eq!(deadlines.sorted(), before);
        assert_eq!((deadlines.armed, deadlines.log.len()), (20, 0));
    }

    #[test]
    fn fires_by_time_then_by_arming_and_never_what_was_cancelled() {
        let mut random = 7u64;
        let mut deadlines = Deadlines::default();
        let mut expected: Vec<(u64, u64)> = Vec::new();
        let mut handles = Vec::new();
        for target in 0..5_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let time = random >> 54;
            let due = Due { kind: DeadlineKind::OrderExpiry, target };
            handles.push((deadlines.arm(time, due), target));
            expected.push((time, target));
            if random >> 20 & 3 == 0 {
                let (handle, target) = handles.swap_remove((random >> 33) as usize % handles.len());
                deadlines.cancel(handle);
                expected.retain(|entry| entry.1 != target);
            }
        }
        expected.sort_by_key(|entry| entry.0);
        let sorted: Vec<_> = deadlines.sorted().iter().map(|(t, due)| (*t, due.target)).collect();
        assert_eq!(sorted, expected);
        let fired: Vec<_> = core::iter::from_fn(|| deadlines.pop(u64::MAX))
            .map(|(t, due)| (t, due.target))
            .collect();
        assert_eq!(fired, expected);
        assert_eq!(deadlines.next(), None);
    }
}
