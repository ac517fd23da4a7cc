//! The macro behind the tables of commands and events: one list of fields reads and writes.

use crate::error::ScenarioError;
use crate::json::Json;
use crate::object::Object;

/// Something made of named fields.
pub trait Fields: Sized {
    /// The names, in the order they are written.
    const NAMES: &'static [&'static str];

    /// Takes the fields out of an object.
    fn read_fields(object: &mut Object<'_>) -> Result<Self, ScenarioError>;

    /// Appends `,"name":value` for every field that is there.
    fn write_fields(&self, out: &mut Vec<u8>);
}

/// A field: there in any case, or optional.
pub trait Slot: Sized {
    /// Takes it out of an object.
    fn take(object: &mut Object<'_>, key: &str) -> Result<Self, ScenarioError>;

    /// Appends it after `lead` (`,"name":`), or nothing when it is absent.
    fn put(&self, lead: &str, out: &mut Vec<u8>);
}

impl<T: Json> Slot for T {
    fn take(object: &mut Object<'_>, key: &str) -> Result<Self, ScenarioError> {
        object.required(key)
    }

    fn put(&self, lead: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(lead.as_bytes());
        self.write(out);
    }
}

impl<T: Json> Slot for Option<T> {
    fn take(object: &mut Object<'_>, key: &str) -> Result<Self, ScenarioError> {
        object.optional(key)
    }

    fn put(&self, lead: &str, out: &mut Vec<u8>) {
        if let Some(value) = self {
            value.put(lead, out);
        }
    }
}

/// `Name { field, field as "name", field = default }`: how a struct's fields stand in JSON. A
/// field with a default is read as it when absent and not written when equal to it.
macro_rules! fields {
    ($($name:ident { $($field:ident $(as $key:literal)? $(= $default:expr)?),* $(,)? })+) => {$(
        impl crate::table::Fields for $name {
            const NAMES: &'static [&'static str] =
                &[$(crate::table::name!($field $($key)?)),*];

            fn read_fields(
                object: &mut crate::object::Object<'_>,
            ) -> Result<Self, crate::error::ScenarioError> {
                Ok(Self {
                    $($field: crate::table::take!(object, crate::table::name!($field $($key)?) $(, $default)?),)*
                })
            }

            fn write_fields(&self, out: &mut Vec<u8>) {
                $(crate::table::put!(self.$field, crate::table::lead!($field $($key)?), out $(, $default)?);)*
            }
        }
    )+};
}

macro_rules! name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $key:literal) => {
        $key
    };
}

macro_rules! lead {
    ($field:ident) => {
        concat!(",\"", stringify!($field), "\":")
    };
    ($field:ident $key:literal) => {
        concat!(",\"", $key, "\":")
    };
}

macro_rules! take {
    ($object:ident, $key:expr) => {
        crate::table::Slot::take($object, $key)?
    };
    ($object:ident, $key:expr, $default:expr) => {
        $object.optional($key)?.unwrap_or($default)
    };
}

macro_rules! put {
    ($value:expr, $lead:expr, $out:ident) => {
        crate::table::Slot::put(&$value, $lead, $out)
    };
    ($value:expr, $lead:expr, $out:ident, $default:expr) => {
        if $value != $default {
            crate::table::Slot::put(&$value, $lead, $out);
        }
    };
}

pub(crate) use {fields, lead, name, put, take};
