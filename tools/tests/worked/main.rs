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
//! case's orders unless given. `at=` sets the time.
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
    fn take(&mut self, line: &ScenarioLine) -> Vec<(u64, Event)>;
}

impl Venue for Engine {
    fn take(&mut self, line: &ScenarioLine) -> Vec<(u64, Event)> {
        let mut events = Vec::new();
        let mut sink = |emitted: &Emitted<'_>| events.push((emitted.at, *emitted.event));
        let input = Input::venue(line.command);
        if line.command.is_query() {
            if self.next_deadline().is_some_and(|deadline| deadline <= line.at) {
                self.apply(self.seq() + 1, line.at, &Input::venue(Command::Tick), &mut sink);
            }
            self.query(line.at, &input, &mut sink);
        } else {
            self.apply(self.seq() + 1, line.at, &input, &mut sink);
        }
        events
    }
}

/// The model with its step number.
struct Slow(Model, u64);

impl Venue for Slow {
    fn take(&mut self, line: &ScenarioLine) -> Vec<(u64, Event)> {
        self.1 += 1;
        self.0.apply(self.1, line.at, &Input::venue(line.command))
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
        _ => false,
    }
}

macro_rules! tables {
    ($venue:ident, $fresh:expr, $($name:ident)+) => {
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
    engine, || Box::new(Engine::new()),
    bands calls ledger limits matching phases queries replace self_trade stops traps
}

tables! {
    model, || Box::new(Slow(Model::new(), 0)),
    bands calls ledger limits matching phases replace self_trade stops traps
}
