//! Scripts: commands behind `>`, each followed by the events that must come out.
//!
//! The venue has assets 1 (the item) and 2 (money), a seller, account 9, with 10 items, and
//! bidders 1 to 6 with 10,000 each. `auction KIND ..` creates auction 1 (one item, start price
//! 1000, from 0 to 100) unless said otherwise, and `bid ACCOUNT MAX ..` bids in it under the next
//! number. An event's time is printed when it is not its command's.

use ringpit_core::command::Command;
use ringpit_core::{Emitted, Engine, Input};
use ringpit_vocab::{Scenario, write_event};
use std::fmt::Write;

const VENUE: &str = "
> create_asset asset=1 code=ITEM decimals=0
> create_asset asset=2 code=USD decimals=0
> open_account account=9
> deposit account=9 asset=1 amount=10
> open_account account=1
> open_account account=2
> open_account account=3
> open_account account=4
> open_account account=5
> open_account account=6
> deposit account=1 asset=2 amount=10000
> deposit account=2 asset=2 amount=10000
> deposit account=3 asset=2 amount=10000
> deposit account=4 asset=2 amount=10000
> deposit account=5 asset=2 amount=10000
> deposit account=6 asset=2 amount=10000
";

/// An engine and where it stands.
pub struct Venue {
    pub engine: Engine,
    at: u64,
    bids: u64,
}

impl Default for Venue {
    fn default() -> Self {
        let mut venue = Self { engine: Engine::new(), at: 0, bids: 0 };
        for line in VENUE.trim().lines() {
            venue.run(line);
        }
        venue
    }
}

/// Runs a script on a new venue; what comes out must be what it says, line by line.
#[track_caller]
pub fn check(script: &str) {
    Venue::default().check(script);
}

impl Venue {
    #[track_caller]
    pub fn check(&mut self, script: &str) {
        let mut transcript = String::new();
        let expected: Vec<&str> =
            script.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        for line in expected.iter().filter(|line| line.starts_with('>')) {
            writeln!(transcript, "{line}\n{}", self.run(line).join("\n")).unwrap();
        }
        let printed: Vec<&str> = transcript.lines().filter(|line| !line.is_empty()).collect();
        if let Some(at) =
            (0..expected.len().max(printed.len())).find(|at| expected.get(*at) != printed.get(*at))
        {
            panic!("line {}: expected {:?}, all:\n{transcript}", at + 1, expected.get(at));
        }
    }

    /// One command; its events.
    pub fn run(&mut self, line: &str) -> Vec<String> {
        let mut words = line.trim_start_matches('>').split_whitespace().peekable();
        if let Some(time) = words.peek().and_then(|word| word.strip_prefix('@')) {
            self.at = time.parse().unwrap();
            words.next();
        }
        let verb = words.next().unwrap_or("tick");
        let rest: Vec<&str> = words.collect();
        let at = self.at;
        if verb == "tick" {
            return self.take(at, Command::Tick);
        }
        let json = self.json(verb, &rest);
        let scenario =
            Scenario::new().read(json.as_bytes()).unwrap_or_else(|e| panic!("{line}: {e}"));
        self.take(at, scenario.unwrap().command)
    }

    fn json(&mut self, verb: &str, rest: &[&str]) -> String {
        let mut verb = verb;
        let mut fields: Vec<(String, String)> = Vec::new();
        let mut rest = rest;
        let add = |fields: &mut Vec<(String, String)>, text: &str| {
            for pair in text.split_whitespace() {
                let (name, value) = pair.split_once('=').unwrap();
                fields.retain(|field| field.0 != name);
                fields.push((name.into(), value.into()));
            }
        };
        match verb {
            "auction" => {
                add(&mut fields, "auction=1 seller=9 asset=1 qty=1 quote=2 start_price=1000");
                add(&mut fields, &format!("opens_at=0 closes_at=100 kind={}", rest[0]));
                (verb, rest) = ("create_auction", &rest[1..]);
            }
            "bid" => {
                self.bids += 1;
                let bid = format!("account={} max_price={} bid_id={}", rest[0], rest[1], self.bids);
                add(&mut fields, "auction=1");
                add(&mut fields, &bid);
                (verb, rest) = ("place_bid", &rest[2..]);
            }
            "buy_now" | "cancel_auction" | "query_auction" => add(&mut fields, "auction=1"),
            _ => {}
        }
        rest.iter().for_each(|pair| add(&mut fields, pair));
        let mut json = format!("{{\"do\":\"{verb}\"");
        for (name, value) in fields.iter().filter(|field| field.1 != "-") {
            let bare = value.starts_with('[') || value.parse::<i128>().is_ok();
            let bare = bare || matches!(value.as_str(), "true" | "false");
            let value = if bare { value.clone() } else { format!("\"{value}\"") };
            write!(json, ",\"{name}\":{value}").unwrap();
        }
        json + "}"
    }

    /// One input at a time; its events as short lines.
    fn take(&mut self, at: u64, command: Command) -> Vec<String> {
        let mut lines = Vec::new();
        let mut sink = |emitted: &Emitted<'_>| {
            let mut line = Vec::new();
            write_event(emitted.seq, emitted.at, emitted.event, &mut line);
            let time = if emitted.at == at { String::new() } else { format!("@{} ", emitted.at) };
            lines.push(time + &shorten(&String::from_utf8(line).unwrap()));
        };
        let is_query = command.is_query();
        let due = self.engine.next_deadline().is_some_and(|due| due <= at);
        if is_query && due {
            let seq = self.engine.seq() + 1;
            self.engine.apply(seq, at, &Input::venue(Command::Tick), &mut sink);
        }
        if is_query {
            self.engine.query(at, &Input::venue(command), &mut sink);
        } else {
            self.engine.apply(self.engine.seq() + 1, at, &Input::venue(command), &mut sink);
        }
        self.engine.audit().unwrap_or_else(|why| panic!("{command:?}: {why}"));
        lines
    }
}

/// `{"seq":1,"at":2,"event":"bid_report","account":3,"auction":1,"bid_id":4,"state":"won"}` is
/// `bid account=3 #4 won`.
fn shorten(json: &str) -> String {
    let (_, event) = json.split_once("\"event\":").unwrap();
    let words = event.trim_end_matches('}').replace('"', "").replace(',', " ").replace(':', "=");
    words
        .replacen("bid_report ", "bid ", 1)
        .replace(" auction=1 ", " ")
        .replace(" bid_id=", " #")
        .replace(" state=", " ")
}
