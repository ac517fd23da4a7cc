//! Why the server did not start, or ended.

use crate::listener::ListenError;
use crate::sessions_file::SessionsError;
use crate::tls::TlsError;
use ringpit_journal::OpenError;
use ringpit_sequencer::{Failure, RecoverError, StartError};

/// Why there is no server (any more).
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The session file was refused.
    #[error(transparent)]
    Sessions(#[from] SessionsError),
    /// It can't listen where it was told to.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Certificate or key was refused.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The journal can't be opened or replayed.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// The line can't be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The line failed: what was not acknowledged by then never will be.
    #[error("{0}")]
    Line(Failure),
    /// The system refused something the gateway needs.
    #[error("{what}: {source}")]
    System {
        /// What.
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The gateway's thread ended by a panic.
    #[error("the gateway thread panicked; its message is in the log")]
    Panic,
}

impl ServerError {
    /// For `map_err`: what was needed.
    pub fn system(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::System { what, source }
    }

    /// Whether what was asked for can't be, rather than what there is.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Sessions(SessionsError::Io { source, .. })
            | Self::Tls(TlsError::Io { source, .. }) => {
                source.kind() == std::io::ErrorKind::NotFound
            }
            Self::Sessions(SessionsError::Content { .. })
            | Self::Tls(TlsError::Content { .. })
            | Self::Listen(ListenError::Public { .. })
            | Self::Start(StartError::Config(_)) => true,
            Self::Recover(RecoverError::Open(error)) => {
                matches!(error, OpenError::Option { .. } | OpenError::LossTooSmall { .. })
            }
            _ => false,
        }
    }
}
