//! Numbers at the edge of what an integer holds, in every field of sales, auctions, atomic
//! interactions and orders: prices times quantities, stock, counters, times near 2^63 - 1 and
//! u64::MAX. Proves that such a command is refused or done exactly, never wrapped and never a
//! panic; that the whole state still adds up; and that whatever is refused, above all an atomic
//! interaction that fails after some of its legs were done, leaves the state's hash as it was.
//!
//! `RINGPIT_SEED` repeats a run, `RINGPIT_ATOMICS` makes it longer. Whether an answer is the right
//! one is what the comparisons with the model show, not this.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test stops where something is wrong"
)]

#[path = "support/extreme.rs"]
mod extreme;
#[allow(dead_code, reason = "shared with tests that use more of it")]
#[path = "support/random.rs"]
mod random;

use extreme::{ATTEMPTS_SALE, Generator};
use random::Random;
use ringpit_core::command::{Atomic, Leg, QueryCounter};
use ringpit_core::*;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Atomic interactions to try, all worlds together.
const ATOMICS: u64 = 30_000;
/// Commands of one world after its setup.
const COMMANDS: u64 = 250;
/// Of a hundred commands, after how many the state is counted anew.
const AUDITS: u64 = 15;

/// How often each answer came.
type Answers = BTreeMap<String, u64>;

/// An engine and what this test knows of it.
struct World {
    engine: Engine,
    at: u64,
    counters: BTreeMap<CounterId, i128>,
    newest_reservation: u64,
    /// Atomic interactions that are done.
    done: BTreeSet<(AccountId, RequestId)>,
    /// Scenario lines so far, for whoever must repeat a failure.
    history: Vec<u8>,
}

impl World {
    fn apply(&mut self, command: &Command) -> Vec<Event> {
        ringpit_vocab::write_command(Some(self.at), command, &mut self.history);
        self.history.push(b'\n');
        let mut events = Vec::new();
        let mut sink = |emitted: &Emitted<'_>| events.push(*emitted.event);
        let seq = self.engine.seq() + 1;
        self.engine.apply(seq, self.at, &Input::venue(*command), &mut sink);
        events
    }

    /// One command, once what was due has fired; whether it was refused.
    fn take(&mut self, at: u64, command: &Command, answers: &mut Answers) -> bool {
        self.at = at;
        if self.engine.next_deadline().is_some_and(|due| due <= at) {
            for event in self.apply(&Command::Tick) {
                assert_sane(&event);
            }
        }
        if command.is_query() {
            let mut sink = |emitted: &Emitted<'_>| assert_sane(emitted.event);
            self.engine.query(at, &Input::venue(*command), &mut sink);
            return false;
        }
        let before = self.engine.contents_hash();
        let events = self.apply(command);
        for event in &events {
            assert_sane(event);
            if let Event::Reservation(one) = event {
                let id = one.reservation.map_or(0, |id| id.0);
                self.newest_reservation = self.newest_reservation.max(id);
            }
        }
        let refusal = match events[..] {
            [event] => refusal(&event),
            _ => None,
        };
        let answer = refusal.map_or("done", Reason::word);
        *answers.entry(format!("{} {answer}", command.kind().word())).or_default() += 1;
        if refusal.is_some() && !counts_attempts(command) {
            assert_eq!(self.engine.contents_hash(), before, "{command:?} was refused: {events:?}");
        }
        if let (Command::Atomic(atomic), None) = (command, refusal) {
            if self.done.insert((atomic.account, atomic.request_id)) {
                self.count(atomic);
            } else {
                assert_eq!(events.len(), 1, "a repeat only says so");
                assert_eq!(self.engine.contents_hash(), before, "a repeat does nothing");
            }
        }
        refusal.is_some()
    }

    /// What a done atomic interaction added, without any limit of an integer.
    fn count(&mut self, atomic: &Atomic) {
        for leg in atomic.legs.iter() {
            if let Leg::Add { counter, delta, .. } = leg {
                *self.counters.entry(*counter).or_default() += i128::from(*delta);
            }
        }
        for (counter, value) in &self.counters {
            let mut answer = None;
            let query = Input::venue(QueryCounter { counter: *counter });
            let mut sink = |emitted: &Emitted<'_>| answer = Some(*emitted.event);
            self.engine.query(self.at, &query, &mut sink);
            let Some(Event::Counter(counted)) = answer else { panic!("{answer:?}") };
            assert_eq!(i128::from(counted.value), *value, "counter {counter}");
        }
    }
}

/// The one thing a refused command changes.
fn counts_attempts(command: &Command) -> bool {
    match command {
        Command::Reserve(c) => c.sale == ATTEMPTS_SALE,
        Command::ReserveCart(c) => c.sale == ATTEMPTS_SALE,
        _ => false,
    }
}

/// Why a command was refused, when this event says that it was.
fn refusal(event: &Event) -> Option<Reason> {
    match event {
        Event::Rejected(event) => Some(event.reason),
        Event::CancelReject(event) => Some(event.reason),
        Event::ExecutionReport(e) if e.exec_type == ExecType::Rejected => e.reason,
        Event::BidReport(event) if event.state == BidState::Rejected => event.reason,
        Event::Reservation(event) if event.reservation.is_none() => event.reason,
        Event::AtomicReport(event) if event.state == AtomicState::Rejected => event.reason,
        _ => None,
    }
}

/// No figure that comes out is one that went round.
fn assert_sane(event: &Event) {
    let sound = match event {
        Event::Balance(balance) => balance.available >= 0 && balance.held >= 0,
        Event::Reservation(one) => one.amount.is_none_or(|amount| amount >= 0),
        Event::BidReport(bid) => bid.price.is_none_or(|price| price >= 1),
        Event::Auction(auction) => auction.price.is_none_or(|price| price >= 1),
        Event::Product(p) => {
            p.free.checked_add(p.held).and_then(|s| s.checked_add(p.sold)).is_some()
        }
        Event::ExecutionReport(order) => order.last_px.is_none_or(|price| price >= 1),
        Event::InstrumentStats(stats) => stats.turnover >= 0,
        _ => true,
    };
    assert!(sound, "{event:?}");
}

/// One world; gives how many atomic interactions it tried.
fn play(world: &mut World, seed: u64, answers: &mut Answers) -> u64 {
    let mut generator = Generator::new(Random::new(seed));
    let mut atomics = 0;
    for command in generator.setup() {
        world.take(0, &command, answers);
    }
    for _ in 0..COMMANDS {
        let at = generator.time(world.at, world.engine.next_deadline());
        generator.newest = world.newest_reservation;
        let command = generator.command();
        let refused = world.take(at, &command, answers);
        if let Command::Atomic(atomic) = command {
            atomics += 1;
            // What did succeed is tried again with a last leg that can't.
            if !refused && let Some(doomed) = generator.doomed(&atomic) {
                let twin = world.engine.clone();
                assert!(world.take(at, &doomed.into(), answers), "its last leg fails");
                assert_eq!(world.engine.contents_hash(), twin.contents_hash());
            }
        }
        if generator.random.chance(AUDITS) {
            world.engine.audit().unwrap();
        }
    }
    world.engine.audit().unwrap();
    atomics
}

#[test]
fn extreme_numbers_are_refused_and_leave_no_trace() {
    let from_env = |name| std::env::var(name).ok().map(|text| text.parse().expect("a number"));
    let first: u64 = from_env("RINGPIT_SEED").unwrap_or(1);
    let wanted: u64 = from_env("RINGPIT_ATOMICS").unwrap_or(ATOMICS);
    let mut answers = Answers::new();
    let mut atomics = 0;
    for seed in first.. {
        let mut world = World {
            engine: Engine::new(),
            at: 0,
            counters: BTreeMap::new(),
            newest_reservation: 0,
            done: BTreeSet::new(),
            history: Vec::new(),
        };
        let played = catch_unwind(AssertUnwindSafe(|| play(&mut world, seed, &mut answers)));
        atomics += played.unwrap_or_else(|_| {
            let history = String::from_utf8_lossy(&world.history).into_owned();
            panic!("RINGPIT_SEED={seed}: stopped after\n{history}");
        });
        if atomics >= wanted {
            println!("seeds {first} to {seed}, {atomics} atomic interactions");
            break;
        }
    }
    for (answer, times) in &answers {
        println!("{times:>8} {answer}");
    }
    for answer in [
        "atomic done",
        "atomic overflow",
        "atomic insufficient_funds",
        "atomic sold_out",
        "atomic outbid",
        "atomic too_late",
        "reserve overflow",
        "restock overflow",
        "extend overflow",
        "add_product overflow",
        "place_bid overflow",
        "deposit overflow",
        "new_order overflow",
        "create_auction overflow",
    ] {
        assert!(answers.contains_key(answer), "no `{answer}` came");
    }
}
