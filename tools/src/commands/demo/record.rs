//! What the journal says: every request in it once, and what a replay of it tells about the sale,
//! the auction and the call, seen by an onlooker who keeps books of his own.

use super::cast::Cast;
use super::checks::Check;
use super::crowd::{AUCTION, LIMIT, STOCK};
use super::reference::{Bid, Resting, call, knockdown};
use crate::failure::Failure;
use ringpit_core::event::{Auction, ExecutionReport, Reservation, Trade};
use ringpit_core::{
    AccountId, Aggressor, AuctionState, BidId, BidState, Command, CommandKind, Emitted, Event,
    OrderId, Phase, ProductId, ReservationId, ReservationState, Side, codec,
};
use ringpit_journal::{Kind, ReadOptions, Record};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// What stands in the journal.
#[derive(Default)]
struct Inputs {
    journaled: HashSet<(u64, u64)>,
    repeated: usize,
    bids: Vec<(BidId, Bid)>,
    closes_ns: u64,
}

/// Reads the journal that the server left, and replays it twice.
///
/// # Errors
/// [`Failure`] when the store can't be read.
pub fn of_journal(cast: &Cast, sent: u64, store: &Path) -> Result<Vec<Check>, Failure> {
    let inputs = read(cast, store)?;
    let journaled = inputs.journaled.len() as u64;
    let mut onlooker = Onlooker::default();
    let replay = replayed(store, &mut onlooker);
    let mut checks = vec![
        Check::new(
            "no request is executed twice",
            format!("{sent} sent, {journaled} in the journal, {} twice", inputs.repeated),
            journaled == sent && inputs.repeated == 0,
        ),
        onlooker.of_limits(),
        onlooker.of_stock(),
        onlooker.of_auction(&inputs),
    ];
    checks.extend(onlooker.of_call());
    checks.push(replay);
    Ok(checks)
}

fn read(cast: &Cast, store: &Path) -> Result<Inputs, Failure> {
    let sessions: HashSet<u64> =
        cast.parts.iter().map(|part| part.member.login.session.0).collect();
    let mut inputs = Inputs::default();
    let mut on_record = |record: &Record<'_>| {
        let Some(input) =
            (record.kind == Kind::Input).then(|| codec::decode(record.payload).ok()).flatten()
        else {
            return Ok(());
        };
        match input.command {
            Command::CreateAuction(created) => inputs.closes_ns = created.closes_at,
            Command::PlaceBid(bid) => {
                let (account, max_price) = (bid.account, bid.max_price);
                let at_ns = record.time_ns;
                inputs.bids.push((bid.bid_id, Bid { account, max_price, at_ns }));
            }
            _ => {}
        }
        if input.client_seq != 0
            && sessions.contains(&input.session.0)
            && !inputs.journaled.insert((input.session.0, input.client_seq))
        {
            inputs.repeated += 1;
        }
        Ok(())
    };
    ringpit_journal::read(store, ReadOptions::default(), &mut on_record, &mut |_| {})
        .map_err(|error| Failure::store(&error))?;
    Ok(inputs)
}

fn replayed(store: &Path, onlooker: &mut Onlooker) -> Check {
    let promise = "the journal replays to the same state";
    let mut watch = |emitted: &Emitted<'_>| onlooker.see(emitted);
    let one = ringpit_sequencer::replay(store, u64::MAX, &mut |_| {}, &mut watch);
    let other = ringpit_sequencer::replay(store, u64::MAX, &mut |_| {}, &mut |_| {});
    match (one, other) {
        (Ok(one), Ok(other)) => {
            let digests = |replayed: &ringpit_sequencer::Replayed| {
                (replayed.engine.state_hash(), replayed.engine.events_digest())
            };
            let (first, second) = (digests(&one), digests(&other));
            let (steps, checkpoints) = (one.engine.seq(), one.checkpoints);
            let state = first.0;
            let found = format!(
                "{steps} steps twice, {checkpoints} checkpoints confirmed, state {state:016x}"
            );
            Check::new(promise, found, first == second && checkpoints > 0)
        }
        (Err(error), _) | (_, Err(error)) => Check::new(promise, error.to_string(), false),
    }
}

/// Sees every event of a replay and keeps its own books.
#[derive(Default)]
struct Onlooker {
    /// What each hold holds or has bought.
    holds: HashMap<ReservationId, (AccountId, ProductId, u64)>,
    /// Units of a product that an account has.
    owned: HashMap<(AccountId, ProductId), u64>,
    most_owned: u64,
    product_reports: u64,
    uneven: u64,
    accepted_bids: HashSet<BidId>,
    auction: Option<Auction>,
    open: BTreeMap<OrderId, Resting>,
    last_price: Option<i64>,
    is_call: bool,
    /// The book and the reference just before the call trades.
    called: Option<(Vec<Resting>, Option<i64>)>,
    call_trades: Vec<(i64, u64)>,
}

impl Onlooker {
    fn see(&mut self, emitted: &Emitted<'_>) {
        match emitted.event {
            Event::Reservation(it) => self.reservation(it),
            Event::Product(it) => {
                self.product_reports += 1;
                self.uneven += u64::from(it.free + it.held + it.sold != STOCK);
            }
            Event::BidReport(it) if matches!(it.state, BidState::Leading | BidState::Outbid) => {
                self.accepted_bids.extend(it.bid_id);
            }
            Event::Auction(it) if it.auction == AUCTION => self.auction = Some(*it),
            Event::Trade(it) => self.trade(it),
            Event::PhaseChange(it) => self.is_call = it.phase == Phase::ClosingCall,
            Event::Accepted(it) if it.command == CommandKind::SetPhase && self.is_call => {
                let (open, reference) = (self.open.values().copied(), self.last_price);
                self.called = Some((open.collect(), reference));
            }
            Event::ExecutionReport(it) => self.order(it),
            _ => {}
        }
    }

    fn reservation(&mut self, it: &Reservation) {
        let (Some(id), Some(product), Some(qty)) = (it.reservation, it.product, it.qty) else {
            return;
        };
        let is_had = matches!(it.state, ReservationState::Held | ReservationState::Confirmed);
        let owned = self.owned.entry((it.account, product)).or_default();
        // The same news goes to several who are concerned: it counts once.
        if is_had && self.holds.insert(id, (it.account, product, qty)).is_none() {
            *owned += qty;
            self.most_owned = self.most_owned.max(*owned);
        } else if !is_had && self.holds.remove(&id).is_some() {
            *owned -= qty;
        }
    }

    fn trade(&mut self, trade: &Trade) {
        if trade.aggressor == Aggressor::Auction {
            self.call_trades.push((trade.price, trade.qty));
        }
        self.last_price = Some(trade.price);
    }

    fn order(&mut self, report: &ExecutionReport) {
        let (Some(id), Some(price)) = (report.order_id, report.price) else { return };
        match report.leaves_qty {
            0 => self.open.remove(&id),
            qty => self.open.insert(id, Resting { side: report.side, price, qty }),
        };
    }

    fn of_limits(&self) -> Check {
        let owners = self.owned.values().filter(|qty| **qty > 0).count();
        Check::new(
            "no shopper ever has more than the limit",
            format!("{owners} have something, none ever more than {} of {LIMIT}", self.most_owned),
            self.most_owned <= LIMIT,
        )
    }

    fn of_stock(&self) -> Check {
        Check::new(
            "sold + held + free is the stock at each moment",
            format!("{} times told, {} times not {STOCK}", self.product_reports, self.uneven),
            self.uneven == 0,
        )
    }

    fn of_auction(&self, inputs: &Inputs) -> Check {
        let accepted: Vec<Bid> = inputs
            .bids
            .iter()
            .filter(|(id, _)| self.accepted_bids.contains(id))
            .map(|(_, bid)| *bid)
            .collect();
        let promise = "the auction ends as its bids say";
        let expected = knockdown(&accepted, inputs.closes_ns);
        let (Some(expected), Some(auction)) = (expected, self.auction) else {
            return Check::new(promise, "no bid was accepted".to_owned(), false);
        };
        let found = format!(
            "{} bids, {} accepted, extended {} times, account {} wins at {}",
            inputs.bids.len(),
            accepted.len(),
            expected.extensions,
            expected.winner,
            expected.price
        );
        let kept = auction.state == AuctionState::Sold
            && auction.leader == Some(expected.winner)
            && auction.price == Some(expected.price)
            && auction.closes_at == expected.closes_ns
            && auction.bids == accepted.len() as u64;
        let found = if kept { found } else { format!("{found}; the engine says {auction:?}") };
        Check::new(promise, found, kept)
    }

    /// Nothing to say where there was no call.
    fn of_call(&self) -> Option<Check> {
        let (orders, reference) = self.called.as_ref()?;
        let expected = call(orders, *reference);
        let price = self.call_trades.first().map(|trade| trade.0);
        let qty: u64 = self.call_trades.iter().map(|(_, qty)| qty).sum();
        let is_one_price = self.call_trades.iter().all(|trade| Some(trade.0) == price);
        let sides = [Side::Buy, Side::Sell]
            .map(|side| orders.iter().filter(|order| order.side == side).count());
        let done = price.map(|price| (price, qty));
        let say = |what: Option<(i64, u64)>| {
            what.map_or("nothing".to_owned(), |(price, qty)| format!("{qty} at {price}"))
        };
        let (buys, sells, traded, right) = (sides[0], sides[1], say(done), say(expected));
        Some(Check::new(
            "the closing call trades at the rule's price",
            format!("{buys} buys, {sells} sells, {traded} traded, {right} by the rule"),
            is_one_price && expected == done,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringpit_core::SaleId;
    use ringpit_core::event::Product;

    fn held(id: u64, state: ReservationState) -> Reservation {
        Reservation {
            reservation: Some(ReservationId(id)),
            account: AccountId(1),
            sale: SaleId(1),
            product: Some(ProductId(1)),
            qty: Some(LIMIT),
            request_id: None,
            state,
            position: None,
            deadline: None,
            amount: None,
            lines: None,
            reason: None,
        }
    }

    #[test]
    fn a_hold_counts_once_and_until_it_ends() {
        let mut onlooker = Onlooker::default();
        for state in [ReservationState::Held, ReservationState::Held, ReservationState::Expired] {
            onlooker.reservation(&held(1, state));
        }
        for state in [ReservationState::Held, ReservationState::Confirmed] {
            onlooker.reservation(&held(2, state));
        }
        assert!(onlooker.of_limits().kept);
        onlooker.reservation(&held(3, ReservationState::Held));
        assert!(!onlooker.of_limits().kept);
    }

    #[test]
    fn a_unit_too_many_and_a_foreign_winner_are_seen() {
        let mut onlooker = Onlooker::default();
        for (free, kept) in [(STOCK - 3, true), (STOCK - 2, false)] {
            let (sale, product) = (SaleId(1), ProductId(1));
            let event = Product { sale, product, free, held: 1, sold: 2, waiting: 0 }.into();
            let owner = ringpit_core::SessionId(0);
            let emitted =
                Emitted { seq: 1, at: 1, owner, owner_seq: 0, ref_seq_no: None, event: &event };
            onlooker.see(&emitted);
            assert_eq!(onlooker.of_stock().kept, kept);
        }
        let bid = |account, max_price| Bid { account: AccountId(account), max_price, at_ns: 1 };
        let bids = vec![(BidId(1), bid(7, 9_000)), (BidId(2), bid(8, 4_000))];
        let closes_ns = 1 << 60;
        let inputs = Inputs { bids, closes_ns, ..Inputs::default() };
        assert!(!onlooker.of_auction(&inputs).kept, "nothing was accepted");
        onlooker.accepted_bids.extend([BidId(1), BidId(2)]);
        for (leader, price, kept) in [(7, 4_050, true), (8, 4_050, false), (7, 4_000, false)] {
            onlooker.auction = Some(Auction {
                auction: AUCTION,
                state: AuctionState::Sold,
                price: Some(price),
                leader: Some(AccountId(leader)),
                bids: 2,
                closes_at: closes_ns,
                reserve_met: None,
            });
            assert_eq!(onlooker.of_auction(&inputs).kept, kept, "{leader} {price}");
        }
    }

    #[test]
    fn a_call_at_another_price_is_seen() {
        let mut onlooker = Onlooker::default();
        assert!(onlooker.of_call().is_none());
        let resting = |side, price| Resting { side, price, qty: 5 };
        onlooker.called = Some((vec![resting(Side::Buy, 10), resting(Side::Sell, 10)], None));
        for (trades, kept) in [
            (vec![], false),
            (vec![(10, 5)], true),
            (vec![(10, 4)], false),
            (vec![(10, 4), (9, 1)], false),
        ] {
            onlooker.call_trades = trades;
            assert_eq!(onlooker.of_call().map(|check| check.kept), Some(kept));
        }
    }
}
