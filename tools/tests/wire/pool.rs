//! What a shop's or an auction house's own servers do: a few sessions that act for many accounts;
//! and what can be read from the journal afterwards.

use crate::server::{Server, login, login_of};
use ringpit_client::{Client, Delivery};
use ringpit_core::{Command, Event, Input, SessionId, codec};
use ringpit_journal::{Kind, ReadOptions};
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// An event with its step's number and its time.
pub type Seen = (u64, u64, Event);

/// Commands of one session that wait for their answer at once.
pub const WINDOW: usize = 200;

/// UNIX nanoseconds now.
pub fn unix_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64
}

/// A session and all that it was told.
pub struct Member {
    pub client: Client,
    /// Its numbered events, each once and in order.
    pub seen: Vec<Seen>,
    answers: Vec<Event>,
    waiting: VecDeque<Command>,
}

impl Member {
    pub fn new(server: &Server, session: u64) -> Self {
        let client = Client::new(server.address(), login_of(session)).unwrap();
        Self { client, seen: Vec::new(), answers: Vec::new(), waiting: VecDeque::new() }
    }

    pub fn operator(server: &Server) -> Self {
        let client = Client::new(server.address(), login()).unwrap();
        Self { client, seen: Vec::new(), answers: Vec::new(), waiting: VecDeque::new() }
    }

    /// Moves bytes for at most so long.
    pub fn turn(&mut self, wait: Duration) {
        let Self { client, seen, answers, .. } = self;
        client
            .turn(wait, |delivery| match delivery {
                Delivery::Event(arrived) if arrived.query_id != 0 => answers.push(*arrived.event),
                Delivery::Event(arrived) => {
                    seen.push((arrived.seq, arrived.at, *arrived.event));
                    assert_eq!(arrived.number, seen.len() as u64, "once, and in order");
                }
                Delivery::Disconnected => answers.clear(),
                Delivery::Refused(refusal) => panic!("{refusal:?}"),
                Delivery::Passed { number } => panic!("message {number} was passed over"),
                _ => {}
            })
            .unwrap();
    }

    pub fn has_room(&self) -> bool {
        self.client.session().in_flight() < WINDOW
    }

    pub fn is_idle(&self) -> bool {
        self.client.session().in_flight() == 0 && !self.client.session().is_catching_up()
    }

    /// Sends all, and waits for the answers.
    pub fn carry_out(&mut self, commands: impl IntoIterator<Item = Command>) {
        self.waiting.extend(commands);
        while !(self.waiting.is_empty() && self.is_idle()) {
            while self.has_room()
                && let Some(command) = self.waiting.pop_front()
            {
                self.client.send(&command).unwrap();
            }
            self.turn(Duration::from_millis(50));
        }
    }

    /// The answers to a query. All numbered events that were sent before have arrived by then.
    pub fn ask(&mut self, query: impl Into<Command>) -> Vec<Event> {
        self.client.query(&query.into()).unwrap();
        while !self.is_idle() {
            self.turn(Duration::from_millis(50));
        }
        std::mem::take(&mut self.answers)
    }
}

/// Everything that was ordered into a store's line and took effect: (step, time, input).
pub fn inputs(store: &Path) -> Vec<(u64, u64, Input)> {
    let mut inputs = Vec::new();
    let mut last: BTreeMap<SessionId, u64> = BTreeMap::new();
    let mut on_record = |record: &ringpit_journal::Record<'_>| {
        if record.kind == Kind::Input {
            let input = codec::decode(record.payload).unwrap();
            if let Command::SessionOpen(opened) = input.command {
                last.remove(&opened.session);
            }
            let last = last.entry(input.session).or_default();
            // A client's number that came twice is done once.
            if input.client_seq == 0 || input.client_seq > *last {
                *last = input.client_seq.max(*last);
                inputs.push((record.seq, record.time_ns, input));
            }
        }
        Ok(())
    };
    ringpit_journal::read(store, ReadOptions::default(), &mut on_record, &mut |_| {}).unwrap();
    inputs
}

/// Kills the server, leaves it down for so long, and starts it again; when it was down.
pub fn outage(server: &mut Server, down: Duration) -> (u64, u64) {
    server.kill();
    let from = unix_ns();
    std::thread::sleep(down);
    let to = unix_ns();
    server.spawn();
    (from, to)
}

/// A number from the environment, so that a longer run needs no other code.
pub fn from_env(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}
