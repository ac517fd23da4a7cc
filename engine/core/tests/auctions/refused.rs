//! Reasons in the order they are checked, and the fields they name.

use crate::script::{Venue, check};

/// What is wrong, and what is said; the earlier reason wins where two things are wrong.
const CREATE: &str = "
english auction=8                                    | duplicate_id auction
english auction=8 seller=77                          | duplicate_id auction
english seller=77 asset=77                           | unknown_account seller
english asset=77 quote=78 qty=0                      | unknown_asset asset
english quote=78 qty=0                               | unknown_asset quote
english qty=0                                        | bad_value qty
english quote=1                                      | bad_value quote
english start_price=0                                | bad_value start_price
english start_price=-5                               | bad_value start_price
english reserve_price=0                              | bad_value reserve_price
dutch step=1 step_every=1 reserve_price=5            | bad_value reserve_price
english buy_now=999                                  | bad_value buy_now
english reserve_price=2000 buy_now=1999              | bad_value buy_now
first_price buy_now=1000                             | bad_value buy_now
english increments=[[1,5]]                           | bad_value increments
english increments=[[0,5],[0,6]]                     | bad_value increments
english increments=[[0,5],[9,6],[8,7]]               | bad_value increments
english increments=[[0,5],[9,0]]                     | bad_value increments
uniform increments=[[0,5]]                           | bad_value increments
english increments=[[0,1],[1,1],[2,1],[3,1],[4,1],[5,1],[6,1],[7,1],[8,1],[9,1],[10,1],[11,1],[12,1],[13,1],[14,1],[15,1],[16,1]] | bad_value increments
english step=1                                       | bad_value step
dutch step_every=1                                   | bad_value step
dutch step=0 step_every=1                            | bad_value step
dutch step=1                                         | bad_value step_every
dutch step=1 step_every=0                            | bad_value step_every
dutch step=1 step_every=1 floor=0                    | bad_value floor
dutch step=1 step_every=1 floor=1001                 | bad_value floor
uniform floor=1                                      | bad_value floor
english opens_at=100                                 | bad_value closes_at
english extend_window=5                              | bad_value extend_by
english extend_by=5                                  | bad_value extend_window
dutch step=1 step_every=1 extend_window=5 extend_by=5| bad_value extend_window
first_price max_extensions=5                         | bad_value max_extensions
english closes_at=50 qty=11                          | too_late closes_at
uniform qty=9223372036854775807 start_price=2        | overflow start_price
english qty=11                                       | insufficient_funds qty
";

#[test]
fn creating() {
    let mut venue = Venue::default();
    venue.run("> @50 auction english auction=8");
    for row in CREATE.trim().lines() {
        let (given, said) = row.split_once('|').unwrap();
        let given = given.trim();
        let id = if given.contains("auction=8") { 8 } else { 1 };
        let (reason, field) = said.trim().split_once(' ').unwrap();
        let expected = format!("rejected do=create_auction id={id} reason={reason} field={field}");
        let before = venue.run("> query_balance account=9");
        assert_eq!(venue.run(&format!("> auction {given}")), [expected], "{row}");
        assert_eq!(venue.run("> query_balance account=9"), before, "{row}");
    }
    venue.check(
        "
        > query_auction
        rejected do=query_auction id=1 reason=unknown_auction field=auction
        > query_stats auction=1
        rejected do=query_stats id=1 reason=unknown_auction field=auction
        > query_deadlines
        deadline kind=auction_close id=8 time=100
        ",
    );
}

#[test]
fn sixteen_steps_are_allowed() {
    let rows: Vec<String> = (0..16).map(|row| format!("[{},{}]", row * 10, row + 1)).collect();
    let mut venue = Venue::default();
    let lines = venue.run(&format!("> auction english increments=[{}]", rows.join(",")));
    assert_eq!(lines[0], "accepted do=create_auction id=1");
    venue.run("> bid 1 2000");
    assert_eq!(venue.run("> bid 2 1015")[0], "bid account=2 #2 rejected reason=too_low");
    assert_eq!(venue.run("> bid 2 1016")[0], "bid account=2 #3 outbid price=1032");
}

#[test]
fn bidding_in_the_order_of_checks() {
    check(
        "
        > auction english opens_at=5
        accepted do=create_auction id=1
        > bid 77 0 auction=2
        bid account=77 auction=2 #1 rejected reason=unknown_auction
        > bid 77 0
        bid account=77 #2 rejected reason=not_open
        > @5 bid 77 0
        auction open price=1000 bids=0 closes_at=100
        bid account=77 #3 rejected reason=unknown_account
        > kill_switch account=9 on=true
        accepted do=kill_switch id=9
        > bid 9 0
        bid account=9 #4 rejected reason=account_killed
        > kill_switch account=9 on=false
        accepted do=kill_switch id=9
        > bid 9 0
        bid account=9 #5 rejected reason=own_auction
        > bid 1 0
        bid account=1 #6 rejected reason=bad_value
        > bid 1 2000 qty=1
        bid account=1 #7 rejected reason=bad_value
        > bid 1 2000 bid_id=7
        bid account=1 #7 leading price=1000
        auction open price=1000 leader=1 bids=1 closes_at=100
        > bid 1 1 bid_id=7
        bid account=1 #7 rejected reason=duplicate_bid_id
        > bid 2 20000 bid_id=7
        bid account=2 #7 rejected reason=insufficient_funds
        > bid 2 1000 bid_id=7
        bid account=2 #7 rejected reason=too_low
        > bid 2 1500 bid_id=7
        bid account=2 #7 outbid price=1501
        bid account=1 #7 leading price=1501
        auction open price=1501 leader=1 bids=2 closes_at=100
        > bid 2 1600 bid_id=7
        bid account=2 #7 rejected reason=duplicate_bid_id
        > block account=1 on=true
        accepted do=block id=1
        > bid 1 0 auction=1
        bid account=1 #14 rejected reason=blocked
        > kill_switch account=1 on=true
        accepted do=kill_switch id=1
        > buy_now account=1
        bid account=1 rejected reason=account_killed
        > @100 tick
        auction sold price=1501 leader=1 bids=2 closes_at=100
        bid account=1 #7 won price=1501 qty=1
        ",
    );
}

#[test]
fn what_would_overflow_is_refused() {
    check(
        "
        > auction uniform qty=10
        accepted do=create_auction id=1
        auction open bids=0 closes_at=100
        > bid 1 9223372036854775807 qty=2
        bid account=1 #1 rejected reason=overflow
        > bid 1 9223372036854775807 qty=1
        bid account=1 #2 rejected reason=insufficient_funds
        > cancel_auction
        auction cancelled bids=0 closes_at=100
        > auction english auction=2 closes_at=9223372036854775807 extend_window=9223372036854775807 extend_by=9223372036854775807
        accepted do=create_auction id=2
        auction auction=2 open price=1000 bids=0 closes_at=9223372036854775807
        > @1 bid 1 1000 auction=2
        bid account=1 auction=2 #3 rejected reason=overflow
        > auction english auction=3 increments=[[0,9223372036854775807]]
        accepted do=create_auction id=3
        auction auction=3 open price=1000 bids=0 closes_at=100
        > bid 1 2000 auction=3
        bid account=1 auction=3 #4 leading price=1000
        auction auction=3 open price=1000 leader=1 bids=1 closes_at=100
        > bid 2 9223372036854775807 auction=3
        bid account=2 auction=3 #5 rejected reason=too_low
        ",
    );
}
