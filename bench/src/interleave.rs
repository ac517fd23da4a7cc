//! One interleaved run: every contender once a round, in an order that rotates, so that a machine's
//! fast and slow minutes fall on all of them alike and their ratios mean something.

use crate::error::BenchError;
use crate::spread::{Latencies, Spread};
use crate::unit::Unit;
use hdrhistogram::Histogram;
use std::fmt;

/// What a contender found in one round.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The round's figure, in the contender's unit.
    pub value: f64,
    /// How long each of its messages took, nanoseconds, where that was looked at.
    pub latencies: Option<Histogram<u64>>,
}

impl From<f64> for Sample {
    fn from(value: f64) -> Self {
        Self { value, latencies: None }
    }
}

/// A round of latencies: its figure is their p50, in microseconds.
impl From<Histogram<u64>> for Sample {
    fn from(latencies: Histogram<u64>) -> Self {
        let value = latencies.value_at_quantile(0.5) as f64 / 1_000.0;
        Self { value, latencies: Some(latencies) }
    }
}

/// Something that is measured in turns with others.
pub struct Contender<'a> {
    name: String,
    unit: Unit,
    run: Box<dyn FnMut() -> Result<Sample, BenchError> + 'a>,
}

impl<'a> Contender<'a> {
    /// A contender of this name; `run` measures one round of it.
    pub fn new<S: Into<Sample>>(
        name: impl Into<String>,
        unit: Unit,
        mut run: impl FnMut() -> Result<S, BenchError> + 'a,
    ) -> Self {
        Self { name: name.into(), unit, run: Box::new(move || run().map(Into::into)) }
    }
}

impl fmt::Debug for Contender<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Contender").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How many rounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rounds {
    /// Rounds at the start that count for nothing: they pay for pages, caches, connections.
    pub uncounted: usize,
    /// Rounds that count; at least one is measured.
    pub counted: usize,
}

impl Rounds {
    /// One round that does not count, and so many that do.
    #[must_use]
    pub const fn of(counted: usize) -> Self {
        Self { uncounted: 1, counted }
    }
}

/// How far an interleaved run has come: told before each turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turn<'a> {
    /// Whose turn it is.
    pub contender: &'a str,
    /// Turns that are done.
    pub done: usize,
    /// Turns there will be.
    pub turns: usize,
}

/// A contender's figures, a round each.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The contender.
    pub name: String,
    /// What its figures are.
    pub unit: Unit,
    /// One figure a round; the same round of all contenders belongs together.
    pub rounds: Vec<f64>,
    /// Its messages' latencies; empty where they were not looked at.
    pub latencies: Latencies,
}

impl Measured {
    /// The figures' spread.
    ///
    /// # Panics
    /// When there is no round, which an interleaved run does not do.
    #[must_use]
    pub fn spread(&self) -> Spread {
        Spread::of(&self.rounds)
    }

    /// A percentile of its latencies, as a figure of its own.
    #[must_use]
    pub fn at_percentile(&self, percentile: f64) -> Self {
        Self {
            name: format!("{}, p{percentile}", self.name),
            unit: Unit::Microseconds,
            rounds: self.latencies.rounds_us(percentile),
            latencies: Latencies::default(),
        }
    }

    /// This one's figure as a multiple of another's, round by round.
    ///
    /// # Panics
    /// When the other was not measured in the same run, or is of another unit.
    #[must_use]
    pub fn times(&self, other: &Self) -> Spread {
        assert!(self.rounds.len() == other.rounds.len(), "rounds of two runs have no ratio");
        assert!(self.unit == other.unit, "{} and {} have no ratio", self.unit, other.unit);
        let pairs = self.rounds.iter().zip(&other.rounds);
        Spread::of(&pairs.map(|(own, others)| own / others).collect::<Vec<f64>>())
    }
}

/// Measures all of them, and gives their figures in the same order.
///
/// # Errors
/// What the first contender that fails says.
pub fn interleave(
    mut contenders: Vec<Contender<'_>>,
    rounds: Rounds,
    progress: &mut dyn FnMut(Turn<'_>),
) -> Result<Vec<Measured>, BenchError> {
    let empty = |contender: &Contender<'_>| Measured {
        name: contender.name.clone(),
        unit: contender.unit,
        rounds: Vec::new(),
        latencies: Latencies::default(),
    };
    let mut measured: Vec<Measured> = contenders.iter().map(empty).collect();
    let all = rounds.uncounted + rounds.counted.max(1);
    let (count, turns) = (contenders.len(), all * contenders.len());
    for turn in 0..turns {
        let round = turn / count;
        let at = (turn + round) % count;
        let contender = &mut contenders[at];
        progress(Turn { contender: &contender.name, done: turn, turns });
        let sample = (contender.run)()?;
        if round < rounds.uncounted {
            continue;
        }
        measured[at].rounds.push(sample.value);
        if let Some(latencies) = sample.latencies {
            measured[at].latencies.keep(latencies);
        }
    }
    Ok(measured)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn every_round_asks_everyone_once_and_begins_with_another() {
        let order = RefCell::new(String::new());
        let contender = |name: &'static str, value: f64| {
            let order = &order;
            Contender::new(name, Unit::Nanoseconds, move || {
                order.borrow_mut().push_str(name);
                Ok(value * order.borrow().len() as f64)
            })
        };
        let contenders = vec![contender("a", 1.0), contender("b", 2.0), contender("c", 4.0)];
        let mut told = String::new();
        let mut progress = |turn: Turn<'_>| told.push_str(turn.contender);
        let measured = interleave(contenders, Rounds::of(3), &mut progress).unwrap();
        assert_eq!(*order.borrow(), "abcbcacababc");
        assert_eq!(told, *order.borrow());
        assert_eq!(measured[0].rounds, [6.0, 8.0, 10.0]);
        assert_eq!(measured[1].rounds, [8.0, 18.0, 22.0]);
        let times = measured[1].times(&measured[0]);
        assert_eq!((times.min, times.median, times.max), (8.0 / 6.0, 2.2, 2.25));
    }

    #[test]
    fn a_failing_contender_ends_the_run() {
        let failing = Contender::new("x", Unit::Percent, || Err::<f64, _>(BenchError::Panic));
        assert!(interleave(vec![failing], Rounds::of(1), &mut |_| ()).is_err());
    }
}
