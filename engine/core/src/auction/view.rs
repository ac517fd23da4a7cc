//! What is shown of auctions and bids: reports, the `auction` line, answers to queries.

use super::state::Bid;
use crate::admin::at;
use crate::book::ladder::NONE;
use crate::engine::Engine;
use crate::event::{Auction, BidReport, Sink};
use crate::ids::AuctionId;
use crate::query::Answer;
use crate::reason::Reason;
use crate::step::{Refusal, Step};
use crate::words::{AuctionKind, AuctionState, BidState, Field};
use alloc::vec::Vec;

impl Engine {
    /// An auction as everybody may see it, in a state that it has or that is said once.
    pub(crate) fn auction_line(&self, slot: u32, state: AuctionState) -> Auction {
        let auction = &self.auctions[slot];
        let (rules, now) = (&auction.rules, &auction.now);
        let shown = !auction.is_sealed() || state == AuctionState::Sold;
        let leader = (now.leader != NONE).then(|| self.ledger.accounts[now.leader as usize].id);
        Auction {
            auction: rules.auction,
            state,
            price: shown.then_some(now.price),
            leader,
            bids: now.bids,
            closes_at: now.closes_at,
            reserve_met: rules.reserve_price.filter(|_| shown).map(|_| now.reserve_met),
        }
    }

    /// A bid's report, to be completed by what happened.
    pub(crate) fn bid_report(&self, bid: &Bid, state: BidState, price: Option<i64>) -> BidReport {
        BidReport {
            account: self.ledger.accounts[bid.account as usize].id,
            auction: self.auctions[bid.auction].rules.auction,
            bid_id: Some(bid.bid_id),
            state,
            price,
            qty: None,
            reason: None,
        }
    }

    /// Reports a bid to the session that placed it.
    pub(crate) fn report_bid<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        bid: &Bid,
        state: BidState,
        price: Option<i64>,
    ) {
        let report = self.bid_report(bid, state, price);
        self.emit(cx, bid.owner, report);
    }

    /// Where an auction stands, also before it opens and after it ended.
    pub(crate) fn query_auction<S: Sink>(
        &self,
        auction: AuctionId,
        to: &mut Answer<'_, S>,
    ) -> Result<(), Refusal> {
        let unknown = at(Reason::UnknownAuction, Field::Auction);
        let slot = self.auctions.by_id(auction).ok_or(unknown)?;
        to.send(self.auction_line(slot, self.auctions[slot].now.state));
        Ok(())
    }

    /// The account's bids that hold money, by auction, then by acceptance.
    pub(crate) fn query_bids<S: Sink>(&self, account: u32, to: &mut Answer<'_, S>) {
        let mut slots: Vec<u32> = self.auctions.of_account(account).collect();
        slots.sort_unstable_by_key(|slot| {
            let bid = self.auctions.bid(*slot);
            (self.auctions[bid.auction].rules.auction, bid.number)
        });
        for slot in slots {
            let bid = self.auctions.bid(slot);
            let auction = &self.auctions[bid.auction];
            let (state, price) = match auction.rules.kind {
                AuctionKind::English => (BidState::Leading, auction.now.price),
                _ => (BidState::Accepted, bid.max_price),
            };
            to.send(self.bid_report(bid, state, Some(price)));
        }
    }
}
