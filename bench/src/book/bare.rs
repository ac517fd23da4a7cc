//! The production book and matching without ledger, sessions and lines derived from the book: a
//! host that takes every report and nothing else. Messages name orders by dense ids, which the host
//! turns into slots itself, as other bare books are driven.

use super::messages::{Ask, Fills, Messages};
use ringpit_core::book::{Book, Books, Fill, Host, Order, Replacement};
use ringpit_core::command::NewOrder;
use ringpit_core::event::Trade;
use ringpit_core::{ClOrdId, Command, ExecType, Reason};
use std::hint::black_box;

/// A message's order is in no slot.
const GONE: u32 = u32::MAX;

/// What the books are asked for, as it is kept.
enum Call {
    Order(NewOrder),
    Cancel(u64),
    Replace(u64, Replacement),
}

struct Desk<'a> {
    fills: &'a mut Fills,
    /// The slot of each message's order.
    slots: &'a mut [u32],
}

impl Host for Desk<'_> {
    const DIRECTORY: bool = false;
    const LINES: bool = false;

    fn now_ns(&self) -> u64 {
        0
    }

    fn same_owner(&self, a: u32, b: u32) -> bool {
        a == b
    }

    #[inline]
    fn report(&mut self, _: &Book, order: &Order, exec_type: ExecType, reason: Option<Reason>) {
        black_box((order, exec_type, reason));
        if matches!(exec_type, ExecType::Canceled | ExecType::Expired) {
            self.slots[order.cl_ord_id.0 as usize] = GONE;
        }
    }

    #[inline]
    fn fill(&mut self, _: &Book, order: &Order, fill: &Fill) {
        black_box((order, fill));
        if order.leaves == 0 {
            self.slots[order.cl_ord_id.0 as usize] = GONE;
        }
    }

    #[inline]
    fn trade(&mut self, trade: Trade) {
        self.fills.add(black_box(trade).qty);
    }

    #[inline]
    fn placed(&mut self, order: &Order, slot: u32) {
        self.slots[order.cl_ord_id.0 as usize] = slot;
    }
}

/// A book and the calls that a flow makes of it.
pub(super) struct Prepared {
    calls: Vec<Call>,
    books: Books,
    party: u32,
    book: u32,
    /// The slot of each message's order.
    slots: Vec<u32>,
}

impl Prepared {
    pub(super) fn new(flow: &Messages) -> Self {
        let rules = flow.setup.iter().find_map(|input| match input.command {
            Command::CreateInstrument(rules) => Some(rules),
            _ => None,
        });
        let Some(rules) = rules else { unreachable!("the flow's setup opens its book") };
        let mut books = Books::new();
        let (book, party) = (books.open(&rules, 0, 1), books.add_party(0, 0));
        let calls = calls(flow);
        let slots = vec![GONE; calls.len()];
        Self { calls, books, party, book, slots }
    }

    /// Makes all calls; counts what they trade.
    pub(super) fn trade(&mut self, fills: &mut Fills) {
        let Self { calls, books, party, book, slots } = self;
        let (party, book) = (*party, *book);
        let mut desk = Desk { fills, slots };
        for call in calls.iter() {
            match black_box(call) {
                Call::Order(order) => {
                    let taken = books.new_order(&mut desk, party, book, order);
                    assert!(taken.is_ok(), "the engine took it too");
                }
                Call::Cancel(id) => {
                    let slot = desk.slots[*id as usize];
                    if slot != GONE {
                        books.cancel(&mut desk, slot);
                    }
                }
                Call::Replace(id, by) => {
                    let slot = desk.slots[*id as usize];
                    let replaced = (slot != GONE).then(|| books.replace(&mut desk, slot, by));
                    assert!(replaced.is_none_or(|replaced| replaced.is_ok()), "nor refused there");
                }
            }
        }
    }
}

fn calls(flow: &Messages) -> Vec<Call> {
    let call = |(message, kept): (&super::messages::Message, &super::messages::Kept)| {
        let id = message.id;
        match (message.ask, kept.order()) {
            (Ask::Order { .. }, Some(order)) => {
                Call::Order(NewOrder { cl_ord_id: ClOrdId(id), ..order })
            }
            (Ask::Reduce { total, .. }, _) => {
                let cl_ord_id = ClOrdId(id);
                Call::Replace(id, Replacement { cl_ord_id, qty: total, price: None })
            }
            _ => Call::Cancel(id),
        }
    };
    flow.messages.iter().zip(&flow.kept).map(call).collect()
}
