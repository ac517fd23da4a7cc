//! The tables of docs/protocol.md, each between its markers. Everything else on the page is
//! written by hand and left alone.

use super::Error;
use super::model::{Field, Message, Schema, Type};
use ringpit_core::command::Leg;
use ringpit_core::roles::{may_subscribe, permitted, permitted_leg};
use ringpit_core::words::{CommandKind, Role};
use std::fmt::Write;

/// Replaces what stands between `<!-- made: NAME -->` and `<!-- end -->`.
fn section(page: &str, name: &str, text: &str) -> Result<String, Error> {
    let begin = format!("<!-- made: {name} -->\n");
    let missing = || format!("docs/protocol.md: no section {name:?}");
    let (before, rest) = page.split_once(&begin).ok_or_else(missing)?;
    let (_, after) = rest.split_once("<!-- end -->").ok_or_else(missing)?;
    Ok(format!("{before}{begin}\n{}\n\n<!-- end -->{after}", text.trim_end()))
}

/// The page with fresh tables.
pub fn fill(page: &str, schema: &Schema) -> Result<String, Error> {
    let page = section(page, "roles", &roles())?;
    let page = section(&page, "templates", &templates(schema))?;
    let page = section(&page, "types", &types(schema))?;
    let page = section(&page, "enums", &enums(schema))?;
    section(&page, "messages", &messages(schema))
}

fn mark(yes: bool) -> &'static str {
    if yes { "✓" } else { "" }
}

fn row(text: &mut String, name: &str, may: impl Fn(Role) -> bool) {
    let cells: Vec<_> = Role::ALL.iter().map(|role| mark(may(*role))).collect();
    let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
}

fn roles() -> String {
    let names: Vec<_> = Role::ALL.iter().map(|role| role.word()).collect();
    let mut text =
        format!("| command | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    for command in CommandKind::ALL {
        if permitted(Role::Operator, *command) {
            row(&mut text, &format!("`{}`", command.word()), |role| permitted(role, *command));
        }
    }
    row(&mut text, "`Subscribe`, `Unsubscribe`", may_subscribe);
    row(&mut text, "`LimitsRequest`", |_| true);
    let counter = Leg::default();
    let atomic = |role| permitted(role, CommandKind::Atomic);
    row(&mut text, "legs `require`, `add`, `before`, `after`", |role| {
        atomic(role) && permitted_leg(role, &counter)
    });
    for (legs, command) in [
        ("leg `transfer`", CommandKind::Transfer),
        ("legs `take`, `reserve`", CommandKind::Reserve),
        ("leg `place_bid`", CommandKind::PlaceBid),
        ("leg `order`", CommandKind::NewOrder),
    ] {
        row(&mut text, legs, |role| atomic(role) && permitted(role, command));
    }
    text
}

fn templates(schema: &Schema) -> String {
    let mut text =
        "| id | template | FIX | block | what it says |\n|---|---|---|---|---|\n".to_owned();
    for Message { name, id, block_length, semantic_type, description, .. } in &schema.messages {
        let anchor = name.to_lowercase();
        let _ = writeln!(
            text,
            "| {id} | [{name}](#{anchor}) | {semantic_type} | {block_length} | {description} |"
        );
    }
    text
}

fn types(schema: &Schema) -> String {
    let mut text =
        "| type | encoding | null | largest | what it is |\n|---|---|---|---|---|\n".to_owned();
    for kind in schema.types.iter().filter(|kind| kind.values.is_empty()) {
        let Type { name, primitive, size, null, max, description, .. } = kind;
        let encoding = match primitive.as_str() {
            "char" => format!("char[{size}]"),
            other => other.to_owned(),
        };
        let null = match (null, primitive.as_str()) {
            (Some(_), "char") => "all octets 0",
            (Some(null), _) => null,
            (None, _) => "",
        };
        let max = max.as_deref().unwrap_or("");
        let _ = writeln!(text, "| `{name}` | {encoding} | {null} | {max} | {description} |");
    }
    text
}

fn enums(schema: &Schema) -> String {
    let mut text = "| enum | encoding | values |\n|---|---|---|\n".to_owned();
    for kind in schema.types.iter().filter(|kind| !kind.values.is_empty()) {
        let values: Vec<_> =
            kind.values.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let _ = writeln!(text, "| `{}` | {} | {} |", kind.name, kind.primitive, values.join(" · "));
    }
    text
}

fn fields(text: &mut String, fields: &[Field]) {
    *text += "\n| offset | bytes | field | id | type | |\n|---|---|---|---|---|---|\n";
    for Field { name, id, type_name, offset, size, optional } in fields {
        let optional = if *optional { "optional" } else { "" };
        let _ =
            writeln!(text, "| {offset} | {size} | `{name}` | {id} | `{type_name}` | {optional} |");
    }
}

fn messages(schema: &Schema) -> String {
    let mut text = String::new();
    for message in &schema.messages {
        let Message { name, id, since, block_length, semantic_type, description, .. } = message;
        let _ = write!(
            text,
            "### {name}\n\n{description}. Template {id}, FIX {semantic_type}, {block_length} bytes"
        );
        text += &if *since == 0 { ".\n".into() } else { format!("; since version {since}.\n") };
        if !message.fields.is_empty() {
            fields(&mut text, &message.fields);
        }
        for group in &message.groups {
            let _ = write!(
                text,
                "\nGroup `{}` (id {}): {}. {} bytes an entry.\n",
                group.name, group.id, group.description, group.block_length
            );
            fields(&mut text, &group.fields);
        }
        text.push('\n');
    }
    text
}
