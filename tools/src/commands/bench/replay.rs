//! `ringpit bench replay`: a journal once more.

use super::plumbing::{Answer, Place, RoundCount};
use crate::failure::Failure;
use ringpit_bench::replay;

const EXAMPLE: &str = "\
Example:
  ringpit bench replay --inputs 5000000";

/// How fast a journal's inputs go through a fresh engine, every check on.
///
/// The journal is made here, of the generated order flow. Beside the replay: reading and decoding
/// alone, and reading alone, with checksums and links.
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Inputs in the journal.
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..=100_000_000))]
    inputs: u32,
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
    let (rounds, inputs) = (args.rounds.get(), args.inputs as usize);
    args.answer.measure(|progress| replay::run(folder.path(), rounds, inputs, progress))
}
