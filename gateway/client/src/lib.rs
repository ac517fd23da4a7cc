//! A client that reconnects, resends and fills gaps.
//!
//! [`Session`] is the whole protocol as a state machine without sockets and clocks, for programs
//! that drive many sessions from one loop. [`Client`] puts one session on a socket, for everybody
//! else. Either hands every numbered event over exactly once and in order, and no command is
//! executed twice, whatever happens to the connection or the server.
//!
//! It knows messages and sessions, and no rule of any market.

mod backoff;
mod buffer;
mod client;
mod codec;
mod delivery;
mod dispatch;
mod error;
mod inbound;
pub mod limits;
mod login;
mod outbound;
mod pending;
mod session;
mod state;
mod topic;

pub use client::{Client, ClientError};
pub use delivery::{Arrived, Delivery, Refusal};
pub use error::{Error, SendError};
pub use inbound::NumberingError;
pub use login::{Login, Secret};
pub use session::{Handler, Now, Session, Wants};
pub use state::{SessionState, Unanswered};
pub use topic::Topic;
