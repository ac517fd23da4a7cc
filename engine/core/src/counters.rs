//! The venue's signed counters, and what was added to them of late.
//!
//! They change by legs of atomic interactions only; until one is done all of it can be taken back.
//! The window keeps, in one list for all counters, what each grew by in each second: memory for
//! the last minute's growth, whatever the number of counters.

use crate::admin::at;
use crate::command::QueryCounters;
use crate::digest::Digest;
use crate::directory::Directory;
use crate::engine::Engine;
use crate::event::{Counter, HotCounter, Sink};
use crate::ids::CounterId;
use crate::limits::{
    COUNTERS_MAX, COUNTERS_RANKED_MAX, HOT_FORGOTTEN_MAX, HOT_PLACES, HOT_WINDOW_S, SECOND_NS,
    UNSIGNED_MAX,
};
use crate::query::Answer;
use crate::reason::Reason;
use crate::step::Refusal;
use crate::words::Field;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;

/// No entry of the window.
const NOTHING: u64 = u64::MAX;

/// A counter that was touched.
#[derive(Clone, Copy, Debug)]
struct Touched {
    id: CounterId,
    value: i64,
    /// Sum of its entries in the window; no fewer than those of the last minute.
    added: u128,
    /// Numbers of its first and last entry in the window.
    first: u64,
    last: u64,
}

/// What one counter grew by in one second.
#[derive(Clone, Copy, Debug)]
struct Growth {
    slot: u32,
    /// UNIX seconds.
    second: u64,
    added: u128,
    /// Number of the same counter's next entry.
    later: u64,
}

/// One change of a running atomic interaction.
#[derive(Clone, Copy, Debug)]
enum Undo {
    /// A counter had this value.
    Value { slot: u32, value: i64 },
    /// So much was added to a counter's last entry.
    Grown { slot: u32, added: u128 },
    /// A counter got a new entry; its last one was this.
    Entry { slot: u32, last: u64 },
}

/// All counters; 0 until touched.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counters {
    ids: Directory,
    list: Vec<Touched>,
    /// Slots by id, for ranges; single counters are found by `ids`.
    ranges: BTreeMap<CounterId, u32>,
    /// By second. The first entry has the number `forgotten`.
    window: VecDeque<Growth>,
    /// Entries that left the window.
    forgotten: u64,
    undo: Vec<Undo>,
}

impl Counters {
    pub(crate) fn get(&self, id: CounterId) -> i64 {
        self.ids.get(id.0).map_or(0, |slot| self.list[slot as usize].value)
    }

    /// Adds to a counter, which makes `value` of it.
    pub(crate) fn add(
        &mut self,
        now_ns: u64,
        id: CounterId,
        delta: i64,
        value: i64,
    ) -> Result<(), Reason> {
        let slot = match self.ids.get(id.0) {
            Some(slot) => slot,
            None if self.list.len() >= COUNTERS_MAX => return Err(Reason::Full),
            None => {
                let slot = self.list.len() as u32;
                self.ids.insert(id.0, slot);
                self.ranges.insert(id, slot);
                self.list.push(Touched { id, value: 0, added: 0, first: NOTHING, last: NOTHING });
                slot
            }
        };
        let before = core::mem::replace(&mut self.list[slot as usize].value, value);
        self.undo.push(Undo::Value { slot, value: before });
        if delta > 0 {
            self.grow(slot, now_ns / SECOND_NS, u128::from(delta.unsigned_abs()));
        }
        Ok(())
    }

    fn entry(&mut self, number: u64) -> &mut Growth {
        &mut self.window[(number - self.forgotten) as usize]
    }

    fn grow(&mut self, slot: u32, second: u64, added: u128) {
        let touched = &mut self.list[slot as usize];
        touched.added += added;
        let last = touched.last;
        if last != NOTHING && self.entry(last).second == second {
            self.entry(last).added += added;
            self.undo.push(Undo::Grown { slot, added });
            return;
        }
        let number = self.forgotten + self.window.len() as u64;
        let touched = &mut self.list[slot as usize];
        touched.last = number;
        if last == NOTHING {
            touched.first = number;
        } else {
            self.entry(last).later = number;
        }
        self.window.push_back(Growth { slot, second, added, later: NOTHING });
        self.undo.push(Undo::Entry { slot, last });
    }

    /// What changed stays, and some of what is older than the window goes.
    pub(crate) fn commit(&mut self, now_ns: u64) {
        let entries = self.undo.iter().filter(|undo| matches!(undo, Undo::Entry { .. })).count();
        self.undo.clear();
        let second = now_ns / SECOND_NS;
        for _ in 0..entries * HOT_FORGOTTEN_MAX {
            match self.window.front() {
                Some(oldest) if second - oldest.second >= HOT_WINDOW_S => self.forget(),
                _ => break,
            }
        }
    }

    fn forget(&mut self) {
        let Some(Growth { slot, added, later, .. }) = self.window.pop_front() else { return };
        self.forgotten += 1;
        let touched = &mut self.list[slot as usize];
        touched.added -= added;
        touched.first = later;
        if later == NOTHING {
            touched.last = NOTHING;
        }
    }

    /// Takes back what changed, last first.
    pub(crate) fn rollback(&mut self) {
        while let Some(undo) = self.undo.pop() {
            match undo {
                Undo::Value { slot, value } => self.list[slot as usize].value = value,
                Undo::Grown { slot, added } => {
                    self.list[slot as usize].added -= added;
                    let last = self.list[slot as usize].last;
                    self.entry(last).added -= added;
                }
                Undo::Entry { slot, last } => {
                    let newest = self.window.pop_back();
                    assert!(newest.is_some_and(|e| e.slot == slot), "counter window out of order");
                    let touched = &mut self.list[slot as usize];
                    touched.added -= newest.map_or(0, |entry| entry.added);
                    touched.last = last;
                    if last == NOTHING {
                        touched.first = NOTHING;
                    } else {
                        self.entry(last).later = NOTHING;
                    }
                }
            }
        }
    }

    /// The entries of a counter, oldest first.
    fn entries(&self, touched: &Touched) -> impl Iterator<Item = &Growth> {
        let get = |number: u64| {
            (number != NOTHING).then(|| &self.window[(number - self.forgotten) as usize])
        };
        core::iter::successors(get(touched.first), move |entry| get(entry.later))
    }

    /// What was added to a counter within the minute that ends with a second.
    fn recent(&self, touched: &Touched, second: u64) -> u128 {
        let old = self.entries(touched).take_while(|e| second - e.second >= HOT_WINDOW_S);
        touched.added - old.map(|entry| entry.added).sum::<u128>()
    }

    /// Every counter that is not 0, by id.
    pub(crate) fn sorted(&self) -> Vec<(CounterId, i64)> {
        let slots = self.ranges.values();
        let values = slots.map(|slot| &self.list[*slot as usize]).map(|t| (t.id, t.value));
        values.filter(|counter| counter.1 != 0).collect()
    }

    /// Folds the window.
    pub(crate) fn hash_window(&self, digest: &mut Digest) {
        for Growth { slot, second, added, .. } in &self.window {
            digest.value(&(self.list[*slot as usize].id, second, added));
        }
    }

    /// Each counter's entries lie in the window by second and add up to what it says.
    pub(crate) fn audit(&self) -> Result<(), String> {
        let mut found = 0;
        for touched in &self.list {
            let mut sum = 0;
            let mut before = None;
            for entry in self.entries(touched) {
                if self.list[entry.slot as usize].id != touched.id || before >= Some(entry.second) {
                    return Err(alloc::format!("counter {}: {entry:?}", touched.id));
                }
                before = Some(entry.second);
                sum += entry.added;
                found += 1;
            }
            if sum != touched.added || !self.ranges.contains_key(&touched.id) {
                return Err(alloc::format!("counter {}: grew by {sum}: {touched:?}", touched.id));
            }
        }
        if found != self.window.len() || self.ranges.len() != self.list.len() {
            return Err(alloc::format!("{found} entries of {}", self.window.len()));
        }
        Ok(())
    }
}

/// The highest so far; of equal ones those that came first.
struct Highest<K> {
    places: [(K, CounterId); HOT_PLACES],
    len: usize,
}

impl<K: Copy + Default + Ord> Highest<K> {
    fn new() -> Self {
        Self { places: [(K::default(), CounterId(0)); HOT_PLACES], len: 0 }
    }

    /// Whether something this high would have a place.
    fn has_room(&self, key: K) -> bool {
        self.len < HOT_PLACES || key > self.places[HOT_PLACES - 1].0
    }

    fn offer(&mut self, key: K, id: CounterId) {
        if !self.has_room(key) {
            return;
        }
        let place = self.as_slice().partition_point(|other| other.0 >= key);
        self.len = (self.len + 1).min(HOT_PLACES);
        self.places[place..self.len].rotate_right(1);
        self.places[place] = (key, id);
    }

    fn as_slice(&self) -> &[(K, CounterId)] {
        &self.places[..self.len]
    }
}

impl Engine {
    /// The highest counters of a range, then those that grew most within the window. Looks at what
    /// was touched in the range and at nothing else.
    pub(crate) fn query_counters<S: Sink>(
        &self,
        c: &QueryCounters,
        to: &mut Answer<'_, S>,
    ) -> Result<(), Refusal> {
        if c.from > c.to {
            return Err(at(Reason::BadValue, Field::To));
        }
        let counters = &self.counters;
        let second = to.at() / SECOND_NS;
        let (mut values, mut growths) = (Highest::<i64>::new(), Highest::<u128>::new());
        for (number, slot) in counters.ranges.range(c.from..=c.to).map(|entry| entry.1).enumerate()
        {
            if number == COUNTERS_RANKED_MAX {
                return Err(at(Reason::Full, Field::To));
            }
            let touched = &counters.list[*slot as usize];
            if touched.value != 0 {
                values.offer(touched.value, touched.id);
            }
            if touched.added != 0 && growths.has_room(touched.added) {
                let recent = counters.recent(touched, second);
                if recent != 0 {
                    growths.offer(recent, touched.id);
                }
            }
        }
        for (value, counter) in values.as_slice() {
            to.send(Counter { counter: *counter, value: *value });
        }
        for (rank, (added, counter)) in (1..).zip(growths.as_slice()) {
            // What is beyond the report's numbers is printed as their largest.
            let sold = u64::try_from(*added).unwrap_or(UNSIGNED_MAX).min(UNSIGNED_MAX);
            to.send(HotCounter { rank, counter: *counter, sold });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(counters: &Counters) -> u64 {
        let mut digest = Digest::default();
        counters.hash_window(&mut digest);
        digest.get()
    }

    /// Whatever a failed interaction did to the window, it is as it was.
    #[test]
    fn growth_is_taken_back() {
        let mut random = 3u64;
        let mut counters = Counters::default();
        for round in 0..4_000u64 {
            let now_ns = round * SECOND_NS / 3;
            let before = (window(&counters), counters.sorted());
            for _ in 0..1 + round % 4 {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let (id, delta) = (CounterId(random >> 61), (random >> 40 & 15) as i64 - 4);
                let value = counters.get(id) + delta;
                counters.add(now_ns, id, delta, value).unwrap();
            }
            if random >> 33 & 1 == 0 {
                counters.rollback();
                assert_eq!((window(&counters), counters.sorted()), before, "round {round}");
            } else {
                counters.commit(now_ns);
            }
            counters.audit().unwrap();
        }
    }

    /// The window holds what the last minute added, and a burst leaves it little by little.
    #[test]
    fn the_window_is_bounded() {
        let mut counters = Counters::default();
        let mut grow = |second: u64, id: u64| {
            let value = counters.get(CounterId(id)) + 1;
            counters.add(second * SECOND_NS, CounterId(id), 1, value).unwrap();
            counters.commit(second * SECOND_NS);
            counters.audit().unwrap();
            counters.window.len()
        };
        let burst = (0..300).map(|id| grow(0, id)).max();
        assert_eq!(burst, Some(300));
        assert_eq!(grow(59, 0), 301);
        assert_eq!(grow(60, 0), 302 - HOT_FORGOTTEN_MAX);
        let steady = (61..1_000).map(|second| grow(second, second % 2)).last();
        assert_eq!(steady, Some(60));
    }

    #[test]
    fn the_highest_keep_their_places() {
        let mut highest = Highest::new();
        let keys = [3u64, 9, 3, 7, 7, 1, 2, 8, 8, 8, 5, 4, 9, 1];
        keys.iter().zip(0..).for_each(|(key, id)| highest.offer(*key, CounterId(id)));
        let mut expected: Vec<_> = keys.iter().copied().zip((0..).map(CounterId)).collect();
        expected.sort_by_key(|entry| core::cmp::Reverse(entry.0));
        assert_eq!(highest.as_slice(), &expected[..HOT_PLACES]);
    }
}
