//! What a message costs in a small state and in a large one: orders, books and accounts; armed
//! deadlines. Both states live side by side and take turns.

mod armed;

use crate::engine::Running;
use crate::error::BenchError;
use crate::interleave::{Contender, Rounds, Turn, interleave};
use crate::machine::Machine;
use crate::report::Report;
use crate::unit::Unit;
use crate::venue::Size;
use armed::Armed;
use std::path::Path;

/// The small venue.
pub const SMALL: Size =
    Size { instruments: 100, accounts: 10_000, holdings: 1, open_orders: 10_000 };

/// The large venue at scale 1.
pub const LARGE: Size =
    Size { instruments: 10_000, accounts: 10_000_000, holdings: 1, open_orders: 10_000_000 };

/// Deadlines armed in the small state.
pub const FEW_DEADLINES: usize = 10_000;

/// Deadlines armed in the large state at scale 1.
pub const MANY_DEADLINES: usize = 1_000_000;

/// Bytes that an open order takes at most, with the flow's own memory of it.
const ORDER_BYTES: u64 = 256;

/// Bytes that an account with two balances and a position takes at most.
const ACCOUNT_BYTES: u64 = 640;

/// What a message's cost in a venue is called.
#[must_use]
pub fn venue_name(size: Size) -> String {
    let Size { instruments, accounts, open_orders, .. } = size;
    format!("{open_orders} orders, {instruments} books, {accounts} accounts")
}

/// What a message's cost with deadlines is called.
#[must_use]
pub fn deadlines_name(armed: usize) -> String {
    format!("{armed} deadlines")
}

/// The large venue at a scale up to 1.
#[must_use]
pub fn scaled(scale: f64) -> Size {
    let Size { instruments, accounts, holdings, open_orders } = LARGE;
    let scaled = |full: f64| (full * scale).round();
    Size {
        instruments: (scaled(f64::from(instruments)) as u32).max(SMALL.instruments),
        accounts: (scaled(accounts as f64) as u64).max(SMALL.accounts),
        holdings,
        open_orders: (scaled(open_orders as f64) as usize).max(SMALL.open_orders),
    }
}

/// Measures with the large state at this scale.
///
/// # Errors
/// [`BenchError::TooSmall`] when the machine has not the memory; [`BenchError::Outcome`] when an
/// order was refused.
pub fn run(
    scale: f64,
    rounds: usize,
    inputs: usize,
    progress: &mut dyn FnMut(Turn<'_>),
) -> Result<Report, BenchError> {
    let mut report = Report::new("growth", Machine::here(Path::new(".")));
    let large = scaled(scale);
    let many = ((MANY_DEADLINES as f64 * scale).round() as usize).max(FEW_DEADLINES);
    check_memory(large)?;
    let mut filling = |contender| progress(Turn { contender, done: 0, turns: 1 });
    filling("filling the small state");
    let mut small = Running::new(SMALL, 1)?;
    let mut few = Armed::new(FEW_DEADLINES);
    filling("filling the large state");
    let mut big = Running::unaudited(large, 1)?;
    let mut lots = Armed::new(many);
    let contenders = vec![
        venue(venue_name(SMALL), &mut small, inputs),
        venue(venue_name(large), &mut big, inputs),
        deadlines(deadlines_name(FEW_DEADLINES), &mut few, inputs),
        deadlines(deadlines_name(many), &mut lots, inputs),
    ];
    let measured = interleave(contenders, Rounds::of(rounds), progress)?;
    let [small_venue, large_venue, few_armed, many_armed] = measured.as_slice() else {
        unreachable!("every contender was measured")
    };
    report.row(small_venue, &[]);
    report.row(large_venue, &[small_venue]);
    report.row(few_armed, &[]);
    report.row(many_armed, &[few_armed]);
    report.count("messages a round", inputs as u64);
    for (name, armed) in [("few", &few), ("many", &lots)] {
        report.count(format!("armed at the end where there are {name}"), armed.armed());
        report.count(format!("fired where there are {name}"), armed.fired());
    }
    small.check()?;
    big.check_refused()?;
    few.check()?;
    lots.check()?;
    report.note("Processor time of the measuring thread a message, decoding included.");
    Ok(report)
}

fn venue(name: String, running: &mut Running, inputs: usize) -> Contender<'_> {
    Contender::new(name, Unit::Nanoseconds, move || {
        let inputs = running.next_inputs(inputs);
        Ok(running.rate(&inputs))
    })
}

fn deadlines(name: String, armed: &mut Armed, messages: usize) -> Contender<'_> {
    Contender::new(name, Unit::Nanoseconds, move || Ok(armed.rate(messages)))
}

fn check_memory(large: Size) -> Result<(), BenchError> {
    let needed = large.open_orders as u64 * ORDER_BYTES + large.accounts * ACCOUNT_BYTES;
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib: Option<u64> = line.and_then(|line| line.trim().split(' ').next()?.parse().ok());
    match kib.map(|kib| kib * 1_024) {
        Some(available) if available < needed => {
            let [needed, available] = [needed, available].map(|b| b as f64 / f64::from(1 << 30));
            Err(BenchError::TooSmall(format!(
                "this size takes up to {needed:.1} GiB and {available:.1} GiB are free: try a \
                 smaller --scale"
            )))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_scale_is_measured() {
        let report = run(1e-9, 1, 2_000, &mut |_| ()).unwrap();
        let ratios = report.rows.iter().map(|row| row.ratios.len());
        assert_eq!(ratios.collect::<Vec<_>>(), [0, 1, 0, 1]);
        assert!(report.rows.iter().all(|row| row.spread.min > 0.0));
    }

    #[test]
    fn what_does_not_fit_is_refused_before_it_is_filled() {
        let error = check_memory(Size { accounts: u64::MAX / 1_024, ..LARGE }).unwrap_err();
        assert!(error.to_string().contains("--scale"), "{error}");
    }
}
