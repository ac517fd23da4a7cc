//! How auctions end: who wins, what is paid, what returns, and cancelling.

use super::state::{Bid, Ranked};
use crate::admin::at;
use crate::book::ladder::NONE;
use crate::command::CancelAuction;
use crate::engine::Engine;
use crate::event::{BidReport, Sink};
use crate::reason::Reason;
use crate::step::{Refusal, Step};
use crate::words::{AuctionKind, AuctionState, BidState, Field};
use alloc::vec::Vec;
use core::cmp::Reverse;

impl Engine {
    /// The auction's time is over. Its deadline was taken already.
    pub(crate) fn close_auction<S: Sink>(&mut self, cx: &mut Step<'_, S>, auction: u32) {
        let standing = self.auctions.change(auction);
        standing.closing = NONE;
        assert!(standing.state == AuctionState::Open, "an auction that is not open ended");
        let mut winners = core::mem::take(&mut self.auctions.ranking);
        let price = self.find_winners(auction, &mut winners);
        let sold = price.is_some_and(|_| !winners.is_empty());
        self.stop_auction(auction, if sold { AuctionState::Sold } else { AuctionState::Unsold });
        if let Some(price) = price.filter(|_| sold) {
            let one = (self.auctions[auction].rules.kind != AuctionKind::Uniform)
                .then(|| self.auctions.bid(winners[0].bid).account);
            let standing = self.auctions.change(auction);
            standing.price = price;
            standing.leader = one.unwrap_or(NONE);
            standing.reserve_met = true;
        }
        let line = self.auction_line(auction, self.auctions[auction].now.state);
        self.emit(cx, 0, line);
        let mut unsold = self.auctions[auction].units();
        for winner in winners.drain(..) {
            unsold -= winner.qty as i64;
            self.pay_winner(cx, winner, price.unwrap_or(0));
        }
        self.return_units(auction, unsold);
        self.lose_bids(cx, auction, None);
        self.auctions.ranking = winners;
    }

    /// Ranks the bids that win, with the units that each gets, and gives the price that all pay.
    fn find_winners(&self, slot: u32, winners: &mut Vec<Ranked>) -> Option<i64> {
        let auction = &self.auctions[slot];
        let rules = &auction.rules;
        match rules.kind {
            AuctionKind::Dutch => None,
            AuctionKind::English => {
                winners.extend(self.eligible(slot).map(|w| Ranked { qty: rules.qty, ..w }));
                Some(auction.now.price)
            }
            AuctionKind::FirstPrice | AuctionKind::SecondPrice => {
                let best = self.eligible(slot).min()?;
                winners.push(Ranked { qty: rules.qty, ..best });
                if rules.kind == AuctionKind::FirstPrice {
                    return Some(best.max_price.0);
                }
                let others = self.auctions.of_auction(slot).filter(|bid| *bid != best.bid);
                let second = others.map(|bid| self.auctions.bid(bid).max_price).max();
                let least = rules.start_price.max(rules.reserve_price.unwrap_or(0));
                Some(second.map_or(least, |second| second.max(least)))
            }
            AuctionKind::Uniform => {
                winners.extend(self.eligible(slot));
                winners.sort_unstable();
                let mut left = rules.qty;
                for winner in winners.iter_mut() {
                    winner.qty = winner.qty.min(left);
                    left -= winner.qty;
                }
                winners.retain(|winner| winner.qty > 0);
                winners.last().map(|last| last.max_price.0)
            }
        }
    }

    /// The bids that reach the reserve, by acceptance.
    fn eligible(&self, slot: u32) -> impl Iterator<Item = Ranked> {
        let auction = &self.auctions[slot];
        self.auctions.of_auction(slot).filter_map(|slot| {
            let bid = self.auctions.bid(slot);
            auction.meets_reserve(bid.max_price).then_some(Ranked {
                max_price: Reverse(bid.max_price),
                number: bid.number,
                bid: slot,
                qty: bid.qty,
            })
        })
    }

    /// A winner pays from what it holds, gets the rest back, and gets its units.
    fn pay_winner<S: Sink>(&mut self, cx: &mut Step<'_, S>, winner: Ranked, price: i64) {
        let bid = self.auctions.remove(winner.bid);
        let auction = &self.auctions[bid.auction];
        let (seller, asset, quote) = (auction.seller, auction.asset, auction.quote);
        let units = winner.qty as i64;
        let cost = if auction.rules.kind == AuctionKind::Uniform { price * units } else { price };
        assert!(cost <= bid.held, "bid {} costs {cost} and holds {}", bid.bid_id, bid.held);
        self.ledger.change(bid.account, quote, bid.held - cost, -bid.held);
        self.ledger.change(seller, quote, cost, 0);
        self.ledger.assert_conserved(quote);
        self.ledger.change(seller, asset, 0, -units);
        self.ledger.change(bid.account, asset, units, 0);
        self.ledger.assert_conserved(asset);
        let (price, qty) = (Some(price), Some(winner.qty));
        let report = BidReport { qty, ..self.bid_report(&bid, BidState::Won, price) };
        self.emit(cx, bid.owner, report);
    }

    /// All bids that still hold money get it back, by acceptance. Without a reason given for all,
    /// each is told whether it missed the reserve or was outbid.
    fn lose_bids<S: Sink>(&mut self, cx: &mut Step<'_, S>, slot: u32, reason: Option<Reason>) {
        while let Some(first) = self.auctions.first(slot) {
            let bid: Bid = self.auctions.remove(first);
            let auction = &self.auctions[slot];
            let own = if auction.meets_reserve(bid.max_price) {
                Reason::Outbid
            } else {
                Reason::ReserveNotMet
            };
            self.ledger.release(bid.account, auction.quote, bid.held);
            let report = BidReport {
                reason: reason.or(Some(own)),
                ..self.bid_report(&bid, BidState::Lost, None)
            };
            self.emit(cx, bid.owner, report);
        }
    }

    /// Units that nobody got are the seller's again.
    fn return_units(&mut self, slot: u32, units: i64) {
        let auction = &self.auctions[slot];
        assert!((0..=auction.units()).contains(&units), "{units} units return");
        self.ledger.release(auction.seller, auction.asset, units);
    }

    /// Nothing more can happen to the auction: no deadline, no leader, no names of bids.
    pub(crate) fn stop_auction(&mut self, slot: u32, state: AuctionState) {
        let standing = self.auctions.change(slot);
        standing.state = state;
        standing.leader = NONE;
        for handle in [&mut standing.opening, &mut standing.closing] {
            let handle = core::mem::replace(handle, NONE);
            if handle != NONE {
                self.deadlines.cancel(handle);
            }
        }
        self.auctions.forget_names(slot);
    }

    /// The seller may before the first bid, the operator until the end.
    pub(crate) fn cancel_auction<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &CancelAuction,
    ) -> Result<(), Refusal> {
        let unknown = at(Reason::UnknownAuction, Field::Auction);
        let slot = self.auctions.by_id(c.auction).ok_or(unknown)?;
        let auction = &self.auctions[slot];
        if auction.is_over() {
            return Err(at(Reason::TooLate, Field::Auction));
        }
        if let Some(account) = c.account {
            if account != auction.rules.seller {
                return Err(at(Reason::NotSeller, Field::Account));
            }
            if auction.now.bids > 0 {
                return Err(at(Reason::HasBids, Field::Auction));
            }
        }
        let units = auction.units();
        self.stop_auction(slot, AuctionState::Cancelled);
        let line = self.auction_line(slot, AuctionState::Cancelled);
        self.emit(cx, cx.cause, line);
        self.return_units(slot, units);
        self.lose_bids(cx, slot, Some(Reason::Cancelled));
        Ok(())
    }
}
