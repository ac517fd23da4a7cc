//! `ringpit bench growth`: what a message costs in a large state.

use super::plumbing::{Answer, RoundCount};
use crate::failure::Failure;
use ringpit_bench::growth;

const EXAMPLES: &str = "\
Examples:
  ringpit bench growth --scale 0.1
  ringpit bench growth";

/// What a message costs in a small state and in a large one.
///
/// Small: 10,000 orders, 100 books, 10,000 accounts; 10,000 deadlines. Large, at scale 1: 10
/// million orders, 10,000 books, 10 million accounts; 1 million deadlines. Needs some 9 GiB then,
/// and says so where they are not free.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The large state's part of its full size, above 0 to 1.
    #[arg(long, value_name = "PART", default_value_t = 1.0, value_parser = scale)]
    scale: f64,
    /// Messages a round and state.
    #[arg(long, value_name = "N", default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
    inputs: u32,
    #[command(flatten)]
    rounds: RoundCount,
    #[command(flatten)]
    answer: Answer,
}

fn scale(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(scale) if scale > 0.0 && scale <= 1.0 => Ok(scale),
        _ => Err("not a part above 0 and up to 1".to_owned()),
    }
}

/// Measures and prints.
///
/// # Errors
/// How it ended, when not well.
pub fn run(args: &Args) -> Result<(), Failure> {
    let (rounds, inputs) = (args.rounds.get(), args.inputs as usize);
    args.answer.measure(|progress| growth::run(args.scale, rounds, inputs, progress))
}
