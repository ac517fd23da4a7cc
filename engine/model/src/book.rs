//! Looking into a book, reports about its orders, and the market data derived from it.

use crate::Model;
use crate::state::{Instrument, Order, Place, ShownLevel, Top, is_call};
use ringpit_core::event::{ExecutionReport, Indicative, Level, Quote};
use ringpit_core::*;

/// Whether price `a` comes before price `b` on a side of the book.
pub(crate) fn better(side: Side, a: i64, b: i64) -> bool {
    match side {
        Side::Buy => a > b,
        Side::Sell => a < b,
    }
}

impl Model {
    pub(crate) fn instrument(&self, id: InstrumentId) -> &Instrument {
        self.instruments.iter().find(|i| i.id == id).expect("the instrument was looked up before")
    }

    pub(crate) fn instrument_mut(&mut self, id: InstrumentId) -> &mut Instrument {
        let found = self.instruments.iter_mut().find(|instrument| instrument.id == id);
        found.expect("the instrument was looked up before")
    }

    pub(crate) fn order(&self, id: OrderId) -> &Order {
        self.open_order(id).expect("the order is open")
    }

    pub(crate) fn order_mut(&mut self, id: OrderId) -> &mut Order {
        self.orders.iter_mut().find(|order| order.id == id).expect("the order is open")
    }

    pub(crate) fn remove(&mut self, id: OrderId) -> Order {
        let order = *self.order(id);
        self.orders.retain(|other| other.id != id);
        order
    }

    /// Puts an order at the back of its queue, with a fresh slice shown.
    pub(crate) fn join_queue(&mut self, id: OrderId) {
        self.last_place += 1;
        let queue = self.last_place;
        let order = self.order_mut(id);
        order.place = Place::Book;
        order.queue = queue;
        order.shown = order.slice();
    }

    /// One side of a book: market orders first, then by price, then by arrival.
    pub(crate) fn side(&self, instrument: InstrumentId, side: Side) -> Vec<Order> {
        let mut orders = self.orders.clone();
        orders.retain(|o| o.instrument == instrument && o.side == side && o.place == Place::Book);
        orders.sort_by_key(|order| {
            let rank = match (order.price, side) {
                (None, _) => i64::MIN,
                (Some(price), Side::Buy) => -price,
                (Some(price), Side::Sell) => price,
            };
            (rank, order.queue)
        });
        orders
    }

    /// The displayed levels: buys from high to low, then sells from low to high.
    pub(crate) fn levels(&self, instrument: InstrumentId) -> Vec<ShownLevel> {
        let mut levels: Vec<ShownLevel> = Vec::new();
        for side in [Side::Buy, Side::Sell] {
            for order in self.side(instrument, side) {
                let Some(price) = order.price else { continue };
                match levels.last_mut().filter(|level| (level.0, level.1) == (side, price)) {
                    Some(level) => {
                        level.2 += order.shown;
                        level.3 += 1;
                    }
                    None => levels.push((side, price, order.shown, 1)),
                }
            }
        }
        levels
    }

    pub(crate) fn top(&self, instrument: InstrumentId) -> (Top, Top) {
        let levels = self.levels(instrument);
        let best = |side| levels.iter().find(|l| l.0 == side).map(|level| (level.1, level.2));
        (best(Side::Buy), best(Side::Sell))
    }

    /// After the reports of the command or of one fired deadline: what changed in each book.
    pub(crate) fn print_market_data(&mut self) {
        let ids: Vec<InstrumentId> = self.instruments.iter().map(|i| i.id).collect();
        for id in ids {
            self.print_levels(id);
            let phase = self.instrument(id).phase;
            if phase == Phase::Continuous {
                let top = self.top(id);
                if top != self.instrument(id).told_quote {
                    self.instrument_mut(id).told_quote = top;
                    self.emit(quote(id, top));
                }
            }
            if is_call(phase) {
                self.print_indicative(id);
            }
        }
    }

    fn print_levels(&mut self, id: InstrumentId) {
        let now = self.levels(id);
        let before = std::mem::replace(&mut self.instrument_mut(id).told_levels, now.clone());
        let mut prices: Vec<(Side, i64)> =
            before.iter().chain(&now).map(|level| (level.0, level.1)).collect();
        prices
            .sort_by_key(|(side, price)| (*side, if *side == Side::Buy { -price } else { *price }));
        prices.dedup();
        let at = |levels: &[ShownLevel], (side, price)| {
            let found = levels.iter().find(|level| (level.0, level.1) == (side, price));
            found.map_or((0, 0), |level| (level.2, level.3))
        };
        for (side, price) in prices {
            let (qty, orders) = at(&now, (side, price));
            if (qty, orders) != at(&before, (side, price)) {
                self.emit(Level { instrument: id, side, price, qty, orders });
            }
        }
    }

    fn print_indicative(&mut self, instrument: InstrumentId) {
        let now = self.call_result(instrument);
        if now == self.instrument(instrument).told_indicative {
            return;
        }
        self.instrument_mut(instrument).told_indicative = now;
        self.emit(Indicative {
            instrument,
            price: now.map(|n| n.0),
            qty: now.map_or(0, |n| n.1),
            surplus: now.map(|n| n.2),
        });
    }

    /// Reports what happened to an order as it stands now.
    pub(crate) fn report(&mut self, order: &Order, exec_type: ExecType, reason: Option<Reason>) {
        let report = ExecutionReport { reason, ..plain_report(order, exec_type) };
        self.emit(report);
    }

    /// Ends an open order: nothing of it is left.
    pub(crate) fn end(&mut self, id: OrderId, exec_type: ExecType, reason: Option<Reason>) {
        let order = self.remove(id);
        let ord_status = match exec_type {
            ExecType::Expired => OrdStatus::Expired,
            _ => OrdStatus::Canceled,
        };
        self.emit(ExecutionReport {
            ord_status,
            leaves_qty: 0,
            reason,
            ..plain_report(&order, exec_type)
        });
    }

    pub(crate) fn cancel(&mut self, id: OrderId, reason: Reason) {
        self.end(id, ExecType::Canceled, Some(reason));
    }
}

/// A report with the fields every report of an order has.
pub(crate) fn plain_report(order: &Order, exec_type: ExecType) -> ExecutionReport {
    ExecutionReport {
        account: order.account,
        instrument: order.instrument,
        order_id: Some(order.id),
        cl_ord_id: order.cl_ord_id,
        exec_type,
        ord_status: order.status(),
        side: order.side,
        price: order.price,
        order_qty: order.qty,
        leaves_qty: order.leaves(),
        cum_qty: order.cum,
        last_px: None,
        last_qty: None,
        trade_id: None,
        liquidity: None,
        fee: None,
        reason: None,
        ord_type: None,
        tif: None,
        stop_px: None,
        display_qty: None,
    }
}

pub(crate) fn quote(instrument: InstrumentId, top: (Top, Top)) -> Quote {
    Quote {
        instrument,
        bid: top.0.map(|bid| bid.0),
        bid_qty: top.0.map(|bid| bid.1),
        ask: top.1.map(|ask| ask.0),
        ask_qty: top.1.map(|ask| ask.1),
    }
}
