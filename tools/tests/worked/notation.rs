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
    let mut given = Given::default();
    for (index, text) in text.lines().enumerate() {
        let place = index + 1;
        match text.split_at_checked(2) {
            _ if text.trim().is_empty() || text.starts_with('#') => {}
            Some(("==", title)) => {
                given = Given::default();
                rows.push(Row::Case(title.trim()));
            }
            Some(("+ ", command)) => {
                rows.push(Row::SetUp { place, lines: lines(command, &mut given) });
            }
            Some(("> ", command)) => {
                let [line] = &lines(command, &mut given)[..] else {
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

/// The numbers a case has given so far.
#[derive(Default)]
struct Given {
    orders: u64,
    requests: u64,
    bids: u64,
}

/// A command's scenario line, or a short form's several.
fn lines(command: &str, given: &mut Given) -> Vec<String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let (first, rest) = words.split_first().expect("a command");
    match *first {
        "book" | "sale" | "auction" => market(first, rest),
        "product" => {
            let [product, rest @ ..] = rest else { panic!("a product") };
            let number = format!("product={product}");
            let defaults = ["sale=1", "stock=2", "price=50", "limit_per_account=9"];
            vec![object("add_product", with_defaults(&[&number], &defaults, rest))]
        }
        "accounts" => rest
            .iter()
            .map(|id| object("open_account", [format!("account={id}").as_str()]))
            .collect(),
        "bidders" => rest
            .iter()
            .flat_map(|id| {
                let account = format!("account={id}");
                let deposit = [account.as_str(), "asset=2", "amount=10000"];
                [object("open_account", [account.as_str()]), object("deposit", deposit)]
            })
            .collect(),
        account if account.bytes().all(|byte| byte.is_ascii_digit()) => {
            vec![of_account(account, rest, given)]
        }
        word => vec![object(word, rest.iter().copied())],
    }
}

/// A venue with one book, sale or auction.
fn market(word: &str, rest: &[&str]) -> Vec<String> {
    let asset = |fields: &str| object("create_asset", fields.split(' '));
    let mut lines =
        vec![asset("asset=1 code=ABC decimals=0"), asset("asset=2 code=USD decimals=2")];
    let (command, own, defaults): (_, &[&str], &[&str]) = match word {
        "book" => (
            "create_instrument",
            &["instrument=1", "code=ABC", "base=1", "quote=2"],
            &["lot_size=1", "tick_value=1", "risk=off"],
        ),
        "sale" => (
            "create_sale",
            &["sale=1", "seller=9", "quote=2"],
            &["opens_at=0", "closes_at=1000s", "hold_for=60s", "payment=external"],
        ),
        _ => (
            "create_auction",
            &["auction=1", "seller=9", "asset=1", "quote=2"],
            &["qty=1", "opens_at=0", "closes_at=100"],
        ),
    };
    if word != "book" {
        lines.push(object("open_account", ["account=9"]));
    }
    if word == "auction" {
        lines.push(object("deposit", ["account=9", "asset=1", "amount=99"]));
    }
    lines.push(object(command, with_defaults(own, defaults, rest)));
    lines
}

/// A command's own fields, the defaults that are not given, and what is given.
fn with_defaults<'a>(
    own: &'a [&'a str],
    defaults: &'a [&'a str],
    given: &'a [&'a str],
) -> impl Iterator<Item = &'a str> {
    own.iter().copied().chain(or_else(defaults, given)).chain(given.iter().copied())
}

/// The defaults whose fields are not given.
fn or_else<'a>(defaults: &'a [&'a str], given: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    let key = |field: &'a str| field.split('=').next();
    defaults.iter().copied().filter(move |field| given.iter().all(|g| key(g) != key(field)))
}

/// What begins with an account: an order, a reserve, a cart, an atomic interaction.
fn of_account(account: &str, rest: &[&str], given: &mut Given) -> String {
    let (word, rest) = rest.split_first().expect("what the account does");
    let mut fields = vec![format!("account={account}")];
    match *word {
        "reserve" | "cart" | "atomic" => {
            if rest.iter().all(|field| !field.starts_with("request_id=")) {
                given.requests += 1;
                fields.push(format!("request_id={}", given.requests));
            }
        }
        "bid" => {
            let [max_price, rest @ ..] = rest else { panic!("a bid's maximum") };
            given.bids += 1;
            let own = [format!("max_price={max_price}"), format!("bid_id={}", given.bids)];
            let own: Vec<&str> = own.iter().map(String::as_str).collect();
            let defaults = ["auction=1", own[1]];
            let all = or_else(&defaults, rest).chain(rest.iter().copied());
            return object("place_bid", [fields[0].as_str(), own[0]].into_iter().chain(all));
        }
        side => {
            given.orders += 1;
            return order(account, &[&[side], rest].concat(), given.orders);
        }
    }
    if *word == "atomic" {
        return atomic(&fields, rest);
    }
    if rest.iter().all(|field| !field.starts_with("sale=")) {
        fields.push("sale=1".to_owned());
    }
    let mut lines = Vec::new();
    for word in rest {
        match word.split_once('x') {
            Some((product, qty)) if !word.contains('=') => lines.push(format!("[{product},{qty}]")),
            _ => fields.push((*word).to_owned()),
        }
    }
    match (*word, &lines[..]) {
        ("reserve", [line]) => {
            let (product, qty) = line.trim_matches(['[', ']']).split_once(',').expect("1x2");
            fields.extend([format!("product={product}"), format!("qty={qty}")]);
            object("reserve", fields.iter().map(String::as_str))
        }
        ("cart", lines) => {
            fields.push(format!("lines=[{}]", lines.join(",")));
            object("reserve_cart", fields.iter().map(String::as_str))
        }
        _ => panic!("a reserve of one line: {rest:?}"),
    }
}

/// `1 atomic at=5 | add counter=1 delta=2 | take sale=1 product=1 qty=1`
fn atomic(fields: &[String], rest: &[&str]) -> String {
    let mut parts = rest.split(|word| *word == "|");
    let own = parts.next().unwrap_or_default().iter().copied();
    let legs: Vec<String> = parts
        .map(|leg| {
            let (word, fields) = leg.split_first().expect("a leg");
            object(word, fields.iter().copied())
        })
        .collect();
    let legs = format!("legs=[{}]", legs.join(","));
    object("atomic", fields.iter().map(String::as_str).chain(own).chain([legs.as_str()]))
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
fn object<'a>(word: &str, fields: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = format!("{{\"do\":\"{word}\"");
    for field in fields {
        let (key, value) = field.split_once('=').unwrap_or_else(|| panic!("field=value: {field}"));
        let value = &nanoseconds(value);
        let plain = serde_json::from_str::<Value>(value).is_ok();
        let quote = if plain { "" } else { "\"" };
        write!(line, ",\"{key}\":{quote}{value}{quote}").expect("into a String");
    }
    line + "}"
}

/// `60s` in nanoseconds; other values as they are.
fn nanoseconds(value: &str) -> String {
    match value.strip_suffix('s').and_then(|seconds| seconds.parse::<u64>().ok()) {
        Some(seconds) => (seconds * SECOND_NS).to_string(),
        None => value.to_owned(),
    }
}

/// A time in whole seconds where it is some; others as they are.
fn seconds(time: &str) -> String {
    match time.parse::<u64>() {
        Ok(time_ns) if time_ns > 0 && time_ns % SECOND_NS == 0 => {
            format!("{}s", time_ns / SECOND_NS)
        }
        _ => time.to_owned(),
    }
}

const SECOND_NS: u64 = 1_000_000_000;

/// Fields of events that are times.
const TIMES: &[&str] = &["deadline", "time", "closes_at"];

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
    ("reservation", "reservation {account} r{reservation} q{request_id} {state} {product}x{qty}"),
    ("product", "product {product} {free} {held} {sold} {waiting}"),
    ("atomic_report", "atomic {account} q{request_id} {state}"),
    ("bid_report", "bid {account} b{bid_id} {state} {price}"),
    ("auction", "auction {state} {price} leader={leader} bids={bids} {closes_at}"),
    ("hot", "hot {rank} {product} {sold}"),
    ("counter", "counter {counter} {value}"),
    ("deadline", "deadline {kind} {id} {time}"),
];

/// Follows a report's columns when something traded.
const FILL: &str = " {last_qty}@{last_px} t{trade_id} {liquidity}";

/// An event's line as a row.
pub fn event_row(line: &str, command_at: u64) -> String {
    let Ok(Value::Object(mut fields)) = serde_json::from_str(line) else { panic!("{line}") };
    fields.remove("seq");
    let (at, event) = (take(&mut fields, "at"), take(&mut fields, "event"));
    for one in ["instrument", "auction", "sale"] {
        if fields.get(one).and_then(Value::as_u64) == Some(1) {
            fields.remove(one);
        }
    }
    for time in TIMES {
        if let Some(value) = fields.get_mut(*time) {
            *value = Value::String(seconds(&plain(value)));
        }
    }
    let own_time = at == command_at.to_string();
    let mut row = if own_time { String::new() } else { format!("at={} ", seconds(&at)) };
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
