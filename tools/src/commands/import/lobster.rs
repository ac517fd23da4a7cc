//! LOBSTER message files (lobsterdata.com): NASDAQ's order flow of one share and day.
//!
//! The rows say which resting order traded, so the file is an outside oracle for price-time
//! priority. To let the events show it, resting orders belong to account 1 and bear their LOBSTER
//! id as cl_ord_id; what takes from them comes from account 2 under the id of the order that
//! NASDAQ says was hit. Whether it was hit is then seen in the reports, and not looked at here.

use crate::failure::Failure;
use crate::input::Lines;
use crate::output::Output;
use ringpit_core::command::*;
use ringpit_core::*;
use ringpit_vocab::write_command;
use std::collections::HashMap;

const BASE: AssetId = AssetId(1);
const QUOTE: AssetId = AssetId(2);
const INSTRUMENT: InstrumentId = InstrumentId(1);
const MAKER: AccountId = AccountId(1);
const TAKER: AccountId = AccountId(2);

/// Columns of a row: time, type, order id, size, price, direction.
const COLUMNS: [&str; 6] = ["time", "type", "order_id", "size", "price", "direction"];

const NANOS_PER_SECOND: u64 = 1_000_000_000;
const FRACTION_DIGITS: usize = 9;

const EXAMPLE: &str = "\
Example:
  ringpit import lobster AAPL_2012-06-21_34200000_57600000_message_5.csv > aapl.jsonl
  ringpit run aapl.jsonl --digest

Times are nanoseconds after midnight, prices are kept as they stand (dollars x 10,000 = ticks).";

/// A LOBSTER message file: new limit orders, reductions, deletions, executions.
///
/// 1 (new) becomes a limit order, 2 (partial cancel) a replace that lowers the quantity, 3
/// (deletion) a cancel, 4 (execution) an immediate-or-cancel order from the other side; 5, 6 and 7
/// are skipped. Rows about orders that the file never entered are skipped and counted as unknown.
/// The counts are printed on standard error.
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// LOBSTER message file, `-` for standard input.
    file: String,
}

/// Imports a LOBSTER message file.
///
/// # Errors
/// How it ended, when not well.
pub fn run(args: &Args) -> Result<(), Failure> {
    let mut lines = Lines::open(&args.file)?;
    let mut import = Import::default();
    let ended = import.take_all(&mut lines);
    import.output.write_out()?;
    ended?;
    eprintln!("{}", import.counts);
    Ok(())
}

/// How many rows became what.
#[derive(Debug, Default)]
struct Counts {
    rows: u64,
    orders: u64,
    replaces: u64,
    cancels: u64,
    executions: u64,
    unknown: u64,
    skipped: u64,
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { rows, orders, replaces, cancels, executions, unknown, skipped } = self;
        write!(
            f,
            "rows={rows} orders={orders} replaces={replaces} cancels={cancels} \
             executions={executions} unknown={unknown} skipped={skipped}"
        )
    }
}

/// What a row says.
#[derive(Debug, Clone, Copy)]
struct Row {
    at: u64,
    kind: u8,
    order: Order,
}

/// The order that a row is about.
#[derive(Debug, Clone, Copy)]
struct Order {
    id: u64,
    size: u64,
    price: i64,
    side: Side,
}

#[derive(Debug, Default)]
struct Import {
    /// Orders entered so far: their quantity in total, which a replace states anew.
    totals: HashMap<u64, u64>,
    last_at: Option<u64>,
    counts: Counts,
    output: Output,
}

impl Import {
    fn take_all(&mut self, lines: &mut Lines) -> Result<(), Failure> {
        while let Some(line) = lines.next_line()? {
            match read_row(line).and_then(|row| self.take(row)) {
                Ok(()) => self.output.write_out_if_large()?,
                Err(what) => return Err(lines.fault(&what)),
            }
        }
        Ok(())
    }

    fn take(&mut self, row: Option<Row>) -> Result<(), String> {
        self.counts.rows += 1;
        let Some(Row { at, kind, order }) = row else {
            self.counts.skipped += 1;
            return Ok(());
        };
        match self.last_at {
            None => self.set_up(at),
            Some(last_at) if at < last_at => {
                return Err(format!("time: {at} ns after {last_at} ns: time fell"));
            }
            Some(_) => {}
        }
        self.last_at = Some(at);
        if kind == 1 {
            self.counts.orders += 1;
            self.totals.insert(order.id, order.size);
            self.write(at, limit_order(MAKER, order, order.side, TimeInForce::Day));
            return Ok(());
        }
        let Some(total) = self.totals.get_mut(&order.id) else {
            self.counts.unknown += 1;
            return Ok(());
        };
        match kind {
            2 => {
                *total = total.saturating_sub(order.size);
                let replace = lower_to(*total, order.id);
                self.counts.replaces += 1;
                self.write(at, replace);
            }
            3 => {
                self.counts.cancels += 1;
                self.write(at, cancel(order.id));
            }
            _ => {
                self.counts.executions += 1;
                self.write(at, limit_order(TAKER, order, order.side.opposite(), TimeInForce::Ioc));
            }
        }
        Ok(())
    }

    /// One book without risk checks and two accounts, at the time of the first row: a replay at
    /// real speed then does not wait from midnight on.
    fn set_up(&mut self, at: u64) {
        let code = |text| Code::new(text).unwrap_or_default();
        self.write(at, CreateAsset { asset: BASE, code: code("SHARE"), decimals: 0 });
        self.write(at, CreateAsset { asset: QUOTE, code: code("USD"), decimals: 4 });
        self.write(at, OpenAccount { account: MAKER, group: None });
        self.write(at, OpenAccount { account: TAKER, group: None });
        self.write(at, CreateInstrument::plain(INSTRUMENT, code("LOBSTER"), BASE, QUOTE));
    }

    fn write(&mut self, at: u64, command: impl Into<Command>) {
        write_command(Some(at), &command.into(), &mut self.output.buffer);
        self.output.end_line();
    }
}

fn limit_order(account: AccountId, order: Order, side: Side, tif: TimeInForce) -> NewOrder {
    NewOrder {
        tif,
        ..NewOrder::limit(account, INSTRUMENT, ClOrdId(order.id), side, order.size, order.price)
    }
}

fn lower_to(qty: u64, id: u64) -> ReplaceOrder {
    ReplaceOrder {
        account: MAKER,
        instrument: INSTRUMENT,
        order_id: None,
        orig_cl_ord_id: Some(ClOrdId(id)),
        cl_ord_id: ClOrdId(id),
        qty,
        price: None,
    }
}

fn cancel(id: u64) -> CancelOrder {
    CancelOrder {
        account: MAKER,
        instrument: INSTRUMENT,
        order_id: None,
        orig_cl_ord_id: Some(ClOrdId(id)),
    }
}

/// Reads a row; `None` for the types that are skipped, whose other columns mean other things.
fn read_row(line: &[u8]) -> Result<Option<Row>, String> {
    let text = std::str::from_utf8(line).map_err(|_| "line: not UTF-8 text")?.trim_ascii_end();
    let columns: Vec<&str> = text.split(',').collect();
    let [time, kind, id, size, price, direction] = columns[..] else {
        return Err(format!("line: {} columns, not {}", columns.len(), COLUMNS.join(",")));
    };
    let at = nanoseconds(time).ok_or_else(|| format!("time: not seconds: {time}"))?;
    let kind = match kind {
        "1" => 1,
        "2" => 2,
        "3" => 3,
        "4" => 4,
        "5" | "6" | "7" => return Ok(None),
        _ => return Err(format!("type: none of 1 to 7: {kind}")),
    };
    let side = match direction {
        "1" => Side::Buy,
        "-1" => Side::Sell,
        _ => return Err(format!("direction: neither 1 nor -1: {direction}")),
    };
    let order = Order {
        id: unsigned("order_id", id)?,
        size: unsigned("size", size)?,
        price: unsigned("price", price)?.cast_signed(),
        side,
    };
    Ok(Some(Row { at, kind, order }))
}

/// A whole number that fits the vocabulary's unsigned and signed types alike.
fn unsigned(column: &str, text: &str) -> Result<u64, String> {
    text.parse()
        .ok()
        .filter(|value| *value <= limits::UNSIGNED_MAX)
        .ok_or_else(|| format!("{column}: outside 0 to {}: {text}", limits::UNSIGNED_MAX))
}

/// Decimal seconds as nanoseconds, exactly; no float comes near them.
fn nanoseconds(text: &str) -> Option<u64> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(seconds) || !digits(fraction) || fraction.len() > FRACTION_DIGITS {
        return None;
    }
    let whole = seconds.parse::<u64>().ok()?.checked_mul(NANOS_PER_SECOND)?;
    let padding = 10_u64.pow(u32::try_from(FRACTION_DIGITS - fraction.len()).ok()?);
    let at = whole.checked_add(fraction.parse::<u64>().ok()? * padding)?;
    (at <= limits::UNSIGNED_MAX).then_some(at)
}
