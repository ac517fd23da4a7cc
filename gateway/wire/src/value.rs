//! Values of fixed size: how each type of the vocabulary lies in a block.
//!
//! A type is absent when it holds its null: the largest value of an unsigned type, the smallest
//! of a signed one. A required field that holds it is `missing_field`.

use ringpit_core::command::Text;
use ringpit_core::limits::UNSIGNED_MAX;
use ringpit_core::*;

/// A value of fixed size in a block.
pub(crate) trait Value: Sized {
    /// Its bytes.
    const SIZE: usize;
    /// Whether it may be absent.
    const OPTIONAL: bool;
    /// Writes it; `to` is [`Self::SIZE`] long.
    fn put(&self, to: &mut [u8]);
    /// Reads it from as many bytes.
    fn get(from: &[u8]) -> Result<Self, Reason>;
    /// Whether it reads again as what it is: the null, and what is out of range, do not.
    fn fits(&self) -> bool {
        true
    }
}

/// A value that is one integer on the wire.
pub(crate) trait Scalar: Copy {
    /// The integer.
    type Raw: Raw;
    /// The value as it is written.
    fn raw(self) -> Self::Raw;
    /// The value, if the integer is one; the null was looked for before.
    fn from_raw(raw: Self::Raw) -> Result<Self, Reason>;
}

/// A little-endian integer and its null.
pub(crate) trait Raw: Copy + PartialEq {
    const SIZE: usize;
    const NULL: Self;
    fn store(self, to: &mut [u8]);
    fn load(from: &[u8]) -> Self;
}

macro_rules! raw {
    ($($int:ident null $null:expr;)+) => {$(
        impl Raw for $int {
            const SIZE: usize = size_of::<$int>();
            const NULL: Self = $null;
            fn store(self, to: &mut [u8]) {
                to.copy_from_slice(&self.to_le_bytes());
            }
            fn load(from: &[u8]) -> Self {
                let mut bytes = [0; size_of::<$int>()];
                bytes.copy_from_slice(from);
                Self::from_le_bytes(bytes)
            }
        }
    )+};
}

raw! {
    u8 null u8::MAX;
    u16 null u16::MAX;
    u32 null u32::MAX;
    u64 null u64::MAX;
    i64 null i64::MIN;
}

impl<T: Scalar> Value for T {
    const SIZE: usize = T::Raw::SIZE;
    const OPTIONAL: bool = false;
    fn put(&self, to: &mut [u8]) {
        self.raw().store(to);
    }
    fn get(from: &[u8]) -> Result<Self, Reason> {
        let raw = T::Raw::load(from);
        if raw == T::Raw::NULL { Err(Reason::MissingField) } else { T::from_raw(raw) }
    }
    fn fits(&self) -> bool {
        let raw = self.raw();
        raw != T::Raw::NULL && T::from_raw(raw).is_ok()
    }
}

impl<T: Scalar> Value for Option<T> {
    const SIZE: usize = T::Raw::SIZE;
    const OPTIONAL: bool = true;
    fn put(&self, to: &mut [u8]) {
        self.map_or(T::Raw::NULL, T::raw).store(to);
    }
    fn get(from: &[u8]) -> Result<Self, Reason> {
        let raw = T::Raw::load(from);
        if raw == T::Raw::NULL { Ok(None) } else { T::from_raw(raw).map(Some) }
    }
    fn fits(&self) -> bool {
        self.as_ref().is_none_or(Value::fits)
    }
}

macro_rules! plain {
    ($($int:ident)+) => {$(
        impl Scalar for $int {
            type Raw = $int;
            fn raw(self) -> $int {
                self
            }
            fn from_raw(raw: $int) -> Result<Self, Reason> {
                Ok(raw)
            }
        }
    )+};
}

plain!(u8 u16 u32 i64);

impl Scalar for u64 {
    type Raw = u64;
    fn raw(self) -> u64 {
        self
    }
    fn from_raw(raw: u64) -> Result<Self, Reason> {
        if raw > UNSIGNED_MAX { Err(Reason::OutOfRange) } else { Ok(raw) }
    }
}

impl Scalar for bool {
    type Raw = u8;
    fn raw(self) -> u8 {
        u8::from(self)
    }
    fn from_raw(raw: u8) -> Result<Self, Reason> {
        match raw {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Reason::BadEnum),
        }
    }
}

macro_rules! ids {
    ($($id:ident: $int:ident)+) => {$(
        impl Scalar for $id {
            type Raw = $int;
            fn raw(self) -> $int {
                self.0
            }
            fn from_raw(raw: $int) -> Result<Self, Reason> {
                <$int as Scalar>::from_raw(raw).map(Self)
            }
        }
    )+};
}

ids! {
    SessionId: u64 AccountId: u64 GroupId: u64 CounterId: u64 ClOrdId: u64 OrderId: u64
    TradeId: u64 BidId: u64 ReservationId: u64 RequestId: u64 OriginId: u64
    AssetId: u32 InstrumentId: u32 AuctionId: u32 SaleId: u32 ProductId: u32
}

/// Makes enums of the vocabulary scalars.
macro_rules! enums {
    ($($name:ident: $int:ident)+) => {$(
        impl $crate::value::Scalar for $name {
            type Raw = $int;
            fn raw(self) -> $int {
                self.code()
            }
            fn from_raw(raw: $int) -> Result<Self, ringpit_core::Reason> {
                Self::from_code(raw).ok_or(ringpit_core::Reason::BadEnum)
            }
        }
    )+};
}
pub(crate) use enums;

enums! {
    Side: u8 OrdType: u8 TimeInForce: u8 Stp: u8 Phase: u8 Risk: u8 ExecType: u8 OrdStatus: u8
    Liquidity: u8 Aggressor: u8 AuctionKind: u8 AuctionState: u8 BidState: u8 Payment: u8
    SaleMode: u8 ReservationState: u8 AtomicState: u8 DeadlineKind: u8 CancelOnDisconnect: u8
    CommandKind: u8 Field: u8 Reason: u16
}

impl<const N: usize> Value for Text<N> {
    const SIZE: usize = N;
    const OPTIONAL: bool = false;
    fn put(&self, to: &mut [u8]) {
        to.copy_from_slice(self.padded());
    }
    fn get(from: &[u8]) -> Result<Self, Reason> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(from);
        Self::from_padded(bytes).ok_or(Reason::BadText)
    }
}

/// Absent when all octets are zero.
impl<const N: usize> Value for Option<Text<N>> {
    const SIZE: usize = N;
    const OPTIONAL: bool = true;
    fn put(&self, to: &mut [u8]) {
        self.unwrap_or_default().put(to);
    }
    fn get(from: &[u8]) -> Result<Self, Reason> {
        if from.iter().all(|octet| *octet == 0) { Ok(None) } else { Text::get(from).map(Some) }
    }
    fn fits(&self) -> bool {
        self.is_none_or(|text| text != Text::default())
    }
}

/// Raw octets: any value is one.
impl Value for [u8; 32] {
    const SIZE: usize = 32;
    const OPTIONAL: bool = false;
    fn put(&self, to: &mut [u8]) {
        to.copy_from_slice(self);
    }
    fn get(from: &[u8]) -> Result<Self, Reason> {
        let mut octets = [0; 32];
        octets.copy_from_slice(from);
        Ok(octets)
    }
}
