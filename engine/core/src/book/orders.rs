//! Open orders: a slab of what all have, and another for what few have: stop prices, hidden
//! quantity, an expiry, more than 2^32 lots.
//!
//! An order at its price level takes 48 bytes here; its price and its book are its level's, its
//! account and its session are its party's. `directory.rs` finds orders by id and by name.

use super::directory::Directory;
use super::ladder::{LevelRef, Levels, NONE};
use super::order::{Order, Place};
use super::parties::Parties;
use super::tag::Tag;
use crate::ids::{ClOrdId, OrderId};
use alloc::vec::Vec;

/// An open order at its level. What matching touches stands first; one place for all of it, so that
/// in a deep book one fetch brings the order.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Node {
    /// Links of its queue; `next` is that of the free list where there is no order.
    pub prev: u32,
    pub next: u32,
    /// Where its level stands in the pool.
    pub level: u32,
    pub party: u32,
    /// Lots still open; for a special order the slot of the rest.
    leaves: u32,
    /// Lots in total; nothing for a special order.
    order_qty: u32,
    tag: Tag,
    cl_ord_id: ClOrdId,
    /// Links of its party's list.
    list_prev: u32,
    list_next: u32,
}

const _: () = assert!(size_of::<Node>() == 48);

/// What few orders have.
#[derive(Clone, Copy, Debug)]
struct Special {
    leaves: u64,
    order_qty: u64,
    /// Lots displayed now; 0 where it is at no price level.
    shown: u64,
    display_qty: u64,
    price: i64,
    stop_px: i64,
    deadline: u32,
    book: u32,
}

/// All open orders of all books.
#[derive(Clone, Debug)]
pub(crate) struct Orders {
    nodes: Vec<Node>,
    specials: Vec<Special>,
    free_specials: Vec<u32>,
    /// First of the free slots, linked by `next`; last in, first out.
    free: u32,
    open: usize,
    pub parties: Parties,
    pub directory: Directory,
}

impl Default for Orders {
    fn default() -> Self {
        Self {
            nodes: Vec::new(),
            specials: Vec::new(),
            free_specials: Vec::new(),
            free: NONE,
            open: 0,
            parties: Parties::default(),
            directory: Directory::default(),
        }
    }
}

impl Orders {
    /// How many are open.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.open
    }

    #[inline]
    pub(crate) fn node(&self, slot: u32) -> &Node {
        &self.nodes[slot as usize]
    }

    #[inline]
    pub(crate) fn node_mut(&mut self, slot: u32) -> &mut Node {
        &mut self.nodes[slot as usize]
    }

    fn special(&self, slot: u32) -> Option<&Special> {
        let node = &self.nodes[slot as usize];
        node.tag.is_special().then(|| &self.specials[node.leaves as usize])
    }

    #[inline]
    fn special_mut(&mut self, slot: u32) -> Option<&mut Special> {
        let node = &self.nodes[slot as usize];
        node.tag.is_special().then(|| &mut self.specials[node.leaves as usize])
    }

    /// An open order. Inlined, so that only what is asked for is read.
    #[inline(always)]
    pub(crate) fn get(&self, levels: &Levels, slot: u32) -> Order {
        let node = &self.nodes[slot as usize];
        let party = self.parties.get(node.party);
        let tag = node.tag;
        let mut order = Order {
            id: tag.id(),
            cl_ord_id: node.cl_ord_id,
            party: node.party,
            account: party.account,
            book: 0,
            owner: party.owner,
            side: tag.side(),
            ord_type: tag.ord_type(),
            tif: tag.tif(),
            stp: tag.stp(),
            triggered: tag.is_triggered(),
            post_only: tag.is_post_only(),
            price: 0,
            stop_px: 0,
            order_qty: u64::from(node.order_qty),
            leaves: u64::from(node.leaves),
            display_qty: 0,
            deadline: NONE,
        };
        if tag.is_special() {
            let rest = &self.specials[node.leaves as usize];
            (order.book, order.price, order.stop_px) = (rest.book, rest.price, rest.stop_px);
            (order.order_qty, order.leaves) = (rest.order_qty, rest.leaves);
            (order.display_qty, order.deadline) = (rest.display_qty, rest.deadline);
        } else {
            let level = &levels[LevelRef(node.level)];
            (order.book, order.price) = (level.book, level.price);
        }
        order
    }

    /// Its OrderID.
    #[inline]
    pub(crate) fn id(&self, slot: u32) -> OrderId {
        self.nodes[slot as usize].tag.id()
    }

    /// Slot of its account.
    #[inline]
    pub(crate) fn account(&self, slot: u32) -> u32 {
        self.parties.get(self.nodes[slot as usize].party).account
    }

    /// The client's name of it.
    #[inline]
    pub(crate) fn name(&self, slot: u32) -> ClOrdId {
        self.nodes[slot as usize].cl_ord_id
    }

    /// Whether it has a part in the second slab.
    #[inline]
    pub(crate) fn is_special(&self, slot: u32) -> bool {
        self.nodes[slot as usize].tag.is_special()
    }

    /// Where it waits.
    #[inline]
    pub(crate) fn place(&self, slot: u32) -> Place {
        self.nodes[slot as usize].tag.place()
    }

    /// Lots still open.
    #[inline]
    pub(crate) fn leaves(&self, slot: u32) -> u64 {
        let open = u64::from(self.nodes[slot as usize].leaves);
        self.special(slot).map_or(open, |rest| rest.leaves)
    }

    /// Lots displayed now.
    #[inline(always)]
    pub(crate) fn shown(&self, slot: u32) -> u64 {
        let open = u64::from(self.nodes[slot as usize].leaves);
        self.special(slot).map_or(open, |rest| rest.shown)
    }

    /// Takes an order in that waits at a level as the last of its queue, or elsewhere; the rest of
    /// the queue and its names are others' affair.
    #[inline(always)]
    pub(crate) fn insert(&mut self, order: &Order, place: Place, level: u32, prev: u32) -> u32 {
        let special = order.is_special() || place != Place::Level;
        let (mut leaves, mut order_qty) = (order.leaves as u32, order.order_qty as u32);
        if special {
            (leaves, order_qty) = (self.insert_special(order), 0);
        }
        let tag = Tag::new(order, place, special);
        let node = Node {
            prev,
            next: NONE,
            level,
            party: order.party,
            leaves,
            order_qty,
            tag,
            cl_ord_id: order.cl_ord_id,
            list_prev: NONE,
            list_next: NONE,
        };
        let slot = self.free;
        self.open += 1;
        if slot == NONE {
            self.nodes.push(node);
            return (self.nodes.len() - 1) as u32;
        }
        let free = &mut self.nodes[slot as usize];
        self.free = free.next;
        *free = node;
        slot
    }

    #[cold]
    fn insert_special(&mut self, order: &Order) -> u32 {
        let rest = Special {
            leaves: order.leaves,
            order_qty: order.order_qty,
            shown: 0,
            display_qty: order.display_qty,
            price: order.price,
            stop_px: order.stop_px,
            deadline: order.deadline,
            book: order.book,
        };
        if let Some(at) = self.free_specials.pop() {
            self.specials[at as usize] = rest;
            return at;
        }
        self.specials.push(rest);
        self.free_specials.reserve(self.specials.len());
        (self.specials.len() - 1) as u32
    }

    /// Takes an order out; it must have left its queue and its lists before.
    #[inline]
    pub(crate) fn remove(&mut self, slot: u32) {
        let node = &mut self.nodes[slot as usize];
        if node.tag.is_special() {
            self.free_specials.push(node.leaves);
        }
        (node.next, node.tag) = (self.free, Tag::NOBODY);
        self.free = slot;
        self.open -= 1;
    }

    /// Lowers what is open, and what is displayed of it.
    ///
    /// # Panics
    /// When more is to leave than there is, or hidden lots of an order that hides none.
    #[inline]
    pub(crate) fn shrink(&mut self, slot: u32, qty: u64, from_shown: u64) {
        if let Some(rest) = self.special_mut(slot) {
            rest.leaves -= qty;
            rest.shown -= from_shown;
            return;
        }
        let node = &mut self.nodes[slot as usize];
        assert!(
            qty == from_shown && qty <= u64::from(node.leaves),
            "{qty} lots ({from_shown} displayed) leave an order of {}",
            node.leaves
        );
        node.leaves -= qty as u32;
    }

    /// Raises what is open, and what is displayed of it; it was as high before, or is special.
    pub(crate) fn grow(&mut self, slot: u32, qty: u64, to_shown: u64) {
        if let Some(rest) = self.special_mut(slot) {
            rest.leaves += qty;
            rest.shown += to_shown;
        } else {
            self.nodes[slot as usize].leaves += qty as u32;
        }
    }

    /// Changes the total.
    pub(crate) fn set_order_qty(&mut self, slot: u32, order_qty: u64) {
        if let Some(rest) = self.special_mut(slot) {
            rest.order_qty = order_qty;
        } else {
            let Ok(order_qty) = u32::try_from(order_qty) else {
                panic!("a total of {order_qty} lots where only 2^32 fit");
            };
            self.nodes[slot as usize].order_qty = order_qty;
        }
    }

    /// Lots in total.
    pub(crate) fn order_qty(&self, slot: u32) -> u64 {
        let total = u64::from(self.nodes[slot as usize].order_qty);
        self.special(slot).map_or(total, |rest| rest.order_qty)
    }

    /// Changes what is displayed of a special order; all of another's leaves are displayed always.
    #[inline]
    pub(crate) fn set_shown(&mut self, slot: u32, shown: u64) {
        if let Some(rest) = self.special_mut(slot) {
            rest.shown = shown;
        }
    }

    /// Changes the price of an order that waits for something else than its price.
    pub(crate) fn set_price(&mut self, slot: u32, price: i64) {
        if let Some(rest) = self.special_mut(slot) {
            rest.price = price;
        }
    }

    /// Changes the expiry's handle of an order that had one.
    pub(crate) fn set_deadline(&mut self, slot: u32, deadline: u32) {
        if let Some(rest) = self.special_mut(slot) {
            rest.deadline = deadline;
        }
    }

    /// Changes where an order that waits for the closing call waits.
    pub(crate) fn set_place(&mut self, slot: u32, place: Place) {
        let tag = &mut self.nodes[slot as usize].tag;
        *tag = tag.at(place);
    }

    /// Puts an order at the head of its party's list.
    #[inline]
    pub(crate) fn list(&mut self, slot: u32) {
        let head = self.parties.first_mut(self.nodes[slot as usize].party);
        let next = core::mem::replace(head, slot);
        self.nodes[slot as usize].list_next = next;
        if next != NONE {
            self.nodes[next as usize].list_prev = slot;
        }
    }

    /// Takes an order out of its party's list.
    #[inline]
    pub(crate) fn unlist(&mut self, slot: u32) {
        let Node { party, list_prev, list_next, .. } = self.nodes[slot as usize];
        if list_prev == NONE {
            *self.parties.first_mut(party) = list_next;
        } else {
            self.nodes[list_prev as usize].list_next = list_next;
        }
        if list_next != NONE {
            self.nodes[list_next as usize].list_prev = list_prev;
        }
    }

    /// Takes an order into the directory.
    #[inline]
    pub(crate) fn name_it(&mut self, slot: u32) {
        let name = (self.account(slot), self.name(slot));
        self.directory.insert(self.id(slot), slot, name);
    }

    /// Takes an order out of the directory.
    #[inline]
    pub(crate) fn unname(&mut self, slot: u32) {
        let name = (self.account(slot), self.name(slot));
        self.directory.remove(self.id(slot), slot, name);
    }

    /// Gives an order another ClOrdID.
    pub(crate) fn rename(&mut self, slot: u32, name: ClOrdId, in_directory: bool) {
        if in_directory {
            self.directory.forget_name(slot, (self.account(slot), self.name(slot)));
        }
        self.nodes[slot as usize].cl_ord_id = name;
        if in_directory {
            self.directory.insert_name(slot, (self.account(slot), name));
        }
    }

    /// The open order with this id. The directory may still hold the slot of one that is gone.
    #[inline]
    pub(crate) fn by_id(&self, id: OrderId) -> Option<u32> {
        self.directory.by_id(id).filter(|slot| self.nodes[*slot as usize].tag.is(id))
    }

    /// The account's open order with this name.
    #[inline]
    pub(crate) fn by_name(&self, account: u32, name: ClOrdId) -> Option<u32> {
        self.directory.by_name((account, name), |slot| {
            self.name(slot) == name && self.account(slot) == account
        })
    }

    /// The slots of a party's orders.
    fn of_party(&self, party: u32) -> impl Iterator<Item = u32> {
        let next_of = |slot: u32| (slot != NONE).then_some(slot);
        core::iter::successors(next_of(self.parties.get(party).first), move |slot| {
            next_of(self.nodes[*slot as usize].list_next)
        })
    }

    /// The slots of an account's orders, from the first of its parties.
    pub(crate) fn of_account(&self, party: u32) -> impl Iterator<Item = u32> {
        self.parties.of_account(party).flat_map(|party| self.of_party(party))
    }

    /// The slots of a session's orders, from the first of its parties.
    pub(crate) fn of_owner(&self, party: u32) -> impl Iterator<Item = u32> {
        self.parties.of_owner(party).flat_map(|party| self.of_party(party))
    }
}
