//! Events as JSON lines, both ways: the table of vocabulary.md, field by field.

use crate::error::ScenarioError;
use crate::json::{read_text, write_text, write_u64};
use crate::object::Object;
use crate::table::{Fields, fields};
use ringpit_core::event::*;

fields! {
    ExecutionReport {
        account, instrument, order_id, cl_ord_id, exec_type, ord_status, side, price, order_qty,
        leaves_qty, cum_qty, last_px, last_qty, trade_id, liquidity, fee, reason, ord_type, tif,
        stop_px, display_qty,
    }
    CancelReject { command as "do", account, instrument, order_id, orig_cl_ord_id, reason }
    Trade { instrument, trade_id, price, qty, aggressor, buy_order, sell_order }
    Quote { instrument, bid, bid_qty, ask, ask_qty }
    Level { instrument, side, price, qty, orders }
    Indicative { instrument, price, qty, surplus }
    PhaseChange { instrument, phase }
    BidReport { account, auction, bid_id, state, price, qty, reason }
    Auction { auction, state, price, leader, bids, closes_at, reserve_met }
    Reservation {
        reservation, account, sale, product, qty, request_id, state, position, deadline, amount,
        lines, reason,
    }
    Product { sale, product, free, held, sold, waiting }
    AtomicReport { account, request_id, state, leg, reason }
    Balance { account, asset, available, held }
    ProductStats { sale, product, free, held, sold, waiting, sold_bp }
    InstrumentStats {
        instrument, last, open, high, low, volume, turnover, vwap, vwap_rem, trades,
    }
    Hot { sale, rank, product, sold }
    HotCounter { rank, counter, sold }
    Counter { counter, value }
    Deadline { kind, id, time }
    Accepted { command as "do", id }
    Rejected { command as "do", id, reason, field }
}

fn read_whole<T: Fields + Into<Event>>(object: &mut Object<'_>) -> Result<Event, ScenarioError> {
    object.only(T::NAMES)?;
    T::read_fields(object).map(Into::into)
}

macro_rules! event_objects {
    ($($name:ident = $word:literal)+) => {
        /// The word that `"event"` has in an event's line.
        #[must_use]
        pub const fn event_name(event: &Event) -> &'static str {
            match event {
                $(Event::$name(_) => $word,)+
                Event::ProductStats(_) | Event::InstrumentStats(_) => "stats",
                Event::Hot(_) | Event::HotCounter(_) => "hot",
            }
        }

        fn write_fields_of(event: &Event, out: &mut Vec<u8>) {
            match event {
                $(Event::$name(event) => event.write_fields(out),)+
                Event::ProductStats(event) => event.write_fields(out),
                Event::InstrumentStats(event) => event.write_fields(out),
                Event::Hot(event) => event.write_fields(out),
                Event::HotCounter(event) => event.write_fields(out),
            }
        }

        fn read_as(word: &str, object: &mut Object<'_>) -> Result<Event, ScenarioError> {
            match word {
                $($word => read_whole::<$name>(object),)+
                "stats" if object.has("instrument") => read_whole::<InstrumentStats>(object),
                "stats" => read_whole::<ProductStats>(object),
                "hot" if object.has("counter") => read_whole::<HotCounter>(object),
                "hot" => read_whole::<Hot>(object),
                _ => Err(ScenarioError::field("event", format!("unknown event `{word}`"))),
            }
        }
    };
}

event_objects! {
    ExecutionReport = "execution_report"
    CancelReject = "cancel_reject"
    Trade = "trade"
    Quote = "quote"
    Level = "level"
    Indicative = "indicative"
    PhaseChange = "phase"
    BidReport = "bid_report"
    Auction = "auction"
    Reservation = "reservation"
    Product = "product"
    AtomicReport = "atomic_report"
    Balance = "balance"
    Counter = "counter"
    Deadline = "deadline"
    Accepted = "accepted"
    Rejected = "rejected"
}

/// Appends an event's JSON line, without a line break: compact, in the order of the table, what
/// does not apply left out. `seq` is its step's number, `at` its time in UNIX nanoseconds.
pub fn write_event(seq: u64, at: u64, event: &Event, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"seq\":");
    write_u64(seq, out);
    out.extend_from_slice(b",\"at\":");
    write_u64(at, out);
    out.extend_from_slice(b",\"event\":");
    write_text(event_name(event), out);
    write_fields_of(event, out);
    out.push(b'}');
}

/// An event read back from its line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventLine {
    /// Its step's number.
    pub seq: u64,
    /// UNIX nanoseconds.
    pub at: u64,
    /// What happened.
    pub event: Event,
}

/// Reads an event's line.
///
/// # Errors
/// The field at fault and why.
pub fn read_event(line: &str) -> Result<EventLine, ScenarioError> {
    let mut object = Object::parse_line(line)?;
    let (seq, at) = (object.required("seq")?, object.required("at")?);
    let text = object.remove("event").ok_or_else(|| ScenarioError::field("event", "missing"))?;
    let word = read_text(text).map_err(|error| error.within("event"))?;
    Ok(EventLine { seq, at, event: read_as(&word, &mut object)? })
}
