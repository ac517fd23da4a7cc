//! What short auctions must come to, worked out the obvious way from what was ordered into the line:
//! English ones with proxy bids, a reserve and a soft close, in steps of 1, and sealed second-price
//! ones. It shares no code with the engine or the model. Everybody can pay; other kinds, buy-now,
//! cancelling and atomic interactions are not in it.

use ringpit_core::command::{CreateAuction, PlaceBid};
use ringpit_core::event::BidReport;
use ringpit_core::{
    AccountId, AuctionId, AuctionKind, AuctionState, BidId, BidState, Command, Reason,
};
use std::collections::{BTreeMap, BTreeSet};

use BidState::{Accepted, Leading, Lost, Outbid, Rejected, Won};

/// A bid that can still win.
#[derive(Clone, Copy)]
struct Bid {
    account: AccountId,
    id: BidId,
    max: i64,
}

/// One auction.
pub struct Lot {
    pub rules: CreateAuction,
    pub state: AuctionState,
    pub price: i64,
    pub bids: u64,
    pub closes_at: u64,
    /// Who pays, when it is sold.
    pub winner: Option<AccountId>,
    extensions: u64,
    /// By acceptance; of an English auction only the leader's.
    live: Vec<Bid>,
    armed: u64,
}

/// All auctions.
#[derive(Default)]
pub struct House {
    pub lots: BTreeMap<AuctionId, Lot>,
    due: BTreeSet<(u64, u64, AuctionId)>,
    armed: u64,
    said: Vec<(u64, BidReport)>,
}

impl House {
    /// One command at its time; the bid reports that must come of it and of what fell due by then.
    pub fn step(&mut self, at: u64, command: &Command) -> Vec<(u64, BidReport)> {
        while let Some((time, _, auction)) = self.due.first().copied().filter(|due| due.0 <= at) {
            self.due.pop_first();
            self.close(time, auction);
        }
        match command {
            // One that comes after its own end is refused: a loaded machine may be that slow.
            Command::CreateAuction(c) if c.closes_at > at => self.open(c),
            Command::PlaceBid(c) => {
                if let Err(reason) = self.bid(at, c) {
                    let bid = Bid { account: c.account, id: c.bid_id, max: 0 };
                    self.say(at, c.auction, bid, Rejected, None, Some(reason));
                }
            }
            _ => {}
        }
        std::mem::take(&mut self.said)
    }

    fn say(
        &mut self,
        at: u64,
        auction: AuctionId,
        bid: Bid,
        state: BidState,
        price: Option<i64>,
        reason: Option<Reason>,
    ) {
        let qty = (state == Won).then(|| self.lots[&auction].rules.qty);
        let (account, bid_id) = (bid.account, Some(bid.id));
        self.said.push((at, BidReport { account, auction, bid_id, state, price, qty, reason }));
    }

    fn open(&mut self, c: &CreateAuction) {
        self.armed += 1;
        self.due.insert((c.closes_at, self.armed, c.auction));
        let lot = Lot {
            rules: *c,
            state: AuctionState::Open,
            price: c.start_price,
            bids: 0,
            closes_at: c.closes_at,
            winner: None,
            extensions: 0,
            live: Vec::new(),
            armed: self.armed,
        };
        assert!(self.lots.insert(c.auction, lot).is_none(), "one auction an id");
    }

    fn bid(&mut self, at: u64, c: &PlaceBid) -> Result<(), Reason> {
        let lot = self.lots.get_mut(&c.auction).ok_or(Reason::UnknownAuction)?;
        if lot.state != AuctionState::Open {
            return Err(Reason::TooLate);
        }
        assert!(at < lot.closes_at, "a bid counts if t < closes_at");
        let new = Bid { account: c.account, id: c.bid_id, max: c.max_price };
        if lot.rules.kind == AuctionKind::English {
            self.bid_english(at, c.auction, new)
        } else {
            self.bid_sealed(at, c.auction, new)
        }
    }

    fn bid_english(&mut self, at: u64, auction: AuctionId, new: Bid) -> Result<(), Reason> {
        let lot = self.lots.get_mut(&auction).expect("known");
        let leader = lot.live.first().copied();
        let least = if leader.is_some() { lot.price + 1 } else { lot.rules.start_price };
        let raises = leader.is_some_and(|leader| leader.account == new.account);
        if new.max < least || leader.is_some_and(|leader| raises && new.max <= leader.max) {
            return Err(Reason::TooLow);
        }
        let before = lot.price;
        let leads = raises || leader.is_none_or(|leader| new.max > leader.max);
        if let Some(leader) = leader.filter(|_| !raises) {
            lot.price = if leads { leader.max + 1 } else { (new.max + 1).min(leader.max) };
        }
        if let Some(reserve) = lot.rules.reserve_price.filter(|r| leads && new.max >= *r) {
            lot.price = lot.price.max(reserve);
        }
        lot.bids += 1;
        if leads {
            lot.live = vec![new];
        }
        let price = Some(lot.price);
        if !raises {
            self.extend(at, auction);
        }
        self.say(at, auction, new, if leads { Leading } else { Outbid }, price, None);
        if let Some(leader) = leader.filter(|_| !raises) {
            if leads {
                self.say(at, auction, leader, Outbid, price, None);
            } else if price != Some(before) {
                self.say(at, auction, leader, Leading, price, None);
            }
        }
        Ok(())
    }

    /// A late bid moves the end.
    fn extend(&mut self, at: u64, auction: AuctionId) {
        let lot = self.lots.get_mut(&auction).expect("known");
        let (Some(window), Some(by)) = (lot.rules.extend_window, lot.rules.extend_by) else {
            return;
        };
        let may = lot.rules.max_extensions.is_none_or(|max| lot.extensions < max);
        if may && lot.closes_at - at <= window && at + by > lot.closes_at {
            assert!(self.due.remove(&(lot.closes_at, lot.armed, auction)));
            self.armed += 1;
            (lot.closes_at, lot.armed) = (at + by, self.armed);
            lot.extensions += 1;
            self.due.insert((lot.closes_at, lot.armed, auction));
        }
    }

    fn bid_sealed(&mut self, at: u64, auction: AuctionId, new: Bid) -> Result<(), Reason> {
        let lot = self.lots.get_mut(&auction).expect("known");
        let own = lot.live.iter().position(|bid| bid.account == new.account);
        if new.max < lot.rules.start_price || own.is_some_and(|own| new.max <= lot.live[own].max) {
            return Err(Reason::TooLow);
        }
        own.map(|own| lot.live.remove(own));
        lot.live.push(new);
        lot.bids += 1;
        self.say(at, auction, new, Accepted, Some(new.max), None);
        Ok(())
    }

    fn close(&mut self, at: u64, auction: AuctionId) {
        let lot = self.lots.get_mut(&auction).expect("known");
        let reserve = lot.rules.reserve_price.unwrap_or(0);
        let mut best: Option<usize> = None;
        for (place, bid) in lot.live.iter().enumerate() {
            if bid.max >= reserve && best.is_none_or(|best| bid.max > lot.live[best].max) {
                best = Some(place);
            }
        }
        lot.state = if best.is_some() { AuctionState::Sold } else { AuctionState::Unsold };
        if let Some(best) = best {
            let winner = lot.live.remove(best);
            if lot.rules.kind != AuctionKind::English {
                let second = lot.live.iter().map(|bid| bid.max).max().unwrap_or(0);
                lot.price = second.max(lot.rules.start_price).max(reserve);
            }
            lot.winner = Some(winner.account);
            let price = Some(lot.price);
            self.say(at, auction, winner, Won, price, None);
        }
        let lot = self.lots.get_mut(&auction).expect("known");
        for loser in std::mem::take(&mut lot.live) {
            let reason = if loser.max >= reserve { Reason::Outbid } else { Reason::ReserveNotMet };
            self.say(at, auction, loser, Lost, None, Some(reason));
        }
    }
}
