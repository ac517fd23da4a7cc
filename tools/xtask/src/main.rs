//! The things people do in this repository, one name each.

mod schema;

use clap::Parser;
use std::process::ExitCode;

/// The things people do in this repository.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Makes the wire's layout table and docs/protocol.md from gateway/schema/ringpit.xml.
    Schema(schema::Args),
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Schema(args) => schema::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
