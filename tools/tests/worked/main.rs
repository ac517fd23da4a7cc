//! The rule book's worked examples and traps, run as they stand in the text tables beside this
//! file: every event of every step, against the engine and against the slow model.
//!
//! How to read a table:
//!
//! | row | means |
//! |---|---|
//! | `== title` | a case begins, with an empty venue |
//! | `+ command` | set-up: must not be refused, its events are not listed |
//! | `> command` | a step; the indented rows that follow are all its events |
//! | `# text` | for the reader |
//!
//! A command is its word and `field=value`s. Three short forms: `book ...` (assets 1 and 2, the
//! instrument 1 of them, and `field=value`s of its own), `accounts 1 2 3`, and
//! `1 buy limit 12 @101 ioc` for an order of account 1, whose cl_ord_id is its number among the
//! case's orders unless given. `at=` sets the time; `60s` is that many seconds.
//!
//! For sales: `sale ...` (the same assets, the seller 9, and sale 1, open from 0 to 1000 s, which
//! holds for 60 s and is paid outside unless said otherwise), `product 10 ...` (stock 2, price 50,
//! limit 9 unless said otherwise), `1 reserve 10x2`, `1 cart 10x1 11x2`, and
//! `1 atomic | add counter=1 delta=5 | take ...`; a request_id is its number among the case's
//! unless given.
//!
//! For auctions: `auction ...` (the same assets; the seller 9, who has 99 of asset 1; auction 1 of
//! one of them, open from 0 to 100), `bidders 1 2` (accounts with 10000 each) and `1 bid 500`.
//!
//! Events are shortened too; `#3` is an order_id, `c3` a cl_ord_id, `t3` a trade_id:
//! `report account #order cl exec_type ord_status side price order_qty leaves_qty cum_qty`,
//! `trade t1 5@100 aggressor #buy #sell`, `level side price qty orders`, `quote bid ask` as price x
//! qty. A time that is not the command's stands before the event.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod notation;

use notation::{Row, event_row, rows};
use ringpit_core::{Command, Emitted, Engine, Event, Input};
use ringpit_model::Model;
use ringpit_vocab::{Scenario, ScenarioLine, write_event};

/// What takes a case's lines and gives each one's events.
trait Venue {
    fn next_deadline(&self) -> Option<u64>;
    fn step(&mut self, at: u64, input: &Input) -> Vec<(u64, Event)>;
    fn ask(&self, at: u64, input: &Input) -> Vec<(u64, Event)>;

    /// A step, or a query's answer with what its time fires before it.
    fn take(&mut self, line: &ScenarioLine) -> Vec<(u64, Event)> {
        let input = Input::venue(line.command);
        if !line.command.is_query() && !line.command.is_beyond_rules() {
            return self.step(line.at, &input);
        }
        let mut events = match self.next_deadline() {
            Some(deadline) if deadline <= line.at => {
                self.step(line.at, &Input::venue(Command::Tick))
            }
            _ => Vec::new(),
        };
        events.extend(self.ask(line.at, &input));
        events
    }
}

impl Venue for Engine {
    fn next_deadline(&self) -> Option<u64> {
        self.next_deadline()
    }

    fn step(&mut self, at: u64, input: &Input) -> Vec<(u64, Event)> {
        let mut events = Vec::new();
        self.apply(self.seq() + 1, at, input, &mut |emitted: &Emitted<'_>| {
            events.push((emitted.at, *emitted.event));
        });
        events
    }

    fn ask(&self, at: u64, input: &Input) -> Vec<(u64, Event)> {
        let mut events = Vec::new();
        self.query(at, input, &mut |emitted: &Emitted<'_>| {
            events.push((emitted.at, *emitted.event));
        });
        events
    }
}

/// The model with its step number.
struct Slow(Model, u64);

impl Venue for Slow {
    fn next_deadline(&self) -> Option<u64> {
        self.0.next_deadline()
    }

    fn step(&mut self, at: u64, input: &Input) -> Vec<(u64, Event)> {
        self.1 += 1;
        self.0.apply(self.1, at, input)
    }

    fn ask(&self, at: u64, input: &Input) -> Vec<(u64, Event)> {
        self.0.query(at, input).into_iter().map(|event| (at, event)).collect()
    }
}

/// Runs a table and compares every step's events; all that differs is shown.
fn run(table: &str, text: &str, fresh: impl Fn() -> Box<dyn Venue>) {
    let mut differences = String::new();
    let (mut venue, mut scenario, mut title) = (fresh(), Scenario::new(), "");
    for row in rows(text) {
        match row {
            Row::Case(name) => {
                (venue, scenario, title) = (fresh(), Scenario::new(), name);
            }
            Row::SetUp { place, lines } => {
                for line in lines {
                    for (_, event) in venue.take(&read(&mut scenario, &line, place)) {
                        assert!(!refused(&event), "{table}:{place}: {line}\n{event:?}");
                    }
                }
            }
            Row::Step { place, line, expected } => {
                let line = read(&mut scenario, &line, place);
                let events: Vec<String> = venue
                    .take(&line)
                    .iter()
                    .map(|(at, event)| shown(*at, event, line.at))
                    .collect();
                if events != expected {
                    differences += &format!(
                        "\n{table}:{place} ({title})\n  expected\n    {}\n  got\n    {}\n",
                        expected.join("\n    "),
                        events.join("\n    ")
                    );
                }
            }
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

fn read(scenario: &mut Scenario, line: &str, place: usize) -> ScenarioLine {
    match scenario.read(line.as_bytes()) {
        Ok(Some(line)) => line,
        other => panic!("line {place}: {line}\n{other:?}"),
    }
}

fn shown(at: u64, event: &Event, command_at: u64) -> String {
    let mut line = Vec::new();
    write_event(0, at, event, &mut line);
    event_row(std::str::from_utf8(&line).unwrap(), command_at)
}

fn refused(event: &Event) -> bool {
    match event {
        Event::Rejected(_) | Event::CancelReject(_) => true,
        Event::ExecutionReport(report) => report.exec_type == ringpit_core::ExecType::Rejected,
        Event::Reservation(report) => report.reservation.is_none(),
        Event::BidReport(report) => report.state == ringpit_core::BidState::Rejected,
        Event::AtomicReport(report) => report.state == ringpit_core::AtomicState::Rejected,
        _ => false,
    }
}

macro_rules! tables {
    ($($name:ident)+) => {
        tables!(@ engine, || Box::new(Engine::new()), $($name)+);
        tables!(@ model, || Box::new(Slow(Model::new(), 0)), $($name)+);
    };
    (@ $venue:ident, $fresh:expr, $($name:ident)+) => {
        mod $venue {
            use super::*;

            $(#[test]
            fn $name() {
                let file = concat!(stringify!($name), ".txt");
                run(file, include_str!(concat!(stringify!($name), ".txt")), $fresh);
            })+
        }
    };
}

tables! {
    atomic auctions bands calls carts computed draws holds ledger limits matching phases queries
    ranking replace reserve rules scheduled self_trade stops traps waitlist
}
