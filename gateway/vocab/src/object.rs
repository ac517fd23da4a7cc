//! One JSON object taken apart: its fields by name, each still as the text that was written.
//!
//! Keeping the text is what makes reading exact: `1.0`, `1e3` and a number beyond 64 bits are seen
//! as they were written, not as some float.

use crate::error::ScenarioError;
use crate::json::Json;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// More fields than any command or event has; keeps the search for a name short.
const FIELDS_MAX: usize = 64;

/// The fields of one object, null ones left out.
#[derive(Debug)]
pub struct Object<'a> {
    fields: Vec<(Cow<'a, str>, &'a str)>,
}

/// A field's name as it stands in the line; owned only when it is written with escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// Every field in order, repeated ones included.
struct Entries<'a>(Vec<(Cow<'a, str>, &'a str)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Entries<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("one JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::with_capacity(16);
                while let Some((key, value)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    entries.push((key.0, value.get()));
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

impl<'a> Object<'a> {
    /// Takes a line apart, which must be one object.
    pub fn parse_line(text: &'a str) -> Result<Self, ScenarioError> {
        Self::parse(text).map_err(|error| match error.field.as_str() {
            "" => ScenarioError::line(format!("not one JSON object: {}", error.reason)),
            _ => error,
        })
    }

    /// Takes an object apart.
    pub fn parse(text: &'a str) -> Result<Self, ScenarioError> {
        let Entries(mut fields) =
            serde_json::from_str(text).map_err(|error| ScenarioError::json(&error))?;
        if fields.len() > FIELDS_MAX {
            return Err(ScenarioError::value(format!("more than {FIELDS_MAX} fields")));
        }
        for (index, (key, _)) in fields.iter().enumerate() {
            if fields[..index].iter().any(|(earlier, _)| earlier == key) {
                return Err(ScenarioError::field(key.as_ref(), "given twice"));
            }
        }
        fields.retain(|(_, value)| *value != "null");
        Ok(Self { fields })
    }

    /// The text of a field, which is thereby used up.
    pub fn remove(&mut self, key: &str) -> Option<&'a str> {
        let index = self.fields.iter().position(|(name, _)| name == key)?;
        Some(self.fields.swap_remove(index).1)
    }

    /// A field's value, if it is there.
    pub fn optional<T: Json>(&mut self, key: &str) -> Result<Option<T>, ScenarioError> {
        self.remove(key).map(|text| T::read(text).map_err(|error| error.within(key))).transpose()
    }

    /// A field's value, which must be there.
    pub fn required<T: Json>(&mut self, key: &str) -> Result<T, ScenarioError> {
        self.optional(key)?.ok_or_else(|| ScenarioError::field(key, "missing"))
    }

    /// Whether a field is there.
    pub fn has(&self, key: &str) -> bool {
        self.fields.iter().any(|(name, _)| name == key)
    }

    /// Gives a field a value where it has none.
    pub fn imply(&mut self, key: &'static str, text: &'a str) {
        if !self.has(key) {
            self.fields.push((Cow::Borrowed(key), text));
        }
    }

    /// Refuses fields that are not among `names`.
    pub fn only(&self, names: &[&str]) -> Result<(), ScenarioError> {
        match self.fields.iter().find(|(name, _)| !names.contains(&name.as_ref())) {
            Some((name, _)) => Err(ScenarioError::field(name.as_ref(), "unknown field")),
            None => Ok(()),
        }
    }
}
