//! The server is killed (-9) around the end of short auctions while bidders go on bidding, round
//! after round. Proves that the outcome is that of the rules on what the journal says came in, and
//! when: a bid counts if it was stamped before the end, an end that fell into the outage happens at
//! the restart, at its own time, before any later bid. Every bid report of every session, with its
//! step and time, each winner and price, and all money and goods are those of a separate reference.
//!
//! `RINGPIT_SEED` repeats the choices (not the machine's timing), `RINGPIT_KILLS` makes it longer.

use crate::crash::{prove, seed};
use crate::flow::Dice;
use crate::house::{House, Lot};
use crate::pool::{Member, Seen, from_env, inputs, outage, unix_ns};
use crate::server::Server;
use ringpit_core::command::{
    Code, CreateAsset, CreateAuction, Deposit, OpenAccount, PlaceBid, QueryAuction, QueryBalance,
    QueryCounter,
};
use ringpit_core::*;
use std::collections::BTreeMap;
use std::time::Duration;

const KILLS: u64 = 25;
const LOTS_A_ROUND: u64 = 3;

const HOUSES: [u64; 2] = [31, 32];
/// Each of the two sessions bids for so many accounts.
const BIDDERS: u64 = 10;
const SELLER: AccountId = AccountId(100);
const ITEM: AssetId = AssetId(1);
const MONEY: AssetId = AssetId(2);
const WEALTH: i64 = 1_000_000_000;

const MS: u64 = 1_000_000;
/// From an auction's begin to its end, unless late bids move it.
const OPEN_FOR: u64 = 400 * MS;
const EXTEND: u64 = 80 * MS;
const EXTENSIONS: u64 = 3;

fn opening() -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    for (asset, code) in [(ITEM, "ITEM"), (MONEY, "EUR")] {
        let code = Code::new(code).unwrap();
        commands.push(CreateAsset { asset, code, decimals: 0 }.into());
    }
    let bidders = (1..=2 * BIDDERS).map(|account| (AccountId(account), MONEY));
    for (account, asset) in bidders.chain([(SELLER, ITEM)]) {
        commands.push(OpenAccount { account, group: None }.into());
        commands.push(Deposit { account, asset, amount: WEALTH, request_id: None }.into());
    }
    commands
}

fn lot(number: u64, closes_at: u64) -> CreateAuction {
    let sealed = number.is_multiple_of(LOTS_A_ROUND);
    let soft = number % LOTS_A_ROUND == 1;
    CreateAuction {
        auction: AuctionId(number as u32),
        kind: if sealed { AuctionKind::SecondPrice } else { AuctionKind::English },
        seller: SELLER,
        asset: ITEM,
        qty: 2,
        quote: MONEY,
        start_price: 100,
        // Now and then one that nobody reaches.
        reserve_price: (!soft).then_some(if number.is_multiple_of(5) { 1_000_000 } else { 150 }),
        buy_now: None,
        increments: None,
        step: None,
        step_every: None,
        floor: None,
        opens_at: 0,
        closes_at,
        extend_window: soft.then_some(EXTEND),
        extend_by: soft.then_some(EXTEND),
        max_extensions: soft.then_some(EXTENSIONS),
    }
}

/// The bidders' sessions, and what they bid.
struct Floor {
    houses: Vec<Member>,
    dice: Dice,
    bids: u64,
}

impl Floor {
    /// A bid of each house in some auction of the round: a little more than the last ones, mostly.
    fn bid(&mut self, round: u64) {
        for (number, house) in (0..).zip(&mut self.houses) {
            if !house.has_room() {
                continue;
            }
            self.bids += 1;
            let lot = round * LOTS_A_ROUND + 1 + self.dice.below(LOTS_A_ROUND);
            let bid = PlaceBid {
                account: AccountId(number * BIDDERS + 1 + self.dice.below(BIDDERS)),
                auction: AuctionId(lot as u32),
                max_price: 90 + self.dice.below(40 + self.bids % 400) as i64,
                qty: None,
                bid_id: BidId(self.bids),
            };
            house.client.send(&bid.into()).unwrap();
        }
    }

    fn turn(&mut self) {
        self.houses.iter_mut().for_each(|house| house.turn(Duration::from_millis(2)));
    }
}

/// Opens a few auctions, bids to their end and beyond, and kills the server around it.
fn round(number: u64, server: &mut Server, operator: &mut Member, floor: &mut Floor) -> (u64, u64) {
    let closes_at = unix_ns() + OPEN_FOR;
    let lots = (1..=LOTS_A_ROUND).map(|lot_number| number * LOTS_A_ROUND + lot_number);
    operator.carry_out(lots.map(|lot_number| lot(lot_number, closes_at).into()));
    let kill_at = closes_at + 60 * MS - floor.dice.below(260 * MS);
    while unix_ns() < kill_at {
        floor.bid(number);
        floor.turn();
    }
    let down = outage(server, Duration::from_millis(floor.dice.below(300)));
    // They may have waited for the server so long that all is over: their bids come too late.
    let over = (closes_at + EXTENSIONS * EXTEND).max(down.1) + 20 * MS;
    while unix_ns() < over || !floor.houses.iter().all(Member::is_idle) {
        if unix_ns() < over {
            floor.bid(number);
        }
        floor.turn();
    }
    down
}

/// What the reference says of the journal's inputs: itself, and what each house must be told.
fn expected(server: &Server) -> (House, BTreeMap<u64, Vec<Seen>>) {
    let mut reference = House::default();
    let mut told: BTreeMap<u64, Vec<Seen>> = BTreeMap::new();
    for (seq, at, input) in inputs(&server.store()) {
        for (at, report) in reference.step(at, &input.command) {
            let house = HOUSES[((report.account.0 - 1) / BIDDERS) as usize];
            told.entry(house).or_default().push((seq, at, report.into()));
        }
    }
    (reference, told)
}

fn check_lot(operator: &mut Member, lot: &Lot) {
    let answer = operator.ask(QueryAuction { auction: lot.rules.auction });
    let [Event::Auction(auction)] = answer[..] else { panic!("{answer:?}") };
    let stands = (auction.state, auction.bids, auction.closes_at);
    assert_eq!(stands, (lot.state, lot.bids, lot.closes_at), "{auction:?}");
    if lot.winner.is_some() {
        assert_eq!(auction.price, Some(lot.price), "{auction:?}");
    }
}

/// What everybody has at the end: the winners' money is the seller's, the goods are theirs.
fn check_money(operator: &mut Member, reference: &House) {
    let mut have: BTreeMap<(AccountId, AssetId), i64> = BTreeMap::new();
    for account in (1..=2 * BIDDERS).map(AccountId) {
        have.insert((account, MONEY), WEALTH);
        have.insert((account, ITEM), 0);
    }
    have.insert((SELLER, MONEY), 0);
    have.insert((SELLER, ITEM), WEALTH);
    for lot in reference.lots.values() {
        if let Some(winner) = lot.winner {
            for (account, sign) in [(winner, 1), (SELLER, -1)] {
                *have.get_mut(&(account, ITEM)).unwrap() += sign * lot.rules.qty as i64;
                *have.get_mut(&(account, MONEY)).unwrap() -= sign * lot.price;
            }
        }
    }
    for ((account, asset), available) in have {
        let answer = operator.ask(QueryBalance { account, asset: Some(asset) });
        let [Event::Balance(balance)] = answer[..] else { panic!("{answer:?}") };
        assert_eq!((balance.available, balance.held), (available, 0), "{balance:?}");
    }
}

#[test]
fn kills_around_the_end_leave_the_outcome_to_the_rules() {
    let seed = seed();
    println!("RINGPIT_SEED={seed}");
    let range = |house: u64| (house * BIDDERS + 1, (house + 1) * BIDDERS);
    let sessions: Vec<_> =
        (0..).zip(HOUSES).map(|(house, session)| (session, "bidder", range(house))).collect();
    let mut server = Server::start_with(&sessions);
    let mut operator = Member::operator(&server);
    operator.carry_out(opening());
    let houses = HOUSES.iter().map(|session| Member::new(&server, *session)).collect();
    let mut floor = Floor { houses, dice: Dice::new(seed), bids: 0 };
    let kills = from_env("RINGPIT_KILLS").unwrap_or(KILLS);
    let outages: Vec<_> =
        (0..kills).map(|number| round(number, &mut server, &mut operator, &mut floor)).collect();
    for house in &mut floor.houses {
        // A query is answered behind all reports.
        house.ask(QueryCounter { counter: CounterId(0) });
    }
    let (reference, expected) = expected(&server);
    for (session, house) in HOUSES.iter().zip(&floor.houses) {
        let expected = &expected[session];
        if let Some(at) = house.seen.iter().zip(expected).position(|(one, other)| one != other) {
            panic!("session {session}, report {at}: {:?}, not {:?}", house.seen[at], expected[at]);
        }
        assert_eq!(house.seen.len(), expected.len(), "session {session}");
    }
    reference.lots.values().for_each(|lot| check_lot(&mut operator, lot));
    check_money(&mut operator, &reference);
    let lots = || reference.lots.values();
    let in_an_outage = |lot: &&Lot| outages.iter().any(|(a, b)| (a..b).contains(&&lot.closes_at));
    let (ended, sold) =
        (lots().filter(in_an_outage).count(), lots().filter(|l| l.winner.is_some()));
    println!(
        "{} auctions, {} sold, {ended} ended within one of {kills} outages, {} bids",
        reference.lots.len(),
        sold.count(),
        floor.bids
    );
    assert!(ended > 0, "no end fell into an outage");
    assert!(server.stop().success(), "{}", server.said());
    prove(&server.store());
}
