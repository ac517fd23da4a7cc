//! `ringpit bench engine`: the whole engine in process.

use super::plumbing::{Answer, RoundCount};
use crate::failure::Failure;
use ringpit_bench::engine::{self, SIZE};

const EXAMPLE: &str = "\
Example:
  ringpit bench engine --inputs 500000";

/// The whole engine in process: cash risk, fees, 100 instruments, 10,000 accounts.
///
/// Inputs come from client sessions in their encoded form, as the sequencer takes them. At the end
/// every invariant is recomputed: money is conserved, what is held is owed.
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Inputs a round, for the rate and again for the latencies.
    #[arg(long, value_name = "N", default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
    inputs: u32,
    #[command(flatten)]
    rounds: RoundCount,
    #[command(flatten)]
    answer: Answer,
}

/// Measures and prints.
///
/// # Errors
/// How it ended, when not well.
pub fn run(args: &Args) -> Result<(), Failure> {
    let (rounds, inputs) = (args.rounds.get(), args.inputs as usize);
    args.answer.measure(|progress| engine::run(SIZE, rounds, inputs, progress))
}
