//! The state as a whole: its hash, and its invariants recomputed from scratch.

use crate::book::Order;
use crate::book::instrument::IndicativeSent;
use crate::book::order::Place;
use crate::digest::Digest;
use crate::engine::Engine;
use crate::words::Side;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

impl Engine {
    /// A hash of the whole state, independent of how it is laid out in memory. Its cost grows
    /// with the state: accounts, balances, orders, sessions, deadlines.
    ///
    /// Left out is what was added to counters within the hot list's minute: checkpoints of stores
    /// that are older than that list carry a hash without it, and must hold for ever. It follows
    /// from the same inputs as the counters, which are in, and nothing but a query's answer
    /// follows from it.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        let mut digest = Digest::default();
        for word in [
            self.seq(),
            self.now(),
            self.books.last_order,
            self.books.last_trade,
            self.events_digest(),
        ] {
            digest.word(word);
        }
        self.hash_contents(&mut digest);
        digest.get()
    }

    /// The same without the step's number, its time and the digest of events: what a command that
    /// is refused leaves as it was.
    #[must_use]
    pub fn contents_hash(&self) -> u64 {
        let mut digest = Digest::default();
        digest.word(self.books.last_order);
        digest.word(self.books.last_trade);
        self.hash_contents(&mut digest);
        self.counters.hash_window(&mut digest);
        digest.get()
    }

    fn hash_contents(&self, digest: &mut Digest) {
        self.hash_ledger(digest);
        self.hash_books(digest);
        self.hash_auctions(digest);
        self.hash_sessions(digest);
        self.hash_sales(digest);
        for counter in self.counters.sorted() {
            digest.value(&counter);
        }
        for done in self.atomics.sorted() {
            digest.value(&done);
        }
        for (time_ns, due) in self.deadlines.sorted() {
            digest.value(&(time_ns, due.kind, self.deadline_id(due)));
        }
        self.schedule.hash(digest);
        self.rules.hash(digest);
    }

    fn hash_ledger(&self, digest: &mut Digest) {
        for asset in &self.ledger.assets {
            digest.value(&(asset.id, asset.code, asset.decimals, asset.supply));
        }
        for account in self.ledger.accounts.iter() {
            digest.value(&(account.id, account.group, account.killed, account.blocked));
        }
        // Zero balances are as good as none: a failed step may have left an empty one behind.
        let mut balances: Vec<_> = self.ledger.balances().collect();
        balances.retain(|balance| (balance.available, balance.held) != (0, 0));
        balances.sort_unstable_by_key(|balance| (balance.account, balance.asset));
        for balance in balances {
            digest.value(&(balance.account, balance.asset, balance.available, balance.held));
        }
        let mut requests: Vec<_> = self.ledger.requests().collect();
        requests.sort_unstable();
        requests.iter().for_each(|request| digest.value(request));
    }

    fn hash_books(&self, digest: &mut Digest) {
        for (slot, book) in self.books.list.iter().enumerate() {
            digest.value(&(book.rules, book.phase, book.last));
            let [bid, ask] = book.quote_sent;
            let (price, qty, surplus): IndicativeSent = book.indicative_sent;
            digest.value(&(bid, ask, price, qty, surplus));
            let stats = &book.stats;
            digest.value(&(stats.open, stats.high, stats.low, stats.volume, stats.turnover));
            digest.word(stats.trades);
            self.books.for_each_order(slot as u32, |slot, order, place| {
                hash_order(digest, order, place, self.books.orders.shown(slot));
            });
        }
        let mut positions: Vec<_> = self.books.positions.list().collect();
        positions.sort_unstable_by_key(|position| (position.account, position.book));
        for p in positions {
            if (p.net, p.open_buy, p.open_sell, p.orders) != (0, 0, 0, 0) {
                digest.value(&(p.account, p.book, p.net, p.open_buy, p.open_sell, p.orders));
            }
        }
    }

    fn hash_sessions(&self, digest: &mut Digest) {
        for session in &self.sessions.list {
            digest.value(&(session.id, session.version, session.timestamp));
            digest.value(&(session.last_client_seq, session.last_owner_seq, session.config));
        }
    }

    /// Recomputes every invariant from scratch: what was deposited is what accounts have; what is
    /// held is what open orders, auctions, bids and reservations need; levels are the sums of their
    /// orders; no book is crossed.
    ///
    /// # Errors
    /// Says which invariant is broken and how.
    pub fn audit(&self) -> Result<(), String> {
        let mut sums: BTreeMap<u32, i128> = BTreeMap::new();
        let mut held: BTreeMap<(u32, u32), i128> = BTreeMap::new();
        for balance in self.ledger.balances() {
            let both = i128::from(balance.available) + i128::from(balance.held);
            *sums.entry(balance.asset).or_default() += both;
            if balance.held != 0 {
                held.insert((balance.account, balance.asset), i128::from(balance.held));
            }
        }
        for (slot, asset) in self.ledger.assets.iter().enumerate() {
            let sum = sums.get(&(slot as u32)).copied().unwrap_or(0);
            if sum != i128::from(asset.supply) {
                return Err(alloc::format!("asset {}: {sum} of {}", asset.id, asset.supply));
            }
        }
        let mut owed: BTreeMap<(u32, u32), i128> = BTreeMap::new();
        for book in 0..self.books.list.len() as u32 {
            let mut open = (0, 0);
            self.books.for_each_order(book, |_, order, _| {
                *if order.side == Side::Buy { &mut open.0 } else { &mut open.1 } += order.leaves;
                if let Some((asset, amount)) = self.books.hold_of(order).filter(|hold| hold.1 != 0)
                {
                    *owed.entry((order.account, asset)).or_default() += i128::from(amount);
                }
            });
            let [buys, sells] = self.book(book).open;
            if open != (buys, sells) {
                return Err(alloc::format!("open lots {open:?}, counted ({buys}, {sells})"));
            }
            self.audit_levels(book)?;
        }
        self.audit_positions()?;
        self.audit_schedule()?;
        self.counters.audit()?;
        self.audit_auctions(&mut owed)?;
        self.audit_sales(&mut owed)?;
        if held != owed {
            return Err(alloc::format!("held {held:?} but open obligations are {owed:?}"));
        }
        Ok(())
    }

    /// What limits count of an account is what its open orders are.
    fn audit_positions(&self) -> Result<(), String> {
        let mut open: BTreeMap<(u32, u32), (i128, i128, u64)> = BTreeMap::new();
        for book in 0..self.books.list.len() as u32 {
            if !self.book(book).terms.counts_positions {
                continue;
            }
            self.books.for_each_order(book, |_, order, _| {
                let sums = open.entry((order.account, book)).or_default();
                *if order.side == Side::Buy { &mut sums.0 } else { &mut sums.1 } +=
                    i128::from(order.leaves);
                sums.2 += 1;
            });
        }
        for position in self.books.positions.list() {
            let sums = open.remove(&(position.account, position.book)).unwrap_or_default();
            if sums != (position.open_buy, position.open_sell, position.orders) {
                return Err(alloc::format!("open orders {sums:?}, counted {position:?}"));
            }
        }
        if open.is_empty() { Ok(()) } else { Err(alloc::format!("not counted: {open:?}")) }
    }

    fn audit_levels(&self, book: u32) -> Result<(), String> {
        let (state, levels, orders) = (self.book(book), &self.books.levels, &self.books.orders);
        for ladder in [&state.sides.buy, &state.sides.sell] {
            let mut next = ladder.best();
            while let Some(price) = next {
                if let Some(at) = ladder.find(levels, price) {
                    let level = &levels[at];
                    let mut sums = (price, 0u32, 0u64, 0u64);
                    for slot in level.queue.iter(orders) {
                        sums.1 += 1;
                        sums.2 += orders.shown(slot);
                        sums.3 += orders.leaves(slot);
                    }
                    if sums != (level.price, level.orders, level.shown, levels.full(at)) {
                        return Err(alloc::format!("level {price}: {sums:?}, not {level:?}"));
                    }
                }
                next = ladder.after(levels, price);
            }
        }
        Ok(())
    }
}

fn hash_order(digest: &mut Digest, order: &Order, place: Place, shown: u64) {
    digest.value(&(order.id, order.cl_ord_id, order.account, order.owner, order.side));
    digest.value(&(order.ord_type, order.tif, order.stp, order.triggered, order.post_only));
    digest.value(&(order.price, order.stop_px, order.order_qty, order.leaves, order.display_qty));
    digest.value(&(place as u8, shown));
}
