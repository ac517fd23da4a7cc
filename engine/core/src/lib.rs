//! Ringpit's pure engine: commands in, events out.
//!
//! It deliberately has no clock, no files, no sockets, no threads and no randomness; `no_std`
//! keeps it so. The same inputs in the same order give the same events and the same state.
#![no_std]

extern crate alloc;

mod admin;
mod atomic;
mod auction;
mod audit;
pub mod book;
pub mod codec;
pub mod command;
mod counters;
mod deadlines;
mod desk;
pub mod digest;
mod directory;
pub mod engine;
pub mod event;
pub mod ids;
mod input;
mod ledger;
pub mod limits;
mod lines;
pub mod list;
mod parts;
mod plain;
mod query;
pub mod reason;
pub mod roles;
pub mod rules;
mod sale;
mod schedule;
mod segments;
mod session_inputs;
mod sessions;
pub mod shadow;
mod step;
mod table;
mod text;
mod trading;
pub mod words;

pub use codec::InputRef;
pub use command::{Command, Input};
pub use engine::{Engine, SessionFacts};
pub use event::{Emitted, Event, Sink};
pub use ids::*;
pub use list::List;
pub use reason::Reason;
pub use words::*;
