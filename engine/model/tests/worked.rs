//! The worked numbers of the rule book's continuous trading and ledger, on the model.

mod support;

use ringpit_core::command::{CancelOrder, NewOrder};
use ringpit_core::*;
use support::{BASE, I, QUOTE, Venue, limit};

#[test]
fn price_then_time_and_a_fok_that_cannot() {
    let mut venue = Venue::with_instrument(|_| {});
    for (id, price, qty) in [(1, 100, 5), (2, 100, 5), (3, 101, 10)] {
        venue.step(limit(1, id, Side::Sell, qty, price));
    }
    let fok = NewOrder { tif: TimeInForce::Fok, ..limit(2, 9, Side::Buy, 25, 101) };
    assert_eq!(venue.lines(fok), ["rejected - fok_unfilled"]);
    assert_eq!(
        venue.lines(limit(2, 9, Side::Buy, 12, 101)),
        [
            "new 4 leaves 12",
            "trade 1 5@100 buy",
            "trade 1 leaves 0 fee 0",
            "trade 4 leaves 7 fee 0",
            "trade 2 5@100 buy",
            "trade 2 leaves 0 fee 0",
            "trade 4 leaves 2 fee 0",
            "trade 3 2@101 buy",
            "trade 3 leaves 8 fee 0",
            "trade 4 leaves 0 fee 0",
            "level sell 100 0/0",
            "level sell 101 8/1",
            "quote - 8@101",
        ]
    );
}

#[test]
fn an_iceberg_shows_its_slices_at_the_back() {
    let mut venue = Venue::with_instrument(|_| {});
    venue.step(NewOrder { display_qty: Some(10), ..limit(1, 1, Side::Sell, 30, 100) });
    venue.step(limit(3, 2, Side::Sell, 10, 100));
    assert_eq!(
        venue.lines(limit(2, 3, Side::Buy, 15, 100)),
        [
            "new 3 leaves 15",
            "trade 1 10@100 buy",
            "trade 1 leaves 20 fee 0",
            "trade 3 leaves 5 fee 0",
            "trade 2 5@100 buy",
            "trade 2 leaves 5 fee 0",
            "trade 3 leaves 0 fee 0",
            "level sell 100 15/2",
            "quote - 15@100",
        ]
    );
    assert_eq!(
        venue.lines(limit(2, 4, Side::Buy, 10, 100)),
        [
            "new 4 leaves 10",
            "trade 3 5@100 buy",
            "trade 2 leaves 0 fee 0",
            "trade 4 leaves 5 fee 0",
            "trade 4 5@100 buy",
            "trade 1 leaves 15 fee 0",
            "trade 4 leaves 0 fee 0",
            "level sell 100 5/1",
            "quote - 5@100",
        ]
    );
}

#[test]
fn a_hold_with_its_fee() {
    let mut venue = Venue::with_instrument(|i| i.taker_fee_ppm = Some(1000));
    let poor = 990_000;
    venue.step(command::Withdraw {
        account: AccountId(1),
        asset: QUOTE,
        amount: poor,
        request_id: None,
    });
    venue.step(limit(1, 1, Side::Buy, 10, 500));
    assert_eq!(venue.balance(1, QUOTE), (4_995, 5_005));
    venue.step(limit(2, 2, Side::Sell, 4, 500));
    assert_eq!(venue.balance(1, QUOTE), (4_997, 3_003));
    assert_eq!(venue.balance(2, QUOTE), (1_000_000 + 2_000 - 2, 0));
    assert_eq!(venue.balance(0, QUOTE), (2, 0));
    venue.step(CancelOrder {
        account: AccountId(1),
        instrument: I,
        order_id: None,
        orig_cl_ord_id: Some(ClOrdId(1)),
    });
    assert_eq!(venue.balance(1, QUOTE), (8_000, 0));
    assert_eq!(venue.balance(1, BASE), (1_000_004, 0));
}

#[test]
fn a_band_interrupts_and_the_clock_resumes() {
    let mut venue = Venue::with_instrument(|i| {
        i.reference_price = Some(100);
        i.halt_band_ticks = Some(2);
        i.halt_for = Some(50);
    });
    venue.step(limit(1, 1, Side::Sell, 5, 102));
    venue.step(limit(1, 2, Side::Sell, 5, 103));
    assert_eq!(
        venue.lines(limit(2, 3, Side::Buy, 8, 103)),
        [
            "new 3 leaves 8",
            "trade 1 5@102 buy",
            "trade 1 leaves 0 fee 0",
            "trade 3 leaves 3 fee 0",
            "phase opening_call",
            "level buy 103 3/1",
            "level sell 102 0/0",
            "indicative 103 3 -2",
        ]
    );
    venue.at = 60;
    assert_eq!(
        venue.lines(Command::Tick),
        [
            "trade 2 3@103 auction",
            "trade 3 leaves 0 fee 0",
            "trade 2 leaves 2 fee 0",
            "phase continuous",
            "level buy 103 0/0",
            "level sell 103 2/1",
            "quote - 2@103",
        ]
    );
}

#[test]
fn stops_run_one_after_the_other() {
    let mut venue = Venue::with_instrument(|_| {});
    for (id, price) in [(1, 100), (2, 101), (3, 102)] {
        venue.step(limit(1, id, Side::Sell, 1, price));
    }
    let stop = |id, stop_px| NewOrder {
        ord_type: OrdType::Stop,
        price: None,
        stop_px: Some(stop_px),
        ..limit(3, id, Side::Buy, 1, 1)
    };
    venue.step(stop(10, 101));
    venue.step(stop(11, 100));
    assert_eq!(
        venue.lines(limit(2, 4, Side::Buy, 1, 100)),
        [
            "new 6 leaves 1",
            "trade 1 1@100 buy",
            "trade 1 leaves 0 fee 0",
            "trade 6 leaves 0 fee 0",
            "triggered 5 leaves 1",
            "trade 2 1@101 buy",
            "trade 2 leaves 0 fee 0",
            "trade 5 leaves 0 fee 0",
            "triggered 4 leaves 1",
            "trade 3 1@102 buy",
            "trade 3 leaves 0 fee 0",
            "trade 4 leaves 0 fee 0",
            "level sell 100 0/0",
            "level sell 101 0/0",
            "level sell 102 0/0",
            "quote - -",
        ]
    );
}
