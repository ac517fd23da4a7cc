//! How fast Ringpit is, measured beside its own floors in one interleaved run.
//!
//! It drives the other rooms from outside, by what they offer to everybody, and deliberately
//! knows nothing private of them.

pub mod apply;
pub mod echo;
pub mod error;
pub mod floors;
pub mod flow;
pub mod idle;
pub mod interleave;
pub mod lane;
pub mod load;
pub mod machine;
pub mod peer;
pub mod quick;
pub mod report;
pub mod round_trip;
pub mod round_trips;
pub mod script;
pub mod spread;
pub mod throughput;
pub mod unit;
