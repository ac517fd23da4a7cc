//! Opening, ending and cancelling: when, and what returns.

use crate::script::check;

#[test]
fn opens_by_a_deadline_at_its_own_time() {
    check(
        "
        > auction english opens_at=10
        accepted do=create_auction id=1
        > query_auction
        auction pending price=1000 bids=0 closes_at=100
        > query_deadlines
        deadline kind=auction_open id=1 time=10
        deadline kind=auction_close id=1 time=100
        > @9 bid 1 1000
        bid account=1 #1 rejected reason=not_open
        > @10 bid 1 1000
        auction open price=1000 bids=0 closes_at=100
        bid account=1 #2 leading price=1000
        auction open price=1000 leader=1 bids=1 closes_at=100
        > @99 query_auction
        auction open price=1000 leader=1 bids=1 closes_at=100
        > @200 bid 2 5000
        @100 auction sold price=1000 leader=1 bids=1 closes_at=100
        @100 bid account=1 #2 won price=1000 qty=1
        bid account=2 #3 rejected reason=too_late
        > query_auction
        auction sold price=1000 leader=1 bids=1 closes_at=100
        > query_stats auction=1
        auction sold price=1000 leader=1 bids=1 closes_at=100
        ",
    );
}

#[test]
fn a_bid_of_the_same_time_as_the_end_comes_after_it() {
    check(
        "
        > auction english
        accepted do=create_auction id=1
        auction open price=1000 bids=0 closes_at=100
        > @100 bid 1 1000
        auction unsold price=1000 bids=0 closes_at=100
        bid account=1 #1 rejected reason=too_late
        ",
    );
}

#[test]
fn ends_of_one_time_fire_as_they_were_set_and_a_moved_one_is_newly_set() {
    check(
        "
        > auction english auction=1 closes_at=99 extend_window=10 extend_by=10
        accepted do=create_auction id=1
        auction open price=1000 bids=0 closes_at=99
        > auction english auction=3
        accepted do=create_auction id=3
        auction auction=3 open price=1000 bids=0 closes_at=100
        > auction english auction=2
        accepted do=create_auction id=2
        auction auction=2 open price=1000 bids=0 closes_at=100
        > @90 bid 1 1000
        bid account=1 #1 leading price=1000
        auction extended price=1000 leader=1 bids=1 closes_at=100
        > @100 tick
        auction auction=3 unsold price=1000 bids=0 closes_at=100
        auction auction=2 unsold price=1000 bids=0 closes_at=100
        auction sold price=1000 leader=1 bids=1 closes_at=100
        bid account=1 #1 won price=1000 qty=1
        ",
    );
}

#[test]
fn the_seller_cancels_before_the_first_bid_and_the_operator_until_the_end() {
    check(
        "
        > auction english reserve_price=1500
        accepted do=create_auction id=1
        auction open price=1000 bids=0 closes_at=100 reserve_met=false
        > cancel_auction account=1
        rejected do=cancel_auction id=1 reason=not_seller field=account
        > cancel_auction account=77
        rejected do=cancel_auction id=1 reason=not_seller field=account
        > bid 1 2000
        bid account=1 #1 leading price=1500
        auction open price=1500 leader=1 bids=1 closes_at=100 reserve_met=true
        > cancel_auction account=9
        rejected do=cancel_auction id=1 reason=has_bids field=auction
        > cancel_auction
        auction cancelled price=1500 bids=1 closes_at=100 reserve_met=true
        bid account=1 #1 lost reason=cancelled
        > query_balance account=1 asset=2
        balance account=1 asset=2 available=10000 held=0
        > query_balance account=9 asset=1
        balance account=9 asset=1 available=10 held=0
        > query_deadlines
        > cancel_auction account=1
        rejected do=cancel_auction id=1 reason=too_late field=auction
        > cancel_auction auction=5
        rejected do=cancel_auction id=5 reason=unknown_auction field=auction
        > bid 2 5000
        bid account=2 #2 rejected reason=too_late
        ",
    );
}

#[test]
fn a_pending_auction_is_cancelled_with_both_its_deadlines() {
    check(
        "
        > auction dutch opens_at=10 step=1 step_every=1 qty=10
        accepted do=create_auction id=1
        > @5 cancel_auction account=9
        auction cancelled price=1000 bids=0 closes_at=100
        > query_deadlines
        > bid 1 1000
        bid account=1 #1 rejected reason=too_late
        > query_balance account=9 asset=1
        balance account=9 asset=1 available=10 held=0
        > @500 tick
        ",
    );
}

#[test]
fn a_cancelled_sealed_auction_returns_everything_by_acceptance() {
    check(
        "
        > auction uniform qty=10 start_price=1
        accepted do=create_auction id=1
        auction open bids=0 closes_at=100
        > bid 2 10 qty=10
        bid account=2 #1 accepted price=10
        auction open bids=1 closes_at=100
        > bid 1 99 qty=10
        bid account=1 #2 accepted price=99
        auction open bids=2 closes_at=100
        > bid 2 20 qty=1
        bid account=2 #3 accepted price=20
        auction open bids=3 closes_at=100
        > cancel_auction
        auction cancelled bids=3 closes_at=100
        bid account=2 #1 lost reason=cancelled
        bid account=1 #2 lost reason=cancelled
        bid account=2 #3 lost reason=cancelled
        > query_balance account=2
        balance account=2 asset=1 available=0 held=0
        balance account=2 asset=2 available=10000 held=0
        ",
    );
}
