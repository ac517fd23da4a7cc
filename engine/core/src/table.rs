//! From hashes to u32 values, growing a bucket at a time: no insertion pays for all entries.
//!
//! A bucket is one cache line: a mark of each entry's hash beside its value, so that most lookups
//! touch one line here and one where the value points to. When the buckets are full enough they
//! double, one for each insertion (linear hashing); marks say where an entry goes, so that what the
//! values point to is not looked at. What finds no place in its bucket goes to a chained one.
//! Never iterated: order comes from elsewhere. Whether two entries are one is the caller's affair.

use crate::segments::Segments;
use core::hash::{BuildHasher, Hasher};

/// The hash of two words. A fixed seed: where entries stand must not differ between two runs.
#[inline]
pub(crate) fn hash_pair(a: u64, b: u64) -> u64 {
    let mut hasher = foldhash::fast::FixedState::with_seed(0x5269_6e67_7069_7421).build_hasher();
    hasher.write_u64(a);
    hasher.write_u64(b);
    hasher.finish()
}

const ENTRIES: usize = 7;

/// Entries a bucket, on average, at which the buckets double.
const LOAD_MAX: usize = 5;

/// No bucket follows.
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Bucket {
    marks: [u32; ENTRIES],
    values: [u32; ENTRIES],
    len: u32,
    /// The chained bucket with what found no place here, or `NONE`.
    next: u32,
}

const _: () = assert!(size_of::<Bucket>() == 64);

impl Bucket {
    const EMPTY: Self = Self { marks: [0; ENTRIES], values: [0; ENTRIES], len: 0, next: NONE };

    /// Which entries have a mark, as bits.
    #[inline]
    fn hits(&self, mark: u32) -> u32 {
        let mut hits = 0;
        for at in 0..ENTRIES {
            hits |= u32::from(self.marks[at] == mark) << at;
        }
        hits & ((1 << self.len) - 1)
    }

    fn push(&mut self, (mark, value): (u32, u32)) {
        (self.marks[self.len as usize], self.values[self.len as usize]) = (mark, value);
        self.len += 1;
    }

    fn pop(&mut self) -> Option<(u32, u32)> {
        self.len = self.len.checked_sub(1)?;
        Some((self.marks[self.len as usize], self.values[self.len as usize]))
    }
}

/// The set bits of a word, lowest first.
fn bits(mut word: u32) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let bit = (word != 0).then(|| word.trailing_zeros())?;
        word &= word - 1;
        Some(bit as usize)
    })
}

/// The table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    buckets: Segments<Bucket>,
    chained: Segments<Bucket>,
    /// First of the chained buckets that are not in use, or `NONE`.
    spare: u32,
    /// Buckets when the last doubling was done; a power of two, 0 before the first entry.
    base: usize,
    len: usize,
}

impl Default for Table {
    fn default() -> Self {
        let (buckets, chained) = (Segments::default(), Segments::default());
        Self { buckets, chained, spare: NONE, base: 0, len: 0 }
    }
}

/// Where a bucket stands.
#[derive(Clone, Copy)]
enum Place {
    Home(usize),
    Chained(u32),
}

impl Table {
    /// The value with this hash that is the one looked for.
    #[inline]
    pub(crate) fn find(&self, hash: u64, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        if self.len == 0 {
            return None;
        }
        let mark = mark(hash);
        let mut bucket = &self.buckets[self.home(mark)];
        loop {
            for at in bits(bucket.hits(mark)) {
                if is(bucket.values[at]) {
                    return Some(bucket.values[at]);
                }
            }
            if bucket.next == NONE {
                return None;
            }
            bucket = &self.chained[bucket.next as usize];
        }
    }

    /// Adds a value that is not there.
    pub(crate) fn insert(&mut self, hash: u64, value: u32) {
        if self.base == 0 {
            self.buckets.push(Bucket::EMPTY);
            self.base = 1;
        }
        self.len += 1;
        let doubles = self.buckets.len() > self.base;
        if doubles || self.len > LOAD_MAX * self.base {
            self.split();
        }
        let mark = mark(hash);
        self.put(self.home(mark), (mark, value));
    }

    /// Takes a value away; whether it was there.
    pub(crate) fn remove(&mut self, hash: u64, value: u32) -> bool {
        if self.len == 0 {
            return false;
        }
        let mark = mark(hash);
        let mut before = None;
        let mut place = Place::Home(self.home(mark));
        loop {
            let bucket = self.bucket_mut(place);
            let hit = bits(bucket.hits(mark)).find(|at| bucket.values[*at] == value);
            if let Some(at) = hit
                && let Some(last) = bucket.pop()
            {
                (bucket.marks[at], bucket.values[at]) = last;
                self.len -= 1;
                if let (Some(before), Place::Chained(index)) = (before, place) {
                    self.unchain_if_empty(before, index);
                }
                return true;
            }
            if bucket.next == NONE {
                return false;
            }
            (before, place) = (Some(place), Place::Chained(bucket.next));
        }
    }

    /// The bucket that a mark belongs to.
    #[inline]
    fn home(&self, mark: u32) -> usize {
        let index = mark as usize & (2 * self.base - 1);
        if index < self.buckets.len() { index } else { index & (self.base - 1) }
    }

    fn bucket_mut(&mut self, place: Place) -> &mut Bucket {
        match place {
            Place::Home(index) => &mut self.buckets[index],
            Place::Chained(index) => &mut self.chained[index as usize],
        }
    }

    fn put(&mut self, home: usize, entry: (u32, u32)) {
        let mut place = Place::Home(home);
        loop {
            let bucket = self.bucket_mut(place);
            if (bucket.len as usize) < ENTRIES {
                return bucket.push(entry);
            }
            let next = bucket.next;
            place = Place::Chained(if next == NONE { self.chain(place) } else { next });
        }
    }

    /// Chains an empty bucket to one that is full.
    fn chain(&mut self, to: Place) -> u32 {
        let index = if self.spare == NONE {
            self.chained.push(Bucket::EMPTY);
            (self.chained.len() - 1) as u32
        } else {
            let index = self.spare;
            let bucket = &mut self.chained[index as usize];
            self.spare = core::mem::replace(&mut bucket.next, NONE);
            index
        };
        self.bucket_mut(to).next = index;
        index
    }

    fn unchain_if_empty(&mut self, before: Place, index: u32) {
        let Bucket { len, next, .. } = self.chained[index as usize];
        if len == 0 {
            self.bucket_mut(before).next = next;
            self.chained[index as usize].next = self.spare;
            self.spare = index;
        }
    }

    /// Adds a bucket, which takes its half of the entries of the one it splits from.
    fn split(&mut self) {
        let new = self.buckets.len();
        let old = new - self.base;
        self.buckets.push(Bucket::EMPTY);
        let mut whole = core::mem::replace(&mut self.buckets[old], Bucket::EMPTY);
        loop {
            while let Some((mark, value)) = whole.pop() {
                let moves = mark as usize & self.base != 0;
                self.put(if moves { new } else { old }, (mark, value));
            }
            if whole.next == NONE {
                break;
            }
            let index = whole.next;
            let emptied = Bucket { next: self.spare, ..Bucket::EMPTY };
            whole = core::mem::replace(&mut self.chained[index as usize], emptied);
            self.spare = index;
        }
        if self.buckets.len() == 2 * self.base {
            self.base *= 2;
        }
    }
}

/// The half of a hash that entries keep.
#[inline]
const fn mark(hash: u64) -> u32 {
    (hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;
    use alloc::vec::Vec;

    fn next(random: &mut u64) -> u64 {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        *random >> 33
    }

    /// Hashes whose upper halves are few make chains.
    fn agrees(hash_of: impl Fn(u64) -> u64, steps: u64, keys: u64) {
        let mut table = Table::default();
        let mut held: BTreeMap<u64, u32> = BTreeMap::new();
        let mut names: Vec<u64> = Vec::new();
        let mut random = 1;
        for _ in 0..steps {
            let key = next(&mut random) % keys;
            let found = table.find(hash_of(key), |value| names[value as usize] == key);
            assert_eq!(found, held.get(&key).copied());
            match found {
                Some(value) if next(&mut random) % 3 < 2 => {
                    assert!(table.remove(hash_of(key), value));
                    assert!(!table.remove(hash_of(key), value));
                    held.remove(&key);
                }
                Some(_) => {}
                None => {
                    names.push(key);
                    table.insert(hash_of(key), names.len() as u32 - 1);
                    held.insert(key, names.len() as u32 - 1);
                }
            }
            assert_eq!(table.len, held.len());
        }
        for (key, value) in held {
            assert_eq!(table.find(hash_of(key), |at| names[at as usize] == key), Some(value));
        }
    }

    #[test]
    fn agrees_with_an_ordered_map() {
        let spread = |key: u64| key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        agrees(spread, 40_000, 10);
        agrees(spread, 200_000, 20_000);
    }

    #[test]
    fn agrees_when_hashes_collide() {
        agrees(|key| (key % 3) << 32, 5_000, 60);
        agrees(|_| 0, 2_000, 40);
        agrees(|key| key << 32, 50_000, 4_000);
    }

    /// No insertion moves more than the entries of one bucket; buckets stay well filled.
    #[test]
    fn grows_a_bucket_at_a_time() {
        let mut table = Table::default();
        for value in 0..100_000_u32 {
            let buckets = table.buckets.len();
            table.insert(u64::from(value).wrapping_mul(0x9e37_79b9_7f4a_7c15), value);
            assert!(table.buckets.len() <= buckets.max(1) + 1);
            assert!(table.len <= (LOAD_MAX + 1) * table.buckets.len());
        }
        let all = table.buckets.len() + table.chained.len();
        assert!(all * 64 < 100_000 * 28, "{all} buckets");
    }
}
