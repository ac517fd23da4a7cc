//! Two figures to look at first: how long a step takes in the engine, and how long an order takes
//! to a durable answer over TCP; with the floors of the same machine in the same minute.

use crate::apply::{Encoded, apply, decode_and_apply};
use crate::error::BenchError;
use crate::floors::{Disk, Loopback};
use crate::interleave::{Contender, Rounds, Turn, interleave};
use crate::machine::Machine;
use crate::report::Report;
use crate::round_trip::RoundTrip;
use crate::unit::Unit;
use ringpit_core::Input;
use std::path::Path;

/// How much is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    /// Rounds; each measures everything once.
    pub rounds: usize,
    /// Order round trips a round.
    pub messages: usize,
    /// Durable writes a round.
    pub writes: usize,
    /// Loopback round trips a round.
    pub pings: usize,
}

impl Default for Extent {
    fn default() -> Self {
        Self { rounds: 7, messages: 1_000, writes: 300, pings: 1_000 }
    }
}

/// What the figures are called.
pub const STEP: &str = "step, the input being there";
/// The same from the line's bytes.
pub const DECODED: &str = "step, the input being decoded first";
/// A small durable write.
pub const DISK: &str = "disk alone: pwrite of 128 bytes and fdatasync, p50";
/// A small exchange over TCP.
pub const LOOPBACK: &str = "TCP alone: 64 bytes there and back, p50";
/// An order and its answer.
pub const ORDER: &str = "order to durable answer over TCP, one in flight, p50";

/// Measures. The store of the server behind `round_trip` is in `directory`; the disk's floor is
/// measured there too, from the processor that the server flushes from.
///
/// # Errors
/// When something can't be measured.
pub fn run(
    extent: Extent,
    inputs: &[Input],
    directory: &Path,
    cpu: Option<usize>,
    round_trip: &mut RoundTrip,
    progress: &mut dyn FnMut(Turn<'_>),
) -> Result<Report, BenchError> {
    let mut report = Report::new("quick", Machine::here(directory));
    let encoded = Encoded::new(inputs);
    let mut disk = Disk::new(directory, cpu)?;
    let mut loopback = Loopback::new()?;
    let mut events = 0;
    let contenders = vec![
        Contender::new(STEP, Unit::Nanoseconds, || {
            let pass = apply(inputs);
            events = pass.events;
            Ok(pass.ns_per_input)
        }),
        Contender::new(DISK, Unit::Microseconds, || disk.round(extent.writes)),
        Contender::new(ORDER, Unit::Microseconds, || round_trip.round(extent.messages)),
        Contender::new(LOOPBACK, Unit::Microseconds, || loopback.round(extent.pings)),
        Contender::new(DECODED, Unit::Nanoseconds, || Ok(decode_and_apply(&encoded).ns_per_input)),
    ];
    let measured = interleave(contenders, Rounds::of(extent.rounds), progress)?;
    let [step, disk, order, loopback, decoded] = measured.as_slice() else {
        unreachable!("every contender was measured")
    };
    report.count("inputs a round", inputs.len() as u64);
    report.count("events of them", events);
    report.count("orders and cancels a round", extent.messages as u64);
    report.row(step, &[]);
    report.row(decoded, &[step]);
    report.row(order, &[disk, loopback]);
    report.row(disk, &[]);
    report.row(loopback, &[]);
    for each in [order, disk, loopback] {
        report.latencies(each.name.trim_end_matches(", p50"), &each.latencies);
    }
    report
        .note("Steps are in processor time of the measuring thread, everything else in wall time.");
    Ok(report)
}
