//! Why a line can't be read.

use std::fmt::Write as _;

/// A line that can't be read: the field at fault, and what is wrong with it.
///
/// Printed as `field: reason`. A field of a list or of an atomic's leg is named by its path,
/// counted from 1: `legs[2].qty`. Where no field can be named the field is `line`.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct ScenarioError {
    /// The field at fault.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
}

impl ScenarioError {
    /// What is wrong with a value whose field the caller knows.
    pub(crate) fn value(reason: impl Into<String>) -> Self {
        Self { field: String::new(), reason: reason.into() }
    }

    /// What is wrong with a JSON text. Its line is always 1 and says nothing; where it is not JSON
    /// the column says much.
    pub(crate) fn json(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let reason = text.split(" at line ").next().unwrap_or_default();
        match error.classify() {
            serde_json::error::Category::Data => Self::value(reason),
            _ => Self::value(format!("{reason} at column {}", error.column())),
        }
    }

    /// What is wrong with a field.
    pub(crate) fn field(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }

    /// What is wrong with the line as a whole.
    pub(crate) fn line(reason: impl Into<String>) -> Self {
        Self::field("line", reason)
    }

    /// The same error seen from outside of the field that holds the value.
    pub(crate) fn within(mut self, key: &str) -> Self {
        self.field = match self.field.as_bytes().first() {
            None => key.to_owned(),
            Some(b'[') => format!("{key}{}", self.field),
            Some(_) => format!("{key}.{}", self.field),
        };
        self
    }

    /// The same error seen from outside of the list that holds the value at `index` (from 0).
    pub(crate) fn at_index(mut self, index: usize) -> Self {
        let mut path = String::new();
        let _ = write!(path, "[{}]", index + 1);
        if !self.field.is_empty() {
            path.push('.');
            path.push_str(&self.field);
        }
        self.field = path;
        self
    }
}
