//! `ringpit`: one deterministic transaction engine for order books, auctions and flash sales.
//!
//! The command line and nothing else: what a command does is done by the rooms below. Exit codes:
//! 0 done, 1 the answer is no, 2 bad usage or input, 3 the environment failed.

mod commands;
mod failure;
mod flow;
mod input;
mod journal;
mod members;
mod output;
mod process;
mod progress;
mod records;
mod session_key;
mod steps;
mod time;

use clap::Parser;
use commands::Command;
use std::process::ExitCode;

/// One deterministic transaction engine for order books, auctions and flash sales.
///
/// Every input is a numbered, timed line; the engine is a pure function of that line. The same
/// file prints the same bytes everywhere.
#[derive(Parser)]
#[command(name = "ringpit", version, after_help = EXAMPLES, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Try it:
  echo '{\"do\":\"open_account\",\"account\":1}' | ringpit run -
  ringpit help run

Exit codes: 0 done, 1 the answer is no, 2 bad usage or input, 3 the environment failed.";

fn main() -> ExitCode {
    match Cli::parse().command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(),
    }
}
