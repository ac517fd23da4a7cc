//! How many durable answers a second, and how late, over several connections with many messages in
//! flight: beside the same load on a thread that only answers, the disk alone, and a peer.

use crate::echo::Echo;
use crate::error::BenchError;
use crate::floors::Disk;
use crate::flow::{Place, assets, opening};
use crate::idle::thread_times;
use crate::interleave::{Contender, Measured, Rounds, Sample, Turn, interleave};
use crate::lane::Lane;
use crate::load::{self, Loaded, Pace};
use crate::machine::Machine;
use crate::peer::{P99, PER_SECOND, Peer, Task};
use crate::report::Report;
use crate::round_trip::{await_answer, await_answers};
use crate::script::Script;
use crate::unit::Unit;
use ringpit_client::{Client, Login};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// Messages to durable answers.
pub const DURABLE: &str = "durable answers over TCP";
/// The same load on a thread that only answers.
pub const ECHO: &str = "a thread that only answers";
/// Durable writes alone.
pub const DISK: &str = "disk alone: 128 B, fdatasync, p50";

/// How much is measured, and how.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Extent {
    /// Rounds that count.
    pub rounds: usize,
    /// Messages a round, over all connections.
    pub messages: usize,
    /// Messages in flight a connection.
    pub in_flight: usize,
    /// Durable writes a round.
    pub writes: usize,
    /// How the load is put on.
    pub pace: Pace,
}

/// The server under load, and who sends.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its process.
    pub pid: u32,
    /// Opens the books.
    pub operator: Login,
    /// A connection each; the first acts for accounts 1 and 2, the second for 3 and 4, and so on.
    pub traders: Vec<Login>,
}

/// Measures. The store of the server is in `directory`; the disk's floor is measured there too,
/// from the processor that the server flushes from.
///
/// # Errors
/// When something can't be measured, or the outcome is not what the engine says.
pub fn run(
    extent: Extent,
    target: &Target,
    (directory, cpu): (&Path, Option<usize>),
    mut peer: Option<Peer>,
    progress: &mut dyn FnMut(Turn<'_>),
) -> Result<Report, BenchError> {
    let mut report = Report::new("throughput", Machine::here(directory));
    let connections = target.traders.len();
    let part = extent.messages.div_ceil(connections);
    let task =
        Task { messages: part * connections, connections, in_flight: extent.in_flight, directory };
    let mut operator = open_books(target, connections)?;
    let mut scripts: Vec<Script> = (1..).map(Script::new).take(connections).collect();
    write(&mut scripts, part)?;
    let scripts = RefCell::new(scripts);
    let mut disk = Disk::new(directory, cpu)?;
    let mut threads: Vec<BTreeMap<String, f64>> = Vec::new();
    let mut contenders = vec![
        Contender::new(DURABLE, Unit::PerSecond, || {
            let before = thread_times(target.pid)?;
            let loaded = under_load(extent, target, &scripts.borrow())?;
            threads.push(used(&before, &thread_times(target.pid)?, task.messages));
            write(&mut scripts.borrow_mut(), part)?;
            operator.turn(Duration::ZERO, |_| ())?;
            Ok(sample(loaded))
        }),
        Contender::new(ECHO, Unit::PerSecond, || {
            answered_only(extent, &scripts.borrow()).map(sample)
        }),
        Contender::new(DISK, Unit::Microseconds, || disk.round(extent.writes)),
    ];
    if let Some(peer) = &mut peer {
        contenders
            .push(Contender::new("the peer", Unit::PerSecond, || peer.round(task, PER_SECOND)));
    }
    let measured = interleave(contenders, Rounds::of(extent.rounds), progress)?;
    // The scripts are one part ahead of what was sent.
    under_load(extent, target, &scripts.borrow())?;
    compare(&mut operator, &scripts.borrow())?;
    let counted = &threads[threads.len() - measured[0].rounds.len()..];
    report.count("connections", connections as u64);
    report.count("in flight each", extent.in_flight as u64);
    report.count("messages a round", task.messages as u64);
    tell(&measured, counted, peer.as_ref(), &mut report);
    if let Some(rate) = extent.pace.per_second {
        report.note(format!(
            "{rate} messages a second at intended times, from which their latency counts."
        ));
    }
    report.note(if extent.pace.spin { "The client spins." } else { "The client sleeps." });
    report.note("Every message was answered in order, by as many events as the engine gives in process; the books are the engine's.");
    Ok(report)
}

fn tell(
    measured: &[Measured],
    threads: &[BTreeMap<String, f64>],
    peer: Option<&Peer>,
    report: &mut Report,
) {
    let [durable, echo, disk, ..] = measured else { unreachable!("every contender was measured") };
    let rounds = durable.rounds.len();
    let p99 = Measured {
        name: format!("{DURABLE}, p99"),
        unit: Unit::Microseconds,
        rounds: durable.latencies.rounds_us(99.0),
        latencies: Default::default(),
    };
    let of_peer = |key| peer.and_then(|peer: &Peer| peer.figure(key, rounds));
    let (peers_rate, peers_p99) = (of_peer(PER_SECOND), of_peer(P99));
    let beside: Vec<&Measured> = peers_rate.iter().chain([echo]).collect();
    report.row(durable, &beside);
    report.row(&p99, &peers_p99.iter().collect::<Vec<&Measured>>());
    report.row(echo, &[]);
    report.row(disk, &[]);
    if let Some(peer) = peer {
        peer.tell(rounds, report);
    }
    let names: Vec<&String> = threads.iter().flat_map(BTreeMap::keys).collect();
    for name in names.into_iter().collect::<std::collections::BTreeSet<_>>() {
        let of_round = |round: &BTreeMap<String, f64>| round.get(name).copied().unwrap_or(0.0);
        let figures: Vec<f64> = threads.iter().map(of_round).collect();
        report.figure(format!("{name}, processor a message"), Unit::Nanoseconds, &figures);
    }
    report.latencies(DURABLE, &durable.latencies);
    report.latencies(ECHO, &echo.latencies);
    report.latencies(DISK.trim_end_matches(", p50"), &disk.latencies);
}

/// Nanoseconds a message that each of the server's threads ran.
fn used(
    before: &BTreeMap<String, u64>,
    after: &BTreeMap<String, u64>,
    messages: usize,
) -> BTreeMap<String, f64> {
    let each = after.iter().map(|(thread, ns)| {
        let ns = ns.saturating_sub(before.get(thread).copied().unwrap_or(0));
        (thread.clone(), ns as f64 / messages as f64)
    });
    each.filter(|(_, ns)| *ns >= 1.0).collect()
}

fn sample(loaded: Loaded) -> Sample {
    Sample { value: loaded.per_second, latencies: Some(loaded.latencies) }
}

fn write(scripts: &mut [Script], messages: usize) -> Result<(), BenchError> {
    scripts.iter_mut().try_for_each(|script| script.write(messages))
}

fn open_books(target: &Target, books: usize) -> Result<Client, BenchError> {
    let mut operator = Client::new(target.address, target.operator.clone())?;
    let openings = (1..).map(Place::number).take(books).flat_map(opening);
    for command in assets().into_iter().chain(openings) {
        let number = operator.send(&command)?;
        await_answer(&mut operator, number, |_| Ok(()))?;
    }
    Ok(operator)
}

/// The server's answers, over new connections.
fn under_load(extent: Extent, target: &Target, scripts: &[Script]) -> Result<Loaded, BenchError> {
    let login = |trader: &Login| Lane::login(target.address, trader.clone(), extent.in_flight);
    let mut lanes = target.traders.iter().map(login).collect::<Result<Vec<Lane>, _>>()?;
    let loaded = load::run(&mut lanes, scripts, extent.pace)?;
    lanes.iter().zip(scripts).try_for_each(|(lane, script)| lane.check(script.events()))?;
    Ok(loaded)
}

/// The same load on a thread that only answers.
fn answered_only(extent: Extent, scripts: &[Script]) -> Result<Loaded, BenchError> {
    let (echo, mut lanes) = Echo::start(scripts.len(), extent.in_flight)?;
    let loaded = load::run(&mut lanes, scripts, extent.pace)?;
    let sent = |script: &Script| script.ends().len() as u64;
    lanes.iter().zip(scripts).try_for_each(|(lane, script)| lane.check(sent(script)))?;
    drop(lanes);
    echo.join()?;
    Ok(loaded)
}

/// Whether the server's books are what the engine made of the same messages in process.
fn compare(operator: &mut Client, scripts: &[Script]) -> Result<(), BenchError> {
    for script in scripts {
        for query in script.queries() {
            let (served, wanted) = (await_answers(operator, &query)?, script.answers(query));
            if served != wanted || wanted.is_empty() {
                let what = format!("the server says {served:?}, the engine {wanted:?}");
                return Err(BenchError::Outcome(what));
            }
        }
    }
    Ok(())
}
