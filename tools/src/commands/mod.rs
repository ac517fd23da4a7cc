//! The subcommands, one file each.

mod import;
mod run;

use crate::failure::Failure;
use clap::Subcommand;

#[derive(Subcommand)]
pub enum Command {
    Run(run::Args),
    Import(import::Args),
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// How it ended, when not well.
    pub fn run(self) -> Result<(), Failure> {
        match self {
            Self::Run(args) => run::run(&args),
            Self::Import(args) => import::run(&args),
        }
    }
}
