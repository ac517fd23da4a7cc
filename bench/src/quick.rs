//! Two figures to look at first: how long a step takes in the engine, and how long an order takes
//! to a durable answer over TCP; with the floors of the same machine in the same minute.

use crate::apply::{Encoded, apply, decode_and_apply};
use crate::error::BenchError;
use crate::floors::{Disk, Loopback};
use crate::machine::Machine;
use crate::round_trip::RoundTrip;
use crate::spread::{Latencies, Spread};
use ringpit_core::Input;
use serde_json::{Value, json};
use std::fmt;
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

/// What was measured.
#[derive(Clone, Debug)]
pub struct Quick {
    /// Where.
    pub machine: Machine,
    /// Inputs of the flow.
    pub inputs: usize,
    /// Events that they cause.
    pub events: u64,
    /// Nanoseconds of processor time a step, the input being there.
    pub apply_ns: Spread,
    /// Nanoseconds of processor time a step, the input being read from its encoded form.
    pub decode_and_apply_ns: Spread,
    /// Durable writes.
    pub disk: Latencies,
    /// Loopback round trips.
    pub loopback: Latencies,
    /// Orders to their durable answers.
    pub round_trip: Latencies,
}

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
    progress: &mut dyn FnMut(usize),
) -> Result<Quick, BenchError> {
    let machine = Machine::here(directory);
    let encoded = Encoded::new(inputs);
    let mut disk = Disk::new(directory, cpu)?;
    let mut loopback = Loopback::new()?;
    let (mut steps, mut decoded) = (Vec::new(), Vec::new());
    let [mut writes, mut pings, mut trips] = [(); 3].map(|()| Latencies::default());
    // What the first ones cost is paid here: pages, caches, connections.
    let events = apply(inputs).events;
    round_trip.round(extent.messages / 10 + 2)?;
    loopback.round(extent.pings / 10 + 1)?;
    for round in 0..extent.rounds.max(1) {
        progress(round);
        steps.push(apply(inputs).ns_per_input);
        writes.keep(disk.round(extent.writes)?);
        trips.keep(round_trip.round(extent.messages)?);
        pings.keep(loopback.round(extent.pings)?);
        decoded.push(decode_and_apply(&encoded).ns_per_input);
    }
    Ok(Quick {
        machine,
        inputs: inputs.len(),
        events,
        apply_ns: Spread::of(&steps),
        decode_and_apply_ns: Spread::of(&decoded),
        disk: writes,
        loopback: pings,
        round_trip: trips,
    })
}

impl Quick {
    /// The durable round trip's p50 against the disk's own p50 of the same run.
    #[must_use]
    pub fn times_the_disk(&self) -> f64 {
        self.round_trip.percentile_us(50.0).median / self.disk.percentile_us(50.0).median
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "bench": "quick",
            "machine": self.machine.to_json(),
            "inputs": self.inputs,
            "events": self.events,
            "apply_ns": self.apply_ns.to_json(),
            "decode_and_apply_ns": self.decode_and_apply_ns.to_json(),
            "disk": self.disk.to_json(),
            "loopback": self.loopback.to_json(),
            "round_trip": self.round_trip.to_json(),
            "round_trip_times_disk": self.times_the_disk(),
        })
    }
}

impl fmt::Display for Quick {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}", self.machine)?;
        writeln!(out, "Median of the rounds (smallest to largest round).\n")?;
        let (inputs, events) = (self.inputs, self.events);
        writeln!(out, "Engine in process, {inputs} inputs, {events} events, processor time")?;
        for (name, ns) in [("step", self.apply_ns), ("decode, step", self.decode_and_apply_ns)] {
            let (Spread { median, min, max }, rate) = (ns, 1_000.0 / ns.median);
            writeln!(
                out,
                "  {name:<14} {median:>7.0} ns ({min:.0} to {max:.0}) = {rate:.2} M inputs/s"
            )?;
        }
        let rows = [
            ("Order to durable answer over TCP, one in flight", &self.round_trip),
            ("Disk alone: pwrite of 128 bytes and fdatasync", &self.disk),
            ("TCP alone: 64 bytes there and back, both ends sleeping", &self.loopback),
        ];
        for (name, latencies) in rows {
            writeln!(out, "{name}, {} measured", latencies.count())?;
            for (name, percentile) in [("p50", 50.0), ("p99", 99.0)] {
                let Spread { median, min, max } = latencies.percentile_us(percentile);
                writeln!(out, "  {name:<14} {median:>7.1} µs ({min:.1} to {max:.1})")?;
            }
        }
        let times = self.times_the_disk();
        write!(out, "The order's p50 is {times:.2} times the disk's.")
    }
}
