//! Flash sales: products, reservations, and what counts against whose limit.
//!
//! Money and goods stay in the ledger; here are units of stock, holds and places in line.

mod audit;
mod draw;
mod life;
mod lines;
mod reserve;
mod setup;
mod undo;
mod waitlist;

use crate::book::ladder::NONE;
use crate::command::{CreateSale, LIST_CAPACITY, Line};
use crate::directory::Directory;
use crate::engine::Engine;
use crate::event;
use crate::ids::{OriginId, ProductId, RequestId, ReservationId, SaleId};
use crate::list::List;
use crate::segments::Segments;
use crate::table::{Table, hash_pair};
use crate::words::{Payment, ReservationState, SaleMode};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use hashbrown::HashTable;
use undo::Undo;

/// A flash sale.
#[derive(Clone, Debug)]
pub(crate) struct Sale {
    pub id: SaleId,
    pub rules: CreateSale,
    /// Slot of the seller's account.
    pub seller: u32,
    /// Slot of what is paid with.
    pub quote: u32,
    /// Product slots, in the order they were added.
    pub products: Vec<u32>,
    /// A draw was held, or its time passed.
    pub drawn: bool,
    /// Handle of the draw's deadline, or `NONE`.
    pub draw_deadline: u32,
}

impl Sale {
    pub(crate) fn is_draw(&self) -> bool {
        self.rules.mode == Some(SaleMode::Draw)
    }

    pub(crate) fn pays_by_balance(&self) -> bool {
        self.rules.payment == Payment::Balance
    }
}

/// Where a product's units are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Units {
    pub free: u64,
    pub held: u64,
    pub sold: u64,
    /// Places in the waitlist, or entries of a draw.
    pub waiting: u64,
}

/// A product of a sale.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub sale: u32,
    pub id: ProductId,
    /// Quote minor units a unit.
    pub price: i64,
    pub limit_per_account: u64,
    /// Slot of the asset that a buyer receives.
    pub asset: Option<u32>,
    pub units: Units,
    /// Initial stock and restocks: what free, held and sold must add up to.
    pub total: u64,
    /// As last printed.
    pub said: Units,
    pub dirty: bool,
    /// First and last of the waitlist or of a draw's entries.
    pub first: u32,
    pub last: u32,
    /// Units confirmed by whole second, of the seconds that may still count as hot.
    pub recent: VecDeque<(u64, u64)>,
}

/// What a reservation is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Subject {
    /// So many units of one product.
    One { product: u32, qty: u64 },
    /// Lines of a cart: a range of the shared list.
    Cart { start: u32, len: u8 },
}

impl Subject {
    /// How many lines it has; [`Sales::line`] gives each.
    pub(crate) fn lines(self) -> usize {
        match self {
            Self::One { .. } => 1,
            Self::Cart { len, .. } => usize::from(len),
        }
    }
}

/// A hold, a place in line, or what became of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub account: u32,
    /// Slot of the session that asked for it.
    pub owner: u32,
    pub sale: u32,
    pub subject: Subject,
    pub request_id: Option<RequestId>,
    pub origin: Option<OriginId>,
    pub state: ReservationState,
    pub reason: Option<crate::reason::Reason>,
    /// Quote minor units.
    pub amount: i64,
    /// UNIX nanoseconds.
    pub deadline_ns: u64,
    /// Handle of its deadline, or `NONE`.
    pub deadline: u32,
    /// Neighbours in the waitlist or among a draw's entries.
    pub ahead: u32,
    pub behind: u32,
    /// Neighbours in the account's list of open reservations.
    pub newer: u32,
    pub older: u32,
}

impl Held {
    pub(crate) const fn is_open(&self) -> bool {
        matches!(
            self.state,
            ReservationState::Held | ReservationState::Queued | ReservationState::Entered
        )
    }
}

/// What an account did in a sale.
#[derive(Clone, Debug)]
pub(crate) struct Usage {
    key: (u64, u64),
    /// Units held, confirmed, queued and entered.
    pub units: u64,
    /// Times of attempts that may still count.
    pub attempts: VecDeque<u64>,
}

/// Counts by a pair of keys; made on first use.
#[derive(Clone, Debug, Default)]
pub(crate) struct UsageTable {
    list: Segments<Usage>,
    slots: Table,
}

impl UsageTable {
    fn find(&self, key: (u64, u64)) -> Option<u32> {
        let hash = hash_pair(key.0, key.1);
        self.slots.find(hash, |slot| self.list[slot as usize].key == key)
    }

    pub(crate) fn units(&self, key: (u64, u64)) -> u64 {
        self.find(key).map_or(0, |slot| self.list[slot as usize].units)
    }

    pub(crate) fn get_mut(&mut self, key: (u64, u64)) -> &mut Usage {
        let slot = self.find(key).unwrap_or_else(|| {
            let slot = self.list.len() as u32;
            self.list.push(Usage { key, units: 0, attempts: VecDeque::new() });
            self.slots.insert(hash_pair(key.0, key.1), slot);
            slot
        });
        &mut self.list[slot as usize]
    }
}

/// All sales.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sales {
    pub list: Vec<Sale>,
    pub ids: Directory,
    pub products: Vec<Product>,
    /// (sale slot, product id) to product slot.
    product_slots: Table,
    /// By id, from 1.
    pub reservations: Segments<Held>,
    cart_lines: Vec<(u32, u64)>,
    /// (account slot, request) to reservation.
    requests: Table,
    /// A bit an account: most of a crowd leave with nothing, and need not be looked for in tables
    /// that are too large for a cache.
    known: Segments<u64>,
    /// By (account, product slot).
    pub by_product: UsageTable,
    /// By (account, sale slot).
    pub by_sale: UsageTable,
    /// By (origin, sale slot).
    pub by_origin: UsageTable,
    /// Origins that may not buy.
    pub blocked_origins: HashTable<OriginId>,
    pub dirty: Vec<u32>,
    undo: Vec<Undo>,
    logs: bool,
}

impl Sales {
    pub(crate) fn sale(&self, id: SaleId) -> Option<u32> {
        self.ids.get(u64::from(id.0))
    }

    /// The slot of a sale's product.
    pub(crate) fn product(&self, sale: u32, id: ProductId) -> Option<u32> {
        self.product_slots.find(hash_pair(product_key(sale, id), 0), |slot| {
            let product = &self.products[slot as usize];
            product.sale == sale && product.id == id
        })
    }

    pub(crate) fn add_product(&mut self, product: Product) -> u32 {
        let slot = self.products.len() as u32;
        let key = product_key(product.sale, product.id);
        self.list[product.sale as usize].products.push(slot);
        self.products.push(product);
        self.product_slots.insert(hash_pair(key, 0), slot);
        slot
    }

    /// The slots of a sale's products by id.
    pub(crate) fn products_by_id(&self, sale: u32) -> Vec<u32> {
        let mut products = self.list[sale as usize].products.clone();
        products.sort_unstable_by_key(|slot| self.products[*slot as usize].id);
        products
    }

    /// The slot of a reservation.
    pub(crate) fn reservation(&self, id: ReservationId) -> Option<u32> {
        let slot = usize::try_from(id.0.checked_sub(1)?).ok()?;
        (slot < self.reservations.len()).then_some(slot as u32)
    }

    /// What a reservation is for.
    pub(crate) fn subject(&self, slot: u32) -> Subject {
        self.reservations[slot as usize].subject
    }

    /// One line of a reservation, product slot and units; they ascend by product id.
    ///
    /// # Panics
    /// When it has no such line.
    pub(crate) fn line(&self, subject: Subject, at: usize) -> (u32, u64) {
        match subject {
            Subject::One { product, qty } => (product, qty),
            Subject::Cart { start, len } => {
                assert!(at < usize::from(len), "line {at} of {len}");
                self.cart_lines[start as usize + at]
            }
        }
    }

    /// Whether anything may be remembered of an account: requests, counts, attempts.
    #[inline]
    pub(crate) fn is_known(&self, account: u32) -> bool {
        let word = self.known.get(account as usize / 64).copied().unwrap_or(0);
        word >> (account % 64) & 1 == 1
    }

    /// From here on something is remembered of an account; what an atomic interaction takes back
    /// may leave it known.
    pub(crate) fn know(&mut self, account: u32) {
        let at = account as usize / 64;
        while self.known.len() <= at {
            self.known.push(0);
        }
        self.known[at] |= 1 << (account % 64);
    }

    /// What a request that succeeded before led to.
    pub(crate) fn repeat(&self, account: u32, request: RequestId) -> Option<u32> {
        if !self.is_known(account) {
            return None;
        }
        let hash = hash_pair(u64::from(account), request.0);
        self.requests.find(hash, |slot| {
            let held = &self.reservations[slot as usize];
            held.account == account && held.request_id == Some(request)
        })
    }

    pub(crate) fn remember(&mut self, account: u32, request: RequestId, slot: u32) {
        self.know(account);
        self.requests.insert(hash_pair(u64::from(account), request.0), slot);
    }

    pub(crate) fn is_blocked(&self, origin: Option<OriginId>) -> bool {
        origin.is_some_and(|origin| {
            self.blocked_origins.find(hash_pair(origin.0, 1), |other| *other == origin).is_some()
        })
    }

    /// Changes a product's units.
    ///
    /// # Panics
    /// When they no longer add up to its stock: the state is broken.
    pub(crate) fn change_units(&mut self, product: u32, change: impl FnOnce(&mut Units)) {
        self.log_product(product);
        let state = &mut self.products[product as usize];
        change(&mut state.units);
        let Units { free, held, sold, .. } = state.units;
        let sum = u128::from(free) + u128::from(held) + u128::from(sold);
        assert!(sum == u128::from(state.total), "product {}: {:?}", state.id, state.units);
        if !state.dirty {
            state.dirty = true;
            self.dirty.push(product);
        }
    }
}

fn product_key(sale: u32, id: ProductId) -> u64 {
    u64::from(sale) << 32 | u64::from(id.0)
}

impl Engine {
    /// A reservation as it stands now: inlined, so that it is built where it is sent from.
    #[inline(always)]
    pub(crate) fn reservation_event(&self, slot: u32) -> event::Reservation {
        let held = &self.sales.reservations[slot as usize];
        let one = match held.subject {
            Subject::One { product, qty } => Some((self.sales.products[product as usize].id, qty)),
            Subject::Cart { .. } => None,
        };
        let state = held.state;
        let paid = matches!(
            state,
            ReservationState::Held | ReservationState::Entered | ReservationState::Confirmed
        );
        event::Reservation {
            reservation: Some(ReservationId(u64::from(slot) + 1)),
            account: self.ledger.accounts[held.account as usize].id,
            sale: self.sales.list[held.sale as usize].id,
            product: one.map(|one| one.0),
            qty: one.map(|one| one.1),
            request_id: held.request_id,
            state,
            position: (state == ReservationState::Queued).then(|| self.position(slot)),
            deadline: (state == ReservationState::Held).then_some(held.deadline_ns),
            amount: paid.then_some(held.amount),
            lines: one.is_none().then(|| self.event_lines(held.subject)),
            reason: held.reason,
        }
    }

    #[inline(never)]
    fn event_lines(&self, subject: Subject) -> List<Line, LIST_CAPACITY> {
        let mut lines = List::new();
        for at in 0..subject.lines() {
            let (product, qty) = self.sales.line(subject, at);
            let product = self.sales.products[product as usize].id;
            // A cart came as such a list.
            let _ = lines.push(Line { product, qty });
        }
        lines
    }

    /// The place in the waitlist now, from 1.
    fn position(&self, slot: u32) -> u64 {
        let ahead = |slot: &u32| {
            let ahead = self.sales.reservations[*slot as usize].ahead;
            (ahead != NONE).then_some(ahead)
        };
        core::iter::successors(Some(slot), ahead).count() as u64
    }
}
