//! The flash sale at its full size: 100,000 shoppers, 1,000 products, two attempts a shopper, demand
//! as Pareto found it (eight of ten want two of ten, again and again), and half of the holds given
//! back, in part or whole, or left to expire. Every answer of the engine must be that of a short
//! separate reference, in order and with its time; at the end no unit and no money is missing.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test stops where something is wrong"
)]

#[path = "support/first_come.rs"]
mod first_come;
#[allow(dead_code, reason = "shared with tests that use more of it")]
#[path = "support/random.rs"]
mod random;

use first_come::FirstCome;
use random::Random;
use ringpit_core::command::{
    AddProduct, Code, Confirm, CreateAsset, CreateSale, Deposit, OpenAccount, QueryBalance,
    QuerySale, Reserve, Void,
};
use ringpit_core::event::{Product, Reservation};
use ringpit_core::*;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashSet};

const SHOPPERS: u64 = 100_000;
const PRODUCTS: u32 = 1_000;
const ATTEMPTS_EACH: u64 = 2;

/// Shoppers are accounts 1 to [`SHOPPERS`].
const SELLER: AccountId = AccountId(9_999_999);
const MONEY: AssetId = AssetId(1);
const SALE: SaleId = SaleId(1);

const MS: u64 = 1_000_000;
const OPENS_AT: u64 = 1_000 * MS;
const CLOSES_AT: u64 = 111_000 * MS;
const HOLD_FOR: u64 = 20_000 * MS;
/// Between two attempts, whoever's: all are made within 100 s.
const PACE: u64 = MS / 2;

/// Commands between two counts of the whole state.
const AUDIT_EVERY: u64 = 40_000;

/// The engine and the reference, side by side.
#[derive(Default)]
struct Both {
    engine: Engine,
    reference: FirstCome,
    at: u64,
    /// Each product as it was last printed.
    printed: BTreeMap<ProductId, Product>,
    /// How often each answer came.
    answers: BTreeMap<String, u64>,
}

impl Both {
    /// One command; the reservations that came of it.
    fn take(&mut self, at: u64, command: impl Into<Command>) -> Vec<Reservation> {
        let command = command.into();
        assert!(at >= self.at, "a generator that goes back in time");
        self.at = at;
        let seq = self.engine.seq() + 1;
        let mut said: Vec<(u64, Event)> = Vec::new();
        let printed = &mut self.printed;
        self.engine.apply(seq, at, &Input::venue(command), &mut |emitted: &Emitted<'_>| {
            match emitted.event {
                Event::Reservation(_) | Event::Rejected(_) => {
                    said.push((emitted.at, *emitted.event));
                }
                Event::Product(product) => drop(printed.insert(product.product, *product)),
                _ => {}
            }
        });
        assert_eq!(said, self.reference.step(at, &command), "step {seq}: {command:?}");
        assert_eq!(self.engine.next_deadline(), self.reference.next_due(), "step {seq}");
        if seq.is_multiple_of(AUDIT_EVERY) {
            self.engine.audit().unwrap();
        }
        let mut reservations = Vec::new();
        for (_, event) in said {
            let answer = match event {
                Event::Reservation(one) => {
                    reservations.push(one);
                    format!("{} {}", one.state.word(), one.reason.map_or("", Reason::word))
                }
                Event::Rejected(no) => format!("{} {}", no.command.word(), no.reason.word()),
                _ => continue,
            };
            *self.answers.entry(answer).or_default() += 1;
        }
        reservations
    }

    fn ask(&self, query: impl Into<Command>) -> Vec<Event> {
        let mut answers = Vec::new();
        let mut sink = |emitted: &Emitted<'_>| answers.push(*emitted.event);
        self.engine.query(self.at, &Input::venue(query), &mut sink);
        answers
    }
}

fn open_sale(both: &mut Both, random: &mut Random) {
    let code = Code::new("EUR").unwrap();
    both.take(0, CreateAsset { asset: MONEY, code, decimals: 2 });
    both.take(0, OpenAccount { account: SELLER, group: None });
    for account in (1..=SHOPPERS).map(AccountId) {
        both.take(0, OpenAccount { account, group: None });
        // One of ten can't pay for what costs most.
        let amount = if random.chance(10) { 8_000 } else { 100_000 };
        both.take(0, Deposit { account, asset: MONEY, amount, request_id: None });
    }
    let sale = CreateSale {
        sale: SALE,
        opens_at: OPENS_AT,
        closes_at: CLOSES_AT,
        hold_for: HOLD_FOR,
        payment: Payment::Balance,
        seller: SELLER,
        quote: MONEY,
        max_attempts: Some(1),
        attempts_window: Some(10_000 * MS),
        waitlist: Some(10),
        limit_per_account: Some(3),
        limit_per_origin: Some(4),
        mode: None,
        seed_digest: None,
        draw_by: None,
    };
    both.take(0, sale);
    for product in (0..PRODUCTS).map(ProductId) {
        let (stock, price) = (5 + random.below(60), random.within(500, 5_000));
        let limit_per_account = 2;
        let asset = None;
        both.take(0, AddProduct { sale: SALE, product, stock, price, limit_per_account, asset });
    }
}

/// Four of five want what is in the first fifth, and so on within it.
fn wanted(random: &mut Random) -> ProductId {
    let mut among = PRODUCTS;
    while among > 5 {
        let first = among / 5;
        if !random.chance(80) {
            return ProductId(first + random.below(u64::from(among - first)) as u32);
        }
        among = first;
    }
    ProductId(random.below(u64::from(among)) as u32)
}

/// Everybody's attempts in the order of their times.
fn attempts(random: &mut Random) -> Vec<(u64, Reserve)> {
    let mut who: Vec<u64> = (0..SHOPPERS * ATTEMPTS_EACH).map(|n| n % SHOPPERS + 1).collect();
    for last in (1..who.len()).rev() {
        who.swap(last, random.below(last as u64 + 1) as usize);
    }
    let times = (0..).map(|n| OPENS_AT - 10 * MS + n * PACE);
    let one = |(at, account): (u64, u64)| {
        let reserve = Reserve {
            account: AccountId(account),
            sale: SALE,
            product: wanted(random),
            qty: 1 + random.below(2),
            request_id: RequestId(at),
            // Half of all live in households of three.
            origin: (account % 2 == 0).then_some(OriginId(account / 6)),
        };
        (at, reserve)
    };
    times.zip(who).map(one).collect()
}

/// What becomes of a new hold, and when: half are paid, at least in part.
fn fate(random: &mut Random, held: &Reservation) -> Option<(u64, Command)> {
    let reservation = held.reservation.unwrap();
    let deadline = held.deadline.unwrap();
    let in_time = deadline - HOLD_FOR + random.below(HOLD_FOR);
    match random.below(100) {
        0..45 => Some((in_time, Confirm { reservation, qty: None }.into())),
        45..50 => Some((in_time, Confirm { reservation, qty: Some(1) }.into())),
        50..75 => Some((in_time, Void { reservation }.into())),
        // Too late by nothing at all, or by some time.
        75..80 => {
            let late = deadline + random.pick(&[0, 1, 500 * MS]);
            Some((late, Confirm { reservation, qty: None }.into()))
        }
        _ => None,
    }
}

/// Plays attempts and what follows from them, by time.
fn play(both: &mut Both, random: &mut Random) {
    let mut attempts = attempts(random).into_iter().peekable();
    let mut later: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    let mut follow_ups: Vec<Command> = Vec::new();
    let mut decided = HashSet::new();
    loop {
        let next = attempts.peek().map(|attempt| attempt.0);
        let is_due = |due: u64| next.is_none_or(|next| due <= next);
        let (at, command) = if let Some(Reverse((at, follow_up))) =
            later.peek().copied().filter(|due| is_due(due.0.0))
        {
            later.pop();
            (at, follow_ups[follow_up])
        } else if let Some((at, reserve)) = attempts.next() {
            // Some hear no answer and ask again.
            if random.chance(3) {
                later.push(Reverse((at + random.below(100 * MS), follow_ups.len())));
                follow_ups.push(reserve.into());
            }
            (at, reserve.into())
        } else if let Some(due) = both.engine.next_deadline() {
            (due, Command::Tick)
        } else {
            return;
        };
        for one in both.take(at, command) {
            if one.state == ReservationState::Held
                && decided.insert(one.reservation)
                && let Some((then, command)) = fate(random, &one)
            {
                later.push(Reverse((then.max(at), follow_ups.len())));
                follow_ups.push(command);
            }
        }
    }
}

/// Stock, limits and money, from the engine's own answers against the reference.
fn count(both: &Both) {
    both.engine.audit().unwrap();
    let sale = both.ask(QuerySale { sale: SALE });
    assert_eq!(sale.len(), PRODUCTS as usize);
    let (mut sold, mut income) = (0, 0);
    for (event, shelf) in sale.iter().zip(both.reference.shelves.values()) {
        let Event::Product(product) = event else { panic!("{event:?}") };
        let expected = Product {
            sale: SALE,
            product: shelf.rules.product,
            free: shelf.free,
            held: 0,
            sold: shelf.sold,
            waiting: 0,
        };
        assert_eq!((shelf.held, shelf.line.len()), (0, 0), "everything has ended");
        assert_eq!(*product, expected);
        assert_eq!(both.printed[&product.product], expected, "as last printed");
        assert_eq!(product.free + product.sold, shelf.rules.stock, "no unit lost");
        sold += product.sold;
        income += shelf.rules.price * product.sold as i64;
    }
    let mut units: BTreeMap<AccountId, u64> = BTreeMap::new();
    for one in &both.reference.reservations {
        if one.state == ReservationState::Confirmed {
            *units.entry(one.account).or_default() += one.qty.unwrap();
        }
    }
    assert!(units.values().all(|units| *units <= 3), "nobody over the limit");
    assert_eq!(units.values().sum::<u64>(), sold);
    for (account, purse) in &both.reference.purses {
        let answer = both.ask(QueryBalance { account: *account, asset: Some(MONEY) });
        let [Event::Balance(balance)] = answer[..] else { panic!("{answer:?}") };
        assert_eq!((balance.available, balance.held), (purse.available, 0), "{account}");
    }
    assert_eq!(both.reference.purses[&SELLER].available, income, "the seller's money, exactly");
    println!("{sold} units sold for {income}");
}

#[test]
fn a_hundred_thousand_shoppers_are_served_first_come_first_served() {
    let seed = std::env::var("RINGPIT_SEED").map_or(5, |seed| seed.parse().unwrap());
    println!("RINGPIT_SEED={seed}");
    let mut random = Random::new(seed);
    let mut both = Both::default();
    open_sale(&mut both, &mut random);
    play(&mut both, &mut random);
    for (answer, times) in &both.answers {
        println!("{times:>8} {answer}");
    }
    count(&both);
    for answer in [
        "held ",
        "queued ",
        "confirmed ",
        "voided ",
        "expired ",
        "expired sale_closed",
        "rejected not_open",
        "rejected too_many_requests",
        "rejected limit_per_account",
        "rejected limit_per_sale",
        "rejected limit_per_origin",
        "rejected sold_out",
        "rejected insufficient_funds",
        "confirm too_late",
    ] {
        assert!(both.answers.contains_key(answer), "no `{answer}` came");
    }
}
