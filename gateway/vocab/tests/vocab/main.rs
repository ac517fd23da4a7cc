//! The vocabulary's tables against the reader and the writer.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod exact;
mod round_trip;
mod tables;
