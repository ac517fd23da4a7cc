//! `ringpit bench`: how fast it is here, beside what this machine can do at all. One file a bench;
//! what they share is in `plumbing`.

mod idle;
mod plumbing;
mod quick;
mod round_trip;
mod throughput;

use crate::failure::Failure;
use clap::Subcommand;

const EXAMPLES: &str = "\
Examples:
  ringpit bench quick
  ringpit bench quick AAPL_2012-06-21_34200000_57600000_message_5.csv --json
  ringpit bench roundtrip
  ringpit bench throughput --connections 4 --in-flight 256
  ringpit bench idle --sessions 1000 --seconds 30

Everything of one call is measured in turns, so that only its ratios count: a machine has fast and
slow minutes. Build with --release.";

/// Measure: engine steps, durable round trips and throughput, an idle server.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Quick(quick::Args),
    #[command(name = "roundtrip")]
    RoundTrip(round_trip::Args),
    Throughput(throughput::Args),
    Idle(idle::Args),
}

/// Measures.
///
/// # Errors
/// How it ended, when not well.
pub fn run(args: &Args) -> Result<(), Failure> {
    match &args.what {
        What::Quick(args) => quick::run(args),
        What::RoundTrip(args) => round_trip::run(args),
        What::Throughput(args) => throughput::run(args),
        What::Idle(args) => idle::run(args),
    }
}
