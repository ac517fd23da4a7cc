//! What a client of the demo was told, and what it wants to do about it.

use super::cast::{Act, Market};
use super::stage::Stage;
use ringpit_client::{Arrived, Delivery, SessionState};
use ringpit_core::event::{BidReport, ExecutionReport, Reservation};
use ringpit_core::{
    AccountId, BidState, Event, ExecType, OrderId, ProductId, Reason, ReservationId,
    ReservationState, Side, TradeId,
};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::Ordering;

/// One side of a trade as its owner was told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fill {
    /// Which side.
    pub side: Side,
    /// Ticks.
    pub price: Option<i64>,
    /// Lots.
    pub qty: Option<u64>,
}

/// When a request was meant to be sent and when its answer came, nanoseconds after the bell.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Its cue.
    pub meant_ns: u64,
    /// Its answer.
    pub answered_ns: u64,
}

/// A request that waits for its answer.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// When it was meant to be sent.
    pub meant_ns: u64,
    /// What it is.
    pub act: Act,
}

/// A hold and what became of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hold {
    /// Of what.
    pub product: ProductId,
    /// Units.
    pub qty: u64,
    /// Where it stands.
    pub state: ReservationState,
}

/// A hold begins: what its shopper wants to do with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wish {
    /// Pay.
    Pay,
    /// Give it back.
    Void,
    /// Forget it.
    Nothing,
}

impl Wish {
    /// Half pay, a quarter gives back, a quarter forgets.
    pub const fn about(hold: ReservationId) -> Self {
        match hold.0 % 4 {
            0 => Self::Void,
            1 => Self::Nothing,
            _ => Self::Pay,
        }
    }
}

/// Everything a client was told.
#[derive(Default)]
pub struct Told {
    /// Each numbered event's frame, in order.
    pub frames: Vec<Box<[u8]>>,
    /// Own orders that are open, and their open quantity.
    pub open: BTreeMap<OrderId, u64>,
    /// What the server answers when asked for its open orders at the end.
    pub listed: BTreeMap<OrderId, u64>,
    /// Its sides of trades.
    pub fills: Vec<(TradeId, Fill)>,
    /// Holds of its shoppers.
    pub holds: HashMap<ReservationId, Hold>,
    /// Who won, and at what price.
    pub won: Vec<(AccountId, Option<i64>)>,
    /// One for each answered request.
    pub samples: Vec<Sample>,
    /// Requests sent.
    pub sent: u64,
    /// Requests that were refused before the engine saw them.
    pub refused: u64,
    /// Requests without an answer.
    pub passed: u64,
    /// Orders, holds and purchases that were begun or done.
    pub accepted: u64,
    /// Of them, those whose message had been answered so before.
    pub repeated: u64,
    /// When it was live again after each loss of the connection, nanoseconds after the bell.
    pub back_ns: Vec<u64>,
    /// How many reports it had when it first lost the connection.
    pub frames_at_loss: Option<usize>,
    /// Where its session stands.
    pub state: SessionState,
    /// What waits, by its number.
    pub waiting: HashMap<u64, Waiting>,
    /// What the server was too busy for: to be sent again.
    pub again: Vec<Waiting>,
    /// Holds that begin: what is to be done about them.
    pub wishes: Vec<(Wish, ReservationId)>,
    entered: HashSet<u64>,
    was_live: bool,
}

impl Told {
    /// Takes what a session hands over.
    pub fn take(&mut self, delivery: &Delivery<'_>, market: Market, stage: &Stage) {
        match *delivery {
            Delivery::Event(arrived) if arrived.number != 0 => self.event(&arrived, market, stage),
            Delivery::Event(arrived) => {
                if let Event::ExecutionReport(report) = arrived.event
                    && let Some(order) = report.order_id
                {
                    self.listed.insert(order, report.leaves_qty);
                }
            }
            Delivery::Established => {
                stage.live.fetch_add(1, Ordering::Relaxed);
                if core::mem::replace(&mut self.was_live, true) {
                    self.back_ns.push(stage.now_ns());
                }
            }
            Delivery::Disconnected => {
                stage.live.fetch_sub(1, Ordering::Relaxed);
                self.frames_at_loss.get_or_insert(self.frames.len());
                self.listed.clear();
            }
            Delivery::Refused(refusal) => {
                let Some(waiting) = self.waiting.remove(&refusal.number) else { return };
                match refusal.reason {
                    Reason::Busy => self.again.push(waiting),
                    _ => self.refused += 1,
                }
            }
            Delivery::Passed { number } => {
                self.passed += u64::from(self.waiting.remove(&number).is_some());
            }
            Delivery::Renumbered { from, to } => {
                if let Some(waiting) = self.waiting.remove(&from) {
                    self.waiting.insert(to, waiting);
                }
            }
            _ => {}
        }
    }

    fn event(&mut self, arrived: &Arrived<'_>, market: Market, stage: &Stage) {
        self.frames.push(arrived.frame.into());
        let answered = arrived.ref_seq_no.and_then(|number| self.waiting.remove(&number));
        if let Some(waiting) = answered {
            let sample = Sample { meant_ns: waiting.meant_ns, answered_ns: stage.now_ns() };
            self.samples.push(sample);
        }
        match arrived.event {
            Event::ExecutionReport(report) => self.report(report, arrived.ref_seq_no, stage),
            // The payments session hears of them, too; they are the shoppers' own.
            Event::Reservation(it) if market == Market::Sale => {
                self.reservation(it, arrived.ref_seq_no, stage);
            }
            Event::BidReport(bid) => self.bid(bid, stage),
            _ => {}
        }
        // Last: whoever sees all requests answered sees what the answers brought.
        if answered.is_some() {
            stage.answered.fetch_add(1, Ordering::Release);
        }
    }

    /// Something was begun by a message; it must be the only one.
    fn begun(&mut self, cause: Option<u64>) {
        self.accepted += 1;
        self.repeated += u64::from(!cause.is_some_and(|number| self.entered.insert(number)));
    }

    fn report(&mut self, report: &ExecutionReport, cause: Option<u64>, stage: &Stage) {
        if report.exec_type == ExecType::New {
            self.begun(cause);
        }
        if let Some(trade) = report.trade_id {
            let fill = Fill { side: report.side, price: report.last_px, qty: report.last_qty };
            self.fills.push((trade, fill));
            stage.fills.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(order) = report.order_id {
            match report.leaves_qty {
                0 => self.open.remove(&order),
                leaves => self.open.insert(order, leaves),
            };
        }
    }

    fn reservation(&mut self, it: &Reservation, cause: Option<u64>, stage: &Stage) {
        let (Some(id), Some(product), Some(qty)) = (it.reservation, it.product, it.qty) else {
            return;
        };
        let hold = Hold { product, qty, state: it.state };
        let was = self.holds.insert(id, hold);
        match (was, it.state) {
            (None, ReservationState::Held) => {
                self.begun(cause);
                self.wishes.push((Wish::about(id), id));
                stage.held.fetch_add(1, Ordering::Relaxed);
            }
            // Whose end is told without its beginning is another's: payments does not own it.
            (None, _) => {
                self.holds.remove(&id);
                self.begun(cause);
            }
            (Some(_), state) => {
                if state == ReservationState::Confirmed {
                    stage.sold.fetch_add(qty, Ordering::Relaxed);
                }
                stage.held.fetch_sub(1, Ordering::Release);
            }
        }
    }

    fn bid(&mut self, bid: &BidReport, stage: &Stage) {
        match (bid.state, bid.price) {
            (BidState::Leading, Some(price)) => {
                stage.price.fetch_max(price, Ordering::Relaxed);
            }
            (BidState::Won, price) => {
                self.won.push((bid.account, price));
                stage.is_knocked_down.store(true, Ordering::Release);
            }
            _ => {}
        }
    }
}
