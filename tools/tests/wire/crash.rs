//! The server is killed (-9) at 50 random points while a client plays a whole session. Proves that
//! no acknowledged order is lost, none is executed twice, every report is that of an uninterrupted
//! run but for its number in the line and its time, reports that were missed come again byte for
//! byte, and the journal replays to the digests the server itself wrote down.

use crate::flow::Dice;
use crate::reference::{FILE, data_file};
use crate::scenario::{Play, generated, imported, with_closing};
use crate::server::{Server, login};
use crate::{assert_same, prints, timeless};
use ringpit_client::{Client, Delivery, SessionState};
use ringpit_core::Command;
use ringpit_vocab::write_event;
use std::path::Path;
use std::time::Duration;

const KILLS: usize = 50;

/// One kill in so many is followed by another while the server still recovers.
const AGAIN: u64 = 5;

/// Commands that wait for their answer at once.
const WINDOW: usize = 200;

const WAIT: Duration = Duration::from_millis(200);

/// What the client's user has seen.
#[derive(Default)]
struct Seen {
    /// Every numbered event as it came, in order.
    frames: Vec<Vec<u8>>,
    /// The same as lines.
    reports: Vec<String>,
    /// Answers to the query under way.
    answers: Vec<String>,
    /// What ended otherwise than by an event.
    others: Vec<String>,
    reconnects: u32,
}

impl Seen {
    fn take(&mut self, delivery: &Delivery<'_>) {
        match *delivery {
            Delivery::Event(arrived) => {
                let mut line = Vec::new();
                write_event(arrived.seq, arrived.at, arrived.event, &mut line);
                let line = String::from_utf8(line).unwrap();
                if arrived.query_id != 0 {
                    return self.answers.push(line);
                }
                self.frames.push(arrived.frame.to_vec());
                self.reports.push(line);
                assert_eq!(arrived.number, self.frames.len() as u64, "once, and in order");
            }
            Delivery::Disconnected => {
                self.answers.clear();
                self.reconnects += 1;
            }
            Delivery::Refused(_) | Delivery::Passed { .. } => {
                self.others.push(format!("{delivery:?}"));
            }
            _ => {}
        }
    }
}

/// A client at its server, and when the server is to be killed.
struct Game {
    server: Server,
    client: Client,
    seen: Seen,
    dice: Dice,
    /// Events after which to kill, the next at the end.
    kills: Vec<usize>,
}

impl Game {
    fn new(seed: u64, events: usize) -> Self {
        let server = Server::start();
        let client = Client::new(server.address(), login()).unwrap();
        let mut dice = Dice::new(seed);
        let mut kills: Vec<usize> =
            (0..KILLS).map(|_| dice.below(events as u64) as usize).collect();
        kills.sort_unstable_by(|one, other| other.cmp(one));
        Self { server, client, seen: Seen::default(), dice, kills }
    }

    fn turn(&mut self, wait: Duration) {
        let Self { client, seen, .. } = self;
        client.turn(wait, |delivery| seen.take(&delivery)).unwrap();
        while self.kills.last().is_some_and(|at| self.seen.frames.len() >= *at) {
            self.kills.pop();
            self.server.kill();
            self.server.spawn();
            if self.dice.below(AGAIN) == 0 {
                std::thread::sleep(Duration::from_micros(self.dice.below(50_000)));
                self.server.kill();
                self.server.spawn();
            }
        }
    }

    fn settle(&mut self) {
        while self.client.session().in_flight() > 0 || self.client.session().is_catching_up() {
            self.turn(WAIT);
        }
    }

    fn play(&mut self, commands: &[Command]) {
        for command in commands.iter().filter(|command| !command.is_query()) {
            while self.client.session().in_flight() >= WINDOW {
                self.turn(WAIT);
            }
            self.client.send(command).unwrap();
            if self.client.session().in_flight().is_multiple_of(16) {
                self.turn(Duration::ZERO);
            }
        }
        self.settle();
    }

    /// Asks everything that is asked at the end.
    fn ask(&mut self, commands: &[Command]) -> Vec<String> {
        let mut answers = Vec::new();
        for query in commands.iter().filter(|command| command.is_query()) {
            self.client.query(query).unwrap();
            self.settle();
            answers.append(&mut self.seen.answers);
        }
        answers
    }
}

/// A later client of the same session that has seen nothing fetches everything again.
fn fetch_all(server: &Server, state: SessionState) -> Vec<Vec<u8>> {
    let state = SessionState { last_received: 0, ..state };
    let mut client = Client::resume(server.address(), login(), &state).unwrap();
    let mut seen = Seen::default();
    client.establish(|delivery| seen.take(&delivery)).unwrap();
    seen.frames
}

#[test]
fn fifty_kills_in_market_data_lose_nothing_and_repeat_nothing() {
    let Some(file) = data_file() else {
        eprintln!("skipped: no {FILE}; set RINGPIT_DATA to the folder that holds it");
        return;
    };
    lose_nothing(seed(), imported(&file));
}

#[test]
fn fifty_kills_in_a_generated_session_lose_nothing_and_repeat_nothing() {
    let seed = seed();
    lose_nothing(seed, generated(seed));
}

fn lose_nothing(seed: u64, commands: Vec<Command>) {
    println!("RINGPIT_SEED={seed}");
    let folder = tempfile::tempdir().unwrap();
    let play = Play::new(with_closing(commands), folder.path());
    let mut game = Game::new(seed, play.expected_reports().count());
    game.play(&play.commands);
    let answers = game.ask(&play.commands);
    assert!(game.kills.is_empty(), "every kill came");
    println!("{} events, {} reconnects", game.seen.frames.len(), game.seen.reconnects);
    assert_eq!(game.seen.others, [""; 0], "each command was answered by an event");
    assert_same(
        game.seen.reports.iter().map(|l| timeless(l)),
        play.expected_reports().map(timeless),
    );
    assert_same(answers.iter().map(|l| timeless(l)), play.expected_answers().map(timeless));

    let again = {
        game.server.kill();
        game.server.spawn();
        fetch_all(&game.server, game.client.state())
    };
    assert_eq!(again.len(), game.seen.frames.len());
    let differs = again.iter().zip(&game.seen.frames).position(|(one, other)| one != other);
    assert_eq!(differs, None, "fetched byte for byte");
    assert!(game.server.stop().success(), "{}", game.server.said());
    prove(&game.server.store());
}

/// Two replays agree with each other, and with the last checkpoint that the server wrote.
pub fn prove(store: &Path) {
    let store = store.to_str().unwrap();
    prints(&["verify", store]);
    let replayed = prints(&["replay", store, "--digest"]);
    assert_eq!(replayed, prints(&["replay", store, "--digest"]));
    let records = prints(&["inspect", store, "--json"]);
    let is_checkpoint = |line: &&str| line.contains("\"kind\":\"checkpoint\"");
    let last = records.lines().rfind(is_checkpoint).unwrap();
    let last: serde_json::Value = serde_json::from_str(last).unwrap();
    let (state, events) = (last["state"].as_str().unwrap(), last["events"].as_str().unwrap());
    let written = format!("seq={} state={state} events={events}", last["seq"]);
    assert_eq!(replayed.trim_end(), written);
}

/// `RINGPIT_SEED`, or the time.
pub fn seed() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    std::env::var("RINGPIT_SEED").map_or(now.as_nanos() as u64, |seed| seed.parse().unwrap())
}
