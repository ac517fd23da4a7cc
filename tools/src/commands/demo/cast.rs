//! Who plays in the demo, what they send and when.

use crate::failure::Failure;
use crate::flow::{BASE, Dice, ENDOWMENT, Flow, QUOTE, opening};
use crate::members::{Member, write_sessions};
use crate::process::imported;
use ringpit_client::Login;
use ringpit_core::command::Deposit;
use ringpit_core::{AccountId, Command, Risk, Role};
use ringpit_vocab::Scenario;
use std::path::Path;

/// The operator's session.
const OPERATOR: u64 = 1;

/// Session of the first trader; the others follow. Its account has the number of its place.
const FIRST_TRADER: u64 = 11;

/// Money and shares of each account when a market data file is played: it knows no poverty.
const RICH: i64 = ENDOWMENT * 1_000;

/// A command and when it is meant to be sent, nanoseconds after the opening bell.
#[derive(Clone, Copy, Debug)]
pub struct Cue {
    /// Nanoseconds after the start.
    pub at_ns: u64,
    /// What is sent then.
    pub command: Command,
}

/// One client: its session, its account and what it will send.
pub struct Part {
    /// What it logs in with.
    pub login: Login,
    /// The account it acts for.
    pub account: AccountId,
    /// What it sends, in order.
    pub cues: Vec<Cue>,
}

/// Everybody.
pub struct Cast {
    /// Sets the stage and asks at the end.
    pub operator: Login,
    /// What the operator sends before the bell.
    pub opening: Vec<Command>,
    /// The traders.
    pub parts: Vec<Part>,
    /// What was given to each account in total, of each asset.
    pub given: i64,
}

impl Cast {
    /// A generated session of `traders` accounts that send `orders` commands in total, `rate` of
    /// them a second.
    ///
    /// # Errors
    /// [`Failure`] when the system gives no random secrets.
    pub fn generated(traders: u64, orders: u64, rate: u64, seed: u64) -> Result<Self, Failure> {
        let accounts: Vec<AccountId> = (1..=traders).map(AccountId).collect();
        let mut flows: Vec<Flow> = accounts.iter().map(|id| Flow::new(seed, *id)).collect();
        let mut dice = Dice::new(seed);
        let commands = (0..orders).map(|_| {
            let trader = dice.below(traders) as usize;
            (trader, flows[trader].command())
        });
        let mut cast = Self::new(opening(accounts.iter().copied()), traders, ENDOWMENT)?;
        cast.cue(commands, rate);
        Ok(cast)
    }

    /// The first `orders` commands of a LOBSTER file: one trader for the orders that rest, one for
    /// those that take.
    ///
    /// # Errors
    /// [`Failure`] when the file can't be read.
    pub fn lobster(file: &str, orders: u64, rate: u64) -> Result<Self, Failure> {
        let text = imported(file)?;
        let mut scenario = Scenario::new();
        let (mut opening, mut commands) = (Vec::new(), Vec::new());
        for line in text.split(|byte| *byte == b'\n') {
            let read = scenario.read(line).map_err(|error| Failure::Input(error.to_string()))?;
            let Some(line) = read else { continue };
            match line.command {
                Command::NewOrder(order) => commands.push((order.account, line.command)),
                Command::CancelOrder(cancel) => commands.push((cancel.account, line.command)),
                Command::ReplaceOrder(replace) => commands.push((replace.account, line.command)),
                other => opening.extend(with_money(other)),
            }
        }
        let mut cast = Self::new(opening, 2, RICH)?;
        let orders = usize::try_from(orders).unwrap_or(usize::MAX);
        let commands = commands.into_iter().take(orders);
        cast.cue(commands.map(|(account, command)| (account.0 as usize - 1, command)), rate);
        Ok(cast)
    }

    fn new(opening: Vec<Command>, traders: u64, given: i64) -> Result<Self, Failure> {
        let operator = Member::new(OPERATOR, Role::Operator, None)?.login;
        let mut parts = Vec::new();
        for place in 0..traders {
            let account = AccountId(place + 1);
            let member = Member::new(FIRST_TRADER + place, Role::Trader, Some(account.0))?;
            parts.push(Part { login: member.login, account, cues: Vec::new() });
        }
        Ok(Self { operator, opening, parts, given })
    }

    fn cue(&mut self, commands: impl Iterator<Item = (usize, Command)>, rate: u64) {
        for (index, (trader, command)) in commands.enumerate() {
            let at_ns = index as u64 * 1_000_000_000 / rate;
            self.parts[trader].cues.push(Cue { at_ns, command });
        }
    }

    /// How many commands there are.
    pub fn commands(&self) -> usize {
        self.parts.iter().map(|part| part.cues.len()).sum()
    }

    /// Writes the server's session file.
    ///
    /// # Errors
    /// [`Failure`] when it can't be written.
    pub fn write_sessions(&self, folder: &Path) -> Result<(), Failure> {
        let operator = Member { login: self.operator.clone(), role: Role::Operator, account: None };
        let mut members = vec![operator];
        members.extend(self.parts.iter().map(|part| Member {
            login: part.login.clone(),
            role: Role::Trader,
            account: Some(part.account.0),
        }));
        write_sessions(folder, &members)
    }
}

/// The imported opening, with risk checks on, fees, and money for everybody.
fn with_money(command: Command) -> Vec<Command> {
    match command {
        Command::CreateInstrument(mut instrument) => {
            instrument.risk = Risk::Cash;
            (instrument.maker_fee_ppm, instrument.taker_fee_ppm) = (Some(-20), Some(50));
            vec![instrument.into()]
        }
        Command::OpenAccount(opened) => {
            let account = opened.account;
            let deposits = [BASE, QUOTE]
                .map(|asset| Deposit { account, asset, amount: RICH, request_id: None }.into());
            [command].into_iter().chain(deposits).collect()
        }
        other => vec![other],
    }
}
