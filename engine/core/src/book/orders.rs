//! Open orders: a slab of what matching touches, a parallel one of the rest, and the ways to find
//! one (by OrderID, by account and ClOrdID, by account, by session).

use super::ladder::NONE;
use crate::ids::{ClOrdId, OrderId};
use crate::words::{OrdStatus, OrdType, Side, Stp, TimeInForce};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::hash::{BuildHasher, Hasher};
use hashbrown::HashTable;

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

/// An order as a value: before it rests, and after it was taken out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub id: OrderId,
    pub cl_ord_id: ClOrdId,
    /// Slot of its account.
    pub account: u32,
    /// Slot of its book.
    pub book: u32,
    /// Slot of the session that sent it.
    pub owner: u32,
    pub side: Side,
    pub ord_type: OrdType,
    pub tif: TimeInForce,
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
    /// Handle of its expiry, or `NONE`.
    pub deadline: u32,
}

impl Order {
    /// Lots traded. A decrement lowers total and leaves alike, so this never changes but by fills.
    pub(crate) const fn cum(&self) -> u64 {
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
    pub(crate) const fn open_status(&self) -> OrdStatus {
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
}

/// What the queue needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hot {
    pub prev: u32,
    pub next: u32,
    /// Where its level stands in the pool.
    pub level: u32,
    pub place: Place,
    /// Lots displayed now.
    pub shown: u64,
}

/// Links of the lists by account and by session.
#[derive(Clone, Copy, Debug)]
struct Links {
    prev: u32,
    next: u32,
}

const UNLINKED: Links = Links { prev: NONE, next: NONE };

const PAGE: usize = 4096;

/// Pages whose places in the list are there from the first order on, so that the list does not grow
/// in the order path: half a megabyte that stays untouched until it is used.
const ID_PAGES_RESERVED: usize = 1 << 16;

/// Dense OrderIDs to slots; a page without open orders goes back to the pool.
#[derive(Clone, Debug, Default)]
struct IdIndex {
    pages: Vec<Option<Box<IdPage>>>,
    spare: Vec<Box<IdPage>>,
}

#[derive(Clone, Debug)]
struct IdPage {
    live: u32,
    slots: [u32; PAGE],
}

impl IdIndex {
    fn get(&self, id: OrderId) -> Option<u32> {
        let index = usize::try_from(id.0).ok()?;
        let page = self.pages.get(index / PAGE)?.as_ref()?;
        let slot = page.slots[index % PAGE];
        (slot != NONE).then_some(slot)
    }

    fn insert(&mut self, id: OrderId, slot: u32) {
        let index = id.0 as usize;
        if self.pages.len() <= index / PAGE {
            self.pages.reserve(if self.pages.is_empty() { ID_PAGES_RESERVED } else { 1 });
            self.pages.resize(index / PAGE + 1, None);
        }
        let page = self.pages[index / PAGE].get_or_insert_with(|| {
            self.spare.pop().unwrap_or_else(|| Box::new(IdPage { live: 0, slots: [NONE; PAGE] }))
        });
        page.live += 1;
        page.slots[index % PAGE] = slot;
    }

    fn remove(&mut self, id: OrderId) {
        let index = id.0 as usize;
        let entry = &mut self.pages[index / PAGE];
        if let Some(page) = entry {
            page.slots[index % PAGE] = NONE;
            page.live -= 1;
            if page.live == 0 {
                self.spare.extend(entry.take());
            }
        }
    }
}

/// All open orders of all books.
#[derive(Clone, Debug, Default)]
pub(crate) struct Orders {
    hot: Vec<Hot>,
    orders: Vec<Order>,
    by_account: Vec<Links>,
    by_owner: Vec<Links>,
    free: Vec<u32>,
    ids: IdIndex,
    cl_ord_ids: HashTable<u32>,
    open: usize,
}

/// A fixed seed: where entries stand must not differ between two runs.
pub(crate) fn hash_pair(a: u64, b: u64) -> u64 {
    let mut hasher = foldhash::fast::FixedState::with_seed(0x5269_6e67_7069_7421).build_hasher();
    hasher.write_u64(a);
    hasher.write_u64(b);
    hasher.finish()
}

fn hash_name(order: &Order) -> u64 {
    hash_pair(u64::from(order.account), order.cl_ord_id.0)
}

impl core::ops::Index<u32> for Orders {
    type Output = Order;
    #[inline]
    fn index(&self, slot: u32) -> &Order {
        &self.orders[slot as usize]
    }
}

impl core::ops::IndexMut<u32> for Orders {
    #[inline]
    fn index_mut(&mut self, slot: u32) -> &mut Order {
        &mut self.orders[slot as usize]
    }
}

impl Orders {
    /// How many are open.
    pub(crate) fn len(&self) -> usize {
        self.open
    }

    #[inline]
    pub(crate) fn hot(&self, slot: u32) -> &Hot {
        &self.hot[slot as usize]
    }

    #[inline]
    pub(crate) fn hot_mut(&mut self, slot: u32) -> &mut Hot {
        &mut self.hot[slot as usize]
    }

    /// The open order with this id.
    pub(crate) fn by_id(&self, id: OrderId) -> Option<u32> {
        self.ids.get(id)
    }

    /// The account's open order with this name.
    pub(crate) fn by_name(&self, account: u32, name: ClOrdId) -> Option<u32> {
        self.cl_ord_ids
            .find(hash_pair(u64::from(account), name.0), |slot| {
                let order = &self.orders[*slot as usize];
                order.account == account && order.cl_ord_id == name
            })
            .copied()
    }

    /// Takes an order in. `heads` are the first orders of its account's and its session's lists.
    pub(crate) fn insert(&mut self, order: Order, place: Place, heads: Heads<'_>) -> u32 {
        let hot = Hot { prev: NONE, next: NONE, level: NONE, place, shown: 0 };
        let slot = if let Some(slot) = self.free.pop() {
            self.hot[slot as usize] = hot;
            self.orders[slot as usize] = order;
            slot
        } else {
            self.hot.push(hot);
            self.orders.push(order);
            self.by_account.push(UNLINKED);
            self.by_owner.push(UNLINKED);
            // A freed slot must find its place without allocating.
            self.free.reserve(self.orders.len());
            (self.orders.len() - 1) as u32
        };
        link(&mut self.by_account, heads.account, slot);
        link(&mut self.by_owner, heads.owner, slot);
        self.ids.insert(order.id, slot);
        let orders = &self.orders;
        self.cl_ord_ids
            .insert_unique(hash_name(&order), slot, |slot| hash_name(&orders[*slot as usize]));
        self.open += 1;
        slot
    }

    /// Takes an order out; it must have left its queue before.
    pub(crate) fn remove(&mut self, slot: u32, heads: Heads<'_>) -> Order {
        let order = self.orders[slot as usize];
        unlink(&mut self.by_account, heads.account, slot);
        unlink(&mut self.by_owner, heads.owner, slot);
        self.ids.remove(order.id);
        self.forget_name(slot);
        self.free.push(slot);
        self.open -= 1;
        order
    }

    /// Gives an order another ClOrdID.
    pub(crate) fn rename(&mut self, slot: u32, name: ClOrdId) {
        self.forget_name(slot);
        self.orders[slot as usize].cl_ord_id = name;
        let orders = &self.orders;
        self.cl_ord_ids.insert_unique(hash_name(&orders[slot as usize]), slot, |slot| {
            hash_name(&orders[*slot as usize])
        });
    }

    fn forget_name(&mut self, slot: u32) {
        let hash = hash_name(&self.orders[slot as usize]);
        if let Ok(entry) = self.cl_ord_ids.find_entry(hash, |other| *other == slot) {
            entry.remove();
        }
    }

    /// The slots of an account's orders, from the head of its list.
    pub(crate) fn of_account(&self, head: u32) -> impl Iterator<Item = u32> {
        walk(&self.by_account, head)
    }

    /// The slots of a session's orders, from the head of its list.
    pub(crate) fn of_owner(&self, head: u32) -> impl Iterator<Item = u32> {
        walk(&self.by_owner, head)
    }
}

/// First orders of an account's and a session's list.
pub(crate) struct Heads<'a> {
    pub account: &'a mut u32,
    pub owner: &'a mut u32,
}

fn link(links: &mut [Links], head: &mut u32, slot: u32) {
    links[slot as usize] = Links { prev: NONE, next: *head };
    if *head != NONE {
        links[*head as usize].prev = slot;
    }
    *head = slot;
}

fn unlink(links: &mut [Links], head: &mut u32, slot: u32) {
    let Links { prev, next } = links[slot as usize];
    if prev == NONE {
        *head = next;
    } else {
        links[prev as usize].next = next;
    }
    if next != NONE {
        links[next as usize].prev = prev;
    }
}

fn walk(links: &[Links], head: u32) -> impl Iterator<Item = u32> {
    let start = (head != NONE).then_some(head);
    core::iter::successors(start, |slot| {
        let next = links[*slot as usize].next;
        (next != NONE).then_some(next)
    })
}
