//! Ringpit's pure engine: commands in, events out.
//!
//! It deliberately has no clock, no files, no sockets, no threads and no randomness; `no_std`
//! keeps it so. The same inputs in the same order give the same events and the same state.
#![no_std]

extern crate alloc;

pub mod codec;
pub mod command;
pub mod engine;
pub mod event;
pub mod ids;
pub mod limits;
pub mod list;
pub mod reason;
pub mod words;

pub use command::{Command, Input};
pub use engine::{Engine, SessionFacts};
pub use event::{Emitted, Event, Sink};
pub use ids::*;
pub use list::List;
pub use reason::Reason;
pub use words::*;
