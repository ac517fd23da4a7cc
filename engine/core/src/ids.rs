//! Identifiers as types of their own, so that they can't be swapped.

use bincode::{Decode, Encode};

macro_rules! id {
    ($($(#[$meta:meta])* $name:ident($inner:ty);)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode)]
        pub struct $name(pub $inner);

        impl crate::digest::Word for $name {
            #[inline(always)]
            fn word(self) -> u64 {
                u64::from(self.0)
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$inner> for $name {
            fn from(value: $inner) -> Self {
                Self(value)
            }
        }
    )+};
}

id! {
    /// A client session; 0 is the venue itself (scenario files, deadlines).
    SessionId(u64);
    /// An account; 0 is the venue's own and exists from the start.
    AccountId(u64);
    /// A group of accounts that count as one for self-trade prevention.
    GroupId(u64);
    /// A currency, share or good that accounts hold.
    AssetId(u32);
    /// A tradable pair with an order book.
    InstrumentId(u32);
    /// An auction.
    AuctionId(u32);
    /// A flash sale.
    SaleId(u32);
    /// A product of a flash sale.
    ProductId(u32);
    /// A venue-wide signed counter.
    CounterId(u64);
    /// FIX ClOrdID (11): the client's name of an order, unique among the account's open orders.
    ClOrdId(u64);
    /// FIX OrderID (37), given by the engine, increasing from 1.
    OrderId(u64);
    /// FIX TradeID (1003), given by the engine, increasing from 1.
    TradeId(u64);
    /// The client's name of a bid, unique per account and auction among accepted bids.
    BidId(u64);
    /// A hold of stock, given by the engine, increasing from 1.
    ReservationId(u64);
    /// The client's name of a request, by which a repeat is recognised.
    RequestId(u64);
    /// A shop's fingerprint of a device, card or household.
    OriginId(u64);
}
