//! An order as a value, outside the slab.

use super::ladder::NONE;
use crate::ids::{ClOrdId, OrderId};
use crate::words::{OrdStatus, OrdType, Side, Stp, TimeInForce};

/// Where an open order waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// At its price level.
    Level,
    /// For its stop price.
    Stop,
    /// A market order in a call.
    Market,
    /// For the closing call.
    Parked,
}

/// An order as a value: before it rests, while it is reported, and after it was taken out.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Its number, given by the books.
    pub id: OrderId,
    /// The client's name of it.
    pub cl_ord_id: ClOrdId,
    /// Slot of the party that it belongs to.
    pub party: u32,
    /// Slot of its account.
    pub account: u32,
    /// Slot of its book.
    pub book: u32,
    /// Slot of the session that sent it.
    pub owner: u32,
    /// Buy or sell.
    pub side: Side,
    /// FIX OrdType.
    pub ord_type: OrdType,
    /// FIX TimeInForce.
    pub tif: TimeInForce,
    /// What it does about own orders that it meets.
    pub stp: Stp,
    /// A stop that was triggered trades as what it became.
    pub triggered: bool,
    /// Refuse to take liquidity, also when it is replaced.
    pub post_only: bool,
    /// Ticks; 0: it has none.
    pub price: i64,
    /// Ticks; 0: it has none.
    pub stop_px: i64,
    /// Lots in total.
    pub order_qty: u64,
    /// Lots still open.
    pub leaves: u64,
    /// Lots displayed at a time; 0: all.
    pub display_qty: u64,
    /// Handle of its expiry, or `u32::MAX`.
    pub deadline: u32,
}

impl Order {
    /// Lots traded. A decrement lowers total and leaves alike, so this never changes but by fills.
    #[must_use]
    #[inline]
    pub const fn cum(&self) -> u64 {
        self.order_qty - self.leaves
    }

    /// A new slice to show.
    pub(crate) const fn slice(&self) -> u64 {
        if self.display_qty == 0 || self.display_qty > self.leaves {
            self.leaves
        } else {
            self.display_qty
        }
    }

    /// ord_status while it is open.
    #[must_use]
    #[inline]
    pub const fn open_status(&self) -> OrdStatus {
        if self.leaves == 0 {
            OrdStatus::Filled
        } else if self.cum() > 0 {
            OrdStatus::PartiallyFilled
        } else {
            OrdStatus::New
        }
    }

    /// Whether a stop still waits for its price.
    pub(crate) const fn is_waiting_stop(&self) -> bool {
        matches!(self.ord_type, OrdType::Stop | OrdType::StopLimit) && !self.triggered
    }

    /// Whether a limit order may trade at a price of the other side; any price without a limit.
    #[inline]
    pub(crate) const fn reaches(&self, price: i64) -> bool {
        self.price == 0
            || match self.side {
                Side::Buy => price <= self.price,
                Side::Sell => price >= self.price,
            }
    }

    /// Whether it has what only the second slab holds.
    #[inline]
    pub(super) const fn is_special(&self) -> bool {
        (self.display_qty | self.stop_px.unsigned_abs() | self.order_qty >> u32::BITS) != 0
            || self.deadline != NONE
    }
}
