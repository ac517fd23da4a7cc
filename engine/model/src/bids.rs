//! Bids of every kind of auction, and buying at once.

use crate::Model;
use crate::auctions::{Auction, Bid};
use ringpit_core::command::{BuyNow, PlaceBid};
use ringpit_core::event::BidReport;
use ringpit_core::*;

impl Auction {
    /// A Dutch auction's price at a time.
    pub fn dutch_price(&self, time: u64) -> i64 {
        let terms = &self.terms;
        let (Some(step), Some(every)) = (terms.step, terms.step_every) else {
            return terms.start_price;
        };
        let falls = i128::from((time - terms.opens_at) / every);
        let price = i128::from(terms.start_price) - falls * i128::from(step);
        i64::try_from(price.max(i128::from(terms.floor.unwrap_or(1)))).expect("below the start")
    }

    /// The least a bid's maximum must be.
    fn least(&self, account: AccountId, time: u64) -> i128 {
        let own = self.bids.iter().find(|bid| bid.account == account);
        let above_own = own.map_or(0, |bid| i128::from(bid.max) + 1);
        let start = i128::from(self.terms.start_price);
        match self.terms.kind {
            AuctionKind::English if self.bids.is_empty() => start,
            AuctionKind::English => {
                let next = i128::from(self.price) + i128::from(self.step_at(self.price));
                next.max(above_own)
            }
            AuctionKind::Dutch => i128::from(self.dutch_price(time)),
            AuctionKind::FirstPrice | AuctionKind::SecondPrice => start.max(above_own),
            AuctionKind::Uniform => start,
        }
    }
}

impl Model {
    fn may_bid(&self, id: AuctionId, account: AccountId) -> Result<(), Reason> {
        if !self.knows_auction(id) {
            return Err(Reason::UnknownAuction);
        }
        let auction = self.auction(id);
        let killed = self.accounts.iter().any(|a| a.id == account && a.killed);
        let rules = [
            (auction.state == AuctionState::Pending, Reason::NotOpen),
            (auction.is_over(), Reason::TooLate),
            (!self.knows_account(account), Reason::UnknownAccount),
            (killed, Reason::AccountKilled),
            (self.is_blocked(account), Reason::Blocked),
            (auction.terms.seller == account, Reason::OwnAuction),
        ];
        rules.iter().find(|rule| rule.0).map_or(Ok(()), |rule| Err(rule.1))
    }

    fn check_bid(&self, c: &PlaceBid) -> Result<Bid, Reason> {
        self.may_bid(c.auction, c.account)?;
        let auction = self.auction(c.auction);
        let uniform = auction.terms.kind == AuctionKind::Uniform;
        let qty = c.qty.unwrap_or(1);
        let qty_fits = match c.qty {
            Some(qty) => uniform && (1..=auction.terms.qty).contains(&qty),
            None => !uniform,
        };
        if c.max_price < 1 || !qty_fits {
            return Err(Reason::BadValue);
        }
        if auction.used_ids.contains(&(c.account, c.bid_id)) {
            return Err(Reason::DuplicateBidId);
        }
        let cost = i128::from(c.max_price) * i128::from(qty);
        let end = self.extended_end(c.auction, c.account).unwrap_or(0);
        if cost > i128::from(i64::MAX) || i64::try_from(end).is_err() {
            return Err(Reason::Overflow);
        }
        if i128::from(c.max_price) < auction.least(c.account, self.time) {
            return Err(Reason::TooLow);
        }
        let own = auction.bids.iter().filter(|bid| bid.account == c.account && !uniform);
        let held: i64 = own.map(Bid::cost).sum();
        if cost > i128::from(self.available(c.account, auction.terms.quote)) + i128::from(held) {
            return Err(Reason::InsufficientFunds);
        }
        Ok(Bid { account: c.account, id: c.bid_id, max: c.max_price, qty })
    }

    /// A bid; gives whether it was accepted.
    pub(crate) fn place_bid(&mut self, c: &PlaceBid) {
        let bid = match self.check_bid(c) {
            Ok(bid) => bid,
            Err(reason) => return self.refuse_bid(c.account, c.auction, Some(c.bid_id), reason),
        };
        let auction = self.auction_mut(c.auction);
        auction.accepted += 1;
        auction.used_ids.push((bid.account, bid.id));
        match auction.terms.kind {
            AuctionKind::English => self.english_bid(c.auction, bid),
            AuctionKind::Dutch => {
                let price = self.auction(c.auction).dutch_price(self.time);
                self.sell_at_once(c.auction, bid.account, Some(bid.id), price);
            }
            AuctionKind::FirstPrice | AuctionKind::SecondPrice => {
                self.auction_mut(c.auction).bids.retain(|other| other.account != bid.account);
                self.sealed_bid(c.auction, bid);
            }
            AuctionKind::Uniform => self.sealed_bid(c.auction, bid),
        }
    }

    pub(crate) fn refuse_bid(
        &mut self,
        account: AccountId,
        auction: AuctionId,
        bid_id: Option<BidId>,
        reason: Reason,
    ) {
        self.emit(BidReport {
            account,
            auction,
            bid_id,
            state: BidState::Rejected,
            price: None,
            qty: None,
            reason: Some(reason),
        });
    }

    fn say_bid(&mut self, auction: AuctionId, bid: &Bid, state: BidState, price: i64) {
        self.emit(BidReport {
            account: bid.account,
            auction,
            bid_id: Some(bid.id),
            state,
            price: Some(price),
            qty: None,
            reason: None,
        });
    }

    fn sealed_bid(&mut self, id: AuctionId, bid: Bid) {
        self.auction_mut(id).bids.push(bid);
        self.say_bid(id, &bid, BidState::Accepted, bid.max);
        self.say_auction(id, AuctionState::Open);
    }

    fn english_bid(&mut self, id: AuctionId, bid: Bid) {
        let end = self.extended_end(id, bid.account);
        let auction = self.auction(id);
        let former = auction.bids.first().copied();
        let own_raise = former.is_some_and(|former| former.account == bid.account);
        let old_price = auction.price;
        let plus_step = |max: i64| max.saturating_add(auction.step_at(max));
        let (leader, price) = match former {
            None => (bid, old_price),
            Some(_) if own_raise => (bid, old_price),
            Some(old) if bid.max > old.max => (bid, bid.max.min(plus_step(old.max))),
            Some(old) => (old, old.max.min(plus_step(bid.max))),
        };
        let reserve = auction.terms.reserve_price.filter(|reserve| leader.max >= *reserve);
        let price = price.max(reserve.unwrap_or(0));
        let auction = self.auction_mut(id);
        (auction.bids, auction.price) = (vec![leader], price);
        auction.leader = Some(leader.account);
        if let Some(end) = end {
            (auction.closes_at, auction.extensions) = (end, auction.extensions + 1);
            self.last_deadline += 1;
            self.auction_mut(id).set_close = self.last_deadline;
        }
        let leads = leader.account == bid.account;
        let state = if leads { BidState::Leading } else { BidState::Outbid };
        self.say_bid(id, &bid, state, price);
        match former {
            Some(old) if leads && !own_raise => self.say_bid(id, &old, BidState::Outbid, price),
            Some(old) if !leads && price != old_price => {
                self.say_bid(id, &old, BidState::Leading, price);
            }
            _ => {}
        }
        self.say_auction(
            id,
            if end.is_some() { AuctionState::Extended } else { AuctionState::Open },
        );
    }

    /// Soft close: the end that an accepted bid would move the auction to.
    fn extended_end(&self, id: AuctionId, bidder: AccountId) -> Option<u64> {
        let auction = self.auction(id);
        let (window, by) = (auction.terms.extend_window?, auction.terms.extend_by?);
        let end = auction.closes_at.max(self.time + by);
        let capped = auction.terms.max_extensions.is_some_and(|max| auction.extensions >= max);
        let in_window = auction.closes_at - self.time <= window;
        let own_raise = auction.bids.iter().any(|bid| bid.account == bidder);
        let moves = in_window && !capped && !own_raise && end != auction.closes_at;
        moves.then_some(end)
    }

    pub(crate) fn buy_now(&mut self, c: &BuyNow) {
        let checked = self.may_bid(c.auction, c.account).and_then(|()| {
            let auction = self.auction(c.auction);
            let offered = auction.terms.buy_now.filter(|_| auction.accepted == 0);
            let price = offered.ok_or(Reason::NoBuyNow)?;
            let available = self.available(c.account, auction.terms.quote);
            if price > available { Err(Reason::InsufficientFunds) } else { Ok(price) }
        });
        match checked {
            Ok(price) => self.sell_at_once(c.auction, c.account, None, price),
            Err(reason) => self.refuse_bid(c.account, c.auction, None, reason),
        }
    }
}
