//! Immediate wins: the first sufficient bid of a Dutch auction, and an English one's buy-now.

use super::state::{Auction, Bid};
use crate::command::BuyNow;
use crate::engine::Engine;
use crate::event::{BidReport, Sink};
use crate::ids::BidId;
use crate::reason::Reason;
use crate::step::Step;
use crate::words::{AuctionKind, AuctionState, BidState};

/// A Dutch auction's price; at the very tick it is the lower one already.
fn price_at(auction: &Auction, at_ns: u64) -> i64 {
    let rules = &auction.rules;
    let (Some(step), Some(step_every_ns)) = (rules.step, rules.step_every) else {
        panic!("a Dutch auction without steps");
    };
    let steps = i128::from((at_ns - rules.opens_at) / step_every_ns);
    let fallen = i128::from(rules.start_price) - i128::from(step) * steps;
    // Between the floor and the start price, so it fits.
    fallen.max(i128::from(rules.floor.unwrap_or(1))) as i64
}

impl Engine {
    /// The first bid that reaches the price takes the lot at it; a lower one is not kept.
    pub(crate) fn bid_dutch<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        bid: &Bid,
    ) -> Result<(), Reason> {
        let price = price_at(&self.auctions[bid.auction], cx.at);
        if bid.max_price < price {
            return Err(Reason::TooLow);
        }
        self.check_bid_funds(bid, 0)?;
        self.auctions.change(bid.auction).bids += 1;
        self.sell_at_once(cx, (bid.auction, bid.account), Some(bid.bid_id), price);
        Ok(())
    }

    /// Ends an English auction at its buy-now price, before anybody bid.
    pub(crate) fn buy_now<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &BuyNow,
    ) -> Result<(), Reason> {
        let (slot, account) = self.check_bidder(cx.at, c.auction, c.account)?;
        let auction = &self.auctions[slot];
        assert!(auction.rules.buy_now.is_none() || auction.rules.kind == AuctionKind::English);
        let offered = auction.rules.buy_now.filter(|_| auction.now.bids == 0);
        let price = offered.ok_or(Reason::NoBuyNow)?;
        if self.ledger.available(account, auction.quote) < price {
            return Err(Reason::InsufficientFunds);
        }
        self.sell_at_once(cx, (slot, account), None, price);
        Ok(())
    }

    /// The whole lot to one buyer, paid from what is available; the buyer's report comes first.
    fn sell_at_once<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        (slot, account): (u32, u32),
        bid_id: Option<BidId>,
        price: i64,
    ) {
        let auction = &self.auctions[slot];
        let (seller, asset, quote) = (auction.seller, auction.asset, auction.quote);
        let (units, rules) = (auction.units(), auction.rules);
        self.ledger.pay(account, seller, quote, price);
        self.ledger.change(seller, asset, 0, -units);
        self.ledger.change(account, asset, units, 0);
        self.ledger.assert_conserved(asset);
        self.stop_auction(slot, AuctionState::Sold);
        let standing = self.auctions.change(slot);
        standing.price = price;
        standing.leader = account;
        standing.reserve_met = true;
        let report = BidReport {
            account: self.ledger.accounts[account as usize].id,
            auction: rules.auction,
            bid_id,
            state: BidState::Won,
            price: Some(price),
            qty: Some(rules.qty),
            reason: None,
        };
        self.emit(cx, cx.cause, report);
        let line = self.auction_line(slot, AuctionState::Sold);
        self.emit(cx, 0, line);
    }
}
