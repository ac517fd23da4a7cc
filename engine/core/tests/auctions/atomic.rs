//! Bids as legs of atomic interactions.

use crate::script::check;

#[test]
fn a_bid_must_lead_or_be_accepted_else_all_is_undone() {
    check(
        r#"
        > auction english extend_window=10 extend_by=10
        accepted do=create_auction id=1
        auction open price=1000 bids=0 closes_at=100
        > auction first_price auction=2
        accepted do=create_auction id=2
        auction auction=2 open bids=0 closes_at=100
        > bid 1 3000
        bid account=1 #1 leading price=1000
        auction open price=1000 leader=1 bids=1 closes_at=100
        > @95 atomic account=2 request_id=1 legs=[{"do":"place_bid","auction":2,"max_price":1000,"bid_id":1},{"do":"place_bid","auction":1,"max_price":2000,"bid_id":1}]
        atomic_report account=2 request_id=1 rejected leg=2 reason=outbid
        > query_open account=2
        > query_auction auction=2
        auction auction=2 open bids=0 closes_at=100
        > query_balance account=2 asset=2
        balance account=2 asset=2 available=10000 held=0
        > atomic account=2 request_id=1 legs=[{"do":"place_bid","auction":2,"max_price":1000,"bid_id":1},{"do":"place_bid","auction":1,"max_price":4000,"bid_id":1}]
        atomic_report account=2 request_id=1 done
        bid account=2 auction=2 #1 accepted price=1000
        auction auction=2 open bids=1 closes_at=100
        bid account=2 #1 leading price=3001
        bid account=1 #1 outbid price=3001
        auction extended price=3001 leader=2 bids=2 closes_at=105
        > query_balance account=2 asset=2
        balance account=2 asset=2 available=5000 held=5000
        > query_deadlines
        deadline kind=auction_close id=2 time=100
        deadline kind=auction_close id=1 time=105
        > atomic account=1 request_id=1 legs=[{"do":"place_bid","auction":1,"max_price":3500,"bid_id":2}]
        atomic_report account=1 request_id=1 rejected leg=1 reason=outbid
        > atomic account=1 request_id=1 legs=[{"do":"place_bid","auction":1,"max_price":3001,"bid_id":2}]
        atomic_report account=1 request_id=1 rejected leg=1 reason=too_low
        > @105 tick
        @100 auction auction=2 sold price=1000 leader=2 bids=1 closes_at=100
        @100 bid account=2 auction=2 #1 won price=1000 qty=1
        auction sold price=3001 leader=2 bids=2 closes_at=105
        bid account=2 #1 won price=3001 qty=1
        "#,
    );
}

#[test]
fn a_dutch_auction_that_ended_inside_a_failed_one_is_open_again() {
    check(
        r#"
        > auction dutch step=100 step_every=10
        accepted do=create_auction id=1
        auction open price=1000 bids=0 closes_at=100
        > @20 atomic account=1 request_id=1 legs=[{"do":"place_bid","auction":1,"max_price":2000,"bid_id":1},{"do":"require","counter":1,"min":1}]
        atomic_report account=1 request_id=1 rejected leg=2 reason=below_min
        > query_deadlines
        deadline kind=auction_close id=1 time=100
        > atomic account=1 request_id=1 legs=[{"do":"place_bid","auction":1,"max_price":2000,"bid_id":1}]
        atomic_report account=1 request_id=1 done
        bid account=1 #1 won price=800 qty=1
        auction sold price=800 leader=1 bids=1 closes_at=100
        > query_deadlines
        "#,
    );
}
