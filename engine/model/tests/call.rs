//! The rule book's table of call auctions, row by row: price, quantity and surplus of the model's
//! uncross. Each row gathers its orders in an opening call and then enters continuous trading.

#![allow(clippy::expect_used, reason = "a test stops where it is wrong")]

mod support;

use ringpit_core::command::{Command, NewOrder, SetPhase};
use ringpit_core::event::Event;
use ringpit_core::{OrdType, Phase, Side, TimeInForce};
use support::{I, Venue};

/// name | orders `side price×qty` (`m`: market) | reference | price quantity surplus
const TABLE: &str = "
ASX               | buy 640x500 639x500 639x500 634x1000 633x500 sell 610x1000 640x500 641x520 642x550 643x519 | 620 | 639 1000 500
balanced          | buy 102x300 101x200 100x400 sell 99x100 100x250 101x150 | 100 | 101 500 0
reference inside  | buy 105x100 sell 100x100 | 103 | 103 100 0
reference below   | buy 105x100 sell 100x100 |  90 | 100 100 0
no reference      | buy 105x100 sell 100x100 |   - | 100 100 0
market order      | buy mx50 101x20 sell 100x80 | 100 | 100 70 -10
HKEX              | buy 2405x200 2400x1000 2395x400 sell 2395x400 2400x600 2405x400 2405x400 | - | 2400 1000 200
MarketGrid        | buy 13000x45 12900x95 12800x25 12700x35 12600x25 12500x55 12400x200 12300x80 12200x60 sell 13100x35 13000x50 12900x10 12800x15 12700x10 12600x20 12500x90 12400x155 12300x125 12200x10 | - | 12400 290 190
sell surplus      | sell 100x300 buy 103x100 101x100 | 102 | 100 200 -100
market alone      | buy mx50 sell mx30 | 100 | 100 30 20
market alone, -   | buy mx50 sell mx30 |   - | none
nothing meets     | buy 99x50 sell 100x30 | 100 | none
";

fn orders(text: &str) -> Vec<NewOrder> {
    let mut side = Side::Buy;
    let mut found = Vec::new();
    for word in text.split_whitespace() {
        match Side::from_word(word) {
            Some(new) => side = new,
            None => {
                let (price, qty) = word.split_once('x').expect("price x qty");
                let price = (price != "m").then(|| price.parse().expect("a price"));
                found.push(NewOrder {
                    ord_type: if price.is_some() { OrdType::Limit } else { OrdType::Market },
                    price,
                    ..support::limit(1, 1 + found.len() as u64, side, qty.parse().expect("lots"), 1)
                });
            }
        }
    }
    found
}

#[test]
fn the_table_of_call_auctions() {
    for row in TABLE.lines().filter(|row| !row.is_empty()) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let mut venue = Venue::with_instrument(|instrument| {
            instrument.reference_price = cells[2].parse().ok();
            instrument.phase = Some(Phase::OpeningCall);
        });
        let mut last = String::from("none");
        for order in orders(cells[1]) {
            for event in venue.step(order) {
                if let Event::Indicative(i) = event {
                    last = match (i.price, i.surplus) {
                        (Some(price), Some(surplus)) => format!("{price} {} {surplus}", i.qty),
                        _ => "none".into(),
                    };
                }
            }
        }
        assert_eq!(last, cells[3], "indicative of row {row}");
        let events = venue.step(SetPhase { instrument: I, phase: Phase::Continuous });
        let mut traded = 0;
        for event in &events {
            if let Event::Trade(trade) = event {
                assert_eq!(trade.price.to_string(), last.split(' ').next().unwrap(), "{row}");
                traded += trade.qty;
            }
        }
        let wanted = last.split(' ').nth(1).map_or(0, |qty| qty.parse().unwrap());
        assert_eq!(traded, wanted, "traded in row {row}");
    }
}

#[test]
fn at_close_waits_for_its_call_and_at_open_ends_with_its_own() {
    let mut venue = Venue::with_instrument(|_| {});
    let close = NewOrder { tif: TimeInForce::AtClose, ..support::limit(1, 1, Side::Buy, 5, 100) };
    assert_eq!(venue.lines(close), ["new 1 leaves 5"]);
    let phase = |phase| Command::from(SetPhase { instrument: I, phase });
    assert_eq!(
        venue.lines(phase(Phase::ClosingCall)),
        ["accepted", "phase closing_call", "level buy 100 5/1"]
    );
    assert_eq!(
        venue.lines(support::limit(2, 2, Side::Sell, 3, 99)),
        ["new 2 leaves 3", "level sell 99 3/1", "indicative 100 3 2"]
    );
    assert_eq!(
        venue.lines(phase(Phase::Closed)),
        [
            "accepted",
            "trade 1 3@100 auction",
            "trade 1 leaves 2 fee 0",
            "trade 2 leaves 0 fee 0",
            "expired 1",
            "phase closed",
            "level buy 100 0/0",
            "level sell 99 0/0",
        ]
    );
    venue.lines(phase(Phase::OpeningCall));
    let open = NewOrder { tif: TimeInForce::AtOpen, ..support::limit(1, 3, Side::Buy, 5, 100) };
    venue.lines(open);
    assert_eq!(
        venue.lines(phase(Phase::Halted)),
        ["accepted", "expired 3", "phase halted", "level buy 100 0/0"]
    );
}
