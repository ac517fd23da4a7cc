//! A flash sale through the wire: a few shop sessions act for many shoppers each, one payment session
//! confirms, half of the holds are given back or left to expire. Proves that the outcome is first
//! come, first served in the order of the journal: every report of every session, its step's number
//! and its time are those of a separate reference, and so are stock, limits and money at the end.
//!
//! Once in peace; and once with `kill -9` at random points, where holds run out while nobody is
//! there and must expire at the restart, in order and at their own times. `RINGPIT_SEED` repeats the
//! shoppers' choices (not the machine's timing), `RINGPIT_SHOPPERS=100000` is the full size.

use crate::crash::{prove, seed};
use crate::first_come::FirstCome;
use crate::flow::Dice;
use crate::pool::{Member, Seen, from_env, inputs, outage, unix_ns};
use crate::server::Server;
use ringpit_core::command::{
    AddProduct, Code, Confirm, CreateAsset, CreateSale, Deposit, OpenAccount, QueryBalance,
    QueryCounter, QuerySale, Reserve, Void,
};
use ringpit_core::event::{Product, Reservation};
use ringpit_core::*;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

const SHOPS: u64 = 4;
const FIRST_SHOP: u64 = 11;
const PAYMENTS: u64 = 20;
const SELLER: AccountId = AccountId(9_999_999);
const MONEY: AssetId = AssetId(1);
const SALE: SaleId = SaleId(1);
const SHOPPERS_A_PRODUCT: u64 = 100;

const MS: u64 = 1_000_000;
const HOLD_FOR: u64 = 1_500 * MS;

/// What all parts of a run share.
struct Run {
    shoppers: u64,
    /// Reports that shops have got.
    reports: AtomicUsize,
    /// Shops and the payment service that have nothing more to do for now.
    idle: Vec<AtomicBool>,
    stop: AtomicBool,
}

impl Run {
    fn products(&self) -> u64 {
        (self.shoppers / SHOPPERS_A_PRODUCT).max(1)
    }

    fn is_idle(&self) -> bool {
        self.idle.iter().all(|one| one.load(SeqCst))
    }

    fn accounts(&self, shop: u64) -> RangeInclusive<u64> {
        let share = self.shoppers / SHOPS;
        shop * share + 1..=(shop + 1) * share
    }

    fn opening(&self, dice: &mut Dice) -> Vec<Command> {
        let code = Code::new("EUR").unwrap();
        let mut commands: Vec<Command> =
            vec![CreateAsset { asset: MONEY, code, decimals: 2 }.into()];
        commands.push(OpenAccount { account: SELLER, group: None }.into());
        for account in (1..=self.shoppers).map(AccountId) {
            commands.push(OpenAccount { account, group: None }.into());
            let amount = if dice.below(10) == 0 { 3_000 } else { 100_000 };
            let deposit = Deposit { account, asset: MONEY, amount, request_id: None };
            commands.push(deposit.into());
        }
        commands.push(sale().into());
        for product in (0..self.products() as u32).map(ProductId) {
            let (stock, price) = (5 + dice.below(60), 500 + dice.below(4_500) as i64);
            let (limit_per_account, asset) = (2, None);
            let product =
                AddProduct { sale: SALE, product, stock, price, limit_per_account, asset };
            commands.push(product.into());
        }
        commands
    }

    /// A shop's requests: each of its shoppers tries twice, in no particular order.
    fn requests(&self, shop: u64, dice: &mut Dice) -> Vec<Command> {
        let mut who: Vec<u64> = self.accounts(shop).flat_map(|account| [account; 2]).collect();
        for last in (1..who.len()).rev() {
            who.swap(last, dice.below(last as u64 + 1) as usize);
        }
        let one = |(number, account): (usize, u64)| {
            let reserve = Reserve {
                account: AccountId(account),
                sale: SALE,
                product: self.wanted(dice),
                qty: 1 + dice.below(2),
                request_id: RequestId(number as u64),
                origin: (account % 2 == 0).then_some(OriginId(account / 6)),
            };
            reserve.into()
        };
        who.into_iter().enumerate().map(one).collect()
    }

    /// Four of five want what is in the first fifth, and so on within it.
    fn wanted(&self, dice: &mut Dice) -> ProductId {
        let mut among = self.products();
        while among > 5 {
            let first = among / 5;
            if dice.below(5) == 0 {
                return ProductId((first + dice.below(among - first)) as u32);
            }
            among = first;
        }
        ProductId(dice.below(among) as u32)
    }
}

fn sale() -> CreateSale {
    CreateSale {
        sale: SALE,
        opens_at: 0,
        closes_at: unix_ns() + 3_600_000 * MS,
        hold_for: HOLD_FOR,
        payment: Payment::Balance,
        seller: SELLER,
        quote: MONEY,
        max_attempts: Some(1),
        attempts_window: Some(300 * MS),
        waitlist: Some(10),
        limit_per_account: Some(3),
        limit_per_origin: Some(4),
        mode: None,
        seed_digest: None,
        draw_by: None,
    }
}

/// Commands that are sent when their time has come.
#[derive(Default)]
struct Later {
    due: BinaryHeap<Reverse<(u64, usize)>>,
    commands: Vec<Command>,
}

impl Later {
    fn push(&mut self, (at, command): (u64, Command)) {
        self.due.push(Reverse((at, self.commands.len())));
        self.commands.push(command);
    }

    fn pop(&mut self) -> Option<Command> {
        let Reverse((at, number)) = *self.due.peek()?;
        (at <= unix_ns()).then(|| {
            self.due.pop();
            self.commands[number]
        })
    }
}

/// One of the shop's servers: sends its shoppers' requests, gives some holds back, hands others to
/// the payment service, forgets the rest.
fn shop(
    run: &Run,
    number: u64,
    mut member: Member,
    mut dice: Dice,
    pay: &Sender<(u64, Command)>,
) -> Vec<Seen> {
    let mut requests = run.requests(number, &mut dice).into_iter().peekable();
    let mut later = Later::default();
    let mut decided = HashSet::new();
    let mut looked_at = 0;
    while !run.stop.load(SeqCst) {
        while member.has_room()
            && let Some(command) = later.pop().or_else(|| requests.next())
        {
            member.client.send(&command).unwrap();
        }
        member.turn(Duration::from_millis(2));
        for (_, _, event) in &member.seen[looked_at..] {
            if let Event::Reservation(one) = event
                && one.state == ReservationState::Held
                && decided.insert(one.reservation)
            {
                match fate(&mut dice, one) {
                    Some(what @ (_, Command::Void(_))) => later.push(what),
                    Some(what) => pay.send(what).unwrap(),
                    None => {}
                }
            }
        }
        run.reports.fetch_add(member.seen.len() - looked_at, SeqCst);
        looked_at = member.seen.len();
        let idle = requests.peek().is_none() && later.due.is_empty() && member.is_idle();
        run.idle[number as usize].store(idle, SeqCst);
    }
    member.ask(QueryCounter { counter: CounterId(0) });
    member.seen
}

/// What becomes of a new hold, and when: half are paid, at least in part.
fn fate(dice: &mut Dice, held: &Reservation) -> Option<(u64, Command)> {
    let (reservation, deadline) = (held.reservation.unwrap(), held.deadline.unwrap());
    let in_time = deadline - HOLD_FOR + dice.below(HOLD_FOR);
    match dice.below(100) {
        0..45 => Some((in_time, Confirm { reservation, qty: None }.into())),
        45..50 => Some((in_time, Confirm { reservation, qty: Some(1) }.into())),
        50..75 => Some((in_time, Void { reservation }.into())),
        75..80 => Some((deadline + 50 * MS, Confirm { reservation, qty: None }.into())),
        _ => None,
    }
}

/// The payment service: confirms what it is told to.
fn payments(run: &Run, mut member: Member, orders: &Receiver<(u64, Command)>) -> Vec<Seen> {
    let mut later = Later::default();
    while !run.stop.load(SeqCst) {
        orders.try_iter().for_each(|order| later.push(order));
        while member.has_room()
            && let Some(command) = later.pop()
        {
            member.client.send(&command).unwrap();
        }
        member.turn(Duration::from_millis(2));
        let idle = later.due.is_empty() && member.is_idle();
        run.idle[SHOPS as usize].store(idle, SeqCst);
    }
    // A query is answered behind all reports.
    member.ask(QueryBalance { account: SELLER, asset: Some(MONEY) });
    member.seen
}

/// Waits until nobody has anything to do and no hold is left.
fn wait_for_the_end(run: &Run, operator: &mut Member) -> Vec<Event> {
    loop {
        operator.turn(Duration::from_millis(50));
        if run.is_idle() {
            let products = operator.ask(QuerySale { sale: SALE });
            let free = |e: &Event| matches!(e, Event::Product(Product { held: 0, .. }));
            if products.iter().all(free) && run.is_idle() {
                return products;
            }
        }
    }
}

/// What a run came to.
struct Outcome {
    server: Server,
    /// What each session was told.
    told: BTreeMap<SessionId, Vec<Seen>>,
    products: Vec<Event>,
    balances: Vec<Event>,
    outages: Vec<(u64, u64)>,
}

fn play(seed: u64, shoppers: u64, kills: usize) -> Outcome {
    let run = Run {
        shoppers,
        reports: AtomicUsize::new(0),
        idle: (0..=SHOPS).map(|_| AtomicBool::new(false)).collect(),
        stop: AtomicBool::new(false),
    };
    println!("RINGPIT_SEED={seed}");
    let mut dice = Dice::new(seed);
    let sessions: Vec<_> = (0..SHOPS)
        .map(|shop| (FIRST_SHOP + shop, "shopper", run.accounts(shop).into_inner()))
        .chain([(PAYMENTS, "payments", (1, SELLER.0))])
        .collect();
    let mut server = Server::start_with(&sessions);
    let mut operator = Member::operator(&server);
    operator.carry_out(run.opening(&mut dice));
    // Every attempt has at least one report.
    let mut at: Vec<usize> = (0..kills).map(|_| dice.below(shoppers * 2) as usize).collect();
    at.sort_unstable();
    let (pay, orders) = channel();
    let mut told = BTreeMap::new();
    let mut outages = Vec::new();
    let mut products = Vec::new();
    std::thread::scope(|scope| {
        let run = &run;
        let shops: Vec<_> = (0..SHOPS)
            .map(|number| {
                let (member, pay) = (Member::new(&server, FIRST_SHOP + number), pay.clone());
                let dice = Dice::new(dice.roll());
                let one = move || shop(run, number, member, dice, &pay);
                (SessionId(FIRST_SHOP + number), scope.spawn(one))
            })
            .collect();
        let service = Member::new(&server, PAYMENTS);
        let service = scope.spawn(move || payments(run, service, &orders));
        for reports in at {
            while run.reports.load(SeqCst) < reports {
                operator.turn(Duration::from_millis(5));
                assert!(!shops.iter().any(|shop| shop.1.is_finished()), "a shop failed");
            }
            let down = Duration::from_millis(dice.below(200));
            outages.push(outage(&mut server, down));
        }
        products = wait_for_the_end(run, &mut operator);
        run.stop.store(true, SeqCst);
        for (session, shop) in shops {
            told.insert(session, shop.join().unwrap());
        }
        told.insert(SessionId(PAYMENTS), service.join().unwrap());
    });
    let accounts = (1..=shoppers).map(AccountId).chain([SELLER]);
    let balance = |account| operator.ask(QueryBalance { account, asset: Some(MONEY) });
    let balances = accounts.flat_map(balance).collect();
    assert!(server.stop().success(), "{}", server.said());
    Outcome { server, told, products, balances, outages }
}

/// What the reference says of the journal's inputs: itself, and what each session must be told.
fn expected(server: &Server) -> (FirstCome, BTreeMap<SessionId, Vec<Seen>>) {
    let mut reference = FirstCome::default();
    let mut told: BTreeMap<SessionId, Vec<Seen>> = BTreeMap::new();
    let mut owners: HashMap<ReservationId, SessionId> = HashMap::new();
    for (seq, at, input) in inputs(&server.store()) {
        let due = reference.step(at, &Command::Tick);
        let own = due.len();
        let events = due.into_iter().chain(reference.step(at, &input.command));
        for (number, (at, event)) in events.enumerate() {
            let owner = match &event {
                Event::Reservation(Reservation { reservation: Some(id), .. }) => {
                    *owners.entry(*id).or_insert(input.session)
                }
                _ => input.session,
            };
            told.entry(owner).or_default().push((seq, at, event));
            if number == own && owner != input.session {
                told.entry(input.session).or_default().push((seq, at, event));
            }
        }
    }
    (reference, told)
}

/// Everything that was told and asked is what the reference says.
fn check(outcome: &Outcome) {
    let (reference, expected) = expected(&outcome.server);
    for (session, told) in &outcome.told {
        let expected = &expected[session];
        let differs = told.iter().zip(expected).position(|(one, other)| one != other);
        if let Some(at) = differs {
            panic!("session {session}, report {at}: {:?}, not {:?}", told[at], expected[at]);
        }
        assert_eq!(told.len(), expected.len(), "session {session}");
    }
    let mut income = 0;
    for (event, shelf) in outcome.products.iter().zip(reference.shelves.values()) {
        let Event::Product(product) = event else { panic!("{event:?}") };
        let numbers = (product.free, product.held, product.sold, product.waiting);
        assert_eq!(numbers, (shelf.free, 0, shelf.sold, shelf.line.len() as u64), "{product:?}");
        assert_eq!(product.free + product.sold, shelf.rules.stock, "no unit lost");
        income += shelf.rules.price * product.sold as i64;
    }
    assert_eq!(outcome.products.len(), reference.shelves.len());
    assert_eq!(outcome.balances.len(), reference.purses.len());
    for event in &outcome.balances {
        let Event::Balance(balance) = event else { panic!("{event:?}") };
        let purse = reference.purses[&balance.account];
        assert_eq!((balance.available, balance.held), (purse.available, 0), "{balance:?}");
    }
    assert_eq!(reference.purses[&SELLER].available, income, "the seller's money, exactly");
    println!("{} reservations, sold for {income}", reference.reservations.len());
    prove(&outcome.server.store());
}

#[test]
fn a_crowd_is_served_first_come_first_served() {
    check(&play(seed(), from_env("RINGPIT_SHOPPERS").unwrap_or(20_000), 0));
}

#[test]
fn kills_lose_no_unit_and_holds_expire_at_the_restart() {
    let outcome = play(seed(), 4_000, from_env("RINGPIT_KILLS").unwrap_or(25) as usize);
    check(&outcome);
    let reports = outcome.told.values().flatten();
    let in_an_outage = reports.filter(|(_, at, event)| {
        matches!(event, Event::Reservation(one) if one.state == ReservationState::Expired)
            && outcome.outages.iter().any(|(from, to)| (from..to).contains(&at))
    });
    let count = in_an_outage.count();
    println!("{} outages, {count} holds expired within them", outcome.outages.len());
    assert!(count > 0, "no deadline fell into an outage");
}
