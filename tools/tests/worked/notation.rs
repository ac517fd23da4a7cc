//! The tables' short notation: rows into scenario lines, event lines into rows.

use serde_json::{Map, Value};
use std::fmt::Write as _;

/// A row of a table, or a step with the rows that belong to it.
pub enum Row<'a> {
    /// A case begins.
    Case(&'a str),
    /// Scenario lines whose events are not listed.
    SetUp { place: usize, lines: Vec<String> },
    /// A scenario line and all its events.
    Step { place: usize, line: String, expected: Vec<String> },
}

/// Takes a table apart; `place` is the line's number from 1.
pub fn rows(text: &str) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut orders = 0;
    for (index, text) in text.lines().enumerate() {
        let place = index + 1;
        match text.split_at_checked(2) {
            _ if text.trim().is_empty() || text.starts_with('#') => {}
            Some(("==", title)) => {
                orders = 0;
                rows.push(Row::Case(title.trim()));
            }
            Some(("+ ", command)) => {
                rows.push(Row::SetUp { place, lines: lines(command, &mut orders) });
            }
            Some(("> ", command)) => {
                let [line] = &lines(command, &mut orders)[..] else {
                    panic!("line {place}: a step is one command")
                };
                rows.push(Row::Step { place, line: line.clone(), expected: Vec::new() });
            }
            Some(("  ", event)) => {
                let Some(Row::Step { expected, .. }) = rows.last_mut() else {
                    panic!("line {place}: an event without a step")
                };
                expected.push(event.split_whitespace().collect::<Vec<_>>().join(" "));
            }
            _ => panic!("line {place}: no row: {text}"),
        }
    }
    rows
}

/// A command's scenario line, or a short form's several.
fn lines(command: &str, orders: &mut u64) -> Vec<String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let (first, rest) = words.split_first().expect("a command");
    match *first {
        "book" => {
            let mut lines: Vec<String> =
                ["asset=1 code=ABC decimals=0", "asset=2 code=USD decimals=2"]
                    .iter()
                    .map(|fields| object("create_asset", fields.split(' ')))
                    .collect();
            let own = ["instrument=1", "code=ABC", "base=1", "quote=2"].into_iter();
            let defaults = ["lot_size=1", "tick_value=1", "risk=off"].into_iter().filter(|field| {
                let key = field.split('=').next().expect("a key");
                rest.iter().all(|other| other.split('=').next() != Some(key))
            });
            let all = own.chain(defaults).chain(rest.iter().copied());
            lines.push(object("create_instrument", all));
            lines
        }
        "accounts" => rest
            .iter()
            .map(|id| object("open_account", [format!("account={id}").as_str()].into_iter()))
            .collect(),
        account if account.bytes().all(|byte| byte.is_ascii_digit()) => {
            *orders += 1;
            vec![order(account, rest, *orders)]
        }
        word => vec![object(word, rest.iter().copied())],
    }
}

/// `1 buy limit 12 @101 ioc post_only stp=decrement`
fn order(account: &str, rest: &[&str], number: u64) -> String {
    let [side, ord_type, qty, rest @ ..] = rest else { panic!("an order: {rest:?}") };
    let mut fields = vec![format!("account={account}"), "instrument=1".to_owned()];
    if rest.iter().all(|field| !field.starts_with("cl_ord_id=")) {
        fields.push(format!("cl_ord_id={number}"));
    }
    fields.push(format!("side={side}"));
    fields.push(format!("ord_type={ord_type}"));
    fields.push(format!("qty={qty}"));
    for word in rest {
        fields.push(match (*word, word.strip_prefix('@')) {
            (_, Some(price)) => format!("price={price}"),
            ("post_only", _) => "post_only=true".to_owned(),
            (tif, _) if !tif.contains('=') => format!("tif={tif}"),
            (field, _) => field.to_owned(),
        });
    }
    object("new_order", fields.iter().map(String::as_str))
}

/// A scenario line of `field=value`s; words get their quotes.
fn object<'a>(word: &str, fields: impl Iterator<Item = &'a str>) -> String {
    let mut line = format!("{{\"do\":\"{word}\"");
    for field in fields {
        let (key, value) = field.split_once('=').unwrap_or_else(|| panic!("field=value: {field}"));
        let plain = serde_json::from_str::<Value>(value).is_ok();
        let quote = if plain { "" } else { "\"" };
        write!(line, ",\"{key}\":{quote}{value}{quote}").expect("into a String");
    }
    line + "}"
}

/// How an event stands in a row: `{field}` is its value, `-` where it is absent. What the template
/// does not name follows as `field=value`.
const TEMPLATES: &[(&str, &str)] = &[
    (
        "execution_report",
        "report {account} #{order_id} c{cl_ord_id} {exec_type} {ord_status} {side} {price} \
         {order_qty} {leaves_qty} {cum_qty}",
    ),
    ("cancel_reject", "cancel_reject {account} {do} {reason}"),
    ("trade", "trade t{trade_id} {qty}@{price} {aggressor} #{buy_order} #{sell_order}"),
    ("quote", "quote {bid}x{bid_qty} {ask}x{ask_qty}"),
    ("level", "level {side} {price} {qty} {orders}"),
    ("indicative", "indicative {price} {qty} {surplus}"),
    ("phase", "phase {phase}"),
    ("accepted", "accepted {do} {id}"),
    ("rejected", "rejected {do} {reason}"),
    ("balance", "balance {account} {asset} {available} {held}"),
];

/// Follows a report's columns when something traded.
const FILL: &str = " {last_qty}@{last_px} t{trade_id} {liquidity}";

/// An event's line as a row.
pub fn event_row(line: &str, command_at: u64) -> String {
    let Ok(Value::Object(mut fields)) = serde_json::from_str(line) else { panic!("{line}") };
    fields.remove("seq");
    let (at, event) = (take(&mut fields, "at"), take(&mut fields, "event"));
    if fields.get("instrument").and_then(Value::as_u64) == Some(1) {
        fields.remove("instrument");
    }
    let mut row = if at == command_at.to_string() { String::new() } else { format!("at={at} ") };
    match TEMPLATES.iter().find(|(word, _)| *word == event) {
        Some((_, template)) => fill_in(template, &mut fields, &mut row),
        None => row.push_str(&event),
    }
    if fields.contains_key("last_qty") {
        fill_in(FILL, &mut fields, &mut row);
    }
    for (key, value) in fields {
        write!(row, " {key}={}", plain(&value)).expect("into a String");
    }
    row
}

fn fill_in(template: &str, fields: &mut Map<String, Value>, row: &mut String) {
    for part in template.split_inclusive('}') {
        let (before, key) = part.split_once('{').unwrap_or((part, ""));
        row.push_str(before);
        if let Some(key) = key.strip_suffix('}') {
            row.push_str(&take(fields, key));
        }
    }
}

fn take(fields: &mut Map<String, Value>, key: &str) -> String {
    fields.remove(key).map_or_else(|| "-".to_owned(), |value| plain(&value))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
