//! What was promised, and whether it was kept: each line is computed from what the clients were
//! told, what the server answers, and what the journal holds.

use super::cast::{Cast, Part};
use super::trader::{Fill, Told, fetch_again};
use crate::failure::Failure;
use crate::flow::{BASE, QUOTE};
use crate::process::Process;
use ringpit_client::{Client, ClientError, Delivery};
use ringpit_core::command::QueryBalance;
use ringpit_core::{AccountId, AssetId, Command, Event, codec};
use ringpit_journal::{Kind, ReadOptions, Record};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::SocketAddr;
use std::path::Path;

/// A promise and what was found.
pub struct Check {
    /// What was promised.
    pub promise: &'static str,
    /// What was looked at, in figures.
    pub found: String,
    /// Whether it was kept.
    pub kept: bool,
}

impl Check {
    fn new(promise: &'static str, found: String, kept: bool) -> Self {
        Self { promise, found, kept }
    }
}

/// What the clients themselves can say.
pub fn of_clients(cast: &Cast, told: &[Told]) -> Vec<Check> {
    let sum = |of: fn(&Told) -> u64| told.iter().map(of).sum::<u64>();
    let (sent, answered) = (cast.commands() as u64, sum(|told| told.samples.len() as u64));
    let (refused, passed) = (sum(|told| told.refused), sum(|told| told.passed));
    let (accepted, repeated) = (sum(|told| told.accepted), sum(|told| told.repeated));
    let open: usize = told.iter().map(|told| told.open.len()).sum();
    let listed: usize = told.iter().map(|told| told.listed.len()).sum();
    let same = told.iter().all(|told| told.open == told.listed);
    let trades = trades(told);
    let odd = trades.values().filter(|sides| !is_whole(sides)).count();
    vec![
        Check::new(
            "every order gets exactly one answer",
            format!("{sent} sent, {answered} answered, {refused} refused, {passed} without"),
            answered == sent && refused == 0 && passed == 0,
        ),
        Check::new(
            "no order is accepted twice",
            format!("{accepted} accepted, {repeated} of them twice"),
            repeated == 0,
        ),
        Check::new(
            "no acknowledged order is lost",
            format!("{open} open by the reports, {listed} open when asked"),
            same,
        ),
        Check::new(
            "both sides of a trade are told the same",
            format!("{} trades, {odd} with unequal or missing sides", trades.len()),
            odd == 0,
        ),
    ]
}

fn trades(told: &[Told]) -> HashMap<u64, Vec<Fill>> {
    let mut trades: HashMap<u64, Vec<Fill>> = HashMap::new();
    for (trade, fill) in told.iter().flat_map(|told| &told.fills) {
        trades.entry(trade.0).or_default().push(*fill);
    }
    trades
}

fn is_whole(sides: &[Fill]) -> bool {
    let [one, other] = sides else { return false };
    one.side != other.side && (one.price, one.qty) == (other.price, other.qty)
}

/// Asks for every event again, and compares.
///
/// # Errors
/// When a session ends before it has them.
pub fn of_retransmission(
    cast: &Cast,
    told: &[Told],
    address: SocketAddr,
) -> Result<Check, ClientError> {
    let (mut events, mut different) = (0, 0);
    for (part, told) in cast.parts.iter().zip(told) {
        let again = fetch_again(part, address, &told.state)?;
        events += told.frames.len();
        different += told.frames.iter().zip(&again).filter(|(one, other)| one != other).count();
        different += told.frames.len().abs_diff(again.len());
    }
    Ok(Check::new(
        "what was missed can be fetched, byte for byte",
        format!("{events} reports fetched again, {different} different"),
        different == 0,
    ))
}

/// Adds up what everybody has, the venue included.
///
/// # Errors
/// When the operator's session ends before the answers are there.
pub fn of_money(cast: &Cast, address: SocketAddr) -> Result<Check, ClientError> {
    let mut client = Client::new(address, cast.operator.clone())?;
    let mut total: BTreeMap<AssetId, i128> = BTreeMap::new();
    let accounts = cast.parts.iter().map(|part| part.account).chain([AccountId(0)]);
    for account in accounts {
        client.query(&QueryBalance { account, asset: None }.into())?;
        client.settle(|delivery| {
            if let Delivery::Event(arrived) = delivery
                && let Event::Balance(it) = arrived.event
            {
                *total.entry(it.asset).or_default() +=
                    i128::from(it.available) + i128::from(it.held);
            }
        })?;
    }
    client.close(|_| {})?;
    let given = i128::from(cast.given) * cast.parts.len() as i128;
    let off: i128 =
        [BASE, QUOTE].iter().map(|asset| (total.get(asset).unwrap_or(&0) - given).abs()).sum();
    Ok(Check::new(
        "no money and no share appears or vanishes",
        format!("{given} of each asset given, {off} off at the end"),
        off == 0,
    ))
}

/// Reads the journal that the server left: every command once, and a replay that agrees with what
/// the server wrote down of itself.
///
/// # Errors
/// [`Failure`] when the store can't be read.
pub fn of_journal(cast: &Cast, store: &Path) -> Result<Vec<Check>, Failure> {
    let sessions: HashSet<u64> = cast.parts.iter().map(|part| part.login.session.0).collect();
    let (mut journaled, mut repeated) = (HashSet::new(), 0);
    let mut on_record = |record: &Record<'_>| {
        if record.kind == Kind::Input
            && let Ok(input) = codec::decode(record.payload)
            && sessions.contains(&input.session.0)
            && is_trading(&input.command)
            && !journaled.insert((input.session.0, input.client_seq))
        {
            repeated += 1;
        }
        Ok(())
    };
    ringpit_journal::read(store, ReadOptions::default(), &mut on_record, &mut |_| {})
        .map_err(|error| Failure::store(&error))?;
    let sent = cast.commands();
    let mut checks = vec![Check::new(
        "every order stands in the journal once",
        format!("{sent} sent, {} in the journal, {repeated} twice", journaled.len()),
        journaled.len() == sent && repeated == 0,
    )];
    checks.push(of_replay(store));
    Ok(checks)
}

fn is_trading(command: &Command) -> bool {
    matches!(command, Command::NewOrder(_) | Command::CancelOrder(_) | Command::ReplaceOrder(_))
}

fn of_replay(store: &Path) -> Check {
    let promise = "the journal replays to the same state";
    let replay = || ringpit_sequencer::replay(store, u64::MAX, &mut |_| {}, &mut |_| {});
    match (replay(), replay()) {
        (Ok(one), Ok(other)) => {
            let digests = |replayed: &ringpit_sequencer::Replayed| {
                (replayed.engine.state_hash(), replayed.engine.events_digest())
            };
            let (first, second) = (digests(&one), digests(&other));
            let found = format!(
                "{} steps twice, {} checkpoints confirmed, state {:016x}",
                one.engine.seq(),
                one.checkpoints,
                first.0
            );
            Check::new(promise, found, first == second && one.checkpoints > 0)
        }
        (Err(error), _) | (_, Err(error)) => Check::new(promise, error.to_string(), false),
    }
}

/// Asks the server to end, and says whether it did so cleanly.
///
/// # Errors
/// [`Failure`] when it can't be asked.
pub fn of_stop(server: Process) -> Result<Check, Failure> {
    let status = server.stop()?;
    Ok(Check::new("the server ends cleanly", status.to_string(), status.success()))
}

/// Whose part it is, for messages.
pub fn name(part: &Part) -> String {
    format!("session {}", part.login.session)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::demo::trader::Sample;
    use ringpit_core::{OrderId, Side, TradeId};

    const FILL: Fill = Fill { side: Side::Buy, price: Some(100), qty: Some(5) };

    /// Two traders who were told everything there is to tell of one trade and one open order.
    fn good() -> Vec<Told> {
        let sample = Sample { meant_ns: 1, answered_ns: 2 };
        let side = |side| {
            let mut told = Told::default();
            told.samples.push(sample);
            told.open.insert(OrderId(7), 3);
            told.listed.insert(OrderId(7), 3);
            told.fills.push((TradeId(1), Fill { side, ..FILL }));
            told
        };
        vec![side(Side::Buy), side(Side::Sell)]
    }

    #[test]
    fn what_is_broken_is_called_broken() {
        type Change = fn(&mut Told);
        let changes: [(&str, Change); 8] = [
            ("", |_| ()),
            ("every order gets", |told| told.samples.clear()),
            ("every order gets", |told| told.refused = 1),
            ("every order gets", |told| told.passed = 1),
            ("no order is accepted", |told| told.repeated = 1),
            ("no acknowledged order", |told| told.listed.clear()),
            ("both sides", |told| told.fills.clear()),
            ("both sides", |told| told.fills[0].1.price = Some(101)),
        ];
        let cast = Cast::generated(2, 2, 1, 1).unwrap();
        for (promise, change) in changes {
            let mut told = good();
            change(&mut told[0]);
            let broken: Vec<_> =
                of_clients(&cast, &told).into_iter().filter(|check| !check.kept).collect();
            assert_eq!(broken.len(), usize::from(!promise.is_empty()), "{promise}");
            assert!(broken.iter().all(|check| check.promise.starts_with(promise)), "{promise}");
        }
    }
}
