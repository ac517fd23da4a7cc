//! English auctions: proxy bids, steps, the reserve, and the soft close.
//!
//! A bid is a maximum and stays secret; the shown price is what the leader must pay now.

use super::state::{Auction, Bid};
use crate::book::ladder::NONE;
use crate::command::Increment;
use crate::deadlines::Due;
use crate::engine::Engine;
use crate::event::Sink;
use crate::reason::Reason;
use crate::step::Step;
use crate::words::{AuctionState, BidState, DeadlineKind};

/// What a bid does to the auction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Outcome {
    leads: bool,
    /// The price after it.
    price: i64,
}

/// The step that must be added to a price.
fn step(rows: Option<&[Increment]>, price: i64) -> i128 {
    let row = rows.and_then(|rows| rows.iter().rev().find(|row| row.from <= price));
    row.map_or(1, |row| i128::from(row.step))
}

/// A price with the step that goes with it; it may lie beyond i64, where no bid reaches it.
fn stepped(auction: &Auction, price: i64) -> i128 {
    let rows = auction.rules.increments.as_ref().map(|rows| rows.as_slice());
    i128::from(price) + step(rows, price)
}

/// The same, no higher than `cap`.
fn stepped_to(auction: &Auction, price: i64, cap: i64) -> i64 {
    // What is not above an i64 is one.
    stepped(auction, price).min(i128::from(cap)) as i64
}

impl Engine {
    /// What a bid would do, or that it is too low. `leading` is the leader's bid.
    fn outcome(&self, bid: &Bid, leading: Option<&Bid>) -> Result<Outcome, Reason> {
        let auction = &self.auctions[bid.auction];
        let (price, max) = (auction.now.price, bid.max_price);
        let least = match leading {
            None => i128::from(auction.rules.start_price),
            Some(_) => stepped(auction, price),
        };
        if i128::from(max) < least {
            return Err(Reason::TooLow);
        }
        let (leads, price) = match leading {
            None => (true, price),
            Some(own) if own.account == bid.account && max <= own.max_price => {
                return Err(Reason::TooLow);
            }
            Some(own) if own.account == bid.account => (true, price),
            Some(other) if max > other.max_price => {
                (true, stepped_to(auction, other.max_price, max))
            }
            Some(other) => (false, stepped_to(auction, max, other.max_price)),
        };
        let reserve = auction.rules.reserve_price.filter(|reserve| leads && max >= *reserve);
        Ok(Outcome { leads, price: price.max(reserve.unwrap_or(price)) })
    }

    pub(crate) fn bid_english<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        mut bid: Bid,
    ) -> Result<(), Reason> {
        let auction = bid.auction;
        let leading_slot = self.auctions.first(auction);
        let leading = leading_slot.map(|slot| *self.auctions.bid(slot));
        let outcome = self.outcome(&bid, leading.as_ref())?;
        let is_raise = leading.is_some_and(|leading| leading.account == bid.account);
        let own = leading.filter(|_| is_raise).map_or(0, |leading| leading.held);
        self.check_bid_funds(&bid, own)?;
        if self.is_atomic && !outcome.leads {
            return Err(Reason::Outbid);
        }
        let extended = self.extends_to(auction, bid.account, cx.at);
        bid.number = self.count_bid(&bid);
        if outcome.leads {
            self.keep_bid(bid, leading_slot);
        }
        let reserve_met = outcome.leads && self.auctions[auction].meets_reserve(bid.max_price);
        let standing = self.auctions.change(auction);
        let moved = standing.price != outcome.price;
        assert!(outcome.price >= standing.price, "the price of an English auction fell");
        standing.price = outcome.price;
        standing.reserve_met |= reserve_met;
        if outcome.leads {
            standing.leader = bid.account;
        }
        if let Some(end_ns) = extended {
            self.extend_auction(auction, end_ns);
        }
        let state = if outcome.leads { BidState::Leading } else { BidState::Outbid };
        self.report_bid(cx, &bid, state, Some(outcome.price));
        if let Some(other) = leading.filter(|_| !is_raise) {
            if outcome.leads {
                self.report_bid(cx, &other, BidState::Outbid, Some(outcome.price));
            } else if moved {
                self.report_bid(cx, &other, BidState::Leading, Some(outcome.price));
            }
        }
        let state = if extended.is_some() { AuctionState::Extended } else { AuctionState::Open };
        let line = self.auction_line(auction, state);
        self.emit(cx, 0, line);
        Ok(())
    }

    /// When the auction would end after a bid of this account, if that is another time than
    /// before. The leader's own raise never extends.
    pub(crate) fn extends_to(&self, auction: u32, account: u32, at_ns: u64) -> Option<u64> {
        let Auction { rules, now, .. } = &self.auctions[auction];
        let (window_ns, by_ns) = (rules.extend_window?, rules.extend_by?);
        let used_up = rules.max_extensions.is_some_and(|max| now.extensions >= max);
        if used_up || now.leader == account || now.closes_at - at_ns > window_ns {
            return None;
        }
        let end_ns = at_ns.saturating_add(by_ns);
        (end_ns > now.closes_at).then_some(end_ns)
    }

    fn extend_auction(&mut self, auction: u32, end_ns: u64) {
        let due = Due { kind: DeadlineKind::AuctionClose, target: u64::from(auction) };
        let closing = self.auctions[auction].now.closing;
        assert!(closing != NONE, "an open auction has an end");
        self.deadlines.cancel(closing);
        let closing = self.deadlines.arm(end_ns, due);
        let standing = self.auctions.change(auction);
        standing.closes_at = end_ns;
        standing.extensions += 1;
        standing.closing = closing;
    }
}
