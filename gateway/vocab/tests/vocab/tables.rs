//! The vocabulary's tables as text, and random lines made from them.

use proptest::prelude::*;

/// One row of a table: a word and its fields.
pub struct Row {
    pub word: &'static str,
    pub fields: Vec<FieldSpec>,
}

/// `name:type`, with `?` at its end where the field may be absent.
#[derive(Clone)]
pub struct FieldSpec {
    pub name: &'static str,
    pub kind: &'static str,
    pub optional: bool,
}

/// A word and its fields on each line; a line that begins with spaces goes on with the row above.
pub fn rows(text: &'static str) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        if !line.starts_with(' ') {
            rows.push(Row { word: words.next().unwrap(), fields: Vec::new() });
        }
        rows.last_mut().unwrap().fields.extend(words.map(field));
    }
    rows
}

fn field(text: &'static str) -> FieldSpec {
    let (name, kind) = text.split_once(':').expect("name:type");
    match kind.strip_suffix('?') {
        Some(kind) => FieldSpec { name, kind, optional: true },
        None => FieldSpec { name, kind, optional: false },
    }
}

/// A JSON text of a type: a number's bounds, or one of the words `a|b|c`.
pub fn value(kind: &'static str) -> BoxedStrategy<String> {
    let pair = |first: &'static str, second: &'static str| {
        let row = (value(first), value(second)).prop_map(|(a, b)| format!("[{a},{b}]"));
        prop::collection::vec(row, 0..=17).prop_map(|rows| format!("[{}]", rows.join(","))).boxed()
    };
    let most = i64::MAX as u64;
    match kind {
        "u8" => any::<u8>().prop_map(|n| n.to_string()).boxed(),
        "u32" => prop_oneof![0..10u32, any::<u32>()].prop_map(|n| n.to_string()).boxed(),
        "u64" => prop_oneof![0..10u64, 0..=most, Just(most)].prop_map(|n| n.to_string()).boxed(),
        "i64" => prop_oneof![-9..10i64, any::<i64>(), Just(i64::MIN), Just(i64::MAX)]
            .prop_map(|n| n.to_string())
            .boxed(),
        "true" => Just("true".to_owned()).boxed(),
        "bool" => any::<bool>().prop_map(|b| b.to_string()).boxed(),
        "code" => "[ !#-\\[\\]-~]{0,16}".prop_map(|text| format!("\"{text}\"")).boxed(),
        "hex" => "[0-9a-f]{64}".prop_map(|text| format!("\"{text}\"")).boxed(),
        "lines" => pair("u32", "u64"),
        "increments" => pair("i64", "i64"),
        "legs" => legs(),
        words => prop::sample::select(words.split('|').collect::<Vec<_>>())
            .prop_map(|word| format!("\"{word}\""))
            .boxed(),
    }
}

/// The fields of a row as `,"name":value`, optional ones sometimes left out.
pub fn object_tail(fields: &[FieldSpec]) -> BoxedStrategy<String> {
    let parts: Vec<BoxedStrategy<String>> = fields
        .iter()
        .map(|field| {
            let name = field.name;
            let there = value(field.kind).prop_map(move |value| format!(",\"{name}\":{value}"));
            if field.optional {
                prop_oneof![Just(String::new()), there].boxed()
            } else {
                there.boxed()
            }
        })
        .collect();
    parts.prop_map(|parts| parts.concat()).boxed()
}

fn legs() -> BoxedStrategy<String> {
    let kinds: Vec<BoxedStrategy<String>> = rows(LEGS)
        .into_iter()
        .map(|row| {
            let word = row.word;
            object_tail(&row.fields)
                .prop_map(move |tail| format!("{{\"do\":\"{word}\"{tail}}}"))
                .boxed()
        })
        .collect();
    prop::collection::vec(prop::strategy::Union::new(kinds), 0..=17)
        .prop_map(|legs| format!("[{}]", legs.join(",")))
        .boxed()
}

/// The commands of a scenario file, as vocabulary.md lists them. Words that are a default stand
/// only in the reading tests: they are not written.
pub const COMMANDS: &str = "
create_asset       asset:u32 code:code decimals:u8
open_account       account:u64 group:u64?
deposit            account:u64 asset:u32 amount:i64 request_id:u64?
withdraw           account:u64 asset:u32 amount:i64 request_id:u64?
transfer           from:u64 to:u64 asset:u32 amount:i64 request_id:u64?
create_instrument  instrument:u32 code:code base:u32 quote:u32 lot_size:u64 tick_value:u64
                   risk:cash|off reference_price:i64? band_ticks:u64? halt_band_ticks:u64?
                   halt_for:u64? max_order_qty:u64? max_notional:i64? max_open_orders:u64?
                   max_position:u64? maker_fee_ppm:i64? taker_fee_ppm:i64?
                   phase:pre_open|opening_call|continuous|closing_call|halted|closed?
set_phase          instrument:u32
                   phase:pre_open|opening_call|continuous|closing_call|halted|closed
schedule_phase     instrument:u32
                   phase:pre_open|opening_call|continuous|closing_call|halted|closed? time:u64
new_order          account:u64 instrument:u32 cl_ord_id:u64 side:buy|sell
                   ord_type:limit|market|stop|stop_limit qty:u64 price:i64? stop_px:i64?
                   tif:gtc|ioc|fok|gtd|at_open|at_close? expire_at:u64? display_qty:u64?
                   post_only:true? min_qty:u64?
                   stp:cancel_new|cancel_resting|cancel_both|decrement?
cancel_order       account:u64 instrument:u32 order_id:u64 orig_cl_ord_id:u64?
replace_order      account:u64 instrument:u32 order_id:u64? orig_cl_ord_id:u64 cl_ord_id:u64
                   qty:u64 price:i64?
mass_cancel        account:u64 instrument:u32? side:buy|sell?
kill_switch        account:u64 on:bool
create_auction     auction:u32 kind:english|dutch|first_price|second_price|uniform seller:u64
                   asset:u32 qty:u64 quote:u32 start_price:i64 reserve_price:i64? buy_now:i64?
                   increments:increments? step:i64? step_every:u64? floor:i64? opens_at:u64
                   closes_at:u64 extend_window:u64? extend_by:u64? max_extensions:u64?
place_bid          account:u64 auction:u32 max_price:i64 qty:u64? bid_id:u64
buy_now            auction:u32 account:u64
cancel_auction     auction:u32 account:u64?
create_sale        sale:u32 opens_at:u64 closes_at:u64 hold_for:u64 payment:balance|external
                   seller:u64 quote:u32 max_attempts:u64? attempts_window:u64? waitlist:u64?
                   limit_per_account:u64? limit_per_origin:u64? mode:first_come|draw?
                   seed_digest:hex? draw_by:u64?
add_product        sale:u32 product:u32 stock:u64 price:i64 limit_per_account:u64 asset:u32?
restock            sale:u32 product:u32 delta:i64
reserve            account:u64 sale:u32 product:u32 qty:u64 request_id:u64 origin:u64?
reserve_cart       account:u64 sale:u32 request_id:u64 origin:u64? lines:lines
block              account:u64? origin:u64? on:bool
draw               sale:u32 seed:hex
confirm            reservation:u64 qty:u64?
void               reservation:u64
extend             reservation:u64 by:u64
leave              account:u64 sale:u32 product:u32
atomic             account:u64 request_id:u64 legs:legs
query_open         account:u64
query_deadlines
query_counter      counter:u64
query_counters     from:u64 to:u64
activate_rules     rules:u32
accept_clock_step  by:u64
query_balance      account:u64 asset:u32?
query_depth        instrument:u32
query_sale         sale:u32
query_auction      auction:u32
query_stats        instrument:u32? auction:u32? sale:u32?
";

/// An atomic's legs; where `account` can be given it is here.
pub const LEGS: &str = "
require    counter:u64 min:i64? max:i64?
add        counter:u64 delta:i64 min:i64? max:i64?
transfer   from:u64 to:u64 asset:u32 amount:i64
take       sale:u32 product:u32 qty:u64
reserve    account:u64 sale:u32 product:u32 qty:u64 origin:u64?
place_bid  account:u64 auction:u32 max_price:i64 qty:u64? bid_id:u64
order      account:u64 instrument:u32 cl_ord_id:u64 side:buy|sell
           ord_type:limit|market|stop|stop_limit qty:u64 price:i64? stop_px:i64? tif:ioc|fok?
           expire_at:u64? display_qty:u64? min_qty:u64?
before     time:u64
after      time:u64
";
