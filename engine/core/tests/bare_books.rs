//! Proves that books run by a host without accounts, sessions and directory do what the engine's
//! books do: the same refusals, the same reports in the same order, the same depth at the end.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use ringpit_core::book::{Book, Books, Fill, Host, Order, Replacement};
use ringpit_core::command::{
    CancelOrder, Command, CreateAsset, CreateInstrument, NewOrder, OpenAccount, ReplaceOrder, Text,
};
use ringpit_core::event::Trade;
use ringpit_core::*;
use std::collections::HashMap;

#[path = "support/random.rs"]
#[allow(dead_code, clippy::expect_used, reason = "each test file uses its part")]
mod random;
use random::Random;

/// What a report says, whoever it came from.
type Line = (ClOrdId, ExecType, u64, u64, Option<(i64, u64, TradeId)>, Option<Reason>);

const ACCOUNTS: u64 = 3;
const BOOK: InstrumentId = InstrumentId(1);

/// A host that only writes down, and keeps slots by name.
#[derive(Default)]
struct Scribe {
    lines: Vec<Line>,
    slots: HashMap<ClOrdId, u32>,
    trades: u64,
}

impl Host for Scribe {
    const DIRECTORY: bool = false;
    const LINES: bool = false;

    fn now_ns(&self) -> u64 {
        0
    }

    fn same_owner(&self, a: u32, b: u32) -> bool {
        a == b
    }

    fn report(&mut self, _: &Book, order: &Order, exec_type: ExecType, reason: Option<Reason>) {
        let ended = matches!(exec_type, ExecType::Canceled | ExecType::Expired);
        if ended {
            self.slots.remove(&order.cl_ord_id);
        }
        let leaves = if ended { 0 } else { order.leaves };
        self.lines.push((order.cl_ord_id, exec_type, leaves, order.cum(), None, reason));
    }

    fn fill(&mut self, _: &Book, order: &Order, fill: &Fill) {
        assert_eq!(fill.fee, None, "no fee with risk off");
        if order.leaves == 0 {
            self.slots.remove(&order.cl_ord_id);
        }
        let last = Some((fill.price, fill.qty, fill.trade_id));
        let (leaves, cum) = (order.leaves, order.cum());
        self.lines.push((order.cl_ord_id, ExecType::Trade, leaves, cum, last, None));
    }

    fn trade(&mut self, trade: Trade) {
        self.trades += 1;
        assert_eq!(trade.trade_id.0, self.trades);
    }

    fn placed(&mut self, order: &Order, slot: u32) {
        self.slots.insert(order.cl_ord_id, slot);
    }
}

fn rules() -> CreateInstrument {
    CreateInstrument::plain(BOOK, Text::new("BOOK").unwrap(), AssetId(1), AssetId(2))
}

fn order(random: &mut Random, name: u64) -> NewOrder {
    let ord_type = random.pick(&[OrdType::Limit, OrdType::Limit, OrdType::Limit, OrdType::Market]);
    let can_rest = ord_type == OrdType::Limit;
    let tif =
        random.pick(&[TimeInForce::Day, TimeInForce::Gtc, TimeInForce::Ioc, TimeInForce::Fok]);
    let is_stop = can_rest && random.chance(5);
    let qty = 1 + random.below(40);
    NewOrder {
        account: AccountId(1 + random.below(ACCOUNTS)),
        instrument: BOOK,
        cl_ord_id: ClOrdId(name),
        side: random.pick(&[Side::Buy, Side::Sell]),
        ord_type: if is_stop { OrdType::StopLimit } else { ord_type },
        qty: if random.chance(2) { qty << 33 } else { qty },
        price: can_rest.then(|| random.within(80, 120)),
        stop_px: is_stop.then(|| random.within(80, 120)),
        tif: if is_stop { TimeInForce::Day } else { tif },
        expire_at: None,
        display_qty: random.maybe(10, |random| 1 + random.below(10)),
        post_only: random.chance(10),
        min_qty: random.maybe(5, |random| 1 + random.below(20)),
        stp: random.pick(Stp::ALL),
    }
}

struct Both {
    engine: Engine,
    books: Books,
    scribe: Scribe,
    parties: Vec<u32>,
}

impl Both {
    fn new() -> Self {
        let code = Text::new("X").unwrap();
        let mut both = Self {
            engine: Engine::new(),
            books: Books::new(),
            scribe: Scribe::default(),
            parties: Vec::new(),
        };
        for asset in 1..=2 {
            both.engine(CreateAsset { asset: AssetId(asset), code, decimals: 0 }.into());
        }
        for account in 1..=ACCOUNTS {
            both.engine(OpenAccount { account: AccountId(account), group: None }.into());
            both.parties.push(both.books.add_party(account as u32, 0));
        }
        both.engine(rules().into());
        assert_eq!(both.books.open(&rules(), 0, 1), 0);
        both
    }

    /// What the engine reports of orders, and why it refuses.
    fn engine(&mut self, command: Command) -> (Vec<Line>, Option<Reason>) {
        let (mut lines, mut refused) = (Vec::new(), None);
        let seq = self.engine.seq() + 1;
        self.engine.apply(seq, seq, &Input::venue(command), &mut |emitted: &Emitted<'_>| {
            match emitted.event {
                Event::ExecutionReport(r) if r.exec_type == ExecType::Rejected => {
                    refused = r.reason;
                }
                Event::CancelReject(r) => refused = Some(r.reason),
                Event::ExecutionReport(r) => {
                    let last = r.last_px.map(|px| (px, r.last_qty.unwrap(), r.trade_id.unwrap()));
                    let what = (r.cl_ord_id, r.exec_type, r.leaves_qty, r.cum_qty, last, r.reason);
                    lines.push(what);
                }
                _ => {}
            }
        });
        (lines, refused)
    }

    fn enter(&mut self, c: NewOrder) {
        let expected = self.engine(c.into());
        let party = self.parties[c.account.0 as usize - 1];
        let refused = self.books.new_order(&mut self.scribe, party, 0, &c).err();
        assert_eq!((std::mem::take(&mut self.scribe.lines), refused), expected, "{c:?}");
    }

    fn end(&mut self, account: AccountId, name: ClOrdId) {
        let (order_id, orig_cl_ord_id) = (None, Some(name));
        let cancel = CancelOrder { account, instrument: BOOK, order_id, orig_cl_ord_id };
        let expected = self.engine(cancel.into());
        let refused = match self.scribe.slots.get(&name).copied() {
            Some(slot) => {
                self.books.cancel(&mut self.scribe, slot);
                None
            }
            None => Some(Reason::UnknownOrder),
        };
        assert_eq!((std::mem::take(&mut self.scribe.lines), refused), expected, "{cancel:?}");
    }

    fn replace(&mut self, account: AccountId, by: Replacement) {
        let replace = ReplaceOrder {
            account,
            instrument: BOOK,
            order_id: None,
            orig_cl_ord_id: Some(by.cl_ord_id),
            cl_ord_id: by.cl_ord_id,
            qty: by.qty,
            price: by.price,
        };
        let expected = self.engine(replace.into());
        let refused = match self.scribe.slots.get(&by.cl_ord_id).copied() {
            Some(slot) => self.books.replace(&mut self.scribe, slot, &by).err(),
            None => Some(Reason::UnknownOrder),
        };
        assert_eq!((std::mem::take(&mut self.scribe.lines), refused), expected, "{replace:?}");
    }
}

#[test]
fn a_host_without_accounts_gets_what_the_engine_reports() {
    for seed in 0..20 {
        let mut random = Random::new(seed);
        let mut both = Both::new();
        let mut sent: Vec<(AccountId, ClOrdId)> = Vec::new();
        for name in 1..1_500 {
            match random.below(10) {
                0..6 => {
                    let c = order(&mut random, name);
                    sent.push((c.account, c.cl_ord_id));
                    both.enter(c);
                }
                kind if !sent.is_empty() => {
                    let (account, cl_ord_id) = random.pick(&sent);
                    if kind < 8 {
                        both.end(account, cl_ord_id);
                    } else {
                        let qty = random.below(50);
                        let price = random.maybe(50, |random| random.within(80, 120));
                        both.replace(account, Replacement { cl_ord_id, qty, price });
                    }
                }
                _ => {}
            }
        }
        assert!(both.scribe.trades > 100, "{} trades", both.scribe.trades);
        assert_eq!(both.books.open_orders(), both.scribe.slots.len());
        both.engine.audit().unwrap();
    }
}
