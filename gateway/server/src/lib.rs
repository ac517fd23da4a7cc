//! TCP sessions in front of the sequencer: accept, authenticate, number, throttle, route, answer.
//!
//! One thread serves thousands of sessions. It knows messages and sessions, and nothing of
//! matching rules: what a command does is the engine's affair. An answer leaves only when the step
//! it comes from is durable.
//!
//! [`Server::start`] runs a server in this process; `ringpit serve` is the same with signals.

pub mod business;
pub mod connection;
pub mod dev;
pub mod error;
pub mod exchange;
pub mod fixp;
mod gateway;
pub mod histories;
pub mod history;
pub mod hub;
pub mod limits;
pub mod listener;
pub mod lockout;
pub mod login;
pub mod numbers;
pub mod outbox;
pub mod queries;
pub mod retransmit;
pub mod router;
pub mod server;
pub mod session;
pub mod session_inputs;
pub mod sessions;
pub mod sessions_file;
pub mod signature;
pub mod sockets;
pub mod subscriptions;
pub mod tags;
pub mod throttle;
pub mod tls;
pub mod wake;

pub use error::ServerError;
pub use server::{Config, Handle, Remote, Report, Server};
