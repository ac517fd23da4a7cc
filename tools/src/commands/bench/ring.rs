//! `ringpit bench ring`: the hops between threads, and what the sequencer adds.

use super::plumbing::{Answer, Place, RoundCount};
use crate::failure::Failure;
use ringpit_bench::ring;

const EXAMPLE: &str = "\
Example:
  ringpit bench ring --trips 50000";

/// A round trip through rings like ours, beside two bare atomics; what the sequencer adds.
///
/// Both ends spin, each on a processor of its own. The sequencer's own cost is measured on a line
/// that keeps nothing, the journal's copy apart.
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Round trips a round.
    #[arg(long, value_name = "N", default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(100..=10_000_000))]
    trips: u32,
    #[command(flatten)]
    rounds: RoundCount,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    answer: Answer,
}

/// Measures and prints.
///
/// # Errors
/// How it ended, when not well.
pub fn run(args: &Args) -> Result<(), Failure> {
    let folder = args.place.folder()?;
    let (rounds, trips) = (args.rounds.get(), args.trips as usize);
    args.answer.measure(|progress| ring::run(folder.path(), rounds, trips, progress))
}
