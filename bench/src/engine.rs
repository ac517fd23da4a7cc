//! The whole engine in process: cash risk, fees, sessions, 100 instruments and 10,000 accounts, an
//! input after the other from its encoded form, as the sequencer takes them.
//!
//! The rate is processor time of the measuring thread. Latencies are wall time with a look at the
//! clock after every input, which is part of each; what a look takes is told beside them.

use crate::apply::Encoded;
use crate::error::BenchError;
use crate::interleave::{Contender, Rounds, Sample, Turn, interleave};
use crate::machine::Machine;
use crate::report::Report;
use crate::spread::nanoseconds;
use crate::timer::{look_ns, nanos, processor_time_of};
use crate::unit::Unit;
use crate::venue::{Size, Venue};
use hdrhistogram::Histogram;
use ringpit_core::{Command, Emitted, Engine, Event, ExecType, Input, Sink, codec};
use std::cell::RefCell;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

/// What the rate is called.
pub const RATE: &str = "ringpit: engine, decoding included";
/// What the latencies are called.
pub const LATENCY: &str = "an input, decoded and applied, p50";

/// The venue that speed is measured on.
pub const SIZE: Size =
    Size { instruments: 100, accounts: 10_000, holdings: 10, open_orders: 50_000 };

/// A running engine and the flow that goes on into it.
#[derive(Debug)]
pub struct Running {
    engine: Engine,
    venue: Venue,
    input: Input,
    seen: Seen,
}

/// What came out.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Seen {
    /// Events.
    pub events: u64,
    /// Trades.
    pub trades: u64,
    /// Orders refused: there should be none.
    pub refused: u64,
}

impl Sink for Seen {
    #[inline]
    fn emit(&mut self, emitted: &Emitted<'_>) {
        self.events += 1;
        match black_box(emitted).event {
            Event::Trade(_) => self.trades += 1,
            Event::Rejected(_) => self.refused += 1,
            Event::ExecutionReport(report) if report.exec_type == ExecType::Rejected => {
                self.refused += 1;
            }
            _ => (),
        }
    }
}

impl Running {
    /// A venue of this size with all its orders resting.
    ///
    /// # Errors
    /// [`BenchError::Outcome`] when something of it is refused.
    pub fn new(size: Size, seed: u64) -> Result<Self, BenchError> {
        let running = Self::unaudited(size, seed)?;
        running.check()?;
        Ok(running)
    }

    /// The same without the audit, whose own tables are as large as a large venue.
    ///
    /// # Errors
    /// [`BenchError::Outcome`] when something of it is refused.
    pub fn unaudited(size: Size, seed: u64) -> Result<Self, BenchError> {
        let venue = Venue::new(size, seed);
        let input = Input::venue(Command::Tick);
        let mut running = Self { engine: Engine::new(), venue, input, seen: Seen::default() };
        for input in running.venue.setup() {
            running.apply(&input);
        }
        while running.venue.open_orders() < size.open_orders {
            let Some(input) = running.venue.next() else { break };
            running.apply(&input);
        }
        running.check_refused()?;
        Ok(running)
    }

    fn apply(&mut self, input: &Input) {
        let seq = self.engine.seq() + 1;
        self.engine.apply(seq, seq, input, &mut self.seen);
    }

    /// The flow's next inputs, encoded.
    pub fn next_inputs(&mut self, count: usize) -> Encoded {
        Encoded::of(self.venue.by_ref().take(count))
    }

    /// Applies them; nanoseconds of processor time an input.
    pub fn rate(&mut self, inputs: &Encoded) -> f64 {
        let (ns, ()) = processor_time_of(|| self.take_all(inputs));
        ns as f64 / inputs.len().max(1) as f64
    }

    /// Applies them without a look at any clock.
    pub fn take_all(&mut self, inputs: &Encoded) {
        inputs.iter().for_each(|bytes| self.take(bytes));
    }

    /// Applies them, each between two looks at the clock.
    pub fn latencies(&mut self, inputs: &Encoded) -> Histogram<u64> {
        let mut latencies = nanoseconds();
        let mut before = Instant::now();
        for bytes in inputs.iter() {
            self.take(bytes);
            let after = Instant::now();
            latencies.saturating_record(nanos(after - before));
            before = after;
        }
        latencies
    }

    fn take(&mut self, bytes: &[u8]) {
        let decoded = codec::decode_into(black_box(bytes), &mut self.input);
        assert!(decoded.is_ok(), "what was encoded can be decoded");
        let seq = self.engine.seq() + 1;
        self.engine.apply(seq, seq, &self.input, &mut self.seen);
    }

    /// Counts what comes out anew; gives what came.
    pub fn take_seen(&mut self) -> Seen {
        std::mem::take(&mut self.seen)
    }

    /// Recomputes every invariant: what was deposited is there, what is held is owed.
    ///
    /// # Errors
    /// [`BenchError::Outcome`] with what is wrong.
    pub fn check(&self) -> Result<(), BenchError> {
        self.check_refused()?;
        self.engine.audit().map_err(BenchError::Outcome)
    }

    /// Looks whether any order was refused: none should be.
    ///
    /// # Errors
    /// [`BenchError::Outcome`] with how many were.
    pub fn check_refused(&self) -> Result<(), BenchError> {
        if self.seen.refused > 0 {
            return Err(BenchError::Outcome(format!("{} inputs were refused", self.seen.refused)));
        }
        Ok(())
    }
}

/// Measures a venue; each round of each contender takes so many inputs.
///
/// # Errors
/// When what comes out is wrong.
pub fn run(
    size: Size,
    rounds: usize,
    inputs: usize,
    progress: &mut dyn FnMut(Turn<'_>),
) -> Result<Report, BenchError> {
    let mut report = Report::new("engine", Machine::here(Path::new(".")));
    let mut running = Running::new(size, 1)?;
    running.take_seen();
    let running = RefCell::new(running);
    let contenders = vec![
        Contender::new(RATE, Unit::Nanoseconds, || {
            let mut running = running.borrow_mut();
            let inputs = running.next_inputs(inputs);
            Ok(running.rate(&inputs))
        }),
        Contender::new(LATENCY, Unit::Microseconds, || {
            let mut running = running.borrow_mut();
            let inputs = running.next_inputs(inputs);
            Ok(Sample::from(running.latencies(&inputs)))
        }),
    ];
    let measured = interleave(contenders, Rounds::of(rounds), progress)?;
    let mut running = running.into_inner();
    running.check()?;
    let seen = running.take_seen();
    let all = ((rounds + 1) * 2 * inputs) as u64;
    report.count("instruments", u64::from(size.instruments));
    report.count("accounts", size.accounts);
    report.count("open orders", size.open_orders as u64);
    report.count("inputs", all);
    report.count("events", seen.events);
    report.count("trades", seen.trades);
    for each in &measured {
        report.row(each, &[]);
        report.latencies(each.name.trim_end_matches(", p50"), &each.latencies);
    }
    let per_second: Vec<f64> = measured[0].rounds.iter().map(|ns| 1e9 / ns).collect();
    report.figure("inputs a second", Unit::PerSecond, &per_second);
    report.figure("events an input", Unit::Count, &[seen.events as f64 / all as f64]);
    report.figure("a look at the clock, part of each latency", Unit::Nanoseconds, &[look_ns()]);
    report.note("Rate: processor time of the measuring thread. Latencies: wall time.");
    report.note("Checked: money is conserved, what is held is owed, no order was refused.");
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_venue_is_measured_and_its_outcome_checked() {
        let size = Size { instruments: 3, accounts: 200, holdings: 2, open_orders: 500 };
        let report = run(size, 2, 1_000, &mut |_| ()).unwrap();
        assert!(report.find(RATE).unwrap().spread.min > 0.0);
        assert_eq!(report.latencies[0].count, 2_000);
        let events = report.find("events an input").unwrap().spread.median;
        assert!((1.0..10.0).contains(&events), "{events}");
    }
}
