//! What a bench found, in the one form that all of them share: a table for people, an object for
//! programs. Whoever reads it needs to know nothing of the bench that wrote it.

use crate::interleave::Measured;
use crate::machine::Machine;
use crate::spread::{Latencies, Spread, micros};
use crate::unit::Unit;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// What a bench found.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Which bench.
    pub bench: String,
    /// Where, and with which program.
    pub machine: Machine,
    /// When it began, UNIX seconds.
    pub when_unix_s: u64,
    /// How much was measured: what is counted, and how many.
    pub counts: Vec<Counted>,
    /// The figures.
    pub rows: Vec<Row>,
    /// The latencies.
    pub latencies: Vec<LatencyRow>,
    /// Figures against something that was varied: load, size.
    pub series: Vec<Series>,
    /// What must be known to read the figures.
    pub notes: Vec<String>,
}

/// How many of what.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Counted {
    /// Of what.
    pub what: String,
    /// How many.
    pub count: u64,
}

/// A figure.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Of whom, or of what.
    pub name: String,
    /// What it counts.
    pub unit: Unit,
    /// Over all rounds.
    #[serde(flatten)]
    pub spread: Spread,
    /// As a multiple of others' in the same rounds.
    pub ratios: Vec<Ratio>,
}

/// A figure as a multiple of another one, round by round.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Ratio {
    /// The other one.
    pub to: String,
    /// Over all rounds.
    #[serde(flatten)]
    pub spread: Spread,
    /// Whether the other one was not run but computed from one that was.
    pub is_derived: bool,
}

/// How long things took, microseconds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LatencyRow {
    /// What took so long.
    pub name: String,
    /// How many were measured.
    pub count: u64,
    /// Percentiles, each over all rounds.
    pub percentiles: Vec<Percentile>,
    /// `[percentile, microseconds]` of all rounds in one, for a plot: denser towards 100.
    pub curve: Vec<(f64, f64)>,
}

/// One percentile over all rounds, microseconds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Percentile {
    /// Which.
    pub percentile: f64,
    /// Over all rounds.
    #[serde(flatten)]
    pub spread: Spread,
}

/// Figures against something that was varied.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Series {
    /// Of whom.
    pub name: String,
    /// What was varied.
    pub of: String,
    /// What the figures count.
    pub unit: Unit,
    /// The figures, by rising amounts of what was varied.
    pub points: Vec<Point>,
}

/// A figure at an amount.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Point {
    /// How much.
    pub at: f64,
    /// Over all rounds.
    #[serde(flatten)]
    pub spread: Spread,
}

/// Percentiles that are told.
const PERCENTILES: [f64; 5] = [50.0, 90.0, 99.0, 99.9, 100.0];

/// Points of a latency curve in each half of what is left up to 100 %.
const CURVE_TICKS: u32 = 4;

impl Report {
    /// An empty report of a bench that begins now.
    #[must_use]
    pub fn new(bench: &str, machine: Machine) -> Self {
        let when = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            bench: bench.to_owned(),
            machine,
            when_unix_s: when.as_secs(),
            counts: Vec::new(),
            rows: Vec::new(),
            latencies: Vec::new(),
            series: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Says how many of something there were.
    pub fn count(&mut self, what: impl Into<String>, count: u64) {
        self.counts.push(Counted { what: what.into(), count });
    }

    /// Says something that must be known.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Adds a figure, beside those that it is a multiple of.
    pub fn row(&mut self, measured: &Measured, beside: &[&Measured]) {
        let ratio = |other: &&Measured| Ratio {
            to: other.name.clone(),
            spread: measured.times(other),
            is_derived: false,
        };
        self.rows.push(Row {
            name: measured.name.clone(),
            unit: measured.unit,
            spread: measured.spread(),
            ratios: beside.iter().map(ratio).collect(),
        });
    }

    /// Adds a figure that has no ratio.
    pub fn figure(&mut self, name: impl Into<String>, unit: Unit, rounds: &[f64]) {
        let (name, spread, ratios) = (name.into(), Spread::of(rounds), Vec::new());
        self.rows.push(Row { name, unit, spread, ratios });
    }

    /// Adds latencies, where any were measured.
    pub fn latencies(&mut self, name: impl Into<String>, latencies: &Latencies) {
        if latencies.count() > 0 {
            self.latencies.push(LatencyRow::of(name.into(), latencies));
        }
    }

    /// A figure by its name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name)
    }

    /// As a JSON object on one line.
    ///
    /// # Panics
    /// Never: all of it can be written.
    #[must_use]
    pub fn to_json(&self) -> String {
        let Ok(json) = serde_json::to_string(self) else {
            unreachable!("a report is strings and numbers")
        };
        json
    }

    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_json(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }
}

impl LatencyRow {
    fn of(name: String, latencies: &Latencies) -> Self {
        let percentile =
            |percentile| Percentile { percentile, spread: latencies.percentile_us(percentile) };
        let merged = latencies.merged();
        let steps = merged.iter_quantiles(CURVE_TICKS);
        let curve = steps.map(|step| {
            let value = step.value_iterated_to().min(merged.max());
            (step.quantile_iterated_to() * 100.0, micros(value))
        });
        Self {
            count: latencies.count(),
            percentiles: PERCENTILES.map(percentile).to_vec(),
            curve: curve.collect(),
            name,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.machine)?;
        if !self.counts.is_empty() {
            let counts = self.counts.iter().map(|c| format!("{} {}", c.count, c.what));
            write!(out, "\n{}", counts.collect::<Vec<String>>().join(", "))?;
        }
        write_rows(out, &self.rows)?;
        write_latencies(out, &self.latencies)?;
        write_series(out, &self.series)?;
        if !self.notes.is_empty() {
            writeln!(out)?;
        }
        self.notes.iter().try_for_each(|note| write!(out, "\n{note}"))
    }
}

/// Letters of the longest name.
fn width<'n>(names: impl Iterator<Item = &'n String>) -> usize {
    names.map(|name| name.chars().count()).max().unwrap_or(0)
}

fn write_rows(out: &mut fmt::Formatter<'_>, rows: &[Row]) -> fmt::Result {
    let width = width(rows.iter().map(|row| &row.name));
    if !rows.is_empty() {
        write!(out, "\n\n{:width$} {:>10} {:>10} {:>10}", "", "median", "min", "max")?;
    }
    for Row { name, unit, spread, ratios } in rows {
        write!(out, "\n{name:width$}")?;
        for figure in [spread.median, spread.min, spread.max] {
            write!(out, " {:>10}", unit.written(figure))?;
        }
        write!(out, " {unit:3}")?;
        for (at, Ratio { to, spread, is_derived }) in ratios.iter().enumerate() {
            let before = if at == 0 { "  " } else { ", " };
            let Spread { median, min, max } = spread;
            let derived = if *is_derived { ", derived" } else { "" };
            write!(out, "{before}{median:.2} × {to} ({min:.2} to {max:.2}{derived})")?;
        }
    }
    Ok(())
}

fn write_latencies(out: &mut fmt::Formatter<'_>, rows: &[LatencyRow]) -> fmt::Result {
    let width = width(rows.iter().map(|row| &row.name));
    for (at, LatencyRow { name, count, percentiles, .. }) in rows.iter().enumerate() {
        if at == 0 {
            write!(out, "\n\n{:width$} {:>7}", "", "")?;
            write!(out, " {:>10} {:>10} {:>10}", "median", "min", "max")?;
        }
        for (at, Percentile { percentile, spread }) in percentiles.iter().enumerate() {
            let name = if at == 0 { name } else { "" };
            let sign = match percentile {
                100.0 => "longest".to_owned(),
                _ => format!("p{percentile}"),
            };
            write!(out, "\n{name:width$} {sign:>7}")?;
            for figure in [spread.median, spread.min, spread.max] {
                write!(out, " {:>10}", Unit::Microseconds.written(figure))?;
            }
            write!(out, " {}", Unit::Microseconds)?;
            if at == 0 {
                write!(out, "   of {count}")?;
            }
        }
    }
    Ok(())
}

fn write_series(out: &mut fmt::Formatter<'_>, series: &[Series]) -> fmt::Result {
    for Series { name, of, unit, points } in series {
        write!(out, "\n\n{name}, by {of}")?;
        for Point { at, spread: Spread { median, min, max } } in points {
            let [median, min, max] = [median, min, max].map(|figure| unit.written(*figure));
            write!(out, "\n{at:>12} {median:>10} {unit:3} ({min} to {max})")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spread::nanoseconds;
    use std::path::Path;

    fn measured(name: &str, rounds: &[f64]) -> Measured {
        Measured {
            name: name.to_owned(),
            unit: Unit::Nanoseconds,
            rounds: rounds.to_vec(),
            latencies: Latencies::default(),
        }
    }

    fn report() -> Report {
        let mut report = Report::new("test", Machine::here(Path::new("/")));
        let (ours, peer) = (measured("ours", &[10.0, 30.0]), measured("peer", &[20.0, 40.0]));
        report.count("messages", 7);
        report.row(&ours, &[&peer]);
        report.row(&peer, &[]);
        let (mut latencies, mut round) = (Latencies::default(), nanoseconds());
        (1..=1_000).for_each(|us| round.saturating_record(us * 1_000));
        latencies.keep(round);
        report.latencies("an answer", &latencies);
        report.latencies("nothing", &Latencies::default());
        let point = |at| Point { at, spread: Spread::of(&[at * 2.0]) };
        report.series.push(Series {
            name: "ours".to_owned(),
            of: "orders".to_owned(),
            unit: Unit::Nanoseconds,
            points: vec![point(1.0), point(10.0)],
        });
        report.note("All of it is made up.");
        report
    }

    #[test]
    fn a_report_is_read_back_as_it_was_written() {
        let report = report();
        assert_eq!(Report::from_json(&report.to_json()).unwrap(), report);
        let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
        assert_eq!(json["rows"][0]["median"], 20.0);
        assert_eq!(json["rows"][0]["ratios"][0]["max"], 0.75);
        assert_eq!(json["latencies"][0]["percentiles"][0]["percentile"], 50.0);
        assert_eq!(report.latencies.len(), 1, "nothing was measured of the other");
    }

    #[test]
    fn people_get_a_table() {
        let text = report().to_string();
        for part in [
            "7 messages",
            "ours       20.0       10.0       30.0 ns   0.62 × peer (0.50 to 0.75)",
            "ours, by orders\n           1       2.00 ns  (2.00 to 2.00)",
            "All of it is made up.",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        let row = report().find("peer").map(|row| row.spread.max);
        assert_eq!(row, Some(40.0));
    }

    #[test]
    fn a_curve_rises_to_the_longest() {
        let report = report();
        let curve = &report.latencies[0].curve;
        assert!(curve.windows(2).all(|two| two[0].0 <= two[1].0 && two[0].1 <= two[1].1));
        let (percentile, longest) = curve[curve.len() - 1];
        assert!((percentile - 100.0).abs() < 1e-9 && (longest - 1_000.0).abs() < 1.0);
    }
}
