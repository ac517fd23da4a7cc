//! Order books and continuous matching: a room of its own, run by a host.
//!
//! [`Books`] knows instruments, orders, queues and every rule of trading; what it does not know it
//! asks its [`Host`]: who counts as one person, what an account can pay, what time it is, and where
//! reports go. The engine is one host, with ledger, sessions and deadlines. A host without any of
//! them, that writes reports into a ring of its own, runs the same code: generic functions are
//! compiled for each.

pub(crate) mod call;
pub(crate) mod directory;
pub(crate) mod entry;
mod host;
pub(crate) mod instrument;
pub(crate) mod ladder;
pub(crate) mod matching;
pub(crate) mod order;
pub(crate) mod orders;
pub(crate) mod parties;
mod phases;
pub(crate) mod positions;
pub(crate) mod preview;
mod queue;
mod replace;
pub(crate) mod resting;
mod stops;
mod tag;
pub(crate) mod undo;

pub use host::{Fill, Host};
pub use instrument::Book;
pub use order::Order;
pub use replace::Replacement;

use crate::command::CreateInstrument;
use crate::ids::OrderId;
use crate::words::Side;
use alloc::vec::Vec;
use call::Candidate;
use ladder::{Levels, NONE};
use orders::Orders;
use positions::Positions;
use preview::Walked;
use resting::Touched;
use undo::BookUndo;

/// All books with all open orders. Books and open orders are named by slots, which are dense; an
/// order's slot is another's once it is gone.
#[derive(Clone, Debug, Default)]
pub struct Books {
    pub(crate) list: Vec<Book>,
    pub(crate) orders: Orders,
    pub(crate) levels: Levels,
    pub(crate) positions: Positions,
    pub(crate) last_order: u64,
    pub(crate) last_trade: u64,
    /// While an atomic interaction runs: what changes can be taken back.
    pub(crate) is_atomic: bool,
    // What follows is empty between two steps; it is kept so that a step finds room.
    /// Levels that changed, as they were.
    pub(crate) touched: Vec<Touched>,
    /// Books whose derived lines must be looked at.
    pub(crate) dirty: Vec<u32>,
    /// Prices of trades that may trigger stops.
    pub(crate) trades: Vec<(u32, i64)>,
    stop_queue: Vec<u32>,
    slots: Vec<u32>,
    walked: Vec<Walked>,
    candidates: Vec<Candidate>,
    pub(crate) undo: Vec<BookUndo>,
    /// Books whose interruption begins when the atomic interaction is done.
    pub(crate) interrupts: Vec<u32>,
}

impl Books {
    /// No books.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a book; gives its slot. `base` and `quote` are what the host calls the two assets.
    /// The rules are taken as they are: checking them is the caller's affair.
    pub fn open(&mut self, rules: &CreateInstrument, base: u32, quote: u32) -> u32 {
        self.list.push(Book::new(*rules, base, quote));
        (self.list.len() - 1) as u32
    }

    /// A party that orders can come from, for hosts that keep no lists of an account's and a
    /// session's orders. `account` and `owner` are the host's own numbers.
    pub fn add_party(&mut self, account: u32, owner: u32) -> u32 {
        self.orders.parties.add((account, &mut { NONE }), (owner, &mut { NONE }))
    }

    /// A book.
    #[must_use]
    #[inline]
    pub fn book(&self, book: u32) -> &Book {
        &self.list[book as usize]
    }

    #[inline]
    pub(crate) fn book_mut(&mut self, book: u32) -> &mut Book {
        &mut self.list[book as usize]
    }

    /// An open order.
    #[must_use]
    #[inline]
    pub fn order(&self, slot: u32) -> Order {
        self.orders.get(&self.levels, slot)
    }

    /// The slot of the open order with this id, where the host keeps a directory.
    #[must_use]
    #[inline]
    pub fn slot_of(&self, id: OrderId) -> Option<u32> {
        self.orders.by_id(id)
    }

    /// How many orders are open.
    #[must_use]
    pub fn open_orders(&self) -> usize {
        self.orders.len()
    }

    /// Lots displayed at a price; 0 where there is nothing.
    #[must_use]
    pub fn shown_at(&self, book: u32, side: Side, price: i64) -> u64 {
        let at = self.book(book).sides.get(side).find(&self.levels, price);
        at.map_or(0, |at| self.levels[at].shown)
    }
}
