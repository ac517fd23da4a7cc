//! The whole system in one thread, under every fault we can make, from one seed.
//!
//! The production hub, sequencer, journal, engine and client sessions run here; what is virtual is
//! what they stand on: clocks, disk, network and whose turn it is. Clients keep what they were
//! promised, a second engine and the model follow the line, and every promise is held against it at
//! each restart and at the end.
//!
//! [`run`] plays one seed; the same seed plays the same way, always. It deliberately starts no
//! thread, opens no file and reads no clock.

mod auditor;
mod campaign;
mod client;
mod crashes;
mod digest;
mod disk;
mod faults;
mod ghost;
mod injection;
mod members;
mod network;
mod random;
mod records;
mod server;
mod settling;
mod simulation;
mod time;
mod work;

pub use campaign::{Outcome, Plan, play};
pub use faults::{Fault, Faults};
pub use simulation::{Done, Failed, run};
