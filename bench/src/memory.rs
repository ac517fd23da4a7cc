//! What a unit of state costs in memory: anonymous resident memory (`RssAnon` of `/proc`, so that
//! files and the mapped tail do not count) before and after so many of each were made.
//!
//! Tables double when they are full, so that a unit's bytes depend on how many there are: each is
//! measured at a quarter, half, three quarters and all of the count, from the start each time.

use crate::error::BenchError;
use crate::interleave::Turn;
use crate::machine::Machine;
use crate::report::{Point, Report, Series};
use crate::spread::Spread;
use crate::unit::Unit;
use ringpit_core::command::{
    AddProduct, Code, CreateAsset, CreateInstrument, CreateSale, Deposit, NewOrder, OpenAccount,
    Reserve,
};
use ringpit_core::{
    AccountId, AssetId, ClOrdId, Command, Emitted, Engine, Event, ExecType, Input, InstrumentId,
    Payment, ProductId, RequestId, Risk, SaleId, Side, TimeInForce,
};
use std::path::Path;

/// What an account without anything costs.
pub const ACCOUNT: &str = "account";
/// What an account's first balance of an asset costs.
pub const BALANCE: &str = "account and asset";
/// What an account's first order in a book costs.
pub const FIRST_ORDER: &str = "an account's first order in a book";
/// What any further order costs.
pub const ORDER: &str = "open order";
/// What an order with an expiry costs.
pub const DATED_ORDER: &str = "open order with an expiry";
/// What a hold in a sale costs.
pub const RESERVATION: &str = "reservation";
/// The server's memory.
pub const BOOT: &str = "server after its start";

/// The command that makes a unit of this number.
type Make = fn(u64) -> Command;

const PARTS: u64 = 4;
const LEVELS: u64 = 64;
const MIDDLE_TICKS: i64 = 10_000;
const ENDOWMENT: i64 = 1_000_000_000_000;
const FAR_NS: u64 = 1 << 60;

/// Bytes of a process's anonymous resident memory.
///
/// # Errors
/// When the system does not say.
pub fn resident_bytes(pid: u32) -> Result<u64, BenchError> {
    let path = format!("/proc/{pid}/status");
    let status = std::fs::read_to_string(path).map_err(BenchError::of("/proc/PID/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kib: Option<u64> = line.and_then(|line| line.trim().split(' ').next()?.parse().ok());
    let missing = || BenchError::Outcome("/proc/PID/status says no RssAnon".to_owned());
    kib.map(|kib| kib * 1_024).ok_or_else(missing)
}

/// An engine that is filled.
struct Filled {
    engine: Engine,
    refused: u64,
}

impl Filled {
    fn take(&mut self, command: impl Into<Command>) {
        let input = Input::venue(command);
        let seq = self.engine.seq() + 1;
        let refused = &mut self.refused;
        self.engine.apply(seq, 1, &input, &mut |emitted: &Emitted<'_>| match emitted.event {
            Event::Rejected(_) => *refused += 1,
            Event::ExecutionReport(report) if report.exec_type == ExecType::Rejected => {
                *refused += 1;
            }
            Event::Reservation(reservation) if reservation.reason.is_some() => *refused += 1,
            _ => (),
        });
    }
}

/// Fills an engine with so many of each unit, and measures what a unit costs. The server's memory
/// after its start is measured of the process `server`.
///
/// # Errors
/// When the system does not say, or something was refused.
pub fn run(
    count: u64,
    server: u32,
    progress: &mut dyn FnMut(Turn<'_>),
) -> Result<Report, BenchError> {
    let mut report = Report::new("memory", Machine::here(Path::new(".")));
    let boot = resident_bytes(server)?;
    report.count("of each", count);
    report.figure(BOOT, Unit::Mebibytes, &[boot as f64 / f64::from(1 << 20)]);
    let mut filled = Filled { engine: Engine::new(), refused: 0 };
    setup(count).into_iter().for_each(|command| filled.take(command));
    let units: [(&str, Make); 6] = [
        (ACCOUNT, account),
        (BALANCE, balance),
        (FIRST_ORDER, |number| order(number, 0, None)),
        (ORDER, |number| order(number, 1, None)),
        (DATED_ORDER, |number| order(number, 2, Some(FAR_NS + number))),
        (RESERVATION, reserve),
    ];
    for (done, (name, command)) in units.into_iter().enumerate() {
        progress(Turn { contender: name, done, turns: units.len() });
        let points = fill(&mut filled, count, command)?;
        let figures: Vec<f64> = points.iter().map(|point| point.spread.median).collect();
        report.figure(name, Unit::Bytes, &figures);
        report.series.push(Series {
            name: name.to_owned(),
            of: "how many there are".to_owned(),
            unit: Unit::Bytes,
            points,
        });
    }
    if filled.refused > 0 {
        return Err(BenchError::Outcome(format!("{} commands were refused", filled.refused)));
    }
    filled.engine.audit().map_err(BenchError::Outcome)?;
    report.note(
        "Bytes a unit: growth of RssAnon in the engine's process, at a quarter to all of them.",
    );
    report.note("An order's holds, position and names are in it. Checked: nothing was refused.");
    Ok(report)
}

/// Makes all of a unit; the bytes of one at each part.
fn fill(filled: &mut Filled, count: u64, command: Make) -> Result<Vec<Point>, BenchError> {
    let own = std::process::id();
    let before = resident_bytes(own)?;
    let mut points = Vec::new();
    for part in 1..=PARTS {
        let (from, to) = (count * (part - 1) / PARTS, count * part / PARTS);
        (from + 1..=to).for_each(|number| filled.take(command(number)));
        let grown = resident_bytes(own)?.saturating_sub(before) as f64;
        points.push(Point { at: to as f64, spread: Spread::of(&[grown / to.max(1) as f64]) });
    }
    Ok(points)
}

fn setup(count: u64) -> Vec<Command> {
    let code = Code::new("UNIT").unwrap_or_default();
    let asset = |asset| CreateAsset { asset: AssetId(asset), code, decimals: 0 }.into();
    let seller = AccountId(count + 1);
    let (price, limit_per_account) = (1, 1);
    vec![
        asset(1),
        asset(2),
        book(code).into(),
        OpenAccount { account: seller, group: None }.into(),
        sale(seller).into(),
        AddProduct {
            sale: SaleId(1),
            product: ProductId(1),
            stock: count,
            price,
            limit_per_account,
            asset: None,
        }
        .into(),
    ]
}

fn book(code: Code) -> CreateInstrument {
    CreateInstrument {
        risk: Risk::Cash,
        ..CreateInstrument::plain(InstrumentId(1), code, AssetId(2), AssetId(1))
    }
}

fn sale(seller: AccountId) -> CreateSale {
    CreateSale {
        sale: SaleId(1),
        opens_at: 0,
        closes_at: FAR_NS,
        hold_for: FAR_NS / 2,
        payment: Payment::Balance,
        seller,
        quote: AssetId(1),
        max_attempts: None,
        attempts_window: None,
        waitlist: None,
        limit_per_account: None,
        limit_per_origin: None,
        mode: None,
        seed_digest: None,
        draw_by: None,
    }
}

fn account(number: u64) -> Command {
    OpenAccount { account: AccountId(number), group: None }.into()
}

fn balance(number: u64) -> Command {
    let (account, asset) = (AccountId(number), AssetId(1));
    Deposit { account, asset, amount: ENDOWMENT, request_id: None }.into()
}

/// The account's order in a turn, at one of the levels.
fn order(number: u64, turn: u64, expire_at: Option<u64>) -> Command {
    let level = (number * 7 + turn) % LEVELS;
    NewOrder {
        tif: if expire_at.is_some() { TimeInForce::Gtd } else { TimeInForce::Gtc },
        expire_at,
        ..NewOrder::limit(
            AccountId(number),
            InstrumentId(1),
            ClOrdId(turn + 1),
            Side::Buy,
            10,
            MIDDLE_TICKS - level.cast_signed(),
        )
    }
    .into()
}

fn reserve(number: u64) -> Command {
    Reserve {
        account: AccountId(number),
        sale: SaleId(1),
        product: ProductId(1),
        qty: 1,
        request_id: RequestId(1),
        origin: None,
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_made_and_nothing_refused() {
        let report = run(20_000, std::process::id(), &mut |_| ()).unwrap();
        assert_eq!(report.rows.len(), 7);
        assert!(report.find(BOOT).unwrap().spread.min > 0.1);
        let order = report.find(ORDER).unwrap().spread.max;
        assert!((10.0..2_000.0).contains(&order), "{order} bytes an order");
    }
}
