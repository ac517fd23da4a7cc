//! Holds the engine against the model, command by command, and shrinks what differs to the fewest
//! commands that still do, printed as scenario lines that `ringpit run` reads.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test stops where something is wrong"
)]

pub mod invariants;
pub mod random;
pub mod sessions;
pub mod shop;
pub mod small;
pub mod world;

use invariants::Books;
use ringpit_core::command::{QueryBalance, QueryCounters, QueryDepth, QueryOpen, QueryStats};
use ringpit_core::limits::UNSIGNED_MAX;
use ringpit_core::*;
use ringpit_model::Model;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Inputs with their times.
pub type Scenario = Vec<(u64, Input)>;

/// How often the invariants are counted anew within a scenario.
const COUNT_EVERY: u64 = 8;

/// The engine and the model side by side.
#[derive(Clone)]
pub struct Pair {
    pub engine: Engine,
    pub model: Model,
}

impl Default for Pair {
    fn default() -> Self {
        Self::new()
    }
}

impl Pair {
    pub fn new() -> Self {
        Self { engine: Engine::new(), model: Model::new() }
    }

    /// One step of both by the venue itself; gives the events when they are the same.
    pub fn step(&mut self, at: u64, command: Command) -> Result<Vec<(u64, Event)>, String> {
        self.take(at, &Input::venue(command))
    }

    /// One step of both; gives the events when they are the same.
    pub fn take(&mut self, at: u64, input: &Input) -> Result<Vec<(u64, Event)>, String> {
        let seq = self.engine.seq() + 1;
        let is_new = !self.engine.is_duplicate(input.session, input.client_seq);
        let mut events: Vec<(u64, Event)> = Vec::new();
        let mut addressed: Vec<(SessionId, Option<u64>)> = Vec::new();
        let mut wrong_seq = None;
        self.engine.apply(seq, at, input, &mut |emitted: &Emitted<'_>| {
            if emitted.seq != seq {
                wrong_seq = Some(emitted.seq);
            }
            // The sender's copy of a report that is another session's follows it at once.
            let event = (emitted.at, *emitted.event);
            let before = addressed.last().map(|last| last.0);
            if events.last() != Some(&event) || before == Some(emitted.owner) {
                events.push(event);
            }
            addressed.push((emitted.owner, emitted.ref_seq_no));
        });
        let answer = (input.session, Some(input.client_seq));
        if input.client_seq != 0 && is_new && !addressed.contains(&answer) {
            return Err(format!("no answer to {answer:?} among {addressed:?}"));
        }
        if let Some(wrong) = wrong_seq {
            return Err(format!("an event of step {seq} carries number {wrong}"));
        }
        same(&events, &self.model.apply(seq, at, input))?;
        let (engine, model) = (self.engine.next_deadline(), self.model.next_deadline());
        if engine != model {
            return Err(format!("next deadline: engine {engine:?}, model {model:?}"));
        }
        Ok(events)
    }

    /// The answer of both to a query, when it is the same.
    pub fn ask(&self, query: impl Into<Command>) -> Result<Vec<Event>, String> {
        let input = Input::venue(query);
        let now = self.engine.now();
        let mut events: Vec<(u64, Event)> = Vec::new();
        self.engine
            .query(now, &input, &mut |emitted: &Emitted<'_>| events.push((now, *emitted.event)));
        let model: Vec<_> = self.model.query(now, &input).into_iter().map(|e| (now, e)).collect();
        same(&events, &model)?;
        Ok(events.into_iter().map(|(_, event)| event).collect())
    }
}

fn same(engine: &[(u64, Event)], model: &[(u64, Event)]) -> Result<(), String> {
    match ringpit_vocab::first_difference(engine, model) {
        None => Ok(()),
        Some((place, engine, model)) => {
            Err(format!("event {place} differs:\n  engine {engine}\n  model  {model}"))
        }
    }
}

/// Plays a scenario on both; gives how many events they agreed on.
pub fn compare(scenario: &Scenario) -> Result<usize, String> {
    let mut pair = Pair::new();
    let mut books = Books::default();
    let mut agreed = 0;
    for (place, (at, input)) in scenario.iter().enumerate() {
        let command = &input.command;
        let here = |error| format!("command {place}, {}: {error}", command.kind().word());
        if command.is_query() {
            if pair.model.next_deadline().is_some_and(|due| due <= *at) {
                let events = pair.step(*at, Command::Tick).map_err(here)?;
                books.note(&Command::Tick, &events);
            }
            agreed += pair.ask(*command).map_err(here)?.len();
            continue;
        }
        let events = pair.take(*at, input).map_err(here)?;
        agreed += events.len();
        books.note(command, &events);
        if pair.engine.seq().is_multiple_of(COUNT_EVERY) {
            books.count(&pair).and_then(|()| pair.engine.audit()).map_err(here)?;
        }
    }
    let at_the_end = |error| format!("at the end: {error}");
    books.count(&pair).and_then(|()| pair.engine.audit()).map_err(at_the_end)?;
    agreed += ask_everything(&pair, &books).map_err(at_the_end)?;
    Ok(agreed)
}

/// Every question the two can be asked about what a scenario made.
fn ask_everything(pair: &Pair, books: &Books) -> Result<usize, String> {
    let mut agreed = pair.ask(Command::QueryDeadlines)?.len();
    let all = QueryCounters { from: CounterId(0), to: CounterId(UNSIGNED_MAX) };
    agreed += pair.ask(all)?.len();
    for account in pair.model.account_ids() {
        agreed += pair.ask(QueryBalance { account, asset: None })?.len();
        agreed += pair.ask(QueryOpen { account })?.len();
    }
    for instrument in books.instruments() {
        agreed += pair.ask(QueryDepth { instrument })?.len();
        let stats = QueryStats { instrument: Some(instrument), auction: None, sale: None };
        agreed += pair.ask(stats)?.len();
    }
    Ok(agreed)
}

/// [`compare`], where a panic of either side is a difference too.
fn outcome(scenario: &Scenario) -> Result<usize, String> {
    catch_unwind(AssertUnwindSafe(|| compare(scenario))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or(panic.downcast_ref::<&str>().map(ToString::to_string));
        Err(format!("panic: {}", text.unwrap_or_default()))
    })
}

/// Plays a scenario and panics with its smallest failing part when the two differ.
pub fn must_agree(name: &str, seed: u64, scenario: Scenario) -> usize {
    match outcome(&scenario) {
        Ok(agreed) => agreed,
        Err(first) => {
            let hook = std::panic::take_hook();
            std::panic::set_hook(Box::new(|_| {}));
            let small = shrink(scenario);
            let error = outcome(&small).expect_err("shrinking keeps the failure");
            std::panic::set_hook(hook);
            panic!("{name}, seed {seed}: {error}\n(before shrinking: {first})\n{}", text(&small));
        }
    }
}

/// Leaves out commands, first many at once, as long as the rest still fails.
fn shrink(mut scenario: Scenario) -> Scenario {
    let mut chunk = scenario.len().div_ceil(2);
    while chunk > 0 {
        let mut start = 0;
        let mut removed = false;
        while start < scenario.len() {
            let mut fewer = scenario.clone();
            fewer.drain(start..(start + chunk).min(scenario.len()));
            if outcome(&fewer).is_err() {
                scenario = fewer;
                removed = true;
            } else {
                start += chunk;
            }
        }
        if chunk > 1 || !removed {
            chunk /= 2;
        }
    }
    scenario
}

/// The scenario as `ringpit run` reads it.
pub fn text(scenario: &Scenario) -> String {
    let mut out = Vec::new();
    for (at, input) in scenario {
        if input.session.0 != 0 {
            let line = format!("# from session {}, number {}: ", input.session, input.client_seq);
            out.extend_from_slice(line.as_bytes());
        }
        match &input.command {
            Command::SessionOpen(_)
            | Command::SessionConfig(_)
            | Command::SessionLost(_)
            | Command::SessionBack(_) => out.extend(format!("# {:?}", input.command).bytes()),
            command => ringpit_vocab::write_command(Some(*at), command, &mut out),
        }
        out.push(b'\n');
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A number from the environment, so that a longer run needs no other code.
pub fn from_env(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}
