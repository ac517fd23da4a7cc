//! A small venue for worked examples: two funded accounts, one instrument, events as short lines.
#![allow(
    dead_code,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "each test file uses its part, and a test stops where it is wrong"
)]

use ringpit_core::command::*;
use ringpit_core::event::Event;
use ringpit_core::*;
use ringpit_model::Model;

/// The base asset.
pub const BASE: AssetId = AssetId(1);
/// The quote asset.
pub const QUOTE: AssetId = AssetId(2);
/// The instrument.
pub const I: InstrumentId = InstrumentId(1);

/// A model and where it stands.
pub struct Venue {
    pub model: Model,
    pub seq: u64,
    pub at: u64,
}

impl Venue {
    /// Accounts 1 to 3 with a million of each asset, and one instrument without fees and limits.
    pub fn with_instrument(change: impl FnOnce(&mut CreateInstrument)) -> Self {
        let mut venue = Self { model: Model::new(), seq: 0, at: 0 };
        for asset in [BASE, QUOTE] {
            venue.step(CreateAsset { asset, code: Code::new("A").unwrap(), decimals: 0 });
        }
        for account in (1..=3).map(AccountId) {
            venue.step(OpenAccount { account, group: None });
            for asset in [BASE, QUOTE] {
                venue.step(Deposit { account, asset, amount: 1_000_000, request_id: None });
            }
        }
        let mut instrument = CreateInstrument {
            risk: Risk::Cash,
            ..CreateInstrument::plain(I, Code::new("I").unwrap(), BASE, QUOTE)
        };
        change(&mut instrument);
        if instrument.phase == Some(Phase::OpeningCall) {
            // Market buys may wait only where nothing is held.
            instrument.risk = Risk::Off;
        }
        venue.step(instrument);
        venue
    }

    /// One command at the present time.
    pub fn step(&mut self, command: impl Into<Command>) -> Vec<Event> {
        self.seq += 1;
        let events = self.model.apply(self.seq, self.at, &Input::venue(command));
        events.into_iter().map(|(_, event)| event).collect()
    }

    /// One command, its events as short lines.
    pub fn lines(&mut self, command: impl Into<Command>) -> Vec<String> {
        self.step(command).iter().map(line).collect()
    }

    /// Available and held.
    pub fn balance(&self, account: u64, asset: AssetId) -> (i64, i64) {
        self.model.balance(AccountId(account), asset)
    }
}

/// A limit `day` order.
pub fn limit(account: u64, cl_ord_id: u64, side: Side, qty: u64, price: i64) -> NewOrder {
    NewOrder::limit(AccountId(account), I, ClOrdId(cl_ord_id), side, qty, price)
}

fn line(event: &Event) -> String {
    match event {
        Event::ExecutionReport(r) => {
            let id = r.order_id.map_or("-".into(), |id| id.to_string());
            let reason = r.reason.map_or(String::new(), |reason| format!(" {}", reason.word()));
            let fee = r.fee.map_or(String::new(), |fee| format!(" fee {fee}"));
            let leaves = match r.exec_type {
                ExecType::Canceled | ExecType::Expired | ExecType::Rejected => String::new(),
                _ => format!(" leaves {}", r.leaves_qty),
            };
            format!("{} {id}{leaves}{fee}{reason}", r.exec_type.word())
        }
        Event::Trade(t) => {
            format!("trade {} {}@{} {}", t.trade_id, t.qty, t.price, t.aggressor.word())
        }
        Event::Level(l) => format!("level {} {} {}/{}", l.side.word(), l.price, l.qty, l.orders),
        Event::Quote(q) => {
            let side = |price: Option<i64>, qty: Option<u64>| match (price, qty) {
                (Some(price), Some(qty)) => format!("{qty}@{price}"),
                _ => "-".into(),
            };
            format!("quote {} {}", side(q.bid, q.bid_qty), side(q.ask, q.ask_qty))
        }
        Event::Indicative(i) => {
            let number = |n: Option<i64>| n.map_or("-".into(), |n| n.to_string());
            format!("indicative {} {} {}", number(i.price), i.qty, number(i.surplus))
        }
        Event::PhaseChange(p) => format!("phase {}", p.phase.word()),
        Event::Accepted(_) => "accepted".into(),
        Event::CancelReject(r) => format!("cancel_reject {}", r.reason.word()),
        Event::Rejected(r) => {
            format!("rejected {} {}", r.reason.word(), r.field.map_or("-", |field| field.word()))
        }
        other => shop_line(other),
    }
}

fn shop_line(event: &Event) -> String {
    match event {
        Event::BidReport(r) => {
            let id = r.bid_id.map_or("-".into(), |id| id.to_string());
            let price = r.price.map_or(String::new(), |price| format!(" {price}"));
            let qty = r.qty.map_or(String::new(), |qty| format!(" x{qty}"));
            let reason = r.reason.map_or(String::new(), |reason| format!(" {}", reason.word()));
            format!("bid {}/{id} {}{price}{qty}{reason}", r.account, r.state.word())
        }
        Event::Auction(a) => {
            let price = a.price.map_or(String::new(), |price| format!(" {price}"));
            let leader = a.leader.map_or(String::new(), |leader| format!(" leader {leader}"));
            let met = a.reserve_met.map_or("", |met| if met { " met" } else { " not met" });
            let (state, bids, closes) = (a.state.word(), a.bids, a.closes_at);
            format!("auction {state}{price}{leader} bids {bids} closes {closes}{met}")
        }
        Event::Reservation(r) => {
            let id = r.reservation.map_or("-".into(), |id| id.to_string());
            let mut line = format!("reservation {id} of {} {}", r.account, r.state.word());
            for (name, value) in [
                ("at", r.position),
                ("until", r.deadline),
                ("amount", r.amount.map(i64::unsigned_abs)),
            ] {
                if let Some(value) = value {
                    line += &format!(" {name} {value}");
                }
            }
            for cart_line in r.lines.iter().flat_map(|lines| lines.iter()) {
                line += &format!(" {}x{}", cart_line.product, cart_line.qty);
            }
            line + &r.reason.map_or(String::new(), |reason| format!(" {}", reason.word()))
        }
        Event::Product(p) => {
            let (free, held, sold, waiting) = (p.free, p.held, p.sold, p.waiting);
            format!("product {} free {free} held {held} sold {sold} waiting {waiting}", p.product)
        }
        Event::AtomicReport(r) => {
            let leg = r.leg.map_or(String::new(), |leg| format!(" leg {leg}"));
            let reason = r.reason.map_or(String::new(), |reason| format!(" {}", reason.word()));
            format!("atomic {}{leg}{reason}", r.state.word())
        }
        other => format!("{other:?}"),
    }
}
