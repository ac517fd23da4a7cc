//! A client that reconnects, resends and fills gaps.
//!
//! [`Session`] is the whole protocol as a state machine without sockets and clocks, for programs
//! that drive many sessions from one loop. [`Client`] puts one session on a socket, for everybody
//! else. Either hands every numbered event over exactly once and in order, and no command is
//! executed twice, whatever happens to the connection or the server.
//!
//! It knows messages and sessions, and no rule of any market.
//!
//! ```no_run
//! use ringpit_client::{Client, Delivery, Login, Secret};
//! use ringpit_core::command::OpenAccount;
//! use ringpit_core::AccountId;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let secret = Secret::from_hex("00112233445566778899aabbccddeeff").ok_or("not hexadecimal")?;
//! let mut client = Client::new(([127, 0, 0, 1], 7401).into(), Login::new(7, secret))?;
//! client.send(&OpenAccount { account: AccountId(11), group: None }.into())?;
//! // Connects, sends, and returns when everything is answered, whatever happens in between.
//! client.settle(|delivery| {
//!     if let Delivery::Event(arrived) = delivery {
//!         println!("step {}: {:?}", arrived.seq, arrived.event);
//!     }
//! })?;
//! client.close(|_| {})?;
//! # Ok(())
//! # }
//! ```

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
mod stream;
mod topic;

pub use client::{Client, ClientError};
pub use delivery::{Arrived, Delivery, Refusal};
pub use error::{Error, SendError};
pub use inbound::NumberingError;
pub use login::{Login, Secret};
pub use session::{Handler, Now, Session, Wants};
pub use state::{SessionState, Unanswered};
pub use stream::{Tls, TlsError};
pub use topic::Topic;
