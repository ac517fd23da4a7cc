//! The wire as `sbe_gen`, an SBE generator that is not ours, reads gateway/schema/ringpit.xml.
//!
//! Only this crate's tests use it: they hold `ringpit-wire` to a second opinion. It deliberately
//! adds nothing to what the generator makes, and nobody else may depend on it.

/// What the generator made.
#[allow(
    missing_docs,
    unused,
    clippy::all,
    clippy::too_many_lines,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::allow_attributes_without_reason,
    non_camel_case_types,
    reason = "made by another"
)]
pub mod sbe {
    include!(concat!(env!("OUT_DIR"), "/sbe.rs"));
}
