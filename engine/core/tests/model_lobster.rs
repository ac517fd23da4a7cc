//! The engine does what the model does on real orders: the first 30,000 AAPL rows of LOBSTER's
//! public sample, event by event; and both give the figures of an independent reference.
//!
//! `RINGPIT_DATA` names the folder of the file; without the file the test is skipped and says so.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

mod support;

use ringpit_core::command::*;
use ringpit_core::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use support::Pair;

const FILE: &str = "aapl_2012-06-21_first30000.csv";
const I: InstrumentId = InstrumentId(1);
/// The owner of resting orders, and of executions against them.
const MAKER: AccountId = AccountId(1);
const TAKER: AccountId = AccountId(2);
/// Executions' names, apart from the file's order ids.
const TAKER_NAMES: u64 = 1 << 40;

/// One row of the file.
struct Row {
    at: u64,
    kind: u8,
    id: u64,
    qty: u64,
    price: i64,
    side: Side,
}

fn row(line: &str) -> Row {
    let fields: Vec<&str> = line.split(',').collect();
    let (seconds, decimals) = fields[0].split_once('.').unwrap_or((fields[0], "0"));
    let seconds: u64 = seconds.parse().unwrap();
    let nanoseconds: u64 = format!("{decimals:0<9}").parse().unwrap();
    Row {
        at: seconds * 1_000_000_000 + nanoseconds,
        kind: fields[1].parse().unwrap(),
        id: fields[2].parse().unwrap(),
        qty: fields[3].parse().unwrap(),
        price: fields[4].parse().unwrap(),
        side: if fields[5] == "1" { Side::Buy } else { Side::Sell },
    }
}

fn order(row: &Row, number: u64, is_taker: bool) -> NewOrder {
    NewOrder {
        tif: if is_taker { TimeInForce::Ioc } else { TimeInForce::Gtc },
        ..NewOrder::limit(
            if is_taker { TAKER } else { MAKER },
            I,
            ClOrdId(if is_taker { TAKER_NAMES + number } else { row.id }),
            if is_taker { row.side.opposite() } else { row.side },
            row.qty,
            row.price,
        )
    }
}

/// The command of a row; `None` for rows about orders from before the file, and hidden ones.
/// `totals` has the quantity of each order as it was last asked for.
fn command(row: &Row, number: u64, totals: &mut BTreeMap<u64, u64>) -> Option<Command> {
    let (order_id, orig_cl_ord_id) = (None, Some(ClOrdId(row.id)));
    match row.kind {
        1 => {
            totals.insert(row.id, row.qty);
            Some(order(row, number, false).into())
        }
        2 => {
            let total = totals.get_mut(&row.id)?;
            *total = total.saturating_sub(row.qty);
            let replace = ReplaceOrder {
                account: MAKER,
                instrument: I,
                order_id,
                orig_cl_ord_id,
                cl_ord_id: ClOrdId(row.id),
                qty: *total,
                price: None,
            };
            Some(replace.into())
        }
        3 => totals.get(&row.id).map(|_| {
            CancelOrder { account: MAKER, instrument: I, order_id, orig_cl_ord_id }.into()
        }),
        4 => totals.get(&row.id).map(|_| order(row, number, true).into()),
        _ => None,
    }
}

fn file() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let dir = std::env::var_os("RINGPIT_DATA").map_or_else(beside, PathBuf::from);
    Some(dir.join(FILE)).filter(|file| file.is_file())
}

fn opened() -> Pair {
    let code = Code::new("AAPL").unwrap();
    let mut pair = Pair::new();
    for asset in (1..=2).map(AssetId) {
        pair.step(0, CreateAsset { asset, code, decimals: 0 }.into()).unwrap();
    }
    for account in [MAKER, TAKER] {
        pair.step(0, OpenAccount { account, group: None }.into()).unwrap();
    }
    let instrument = CreateInstrument::plain(I, code, AssetId(1), AssetId(2));
    pair.step(0, instrument.into()).unwrap();
    pair
}

#[test]
fn thirty_thousand_rows_of_aapl() {
    let Some(file) = file() else {
        eprintln!("skipped: no {FILE}; set RINGPIT_DATA to the folder that holds it");
        return;
    };
    let text = std::fs::read_to_string(file).unwrap();
    let mut pair = opened();
    let mut totals = BTreeMap::new();
    let (mut fills, mut volume) = (0, 0);
    for (number, line) in (1..).zip(text.lines()) {
        let row = row(line);
        let Some(command) = command(&row, number, &mut totals) else { continue };
        let events = pair.step(row.at, command);
        for (_, event) in events.unwrap_or_else(|error| panic!("row {number}: {error}\n{line}")) {
            if let Event::Trade(trade) = event {
                fills += 1;
                volume += trade.qty;
            }
        }
    }
    assert_eq!((fills, volume), (1_639, 129_281));
    let resting: Vec<u64> = pair.model.open_orders().iter().map(|order| order.leaves()).collect();
    assert_eq!((resting.len(), resting.iter().sum()), (303, 55_564u64));
    let depth = pair.ask(QueryDepth { instrument: I }).unwrap();
    let Some(Event::Quote(top)) = depth.last() else { panic!("a depth ends with its quote") };
    assert_eq!((top.bid, top.ask), (Some(5_864_300), Some(5_866_200)));
    pair.engine.audit().unwrap();
}
