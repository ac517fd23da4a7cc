//! Parts of commands: rows of a table, lines of a cart, legs of an atomic interaction.

use crate::command::{NewOrder, PlaceBid};
use crate::ids::*;
use bincode::{Decode, Encode};

/// One row of an English auction's table of steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct Increment {
    /// The price from which the step counts.
    pub from: i64,
    /// Quote minor units.
    pub step: i64,
}

/// One line of a cart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct Line {
    /// Which product.
    pub product: ProductId,
    /// Units.
    pub qty: u64,
}

impl crate::digest::Fold for Line {
    #[inline]
    fn fold(&self, words: &mut crate::digest::Words) {
        self.product.fold(words);
        self.qty.fold(words);
    }
}

/// Accounts `from` to `to`, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct AccountRange {
    /// The first.
    pub from: AccountId,
    /// The last.
    pub to: AccountId,
}

/// One step of an atomic interaction; `account` is the atomic's own when a client leaves it out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Leg {
    /// A counter must lie within bounds.
    Require {
        /// Which counter.
        counter: CounterId,
        /// At least.
        min: Option<i64>,
        /// At most.
        max: Option<i64>,
    },
    /// Changes a counter; the bounds are on its new value.
    Add {
        /// Which counter.
        counter: CounterId,
        /// By how much.
        delta: i64,
        /// At least.
        min: Option<i64>,
        /// At most.
        max: Option<i64>,
    },
    /// Moves money or goods.
    Transfer {
        /// Who pays.
        from: AccountId,
        /// Who receives.
        to: AccountId,
        /// What.
        asset: AssetId,
        /// Minor units.
        amount: i64,
    },
    /// Takes stock at once, without money.
    Take {
        /// In which sale.
        sale: SaleId,
        /// Which product.
        product: ProductId,
        /// Units.
        qty: u64,
    },
    /// Holds stock.
    Reserve {
        /// Who buys.
        account: AccountId,
        /// In which sale.
        sale: SaleId,
        /// Which product.
        product: ProductId,
        /// Units.
        qty: u64,
        /// The shop's fingerprint of the buyer.
        origin: Option<OriginId>,
    },
    /// Bids.
    PlaceBid(PlaceBid),
    /// Trades; ioc or fok only.
    Order(NewOrder),
    /// The step's time must be before this.
    Before {
        /// UNIX nanoseconds.
        time: u64,
    },
    /// The step's time must not be before this.
    After {
        /// UNIX nanoseconds.
        time: u64,
    },
}

impl Default for Leg {
    fn default() -> Self {
        Self::After { time: 0 }
    }
}
