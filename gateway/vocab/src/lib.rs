//! The vocabulary as JSON lines: scenario lines become commands, events become lines, and both
//! ways back.
//!
//! Reading is exact: whatever a line says that the vocabulary does not know is an error that names
//! the field. Whether a readable command makes sense is the engine's affair and not looked at here.
//! There are no files, clocks or sockets in this crate.

mod commands;
mod difference;
mod error;
mod events;
mod json;
mod object;
mod scenario;
mod table;

pub use commands::write_command;
pub use difference::first_difference;
pub use error::ScenarioError;
pub use events::{EventLine, event_name, read_event, write_event};
pub use scenario::{Scenario, ScenarioLine};
