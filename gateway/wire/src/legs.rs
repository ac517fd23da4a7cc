//! Legs of an atomic interaction: one entry with the fields of every kind, of which only its own
//! may be there. A leg without an account acts for the atomic's.

use crate::block::{Entry, FieldFault, FieldLayout};
use crate::generated::field_id;
use crate::session::codes;
use ringpit_core::command::{Leg, NewOrder, PlaceBid};
use ringpit_core::*;

codes! {
    /// What a leg does.
    LegKind {
        /// A counter must lie within bounds.
        Require = 1,
        /// Changes a counter.
        Add = 2,
        /// Moves money or goods.
        Transfer = 3,
        /// Takes stock at once.
        Take = 4,
        /// Holds stock.
        Reserve = 5,
        /// Bids.
        PlaceBid = 6,
        /// Trades.
        Order = 7,
        /// The step's time must be before.
        Before = 8,
        /// The step's time must not be before.
        After = 9,
    }
}

#[expect(clippy::derivable_impls, reason = "the macro makes enums without a default")]
impl Default for LegKind {
    fn default() -> Self {
        Self::After
    }
}

/// Stands for the atomic's account until that is known; no account from outside has this id.
const ATOMICS_OWN: AccountId = AccountId(u64::MAX);

/// Gives legs without an account the atomic's.
pub(crate) fn fill_accounts(legs: &mut [Leg], own: AccountId) {
    for leg in legs {
        match leg {
            Leg::Reserve { account, .. }
            | Leg::PlaceBid(PlaceBid { account, .. })
            | Leg::Order(NewOrder { account, .. })
                if *account == ATOMICS_OWN =>
            {
                *account = own;
            }
            _ => {}
        }
    }
}

/// The union of all kinds' fields, as it lies in the group.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct LegEntry {
    pub kind: LegKind,
    pub account: Option<AccountId>,
    pub counter: Option<CounterId>,
    pub min: Option<i64>,
    pub max: Option<i64>,
    pub delta: Option<i64>,
    pub from: Option<AccountId>,
    pub to: Option<AccountId>,
    pub asset: Option<AssetId>,
    pub amount: Option<i64>,
    pub sale: Option<SaleId>,
    pub product: Option<ProductId>,
    pub qty: Option<u64>,
    pub origin: Option<OriginId>,
    pub auction: Option<AuctionId>,
    pub max_price: Option<i64>,
    pub bid_id: Option<BidId>,
    pub instrument: Option<InstrumentId>,
    pub cl_ord_id: Option<ClOrdId>,
    pub side: Option<Side>,
    pub ord_type: Option<OrdType>,
    pub price: Option<i64>,
    pub stop_px: Option<i64>,
    pub tif: Option<TimeInForce>,
    pub expire_at: Option<u64>,
    pub display_qty: Option<u64>,
    pub post_only: Option<bool>,
    pub min_qty: Option<u64>,
    pub stp: Option<Stp>,
    pub time: Option<u64>,
}

/// Takes fields out of an entry one by one, so that what is left shows what does not belong.
struct Taker {
    entry: LegEntry,
}

/// `take!(taker.field, ID)`: the field's value, which must be there; without `ID`: optional.
macro_rules! take {
    ($taker:ident.$field:ident) => {
        $taker.entry.$field.take()
    };
    ($taker:ident.$field:ident, $id:ident) => {
        $taker.entry.$field.take().ok_or(FieldFault::new(field_id::$id, Reason::MissingField))?
    };
}

impl Taker {
    fn leg(&mut self) -> Result<Leg, FieldFault> {
        let taker = self;
        Ok(match taker.entry.kind {
            LegKind::Require => Leg::Require {
                counter: take!(taker.counter, COUNTER),
                min: take!(taker.min),
                max: take!(taker.max),
            },
            LegKind::Add => Leg::Add {
                counter: take!(taker.counter, COUNTER),
                delta: take!(taker.delta, DELTA),
                min: take!(taker.min),
                max: take!(taker.max),
            },
            LegKind::Transfer => Leg::Transfer {
                from: take!(taker.from, FROM_ACCOUNT),
                to: take!(taker.to, TO_ACCOUNT),
                asset: take!(taker.asset, ASSET),
                amount: take!(taker.amount, AMOUNT),
            },
            LegKind::Take => Leg::Take {
                sale: take!(taker.sale, SALE),
                product: take!(taker.product, PRODUCT),
                qty: take!(taker.qty, QTY),
            },
            LegKind::Reserve => Leg::Reserve {
                account: taker.account(),
                sale: take!(taker.sale, SALE),
                product: take!(taker.product, PRODUCT),
                qty: take!(taker.qty, QTY),
                origin: take!(taker.origin),
            },
            LegKind::PlaceBid => Leg::PlaceBid(PlaceBid {
                account: taker.account(),
                auction: take!(taker.auction, AUCTION),
                max_price: take!(taker.max_price, MAX_PRICE),
                qty: take!(taker.qty),
                bid_id: take!(taker.bid_id, BID_ID),
            }),
            LegKind::Order => Leg::Order(taker.order()?),
            LegKind::Before => Leg::Before { time: take!(taker.time, TIME) },
            LegKind::After => Leg::After { time: take!(taker.time, TIME) },
        })
    }

    fn account(&mut self) -> AccountId {
        self.entry.account.take().unwrap_or(ATOMICS_OWN)
    }

    fn order(&mut self) -> Result<NewOrder, FieldFault> {
        let taker = self;
        Ok(NewOrder {
            account: taker.account(),
            instrument: take!(taker.instrument, INSTRUMENT),
            cl_ord_id: take!(taker.cl_ord_id, CL_ORD_ID),
            side: take!(taker.side, SIDE),
            ord_type: take!(taker.ord_type, ORD_TYPE),
            qty: take!(taker.qty, QTY),
            price: take!(taker.price),
            stop_px: take!(taker.stop_px),
            tif: take!(taker.tif).unwrap_or(TimeInForce::Day),
            expire_at: take!(taker.expire_at),
            display_qty: take!(taker.display_qty),
            post_only: take!(taker.post_only).unwrap_or(false),
            min_qty: take!(taker.min_qty),
            stp: take!(taker.stp).unwrap_or(Stp::NoPrevention),
        })
    }
}

impl LegEntry {
    /// The first field that is there, or 0.
    fn first_present(&self) -> u16 {
        let (mut block, mut nulls) = ([0; Self::BLOCK_LENGTH], [0; Self::BLOCK_LENGTH]);
        self.put(&mut block);
        Self { kind: self.kind, ..Self::default() }.put(&mut nulls);
        let differs = |field: &&FieldLayout| {
            let range = field.offset..field.offset + field.size;
            block[range.clone()] != nulls[range]
        };
        Self::FIELDS.iter().find(differs).map_or(0, |field| field.id)
    }

    fn from_order(order: &NewOrder) -> Self {
        Self {
            kind: LegKind::Order,
            account: Some(order.account),
            instrument: Some(order.instrument),
            cl_ord_id: Some(order.cl_ord_id),
            side: Some(order.side),
            ord_type: Some(order.ord_type),
            qty: Some(order.qty),
            price: order.price,
            stop_px: order.stop_px,
            tif: Some(order.tif),
            expire_at: order.expire_at,
            display_qty: order.display_qty,
            post_only: Some(order.post_only),
            min_qty: order.min_qty,
            stp: Some(order.stp),
            ..Self::default()
        }
    }

    fn from_leg(leg: &Leg) -> Self {
        let of = |kind| Self { kind, ..Self::default() };
        match *leg {
            Leg::Require { counter, min, max } => {
                Self { counter: Some(counter), min, max, ..of(LegKind::Require) }
            }
            Leg::Add { counter, delta, min, max } => {
                let delta = Some(delta);
                Self { counter: Some(counter), delta, min, max, ..of(LegKind::Add) }
            }
            Leg::Transfer { from, to, asset, amount } => Self {
                from: Some(from),
                to: Some(to),
                asset: Some(asset),
                amount: Some(amount),
                ..of(LegKind::Transfer)
            },
            Leg::Take { sale, product, qty } => Self {
                sale: Some(sale),
                product: Some(product),
                qty: Some(qty),
                ..of(LegKind::Take)
            },
            Leg::Reserve { account, sale, product, qty, origin } => Self {
                account: Some(account),
                sale: Some(sale),
                product: Some(product),
                qty: Some(qty),
                origin,
                ..of(LegKind::Reserve)
            },
            Leg::PlaceBid(bid) => Self {
                account: Some(bid.account),
                auction: Some(bid.auction),
                max_price: Some(bid.max_price),
                qty: bid.qty,
                bid_id: Some(bid.bid_id),
                ..of(LegKind::PlaceBid)
            },
            Leg::Order(order) => Self::from_order(&order),
            Leg::Before { time } => Self { time: Some(time), ..of(LegKind::Before) },
            Leg::After { time } => Self { time: Some(time), ..of(LegKind::After) },
        }
    }
}

impl Entry for Leg {
    const FIELDS: &'static [FieldLayout] = LegEntry::FIELDS;
    const BLOCK_LENGTH: usize = LegEntry::BLOCK_LENGTH;

    fn put(&self, block: &mut [u8]) {
        LegEntry::from_leg(self).put(block);
    }

    fn get(block: &[u8]) -> Result<Self, FieldFault> {
        let mut taker = Taker { entry: LegEntry::get(block)? };
        let leg = taker.leg()?;
        match taker.entry.first_present() {
            0 => Ok(leg),
            foreign => Err(FieldFault::new(foreign, Reason::BadValue)),
        }
    }

    fn fits(&self) -> bool {
        LegEntry::from_leg(self).fits()
    }
}
