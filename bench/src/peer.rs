//! Another engine, measured beside us by a command of the user's: it is run once a round, in turn
//! with everything else, and says what it measured.
//!
//! The command runs in `sh -c`. What it shall measure stands in its environment (see [`Task`]). It
//! prints one JSON object as the last line of its output, which may leave out what it does not know:
//! `{"name": "…", "per_second": N, "p50_us": N, "p99_us": N, "p99.9_us": N}`. It ends with code 0.

use crate::error::BenchError;
use crate::interleave::Measured;
use crate::report::Report;
use crate::spread::Latencies;
use crate::unit::Unit;
use serde_json::{Map, Value};
use std::path::Path;
use std::process::{Command, Stdio};

/// Messages a second.
pub const PER_SECOND: &str = "per_second";
/// The median latency.
pub const P50: &str = "p50_us";
/// The latency that one in a hundred exceeds.
pub const P99: &str = "p99_us";
/// The latency that one in a thousand exceeds.
pub const P999: &str = "p99.9_us";

/// Every figure that a peer may give, as it is printed.
const FIGURES: [(&str, &str, Unit); 4] = [
    (PER_SECOND, "messages", Unit::PerSecond),
    (P50, "p50", Unit::Microseconds),
    (P99, "p99", Unit::Microseconds),
    (P999, "p99.9", Unit::Microseconds),
];

/// What a peer is asked to measure; it finds the figures in `RINGPIT_MESSAGES`,
/// `RINGPIT_CONNECTIONS`, `RINGPIT_IN_FLIGHT` (a connection) and `RINGPIT_DIR` (on the disk that
/// counts, for its files).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Task<'t> {
    /// Messages in total.
    pub messages: usize,
    /// Connections.
    pub connections: usize,
    /// Messages in flight a connection.
    pub in_flight: usize,
    /// Where its files go.
    pub directory: &'t Path,
}

/// A peer and its rounds.
#[derive(Clone, PartialEq, Debug)]
pub struct Peer {
    command: String,
    rounds: Vec<Map<String, Value>>,
}

impl Peer {
    /// Not run yet.
    #[must_use]
    pub fn new(command: String) -> Self {
        Self { command, rounds: Vec::new() }
    }

    /// Runs it once; gives the figure that it must have.
    ///
    /// # Errors
    /// When it can't be run, ends badly, or prints no such figure.
    pub fn round(&mut self, task: Task<'_>, wanted: &str) -> Result<f64, BenchError> {
        let output = Command::new("sh")
            .args(["-c", &self.command])
            .env("RINGPIT_MESSAGES", task.messages.to_string())
            .env("RINGPIT_CONNECTIONS", task.connections.to_string())
            .env("RINGPIT_IN_FLIGHT", task.in_flight.to_string())
            .env("RINGPIT_DIR", task.directory)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .map_err(BenchError::of("the peer's command"))?;
        if !output.status.success() {
            return Err(BenchError::Peer(output.status.to_string()));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let object = serde_json::from_str::<Map<String, Value>>(last).ok();
        let found = object.and_then(|object| Some((object.get(wanted)?.as_f64()?, object)));
        let Some((figure, object)) = found else {
            return Err(BenchError::Peer(format!("no {wanted:?} in its last line: {last:?}")));
        };
        self.rounds.push(object);
        Ok(figure)
    }

    /// What it calls itself.
    #[must_use]
    pub fn name(&self) -> &str {
        let name = self.rounds.first().and_then(|round| round.get("name")?.as_str());
        name.unwrap_or("peer")
    }

    /// A figure of the last so many rounds, where the peer gave it in each of them.
    #[must_use]
    pub fn figure(&self, key: &str, rounds: usize) -> Option<Measured> {
        let (_, name, unit) = FIGURES.into_iter().find(|(known, ..)| *known == key)?;
        let counted = &self.rounds[self.rounds.len().saturating_sub(rounds)..];
        let figures = counted.iter().map(|round| round.get(key)?.as_f64());
        let rounds: Vec<f64> = figures.collect::<Option<_>>()?;
        let name = format!("{}, {name}", self.name());
        (!rounds.is_empty()).then(|| Measured {
            name,
            unit,
            rounds,
            latencies: Latencies::default(),
        })
    }

    /// Adds all that it gave in the last so many rounds.
    pub fn tell(&self, rounds: usize, report: &mut Report) {
        for (key, ..) in FIGURES {
            if let Some(measured) = self.figure(key, rounds) {
                report.row(&measured, &[]);
            }
        }
        report.note(format!("{} was measured by its own command: {}", self.name(), self.command));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Machine;

    fn task(messages: usize) -> Task<'static> {
        Task { messages, connections: 2, in_flight: 3, directory: Path::new("/tmp") }
    }

    #[test]
    fn a_peer_reads_its_task_and_gives_its_figures() {
        let figures =
            r#"{"name":"it","per_second":'$RINGPIT_MESSAGES',"p50_us":'$RINGPIT_IN_FLIGHT.5'}"#;
        let mut peer = Peer::new(format!("echo starting; echo '{figures}'"));
        for messages in [7, 10, 30] {
            assert_eq!(peer.round(task(messages), PER_SECOND).unwrap(), messages as f64);
        }
        assert_eq!(peer.figure(PER_SECOND, 2).unwrap().rounds, [10.0, 30.0]);
        assert!(peer.figure(P99, 2).is_none());
        let mut report = Report::new("test", Machine::here(Path::new("/")));
        peer.tell(2, &mut report);
        assert_eq!(report.find("it, p50").unwrap().spread.median, 3.5);
        assert_eq!(report.rows.len(), 2);
    }

    #[test]
    fn a_peer_that_fails_or_says_nothing_is_told() {
        for command in ["exit 3", "true", "echo hello", "echo '{\"name\":\"it\"}'"] {
            let failed = Peer::new(command.into()).round(task(1), PER_SECOND);
            assert!(matches!(failed, Err(BenchError::Peer(_))), "{command}: {failed:?}");
        }
    }
}
