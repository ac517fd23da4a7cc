//! Auctions and their bids in memory: a slab of the bids that hold money, a list of them by
//! acceptance per auction and one per account, and a log by which an atomic interaction is undone.
//!
//! What a bid costs and who wins is not decided here, and no money moves here.

use crate::book::ladder::NONE;
use crate::command::CreateAuction;
use crate::directory::Directory;
use crate::ids::{AuctionId, BidId};
use crate::table::hash_pair;
use crate::words::{AuctionKind, AuctionState};
use alloc::vec::Vec;
use hashbrown::HashTable;

/// What changes of an auction while bids come in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    /// `pending`, `open`, or how it ended; that it was extended is said once and not kept.
    pub state: AuctionState,
    /// What the leader must pay now; the start price until somebody leads, in sealed kinds until
    /// the end.
    pub price: i64,
    /// Slot of the account that leads (English) or won; `NONE`: nobody.
    pub leader: u32,
    /// Accepted bids, own raises too.
    pub bids: u64,
    /// UNIX nanoseconds.
    pub closes_at: u64,
    /// How often it was extended.
    pub extensions: u64,
    /// Whether the leader's maximum, or the winner's, reaches the reserve price.
    pub reserve_met: bool,
    /// Handle of its opening, or `NONE`.
    pub opening: u32,
    /// Handle of its end, or `NONE`.
    pub closing: u32,
}

/// An auction, also one that ended.
#[derive(Clone, Debug)]
pub(crate) struct Auction {
    pub rules: CreateAuction,
    /// Slot of the seller's account.
    pub seller: u32,
    /// Slot of what is sold.
    pub asset: u32,
    /// Slot of what is paid with.
    pub quote: u32,
    pub now: Standing,
    /// Its bids that hold money, from the earliest accepted to the latest.
    first: u32,
    last: u32,
    /// Accepted bids as (account, bid_id); given up at the end, when nothing can be placed.
    names: HashTable<(u32, BidId)>,
    /// Where an account has one bid at most: (account, bid).
    by_account: HashTable<(u32, u32)>,
}

impl Auction {
    /// Whether bids stay secret until the end.
    pub(crate) const fn is_sealed(&self) -> bool {
        use AuctionKind::{FirstPrice, SecondPrice, Uniform};
        matches!(self.rules.kind, FirstPrice | SecondPrice | Uniform)
    }

    /// Whether it is over, one way or another.
    pub(crate) const fn is_over(&self) -> bool {
        !matches!(self.now.state, AuctionState::Pending | AuctionState::Open)
    }

    /// Whether a bid of this maximum may win.
    pub(crate) fn meets_reserve(&self, max_price: i64) -> bool {
        self.rules.reserve_price.is_none_or(|reserve| max_price >= reserve)
    }

    /// Its units as an amount of the asset; create_auction found them to fit.
    pub(crate) const fn units(&self) -> i64 {
        self.rules.qty as i64
    }

    /// How many accepted bids are remembered by name.
    pub(crate) fn names(&self) -> impl ExactSizeIterator<Item = (u32, BidId)> {
        self.names.iter().copied()
    }
}

/// Neighbours in a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Links {
    prev: u32,
    next: u32,
}

/// A bid that holds money.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bid {
    pub bid_id: BidId,
    /// Slot of its auction.
    pub auction: u32,
    /// Slot of its account.
    pub account: u32,
    /// Slot of the session that placed it.
    pub owner: u32,
    /// Quote minor units, the most it may pay (for one unit in uniform).
    pub max_price: i64,
    /// Units in uniform; 1 elsewhere, where the lot is sold whole.
    pub qty: u64,
    /// Quote minor units that it binds: the most it can still cost.
    pub held: i64,
    /// Which accepted bid of its auction it is, from 1.
    pub number: u64,
    in_auction: Links,
    of_account: Links,
}

impl Bid {
    /// A bid that is not in any list yet.
    pub(crate) const fn new(
        (auction, account, owner): (u32, u32, u32),
        bid_id: BidId,
        (max_price, qty, held): (i64, u64, i64),
    ) -> Self {
        const UNLINKED: Links = Links { prev: NONE, next: NONE };
        Self {
            bid_id,
            auction,
            account,
            owner,
            max_price,
            qty,
            held,
            number: 0,
            in_auction: UNLINKED,
            of_account: UNLINKED,
        }
    }
}

/// What was done since [`Auctions::begin`], so that it can be undone.
#[derive(Clone, Debug)]
enum Change {
    Stood(u32, Standing),
    Named(u32, (u32, BidId)),
    Inserted(u32),
    Removed(u32, Bid),
}

/// All auctions that were ever created, and all bids that hold money.
#[derive(Clone, Debug, Default)]
pub(crate) struct Auctions {
    list: Vec<Auction>,
    ids: Directory,
    bids: Vec<Bid>,
    free: Vec<u32>,
    /// First bid by account slot; accounts that never bid may lie beyond its end.
    heads: Vec<u32>,
    log: Vec<Change>,
    logs: bool,
    /// Room in which an end ranks its bids: empty between two steps.
    pub ranking: Vec<Ranked>,
}

/// A bid's place among those that want a unit: by price, highest first, then by acceptance.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Ranked {
    pub max_price: core::cmp::Reverse<i64>,
    pub number: u64,
    pub bid: u32,
    /// Units that it gets.
    pub qty: u64,
}

impl core::ops::Index<u32> for Auctions {
    type Output = Auction;
    #[inline]
    fn index(&self, slot: u32) -> &Auction {
        &self.list[slot as usize]
    }
}

impl Auctions {
    /// How many were ever created.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// How many bids hold money.
    pub(crate) fn live_bids(&self) -> usize {
        self.bids.len() - self.free.len()
    }

    /// The slot of an auction.
    #[inline]
    pub(crate) fn by_id(&self, id: AuctionId) -> Option<u32> {
        self.ids.get(u64::from(id.0))
    }

    /// Takes in a new auction, still pending.
    pub(crate) fn create(
        &mut self,
        rules: &CreateAuction,
        (seller, asset, quote): (u32, u32, u32),
    ) -> u32 {
        let slot = self.list.len() as u32;
        self.ids.insert(u64::from(rules.auction.0), slot);
        self.list.push(Auction {
            rules: *rules,
            seller,
            asset,
            quote,
            now: Standing {
                state: AuctionState::Pending,
                price: rules.start_price,
                leader: NONE,
                bids: 0,
                closes_at: rules.closes_at,
                extensions: 0,
                reserve_met: false,
                opening: NONE,
                closing: NONE,
            },
            first: NONE,
            last: NONE,
            names: HashTable::new(),
            by_account: HashTable::new(),
        });
        slot
    }

    /// An auction's standing, to be changed.
    pub(crate) fn change(&mut self, slot: u32) -> &mut Standing {
        let now = &mut self.list[slot as usize].now;
        if self.logs {
            self.log.push(Change::Stood(slot, *now));
        }
        now
    }

    /// A bid that holds money.
    #[inline]
    pub(crate) fn bid(&self, bid: u32) -> &Bid {
        &self.bids[bid as usize]
    }

    /// The earliest accepted bid that holds money; the leader's in an English auction.
    #[inline]
    pub(crate) fn first(&self, auction: u32) -> Option<u32> {
        let first = self[auction].first;
        (first != NONE).then_some(first)
    }

    /// An auction's bids that hold money, by acceptance.
    pub(crate) fn of_auction(&self, auction: u32) -> impl Iterator<Item = u32> {
        core::iter::successors(self.first(auction), |bid| {
            let next = self.bid(*bid).in_auction.next;
            (next != NONE).then_some(next)
        })
    }

    /// An account's bids that hold money, in no particular order.
    pub(crate) fn of_account(&self, account: u32) -> impl Iterator<Item = u32> {
        let head = self.heads.get(account as usize).copied().filter(|head| *head != NONE);
        core::iter::successors(head, |bid| {
            let next = self.bid(*bid).of_account.next;
            (next != NONE).then_some(next)
        })
    }

    /// The account's one bid, in kinds where it can have but one.
    pub(crate) fn bid_of(&self, auction: u32, account: u32) -> Option<u32> {
        self[auction]
            .by_account
            .find(hash_account(account), |entry| entry.0 == account)
            .map(|entry| entry.1)
    }

    /// Whether the account gave this name to an accepted bid.
    pub(crate) fn is_named(&self, auction: u32, account: u32, bid_id: BidId) -> bool {
        let name = (account, bid_id);
        self[auction].names.find(hash_name(name), |entry| *entry == name).is_some()
    }

    /// Remembers an accepted bid's name.
    pub(crate) fn name(&mut self, auction: u32, account: u32, bid_id: BidId) {
        let name = (account, bid_id);
        let names = &mut self.list[auction as usize].names;
        names.insert_unique(hash_name(name), name, |entry| hash_name(*entry));
        if self.logs {
            self.log.push(Change::Named(auction, name));
        }
    }

    /// Takes in a bid that holds money, as its auction's latest.
    pub(crate) fn insert(&mut self, bid: Bid) -> u32 {
        let slot = if let Some(slot) = self.free.pop() {
            self.bids[slot as usize] = bid;
            slot
        } else {
            self.bids.push(bid);
            // A freed slot must find its place without allocating.
            self.free.reserve(self.bids.len());
            (self.bids.len() - 1) as u32
        };
        if self.heads.len() <= bid.account as usize {
            self.heads.resize(bid.account as usize + 1, NONE);
        }
        let auction = &self.list[bid.auction as usize];
        let in_auction = Links { prev: auction.last, next: NONE };
        assert!(
            auction.last == NONE || self.bids[auction.last as usize].number < bid.number,
            "bids out of order in auction {}",
            auction.rules.auction
        );
        let of_account = Links { prev: NONE, next: self.heads[bid.account as usize] };
        self.bids[slot as usize].in_auction = in_auction;
        self.bids[slot as usize].of_account = of_account;
        self.link(slot);
        if self.logs {
            self.log.push(Change::Inserted(slot));
        }
        slot
    }

    /// Takes out a bid that holds money no longer.
    pub(crate) fn remove(&mut self, slot: u32) -> Bid {
        let bid = self.bids[slot as usize];
        self.unlink(slot);
        self.free.push(slot);
        if self.logs {
            self.log.push(Change::Removed(slot, bid));
        }
        bid
    }

    /// Puts a bid between the neighbours that it names.
    fn link(&mut self, slot: u32) {
        let Bid { auction, account, in_auction, of_account, .. } = self.bids[slot as usize];
        match in_auction.prev {
            NONE => self.list[auction as usize].first = slot,
            prev => self.bids[prev as usize].in_auction.next = slot,
        }
        match in_auction.next {
            NONE => self.list[auction as usize].last = slot,
            next => self.bids[next as usize].in_auction.prev = slot,
        }
        match of_account.prev {
            NONE => self.heads[account as usize] = slot,
            prev => self.bids[prev as usize].of_account.next = slot,
        }
        if of_account.next != NONE {
            self.bids[of_account.next as usize].of_account.prev = slot;
        }
        if has_one_each(self[auction].rules.kind) {
            let by_account = &mut self.list[auction as usize].by_account;
            by_account.insert_unique(hash_account(account), (account, slot), |entry| {
                hash_account(entry.0)
            });
        }
    }

    /// Joins a bid's neighbours; the bid still names them, so that it can come back.
    fn unlink(&mut self, slot: u32) {
        let Bid { auction, account, in_auction, of_account, .. } = self.bids[slot as usize];
        match in_auction.prev {
            NONE => self.list[auction as usize].first = in_auction.next,
            prev => self.bids[prev as usize].in_auction.next = in_auction.next,
        }
        match in_auction.next {
            NONE => self.list[auction as usize].last = in_auction.prev,
            next => self.bids[next as usize].in_auction.prev = in_auction.prev,
        }
        match of_account.prev {
            NONE => self.heads[account as usize] = of_account.next,
            prev => self.bids[prev as usize].of_account.next = of_account.next,
        }
        if of_account.next != NONE {
            self.bids[of_account.next as usize].of_account.prev = of_account.prev;
        }
        // An ended auction gave up its table before its bids.
        if has_one_each(self[auction].rules.kind) && !self[auction].is_over() {
            let by_account = &mut self.list[auction as usize].by_account;
            let hash = hash_account(account);
            let Ok(entry) = by_account.find_entry(hash, |entry| entry.1 == slot) else {
                panic!("bid {slot} of account {account} is not known");
            };
            entry.remove();
        }
    }

    /// An ended auction takes no more bids, so what only they need is given back.
    pub(crate) fn forget_names(&mut self, slot: u32) {
        let auction = &mut self.list[slot as usize];
        // Inside an atomic interaction only a Dutch auction can end, and it keeps no bids.
        assert!(!self.logs || auction.names.is_empty(), "names can't be taken back");
        auction.names = HashTable::new();
        auction.by_account = HashTable::new();
    }

    /// From here on what bids do can be taken back.
    pub(crate) fn begin(&mut self) {
        self.logs = true;
    }

    /// What was done since [`Auctions::begin`] stays.
    pub(crate) fn commit(&mut self) {
        self.logs = false;
        self.log.clear();
    }

    /// Takes back what was done since [`Auctions::begin`], last first.
    pub(crate) fn rollback(&mut self) {
        self.logs = false;
        while let Some(change) = self.log.pop() {
            match change {
                Change::Stood(slot, then) => self.list[slot as usize].now = then,
                Change::Named(slot, name) => {
                    let names = &mut self.list[slot as usize].names;
                    let Ok(entry) = names.find_entry(hash_name(name), |entry| *entry == name)
                    else {
                        panic!("bid {} was not remembered", name.1);
                    };
                    entry.remove();
                }
                Change::Inserted(slot) => {
                    self.unlink(slot);
                    self.free.push(slot);
                }
                Change::Removed(slot, bid) => {
                    // Last in, first out: the freed slot is on top again.
                    let freed = self.free.pop();
                    assert!(freed == Some(slot), "bid slots out of order");
                    self.bids[slot as usize] = bid;
                    self.link(slot);
                }
            }
        }
    }
}

/// Whether an account has one bid at most in auctions of this kind.
pub(crate) const fn has_one_each(kind: AuctionKind) -> bool {
    matches!(kind, AuctionKind::FirstPrice | AuctionKind::SecondPrice)
}

fn hash_account(account: u32) -> u64 {
    hash_pair(u64::from(account), 0)
}

fn hash_name(name: (u32, BidId)) -> u64 {
    hash_pair(u64::from(name.0), name.1.0)
}
