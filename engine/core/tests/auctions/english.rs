//! English auctions: steps, reserve, soft close, buy-now.

use crate::script::{Venue, check};

/// The rule book's table: who bids what, and the answer: whose lead, at which price.
const STEPS: &str = "
bid    answer
1 3000 leading 1000
2 2000 outbid 1@2100
3 3000 outbid 1@3000
4 3100 too_low
4 5000 leading 3250
1 3300 too_low
5 3600 outbid 4@3850
";

#[test]
fn steps_table() {
    let mut venue = Venue::default();
    venue.run("> auction english increments=[[0,50],[500,100],[2500,250]]");
    for row in STEPS.trim().lines().skip(1) {
        let lines = venue.run(&format!("> bid {}", row[..6].trim()));
        let first = &lines[0];
        let price = |line: &str| line.split("price=").nth(1).map(|p| p.to_owned());
        let answer = if first.contains("rejected") {
            first.split("reason=").nth(1).unwrap().to_owned()
        } else if first.contains("leading") {
            format!("leading {}", price(first).unwrap())
        } else {
            let leader = lines[1].strip_prefix("bid account=").unwrap();
            assert!(lines[1].contains("leading"), "{row}: {lines:?}");
            format!("outbid {}@{}", &leader[..1], price(&lines[1]).unwrap())
        };
        assert_eq!(answer, row[7..], "{row}: {lines:?}");
    }
}

#[test]
fn every_line_of_the_steps_table() {
    check(
        "
        > auction english increments=[[0,50],[500,100],[2500,250]]
        accepted do=create_auction id=1
        auction open price=1000 bids=0 closes_at=100
        > bid 1 3000
        bid account=1 #1 leading price=1000
        auction open price=1000 leader=1 bids=1 closes_at=100
        > query_balance account=1 asset=2
        balance account=1 asset=2 available=7000 held=3000
        > bid 2 2000
        bid account=2 #2 outbid price=2100
        bid account=1 #1 leading price=2100
        auction open price=2100 leader=1 bids=2 closes_at=100
        > query_balance account=2 asset=2
        balance account=2 asset=2 available=10000 held=0
        > bid 3 3000
        bid account=3 #3 outbid price=3000
        bid account=1 #1 leading price=3000
        auction open price=3000 leader=1 bids=3 closes_at=100
        > bid 4 3100
        bid account=4 #4 rejected reason=too_low
        > bid 4 5000
        bid account=4 #5 leading price=3250
        bid account=1 #1 outbid price=3250
        auction open price=3250 leader=4 bids=4 closes_at=100
        > query_balance account=1 asset=2
        balance account=1 asset=2 available=10000 held=0
        > bid 1 3300
        bid account=1 #6 rejected reason=too_low
        > bid 5 3600
        bid account=5 #7 outbid price=3850
        bid account=4 #5 leading price=3850
        auction open price=3850 leader=4 bids=5 closes_at=100
        > @100 tick
        auction sold price=3850 leader=4 bids=5 closes_at=100
        bid account=4 #5 won price=3850 qty=1
        > query_balance account=4
        balance account=4 asset=1 available=1 held=0
        balance account=4 asset=2 available=6150 held=0
        > query_balance account=9
        balance account=9 asset=1 available=9 held=0
        balance account=9 asset=2 available=3850 held=0
        ",
    );
}

#[test]
fn reserve_worked() {
    check(
        "
        > auction english reserve_price=2000 increments=[[0,50],[500,100],[2500,250]]
        accepted do=create_auction id=1
        auction open price=1000 bids=0 closes_at=100 reserve_met=false
        > bid 1 1500
        bid account=1 #1 leading price=1000
        auction open price=1000 leader=1 bids=1 closes_at=100 reserve_met=false
        > bid 2 2500
        bid account=2 #2 leading price=2000
        bid account=1 #1 outbid price=2000
        auction open price=2000 leader=2 bids=2 closes_at=100 reserve_met=true
        > bid 1 3000
        bid account=1 #3 leading price=2750
        bid account=2 #2 outbid price=2750
        auction open price=2750 leader=1 bids=3 closes_at=100 reserve_met=true
        ",
    );
}

#[test]
fn a_first_bid_that_reaches_the_reserve_leads_at_it() {
    check(
        "
        > auction english reserve_price=2000
        accepted do=create_auction id=1
        auction open price=1000 bids=0 closes_at=100 reserve_met=false
        > bid 1 2000
        bid account=1 #1 leading price=2000
        auction open price=2000 leader=1 bids=1 closes_at=100 reserve_met=true
        ",
    );
}

#[test]
fn unsold_below_the_reserve() {
    check(
        "
        > auction english reserve_price=5000
        accepted do=create_auction id=1
        auction open price=1000 bids=0 closes_at=100 reserve_met=false
        > bid 1 4000
        bid account=1 #1 leading price=1000
        auction open price=1000 leader=1 bids=1 closes_at=100 reserve_met=false
        > bid 2 4500
        bid account=2 #2 leading price=4001
        bid account=1 #1 outbid price=4001
        auction open price=4001 leader=2 bids=2 closes_at=100 reserve_met=false
        > @100 tick
        auction unsold price=4001 bids=2 closes_at=100 reserve_met=false
        bid account=2 #2 lost reason=reserve_not_met
        > query_balance account=2 asset=2
        balance account=2 asset=2 available=10000 held=0
        > query_balance account=9 asset=1
        balance account=9 asset=1 available=10 held=0
        ",
    );
}

#[test]
fn soft_close_worked() {
    check(
        "
        > auction english extend_window=10 extend_by=10 increments=[[0,50],[500,100],[2500,250]]
        accepted do=create_auction id=1
        auction open price=1000 bids=0 closes_at=100
        > @90 bid 1 1500
        bid account=1 #1 leading price=1000
        auction open price=1000 leader=1 bids=1 closes_at=100
        > @99 bid 2 2500
        bid account=2 #2 leading price=1600
        bid account=1 #1 outbid price=1600
        auction extended price=1600 leader=2 bids=2 closes_at=109
        > query_auction
        auction open price=1600 leader=2 bids=2 closes_at=109
        > query_deadlines
        deadline kind=auction_close id=1 time=109
        > @104 bid 1 3000
        bid account=1 #3 leading price=2750
        bid account=2 #2 outbid price=2750
        auction extended price=2750 leader=1 bids=3 closes_at=114
        > @120 bid 3 9000
        @114 auction sold price=2750 leader=1 bids=3 closes_at=114
        @114 bid account=1 #3 won price=2750 qty=1
        bid account=3 #4 rejected reason=too_late
        ",
    );
}

#[test]
fn neither_a_rejected_bid_nor_the_leaders_raise_extends_and_there_is_a_cap() {
    check(
        "
        > auction english extend_window=10 extend_by=10 max_extensions=1
        accepted do=create_auction id=1
        auction open price=1000 bids=0 closes_at=100
        > @50 bid 1 3000
        bid account=1 #1 leading price=1000
        auction open price=1000 leader=1 bids=1 closes_at=100
        > @95 bid 2 1000
        bid account=2 #2 rejected reason=too_low
        > bid 1 4000
        bid account=1 #3 leading price=1000
        auction open price=1000 leader=1 bids=2 closes_at=100
        > bid 2 1500
        bid account=2 #4 outbid price=1501
        bid account=1 #3 leading price=1501
        auction extended price=1501 leader=1 bids=3 closes_at=105
        > @104 bid 2 2000
        bid account=2 #5 outbid price=2001
        bid account=1 #3 leading price=2001
        auction open price=2001 leader=1 bids=4 closes_at=105
        > @105 tick
        auction sold price=2001 leader=1 bids=4 closes_at=105
        bid account=1 #3 won price=2001 qty=1
        ",
    );
}

#[test]
fn a_longer_wait_than_the_window_never_shortens_the_auction() {
    check(
        "
        > auction english extend_window=50 extend_by=5
        accepted do=create_auction id=1
        auction open price=1000 bids=0 closes_at=100
        > @60 bid 1 3000
        bid account=1 #1 leading price=1000
        auction open price=1000 leader=1 bids=1 closes_at=100
        > @99 bid 2 4000
        bid account=2 #2 leading price=3001
        bid account=1 #1 outbid price=3001
        auction extended price=3001 leader=2 bids=2 closes_at=104
        ",
    );
}

#[test]
fn the_leader_raises_its_own_maximum() {
    check(
        "
        > auction english reserve_price=2000 increments=[[0,100]]
        accepted do=create_auction id=1
        auction open price=1000 bids=0 closes_at=100 reserve_met=false
        > bid 1 1500
        bid account=1 #1 leading price=1000
        auction open price=1000 leader=1 bids=1 closes_at=100 reserve_met=false
        > bid 1 1500
        bid account=1 #2 rejected reason=too_low
        > bid 1 1050
        bid account=1 #3 rejected reason=too_low
        > bid 1 1800
        bid account=1 #4 leading price=1000
        auction open price=1000 leader=1 bids=2 closes_at=100 reserve_met=false
        > bid 1 9000
        bid account=1 #5 leading price=2000
        auction open price=2000 leader=1 bids=3 closes_at=100 reserve_met=true
        > bid 1 10000
        bid account=1 #6 leading price=2000
        auction open price=2000 leader=1 bids=4 closes_at=100 reserve_met=true
        > bid 1 10001
        bid account=1 #7 rejected reason=insufficient_funds
        > query_balance account=1 asset=2
        balance account=1 asset=2 available=0 held=10000
        > @100 tick
        auction sold price=2000 leader=1 bids=4 closes_at=100 reserve_met=true
        bid account=1 #6 won price=2000 qty=1
        ",
    );
}

#[test]
fn an_outbid_bid_must_be_payable_too() {
    check(
        "
        > withdraw account=2 asset=2 amount=8500
        balance account=2 asset=2 available=1500 held=0
        > auction english
        accepted do=create_auction id=1
        auction open price=1000 bids=0 closes_at=100
        > bid 1 3000
        bid account=1 #1 leading price=1000
        auction open price=1000 leader=1 bids=1 closes_at=100
        > bid 2 1501
        bid account=2 #2 rejected reason=insufficient_funds
        > bid 2 1500
        bid account=2 #3 outbid price=1501
        bid account=1 #1 leading price=1501
        auction open price=1501 leader=1 bids=2 closes_at=100
        ",
    );
}

#[test]
fn buy_now() {
    check(
        "
        > auction english buy_now=5000 reserve_price=4000
        accepted do=create_auction id=1
        auction open price=1000 bids=0 closes_at=100 reserve_met=false
        > buy_now account=9
        bid account=9 rejected reason=own_auction
        > withdraw account=2 asset=2 amount=5001
        balance account=2 asset=2 available=4999 held=0
        > buy_now account=2
        bid account=2 rejected reason=insufficient_funds
        > buy_now account=1
        bid account=1 won price=5000 qty=1
        auction sold price=5000 leader=1 bids=0 closes_at=100 reserve_met=true
        > query_balance account=1
        balance account=1 asset=1 available=1 held=0
        balance account=1 asset=2 available=5000 held=0
        > query_balance account=9
        balance account=9 asset=1 available=9 held=0
        balance account=9 asset=2 available=5000 held=0
        > query_deadlines
        > buy_now account=2
        bid account=2 rejected reason=too_late
        ",
    );
}

#[test]
fn buy_now_is_gone_with_the_first_accepted_bid_and_a_bid_of_it_is_an_ordinary_one() {
    check(
        "
        > auction english buy_now=5000 reserve_price=4000
        accepted do=create_auction id=1
        auction open price=1000 bids=0 closes_at=100 reserve_met=false
        > bid 1 999
        bid account=1 #1 rejected reason=too_low
        > bid 1 1000
        bid account=1 #2 leading price=1000
        auction open price=1000 leader=1 bids=1 closes_at=100 reserve_met=false
        > buy_now account=2
        bid account=2 rejected reason=no_buy_now
        > bid 2 6000
        bid account=2 #3 leading price=4000
        bid account=1 #2 outbid price=4000
        auction open price=4000 leader=2 bids=2 closes_at=100 reserve_met=true
        > auction english auction=2
        accepted do=create_auction id=2
        auction auction=2 open price=1000 bids=0 closes_at=100
        > buy_now account=2 auction=2
        bid account=2 auction=2 rejected reason=no_buy_now
        ",
    );
}
