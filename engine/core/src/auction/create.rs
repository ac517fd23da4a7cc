//! New auctions: what makes sense, what is held of the seller, and when they open.

use super::state::Standing;
use crate::admin::at;
use crate::book::ladder::NONE;
use crate::command::{CreateAuction, Increment};
use crate::deadlines::Due;
use crate::engine::Engine;
use crate::event::Sink;
use crate::limits::{AUCTIONS_MAX, LIST_MAX, UNSIGNED_MAX};
use crate::reason::Reason;
use crate::step::{Refusal, Step};
use crate::words::{AuctionKind, AuctionState, CommandKind, DeadlineKind, Field};

impl Engine {
    /// Offers something for auction: its units are the auction's until it ends.
    pub(crate) fn create_auction<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &CreateAuction,
    ) -> Result<(), Refusal> {
        if self.auctions.by_id(c.auction).is_some() {
            return Err(at(Reason::DuplicateId, Field::Auction));
        }
        let seller = self.known_account(c.seller, Field::Seller)?;
        let asset = self.known_asset(c.asset, Field::Asset)?;
        let quote = self.known_asset(c.quote, Field::Quote)?;
        if let Some(field) = bad_field(c) {
            return Err(at(Reason::BadValue, field));
        }
        if c.closes_at <= cx.at {
            return Err(at(Reason::TooLate, Field::ClosesAt));
        }
        let units = c.qty as i64;
        if c.kind == AuctionKind::Uniform && c.start_price.checked_mul(units).is_none() {
            return Err(at(Reason::Overflow, Field::StartPrice));
        }
        if self.ledger.available(seller, asset) < units {
            return Err(at(Reason::InsufficientFunds, Field::Qty));
        }
        if self.auctions.len() >= AUCTIONS_MAX {
            return Err(at(Reason::Full, Field::Auction));
        }
        self.ledger.hold(seller, asset, units);
        let slot = self.auctions.create(c, (seller, asset, quote));
        self.accept(cx, CommandKind::CreateAuction, u64::from(c.auction.0));
        if c.opens_at <= cx.at {
            self.open_auction(cx, slot);
        } else {
            let due = Due { kind: DeadlineKind::AuctionOpen, target: u64::from(slot) };
            self.auctions.change(slot).opening = self.deadlines.arm(c.opens_at, due);
        }
        let due = Due { kind: DeadlineKind::AuctionClose, target: u64::from(slot) };
        self.auctions.change(slot).closing = self.deadlines.arm(c.closes_at, due);
        Ok(())
    }

    /// From now on bids count. Its deadline, if there was one, was taken already.
    pub(crate) fn open_auction<S: Sink>(&mut self, cx: &mut Step<'_, S>, auction: u32) {
        let standing: &mut Standing = self.auctions.change(auction);
        assert!(standing.state == AuctionState::Pending, "auction opened twice");
        standing.state = AuctionState::Open;
        standing.opening = NONE;
        let line = self.auction_line(auction, AuctionState::Open);
        self.emit(cx, 0, line);
    }
}

/// The first field of an auction's rules that makes no sense, also one that its kind has no use
/// for: whoever sends it expects something that would not happen.
fn bad_field(c: &CreateAuction) -> Option<Field> {
    let english = c.kind == AuctionKind::English;
    let dutch = c.kind == AuctionKind::Dutch;
    let below = |price: Option<i64>, least: i64| price.is_some_and(|price| price < least);
    let least_buy_now = c.start_price.max(c.reserve_price.unwrap_or(0));
    let checks = [
        (c.qty == 0 || c.qty > UNSIGNED_MAX, Field::Qty),
        (c.asset == c.quote, Field::Quote),
        (c.start_price < 1, Field::StartPrice),
        (below(c.reserve_price, 1) || (dutch && c.reserve_price.is_some()), Field::ReservePrice),
        (below(c.buy_now, least_buy_now) || (!english && c.buy_now.is_some()), Field::BuyNow),
        (c.increments.is_some_and(|rows| !english || !is_table(&rows)), Field::Increments),
        (if dutch { c.step.is_none_or(|step| step < 1) } else { c.step.is_some() }, Field::Step),
        (
            if dutch { c.step_every.is_none_or(|ns| ns < 1) } else { c.step_every.is_some() },
            Field::StepEvery,
        ),
        (c.floor.is_some_and(|floor| !dutch || floor < 1 || floor > c.start_price), Field::Floor),
        (c.closes_at <= c.opens_at, Field::ClosesAt),
        (c.extend_window.is_some() && !english, Field::ExtendWindow),
        (c.extend_window.is_none() && c.extend_by.is_some(), Field::ExtendWindow),
        (c.extend_window.is_some() && c.extend_by.is_none(), Field::ExtendBy),
        (!english && c.max_extensions.is_some(), Field::MaxExtensions),
    ];
    checks.into_iter().find(|(bad, _)| *bad).map(|(_, field)| field)
}

/// Steps of at least 1, from 0, ascending. No rows are as good as no table: on the wire they are
/// the same.
fn is_table(rows: &[Increment]) -> bool {
    rows.len() <= LIST_MAX
        && rows.first().is_none_or(|row| row.from == 0)
        && rows.windows(2).all(|pair| pair[0].from < pair[1].from)
        && rows.iter().all(|row| row.step >= 1)
}
