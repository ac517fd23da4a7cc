//! Read-only answers, at their place in the line.

use crate::admin::at;
use crate::command::{Command, Input, QueryBalance, QueryDepth, QueryOpen, QueryStats};
use crate::engine::Engine;
use crate::event::{
    Counter, Deadline, Emitted, Event, ExecutionReport, InstrumentStats, Level, Rejected, Sink,
};
use crate::ids::SessionId;
use crate::reason::Reason;
use crate::step::{Refusal, report_of, subject};
use crate::words::{ExecType, Field, Side};

/// Where a query's answers go.
pub(crate) struct Answer<'a, S> {
    seq: u64,
    at: u64,
    owner: SessionId,
    ref_seq_no: Option<u64>,
    sink: &'a mut S,
}

impl<S: Sink> Answer<'_, S> {
    /// The time the answers carry, UNIX nanoseconds.
    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    pub(crate) fn send(&mut self, event: impl Into<Event>) {
        let event = event.into();
        let (seq, at, owner, ref_seq_no) = (self.seq, self.at, self.owner, self.ref_seq_no);
        self.sink.emit(&Emitted { seq, at, owner, owner_seq: 0, ref_seq_no, event: &event });
    }
}

impl Engine {
    /// Answers a read-only command at its place in the line, or refuses one that asks for rules
    /// beyond this program's. Deadlines due by then must have been fired by a `Tick` before. `at`
    /// is the time the answer carries, UNIX nanoseconds.
    pub fn query(&self, at: u64, input: &Input, sink: &mut impl Sink) {
        let mut answer = Answer {
            seq: self.seq(),
            at,
            owner: input.session,
            ref_seq_no: (input.client_seq != 0).then_some(input.client_seq),
            sink,
        };
        if let Err((reason, field)) = self.answer(input, &mut answer) {
            let command = input.command.kind();
            answer.send(Rejected { command, id: subject(&input.command), reason, field });
        }
    }

    fn answer<S: Sink>(&self, input: &Input, to: &mut Answer<'_, S>) -> Result<(), Refusal> {
        let session = self.sessions.find(input.session).ok_or((Reason::NotPermitted, None))?;
        match &input.command {
            Command::QueryOpen(_) | Command::QueryBalance(_)
                if !self.is_permitted(session, &input.command) =>
            {
                Err(at(Reason::NotPermitted, Field::Account))
            }
            Command::QueryOpen(c) => self.query_open(c, to),
            Command::QueryBalance(c) => self.query_balance(c, to),
            Command::QueryDepth(c) => self.query_depth(c, to),
            Command::QueryStats(c) => self.query_stats(c, to),
            Command::QueryCounter(c) => {
                to.send(Counter { counter: c.counter, value: self.counters.get(c.counter) });
                Ok(())
            }
            Command::QueryCounters(c) => self.query_counters(c, to),
            Command::QueryDeadlines => {
                for (time, due) in self.deadlines.sorted() {
                    to.send(Deadline { kind: due.kind, id: self.deadline_id(due), time });
                }
                Ok(())
            }
            Command::QuerySale(c) => self.query_sale(c, to),
            Command::ActivateRules(_) => Err(at(Reason::UnknownRules, Field::Rules)),
            Command::QueryAuction(c) => self.query_auction(c.auction, to),
            _ => Err((Reason::Unsupported, None)),
        }
    }

    fn query_open<S: Sink>(&self, c: &QueryOpen, to: &mut Answer<'_, S>) -> Result<(), Refusal> {
        let account = self.known_account(c.account, Field::Account)?;
        let first = self.ledger.accounts[account as usize].parties;
        let mut slots: alloc::vec::Vec<u32> = self.books.orders.of_account(first).collect();
        slots.sort_unstable_by_key(|slot| self.books.orders.id(*slot));
        for slot in slots {
            let order = self.books.order(slot);
            to.send(ExecutionReport {
                ord_type: Some(order.ord_type),
                tif: Some(order.tif),
                stop_px: (order.stop_px != 0).then_some(order.stop_px),
                display_qty: (order.display_qty != 0).then_some(order.display_qty),
                ..report_of(c.account, self.book(order.book).id, &order, ExecType::Status)
            });
        }
        self.query_bids(account, to);
        for slot in self.open_reservations(account) {
            to.send(self.reservation_event(slot));
        }
        Ok(())
    }

    fn query_balance<S: Sink>(
        &self,
        c: &QueryBalance,
        to: &mut Answer<'_, S>,
    ) -> Result<(), Refusal> {
        let account = self.known_account(c.account, Field::Account)?;
        if let Some(asset) = c.asset {
            let asset = self.known_asset(asset, Field::Asset)?;
            to.send(self.balance_of(account, asset));
            return Ok(());
        }
        let mut assets: alloc::vec::Vec<u32> = (0..self.ledger.assets.len() as u32).collect();
        assets.sort_unstable_by_key(|asset| self.ledger.assets[*asset as usize].id);
        for asset in assets {
            to.send(self.balance_of(account, asset));
        }
        Ok(())
    }

    fn query_depth<S: Sink>(&self, c: &QueryDepth, to: &mut Answer<'_, S>) -> Result<(), Refusal> {
        let slot = self.known_book(c.instrument)?;
        let (book, levels) = (self.book(slot), &self.books.levels);
        for side in [Side::Buy, Side::Sell] {
            let ladder = book.sides.get(side);
            let mut next = ladder.best();
            while let Some(price) = next {
                if let Some(level) = ladder.find(levels, price).map(|at| &levels[at]) {
                    let (qty, orders) = (level.shown, level.orders);
                    to.send(Level { instrument: book.id, side, price, qty, orders });
                }
                next = ladder.after(levels, price);
            }
        }
        to.send(self.quote_of(slot));
        Ok(())
    }

    fn query_stats<S: Sink>(&self, c: &QueryStats, to: &mut Answer<'_, S>) -> Result<(), Refusal> {
        match (c.instrument, c.auction, c.sale) {
            (Some(instrument), None, None) => {
                let slot = self.known_book(instrument)?;
                to.send(self.instrument_stats(slot));
                Ok(())
            }
            (None, Some(auction), None) => self.query_auction(auction, to),
            (None, None, Some(sale)) => self.sale_stats(sale, to),
            _ => Err((Reason::BadValue, None)),
        }
    }

    fn instrument_stats(&self, slot: u32) -> InstrumentStats {
        let book = self.book(slot);
        let stats = &book.stats;
        let traded = stats.trades > 0;
        let clamp = |value: i128| i64::try_from(value).unwrap_or(i64::MAX);
        let volume = stats.volume.max(1);
        InstrumentStats {
            instrument: book.id,
            last: traded.then_some(book.last),
            open: traded.then_some(stats.open),
            high: traded.then_some(stats.high),
            low: traded.then_some(stats.low),
            volume: clamp(stats.volume).unsigned_abs(),
            turnover: clamp(stats.turnover),
            vwap: traded.then(|| clamp(stats.turnover / volume)),
            vwap_rem: traded.then(|| clamp(stats.turnover % volume)),
            trades: stats.trades,
        }
    }
}
