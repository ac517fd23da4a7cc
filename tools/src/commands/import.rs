//! `ringpit import`: market data files as scenario lines.

mod lobster;

use crate::failure::Failure;
use clap::Subcommand;

const EXAMPLE: &str = "\
Example:
  ringpit import lobster messages.csv | ringpit run - --digest";

/// Turn a market data file into scenario lines on standard output.
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(subcommand)]
    format: Format,
}

#[derive(Subcommand)]
enum Format {
    Lobster(lobster::Args),
}

/// Imports a file.
///
/// # Errors
/// How it ended, when not well.
pub fn run(args: &Args) -> Result<(), Failure> {
    match &args.format {
        Format::Lobster(args) => lobster::run(args),
    }
}
