//! How a command ends when it does not end well, and with which exit code.

use ringpit_journal::OpenError;
use std::io;
use std::process::ExitCode;

/// Why a command stopped.
#[derive(Debug)]
pub enum Failure {
    /// The answer is no, and was given.
    No,
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

    /// Why a store could not be opened or read.
    pub fn store(error: &OpenError) -> Self {
        let text = error.to_string();
        match error {
            OpenError::Damage(_) => {
                eprintln!("{text}");
                Self::No
            }
            OpenError::NoStore { .. }
            | OpenError::NewerFormat { .. }
            | OpenError::NewerRules { .. }
            | OpenError::LossTooSmall { .. }
            | OpenError::Option { .. } => Self::Input(text),
            OpenError::Io(_) | OpenError::Locked { .. } | OpenError::Stopped { .. } => {
                Self::Environment(text)
            }
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
            Self::No => ExitCode::from(1),
            Self::PipeClosed => ExitCode::SUCCESS,
        }
    }
}
