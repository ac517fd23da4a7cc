//! The one line: everything that shall happen is stamped, numbered, journaled and applied here, by
//! one thread, in one order.
//!
//! Gateways offer inputs through an [`InputPort`] and read what comes out through the
//! [`OutputPort`]; a reply may leave when the [`Watermark`] has reached its number. The crate
//! deliberately knows nothing of sockets, sessions' rights or files: who may send what is the
//! gateway's and the engine's affair, how the line is kept is behind [`Log`].

mod checkpoint;
mod clock;
mod config;
mod disk;
mod failure;
mod input;
pub mod limits;
mod log;
mod machine;
pub mod memory;
mod output;
mod pin;
mod pool;
mod replay;
mod replayer;
mod running;
mod thread;

pub use checkpoint::Checkpoint;
pub use clock::{Clock, Reading, SystemClock};
pub use config::{BadConfig, Config, Pin, Wait};
pub use disk::{
    Compared, DiskFlusher, DiskLog, DiskReader, RecoverError, Recovered, Replayed, compare,
    recover, recover_in, replay,
};
pub use failure::{Failure, FailureFlag};
pub use input::{Bell, Busy, Class, InputPort, Lane};
pub use log::{
    Entry, Flush, Log, Marks, ReadLine, RecordKind, Refused, Store, TakeEntry, Watermark,
};
pub use output::{OutputKind, OutputPort, OutputSlot, Waker};
pub use pin::{Placement, Why, place};
pub use replay::{Replay, ReplayError};
pub use replayer::{Answer, Missing, MissingError, Replayer, Sent, TooMany, find};
pub use running::{Assembled, Head, Line, Running, StartError, Started, Status, assemble, start};
pub use thread::Sequencer;
