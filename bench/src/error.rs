//! Why something could not be measured.

use ringpit_client::ClientError;
use std::io;

/// Why something could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The system refused something.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What it said.
        source: io::Error,
    },
    /// The server can't be spoken to.
    #[error("the server: {0}")]
    Client(#[from] ClientError),
    /// The server did something other than what it was asked for.
    #[error("the server answered an order with {0}")]
    Answer(String),
    /// What came of it is not what the engine says.
    #[error("the outcome is wrong: {0}")]
    Outcome(String),
    /// A peer's command did not measure.
    #[error("the peer's command: {0}")]
    Peer(String),
    /// The flow is none for one book: this input, counted from 1, is something else.
    #[error("input {0} is no plain order, cancel or reduction of one book")]
    Flow(usize),
    /// The machine is too small.
    #[error("{0}")]
    TooSmall(String),
    /// A measuring thread panicked; its message is printed.
    #[error("a measuring thread panicked")]
    Panic,
}

impl BenchError {
    /// An error of the system, at this.
    pub(crate) fn of(what: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self::System { what, source }
    }
}

impl From<ringpit_client::Error> for BenchError {
    fn from(error: ringpit_client::Error) -> Self {
        ClientError::from(error).into()
    }
}
