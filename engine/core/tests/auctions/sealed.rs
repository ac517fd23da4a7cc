//! Dutch auctions and sealed bids: first-price, second-price, uniform.

use crate::script::{Venue, check};

#[test]
fn a_dutch_price_falls_at_the_tick_and_no_lower_than_its_floor() {
    // step 100 each 10 from 1000, floor 700: time, price
    let table = "
        0   1000
        9   1000
        10   900
        19   900
        20   800
        30   700
        99   700
    ";
    for row in table.trim().lines() {
        let (time, price) = row.trim().split_once(' ').unwrap();
        let price: i64 = price.trim().parse().unwrap();
        let mut venue = Venue::default();
        venue.run("> auction dutch step=100 step_every=10 floor=700");
        let low = venue.run(&format!("> @{time} bid 1 {}", price - 1));
        assert_eq!(low, ["bid account=1 #1 rejected reason=too_low"], "{row}");
        venue.check(&format!(
            "
            > @{time} bid 1 2000
            bid account=1 #2 won price={price} qty=1
            auction sold price={price} leader=1 bids=1 closes_at=100
            > query_balance account=1
            balance account=1 asset=1 available=1 held=0
            balance account=1 asset=2 available={} held=0
            > bid 2 2000
            bid account=2 #3 rejected reason=too_late
            ",
            10_000 - price
        ));
    }
}

#[test]
fn a_dutch_floor_is_1_by_default_and_unsold_shows_the_start_price() {
    check(
        "
        > auction dutch step=600 step_every=10 qty=3
        accepted do=create_auction id=1
        auction open price=1000 bids=0 closes_at=100
        > @50 query_auction
        auction open price=1000 bids=0 closes_at=100
        > bid 1 0
        bid account=1 #1 rejected reason=bad_value
        > @100 tick
        auction unsold price=1000 bids=0 closes_at=100
        > auction dutch auction=2 step=600 step_every=10 qty=3 opens_at=80 closes_at=200
        accepted do=create_auction id=2
        auction auction=2 open price=1000 bids=0 closes_at=200
        > bid 1 1 auction=2
        bid account=1 auction=2 #2 won price=1 qty=3
        auction auction=2 sold price=1 leader=1 bids=1 closes_at=200
        ",
    );
}

#[test]
fn a_dutch_bid_must_be_able_to_pay_its_maximum() {
    check(
        "
        > auction dutch step=1 step_every=1
        accepted do=create_auction id=1
        auction open price=1000 bids=0 closes_at=100
        > bid 1 10001
        bid account=1 #1 rejected reason=insufficient_funds
        > bid 1 10000
        bid account=1 #2 won price=1000 qty=1
        auction sold price=1000 leader=1 bids=1 closes_at=100
        ",
    );
}

#[test]
fn first_price_one_bid_an_account_and_ties_to_the_earlier() {
    check(
        "
        > auction first_price reserve_price=1200
        accepted do=create_auction id=1
        auction open bids=0 closes_at=100
        > bid 1 1500
        bid account=1 #1 accepted price=1500
        auction open bids=1 closes_at=100
        > bid 2 2000
        bid account=2 #2 accepted price=2000
        auction open bids=2 closes_at=100
        > bid 3 999
        bid account=3 #3 rejected reason=too_low
        > bid 3 1100
        bid account=3 #4 accepted price=1100
        auction open bids=3 closes_at=100
        > bid 1 1500
        bid account=1 #5 rejected reason=too_low
        > bid 1 2000
        bid account=1 #6 accepted price=2000
        auction open bids=4 closes_at=100
        > query_balance account=1 asset=2
        balance account=1 asset=2 available=8000 held=2000
        > query_auction
        auction open bids=4 closes_at=100
        > @100 tick
        auction sold price=2000 leader=2 bids=4 closes_at=100 reserve_met=true
        bid account=2 #2 won price=2000 qty=1
        bid account=3 #4 lost reason=reserve_not_met
        bid account=1 #6 lost reason=outbid
        > query_balance account=1 asset=2
        balance account=1 asset=2 available=10000 held=0
        > query_balance account=9
        balance account=9 asset=1 available=9 held=0
        balance account=9 asset=2 available=2000 held=0
        ",
    );
}

/// Bids in order, reserve, and what the winner pays.
const SECOND_PRICE: &str = "
bids           reserve winner pays
1:1500         -       1      1000
1:1500         1300    1      1300
1:1500 2:1800  -       2      1500
1:1500 2:1500  -       1      1500
1:1500 2:1200  1300    1      1300
1:1200 2:1250  1300    -      -
1:1500 2:1600 1:1700 - 1      1600
1:1500 1:1900  -       1      1000
";

#[test]
fn second_price_table() {
    for row in SECOND_PRICE.trim().lines().skip(1) {
        let words: Vec<&str> = row.split_whitespace().collect();
        let (bids, rest) = words.split_at(words.len() - 3);
        let mut venue = Venue::default();
        venue.run(&format!("> auction second_price reserve_price={}", rest[0]));
        for bid in bids {
            let lines = venue.run(&format!("> bid {}", bid.replace(':', " ")));
            assert!(lines[0].contains("accepted"), "{row}: {lines:?}");
        }
        let lines = venue.run("> @100 tick");
        let (winner, pays) = (rest[1], rest[2]);
        if winner == "-" {
            assert!(lines[0].starts_with("auction unsold bids="), "{row}: {lines:?}");
            assert!(lines[1..].iter().all(|line| line.ends_with("reserve_not_met")), "{lines:?}");
            continue;
        }
        let sold = format!("auction sold price={pays} leader={winner} ");
        assert!(lines[0].starts_with(&sold), "{row}: {lines:?}");
        assert!(lines[1].starts_with(&format!("bid account={winner} ")), "{row}: {lines:?}");
        assert!(lines[1].ends_with(&format!("won price={pays} qty=1")), "{row}: {lines:?}");
        let money = venue.run("> query_balance account=9 asset=2");
        assert_eq!(money, [format!("balance account=9 asset=2 available={pays} held=0")], "{row}");
    }
}

#[test]
fn uniform_the_last_winner_gets_part_and_all_pay_its_price() {
    check(
        "
        > auction uniform qty=5 start_price=100 reserve_price=150
        accepted do=create_auction id=1
        auction open bids=0 closes_at=100
        > bid 1 200 qty=2
        bid account=1 #1 accepted price=200
        auction open bids=1 closes_at=100
        > bid 2 300 qty=1
        bid account=2 #2 accepted price=300
        auction open bids=2 closes_at=100
        > bid 3 200 qty=5
        bid account=3 #3 accepted price=200
        auction open bids=3 closes_at=100
        > bid 4 149 qty=1
        bid account=4 #4 accepted price=149
        auction open bids=4 closes_at=100
        > bid 1 160 qty=1
        bid account=1 #5 accepted price=160
        auction open bids=5 closes_at=100
        > query_balance account=1 asset=2
        balance account=1 asset=2 available=9440 held=560
        > @100 tick
        auction sold price=200 bids=5 closes_at=100 reserve_met=true
        bid account=2 #2 won price=200 qty=1
        bid account=1 #1 won price=200 qty=2
        bid account=3 #3 won price=200 qty=2
        bid account=4 #4 lost reason=reserve_not_met
        bid account=1 #5 lost reason=outbid
        > query_balance account=3
        balance account=3 asset=1 available=2 held=0
        balance account=3 asset=2 available=9600 held=0
        > query_balance account=9
        balance account=9 asset=1 available=5 held=0
        balance account=9 asset=2 available=1000 held=0
        ",
    );
}

#[test]
fn uniform_sells_when_demand_is_below_supply_and_the_rest_returns() {
    check(
        "
        > auction uniform qty=5 start_price=100
        accepted do=create_auction id=1
        auction open bids=0 closes_at=100
        > bid 1 200 qty=6
        bid account=1 #1 rejected reason=bad_value
        > bid 1 200
        bid account=1 #2 rejected reason=bad_value
        > bid 1 200 qty=2
        bid account=1 #3 accepted price=200
        auction open bids=1 closes_at=100
        > bid 2 120 qty=1
        bid account=2 #4 accepted price=120
        auction open bids=2 closes_at=100
        > @100 tick
        auction sold price=120 bids=2 closes_at=100
        bid account=1 #3 won price=120 qty=2
        bid account=2 #4 won price=120 qty=1
        > query_balance account=9
        balance account=9 asset=1 available=7 held=0
        balance account=9 asset=2 available=360 held=0
        ",
    );
}

#[test]
fn sealed_kinds_show_nothing_when_unsold_or_cancelled() {
    check(
        "
        > auction first_price reserve_price=2000
        accepted do=create_auction id=1
        auction open bids=0 closes_at=100
        > auction uniform auction=2
        accepted do=create_auction id=2
        auction auction=2 open bids=0 closes_at=100
        > auction second_price auction=3 reserve_price=2000
        accepted do=create_auction id=3
        auction auction=3 open bids=0 closes_at=100
        > bid 1 1500
        bid account=1 #1 accepted price=1500
        auction open bids=1 closes_at=100
        > bid 1 1500 auction=3
        bid account=1 auction=3 #2 accepted price=1500
        auction auction=3 open bids=1 closes_at=100
        > @99 cancel_auction auction=3
        auction auction=3 cancelled bids=1 closes_at=100
        bid account=1 auction=3 #2 lost reason=cancelled
        > @100 tick
        auction unsold bids=1 closes_at=100
        bid account=1 #1 lost reason=reserve_not_met
        auction auction=2 unsold bids=0 closes_at=100
        ",
    );
}
