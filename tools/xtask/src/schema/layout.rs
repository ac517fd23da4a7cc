//! The Rust table of the layout: one macro call a message, so that the compiler pairs each field
//! of the schema with the vocabulary's struct, and each size with its Rust type.

use super::model::{Field, Group, Message, Schema};
use std::fmt::Write;

/// Fields that every event begins with.
const HEAD: [&str; 5] = ["seq", "at", "refSeqNo", "msgSeqNum", "queryId"];

/// Where the vocabulary has a default for a field that is left out.
const DEFAULTS: [(&str, &str, &str); 3] = [
    ("NewOrder", "tif", "TimeInForce::Day"),
    ("NewOrder", "postOnly", "false"),
    ("NewOrder", "stp", "Stp::NoPrevention"),
];

const HEADER: &str = "\
//! Made from gateway/schema/ringpit.xml by `cargo xtask schema`; do not edit.
//!
//! Where each field lies. The macro in `block` makes encoders and decoders of it.

use crate::block::{Message, MessageLayout, layout};
use crate::legs::LegEntry;
use crate::session::*;
use crate::stats::Stats;
use ringpit_core::command::*;
use ringpit_core::event::*;
use ringpit_core::words::{Stp, TimeInForce};
";

/// `clOrdId` → `cl_ord_id`.
pub fn snake(camel: &str) -> String {
    let mut snake = String::new();
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// The Rust field of a schema field: keywords were renamed in the schema.
fn rust_field(name: &str) -> String {
    match name {
        "fromAccount" | "fromPrice" | "fromCounter" => "from".to_owned(),
        "toAccount" | "toCounter" => "to".to_owned(),
        other => snake(other),
    }
}

/// The Rust type of a message.
fn rust_message(name: &str) -> &str {
    match name {
        "Phase" => "PhaseChange",
        other => other,
    }
}

/// The Rust type of a group's entries.
fn rust_entry(group: &str) -> &str {
    match group {
        "increments" => "Increment",
        "lines" => "Line",
        "legs" => "Leg",
        other => other,
    }
}

/// Whether a field stands before the message's own.
fn is_prefix(message: &Message, field: &Field) -> bool {
    let event = message.id >= 700 && HEAD.contains(&field.name.as_str());
    // What the engine's commands have no field for; the gateway's own messages do.
    let command = (514..600).contains(&message.id);
    event || (command && field.name == "queryId")
}

fn place(field: &Field) -> String {
    let Field { name, id, offset, size, optional, .. } = field;
    format!("{name:?} #{id} [{offset}; {size}] {optional}")
}

fn own_field(message: &str, field: &Field) -> String {
    let default = DEFAULTS
        .iter()
        .find(|(owner, name, _)| *owner == message && *name == field.name)
        .map_or(String::new(), |(_, _, default)| format!(" or {default}"));
    format!("        {} = {}{default},\n", rust_field(&field.name), place(field))
}

fn message_table(message: &Message) -> String {
    let Message { name, id, block_length, .. } = message;
    let rust = rust_message(name);
    let mut text = format!(
        "\nlayout! {{\n    message {rust} {name:?} = {id}, {block_length}\n    prefix {{\n"
    );
    for field in message.fields.iter().filter(|field| is_prefix(message, field)) {
        text += &format!("        {},\n", place(field));
    }
    text += "    } {\n";
    for field in message.fields.iter().filter(|field| !is_prefix(message, field)) {
        text += &own_field(name, field);
    }
    text += "    } groups {\n";
    for Group { name, id, .. } in &message.groups {
        let entry = rust_entry(name);
        text += &format!("        {}: {entry} = {name:?} #{id},\n", rust_field(name));
    }
    text + "    }\n}\n"
}

fn entry_table(group: &Group) -> String {
    let rust = match rust_entry(&group.name) {
        "Leg" => "LegEntry",
        other => other,
    };
    let mut text = format!("\nlayout! {{\n    entry {rust} = {}\n    {{\n", group.block_length);
    for field in &group.fields {
        text += &own_field("", field);
    }
    text + "    }\n}\n"
}

fn constants(title: &str, module: &str, items: &[(String, u16)]) -> String {
    let mut text = format!("\n/// {title}\npub mod {module} {{\n");
    for (name, id) in items {
        let constant = snake(name).to_uppercase();
        let _ = write!(text, "    /// `{name}`\n    pub const {constant}: u16 = {id};\n");
    }
    text + "}\n"
}

/// The whole file.
pub fn file(schema: &Schema) -> String {
    let mut text = HEADER.to_owned();
    let _ = write!(
        text,
        "\n/// Id of the schema, in each message header.\npub const SCHEMA_ID: u16 = {};\n\n\
         /// Version of the schema that is written, and the newest that is known.\n\
         pub const VERSION: u16 = {};\n",
        schema.id, schema.version
    );
    let templates: Vec<_> =
        schema.messages.iter().map(|message| (message.name.clone(), message.id)).collect();
    text += &constants("Template ids.", "template_id", &templates);
    let fields: Vec<_> =
        schema.names().into_iter().map(|(name, id)| (name.to_owned(), id)).collect();
    text += &constants("Ids of fields and groups.", "field_id", &fields);
    text += "\n/// Every message of the schema, in its order.\npub const MESSAGES: &[MessageLayout] = &[\n";
    for message in &schema.messages {
        text += &format!("    <{} as Message>::LAYOUT,\n", rust_message(&message.name));
    }
    text += "];\n";
    let mut done: Vec<&str> = Vec::new();
    for group in schema.messages.iter().flat_map(|message| &message.groups) {
        if !done.contains(&group.name.as_str()) {
            done.push(&group.name);
            text += &entry_table(group);
        }
    }
    for message in &schema.messages {
        text += &message_table(message);
    }
    text
}
