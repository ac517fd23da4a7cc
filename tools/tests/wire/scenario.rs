//! What is played against the server: a scenario, and what `ringpit run` says it gives.

use crate::flow::{BASE, Dice, ENDOWMENT, Flow, INSTRUMENT, QUOTE, opening};
use crate::prints;
use ringpit_core::command::{Deposit, QueryBalance, QueryDepth, QueryOpen};
use ringpit_core::{AccountId, Command, Event};
use ringpit_vocab::{Scenario, read_event, write_command};
use std::path::Path;

/// Commands of the generated session: as many as the market data file gives.
const GENERATED: usize = 30_000;

/// Accounts of both kinds of scenario; 0 is the venue's own.
const ACCOUNTS: [u64; 3] = [0, 1, 2];

/// Commands in order, and where their text stands.
pub struct Play {
    pub commands: Vec<Command>,
    /// What `ringpit run` prints for them.
    pub expected: Vec<String>,
}

impl Play {
    /// Writes the commands to a file and runs it.
    pub fn new(commands: Vec<Command>, folder: &Path) -> Self {
        let mut text = Vec::new();
        for command in &commands {
            write_command(None, command, &mut text);
            text.push(b'\n');
        }
        let file = folder.join("scenario.jsonl");
        std::fs::write(&file, text).unwrap();
        let printed = prints(&["run", file.to_str().unwrap()]);
        Self { commands, expected: printed.lines().map(str::to_owned).collect() }
    }

    /// The lines that a session is sent as its own: all but what everybody sees and the answers to
    /// queries.
    pub fn expected_reports(&self) -> impl Iterator<Item = &str> {
        let queries = self.answers_from();
        self.expected[..queries].iter().map(String::as_str).filter(|line| {
            let event = read_event(line).unwrap().event;
            !event.is_public()
        })
    }

    /// The answers to the closing queries.
    pub fn expected_answers(&self) -> impl Iterator<Item = &str> {
        self.expected[self.answers_from()..].iter().map(String::as_str)
    }

    /// Where the closing queries' answers begin: they stand at the end, and the first asks for
    /// balances, which no other command of these scenarios is answered with at that place.
    fn answers_from(&self) -> usize {
        let is_answer = |line: &String| {
            let event = read_event(line).unwrap().event;
            matches!(event, Event::Balance(balance) if balance.account == AccountId(0))
        };
        self.expected.iter().position(is_answer).unwrap()
    }
}

/// The queries whose answers show the whole outcome, after the commands.
pub fn with_closing(mut commands: Vec<Command>) -> Vec<Command> {
    commands.extend(closing());
    commands
}

/// A generated session of two accounts.
pub fn generated(seed: u64) -> Vec<Command> {
    let accounts = [AccountId(1), AccountId(2)];
    let mut commands = opening(accounts);
    let mut flows = accounts.map(|account| Flow::new(seed, account));
    let mut dice = Dice::new(seed);
    commands.extend((0..GENERATED).map(|_| flows[dice.below(2) as usize].command()));
    commands
}

/// The market data with risk checks on and enough money and shares to trade.
pub fn imported(file: &Path) -> Vec<Command> {
    let text = prints(&["import", "lobster", file.to_str().unwrap()]);
    let mut scenario = Scenario::new();
    let read = text.lines().filter_map(|line| scenario.read(line.as_bytes()).unwrap());
    let mut commands = Vec::new();
    for line in read {
        let mut command = line.command;
        if let Command::CreateInstrument(instrument) = &mut command {
            instrument.risk = ringpit_core::Risk::Cash;
            (instrument.maker_fee_ppm, instrument.taker_fee_ppm) = (Some(-20), Some(50));
        }
        commands.push(command);
        if let Command::OpenAccount(opened) = command {
            commands.extend([BASE, QUOTE].map(|asset| {
                let amount = ENDOWMENT * 1_000;
                let account = opened.account;
                Command::from(Deposit { account, asset, amount, request_id: None })
            }));
        }
    }
    commands
}

/// Everything that can be asked at the end: balances, open orders, the book.
fn closing() -> Vec<Command> {
    let accounts = ACCOUNTS.map(AccountId);
    let balances = accounts.map(|account| QueryBalance { account, asset: None }.into());
    let open = accounts.map(|account| QueryOpen { account }.into());
    let depth = QueryDepth { instrument: INSTRUMENT }.into();
    balances.into_iter().chain(open).chain([depth]).collect()
}
