//! What the LOBSTER test file must give: the figures of an independent reference, taken from
//! printed events alone.

use ringpit_core::event::{ExecutionReport, Level};
use ringpit_core::{Event, ExecType, Liquidity, Reason, Side};
use ringpit_vocab::EventLine;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The file's name.
pub const FILE: &str = "aapl_2012-06-21_first30000.csv";

/// The accounts that `import` gives to resting orders and to executions.
const MAKER: u64 = 1;
const TAKER: u64 = 2;

/// `RINGPIT_DATA`, or a folder `shared/data` beside the repository.
pub fn data_file() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let dir = std::env::var_os("RINGPIT_DATA").map_or_else(beside, PathBuf::from);
    let file = dir.join(FILE);
    file.is_file().then_some(file)
}

/// The reference's table, and the book at the end.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Figures {
    orders: u64,
    crossed_on_entry: u64,
    executions: u64,
    /// Executions that traded with the order that NASDAQ says was hit, and with no other.
    same_maker: u64,
    /// Of them, those with one fill at the row's price and for its whole size.
    exactly_one_fill: u64,
    fills: u64,
    volume: u64,
    /// Shares of executions that found nobody.
    unfilled: u64,
    cancels: u64,
    reduces: u64,
    rejected: u64,
    resting_orders: u64,
    resting_shares: u64,
    best_bid: Option<i64>,
    best_ask: Option<i64>,
}

/// What the reference gave.
pub const EXPECTED: Figures = Figures {
    orders: 14_343,
    crossed_on_entry: 0,
    executions: 1_620,
    same_maker: 1_589,
    exactly_one_fill: 1_589,
    fills: 1_639,
    volume: 129_281,
    unfilled: 10,
    cancels: 12_853,
    reduces: 193,
    rejected: 1,
    resting_orders: 303,
    resting_shares: 55_564,
    best_bid: Some(5_864_300),
    best_ask: Some(5_866_200),
};

/// The figures of a run's events.
pub fn figures(events: &[EventLine]) -> Figures {
    let mut figures = Figures::default();
    let mut levels = BTreeMap::new();
    for step in events.chunk_by(|one, next| one.seq == next.seq) {
        let mut reports = Vec::new();
        for line in step {
            match line.event {
                Event::ExecutionReport(report) => reports.push(report),
                Event::Trade(trade) => {
                    figures.fills += 1;
                    figures.volume += trade.qty;
                }
                Event::CancelReject(_) => figures.rejected += 1,
                Event::Quote(quote) => {
                    (figures.best_bid, figures.best_ask) = (quote.bid, quote.ask);
                }
                Event::Level(Level { side, price, qty, orders, .. }) => {
                    levels.insert((side, price), (u64::from(orders), qty));
                }
                _ => {}
            }
        }
        count_reports(&reports, &mut figures);
    }
    figures.resting_orders = levels.values().map(|(orders, _)| orders).sum();
    figures.resting_shares = levels.values().map(|(_, shares)| shares).sum();
    let best =
        |side: Side| levels.iter().filter(move |((of, _), (_, shares))| *of == side && *shares > 0);
    assert_eq!(best(Side::Buy).map(|((_, price), _)| *price).max(), figures.best_bid);
    assert_eq!(best(Side::Sell).map(|((_, price), _)| *price).min(), figures.best_ask);
    figures
}

/// Counts one step: the first report is its command's own.
fn count_reports(reports: &[ExecutionReport], figures: &mut Figures) {
    let Some(own) = reports.first() else { return };
    match (own.account.0, own.exec_type) {
        (MAKER, ExecType::New) => {
            figures.orders += 1;
            let crossed = reports.iter().any(|report| report.liquidity == Some(Liquidity::Removed));
            figures.crossed_on_entry += u64::from(crossed);
        }
        (MAKER, ExecType::Replaced) => figures.reduces += 1,
        (MAKER, ExecType::Canceled) => figures.cancels += 1,
        (TAKER, ExecType::New) => {
            figures.executions += 1;
            count_execution(own, &reports[1..], figures);
        }
        _ => panic!("no row asks for {own:?}"),
    }
}

fn count_execution(own: &ExecutionReport, reports: &[ExecutionReport], figures: &mut Figures) {
    let makers: Vec<&ExecutionReport> =
        reports.iter().filter(|report| report.liquidity == Some(Liquidity::Added)).collect();
    let same = !makers.is_empty() && makers.iter().all(|maker| maker.cl_ord_id == own.cl_ord_id);
    figures.same_maker += u64::from(same);
    if let ([maker], true) = (&makers[..], same) {
        let exact = maker.last_px == own.price && maker.last_qty == Some(own.order_qty);
        figures.exactly_one_fill += u64::from(exact);
    }
    for end in reports.iter().filter(|report| report.reason == Some(Reason::Unfilled)) {
        figures.unfilled += end.order_qty - end.cum_qty;
    }
}
