//! The things people do in this repository, one name each.

mod check;
mod fuzz;
mod instructions;
mod schema;
mod simulate;

use clap::Parser;
use std::process::ExitCode;

/// The things people do in this repository.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Checks format, lints, documentation and licences, and simulates; CI runs it after the tests.
    Check(check::Args),
    /// Runs the random tests with larger numbers and fresh seeds.
    Fuzz(fuzz::Args),
    /// Counts the instructions of fixed pieces of work and compares them with the repository's file.
    Instructions(instructions::Args),
    /// Makes the wire's layout table and docs/protocol.md from gateway/schema/ringpit.xml.
    Schema(schema::Args),
    /// Plays the whole system under every fault, seed by seed, and checks every promise.
    Simulate(simulate::Args),
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Check(args) => check::run(&args),
        Task::Fuzz(args) => fuzz::run(&args),
        Task::Simulate(args) => simulate::run(&args),
        Task::Instructions(args) => instructions::run(&args),
        Task::Schema(args) => schema::run(&args).map_err(|error| error.to_string()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
