//! `ringpit bench`: how fast it is here, beside what this machine can do at all.

use crate::failure::Failure;
use crate::members::{Member, write_sessions};
use crate::process::{Process, environment, imported};
use clap::Subcommand;
use ringpit_bench::error::BenchError;
use ringpit_bench::flow::{Flow, setup};
use ringpit_bench::idle;
use ringpit_bench::quick::{self, Extent};
use ringpit_bench::round_trip::RoundTrip;
use ringpit_core::{Command, Input, Role};
use ringpit_sequencer::{Pin, Wait, place};
use ringpit_vocab::Scenario;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

/// Commands of the generated flow: as many as the first 30,000 rows of AAPL's sample give.
const GENERATED: usize = 29_000;

const EXAMPLES: &str = "\
Examples:
  ringpit bench quick
  ringpit bench quick AAPL_2012-06-21_34200000_57600000_message_5.csv --json
  ringpit bench idle --sessions 1000 --seconds 30

Everything of one call is measured in turns, so that only its ratios count: a machine has fast and
slow minutes. Build with --release.";

/// Measure: engine steps, durable round trips, an idle server.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Quick(QuickArgs),
    Idle(IdleArgs),
}

/// How long a step takes in process, and an order to its durable answer over TCP.
///
/// Starts a server of its own on a store in a temporary folder, and measures beside it what the
/// disk and the loopback network take alone.
#[derive(clap::Args)]
struct QuickArgs {
    /// LOBSTER message file for the engine's steps; a generated flow when not given.
    file: Option<String>,
    /// Rounds; each measures everything once.
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    rounds: u16,
    #[command(flatten)]
    common: Common,
}

/// What a server costs while nobody talks to it.
///
/// Starts a server of its own, connects sessions that only keep alive, and measures the processor
/// time of the server's threads.
#[derive(clap::Args)]
struct IdleArgs {
    /// How many sessions.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    sessions: u16,
    /// How long.
    #[arg(long, value_name = "S", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=3_600))]
    seconds: u16,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
struct Common {
    /// Where the store's temporary folder is made: choose the disk that counts.
    #[arg(long, value_name = "DIR", default_value_os_t = std::env::temp_dir())]
    dir: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Measures.
///
/// # Errors
/// How it ended, when not well.
pub fn run(args: &Args) -> Result<(), Failure> {
    let (json, value, text) = match &args.what {
        What::Quick(args) => {
            let quick = measure_quick(args)?;
            (args.common.json, quick.to_json(), quick.to_string())
        }
        What::Idle(args) => {
            let idle = measure_idle(args)?;
            (args.common.json, idle.to_json(), idle.to_string())
        }
    };
    if json {
        println!("{value}");
    } else {
        println!("{text}");
    }
    Ok(())
}

fn measure_quick(args: &QuickArgs) -> Result<quick::Quick, Failure> {
    let inputs = inputs(args.file.as_deref())?;
    let operator = Member::new(1, Role::Operator, None)?;
    let trader = Member::new(2, Role::Trader, Some(1..=1))?;
    let logins = (operator.login.clone(), trader.login.clone());
    let (folder, server) = serve(&args.common, &[operator, trader])?;
    let mut trip = RoundTrip::new(server.address, logins.0, logins.1).map_err(failed)?;
    let rounds = usize::from(args.rounds);
    let extent = Extent { rounds, ..Extent::default() };
    let cpu = place(Pin::Auto, Wait::default(), Some(folder.path())).flusher;
    let mut progress = |round| {
        if !args.common.json {
            eprintln!("round {} of {rounds}", round + 1);
        }
    };
    let quick = quick::run(extent, &inputs, folder.path(), cpu, &mut trip, &mut progress);
    let quick = quick.map_err(failed)?;
    drop(trip);
    stop(server)?;
    Ok(quick)
}

fn measure_idle(args: &IdleArgs) -> Result<idle::Idle, Failure> {
    let sessions = u64::from(args.sessions);
    idle::allow(usize::from(args.sessions)).map_err(failed)?;
    let members = (1..=sessions).map(|id| Member::new(id, Role::Trader, Some(id..=id)));
    let members: Vec<Member> = members.collect::<Result<_, _>>()?;
    let (folder, server) = serve(&args.common, &members)?;
    let logins = members.into_iter().map(|member| member.login).collect();
    let duration = Duration::from_secs(u64::from(args.seconds));
    let idle = idle::run(server.address, logins, server.pid(), duration, folder.path());
    let idle = idle.map_err(failed)?;
    stop(server)?;
    Ok(idle)
}

/// A server of this program, on a store in a folder that ends with the measurement.
fn serve(common: &Common, members: &[Member]) -> Result<(TempDir, Process), Failure> {
    let folder = TempDir::with_prefix_in("ringpit-bench-", &common.dir)
        .map_err(|error| environment("a temporary folder", &error))?;
    write_sessions(folder.path(), members)?;
    let server = Process::start(folder.path(), SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 1)?;
    if !common.json {
        server.said.iter().for_each(|line| eprintln!("server: {line}"));
    }
    Ok((folder, server))
}

fn stop(server: Process) -> Result<(), Failure> {
    let ended = server.stop()?;
    if ended.success() { Ok(()) } else { Err(Failure::Environment(format!("the server: {ended}"))) }
}

/// The engine's inputs: a file's, or generated.
fn inputs(file: Option<&str>) -> Result<Vec<Input>, Failure> {
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

fn failed(error: BenchError) -> Failure {
    Failure::Environment(error.to_string())
}
