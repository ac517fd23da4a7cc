//! The durable line: segments, memory-mapped tail, flusher, recovery.
//!
//! Bytes with numbers and times, nothing else: what a payload means is the caller's affair. The
//! design, in one paragraph: the sequencer [`Appender::append`]s with plain stores into a mapped
//! ring (the tail) that survives a killed process; the [`Flusher`] moves what is pending to
//! preallocated segment files with one write and one flush, which survive a power cut, and moves the
//! [`Watermark`]; [`open`] recovers both, and refuses rather than repairs when durable bytes are
//! wrong. `docs/journal-format.md` holds the formats.
//!
//! Deliberately absent: any knowledge of commands, encoding, networks, and any repair of damage
//! without the operator's word.
//!
//! ```
//! use ringpit_journal::{Kind, Options, open};
//!
//! let dir = tempfile::tempdir()?;
//! let small = Options { segment_bytes: 64 << 10, tail_bytes: 64 << 10, ..Options::default() };
//! let mut opened = open(dir.path(), &small, &mut |_record| Ok(()), &mut |_progress| {})?;
//! let watermark = opened.appender.watermark();
//! let flusher = std::thread::spawn(move || opened.flusher.run(|_durable_seq| {}));
//! opened.appender.append(Kind::Input, 1, 1_000, b"an input")?;
//! opened.appender.wake();
//! opened.appender.close();
//! flusher.join().map_err(|_| "the flusher panicked")??;
//! assert_eq!(watermark.durable(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod adopt;
mod appender;
mod chain;
mod error;
mod fault;
mod filesystem;
mod flusher;
pub mod format;
mod gate;
pub mod limits;
mod line;
mod lock;
pub mod mem;
mod raw;
mod reader;
mod record;
mod recovery;
mod rest;
mod shared;
mod storage;
mod store;
mod tail;
mod tail_file;
mod verify;
mod writer;

pub use appender::Appender;
pub use error::{Cut, Damage, FlushError, IoError, OpenError, Refused, Stop};
pub use fault::Fault;
pub use flusher::Flusher;
pub use format::{Kind, StoreId};
pub use gate::Gate;
pub use raw::SegmentMap;
pub use reader::Reader;
pub use record::{Place, Progress, Record};
pub use recovery::{open, open_in};
pub use shared::Watermark;
pub use storage::{DirStorage, Storage, StorageFile};
pub use store::{Durability, Opened, Options, Recovered};
pub use tail::TailCopy;
pub use verify::{Outcome, ReadOptions, Report, read, verify};
