//! The side pool: places for inputs that are too long for a slot of the ring.
//!
//! A gateway takes a free place, writes the bytes, and publishes its index in the ring; the
//! sequencer copies them out and gives the place back. The free list is a stack of indices that is
//! changed by compare-and-swap; a tag that grows with each change keeps a stale head from being
//! taken for a new one. No place is ever allocated or freed, nobody waits for anybody, and words
//! are atomics, so that nothing here needs `unsafe`: long inputs are rare.

use crate::limits::LONG_INPUT_BYTES;
use crossbeam_utils::CachePadded;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

const WORDS: usize = LONG_INPUT_BYTES / 8;
const NONE: u32 = u32::MAX;

/// Room for a fixed number of long inputs.
#[derive(Debug)]
pub(crate) struct Pool {
    /// Tag in the upper half, index of the first free place in the lower.
    head: CachePadded<AtomicU64>,
    next: Box<[AtomicU32]>,
    words: Box<[AtomicU64]>,
}

impl Pool {
    pub(crate) fn new(places: u32) -> Self {
        assert!(places > 0 && places < NONE);
        let after = |place| if place + 1 < places { place + 1 } else { NONE };
        Self {
            head: CachePadded::new(AtomicU64::new(0)),
            next: (0..places).map(|place| AtomicU32::new(after(place))).collect(),
            words: (0..places as usize * WORDS).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Stores bytes; the place's index, or `None` when all are taken.
    pub(crate) fn store(&self, bytes: &[u8]) -> Option<u32> {
        assert!(bytes.len() <= LONG_INPUT_BYTES);
        let place = self.pop()?;
        for (word, chunk) in self.place(place).iter().zip(bytes.chunks(8)) {
            let mut padded = [0; 8];
            padded[..chunk.len()].copy_from_slice(chunk);
            word.store(u64::from_le_bytes(padded), Ordering::Relaxed);
        }
        Some(place)
    }

    /// Copies a place's bytes out and gives the place back.
    pub(crate) fn load(&self, place: u32, out: &mut [u8]) {
        for (word, chunk) in self.place(place).iter().zip(out.chunks_mut(8)) {
            let bytes = word.load(Ordering::Relaxed).to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
        self.give_back(place);
    }

    /// Gives a place back unread.
    pub(crate) fn give_back(&self, place: u32) {
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            self.next[place as usize].store(head as u32, Ordering::Relaxed);
            // Release: whoever takes the place sees its link, and writes only after our reads.
            match self.head.compare_exchange_weak(
                head,
                tagged(head, place),
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(current) => head = current,
            }
        }
    }

    fn pop(&self) -> Option<u32> {
        let mut head = self.head.load(Ordering::Acquire);
        loop {
            let place = head as u32;
            if place == NONE {
                return None;
            }
            let next = self.next[place as usize].load(Ordering::Relaxed);
            match self.head.compare_exchange_weak(
                head,
                tagged(head, next),
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return Some(place),
                Err(current) => head = current,
            }
        }
    }

    fn place(&self, place: u32) -> &[AtomicU64] {
        let start = place as usize * WORDS;
        &self.words[start..start + WORDS]
    }
}

/// A new head with the tag after the old one's.
fn tagged(old: u64, place: u32) -> u64 {
    (old >> 32).wrapping_add(1) << 32 | u64::from(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::mpsc::sync_channel;

    #[test]
    fn a_place_is_taken_once_and_can_be_taken_again() {
        let pool = Pool::new(2);
        let first = pool.store(b"first").unwrap();
        let second = pool.store(&[7; LONG_INPUT_BYTES]).unwrap();
        assert_ne!(first, second);
        assert_eq!(pool.store(b"third"), None);
        let mut bytes = [0; 5];
        pool.load(first, &mut bytes);
        assert_eq!(&bytes, b"first");
        assert_eq!(pool.store(b"third"), Some(first));
        pool.give_back(second);
        assert_eq!(pool.store(b"fourth"), Some(second));
    }

    /// Three threads store, one loads: no place is ever shared and no bytes are ever mixed.
    #[test]
    fn threads_never_share_a_place() {
        let pool = Arc::new(Pool::new(5));
        let (send, receive) = sync_channel::<(u32, u8)>(64);
        let threads = [1_u8, 2, 3].map(|mark| {
            let (pool, send) = (pool.clone(), send.clone());
            std::thread::spawn(move || {
                for turn in 0..20_000_u32 {
                    let mark = mark.wrapping_add((turn as u8) << 2);
                    let place = loop {
                        match pool.store(&[mark; 100]) {
                            Some(place) => break place,
                            None => std::thread::yield_now(),
                        }
                    };
                    if turn % 7 == 0 {
                        pool.give_back(place);
                    } else {
                        send.send((place, mark)).unwrap();
                    }
                }
            })
        });
        drop(send);
        let mut bytes = [0; 100];
        for (place, mark) in receive {
            pool.load(place, &mut bytes);
            assert_eq!(bytes, [mark; 100]);
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let all: Vec<_> = (0..6).map(|_| pool.store(b"x")).collect();
        assert!(all[..5].iter().all(Option::is_some) && all[5].is_none(), "no place was lost");
    }
}
