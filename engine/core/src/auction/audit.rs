//! Auctions in the hash of the whole state, and their invariants recomputed from scratch.

use super::state::has_one_each;
use crate::book::ladder::NONE;
use crate::digest::Digest;
use crate::engine::Engine;
use crate::words::{AuctionKind, AuctionState};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

impl Engine {
    pub(crate) fn hash_auctions(&self, digest: &mut Digest) {
        for slot in 0..self.auctions.len() as u32 {
            let auction = &self.auctions[slot];
            let now = &auction.now;
            digest.value(&auction.rules);
            digest.value(&(now.state, now.price, now.leader, now.bids, now.closes_at));
            digest.value(&(now.extensions, now.reserve_met));
            for bid in self.auctions.of_auction(slot) {
                let bid = self.auctions.bid(bid);
                digest.value(&(bid.bid_id, bid.account, bid.owner, bid.max_price, bid.qty));
                digest.value(&(bid.held, bid.number));
            }
            let mut names: Vec<_> = auction.names().collect();
            names.sort_unstable();
            names.iter().for_each(|name| digest.value(name));
        }
    }

    /// Adds what auctions and bids hold to what is owed, by (account, asset), and checks that
    /// lists, names, leaders and prices fit together.
    pub(crate) fn audit_auctions(
        &self,
        owed: &mut BTreeMap<(u32, u32), i128>,
    ) -> Result<(), String> {
        let mut live = 0;
        for slot in 0..self.auctions.len() as u32 {
            let auction = &self.auctions[slot];
            if !auction.is_over() {
                *owed.entry((auction.seller, auction.asset)).or_default() +=
                    i128::from(auction.units());
            }
            for bid in self.auctions.of_auction(slot) {
                let bid = self.auctions.bid(bid);
                *owed.entry((bid.account, auction.quote)).or_default() += i128::from(bid.held);
                live += 1;
            }
            self.audit_auction(slot)
                .map_err(|why| format!("auction {}: {why}", auction.rules.auction))?;
        }
        let mut of_accounts = 0;
        for account in 0..self.ledger.accounts.len() as u32 {
            for bid in self.auctions.of_account(account) {
                if self.auctions.bid(bid).account != account {
                    return Err(format!("bid {bid} is in the list of account {account}"));
                }
                of_accounts += 1;
            }
        }
        let kept = self.auctions.live_bids();
        if (live, of_accounts) != (kept, kept) {
            return Err(format!(
                "bids: {live} of auctions, {of_accounts} of accounts, {kept} kept"
            ));
        }
        Ok(())
    }

    fn audit_auction(&self, slot: u32) -> Result<(), String> {
        let auction = &self.auctions[slot];
        let (rules, now) = (&auction.rules, &auction.now);
        let bids: Vec<_> =
            self.auctions.of_auction(slot).map(|bid| self.auctions.bid(bid)).collect();
        if bids.windows(2).any(|pair| pair[0].number >= pair[1].number) {
            return Err("bids out of order".into());
        }
        let names = auction.names().len() as u64;
        let (open, pending) = (now.state == AuctionState::Open, now.state == AuctionState::Pending);
        if names != if open { now.bids } else { 0 } {
            return Err(format!("{names} names, {} bids", now.bids));
        }
        if (now.opening != NONE, now.closing != NONE) != (pending, open || pending) {
            return Err(format!("deadlines do not fit state {}", now.state.word()));
        }
        if !open {
            return if bids.is_empty() { Ok(()) } else { Err("bids hold after the end".into()) };
        }
        let fits = match rules.kind {
            AuctionKind::Dutch => bids.is_empty(),
            AuctionKind::English => match bids.as_slice() {
                [] => (now.bids, now.leader, now.price) == (0, NONE, rules.start_price),
                [leading] => {
                    leading.account == now.leader
                        && leading.max_price >= now.price
                        && now.reserve_met == auction.meets_reserve(leading.max_price)
                        && rules.reserve_price.is_none_or(|r| !now.reserve_met || now.price >= r)
                }
                _ => false,
            },
            _ => bids.iter().all(|bid| {
                let one = self.auctions.bid_of(slot, bid.account);
                !has_one_each(rules.kind)
                    || one.is_some_and(|one| self.auctions.bid(one).number == bid.number)
            }),
        };
        let held = bids.iter().all(|bid| {
            i128::from(bid.held) == i128::from(bid.max_price) * i128::from(bid.qty)
                && bid.account != auction.seller
        });
        if fits && held { Ok(()) } else { Err(format!("{now:?} does not fit {bids:?}")) }
    }
}
