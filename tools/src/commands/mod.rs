//! The subcommands, one file each.

mod bench;
mod demo;
mod events;
mod explain;
mod import;
mod inspect;
mod replay;
mod run;
mod send;
mod serve;
mod verify;

use crate::failure::Failure;
use clap::Subcommand;

#[derive(Subcommand)]
pub enum Command {
    Demo(demo::Args),
    Serve(serve::Args),
    Run(run::Args),
    Send(send::Args),
    Import(import::Args),
    Replay(replay::Args),
    Verify(verify::Args),
    Inspect(inspect::Args),
    Events(events::Args),
    Explain(explain::Args),
    Bench(bench::Args),
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// How it ended, when not well.
    pub fn run(self) -> Result<(), Failure> {
        match self {
            Self::Demo(args) => demo::run(&args),
            Self::Serve(args) => serve::run(&args),
            Self::Run(args) => run::run(&args),
            Self::Send(args) => send::run(&args),
            Self::Import(args) => import::run(&args),
            Self::Replay(args) => replay::run(&args),
            Self::Verify(args) => verify::run(&args),
            Self::Inspect(args) => inspect::run(&args),
            Self::Events(args) => events::run(&args),
            Self::Explain(args) => explain::run(&args),
            Self::Bench(args) => bench::run(&args),
        }
    }
}
