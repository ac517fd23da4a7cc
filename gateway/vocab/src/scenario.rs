//! Scenario files, line by line.

use crate::commands::read_command;
use crate::error::ScenarioError;
use crate::object::Object;
use ringpit_core::Command;
use ringpit_core::roles::is_made_inside;

/// A command with its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ScenarioLine {
    /// UNIX nanoseconds.
    pub at: u64,
    /// What to do then.
    pub command: Command,
}

/// Reads the lines of one scenario file in order; remembers the time, which must not fall.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scenario {
    at: u64,
}

impl Scenario {
    /// At the start of a file: the time is 0.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads one line, with or without its line break; `None` for an empty line or a comment.
    ///
    /// # Errors
    /// The field at fault and why, when the line can't be read. The time stays as it was.
    pub fn read(&mut self, line: &[u8]) -> Result<Option<ScenarioLine>, ScenarioError> {
        let text = std::str::from_utf8(line).map_err(|_| ScenarioError::line("not UTF-8 text"))?;
        let text = text.trim_end_matches(['\n', '\r']);
        if text.starts_with('#') || text.trim_ascii().is_empty() {
            return Ok(None);
        }
        let mut object = Object::parse_line(text)?;
        let at = object.optional("at")?.unwrap_or(self.at);
        if at < self.at {
            return Err(ScenarioError::field("at", format!("{at} after {}: time fell", self.at)));
        }
        let command = read_command(&mut object)?;
        if is_made_inside(command.kind()) {
            let word = command.kind().word();
            return Err(ScenarioError::field("do", format!("unknown command `{word}`")));
        }
        self.at = at;
        Ok(Some(ScenarioLine { at, command }))
    }
}
