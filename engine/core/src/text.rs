//! Fixed-length text: what a code, a seed or a digest is on the wire and in the journal.

use crate::limits::{CODE_BYTES, HEX_BYTES};
use bincode::{Decode, Encode};

/// Text of at most `N` printable ASCII bytes, NUL padded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Text<const N: usize>([u8; N]);

impl<const N: usize> Text<N> {
    /// The text, or `None` when it is longer than `N` bytes or not printable ASCII.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() > N || bytes.iter().any(|b| !(0x20..=0x7e).contains(b)) {
            return None;
        }
        let mut padded = [0; N];
        padded[..bytes.len()].copy_from_slice(bytes);
        Some(Self(padded))
    }

    /// The text of a NUL padded field, or `None` when it is not printable ASCII.
    #[must_use]
    pub fn from_padded(bytes: [u8; N]) -> Option<Self> {
        let len = bytes.iter().position(|b| *b == 0).unwrap_or(N);
        let (text, padding) = bytes.split_at(len);
        let clean = text.iter().all(|b| (0x20..=0x7e).contains(b));
        (clean && padding.iter().all(|b| *b == 0)).then_some(Self(bytes))
    }

    /// The text without its padding.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let len = self.0.iter().position(|b| *b == 0).unwrap_or(N);
        core::str::from_utf8(&self.0[..len]).unwrap_or("")
    }

    /// The padded bytes.
    #[must_use]
    pub const fn padded(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> core::fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_str().fmt(f)
    }
}

/// A short code such as `BTC` or `AAPL`.
pub type Code = Text<CODE_BYTES>;

/// 32 bytes as 64 lowercase hexadecimal digits; whether they are digits the engine checks.
pub type Hex = Text<HEX_BYTES>;
