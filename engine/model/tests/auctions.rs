//! The rule book's worked auctions, on the model: steps and proxy bids, reserve, soft close; then
//! the other kinds, and what happens to the money.

mod support;

use ringpit_core::command::*;
use ringpit_core::*;
use support::{BASE, QUOTE, Venue};

const A: AuctionId = AuctionId(7);

/// Seller 3 offers 4 units of the base asset.
fn auction(kind: AuctionKind) -> CreateAuction {
    CreateAuction {
        auction: A,
        kind,
        seller: AccountId(3),
        asset: BASE,
        qty: 4,
        quote: QUOTE,
        start_price: 1_000,
        reserve_price: None,
        buy_now: None,
        increments: None,
        step: None,
        step_every: None,
        floor: None,
        opens_at: 0,
        closes_at: 100,
        extend_window: None,
        extend_by: None,
        max_extensions: None,
    }
}

/// Steps of the worked example.
fn steps() -> Option<List<Increment, LIST_CAPACITY>> {
    let rows = [(0, 50), (500, 100), (2_500, 250)].map(|(from, step)| Increment { from, step });
    List::from_slice(&rows)
}

fn venue(auction: CreateAuction) -> Venue {
    let mut venue = Venue::with_instrument(|_| {});
    for account in (4..=6).map(AccountId) {
        venue.step(OpenAccount { account, group: None });
        venue.step(Deposit { account, asset: QUOTE, amount: 1_000_000, request_id: None });
    }
    venue.step(auction);
    venue
}

fn bid(account: u64, bid_id: u64, max_price: i64) -> PlaceBid {
    let (account, bid_id) = (AccountId(account), BidId(bid_id));
    PlaceBid { account, auction: A, max_price, qty: None, bid_id }
}

/// Bids `account max @time` one after the other; gives their lines.
fn play(venue: &mut Venue, bids: &[(u64, i64, u64)]) -> Vec<String> {
    let mut lines = Vec::new();
    for (id, (account, max, at)) in bids.iter().enumerate() {
        venue.at = *at;
        lines.extend(venue.lines(bid(*account, id as u64, *max)));
    }
    lines
}

#[test]
fn steps_and_proxy_bids() {
    let mut venue = venue(CreateAuction { increments: steps(), ..auction(AuctionKind::English) });
    let (a, b, c, d, e) = (1, 2, 4, 5, 6);
    let bids = [(a, 3000), (b, 2000), (c, 3000), (d, 3100), (d, 5000), (a, 3300), (e, 3600)];
    let bids = bids.map(|(account, max)| (account, max, 1));
    assert_eq!(
        play(&mut venue, &bids),
        [
            "bid 1/0 leading 1000",
            "auction open 1000 leader 1 bids 1 closes 100",
            "bid 2/1 outbid 2100",
            "bid 1/0 leading 2100",
            "auction open 2100 leader 1 bids 2 closes 100",
            "bid 4/2 outbid 3000",
            "bid 1/0 leading 3000",
            "auction open 3000 leader 1 bids 3 closes 100",
            "bid 5/3 rejected too_low",
            "bid 5/4 leading 3250",
            "bid 1/0 outbid 3250",
            "auction open 3250 leader 5 bids 4 closes 100",
            "bid 1/5 rejected too_low",
            "bid 6/6 outbid 3850",
            "bid 5/4 leading 3850",
            "auction open 3850 leader 5 bids 5 closes 100",
        ]
    );
    assert_eq!(venue.balance(1, QUOTE), (1_000_000, 0));
    assert_eq!(venue.balance(5, QUOTE), (995_000, 5_000));
    venue.at = 100;
    assert_eq!(
        venue.lines(Command::Tick),
        ["auction sold 3850 leader 5 bids 5 closes 100", "bid 5/4 won 3850 x4"]
    );
    assert_eq!(venue.balance(5, QUOTE), (996_150, 0));
    assert_eq!(venue.balance(5, BASE), (4, 0));
    assert_eq!(venue.balance(3, QUOTE), (1_003_850, 0));
    assert_eq!(venue.balance(3, BASE), (999_996, 0));
}

#[test]
fn the_reserve_is_shown_when_it_is_met() {
    let mut venue = venue(CreateAuction {
        reserve_price: Some(2_000),
        increments: steps(),
        ..auction(AuctionKind::English)
    });
    let lines = play(&mut venue, &[(1, 1500, 1), (2, 2500, 1), (1, 3000, 1)]);
    let auctions: Vec<&String> = lines.iter().filter(|l| l.starts_with("auction")).collect();
    assert_eq!(
        auctions,
        [
            "auction open 1000 leader 1 bids 1 closes 100 not met",
            "auction open 2000 leader 2 bids 2 closes 100 met",
            "auction open 2750 leader 1 bids 3 closes 100 met",
        ]
    );
}

#[test]
fn a_late_bid_moves_the_end() {
    let mut venue = venue(CreateAuction {
        increments: steps(),
        extend_window: Some(10),
        extend_by: Some(10),
        ..auction(AuctionKind::English)
    });
    let lines = play(&mut venue, &[(1, 1500, 90), (2, 2500, 99), (1, 3000, 104), (4, 9000, 120)]);
    let wanted = [
        "bid 1/0 leading 1000",
        "auction open 1000 leader 1 bids 1 closes 100",
        "bid 2/1 leading 1600",
        "bid 1/0 outbid 1600",
        "auction extended 1600 leader 2 bids 2 closes 109",
        "bid 1/2 leading 2750",
        "bid 2/1 outbid 2750",
        "auction extended 2750 leader 1 bids 3 closes 114",
        "auction sold 2750 leader 1 bids 3 closes 114",
        "bid 1/2 won 2750 x4",
        "bid 4/3 rejected too_late",
    ];
    assert_eq!(lines, wanted);
}

#[test]
fn a_dutch_price_falls_to_its_first_taker() {
    let mut venue = venue(CreateAuction {
        step: Some(300),
        step_every: Some(10),
        floor: Some(200),
        ..auction(AuctionKind::Dutch)
    });
    let lines = play(&mut venue, &[(1, 699, 19), (1, 700, 20), (2, 900, 20)]);
    assert_eq!(
        lines,
        [
            "bid 1/0 rejected too_low",
            "bid 1/1 won 400 x4",
            "auction sold 400 leader 1 bids 1 closes 100",
            "bid 2/2 rejected too_late",
        ]
    );
    assert_eq!(venue.balance(1, QUOTE), (999_600, 0));
}

#[test]
fn sealed_bids_pay_their_own_or_the_second_price() {
    for (kind, price) in [(AuctionKind::FirstPrice, 2_500), (AuctionKind::SecondPrice, 2_000)] {
        let mut venue = venue(CreateAuction { reserve_price: Some(2_000), ..auction(kind) });
        let bids = [(1, 1500, 1), (2, 2500, 1), (4, 900, 1), (1, 1500, 2), (1, 1700, 3)];
        let lines = play(&mut venue, &bids);
        assert_eq!(
            lines,
            [
                "bid 1/0 accepted 1500",
                "auction open bids 1 closes 100",
                "bid 2/1 accepted 2500",
                "auction open bids 2 closes 100",
                "bid 4/2 rejected too_low",
                "bid 1/3 rejected too_low",
                "bid 1/4 accepted 1700",
                "auction open bids 3 closes 100",
            ]
        );
        venue.at = 100;
        let sold = format!("auction sold {price} leader 2 bids 3 closes 100 met");
        let won = format!("bid 2/1 won {price} x4");
        assert_eq!(venue.lines(Command::Tick), [&sold, &won, "bid 1/4 lost reserve_not_met"]);
        assert_eq!(venue.balance(2, QUOTE), (1_000_000 - price, 0));
    }
}

#[test]
fn uniform_buyers_all_pay_the_lowest_price_that_got_a_unit() {
    let mut venue = venue(auction(AuctionKind::Uniform));
    for (account, id, max_price, qty) in [(1, 1, 1500, 2), (2, 2, 1200, 3), (4, 3, 1200, 1)] {
        venue.step(PlaceBid { qty: Some(qty), ..bid(account, id, max_price) });
    }
    assert_eq!(venue.balance(2, QUOTE), (996_400, 3_600));
    venue.at = 100;
    assert_eq!(
        venue.lines(Command::Tick),
        [
            "auction sold 1200 bids 3 closes 100",
            "bid 1/1 won 1200 x2",
            "bid 2/2 won 1200 x2",
            "bid 4/3 lost outbid",
        ]
    );
    assert_eq!(venue.balance(3, QUOTE), (1_004_800, 0));
    assert_eq!(venue.balance(2, BASE), (1_000_002, 0));
}

#[test]
fn cancelling_and_buying_now() {
    let terms = CreateAuction { buy_now: Some(5_000), ..auction(AuctionKind::English) };
    let mut first = venue(terms);
    let buy = BuyNow { auction: A, account: AccountId(2) };
    assert_eq!(
        first.lines(buy),
        ["bid 2/- won 5000 x4", "auction sold 5000 leader 2 bids 0 closes 100"]
    );
    let mut second = venue(terms);
    second.step(bid(1, 1, 1_000));
    assert_eq!(second.lines(buy), ["bid 2/- rejected no_buy_now"]);
    let seller = CancelAuction { auction: A, account: Some(AccountId(3)) };
    assert_eq!(second.lines(seller), ["rejected has_bids auction"]);
    assert_eq!(
        second.lines(CancelAuction { account: None, ..seller }),
        ["auction cancelled 1000 bids 1 closes 100", "bid 1/1 lost cancelled"]
    );
    assert_eq!(second.balance(3, BASE), (1_000_000, 0));
}
