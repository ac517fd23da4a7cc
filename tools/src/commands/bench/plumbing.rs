//! What the benches' commands share: flags, progress, output, a server of their own, inputs.

use crate::failure::Failure;
use crate::members::{Member, write_sessions};
use crate::process::{Process, environment, imported};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ringpit_bench::error::BenchError;
use ringpit_bench::flow::{Flow, setup};
use ringpit_bench::interleave::Turn;
use ringpit_bench::report::Report;
use ringpit_core::{Command, Input};
use ringpit_vocab::Scenario;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use tempfile::TempDir;

/// Commands of the generated flow: as many as the first 30,000 rows of AAPL's sample give.
const GENERATED: usize = 29_000;

/// Durable writes and loopback round trips that a round measures as the floor of the whole way.
pub const FLOORS: usize = 500;

/// What a peer's command is told and tells.
pub const PEER: &str = "\
The peer's command is run by `sh -c` once a round, in turn with everything else. It finds its task
in RINGPIT_MESSAGES, RINGPIT_CONNECTIONS, RINGPIT_IN_FLIGHT (a connection) and RINGPIT_DIR (on the
disk that counts), and prints as its last line one JSON object, without what it does not know:
  {\"name\": \"other\", \"per_second\": 442000, \"p50_us\": 2100, \"p99_us\": 8000, \"p99.9_us\": 9000}";

/// How the answer is given.
#[derive(clap::Args)]
pub struct Answer {
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

impl Answer {
    /// Prints what was found.
    pub fn give(&self, report: &Report) {
        if self.json {
            println!("{}", report.to_json());
        } else {
            println!("{report}");
        }
    }

    /// Measures while a bar on a terminal shows how far it has come, and prints what was found.
    ///
    /// # Errors
    /// [`Failure`] when it can't be measured, or came out wrong.
    pub fn measure(
        &self,
        measure: impl FnOnce(&mut dyn FnMut(Turn<'_>)) -> Result<Report, BenchError>,
    ) -> Result<(), Failure> {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
            bar.set_style(style);
        }
        let report = measure(&mut |turn| {
            bar.set_length(turn.turns as u64);
            bar.set_position(turn.done as u64);
            bar.set_message(turn.contender.to_owned());
        });
        bar.finish_and_clear();
        self.give(&report.map_err(failed)?);
        Ok(())
    }
}

/// How many rounds are measured.
#[derive(clap::Args)]
pub struct RoundCount {
    /// Rounds that count; each measures everything once, after one that does not count.
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    rounds: u16,
}

impl RoundCount {
    /// So many.
    pub fn get(&self) -> usize {
        usize::from(self.rounds)
    }
}

/// Where a store is made.
#[derive(clap::Args)]
pub struct Place {
    /// Where the store's temporary folder is made: choose the disk that counts.
    #[arg(long, value_name = "DIR", default_value_os_t = std::env::temp_dir())]
    pub dir: PathBuf,
}

impl Place {
    /// A folder that ends with the measurement.
    ///
    /// # Errors
    /// [`Failure::Environment`] when it can't be made.
    pub fn folder(&self) -> Result<TempDir, Failure> {
        TempDir::with_prefix_in("ringpit-bench-", &self.dir)
            .map_err(|error| environment("a temporary folder", &error))
    }

    /// A server of this program, on a store in a folder that ends with the measurement.
    ///
    /// # Errors
    /// [`Failure`] when it does not serve.
    pub fn serve<'m>(
        &self,
        members: impl IntoIterator<Item = &'m Member>,
        answer: &Answer,
    ) -> Result<(TempDir, Process), Failure> {
        let folder = self.folder()?;
        write_sessions(folder.path(), members)?;
        let server = Process::start(folder.path(), SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 1)?;
        if !answer.json {
            server.said.iter().for_each(|line| eprintln!("server: {line}"));
        }
        Ok((folder, server))
    }
}

/// Ends a bench's server cleanly.
///
/// # Errors
/// [`Failure::Environment`] when it ends otherwise.
pub fn stop(server: Process) -> Result<(), Failure> {
    let ended = server.stop()?;
    if ended.success() { Ok(()) } else { Err(Failure::Environment(format!("the server: {ended}"))) }
}

/// An order flow's inputs: a LOBSTER file's, or generated ones.
///
/// # Errors
/// [`Failure::Input`] when the file is none.
pub fn inputs(file: Option<&str>) -> Result<Vec<Input>, Failure> {
    let Some(file) = file else {
        let commands = setup().into_iter().chain(Flow::new(1).take(GENERATED));
        return Ok(commands.map(Input::venue).collect());
    };
    let text = imported(file)?;
    let mut scenario = Scenario::new();
    let mut commands: Vec<Command> = Vec::new();
    for line in text.split(|byte| *byte == b'\n') {
        let read = scenario.read(line).map_err(|error| Failure::Input(error.to_string()))?;
        commands.extend(read.map(|line| line.command));
    }
    Ok(commands.into_iter().map(Input::venue).collect())
}

/// What could not be measured is the environment's affair; what came out wrong is an answer.
pub fn failed(error: BenchError) -> Failure {
    if let BenchError::Outcome(what) = &error {
        eprintln!("the outcome is wrong: {what}");
        return Failure::No;
    }
    Failure::Environment(error.to_string())
}
