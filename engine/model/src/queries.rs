//! Questions about the state at their place in the line. They change nothing.

use crate::Model;
use crate::book::{plain_report, quote};
use crate::state::{Due, Order};
use ringpit_core::command::{QueryBalance, QueryStats};
use ringpit_core::event::{
    Balance, Deadline, Event, ExecutionReport, InstrumentStats, Level, Rejected,
};
use ringpit_core::*;

fn refusal(command: CommandKind, id: u64, reason: Reason, field: Field) -> Vec<Event> {
    vec![Rejected { command, id: Some(id), reason, field: Some(field) }.into()]
}

impl Model {
    /// Answers a read-only command.
    ///
    /// # Panics
    /// When the command is not a query the model knows.
    #[must_use]
    pub fn query(&self, input: &Input) -> Vec<Event> {
        match &input.command {
            Command::QueryBalance(c) => self.query_balance(c),
            Command::QueryDepth(c) => self.query_depth(c.instrument),
            Command::QueryOpen(c) => self.query_open(c.account),
            Command::QueryDeadlines => self.query_deadlines(),
            Command::QueryStats(c) => self.query_stats(c),
            other => panic!("the model does not know {}", other.kind().word()),
        }
    }

    fn query_balance(&self, c: &QueryBalance) -> Vec<Event> {
        let do_ = CommandKind::QueryBalance;
        if !self.knows_account(c.account) {
            return refusal(do_, c.account.0, Reason::UnknownAccount, Field::Account);
        }
        if c.asset.is_some_and(|asset| !self.knows_asset(asset)) {
            return refusal(do_, c.account.0, Reason::UnknownAsset, Field::Asset);
        }
        let asked = self.asset_ids().filter(|asset| c.asset.is_none_or(|only| only == *asset));
        let line = |asset| {
            let (available, held) = self.balance(c.account, asset);
            Balance { account: c.account, asset, available, held }.into()
        };
        asked.map(line).collect()
    }

    fn query_depth(&self, instrument: InstrumentId) -> Vec<Event> {
        if !self.knows_instrument(instrument) {
            let id = u64::from(instrument.0);
            let reason = Reason::UnknownInstrument;
            return refusal(CommandKind::QueryDepth, id, reason, Field::Instrument);
        }
        let levels = self.levels(instrument).into_iter();
        let line = |(side, price, qty, orders)| {
            Event::from(Level { instrument, side, price, qty, orders })
        };
        levels.map(line).chain([quote(instrument, self.top(instrument)).into()]).collect()
    }

    fn query_open(&self, account: AccountId) -> Vec<Event> {
        if !self.knows_account(account) {
            let reason = Reason::UnknownAccount;
            return refusal(CommandKind::QueryOpen, account.0, reason, Field::Account);
        }
        let own = self.orders.iter().filter(|order| order.account == account);
        let line = |order: &Order| {
            ExecutionReport {
                ord_type: Some(order.ord_type),
                tif: Some(order.tif),
                stop_px: order.stop_px,
                display_qty: order.display_qty,
                ..plain_report(order, ExecType::Status)
            }
            .into()
        };
        own.map(line).collect()
    }

    fn query_deadlines(&self) -> Vec<Event> {
        let line = |due: Due| Deadline { kind: due.kind, id: due.id, time: due.time }.into();
        self.deadlines().into_iter().map(line).collect()
    }

    fn query_stats(&self, c: &QueryStats) -> Vec<Event> {
        let id = c.instrument.expect("the model knows the statistics of instruments");
        if !self.knows_instrument(id) {
            let do_ = CommandKind::QueryStats;
            let reason = Reason::UnknownInstrument;
            return refusal(do_, u64::from(id.0), reason, Field::Instrument);
        }
        let instrument = self.instrument(id);
        let prices: Vec<i64> = instrument.trades.iter().map(|trade| trade.2).collect();
        let volume: u128 = instrument.trades.iter().map(|trade| u128::from(trade.3)).sum();
        let worth = |trade: &(_, _, i64, u64)| instrument.notional(trade.2, trade.3);
        let turnover: Option<i128> = instrument.trades.iter().map(worth).sum();
        let turnover = turnover.expect("a trade's worth is an i64");
        let lots = i128::try_from(volume).expect("far below");
        // What is beyond the numbers of the report is printed as their largest.
        let printed = |sum: i128| i64::try_from(sum).unwrap_or(i64::MAX);
        vec![
            InstrumentStats {
                instrument: id,
                last: prices.last().copied(),
                open: prices.first().copied(),
                high: prices.iter().max().copied(),
                low: prices.iter().min().copied(),
                volume: printed(lots).unsigned_abs(),
                turnover: printed(turnover),
                vwap: turnover.checked_div(lots).map(printed),
                vwap_rem: turnover.checked_rem(lots).map(printed),
                trades: prices.len() as u64,
            }
            .into(),
        ]
    }
}
