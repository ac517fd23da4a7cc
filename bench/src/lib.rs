//! How fast Ringpit is, measured beside its own floors in one interleaved run.
//!
//! It drives the other rooms from outside, by what they offer to everybody, and deliberately
//! knows nothing private of them.

pub mod apply;
pub mod book;
mod daemon;
pub mod echo;
pub mod engine;
pub mod error;
pub mod fixed;
pub mod floors;
pub mod flow;
pub mod growth;
pub mod idle;
pub mod interleave;
pub mod lane;
pub mod load;
pub mod machine;
pub mod memory;
pub mod ours;
pub mod peer;
pub mod pool;
pub mod quick;
pub mod replay;
pub mod report;
pub mod ring;
pub mod round_trip;
pub mod round_trips;
pub mod sale;
pub mod script;
pub mod spread;
pub mod throughput;
pub mod timer;
pub mod transfers;
pub mod unit;
pub mod venue;
