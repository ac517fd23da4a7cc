//! Sealed bids: taken in first-price, second-price and uniform-price auctions, and shown to nobody
//! until the end.

use super::state::{Bid, has_one_each};
use crate::engine::Engine;
use crate::event::Sink;
use crate::reason::Reason;
use crate::step::Step;
use crate::words::{AuctionState, BidState};

impl Engine {
    /// One below the reserve is accepted like any other: refusing it would give the reserve away.
    pub(crate) fn bid_sealed<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        mut bid: Bid,
    ) -> Result<(), Reason> {
        let auction = &self.auctions[bid.auction];
        if bid.max_price < auction.rules.start_price {
            return Err(Reason::TooLow);
        }
        let one_each = has_one_each(auction.rules.kind);
        let replaced = self.auctions.bid_of(bid.auction, bid.account).filter(|_| one_each);
        let own = replaced.map_or(0, |slot| self.auctions.bid(slot).held);
        if bid.held <= own {
            return Err(Reason::TooLow);
        }
        self.check_bid_funds(&bid, own)?;
        bid.number = self.count_bid(&bid);
        self.keep_bid(bid, replaced);
        self.report_bid(cx, &bid, BidState::Accepted, Some(bid.max_price));
        let line = self.auction_line(bid.auction, AuctionState::Open);
        self.emit(cx, 0, line);
        Ok(())
    }
}
