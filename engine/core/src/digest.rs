//! The running digest of what came out, and the hash of the whole state.
//!
//! Both depend on values alone: not on the machine, the compiler or where something stands in
//! memory. They detect difference, not malice. Events become words, a word a field, because this
//! is done for each of them; the state, now and then, bincode's fixed-width bytes.

use crate::event::Event;
use bincode::Encode;
use bincode::config::{Configuration, Fixint, LittleEndian, NoLimit};
use bincode::enc::EncoderImpl;
use bincode::enc::write::Writer;
use bincode::error::EncodeError;

const CONFIG: Configuration<LittleEndian, Fixint, NoLimit> =
    bincode::config::standard().with_little_endian().with_fixed_int_encoding().with_no_limit();

/// Odd constants of the mixing step (digits of pi and e).
const K0: u64 = 0x243f_6a88_85a3_08d3;
const K1: u64 = 0xb7e1_5162_8aed_2a6b;

/// A running 64-bit digest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(K0)
    }
}

impl Digest {
    /// Folds one word.
    #[inline]
    pub fn word(&mut self, word: u64) {
        let product =
            u128::from(self.0 ^ word ^ K1).wrapping_mul(u128::from(K0 ^ word.rotate_left(32)) | 1);
        self.0 = (product as u64) ^ ((product >> 64) as u64) ^ self.0.rotate_left(23);
    }

    /// Folds an event and what stands before it: one copy for all kinds of sinks, with a straight
    /// line for each kind of event.
    #[inline(never)]
    pub(crate) fn event(&mut self, head: [u64; 3], event: &Event) {
        self.0 = event.fold_after(Words::after(self.0, head));
    }

    /// Folds a value.
    pub fn value(&mut self, value: &impl Encode) {
        let mut encoder = EncoderImpl::new(Folder(self), CONFIG);
        // The writer never fails, and no length can exceed a limit that isn't there.
        let folded = value.encode(&mut encoder);
        debug_assert!(folded.is_ok());
    }

    /// The digest so far.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// The folded product of two words.
#[inline]
const fn mix(a: u64, b: u64) -> u64 {
    let product = (a as u128).wrapping_mul(b as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

/// An event's words on their way into the digest: one for each field, and at last one that says
/// which of them are absent; two at a time, in two chains that do not wait for each other.
///
/// Everything here is inlined, so that the place of a word is known where it is pushed and nothing
/// of this is ever in memory.
pub(crate) struct Words {
    chains: [u64; 2],
    /// Words that wait for their group of four to be complete.
    group: [u64; 4],
    len: usize,
    absent: u64,
}

impl Words {
    #[inline(always)]
    const fn after(digest: u64, [a, b, c]: [u64; 3]) -> Self {
        Self {
            chains: [digest ^ K1, digest.rotate_left(32) ^ K0],
            group: [a, b, c, 0],
            len: 3,
            absent: 0,
        }
    }

    /// Adds a word.
    #[inline(always)]
    pub(crate) const fn push(&mut self, word: u64) {
        self.group[self.len % 4] = word;
        self.len += 1;
        if self.len.is_multiple_of(4) {
            let (chains, four) = (&mut self.chains, &self.group);
            chains[0] = mix(chains[0] ^ four[0], K0 ^ four[1]).wrapping_add(four[0]);
            chains[1] = mix(chains[1] ^ four[2], K1 ^ four[3]).wrapping_add(four[2]);
        }
    }

    /// Adds a word, or the place of one that is absent.
    #[inline(always)]
    const fn push_or_skip(&mut self, word: Option<u64>) {
        let (word, absent) = match word {
            Some(word) => (word, 0_u64),
            None => (0, 1),
        };
        // Not a shift: what lies beyond 64 fields must not panic, and no event has as many.
        self.absent |= absent.rotate_left(self.len as u32);
        self.push(word);
    }

    /// Ends the event with the word of what is absent; gives the digest.
    #[inline(always)]
    pub(crate) fn finish(mut self) -> u64 {
        self.push(self.absent);
        let [mut odd, even] = self.chains;
        for word in &self.group[..self.len % 4] {
            odd = mix(odd ^ word, K1).wrapping_add(*word);
        }
        mix(odd ^ self.len as u64, even ^ K0)
    }
}

/// What an event's words are made of.
pub(crate) trait Fold {
    /// Adds the value's words.
    fn fold(&self, words: &mut Words);
}

/// A value of one word.
pub(crate) trait Word: Copy {
    /// The word.
    fn word(self) -> u64;
}

impl<T: Word> Fold for T {
    #[inline(always)]
    fn fold(&self, words: &mut Words) {
        words.push(self.word());
    }
}

impl<T: Word> Fold for Option<T> {
    #[inline(always)]
    fn fold(&self, words: &mut Words) {
        words.push_or_skip(self.map(Word::word));
    }
}

/// How many, then each.
impl<T: Fold, const N: usize> Fold for Option<crate::list::List<T, N>> {
    fn fold(&self, words: &mut Words) {
        let Some(list) = self else { return words.push_or_skip(None) };
        words.push(list.len() as u64);
        list.iter().for_each(|item| item.fold(words));
    }
}

impl Word for i64 {
    #[inline(always)]
    fn word(self) -> u64 {
        self.cast_unsigned()
    }
}

macro_rules! unsigned_words {
    ($($ty:ty)+) => {$(
        impl Word for $ty {
            #[inline(always)]
            fn word(self) -> u64 {
                u64::from(self)
            }
        }
    )+};
}

unsigned_words!(u64 u32 u8 bool);

struct Folder<'a>(&'a mut Digest);

impl Writer for Folder<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            // The length keeps `[1]` and `[1, 0]` apart.
            self.0.word(u64::from_le_bytes(word).wrapping_add((chunk.len() as u64) << 56));
        }
        Ok(())
    }
}
