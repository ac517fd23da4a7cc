//! Several rounds of one figure: the middle one, the smallest and the largest.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// A figure over all rounds.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Spread {
    /// The middle one.
    pub median: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl Spread {
    /// Of these figures.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn of(figures: &[f64]) -> Self {
        assert!(!figures.is_empty(), "a spread needs a figure");
        let mut sorted = figures.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let median = if sorted.len().is_multiple_of(2) {
            f64::midpoint(sorted[middle - 1], sorted[middle])
        } else {
            sorted[middle]
        };
        Self { median, min: sorted[0], max: sorted[sorted.len() - 1] }
    }

    /// Every figure so many times as large.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        let Self { median, min, max } = self;
        Self { median: median * factor, min: min * factor, max: max * factor }
    }
}

/// Latencies, a histogram a round.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    rounds: Vec<Histogram<u64>>,
}

impl Latencies {
    /// Keeps a round.
    pub fn keep(&mut self, round: Histogram<u64>) {
        self.rounds.push(round);
    }

    /// How many were measured.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.rounds.iter().map(Histogram::len).sum()
    }

    /// A percentile's spread over the rounds, in microseconds.
    ///
    /// # Panics
    /// When no round was kept.
    #[must_use]
    pub fn percentile_us(&self, percentile: f64) -> Spread {
        Spread::of(&self.rounds_us(percentile))
    }

    /// A percentile of each round, in microseconds.
    #[must_use]
    pub fn rounds_us(&self, percentile: f64) -> Vec<f64> {
        let at = |round: &Histogram<u64>| micros(round.value_at_percentile(percentile));
        self.rounds.iter().map(at).collect()
    }

    /// All rounds in one histogram.
    #[must_use]
    pub fn merged(&self) -> Histogram<u64> {
        let mut merged = nanoseconds();
        for round in &self.rounds {
            // Every round has the bounds that `nanoseconds` gives, or narrower ones.
            let added = merged.add(round);
            assert!(added.is_ok(), "a round's histogram has other bounds");
        }
        merged
    }
}

/// Nanoseconds as microseconds.
#[must_use]
pub fn micros(ns: u64) -> f64 {
    ns as f64 / 1_000.0
}

/// The longest latency that is told from a longer one.
const LONGEST_NS: u64 = 60_000_000_000;

/// An empty histogram of nanoseconds, three digits exact. What is longer than a minute counts as
/// one.
///
/// # Panics
/// Never: these bounds are allowed.
#[must_use]
pub fn nanoseconds() -> Histogram<u64> {
    let Ok(histogram) = Histogram::new_with_max(LONGEST_NS, 3) else {
        unreachable!("these bounds are allowed")
    };
    histogram
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_names_middle_and_ends() {
        let odd = Spread::of(&[3.0, 1.0, 2.0]);
        assert_eq!(odd, Spread { median: 2.0, min: 1.0, max: 3.0 });
        let even = Spread::of(&[4.0, 1.0, 2.0, 3.0]);
        assert_eq!(even, Spread { median: 2.5, min: 1.0, max: 4.0 });
    }

    #[test]
    fn percentiles_are_taken_round_by_round() {
        let mut latencies = Latencies::default();
        for slowest in [100_000, 200_000, 300_000] {
            let mut round = nanoseconds();
            (0..98).for_each(|_| round.saturating_record(1_000));
            (0..2).for_each(|_| round.saturating_record(slowest));
            latencies.keep(round);
        }
        let p99 = latencies.percentile_us(99.0);
        assert_eq!((latencies.count(), latencies.merged().len()), (300, 300));
        assert!((latencies.percentile_us(50.0).median - 1.0).abs() < 0.01);
        assert!((p99.median - 200.0).abs() < 1.0 && (p99.max - 300.0).abs() < 1.0);
    }
}
