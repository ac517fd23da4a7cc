//! Money from account to account, durable, over TCP: one transfer a command, and 16 in one atomic
//! interaction. Beside it the disk alone, and another ledger by its own command.
//!
//! Afterwards every balance is held against what the transfers had to make of it.

use crate::error::BenchError;
use crate::floors::Disk;
use crate::interleave::{Contender, Rounds, Sample, Turn, interleave};
use crate::machine::Machine;
use crate::ours::{Ours, encoded};
use crate::peer::{P50, PER_SECOND, Peer, Task};
use crate::report::Report;
use crate::unit::Unit;
use ringpit_core::command::{
    Atomic, CreateAsset, Deposit, Leg, OpenAccount, QueryBalance, Text, Transfer,
};
use ringpit_core::limits::LIST_MAX;
use ringpit_core::{AccountId, AssetId, AtomicState, Command, Event, List, RequestId};
use std::cell::RefCell;
use std::path::Path;

/// One transfer a command.
pub const SINGLE: &str = "one transfer a command";
/// As many as an atomic interaction takes, from one payer.
pub const ATOMIC: &str = "16 transfers an atomic";
/// Durable writes alone.
pub const DISK: &str = "disk alone: 128 B, fdatasync, p50";

/// What is moved.
const MONEY: AssetId = AssetId(1);
/// What each account begins with, minor units: nobody runs dry.
const PURSE: i64 = 1 << 40;
/// A transfer moves less than this, minor units.
const AMOUNT_BELOW: u64 = 1_000;
/// Durable writes a round.
const WRITES: usize = 300;

/// How much is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    /// Accounts.
    pub accounts: u32,
    /// Transfers a round, of each way to send them.
    pub transfers: u32,
    /// Commands in flight a connection, one transfer each.
    pub window: usize,
    /// Atomic interactions in flight a connection.
    pub atomic_window: usize,
    /// How often.
    pub rounds: Rounds,
}

/// The accounts, what they must have, and the server that keeps them.
struct Bank {
    server: Ours,
    balances: Vec<i64>,
    dice: u64,
    requests: u64,
}

impl Bank {
    fn new(server: Ours, accounts: u32) -> Result<Self, BenchError> {
        let code = Text::new("MONEY").unwrap_or_default();
        let asset = CreateAsset { asset: MONEY, code, decimals: 2 };
        let openings = (0..accounts).flat_map(|index| {
            let account = account(index);
            let purse = Deposit { account, asset: MONEY, amount: PURSE, request_id: None };
            [OpenAccount { account, group: None }.into(), purse.into()]
        });
        server.set_up(std::iter::once(Command::from(asset)).chain(openings))?;
        let balances = vec![PURSE; accounts as usize];
        Ok(Self { server, balances, dice: 0x9e37_79b9_7f4a_7c15, requests: 0 })
    }

    /// xorshift64*, random enough and the same everywhere.
    fn below(&mut self, bound: u64) -> u64 {
        self.dice ^= self.dice >> 12;
        self.dice ^= self.dice << 25;
        self.dice ^= self.dice >> 27;
        (self.dice.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound
    }

    fn payer(&mut self) -> u32 {
        self.below(self.balances.len() as u64) as u32
    }

    /// Whom a payer pays, and how much; counted as done.
    fn payment(&mut self, payer: u32) -> (AccountId, i64) {
        let accounts = self.balances.len() as u64;
        let payee = (u64::from(payer) + 1 + self.below(accounts - 1)) % accounts;
        let amount = 1 + self.below(AMOUNT_BELOW).cast_signed();
        self.balances[payer as usize] -= amount;
        self.balances[payee as usize] += amount;
        (account(payee as u32), amount)
    }

    fn single(&mut self) -> Command {
        let payer = self.payer();
        let (to, amount) = self.payment(payer);
        Transfer { from: account(payer), to, asset: MONEY, amount, request_id: None }.into()
    }

    fn atomic(&mut self) -> Command {
        let payer = self.payer();
        self.requests += 1;
        let from = account(payer);
        let mut legs = List::new();
        for _ in 0..LIST_MAX {
            let (to, amount) = self.payment(payer);
            // There is room for so many.
            let _ = legs.push(Leg::Transfer { from, to, asset: MONEY, amount });
        }
        Atomic { account: from, request_id: RequestId(self.requests), legs }.into()
    }

    /// So many transfers, one a command.
    fn move_singly(&mut self, transfers: u32, window: usize) -> Result<Sample, BenchError> {
        let frames = encoded((0..transfers).map(|_| self.single()));
        let loaded = self.server.load(&frames, window, is_balance, |_, ()| ())?;
        Ok(Sample { value: loaded.per_second, latencies: Some(loaded.latencies) })
    }

    /// So many transfers, as many in one atomic interaction as it takes.
    fn move_together(&mut self, transfers: u32, window: usize) -> Result<Sample, BenchError> {
        let atomics = transfers.div_ceil(LIST_MAX as u32);
        let frames = encoded((0..atomics).map(|_| self.atomic()));
        let loaded = self.server.load(&frames, window, is_done, |_, ()| ())?;
        let value = loaded.per_second * LIST_MAX as f64;
        Ok(Sample { value, latencies: Some(loaded.latencies) })
    }

    /// Every balance is what it must be.
    fn check(&self) -> Result<(), BenchError> {
        let query = |index| QueryBalance { account: account(index), asset: Some(MONEY) }.into();
        let answers = self.server.ask((0..self.balances.len() as u32).map(query))?;
        let answers = answers.iter().filter_map(|answer| match answer {
            Event::Balance(balance) => Some((balance.account, balance.available, balance.held)),
            _ => None,
        });
        let wanted = (0..).map(account).zip(&self.balances).map(|(id, has)| (id, *has, 0));
        if let Some((found, must)) = answers.clone().zip(wanted).find(|(found, must)| found != must)
        {
            return Err(BenchError::Outcome(format!("{found:?} instead of {must:?}")));
        }
        let count = answers.count();
        match count == self.balances.len() {
            true => Ok(()),
            false => Err(BenchError::Outcome(format!("{count} balances"))),
        }
    }
}

const fn account(index: u32) -> AccountId {
    AccountId(index as u64 + 1)
}

/// A transfer's first answer is its payer's balance; a refusal is none.
fn is_balance(event: &Event) -> Option<()> {
    matches!(event, Event::Balance(_)).then_some(())
}

fn is_done(event: &Event) -> Option<()> {
    matches!(event, Event::AtomicReport(report) if report.state == AtomicState::Done).then_some(())
}

/// Measures. The server's store is in `directory`, and the disk's own file.
///
/// # Errors
/// When something can't be measured, or a balance is wrong.
pub fn run(
    extent: Extent,
    server: Ours,
    (directory, cpu): (&Path, Option<usize>),
    mut peer: Option<Peer>,
    progress: &mut dyn FnMut(Turn<'_>),
) -> Result<Report, BenchError> {
    let mut report = Report::new("transfers", Machine::here(directory));
    let Extent { accounts, transfers, window, atomic_window, rounds } = extent;
    let connections = server.members.len();
    let task = Task { messages: transfers as usize, connections, in_flight: window, directory };
    let bank = RefCell::new(Bank::new(server, accounts)?);
    let mut disk = Disk::new(directory, cpu)?;
    let singly = || bank.borrow_mut().move_singly(transfers, window);
    let together = || bank.borrow_mut().move_together(transfers, atomic_window);
    let mut contenders = vec![
        Contender::new(SINGLE, Unit::PerSecond, singly),
        Contender::new(ATOMIC, Unit::PerSecond, together),
        Contender::new(DISK, Unit::Microseconds, || disk.round(WRITES)),
    ];
    if let Some(peer) = &mut peer {
        let measure = || peer.round(task, PER_SECOND);
        contenders.push(Contender::new("the peer", Unit::PerSecond, measure));
    }
    let measured = interleave(contenders, rounds, progress)?;
    bank.borrow().check()?;
    report.count("accounts", u64::from(accounts));
    report.count("transfers a round", u64::from(transfers));
    report.count("connections", connections as u64);
    report.count("in flight on each", window as u64);
    report.count("atomics in flight on each", atomic_window as u64);
    let [single, atomic, disk, ..] = measured.as_slice() else {
        unreachable!("every contender was measured")
    };
    let rounds = single.rounds.len();
    let of_peer = |key| peer.as_ref().and_then(|peer| peer.figure(key, rounds));
    let (rate, p50) = (of_peer(PER_SECOND), of_peer(P50));
    for ours in [single, atomic] {
        report.row(ours, &rate.iter().collect::<Vec<_>>());
        let beside: Vec<_> = p50.iter().chain([disk]).collect();
        report.row(&ours.at_percentile(50.0), &beside);
    }
    report.row(disk, &[]);
    if let Some(peer) = &peer {
        peer.tell(rounds, &mut report);
    }
    for one in [single, atomic, disk] {
        report.latencies(one.name.as_str(), &one.latencies);
    }
    report.note(
        "Transfers answered a second, durable, over loopback; afterwards every balance was what the \
         transfers had to make of it, so that nothing was made or lost. An atomic has one payer, and \
         moves all or nothing.",
    );
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payments_move_money_and_make_none() {
        let (address, members) = (([127, 0, 0, 1], 1).into(), Vec::new());
        let secret = ringpit_client::Secret::new([7; 32]);
        let operator = ringpit_client::Login::new(1, secret);
        let server = Ours { address, pid: 1, operator, members };
        let mut bank = Bank { server, balances: vec![PURSE; 50], dice: 1, requests: 0 };
        for _ in 0..100 {
            match bank.single() {
                Command::Transfer(c) => assert!(c.from != c.to && c.amount > 0),
                other => panic!("{other:?}"),
            }
            match bank.atomic() {
                Command::Atomic(c) => {
                    assert_eq!((c.legs.len(), c.request_id.0), (16, bank.requests))
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(bank.balances.iter().sum::<i64>(), 50 * PURSE);
        assert!(bank.balances.iter().any(|balance| *balance != PURSE));
    }
}
