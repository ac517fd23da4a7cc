//! OrderID and the small fields of an order in one word.

use super::order::{Order, Place};
use crate::ids::OrderId;
use crate::words::{OrdType, Side, Stp, TimeInForce};

/// Bits of an OrderID in a tag. At a million orders a second they last for eight years.
const ID_BITS: u32 = 48;

/// The highest OrderID.
pub(crate) const ORDER_ID_MAX: u64 = (1 << ID_BITS) - 1;

/// OrderID and the small fields of an order in one word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag(u64);

const SELL: u64 = 1 << 48;
const TRIGGERED: u64 = 1 << 49;
const POST_ONLY: u64 = 1 << 50;
const SPECIAL: u64 = 1 << 51;
const PLACE: u32 = 52;
const ORD_TYPE: u32 = 54;
const TIF: u32 = 57;
const STP: u32 = 60;

impl Tag {
    /// That of a slot without an order.
    pub(super) const NOBODY: Self = Self(0);

    #[inline]
    pub(super) fn new(order: &Order, place: Place, special: bool) -> Self {
        // Shifts, not choices: this is done for every order.
        let flag = |on: bool, bit: u64| u64::from(on) << bit.trailing_zeros();
        Self(
            order.id.0
                | flag(order.side == Side::Sell, SELL)
                | flag(order.triggered, TRIGGERED)
                | flag(order.post_only, POST_ONLY)
                | flag(special, SPECIAL)
                | (place as u64) << PLACE
                | u64::from(order.ord_type.code()) << ORD_TYPE
                | u64::from(order.tif.code()) << TIF
                | u64::from(order.stp.code()) << STP,
        )
    }

    #[inline]
    const fn has(self, bit: u64) -> bool {
        self.0 & bit != 0
    }

    /// Whether the second slab holds a part of the order.
    #[inline]
    pub(super) const fn is_special(self) -> bool {
        self.has(SPECIAL)
    }

    #[inline]
    pub(super) const fn is_triggered(self) -> bool {
        self.has(TRIGGERED)
    }

    #[inline]
    pub(super) const fn is_post_only(self) -> bool {
        self.has(POST_ONLY)
    }

    /// The same, waiting elsewhere.
    pub(super) const fn at(self, place: Place) -> Self {
        Self(self.0 & !(3 << PLACE) | (place as u64) << PLACE)
    }

    /// Whether it is this order's; a free slot's is nobody's.
    #[inline]
    pub(super) const fn is(self, id: OrderId) -> bool {
        self.0 & ORDER_ID_MAX == id.0 && id.0 != 0
    }

    #[inline]
    pub(super) const fn id(self) -> OrderId {
        OrderId(self.0 & ORDER_ID_MAX)
    }

    #[inline]
    pub(super) const fn side(self) -> Side {
        if self.has(SELL) { Side::Sell } else { Side::Buy }
    }

    #[inline]
    pub(super) const fn place(self) -> Place {
        match self.0 >> PLACE & 3 {
            0 => Place::Level,
            1 => Place::Stop,
            2 => Place::Market,
            _ => Place::Parked,
        }
    }

    #[inline]
    pub(super) const fn ord_type(self) -> OrdType {
        match self.0 >> ORD_TYPE & 7 {
            1 => OrdType::Market,
            3 => OrdType::Stop,
            4 => OrdType::StopLimit,
            _ => OrdType::Limit,
        }
    }

    #[inline]
    pub(super) const fn tif(self) -> TimeInForce {
        match self.0 >> TIF & 7 {
            1 => TimeInForce::Gtc,
            2 => TimeInForce::AtOpen,
            3 => TimeInForce::Ioc,
            4 => TimeInForce::Fok,
            6 => TimeInForce::Gtd,
            7 => TimeInForce::AtClose,
            _ => TimeInForce::Day,
        }
    }

    #[inline]
    pub(super) const fn stp(self) -> Stp {
        match self.0 >> STP & 7 {
            1 => Stp::CancelNew,
            2 => Stp::CancelResting,
            3 => Stp::CancelBoth,
            4 => Stp::Decrement,
            _ => Stp::NoPrevention,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ladder::NONE;
    use super::*;
    use crate::ids::ClOrdId;

    #[test]
    fn gives_back_every_combination() {
        let places = [Place::Level, Place::Stop, Place::Market, Place::Parked];
        for (side, ord_type) in
            Side::ALL.iter().flat_map(|side| OrdType::ALL.iter().map(move |t| (*side, *t)))
        {
            for (tif, stp) in
                TimeInForce::ALL.iter().flat_map(|tif| Stp::ALL.iter().map(move |stp| (*tif, *stp)))
            {
                for bits in 0..32 {
                    let (triggered, post_only, special) =
                        (bits & 1 == 1, bits & 2 == 2, bits & 4 == 4);
                    let place = places[bits / 8];
                    let order = Order {
                        id: OrderId(ORDER_ID_MAX - bits as u64),
                        cl_ord_id: ClOrdId(0),
                        party: 0,
                        account: 0,
                        book: 0,
                        owner: 0,
                        side,
                        ord_type,
                        tif,
                        stp,
                        triggered,
                        post_only,
                        price: 1,
                        stop_px: 0,
                        order_qty: 1,
                        leaves: 1,
                        display_qty: 0,
                        deadline: NONE,
                    };
                    let tag = Tag::new(&order, place, special);
                    assert_eq!((tag.id(), tag.side(), tag.ord_type()), (order.id, side, ord_type));
                    assert_eq!((tag.tif(), tag.stp(), tag.place()), (tif, stp, place));
                    assert_eq!((tag.is_triggered(), tag.is_post_only()), (triggered, post_only));
                    assert_eq!(tag.is_special(), special);
                    for other in places {
                        assert_eq!(tag.at(other).place(), other);
                        assert_eq!(tag.at(other).at(place).0, tag.0);
                    }
                }
            }
        }
    }
}
