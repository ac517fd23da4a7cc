//! What a session promises, played against a small server that crashes, cuts and refuses: every
//! command is executed at most once and has exactly one outcome, and every numbered event is handed
//! over exactly once, in order, byte for byte as the server's journal has it. `RINGPIT_SEEDS=N`
//! plays more games than the 2,000 of every run.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod model;
mod scenes;

use model::{Executed, Model, SESSION, secret};
use ringpit_client::{Delivery, Login, Now, Session, Topic, Wants};
use ringpit_core::command::{KillSwitch, QueryCounter};
use ringpit_core::{AccountId, Command, CounterId};
use ringpit_wire::TerminationCode;
use std::collections::{BTreeMap, BTreeSet};

/// SplitMix64.
fn dice(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
}

fn login() -> Login {
    Login::new(SESSION.0, secret())
}

fn command(what: u64) -> Command {
    KillSwitch { account: AccountId(what), on: true }.into()
}

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    Answered,
    Refused,
    Passed,
}

/// What the client's user has seen.
#[derive(Default)]
struct Seen {
    frames: Vec<Vec<u8>>,
    /// What waits, by number.
    waiting: BTreeMap<u64, u64>,
    outcomes: BTreeMap<u64, Outcome>,
    queries_open: BTreeSet<u64>,
    answers: u32,
    market_data: u64,
}

impl Seen {
    fn take(&mut self, delivery: &Delivery<'_>) {
        match *delivery {
            Delivery::Event(arrived) if arrived.number != 0 => {
                self.frames.push(arrived.frame.to_vec());
                assert_eq!(arrived.number, self.frames.len() as u64, "in order, exactly once");
                if let Some(what) = arrived.ref_seq_no.and_then(|n| self.waiting.remove(&n)) {
                    self.end(what, Outcome::Answered);
                }
            }
            Delivery::Event(arrived) if arrived.query_id != 0 => {
                assert!(self.queries_open.contains(&arrived.query_id));
                self.answers += 1;
            }
            Delivery::Event(_) => self.market_data += 1,
            Delivery::QueryEnd { query_id, count, .. } => {
                assert!(self.queries_open.remove(&query_id));
                assert_eq!((self.answers, count), (2, 2));
                self.answers = 0;
            }
            Delivery::Disconnected => self.answers = 0,
            Delivery::Refused(refusal) => {
                if let Some(what) = self.waiting.remove(&refusal.number) {
                    self.end(what, Outcome::Refused);
                }
            }
            Delivery::Passed { number } => {
                if let Some(what) = self.waiting.remove(&number) {
                    self.end(what, Outcome::Passed);
                }
            }
            Delivery::Renumbered { from, to } => {
                if let Some(what) = self.waiting.remove(&from) {
                    self.waiting.insert(to, what);
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, what: u64, outcome: Outcome) {
        let before = self.outcomes.insert(what, outcome);
        assert_eq!(before, None, "{what} ended twice");
    }
}

struct World {
    roll: Box<dyn FnMut(u64) -> u64>,
    now: Now,
    session: Session,
    model: Model,
    seen: Seen,
    to_client: Vec<u8>,
    restarts: u32,
}

const COMMANDS: u64 = 120;

impl World {
    fn new(seed: u64) -> Self {
        let mut session = Session::new(login()).unwrap();
        let now = Now { mono_ns: 1, unix_ns: 1_000_000_000_000 };
        session.subscribe(now, Topic::All).unwrap();
        let model = Model::new(Box::new(dice(seed ^ 0xabcd)));
        let (roll, seen) = (Box::new(dice(seed)), Seen::default());
        Self { roll, now, session, model, seen, to_client: Vec::new(), restarts: 0 }
    }

    fn pass_time(&mut self, ns: u64) {
        self.now.mono_ns += ns;
        // The clock may stand still or jump; logins must rise all the same.
        self.now.unix_ns += ns * (self.roll)(2);
    }

    fn cut(&mut self) {
        self.model.hang_up();
        self.to_client.clear();
        if !matches!(self.session.wants(), Wants::ConnectAt(_)) {
            let seen = &mut self.seen;
            self.session.disconnected(self.now, &mut |delivery| seen.take(&delivery));
        }
    }

    fn move_bytes(&mut self, most: u64) {
        let there = (self.session.output().len() as u64).min(most);
        let part = (self.roll)(there + 1) as usize;
        if self.model.is_connected() {
            let bytes = self.session.output()[..part].to_vec();
            self.session.wrote(part);
            self.model.receive(&bytes);
            self.to_client.extend(self.model.take_output());
        }
        let there = (self.to_client.len() as u64).min(most);
        let part = (self.roll)(there + 1) as usize;
        let bytes: Vec<u8> = self.to_client.drain(..part).collect();
        let seen = &mut self.seen;
        self.session.received(self.now, &bytes, &mut |delivery| seen.take(&delivery));
    }

    fn serve_wants(&mut self) {
        self.session.tick(self.now);
        match self.session.wants() {
            Wants::ConnectAt(at) => {
                self.now.mono_ns = self.now.mono_ns.max(at);
                self.model.accept();
                self.session.connected(self.now);
            }
            Wants::HangUp => self.cut(),
            Wants::TickAt(_) => {}
            Wants::Nothing => panic!("it ended: {:?}", self.session.error()),
        }
    }

    /// The client's process ends, and another goes on with its state.
    fn restart(&mut self) {
        self.cut();
        let state = self.session.state();
        self.session = Session::resume(login(), &state).unwrap();
        // Queries die with their process.
        self.seen.queries_open.clear();
        self.seen.answers = 0;
        self.restarts += 1;
    }

    fn step(&mut self, sent: &mut u64) {
        match (self.roll)(1_000) {
            0..8 => self.cut(),
            8..13 => {
                self.model.crash();
                self.cut();
            }
            13..16 => self.restart(),
            16..20 => self.model.terminate(TerminationCode::ServerShutdown),
            20..40 => self.model.happen(),
            40..60 => {
                let query = QueryCounter { counter: CounterId(1) }.into();
                let (_, id) = self.session.query(self.now, &query).unwrap();
                self.seen.queries_open.insert(id);
            }
            60..260 if *sent < COMMANDS => {
                *sent += 1;
                let number = self.session.send(self.now, &command(*sent)).unwrap();
                self.seen.waiting.insert(number, *sent);
            }
            260..500 => self.model.flush(),
            500..530 => self.pass_time(1_500_000_000),
            _ => {
                self.pass_time(1_000);
                self.move_bytes(700);
            }
        }
        self.serve_wants();
    }

    /// Everything that is under way arrives.
    fn settle(&mut self) {
        for _ in 0..100_000 {
            let done = self.session.is_live()
                && !self.session.is_catching_up()
                && self.session.in_flight() == 0
                && self.seen.frames.len() == self.model.events.len();
            if done {
                return;
            }
            self.model.flush();
            self.pass_time(1_000_000);
            self.move_bytes(10_000);
            self.serve_wants();
        }
        panic!("it never settles: {:?}", self.session);
    }

    fn check(&self) {
        assert!(self.model.violations.is_empty(), "{:?}", self.model.violations);
        let journal: Vec<_> = self.model.events.iter().map(|(_, frame)| frame.clone()).collect();
        assert!(self.seen.frames == journal, "every event, as it stands in the journal");
        let own = self.model.executed.iter().filter(|Executed { what, .. }| *what != 0);
        let executed: Vec<u64> = own.map(|input| input.what).collect();
        let once: BTreeSet<u64> = executed.iter().copied().collect();
        assert_eq!(once.len(), executed.len(), "nothing twice");
        assert!(self.seen.waiting.is_empty());
        for what in 1..=COMMANDS {
            let answered = self.seen.outcomes.get(&what) == Some(&Outcome::Answered);
            assert_eq!(
                once.contains(&what),
                answered,
                "{what}: {:?}",
                self.seen.outcomes.get(&what)
            );
        }
        assert_eq!(self.seen.outcomes.len() as u64, COMMANDS, "each has one outcome");
        assert!(self.seen.queries_open.is_empty());
    }
}

#[test]
fn whatever_happens_each_command_has_one_outcome_and_each_event_comes_once() {
    let (mut refused, mut passed, mut restarts, mut market_data) = (0, 0, 0, 0);
    let seeds = std::env::var("RINGPIT_SEEDS").map_or(2_000, |n| n.parse().unwrap());
    for seed in 0..seeds {
        println!("seed {seed}");
        let (mut world, mut sent) = (World::new(seed), 0);
        while sent < COMMANDS {
            world.step(&mut sent);
        }
        world.settle();
        world.check();
        let count = |outcome| world.seen.outcomes.values().filter(|o| **o == outcome).count();
        refused += count(Outcome::Refused);
        passed += count(Outcome::Passed);
        restarts += world.restarts;
        market_data += world.seen.market_data;
    }
    println!("{refused} refused, {passed} passed, {restarts} restarts, {market_data} market data");
    assert!(refused > 0 && passed > 0 && restarts > 0 && market_data > 0, "each case must occur");
}
