//! The running digest of what came out, and the hash of the whole state.
//!
//! Both fold bincode's fixed-width bytes, so they depend on values alone: not on the machine, the
//! compiler or where something stands in memory. They detect difference, not malice.

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
