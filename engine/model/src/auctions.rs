//! Auctions from their creation to their end; bids are in `bids`.

use crate::Model;
use crate::state::Due;
use ringpit_core::command::{CancelAuction, CreateAuction, Increment};
use ringpit_core::event::{Auction as AuctionEvent, BidReport};
use ringpit_core::limits::LIST_MAX;
use ringpit_core::*;

/// An accepted bid that can still win.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bid {
    pub account: AccountId,
    pub id: BidId,
    pub max: i64,
    /// Units; the whole lot counts as one.
    pub qty: u64,
}

impl Bid {
    /// What it can still cost.
    pub fn cost(&self) -> i64 {
        let cost = i128::from(self.max) * i128::from(self.qty);
        i64::try_from(cost).expect("a bid's cost was checked at entry")
    }
}

/// An auction. A bid that can't win any more is forgotten.
#[derive(Clone, Debug)]
pub(crate) struct Auction {
    pub terms: CreateAuction,
    /// Pending, open, or how it ended.
    pub state: AuctionState,
    pub closes_at: u64,
    pub extensions: u64,
    /// English: what the leader must pay now. Otherwise the price once it is sold.
    pub price: i64,
    /// Who won, or leads an English auction.
    pub leader: Option<AccountId>,
    /// Bids that can still win, by acceptance.
    pub bids: Vec<Bid>,
    pub accepted: u64,
    /// Whether the reserve was met when it ended.
    pub met: bool,
    pub used_ids: Vec<(AccountId, BidId)>,
    /// When its next deadlines were set.
    pub set_open: u64,
    pub set_close: u64,
}

impl Auction {
    pub fn is_over(&self) -> bool {
        !matches!(self.state, AuctionState::Pending | AuctionState::Open)
    }

    pub fn is_sealed(&self) -> bool {
        use AuctionKind::{FirstPrice, SecondPrice, Uniform};
        matches!(self.terms.kind, FirstPrice | SecondPrice | Uniform)
    }

    /// The step that is added to a price.
    pub fn step_at(&self, price: i64) -> i64 {
        let rows = self.terms.increments.as_ref().map_or(&[][..], |rows| rows.as_slice());
        rows.iter().rev().find(|row| row.from <= price).map_or(1, |row| row.step)
    }

    /// Whether a maximum reaches the reserve price; always, without one.
    pub fn reaches_reserve(&self, max: i64) -> bool {
        self.terms.reserve_price.is_none_or(|reserve| max >= reserve)
    }
}

/// How a bid ended.
pub(crate) enum Fate {
    Won { price: i64, qty: u64 },
    Lost(Reason),
}

impl Model {
    pub(crate) fn auction(&self, id: AuctionId) -> &Auction {
        let found = self.auctions.iter().find(|auction| auction.terms.auction == id);
        found.expect("the auction was looked up before")
    }

    pub(crate) fn auction_mut(&mut self, id: AuctionId) -> &mut Auction {
        let found = self.auctions.iter_mut().find(|auction| auction.terms.auction == id);
        found.expect("the auction was looked up before")
    }

    pub(crate) fn knows_auction(&self, id: AuctionId) -> bool {
        self.auctions.iter().any(|auction| auction.terms.auction == id)
    }

    /// What running auctions bind of an account's asset.
    pub(crate) fn held_by_auctions(&self, account: AccountId, asset: AssetId) -> i64 {
        let mut held = 0;
        for auction in self.auctions.iter().filter(|auction| !auction.is_over()) {
            if auction.terms.seller == account && auction.terms.asset == asset {
                held += i64::try_from(auction.terms.qty).expect("checked at entry");
            }
            if auction.terms.quote == asset {
                let own = auction.bids.iter().filter(|bid| bid.account == account);
                held += own.map(Bid::cost).sum::<i64>();
            }
        }
        held
    }

    pub(crate) fn create_auction(&mut self, c: &CreateAuction) {
        let id = u64::from(c.auction.0);
        if let Some(why) = self.auction_fault(c) {
            return self.reject(CommandKind::CreateAuction, id, why);
        }
        self.last_deadline += 2;
        self.auctions.push(Auction {
            terms: *c,
            state: AuctionState::Pending,
            closes_at: c.closes_at,
            extensions: 0,
            price: c.start_price,
            leader: None,
            bids: Vec::new(),
            accepted: 0,
            met: false,
            used_ids: Vec::new(),
            set_open: self.last_deadline - 1,
            set_close: self.last_deadline,
        });
        self.auctions.sort_by_key(|auction| auction.terms.auction);
        self.accept(CommandKind::CreateAuction, id);
        if c.opens_at <= self.time {
            self.open_auction(c.auction);
        }
    }

    fn auction_fault(&self, c: &CreateAuction) -> Option<(Reason, Field)> {
        let bad = |field: Field| Some((Reason::BadValue, field));
        if self.knows_auction(c.auction) {
            return Some((Reason::DuplicateId, Field::Auction));
        }
        if !self.knows_account(c.seller) {
            return Some((Reason::UnknownAccount, Field::Seller));
        }
        if !self.knows_asset(c.asset) {
            return Some((Reason::UnknownAsset, Field::Asset));
        }
        if !self.knows_asset(c.quote) {
            return Some((Reason::UnknownAsset, Field::Quote));
        }
        if let Some(field) = bad_terms(c) {
            return bad(field);
        }
        if c.closes_at <= self.time {
            return Some((Reason::TooLate, Field::ClosesAt));
        }
        let uniform = c.kind == AuctionKind::Uniform;
        let worth = i128::from(c.start_price) * i128::from(c.qty);
        if uniform && worth > i128::from(i64::MAX) {
            return Some((Reason::Overflow, Field::StartPrice));
        }
        let available = self.available(c.seller, c.asset).unsigned_abs();
        (c.qty > available).then_some((Reason::InsufficientFunds, Field::Qty))
    }

    pub(crate) fn open_auction(&mut self, id: AuctionId) {
        self.auction_mut(id).state = AuctionState::Open;
        self.say_auction(id, AuctionState::Open);
    }

    /// How an auction stands, as everybody may see it.
    pub(crate) fn auction_event(&self, id: AuctionId, state: AuctionState) -> AuctionEvent {
        let auction = self.auction(id);
        let sold = state == AuctionState::Sold;
        let gone = matches!(state, AuctionState::Unsold | AuctionState::Cancelled);
        let secret = auction.is_sealed() && !sold;
        let uniform = auction.terms.kind == AuctionKind::Uniform;
        let met = match auction.bids.iter().map(|bid| bid.max).max() {
            _ if sold => true,
            _ if auction.is_over() => auction.met,
            Some(best) => auction.reaches_reserve(best),
            None => false,
        };
        AuctionEvent {
            auction: id,
            state,
            price: (!secret).then_some(auction.price),
            leader: auction.leader.filter(|_| !secret && !gone && !uniform),
            bids: auction.accepted,
            closes_at: auction.closes_at,
            reserve_met: auction.terms.reserve_price.filter(|_| !secret).map(|_| met),
        }
    }

    pub(crate) fn say_auction(&mut self, id: AuctionId, state: AuctionState) {
        let event = self.auction_event(id, state);
        self.emit(event);
    }

    /// The clock has run out.
    pub(crate) fn close_auction(&mut self, id: AuctionId) {
        let auction = self.auction(id);
        let mut ranked: Vec<Bid> = auction.bids.clone();
        // Sorting keeps the order of acceptance among equals.
        ranked.sort_by_key(|bid| std::cmp::Reverse(bid.max));
        ranked.retain(|bid| auction.reaches_reserve(bid.max));
        let Some(best) = ranked.first().copied() else {
            return self.finish_auction(id, AuctionState::Unsold, &[], Reason::ReserveNotMet);
        };
        let terms = auction.terms;
        let mut winners = vec![(best, terms.qty)];
        let price = match terms.kind {
            AuctionKind::English | AuctionKind::Dutch => auction.price,
            AuctionKind::FirstPrice => best.max,
            AuctionKind::SecondPrice => {
                let others = auction.bids.iter().filter(|bid| bid.account != best.account);
                let second = others.map(|bid| bid.max).max().unwrap_or(0);
                second.max(terms.start_price).max(terms.reserve_price.unwrap_or(0))
            }
            AuctionKind::Uniform => {
                winners.clear();
                let mut left = terms.qty;
                for bid in &ranked {
                    let gets = bid.qty.min(left);
                    if gets > 0 {
                        winners.push((*bid, gets));
                    }
                    left -= gets;
                }
                winners.last().map_or(0, |(bid, _)| bid.max)
            }
        };
        self.auction_mut(id).price = price;
        self.auction_mut(id).leader = Some(best.account);
        let units = |qty: u64| if terms.kind == AuctionKind::Uniform { qty } else { 1 };
        for (bid, qty) in &winners {
            let paid = i128::from(price) * i128::from(units(*qty));
            self.pay(bid.account, terms.seller, terms.quote, paid);
            self.pay(terms.seller, bid.account, terms.asset, i128::from(*qty));
        }
        self.finish_auction(id, AuctionState::Sold, &winners, Reason::Outbid);
    }

    /// Says how it ended: the auction, winners, then losers by acceptance.
    fn finish_auction(
        &mut self,
        id: AuctionId,
        state: AuctionState,
        winners: &[(Bid, u64)],
        why: Reason,
    ) {
        let auction = self.auction_mut(id);
        auction.met = auction.bids.iter().any(|bid| auction.reaches_reserve(bid.max));
        auction.state = state;
        self.say_auction(id, state);
        let price = self.auction(id).price;
        let bids = std::mem::take(&mut self.auction_mut(id).bids);
        for (bid, qty) in winners {
            self.say_fate(id, bid, &Fate::Won { price, qty: *qty });
        }
        for bid in bids {
            let won = winners.iter().any(|(w, _)| (w.account, w.id) == (bid.account, bid.id));
            if !won {
                let below = !self.auction(id).reaches_reserve(bid.max) && why == Reason::Outbid;
                let reason = if below { Reason::ReserveNotMet } else { why };
                self.say_fate(id, &bid, &Fate::Lost(reason));
            }
        }
    }

    fn say_fate(&mut self, auction: AuctionId, bid: &Bid, fate: &Fate) {
        let (state, price, qty, reason) = match *fate {
            Fate::Won { price, qty } => (BidState::Won, Some(price), Some(qty), None),
            Fate::Lost(reason) => (BidState::Lost, None, None, Some(reason)),
        };
        let bid_id = Some(bid.id);
        self.emit(BidReport { account: bid.account, auction, bid_id, state, price, qty, reason });
    }

    /// Sold at once, outside of the clock: the buyer's report first.
    pub(crate) fn sell_at_once(
        &mut self,
        id: AuctionId,
        account: AccountId,
        bid_id: Option<BidId>,
        price: i64,
    ) {
        let terms = self.auction(id).terms;
        let auction = self.auction_mut(id);
        (auction.price, auction.leader) = (price, Some(account));
        auction.state = AuctionState::Sold;
        self.pay(account, terms.seller, terms.quote, i128::from(price));
        self.pay(terms.seller, account, terms.asset, i128::from(terms.qty));
        self.emit(BidReport {
            account,
            auction: id,
            bid_id,
            state: BidState::Won,
            price: Some(price),
            qty: Some(terms.qty),
            reason: None,
        });
        self.say_auction(id, AuctionState::Sold);
    }

    pub(crate) fn cancel_auction(&mut self, c: &CancelAuction) {
        let fault = if !self.knows_auction(c.auction) {
            Some((Reason::UnknownAuction, Field::Auction))
        } else {
            let auction = self.auction(c.auction);
            let rules = [
                (auction.is_over(), Reason::TooLate, Field::Auction),
                (
                    c.account.is_some_and(|id| id != auction.terms.seller),
                    Reason::NotSeller,
                    Field::Account,
                ),
                (c.account.is_some() && auction.accepted > 0, Reason::HasBids, Field::Auction),
            ];
            rules.iter().find(|rule| rule.0).map(|rule| (rule.1, rule.2))
        };
        match fault {
            Some(why) => self.reject(CommandKind::CancelAuction, u64::from(c.auction.0), why),
            None => {
                self.finish_auction(c.auction, AuctionState::Cancelled, &[], Reason::Cancelled);
            }
        }
    }

    pub(crate) fn auction_deadlines(&self) -> Vec<Due> {
        let mut all = Vec::new();
        for auction in self.auctions.iter().filter(|auction| !auction.is_over()) {
            let id = u64::from(auction.terms.auction.0);
            if auction.state == AuctionState::Pending {
                let (time, set) = (auction.terms.opens_at, auction.set_open);
                all.push(Due { time, set, kind: DeadlineKind::AuctionOpen, id });
            }
            let (time, set) = (auction.closes_at, auction.set_close);
            all.push(Due { time, set, kind: DeadlineKind::AuctionClose, id });
        }
        all
    }
}

/// The first field of an auction's terms that makes no sense.
fn bad_terms(c: &CreateAuction) -> Option<Field> {
    let english = c.kind == AuctionKind::English;
    let dutch = c.kind == AuctionKind::Dutch;
    let at_least_one = |value: Option<i64>| value.is_none_or(|value| value >= 1);
    let buy_now_fits = c.buy_now.is_none_or(|buy_now| {
        english && buy_now >= c.start_price && c.reserve_price.is_none_or(|r| buy_now >= r)
    });
    let rules = [
        (c.qty >= 1, Field::Qty),
        (c.asset != c.quote, Field::Quote),
        (c.start_price >= 1, Field::StartPrice),
        (
            at_least_one(c.reserve_price) && (!dutch || c.reserve_price.is_none()),
            Field::ReservePrice,
        ),
        (buy_now_fits, Field::BuyNow),
        (c.increments.is_none_or(|rows| english && good_rows(&rows)), Field::Increments),
        (if dutch { c.step.is_some_and(|s| s >= 1) } else { c.step.is_none() }, Field::Step),
        (
            if dutch { c.step_every.is_some_and(|s| s >= 1) } else { c.step_every.is_none() },
            Field::StepEvery,
        ),
        (c.floor.is_none_or(|floor| dutch && (1..=c.start_price).contains(&floor)), Field::Floor),
        (c.closes_at > c.opens_at, Field::ClosesAt),
        (c.extend_window.is_none() || english, Field::ExtendWindow),
        (c.extend_window.is_some() || c.extend_by.is_none(), Field::ExtendWindow),
        (c.extend_window.is_none() || c.extend_by.is_some(), Field::ExtendBy),
        (c.max_extensions.is_none() || english, Field::MaxExtensions),
    ];
    rules.iter().find(|rule| !rule.0).map(|rule| rule.1)
}

fn good_rows(rows: &[Increment]) -> bool {
    let ascending = rows.windows(2).all(|pair| pair[0].from < pair[1].from);
    let from_zero = rows.first().is_none_or(|row| row.from == 0);
    rows.len() <= LIST_MAX && from_zero && ascending && rows.iter().all(|row| row.step >= 1)
}
