//! One message in flight, from before it is encoded until its durable answer is decoded: beside the
//! disk alone, loopback alone, and a peer.

use crate::error::BenchError;
use crate::floors::{Disk, Loopback};
use crate::interleave::{Contender, Measured, Rounds, Turn, interleave};
use crate::machine::Machine;
use crate::peer::{P50, P99, Peer, Task};
use crate::report::Report;
use crate::round_trip::RoundTrip;
use crate::spread::Latencies;
use crate::unit::Unit;
use std::path::Path;

/// Messages to durable answers.
pub const DURABLE: &str = "order to durable answer over TCP, p50";
/// Durable writes alone.
pub const DISK: &str = "disk alone: 128 B, fdatasync, p50";
/// Loopback alone.
pub const LOOPBACK: &str = "loopback alone: 64 B, both ends sleep, p50";

/// How much is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    /// Rounds that count.
    pub rounds: usize,
    /// Messages a round.
    pub messages: usize,
    /// Durable writes and loopback round trips a round, each.
    pub floors: usize,
    /// Whether the client never sleeps.
    pub spin: bool,
}

/// Measures. The store of the server behind `trip` is in `directory`; the disk's floor is measured
/// there too, from the processor that the server flushes from.
///
/// # Errors
/// When something can't be measured.
pub fn run(
    extent: Extent,
    trip: RoundTrip,
    (directory, cpu): (&Path, Option<usize>),
    mut peer: Option<Peer>,
    progress: &mut dyn FnMut(Turn<'_>),
) -> Result<Report, BenchError> {
    let mut report = Report::new("roundtrip", Machine::here(directory));
    let mut trip = if extent.spin { trip.spinning() } else { trip };
    let mut disk = Disk::new(directory, cpu)?;
    let mut loopback = Loopback::new()?;
    let task = Task { messages: extent.messages, connections: 1, in_flight: 1, directory };
    let mut contenders = vec![
        Contender::new(DURABLE, Unit::Microseconds, || trip.round(extent.messages)),
        Contender::new(DISK, Unit::Microseconds, || disk.round(extent.floors)),
        Contender::new(LOOPBACK, Unit::Microseconds, || loopback.round(extent.floors)),
    ];
    if let Some(peer) = &mut peer {
        contenders.push(Contender::new("the peer", Unit::Microseconds, || peer.round(task, P50)));
    }
    let measured = interleave(contenders, Rounds::of(extent.rounds), progress)?;
    let [durable, disk, loopback, ..] = measured.as_slice() else {
        unreachable!("every contender was measured")
    };
    let p99 = Measured {
        name: DURABLE.replace("p50", "p99"),
        unit: Unit::Microseconds,
        rounds: durable.latencies.rounds_us(99.0),
        latencies: Latencies::default(),
    };
    let rounds = durable.rounds.len();
    let of_peer = |key| peer.as_ref().and_then(|peer| peer.figure(key, rounds));
    let (peers_p50, peers_p99) = (of_peer(P50), of_peer(P99));
    report.count("messages a round", extent.messages as u64);
    report.row(durable, &[disk].into_iter().chain(&peers_p50).collect::<Vec<&Measured>>());
    report.row(&p99, &peers_p99.iter().collect::<Vec<&Measured>>());
    report.row(disk, &[]);
    report.row(loopback, &[]);
    if let Some(peer) = &peer {
        peer.tell(rounds, &mut report);
    }
    for each in [durable, disk, loopback] {
        report.latencies(each.name.trim_end_matches(", p50"), &each.latencies);
    }
    report.note(if extent.spin { "The client spins." } else { "The client sleeps." });
    Ok(report)
}
