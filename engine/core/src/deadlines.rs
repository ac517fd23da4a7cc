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

/// What a handle stands for.
#[derive(Clone, Copy, Debug)]
struct Slot {
    due: Due,
    /// Its number among all that were ever armed.
    armed: u64,
}

/// All armed deadlines. What a move within the heap touches is apart from the rest, so that as
/// much as possible of it stays cached.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deadlines {
    /// The heap: times, and beside them the handles.
    times_ns: Vec<u64>,
    handles: Vec<u32>,
    /// Per handle: its place in the heap, and what it is.
    places: Vec<u32>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    armed: u64,
    /// What was armed and cancelled since [`Deadlines::begin`].
    log: Vec<Change>,
    logs: bool,
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Armed(u32),
    Cancelled { handle: u32, time_ns: u64, slot: Slot },
}

const ARITY: usize = 4;

impl Deadlines {
    /// Arms a deadline; gives its handle.
    pub(crate) fn arm(&mut self, time_ns: u64, due: Due) -> u32 {
        self.armed += 1;
        let slot = Slot { due, armed: self.armed };
        let handle = if let Some(handle) = self.free.pop() {
            self.slots[handle as usize] = slot;
            handle
        } else {
            self.slots.push(slot);
            self.places.push(NONE);
            self.free.reserve(self.slots.len());
            (self.slots.len() - 1) as u32
        };
        self.push(time_ns, handle);
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
                Change::Cancelled { handle, time_ns, slot } => {
                    // Last in, first out: the freed handle is on top again.
                    let freed = self.free.pop();
                    assert!(freed == Some(handle), "deadline handles out of order");
                    self.slots[handle as usize] = slot;
                    self.push(time_ns, handle);
                }
            }
        }
    }

    /// Disarms a deadline.
    pub(crate) fn cancel(&mut self, handle: u32) {
        let at = self.places[handle as usize] as usize;
        assert!(self.handles.get(at) == Some(&handle), "deadline {handle} is not armed");
        if self.logs {
            let (time_ns, slot) = (self.times_ns[at], self.slots[handle as usize]);
            self.log.push(Change::Cancelled { handle, time_ns, slot });
        }
        self.places[handle as usize] = NONE;
        self.free.push(handle);
        let last = (self.times_ns.pop(), self.handles.pop());
        if let (Some(time_ns), Some(moved)) = last
            && at < self.handles.len()
        {
            // The last one takes the place: it belongs there, nearer to the first, or further.
            if at > 0 && self.is_before((time_ns, moved), (at - 1) / ARITY) {
                self.up(at, time_ns, moved);
            } else {
                self.down(at, time_ns, moved);
            }
        }
    }

    /// When the next one is due.
    #[inline]
    pub(crate) fn next(&self) -> Option<u64> {
        self.times_ns.first().copied()
    }

    /// Takes the next one that is due by `now`.
    #[inline]
    pub(crate) fn pop(&mut self, now_ns: u64) -> Option<(u64, Due)> {
        let time_ns = self.next().filter(|time_ns| *time_ns <= now_ns)?;
        let handle = self.handles[0];
        let due = self.slots[handle as usize].due;
        self.cancel(handle);
        Some((time_ns, due))
    }

    /// All, in the order in which they will fire.
    pub(crate) fn sorted(&self) -> Vec<(u64, Due)> {
        let all = self.times_ns.iter().zip(&self.handles);
        let mut all: Vec<_> =
            all.map(|(time_ns, handle)| (*time_ns, self.slots[*handle as usize])).collect();
        all.sort_unstable_by_key(|(time_ns, slot)| (*time_ns, slot.armed));
        all.iter().map(|(time_ns, slot)| (*time_ns, slot.due)).collect()
    }

    /// Whether a deadline fires before the one at a place of the heap.
    #[inline]
    fn is_before(&self, (time_ns, handle): (u64, u32), at: usize) -> bool {
        let armed = |handle: u32| self.slots[handle as usize].armed;
        let other_ns = self.times_ns[at];
        time_ns < other_ns || time_ns == other_ns && armed(handle) < armed(self.handles[at])
    }

    fn push(&mut self, time_ns: u64, handle: u32) {
        self.times_ns.push(time_ns);
        self.handles.push(handle);
        self.up(self.handles.len() - 1, time_ns, handle);
    }

    fn put(&mut self, at: usize, time_ns: u64, handle: u32) {
        (self.times_ns[at], self.handles[at]) = (time_ns, handle);
        self.places[handle as usize] = at as u32;
    }

    /// Puts a deadline where it belongs between a place and the first.
    fn up(&mut self, mut at: usize, time_ns: u64, handle: u32) {
        while at > 0 {
            let parent = (at - 1) / ARITY;
            if !self.is_before((time_ns, handle), parent) {
                break;
            }
            self.put(at, self.times_ns[parent], self.handles[parent]);
            at = parent;
        }
        self.put(at, time_ns, handle);
    }

    /// Puts a deadline where it belongs between a place and the last.
    fn down(&mut self, mut at: usize, time_ns: u64, handle: u32) {
        loop {
            let first = at * ARITY + 1;
            let end = (first + ARITY).min(self.handles.len());
            let Some(least) = (first..end).reduce(|least, child| {
                let (child_ns, least_ns) = (self.times_ns[child], self.times_ns[least]);
                let ties =
                    child_ns == least_ns && self.is_before((child_ns, self.handles[child]), least);
                if child_ns < least_ns || ties { child } else { least }
            }) else {
                break;
            };
            if self.is_before((time_ns, handle), least) {
                break;
            }
            self.put(at, self.times_ns[least], self.handles[least]);
            at = least;
        }
        self.put(at, time_ns, handle);
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
