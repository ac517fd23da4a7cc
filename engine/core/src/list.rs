//! A list of at most `N` values held in place: commands need no heap.

use bincode::de::{BorrowDecoder, Decoder};
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{BorrowDecode, Decode, Encode};

/// Up to `N` values in place; compares and prints as the slice it holds.
#[derive(Clone, Copy)]
pub struct List<T, const N: usize> {
    items: [T; N],
    len: u8,
}

impl<T: Copy + Default, const N: usize> List<T, N> {
    /// An empty list.
    #[must_use]
    pub fn new() -> Self {
        const { assert!(N <= 255) };
        Self { items: [T::default(); N], len: 0 }
    }

    /// Copies a slice; `None` when it is longer than `N`.
    #[must_use]
    pub fn from_slice(slice: &[T]) -> Option<Self> {
        let mut list = Self::new();
        for item in slice {
            list.push(*item).ok()?;
        }
        Some(list)
    }

    /// Appends a value.
    ///
    /// # Errors
    /// Gives the value back when the list is full.
    pub fn push(&mut self, item: T) -> Result<(), T> {
        match self.items.get_mut(usize::from(self.len)) {
            Some(slot) => {
                *slot = item;
                self.len += 1;
                Ok(())
            }
            None => Err(item),
        }
    }
}

impl<T, const N: usize> List<T, N> {
    /// The values.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.items[..usize::from(self.len)]
    }

    /// The values, to be changed in place.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.items[..usize::from(self.len)]
    }
}

impl<T, const N: usize> core::ops::Deref for List<T, N> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        self.as_slice()
    }
}

impl<T: Copy + Default, const N: usize> Default for List<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: PartialEq, const N: usize> PartialEq for List<T, N> {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl<T: Eq, const N: usize> Eq for List<T, N> {}

impl<T: core::fmt::Debug, const N: usize> core::fmt::Debug for List<T, N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_slice().fmt(f)
    }
}

impl<T: Encode, const N: usize> Encode for List<T, N> {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.len.encode(encoder)?;
        self.as_slice().iter().try_for_each(|item| item.encode(encoder))
    }
}

impl<C, T: Decode<C> + Copy + Default, const N: usize> Decode<C> for List<T, N> {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let len = u8::decode(decoder)?;
        if usize::from(len) > N {
            return Err(DecodeError::Other("list longer than its limit"));
        }
        let mut list = Self::new();
        for slot in &mut list.items[..usize::from(len)] {
            *slot = T::decode(decoder)?;
        }
        list.len = len;
        Ok(list)
    }
}

impl<'de, C, T: Decode<C> + Copy + Default, const N: usize> BorrowDecode<'de, C> for List<T, N> {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(
        decoder: &mut D,
    ) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}
