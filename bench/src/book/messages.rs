//! A flow of orders for one book in the form that any book understands: dense ids, quantities that
//! are left, no accounts. What trades is found out by the engine once, so that whoever takes the
//! same messages can be held against it.

use crate::error::BenchError;
use ringpit_core::command::{CancelOrder, NewOrder, ReplaceOrder};
use ringpit_core::{
    AccountId, ClOrdId, Command, Emitted, Engine, Event, ExecType, Input, OrdType, Side, Sink,
    TimeInForce,
};
use std::collections::HashMap;
use std::fmt::Write as _;

/// What a message asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ask {
    /// A limit order.
    Order {
        /// Buy or sell.
        side: Side,
        /// Ticks.
        price: i64,
        /// Lots.
        qty: u64,
        /// Whether what does not trade at once stays in the book.
        rests: bool,
    },
    /// Takes an order out of the book.
    Cancel,
    /// Lowers what is left of an order, which keeps its place.
    Reduce {
        /// Lots that are left.
        leaves: u64,
        /// Lots in total, with what has traded.
        total: u64,
    },
}

/// A message of the flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message {
    /// The order: the index of the message that entered it.
    pub id: u64,
    /// What is asked for.
    pub ask: Ask,
}

/// What was traded.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Fills {
    /// Trades.
    pub trades: u64,
    /// Lots.
    pub volume: u64,
}

/// A command of the flow as it is kept: the engine's own is 2 KB long, whatever it says.
#[derive(Clone, Copy, Debug)]
pub enum Kept {
    /// A new order.
    New(NewOrder),
    /// A cancel.
    Cancel(CancelOrder),
    /// A replace.
    Replace(ReplaceOrder),
}

impl Kept {
    /// The new order that it is.
    #[must_use]
    pub fn order(&self) -> Option<NewOrder> {
        if let Self::New(order) = self { Some(*order) } else { None }
    }

    /// Makes it the input's command.
    #[inline]
    pub fn put(&self, input: &mut Input) {
        input.command = match *self {
            Self::New(command) => Command::NewOrder(command),
            Self::Cancel(command) => Command::CancelOrder(command),
            Self::Replace(command) => Command::ReplaceOrder(command),
        };
    }
}

/// A flow of orders for one book.
#[derive(Clone, Debug)]
pub struct Messages {
    /// What comes before it: assets, accounts, the book.
    pub setup: Vec<Input>,
    /// Its commands.
    pub kept: Vec<Kept>,
    /// The same for any book.
    pub messages: Vec<Message>,
    /// What they trade.
    pub fills: Fills,
}

/// Counts what is traded, and remembers what is left of the last order that was reported.
#[derive(Clone, Copy, Default, Debug)]
struct Seen {
    fills: Fills,
    last: Option<(ExecType, u64)>,
}

impl Sink for Seen {
    fn emit(&mut self, emitted: &Emitted<'_>) {
        match emitted.event {
            Event::Trade(trade) => self.fills.add(trade.qty),
            Event::ExecutionReport(report) => {
                self.last = Some((report.exec_type, report.leaves_qty));
            }
            _ => (),
        }
    }
}

impl Fills {
    /// Counts a trade.
    #[inline]
    pub fn add(&mut self, qty: u64) {
        self.trades += 1;
        self.volume += qty;
    }
}

impl Messages {
    /// Of an engine's inputs: whatever comes before the first order is the setup, the rest must be
    /// plain limit orders, cancels by the client's id and replaces that lower a quantity.
    ///
    /// # Errors
    /// [`BenchError::Flow`] with the number of the first input that is something else.
    pub fn of(inputs: &[Input]) -> Result<Self, BenchError> {
        let is_order = |input: &Input| matches!(input.command, Command::NewOrder(_));
        let setup = inputs.iter().position(is_order).unwrap_or(inputs.len());
        let mut engine = Engine::new();
        let mut seen = Seen::default();
        for (input, seq) in inputs[..setup].iter().zip(1..) {
            engine.apply(seq, seq, input, &mut seen);
        }
        let mut flow = Self {
            setup: inputs[..setup].to_vec(),
            kept: Vec::new(),
            messages: Vec::new(),
            fills: Fills::default(),
        };
        let mut ids: HashMap<(AccountId, ClOrdId), u64> = HashMap::new();
        for (input, number) in inputs[setup..].iter().zip(setup + 1..) {
            seen.last = None;
            engine.apply(number as u64, number as u64, input, &mut seen);
            let next = flow.messages.len() as u64;
            let message = read(&input.command, next, &mut ids, seen.last);
            let (kept, message) = message.ok_or(BenchError::Flow(number))?;
            flow.kept.push(kept);
            flow.messages.push(message);
        }
        flow.fills = seen.fills;
        Ok(flow)
    }

    /// As text for a peer that is a program of its own: a line a message, `A id B|S price qty` an
    /// order that rests, `I` the same for one that does not, `C id` a cancel, `R id leaves`.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for Message { id, ask } in &self.messages {
            // Writing to memory does not fail.
            let _ = match *ask {
                Ask::Order { side, price, qty, rests } => {
                    let kind = if rests { 'A' } else { 'I' };
                    let side = if side == Side::Buy { 'B' } else { 'S' };
                    writeln!(text, "{kind} {id} {side} {price} {qty}")
                }
                Ask::Cancel => writeln!(text, "C {id}"),
                Ask::Reduce { leaves, .. } => writeln!(text, "R {id} {leaves}"),
            };
        }
        text
    }
}

/// The message with the index `next` that a command is, given the last report about it.
fn read(
    command: &Command,
    next: u64,
    ids: &mut HashMap<(AccountId, ClOrdId), u64>,
    last: Option<(ExecType, u64)>,
) -> Option<(Kept, Message)> {
    match *command {
        Command::NewOrder(order) => {
            let NewOrder { account, cl_ord_id, side, ord_type, qty, price, tif, .. } = order;
            let is_plain = ord_type == OrdType::Limit
                && order.display_qty.or(order.min_qty).is_none()
                && !order.post_only
                && matches!(tif, TimeInForce::Day | TimeInForce::Gtc | TimeInForce::Ioc);
            let (price, rests) = (price.filter(|_| is_plain)?, tif != TimeInForce::Ioc);
            if rests {
                ids.insert((account, cl_ord_id), next);
            }
            let ask = Ask::Order { side, price, qty, rests };
            Some((Kept::New(order), Message { id: next, ask }))
        }
        Command::CancelOrder(cancel) => {
            let id = *ids.get(&(cancel.account, cancel.orig_cl_ord_id?))?;
            Some((Kept::Cancel(cancel), Message { id, ask: Ask::Cancel }))
        }
        Command::ReplaceOrder(replace) => {
            let id = *ids.get(&(replace.account, replace.orig_cl_ord_id?))?;
            ids.insert((replace.account, replace.cl_ord_id), id);
            if replace.price.is_some() {
                return None;
            }
            let ask = match last {
                Some((ExecType::Replaced, leaves)) if leaves > 0 => {
                    Ask::Reduce { leaves, total: replace.qty }
                }
                // Nothing was left to be lowered, or no such order: both end where a cancel does.
                _ => Ask::Cancel,
            };
            Some((Kept::Replace(replace), Message { id, ask }))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Flow, setup};

    fn inputs(count: usize) -> Vec<Input> {
        setup().into_iter().chain(Flow::new(3).take(count)).map(Input::venue).collect()
    }

    #[test]
    fn a_flow_becomes_messages_for_any_book() {
        let flow = Messages::of(&inputs(5_000)).unwrap();
        assert_eq!((flow.setup.len(), flow.messages.len(), flow.kept.len()), (5, 5_000, 5_000));
        assert!(flow.fills.trades > 100 && flow.fills.volume > flow.fills.trades);
        let reduces = flow.messages.iter().filter(|m| matches!(m.ask, Ask::Reduce { .. }));
        assert!(reduces.count() > 10);
        let text = flow.to_text();
        assert_eq!(text.lines().count(), 5_000);
        let Message { id, ask: Ask::Order { side, price, qty, .. } } = flow.messages[0] else {
            panic!("the first message is an order")
        };
        let side = if side == Side::Buy { 'B' } else { 'S' };
        assert_eq!(text.lines().next().unwrap(), format!("A {id} {side} {price} {qty}"));
    }

    #[test]
    fn what_is_no_plain_flow_is_named() {
        let mut inputs = inputs(10);
        inputs.push(Input::venue(Command::Tick));
        assert!(matches!(Messages::of(&inputs), Err(BenchError::Flow(16))));
    }
}
