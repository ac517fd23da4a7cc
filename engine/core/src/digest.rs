//! The running digest of what came out, and the hash of the whole state.
//!
//! Both depend on values alone: not on the machine, the compiler or where something stands in
//! memory. They detect difference, not malice. Events become words, a word a field, because this
//! is done for each of them; the state, now and then, bincode's fixed-width bytes.

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

    /// Folds an event: its words, two at a time in two chains that do not wait for each other.
    #[inline]
    pub(crate) fn words(&mut self, words: &Words) {
        let words = words.as_slice();
        let mut chains = [self.0 ^ K1, self.0.rotate_left(32) ^ K0];
        let mut fours = words.chunks_exact(4);
        for four in &mut fours {
            chains[0] = mix(chains[0] ^ four[0], K0 ^ four[1]).wrapping_add(four[0]);
            chains[1] = mix(chains[1] ^ four[2], K1 ^ four[3]).wrapping_add(four[2]);
        }
        for word in fours.remainder() {
            chains[0] = mix(chains[0] ^ word, K1).wrapping_add(*word);
        }
        self.0 = mix(chains[0] ^ words.len() as u64, chains[1] ^ K0);
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

/// Words of the longest event: a cart's report with all its lines.
const WORDS_MAX: usize = 64;

/// An event as words: one for each field, and one that says which of them are absent.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    words: [u64; WORDS_MAX],
    len: usize,
    absent: u64,
}

impl Default for Words {
    fn default() -> Self {
        Self { words: [0; WORDS_MAX], len: 0, absent: 0 }
    }
}

impl Words {
    /// Begins anew.
    #[inline]
    pub(crate) fn clear(&mut self) {
        (self.len, self.absent) = (0, 0);
    }

    /// Adds a word.
    ///
    /// # Panics
    /// When an event has more words than the longest known one.
    #[inline]
    pub(crate) fn push(&mut self, word: u64) {
        self.words[self.len] = word;
        self.len += 1;
    }

    /// Ends the event with the word of what is absent.
    #[inline]
    pub(crate) fn finish(&mut self) {
        self.push(self.absent);
    }

    fn as_slice(&self) -> &[u64] {
        &self.words[..self.len]
    }
}

/// What an event's words are made of.
pub(crate) trait Fold {
    /// Adds the value's words.
    fn fold(&self, words: &mut Words);
}

impl<T: Fold> Fold for Option<T> {
    #[inline]
    fn fold(&self, words: &mut Words) {
        if let Some(value) = self {
            value.fold(words);
        } else {
            // Not a shift: what lies beyond 64 fields must not panic, and no event has as many.
            words.absent |= 1u64.rotate_left(words.len as u32);
            words.push(0);
        }
    }
}

impl<T: Fold, const N: usize> Fold for crate::list::List<T, N> {
    fn fold(&self, words: &mut Words) {
        words.push(self.len() as u64);
        self.iter().for_each(|item| item.fold(words));
    }
}

impl Fold for i64 {
    #[inline]
    fn fold(&self, words: &mut Words) {
        words.push(self.cast_unsigned());
    }
}

macro_rules! fold_unsigned {
    ($($ty:ty)+) => {$(
        impl Fold for $ty {
            #[inline]
            fn fold(&self, words: &mut Words) {
                words.push(u64::from(*self));
            }
        }
    )+};
}

fold_unsigned!(u64 u32 u8 bool);

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
