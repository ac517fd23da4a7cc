//! How a command ends when it does not end well, and with which exit code.

use std::io;
use std::process::ExitCode;

/// Why a command stopped.
#[derive(Debug)]
pub enum Failure {
    /// The command line or its input is wrong.
    Input(String),
    /// The environment failed: disk, port, permission.
    Environment(String),
    /// Whoever read our output wants no more of it.
    PipeClosed,
}

impl Failure {
    /// An I/O error while doing something to a file the user named: a file that is not there, or
    /// is none, is the user's affair, all else the environment's.
    pub fn file(name: &str, error: &io::Error) -> Self {
        use io::ErrorKind::{InvalidInput, IsADirectory, NotADirectory, NotFound};
        let text = format!("{name}: {error}");
        match error.kind() {
            NotFound | IsADirectory | NotADirectory | InvalidInput => Self::Input(text),
            _ => Self::Environment(text),
        }
    }

    /// Tells the user and gives the exit code.
    pub fn tell(&self) -> ExitCode {
        match self {
            Self::Input(text) => {
                eprintln!("{text}");
                ExitCode::from(2)
            }
            Self::Environment(text) => {
                eprintln!("ringpit: {text}");
                ExitCode::from(3)
            }
            Self::PipeClosed => ExitCode::SUCCESS,
        }
    }
}
