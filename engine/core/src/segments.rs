//! A list that grows without moving what it holds, so that no step pays for all that came before.
//!
//! Each segment is as long as all before it together: a handful of them reach any length, a place is
//! found by its highest bit, and the memory of a new one is touched only as it fills.

use alloc::vec::Vec;
use core::ops::{Index, IndexMut};

/// Places of the first segment.
const FIRST: usize = 64;

/// Segments that reach every u32.
const SEGMENTS_MAX: usize = 27;
const _: () = assert!(FIRST << (SEGMENTS_MAX - 1) > u32::MAX as usize);

/// A growing list.
#[derive(Clone, Debug)]
pub(crate) struct Segments<T> {
    segments: [Vec<T>; SEGMENTS_MAX],
    len: usize,
}

impl<T> Default for Segments<T> {
    fn default() -> Self {
        Self { segments: [const { Vec::new() }; SEGMENTS_MAX], len: 0 }
    }
}

/// Segment and place within it.
#[inline]
const fn locate(index: usize) -> (usize, usize) {
    let from_first = index + FIRST;
    let bit = from_first.ilog2();
    ((bit - FIRST.ilog2()) as usize, from_first ^ 1 << bit)
}

impl<T> Segments<T> {
    /// How many it holds.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Appends a value.
    pub(crate) fn push(&mut self, value: T) {
        let (segment, _) = locate(self.len);
        let values = &mut self.segments[segment];
        if values.len() == values.capacity() {
            // The whole segment at once; a copied engine's last one has room for what it held only.
            values.reserve_exact((FIRST << segment) - values.len());
        }
        values.push(value);
        self.len += 1;
    }

    /// Takes the last value.
    pub(crate) fn pop(&mut self) -> Option<T> {
        self.len = self.len.checked_sub(1)?;
        self.segments[locate(self.len).0].pop()
    }

    /// The value at a place, if there is one.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        (index < self.len).then(|| &self[index])
    }

    /// All values, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.segments.iter().flatten()
    }
}

impl<T> Index<usize> for Segments<T> {
    type Output = T;
    #[inline]
    fn index(&self, index: usize) -> &T {
        let (segment, place) = locate(index);
        &self.segments[segment][place]
    }
}

impl<T> IndexMut<usize> for Segments<T> {
    #[inline]
    fn index_mut(&mut self, index: usize) -> &mut T {
        let (segment, place) = locate(index);
        &mut self.segments[segment][place]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_pushed_where_it_was_pushed() {
        let mut list = Segments::default();
        let mut first = core::ptr::null();
        for value in 0..5_000_usize {
            assert_eq!((list.len(), list.get(value)), (value, None));
            list.push(value);
            first = if value == 0 { &raw const list[0] } else { first };
        }
        list[4_000] = 7;
        assert!(core::ptr::eq(first, &raw const list[0]), "nothing moved");
        let expected = (0..5_000).map(|value| if value == 4_000 { 7 } else { value });
        assert!(list.iter().copied().eq(expected.clone()));
        assert!((0..5_000).map(|at| list[at]).eq(expected));
        let mut copy = list.clone();
        copy.push(1);
        assert_eq!((copy.len(), copy[5_000], copy.get(5_001)), (5_001, 1, None));
        assert!((0..5_001).all(|_| copy.pop().is_some()));
        assert_eq!((copy.pop(), copy.len(), copy.get(0)), (None, 0, None));
    }

    #[test]
    fn every_place_follows_the_one_before() {
        let mut expected = (0, 0);
        for index in 0..100_000 {
            assert_eq!(locate(index), expected);
            expected.1 += 1;
            if expected.1 == FIRST << expected.0 {
                expected = (expected.0 + 1, 0);
            }
        }
        assert_eq!(locate(u32::MAX as usize).0, SEGMENTS_MAX - 1);
    }
}
