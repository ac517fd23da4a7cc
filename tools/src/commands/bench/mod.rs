//! `ringpit bench`: how fast it is here, beside what this machine can do at all. One file a bench;
//! what they share is in `plumbing`.

mod book;
mod engine;
mod growth;
mod idle;
mod memory;
mod plumbing;
mod quick;
mod replay;
mod report;
mod ring;
mod round_trip;
mod sale;
mod throughput;
mod transfers;

use crate::failure::Failure;
use clap::Subcommand;

const EXAMPLES: &str = "\
Examples:
  ringpit bench quick
  ringpit bench quick AAPL_2012-06-21_34200000_57600000_message_5.csv --json
  ringpit bench roundtrip
  ringpit bench throughput --connections 4 --in-flight 256
  ringpit bench book --json
  ringpit bench engine
  ringpit bench idle --sessions 1000 --seconds 30
  ringpit bench sale --scene many,hot
  ringpit bench transfers --accounts 1000000

Everything of one call is measured in turns, so that only its ratios count: a machine has fast and
slow minutes. Build with --release.";

/// Measure: books, the engine, hops, replay, memory, durable round trips, an idle server.
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
    Book(book::Args),
    Engine(engine::Args),
    Ring(ring::Args),
    Replay(replay::Args),
    Memory(memory::Args),
    Growth(growth::Args),
    Sale(sale::Args),
    Transfers(transfers::Args),
    Report(report::Args),
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
        What::Book(args) => book::run(args),
        What::Engine(args) => engine::run(args),
        What::Ring(args) => ring::run(args),
        What::Replay(args) => replay::run(args),
        What::Memory(args) => memory::run(args),
        What::Growth(args) => growth::run(args),
        What::Sale(args) => sale::run(args),
        What::Transfers(args) => transfers::run(args),
        What::Report(args) => report::run(args),
        What::Idle(args) => idle::run(args),
    }
}
