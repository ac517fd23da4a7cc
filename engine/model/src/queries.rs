//! Questions about the state at their place in the line. They change nothing.

use crate::Model;
use crate::book::{plain_report, quote};
use crate::state::{Due, Order};
use ringpit_core::command::{QueryBalance, QueryStats};
use ringpit_core::event::{
    Balance, BidReport, Counter, Deadline, Event, ExecutionReport, Level, Rejected,
};
use ringpit_core::*;

fn refusal(command: CommandKind, id: u64, reason: Reason, field: Field) -> Vec<Event> {
    vec![Rejected { command, id: Some(id), reason, field: Some(field) }.into()]
}

impl Model {
    /// Answers a read-only command at a time by which every due deadline has been fired.
    ///
    /// # Panics
    /// When the command is not a query the model knows.
    #[must_use]
    pub fn query(&self, at: u64, input: &Input) -> Vec<Event> {
        match &input.command {
            Command::QueryBalance(c) => self.query_balance(c),
            Command::QueryDepth(c) => self.query_depth(c.instrument),
            Command::QueryOpen(c) => self.query_open(c.account),
            Command::QueryDeadlines => self.query_deadlines(),
            Command::QueryStats(c) => self.query_stats(at, c),
            Command::QueryAuction(c) => self.query_auction(c.auction),
            Command::QuerySale(c) => self.query_sale(c.sale),
            Command::QueryCounter(c) => {
                vec![Counter { counter: c.counter, value: self.counter(c.counter) }.into()]
            }
            Command::QueryCounters(c) => self.query_counters(at, c),
            Command::AcceptClockStep(c) => {
                let (command, reason) = (CommandKind::AcceptClockStep, Reason::Unsupported);
                vec![Rejected { command, id: Some(c.by), reason, field: None }.into()]
            }
            Command::ActivateRules(c) => {
                let (reason, field) = (Reason::UnknownRules, Field::Rules);
                refusal(CommandKind::ActivateRules, u64::from(c.rules), reason, field)
            }
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
        let mut answer: Vec<Event> = own.map(line).collect();
        answer.extend(self.live_bids(account));
        answer.extend(self.live_reservations(account));
        answer
    }

    /// Bids that still hold money, by auction, then by acceptance.
    fn live_bids(&self, account: AccountId) -> Vec<Event> {
        let mut answer = Vec::new();
        for auction in &self.auctions {
            let sealed = auction.is_sealed();
            for bid in auction.bids.iter().filter(|bid| bid.account == account) {
                answer.push(
                    BidReport {
                        account,
                        auction: auction.terms.auction,
                        bid_id: Some(bid.id),
                        state: if sealed { BidState::Accepted } else { BidState::Leading },
                        price: Some(if sealed { bid.max } else { auction.price }),
                        qty: None,
                        reason: None,
                    }
                    .into(),
                );
            }
        }
        answer
    }

    /// Reservations that hold or wait, by their number.
    fn live_reservations(&self, account: AccountId) -> Vec<Event> {
        use ReservationState::{Entered, Held, Queued};
        let mut found = Vec::new();
        for sale in &self.sales {
            for r in sale.reservations.iter().filter(|r| r.account == account) {
                if matches!(r.state, Held | Queued | Entered) {
                    found.push((r.id, self.reservation_event(sale, r)));
                }
            }
        }
        found.sort_by_key(|(id, _)| *id);
        found.into_iter().map(|(_, event)| event.into()).collect()
    }

    fn query_deadlines(&self) -> Vec<Event> {
        let line = |due: Due| Deadline { kind: due.kind, id: due.id, time: due.time }.into();
        self.deadlines().into_iter().map(line).collect()
    }

    fn query_stats(&self, at: u64, c: &QueryStats) -> Vec<Event> {
        let named = [c.instrument.map(|i| i.0), c.auction.map(|a| a.0), c.sale.map(|s| s.0)];
        if named.iter().flatten().count() != 1 {
            let (command, reason) = (CommandKind::QueryStats, Reason::BadValue);
            let id = named.into_iter().flatten().next().map(u64::from);
            return vec![Rejected { command, id, reason, field: None }.into()];
        }
        match self.stats_fault(c) {
            Some((id, reason, field)) => refusal(CommandKind::QueryStats, id, reason, field),
            None => self.stats(at, c),
        }
    }

    fn query_auction(&self, id: AuctionId) -> Vec<Event> {
        if !self.knows_auction(id) {
            let reason = Reason::UnknownAuction;
            return refusal(CommandKind::QueryAuction, u64::from(id.0), reason, Field::Auction);
        }
        vec![self.auction_event(id, self.auction(id).state).into()]
    }

    fn query_sale(&self, id: SaleId) -> Vec<Event> {
        match self.sale(id) {
            Some(sale) => {
                let products = sale.products.iter();
                products.map(|product| sale.product_event(product.id).into()).collect()
            }
            None => {
                let reason = Reason::UnknownSale;
                refusal(CommandKind::QuerySale, u64::from(id.0), reason, Field::Sale)
            }
        }
    }
}
