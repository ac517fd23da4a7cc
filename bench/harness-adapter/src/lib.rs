//! Ringpit's book and matching behind the C interface of the public matching benchmark
//! (flash1-dev/matching-engine-benchmark), so that its harness can drive and time them.
//!
//! The book is the production one of `ringpit-core`, not a copy. What is here translates names,
//! messages and reports, and nothing else: no rule of matching stands in this crate. README.md says
//! how to point the harness at it. It deliberately has no part in the server.
#![cfg_attr(
    feature = "grouped",
    allow(dead_code, reason = "batches are only tested where they are not offered")
)]

mod abi;
mod ffi;
mod names;
mod reports;
#[cfg(any(feature = "own-ring", test))]
mod ring;
mod venue;
