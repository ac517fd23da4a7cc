//! A life's steps as sentences, and as JSON lines.

use super::life::{Ahead, Seen, Step};
use super::subject::Bearing;
use crate::time;
use ringpit_core::event::{
    AtomicReport, Auction, BidReport, ExecutionReport, Product, Reservation,
};
use ringpit_core::{
    AtomicState, AuctionState, BidState, Command, Event, ExecType, Reason, ReservationState,
};
use ringpit_vocab::{write_command, write_event};
use std::fmt::Write as _;

/// The page that says what each reason means.
const REASONS: &str = include_str!("../../../../docs/reasons.md");

/// What a reason means, and what its receiver can do, from the page.
fn meaning(reason: Reason) -> Option<(&'static str, &'static str)> {
    let name = format!("`{}`", reason.word());
    REASONS.lines().find_map(|line| {
        let mut cells = line.split('|').map(str::trim).skip(2);
        (cells.next() == Some(name.as_str())).then_some((cells.next()?, cells.next()?))
    })
}

const fn reason_of(event: &Event) -> Option<Reason> {
    match event {
        Event::ExecutionReport(report) => report.reason,
        Event::CancelReject(report) => Some(report.reason),
        Event::BidReport(report) => report.reason,
        Event::Reservation(report) => report.reason,
        Event::AtomicReport(report) => report.reason,
        Event::Rejected(report) => Some(report.reason),
        _ => None,
    }
}

/// Appends a step as JSON lines.
pub fn write_json(step: &Step, out: &mut Vec<u8>) {
    let (seq, at) = (step.seq, step.at);
    let mut was_fired = None;
    for seen in &step.events {
        let fired = step.is_fired(seen);
        if was_fired != Some(fired) {
            was_fired = Some(fired);
            match fired {
                true => {
                    let at = seen.at;
                    out.extend(
                        format!("{{\"seq\":{seq},\"at\":{at},\"about\":\"deadline\"}}\n").bytes(),
                    );
                }
                false => write_input_json(step, out),
            }
        }
        out.extend(
            format!("{{\"seq\":{seq},\"at\":{},\"about\":\"event\",\"event\":", seen.at).bytes(),
        );
        write_event(seq, seen.at, &seen.event, out);
        out.extend_from_slice(b"}\n");
        if let Some(reason) = reason_of(&seen.event)
            && let Some((means, remedy)) = meaning(reason)
        {
            let (at, word) = (seen.at, reason.word());
            let means = serde_json::Value::from(means);
            let remedy = serde_json::Value::from(remedy);
            out.extend(
                format!(
                    "{{\"seq\":{seq},\"at\":{at},\"about\":\"reason\",\"reason\":\"{word}\",\
                     \"means\":{means},\"remedy\":{remedy}}}\n"
                )
                .bytes(),
            );
        }
    }
    if let Some(Ahead { price, qty, orders }) = step.ahead {
        out.extend(
            format!(
                "{{\"seq\":{seq},\"at\":{at},\"about\":\"ahead\",\"price\":{price},\"qty\":{qty},\
                 \"orders\":{orders}}}\n"
            )
            .bytes(),
        );
    }
}

fn write_input_json(step: &Step, out: &mut Vec<u8>) {
    let (seq, at) = (step.seq, step.at);
    out.extend(format!("{{\"seq\":{seq},\"at\":{at},\"about\":\"input\"").bytes());
    let (session, client_seq) = (step.input.session.0, step.input.client_seq);
    if session != 0 {
        out.extend(format!(",\"session\":{session},\"client_seq\":{client_seq}").bytes());
    }
    out.extend_from_slice(b",\"command\":");
    write_command(None, &step.input.command, out);
    out.extend_from_slice(b"}\n");
}

/// Appends a step as people read it: what came, and under it what that did.
pub fn write_text(step: &Step, out: &mut Vec<u8>) {
    let mut text = String::new();
    let mut was_fired = None;
    for seen in &step.events {
        let fired = step.is_fired(seen);
        if was_fired != Some(fired) {
            was_fired = Some(fired);
            write_cause(step, seen, fired, &mut text);
        }
        text.push_str("    ");
        write_sentence(&seen.event, &mut text);
        if seen.bearing == Bearing::Instead {
            text.push_str(", in place of the one before");
        }
        text.push('\n');
        if let Some(reason) = reason_of(&seen.event)
            && let Some((means, remedy)) = meaning(reason)
        {
            let remedy = if remedy == "–" { "" } else { remedy };
            let _infallible = writeln!(text, "      {}: {means} {remedy}", reason.word());
        }
    }
    if let Some(Ahead { price, qty, orders }) = step.ahead {
        let _infallible = match orders {
            0 => writeln!(text, "    first at {price}: nothing is ahead of it there"),
            1 => writeln!(text, "    at {price} {qty} lots of 1 order are ahead of it"),
            _ => writeln!(text, "    at {price} {qty} lots of {orders} orders are ahead of it"),
        };
    }
    out.extend(text.lines().flat_map(|line| [line.trim_end().as_bytes(), b"\n"].concat()));
}

fn write_cause(step: &Step, seen: &Seen, fired: bool, text: &mut String) {
    let _infallible = write!(text, "{}  ", step.seq);
    time::write_utc(seen.at, text);
    if fired {
        text.push_str("  a deadline\n");
        return;
    }
    if step.input.session.0 != 0 {
        let (session, number) = (step.input.session.0, step.input.client_seq);
        let _infallible = write!(text, "  session {session} #{number}");
    }
    let mut command = Vec::new();
    if step.input.command != Command::Tick {
        write_command(None, &step.input.command, &mut command);
    }
    let _infallible = writeln!(text, "  {}", String::from_utf8_lossy(&command));
}

fn write_sentence(event: &Event, text: &mut String) {
    match event {
        Event::ExecutionReport(report) => order(report, text),
        Event::BidReport(report) => bid(report, text),
        Event::Auction(line) => auction(line, text),
        Event::Reservation(report) => reservation(report, text),
        Event::Product(line) => product(line, text),
        Event::AtomicReport(report) => atomic(report, text),
        Event::CancelReject(reject) => {
            let _infallible = write!(text, "{} refused", reject.command.word());
        }
        Event::Rejected(rejected) => {
            let _infallible = write!(text, "{} refused", rejected.command.word());
        }
        other => {
            let mut line = Vec::new();
            write_event(0, 0, other, &mut line);
            text.push_str(&String::from_utf8_lossy(&line));
        }
    }
}

fn order(report: &ExecutionReport, text: &mut String) {
    let ExecutionReport { order_qty, leaves_qty, cum_qty, .. } = *report;
    let side = report.side.word();
    let price = report.price.map(|price| format!(" at {price}")).unwrap_or_default();
    let terms = format!("{side} {order_qty}{price}");
    let rest = order_qty.saturating_sub(cum_qty);
    let ended = format!("{cum_qty} traded; the rest of {rest} and what it held are free");
    let _infallible = match report.exec_type {
        ExecType::New => match report.order_id {
            Some(id) => write!(text, "order {id} accepted: {terms}"),
            None => write!(text, "accepted: {terms}"),
        },
        ExecType::Rejected => write!(text, "refused: {terms}"),
        ExecType::Trade => {
            let id = report.trade_id.map_or(0, |id| id.0);
            let (qty, px) =
                (report.last_qty.unwrap_or_default(), report.last_px.unwrap_or_default());
            let how = report.liquidity.map_or("", ringpit_core::Liquidity::word);
            let fee = report.fee.map(|fee| format!(", fee {fee}")).unwrap_or_default();
            write!(text, "trade {id}: {qty} at {px}, {how}{fee}; {leaves_qty} left, {cum_qty} done")
        }
        ExecType::Canceled => write!(text, "cancelled: {ended}"),
        ExecType::Expired => write!(text, "expired: {ended}"),
        ExecType::Replaced => write!(text, "replaced: {terms}, {leaves_qty} left"),
        ExecType::Triggered => write!(text, "its stop price was reached: {terms}"),
        ExecType::Restated => write!(text, "lowered: {terms}, {leaves_qty} left"),
        ExecType::Status => write!(text, "open: {terms}, {leaves_qty} left"),
    };
}

fn bid(report: &BidReport, text: &mut String) {
    let name = match report.bid_id {
        Some(id) => format!("bid {}", id.0),
        None => "buy-now".to_owned(),
    };
    let price = report.price.unwrap_or_default();
    let qty = report.qty.map(|qty| format!("{qty} ")).unwrap_or_default();
    let _infallible = match report.state {
        BidState::Leading => write!(text, "{name} leads at {price}"),
        BidState::Outbid => write!(text, "{name} is outbid at {price}: what it held is free"),
        BidState::Rejected => write!(text, "{name} refused"),
        BidState::Accepted => write!(text, "{name} accepted: at most {price}"),
        BidState::Won => write!(text, "{name} wins {qty}at {price}: paid, the rest is free"),
        BidState::Lost => write!(text, "{name} is lost: what it held is free"),
    };
}

fn auction(line: &Auction, text: &mut String) {
    let _infallible = write!(text, "auction {} {}", line.auction.0, line.state.word());
    if let Some(price) = line.price {
        let _infallible = write!(text, " at {price}");
    }
    if let Some(leader) = line.leader {
        let _infallible = write!(text, ", account {} ahead", leader.0);
    }
    let _infallible = write!(text, ", {} bids", line.bids);
    let is_on = matches!(line.state, AuctionState::Open | AuctionState::Extended);
    if is_on {
        text.push_str(", closes ");
        time::write_utc(line.closes_at, text);
    }
}

fn reservation(report: &Reservation, text: &mut String) {
    let name = match report.reservation {
        Some(id) => format!("reservation {}", id.0),
        None => "reserve".to_owned(),
    };
    let what = match (report.product, report.qty, &report.lines) {
        (Some(product), Some(qty), _) => format!("{qty} of product {}", product.0),
        (.., Some(lines)) => {
            let line = |line: &ringpit_core::command::Line| {
                format!("{} of product {}", line.qty, line.product.0)
            };
            lines.iter().map(line).collect::<Vec<_>>().join(", ")
        }
        (Some(product), ..) => format!("a cart, for product {}", product.0),
        _ => "a cart".to_owned(),
    };
    let sum = report.amount.unwrap_or_default();
    let _infallible = match report.state {
        ReservationState::Held => {
            let _infallible = write!(text, "{name} held: {what} for {sum}, until ");
            time::write_utc(report.deadline.unwrap_or_default(), text);
            Ok(())
        }
        ReservationState::Queued => {
            let place = report.position.unwrap_or_default();
            write!(text, "{name} waits: {what}, place {place} in line")
        }
        ReservationState::Entered => write!(text, "{name} entered the draw: {what} for {sum}"),
        ReservationState::Confirmed => write!(text, "{name} confirmed: {what} for {sum}"),
        ReservationState::Voided => write!(text, "{name} voided: {what}; what it held is free"),
        ReservationState::Expired => {
            write!(text, "{name} expired: {what}; what it held is free")
        }
        ReservationState::Rejected => write!(text, "{name} refused: {what}"),
    };
}

fn product(line: &Product, text: &mut String) {
    let Product { free, held, sold, waiting, .. } = *line;
    let _infallible = write!(
        text,
        "product {}: {free} free, {held} held, {sold} sold, {waiting} waiting",
        line.product.0
    );
}

fn atomic(report: &AtomicReport, text: &mut String) {
    let _infallible = match (report.state, report.leg) {
        (AtomicState::Done, _) => write!(text, "atomic interaction done"),
        (AtomicState::Rejected, Some(leg)) => {
            write!(text, "atomic interaction refused at leg {leg}: nothing changed")
        }
        (AtomicState::Rejected, None) => write!(text, "atomic interaction refused"),
    };
}
