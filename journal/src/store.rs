//! What a caller gives to open a store, and what it gets.

use std::path::PathBuf;
use std::time::Duration;

use crate::appender::Appender;
use crate::error::{Cut, Damage, OpenError};
use crate::flusher::Flusher;
use crate::format::StoreId;
use crate::limits::{
    PAGE_BYTES, SEGMENT_BYTES_DEFAULT, SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN, TAIL_BYTES_DEFAULT,
    TAIL_BYTES_MAX, TAIL_BYTES_MIN,
};
use crate::reader::Reader;

/// When an answer may leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Once its input survives a power cut.
    #[default]
    Sync,
    /// At once; a killed process loses nothing, a power cut the last moments.
    Async,
}

/// How to open a store.
#[derive(Clone, Debug)]
pub struct Options {
    /// Length of segments made from now on: whole pages from 64 KiB to 1 GiB.
    pub segment_bytes: u64,
    /// Length of the tail's ring: whole pages from 64 KiB to 16 GiB.
    pub tail_bytes: u64,
    /// Where the tail goes; `None` for `/dev/shm`, else the store.
    pub tail_dir: Option<PathBuf>,
    /// When answers may leave.
    pub durability: Durability,
    /// If damage is found: go on without what it destroyed, provided that all up to this number is
    /// intact. Does nothing when there is no damage.
    pub accept_loss_after: Option<u64>,
    /// Latest rules the caller knows; a new store starts with them.
    pub rules_version: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: SEGMENT_BYTES_DEFAULT,
            tail_bytes: TAIL_BYTES_DEFAULT,
            tail_dir: None,
            durability: Durability::Sync,
            accept_loss_after: None,
            rules_version: 1,
        }
    }
}

impl Options {
    pub(crate) fn check(&self) -> Result<(), OpenError> {
        let sizes = [
            ("segment_bytes", self.segment_bytes, SEGMENT_BYTES_MIN, SEGMENT_BYTES_MAX),
            ("tail_bytes", self.tail_bytes, TAIL_BYTES_MIN, TAIL_BYTES_MAX),
        ];
        for (field, value, min, max) in sizes {
            if !(min..=max).contains(&value) || !value.is_multiple_of(PAGE_BYTES) {
                let reason =
                    format!("{value} is not a multiple of {PAGE_BYTES} between {min} and {max}");
                return Err(OpenError::Option { field, reason });
            }
        }
        Ok(())
    }
}

/// An open store.
pub struct Opened {
    /// For the one thread that writes the line.
    pub appender: Appender,
    /// For a thread of its own.
    pub flusher: Flusher,
    /// For anyone.
    pub reader: Reader,
    /// What was found.
    pub recovered: Recovered,
}

/// What recovery found.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// The store.
    pub store_id: StoreId,
    /// Whether the store was made just now.
    pub is_new: bool,
    /// Rules the store runs under.
    pub rules_version: u32,
    /// Number of the last input.
    pub last_seq: u64,
    /// Its time, in UNIX nanoseconds.
    pub last_time_ns: u64,
    /// Inputs and checkpoints recovered.
    pub records: u64,
    /// How many of them came from the tail: appended, but not yet known to be durable.
    pub tail_records: u64,
    /// Bytes of records in the segments.
    pub bytes: u64,
    /// What was dropped at the end, never durable.
    pub cut: Option<Cut>,
    /// What was damaged and given up because the operator accepted the loss.
    pub accepted_loss: Option<Damage>,
    /// Sentences for the operator.
    pub warnings: Vec<String>,
    /// How long it took.
    pub took: Duration,
}
