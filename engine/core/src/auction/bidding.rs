//! What all kinds of bids have in common: the checks in the order of the rule book.

use super::state::Bid;
use crate::command::PlaceBid;
use crate::engine::Engine;
use crate::event::Sink;
use crate::ids::{AccountId, AuctionId};
use crate::limits::{BIDS_MAX, BIDS_PER_AUCTION_MAX, UNSIGNED_MAX};
use crate::reason::Reason;
use crate::step::Step;
use crate::words::{AuctionKind, AuctionState};

impl Engine {
    /// A bid. As a leg of an atomic interaction it fails with `outbid` when it would not lead;
    /// what it changed can be taken back.
    pub(crate) fn place_bid<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &PlaceBid,
    ) -> Result<(), Reason> {
        let (slot, account) = self.check_bidder(cx.at, c.auction, c.account)?;
        let auction = &self.auctions[slot];
        let uniform = auction.rules.kind == AuctionKind::Uniform;
        let qty = match c.qty {
            Some(qty) if uniform && (1..=auction.rules.qty).contains(&qty) => qty,
            None if !uniform => 1,
            _ => return Err(Reason::BadValue),
        };
        if c.max_price < 1 {
            return Err(Reason::BadValue);
        }
        if self.auctions.is_named(slot, account, c.bid_id) {
            return Err(Reason::DuplicateBidId);
        }
        let held = c.max_price.checked_mul(qty as i64).ok_or(Reason::Overflow)?;
        if self.extends_to(slot, account, cx.at).is_some_and(|end_ns| end_ns > UNSIGNED_MAX) {
            return Err(Reason::Overflow);
        }
        let bid = Bid::new((slot, account, cx.cause), c.bid_id, (c.max_price, qty, held));
        match auction.rules.kind {
            AuctionKind::English => self.bid_english(cx, bid),
            AuctionKind::Dutch => self.bid_dutch(cx, &bid),
            AuctionKind::FirstPrice | AuctionKind::SecondPrice | AuctionKind::Uniform => {
                self.bid_sealed(cx, bid)
            }
        }
    }

    /// From unknown_auction to own_auction; gives the slots of auction and account.
    pub(crate) fn check_bidder(
        &self,
        at_ns: u64,
        auction: AuctionId,
        account: AccountId,
    ) -> Result<(u32, u32), Reason> {
        let slot = self.auctions.by_id(auction).ok_or(Reason::UnknownAuction)?;
        let auction = &self.auctions[slot];
        match auction.now.state {
            AuctionState::Open => {}
            AuctionState::Pending => return Err(Reason::NotOpen),
            _ => return Err(Reason::TooLate),
        }
        let (opens_at, closes_at) = (auction.rules.opens_at, auction.now.closes_at);
        assert!((opens_at..closes_at).contains(&at_ns), "an auction is open at {at_ns}");
        let account = self.ledger.account(account).ok_or(Reason::UnknownAccount)?;
        if let Some(reason) = self.barred(account, None) {
            return Err(reason);
        }
        if account == auction.seller {
            return Err(Reason::OwnAuction);
        }
        Ok((slot, account))
    }

    /// Whether the bidder can pay its maximum, of which `own` is held already, and whether there
    /// is room for one more bid.
    pub(crate) fn check_bid_funds(&self, bid: &Bid, own: i64) -> Result<(), Reason> {
        let auction = &self.auctions[bid.auction];
        assert!(own < bid.held, "a raise is higher than what it raises");
        if self.ledger.available(bid.account, auction.quote) < bid.held - own {
            return Err(Reason::InsufficientFunds);
        }
        let full = auction.now.bids >= BIDS_PER_AUCTION_MAX;
        if full || self.auctions.live_bids() >= BIDS_MAX { Err(Reason::Full) } else { Ok(()) }
    }

    /// Counts and names a bid that was accepted; gives its number.
    pub(crate) fn count_bid(&mut self, bid: &Bid) -> u64 {
        self.auctions.name(bid.auction, bid.account, bid.bid_id);
        let standing = self.auctions.change(bid.auction);
        standing.bids += 1;
        standing.bids
    }

    /// Binds an accepted bid's money and keeps the bid; frees the money of the bid whose place it
    /// takes, the account's own or another's, and gives that bid back.
    pub(crate) fn keep_bid(&mut self, bid: Bid, instead_of: Option<u32>) -> Option<Bid> {
        let quote = self.auctions[bid.auction].quote;
        let former = instead_of.map(|slot| self.auctions.remove(slot));
        if let Some(former) = &former {
            self.ledger.release(former.account, quote, former.held);
        }
        self.ledger.hold(bid.account, quote, bid.held);
        self.auctions.insert(bid);
        former
    }
}
