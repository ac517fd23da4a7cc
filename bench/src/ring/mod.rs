//! The hops between threads: a round trip through rings like ours beside two bare atomics, and
//! what the sequencer's thread does for an input besides decoding and applying it.
//!
//! Both ends of a round trip spin, each on a processor of its own where there are two: that is the
//! floor of a hop, not what a thread that sleeps takes to wake.

mod hops;
mod sequencer;

use crate::error::BenchError;
use crate::interleave::{Contender, Measured, Rounds, Turn, interleave};
use crate::machine::Machine;
use crate::report::Report;
use crate::spread::Latencies;
use crate::timer::look_ns;
use crate::unit::Unit;
use std::path::Path;

/// A round trip over two atomics.
pub const ATOMICS: &str = "two atomics, there and back, p50";
/// A round trip over two rings.
pub const RINGS: &str = "two rings of our slots, there and back, p50";
/// A query's way.
pub const QUERY: &str = "a query through the sequencer and back, p50";
/// The sequencer's thread.
pub const SEQUENCER: &str = "sequencer's thread: an input, journal aside";
/// The same work without rings.
pub const APPLY: &str = "decode and apply alone";
/// What the rings and the thread add.
pub const ADDS: &str = "what the sequencer adds to an input";
/// A record's copy into the journal's tail.
pub const JOURNAL: &str = "journal: copy into the mapped tail";

/// Measures. A journal is made in this directory.
///
/// # Errors
/// When a line can't be started or fails.
pub fn run(
    directory: &Path,
    rounds: usize,
    trips: usize,
    progress: &mut dyn FnMut(Turn<'_>),
) -> Result<Report, BenchError> {
    let mut report = Report::new("ring", Machine::here(directory));
    let flow = sequencer::Batches::new();
    let contenders = vec![
        Contender::new(ATOMICS, Unit::Microseconds, || hops::atomics(trips)),
        Contender::new(RINGS, Unit::Microseconds, || hops::rings(trips)),
        Contender::new(QUERY, Unit::Microseconds, || sequencer::queries(trips)),
        Contender::new(SEQUENCER, Unit::Nanoseconds, || sequencer::inputs(&flow)),
        Contender::new(APPLY, Unit::Nanoseconds, || Ok(sequencer::apply(&flow))),
        Contender::new(JOURNAL, Unit::Nanoseconds, || sequencer::journal(&flow, directory)),
    ];
    let measured = interleave(contenders, Rounds::of(rounds), progress)?;
    let [atomics, rings, query, sequencer, apply, journal] = measured.as_slice() else {
        unreachable!("every contender was measured")
    };
    report.count("round trips a round", trips as u64);
    report.count("inputs a round", flow.counted() as u64);
    report.row(rings, &[atomics]);
    report.row(query, &[rings]);
    report.row(atomics, &[]);
    report.row(sequencer, &[apply]);
    report.row(apply, &[]);
    report.row(&added(sequencer, apply), &[]);
    report.row(journal, &[]);
    for each in [rings, query, atomics] {
        report.latencies(each.name.trim_end_matches(", p50"), &each.latencies);
    }
    report.figure("a look at the clock, part of each trip", Unit::Nanoseconds, &[look_ns()]);
    report.note(
        "Round trips: wall time, both ends spinning. The rest: processor time of its thread.",
    );
    Ok(report)
}

/// One thread's time less the other's, round by round.
fn added(sequencer: &Measured, apply: &Measured) -> Measured {
    let pairs = sequencer.rounds.iter().zip(&apply.rounds);
    Measured {
        name: ADDS.to_owned(),
        unit: Unit::Nanoseconds,
        rounds: pairs.map(|(both, one)| both - one).collect(),
        latencies: Latencies::default(),
    }
}

/// Two processors, where there are two: for the measuring thread and for the other end.
fn cpus() -> [Option<usize>; 2] {
    let ids = core_affinity::get_core_ids().unwrap_or_default();
    match ids.as_slice() {
        [first, second, ..] => [Some(first.id), Some(second.id)],
        _ => [None, None],
    }
}

/// Turns of a wait that spins: some microseconds. Whoever waits for longer waits for somebody who
/// has no processor, and gives its own away.
const SPINS: u32 = 2_000;

/// Waits until there is something.
fn await_some<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let mut turns = 0;
    loop {
        if let Some(found) = look() {
            return found;
        }
        if turns < SPINS {
            turns += 1;
            std::hint::spin_loop();
        } else {
            std::thread::yield_now();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hop_is_measured() {
        let dir = tempfile::tempdir().unwrap();
        let report = run(dir.path(), 1, 200, &mut |_| ()).unwrap();
        for name in [ATOMICS, RINGS, QUERY, SEQUENCER, APPLY, JOURNAL] {
            assert!(report.find(name).unwrap().spread.min > 0.0, "{name}");
        }
        let counts: Vec<u64> = report.latencies.iter().map(|row| row.count).collect();
        assert_eq!(counts, [200, 200, 200]);
    }
}
