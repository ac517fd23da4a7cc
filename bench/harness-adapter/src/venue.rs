//! The venue that the harness talks to: one instrument without risk checks, one party, and the
//! benchmark's messages said in Ringpit's words.

use crate::abi::{Cancel, Kind, Modify, NewOrder};
use crate::names::{NONE, Names};
use crate::reports::{Reports, Told, Traded};
use ringpit_core::book::{Book, Books, Fill, Host, Order, Replacement};
use ringpit_core::command::{self, CreateInstrument, Text};
use ringpit_core::event::Trade;
use ringpit_core::{
    AccountId, AssetId, ClOrdId, ExecType, InstrumentId, Liquidity, Reason, Side, TimeInForce,
};

/// One open book.
#[derive(Debug)]
pub struct Venue {
    books: Books,
    book: u32,
    party: u32,
    names: Names,
}

impl Venue {
    /// A venue with an empty book.
    pub fn new() -> Self {
        let rules = CreateInstrument::plain(
            InstrumentId(1),
            Text::new("BENCH").unwrap_or_default(),
            AssetId(1),
            AssetId(2),
        );
        let mut books = Books::new();
        let book = books.open(&rules, 0, 0);
        let party = books.add_party(0, 0);
        Self { books, book, party, names: Names::new() }
    }

    /// A new order: an acknowledgement, its fills, and what of an immediate one was cancelled.
    /// The benchmark knows no refusal of a new order, so a refused one is answered by silence.
    #[inline]
    pub fn new_order(&mut self, order: &NewOrder, out: &mut impl Reports) {
        if self.names.get(order.order_id) == NONE {
            let command = command::NewOrder {
                tif: if order.ioc == 0 { TimeInForce::Gtc } else { TimeInForce::Ioc },
                ..command::NewOrder::limit(
                    AccountId(1),
                    InstrumentId(1),
                    ClOrdId(order.order_id),
                    if order.side == 0 { Side::Buy } else { Side::Sell },
                    u64::from(order.quantity),
                    order.price_ticks,
                )
            };
            let mut desk = Desk {
                names: &mut self.names,
                sequence_number: order.sequence_number,
                taker: order.order_id,
                out,
            };
            // Silence is all that there is to say about a refusal.
            let _ = self.books.new_order(&mut desk, self.party, self.book, &command);
        }
        out.done();
    }

    /// A cancel.
    #[inline]
    pub fn cancel(&mut self, cancel: &Cancel, out: &mut impl Reports) {
        let Cancel { order_id, sequence_number } = *cancel;
        match self.names.get(order_id) {
            NONE => out.answer(Kind::CancelReject, sequence_number, &Told::unknown(order_id)),
            slot => {
                let names = &mut self.names;
                let mut desk = Desk { names, sequence_number, taker: order_id, out };
                self.books.cancel(&mut desk, slot);
            }
        }
        out.done();
    }

    /// A modify, which the benchmark defines as cancel and enter again, whatever changes.
    #[inline]
    pub fn modify(&mut self, modify: &Modify, out: &mut impl Reports) {
        let Modify { order_id, sequence_number, new_price_ticks, .. } = *modify;
        let replaced = match self.names.get(order_id) {
            NONE => Err(Reason::UnknownOrder),
            slot => {
                let by = Replacement {
                    cl_ord_id: ClOrdId(order_id),
                    qty: self.books.order(slot).cum() + u64::from(modify.new_quantity),
                    price: Some(new_price_ticks),
                };
                let names = &mut self.names;
                let mut desk = Desk { names, sequence_number, taker: order_id, out };
                self.books.replace(&mut desk, slot, &by)
            }
        };
        if replaced.is_err() {
            out.answer(Kind::ModifyReject, sequence_number, &Told::unknown(order_id));
        }
        out.done();
    }

    /// The best price of a side.
    pub fn best(&self, side: Side) -> Option<i64> {
        self.books.book(self.book).best(side)
    }

    /// Lots that rest at a price.
    pub fn lots_at(&self, side: Side, price: i64) -> u64 {
        self.books.shown_at(self.book, side, price)
    }
}

/// One message at work: the books' host.
struct Desk<'a, R> {
    names: &'a mut Names,
    sequence_number: u64,
    /// The client's name of the order that the message is about.
    taker: u64,
    out: &'a mut R,
}

impl<R: Reports> Host for Desk<'_, R> {
    const DIRECTORY: bool = false;
    const LINES: bool = false;

    fn now_ns(&self) -> u64 {
        0
    }

    fn same_owner(&self, a: u32, b: u32) -> bool {
        a == b
    }

    #[inline]
    fn report(&mut self, _: &Book, order: &Order, exec_type: ExecType, _: Option<Reason>) {
        let kind = match exec_type {
            ExecType::New => Kind::OrderAck,
            ExecType::Replaced => Kind::ModifyAck,
            _ => {
                self.names.set(order.cl_ord_id.0, NONE);
                Kind::CancelAck
            }
        };
        // Nothing but the message's own order is ever answered for.
        let told = Told {
            order_id: self.taker,
            side: u8::from(order.side == Side::Sell),
            price_ticks: order.price,
            // No more than the message's own quantity.
            quantity: order.leaves as u32,
        };
        self.out.answer(kind, self.sequence_number, &told);
    }

    #[inline]
    fn fill(&mut self, _: &Book, order: &Order, fill: &Fill) {
        if order.leaves == 0 {
            self.names.set(order.cl_ord_id.0, NONE);
        }
        if fill.liquidity == Liquidity::Added {
            let traded = Traded {
                maker: order.cl_ord_id.0,
                taker: self.taker,
                price_ticks: fill.price,
                quantity: fill.qty as u32,
            };
            self.out.trade(self.sequence_number, &traded);
        }
    }

    #[inline]
    fn trade(&mut self, _: Trade) {}

    #[inline]
    fn placed(&mut self, order: &Order, slot: u32) {
        self.names.set(order.cl_ord_id.0, slot);
    }
}

impl Told {
    /// What can be told of a name under which nothing rests.
    pub fn unknown(order_id: u64) -> Self {
        Self { order_id, side: 0, price_ticks: 0, quantity: 0 }
    }
}
