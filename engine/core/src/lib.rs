#![no_std]
//! The pure transaction engine: commands in, events out.
