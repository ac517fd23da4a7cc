//! Why a session can't go on. What a reconnect cures is not an error here.

use crate::inbound::NumberingError;
use ringpit_core::ids::SessionId;

/// A fatal end of a session: connecting again with the same state would not help.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Error {
    /// Something in the configuration is out of its bounds.
    #[error("{field}: {value} is not within {bounds}")]
    Config {
        /// Which field.
        field: &'static str,
        /// What it is.
        value: u64,
        /// What it may be.
        bounds: &'static str,
    },
    /// The server refused the login.
    #[error("session {session}: the server refused {step}: {reason}")]
    Refused {
        /// Which session.
        session: SessionId,
        /// `Negotiate` or `Establish`.
        step: &'static str,
        /// The server's word.
        reason: &'static str,
    },
    /// The server ended the session in a way that a reconnect does not cure.
    #[error("session {session}: terminated by the server: {reason}")]
    Terminated {
        /// Which session.
        session: SessionId,
        /// The server's word.
        reason: &'static str,
    },
    /// The server no longer has the numbers that it had confirmed.
    #[error("the server lost what it had confirmed: it goes on at {next}, {seen} was received")]
    Behind {
        /// The server's next number.
        next: u64,
        /// The highest number received.
        seen: u64,
    },
    /// The server broke the rules of numbering.
    #[error(transparent)]
    Numbering(#[from] NumberingError),
    /// The server refused to send again what it must be able to send.
    #[error("messages from {from} can't be fetched again: {reason}")]
    Unavailable {
        /// The first of them.
        from: u64,
        /// The server's word.
        reason: String,
    },
    /// The server sent something that is no message of the protocol.
    #[error("not a message of the protocol: {0}")]
    Malformed(String),
}

/// Why a message was not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SendError {
    /// Too many messages wait for their answer.
    #[error("too many messages wait for their answer")]
    InFlight,
    /// No client can send this.
    #[error("`{0}` is made by the session layer; a client can't send it")]
    NotForClients(&'static str),
    /// A query goes through `query`, everything else through `send`.
    #[error("`{0}` is sent the other way: queries with `query`, commands with `send`")]
    WrongWay(&'static str),
    /// A list has more entries than the wire carries (16), or a number is its type's null there.
    #[error("`{0}` has a list of more than 16 entries, or a number that the wire can't carry")]
    NoPlaceOnTheWire(&'static str),
    /// The session has ended.
    #[error("the session has ended")]
    Ended,
}
