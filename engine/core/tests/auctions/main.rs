//! Auctions as the rule book says, event by event: its worked tables, and a case for each sentence.
//! After every command all invariants are recomputed from scratch.
//!
//! Random comparison with an independently written model is another test's affair.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it is wrong")]

mod atomic;
mod closing;
mod english;
mod many;
mod refused;
mod script;
mod sealed;
mod shown;
