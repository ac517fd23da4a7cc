//! What an account has open, and who is told.

use crate::script::check;
use ringpit_core::command::{AccountRange, Command, SessionConfig, SessionOpen};
use ringpit_core::event::Event;
use ringpit_core::{AccountId, CancelOnDisconnect, Emitted, Engine, Input, List, Role, SessionId};
use ringpit_vocab::Scenario;

#[test]
fn open_bids_are_those_that_hold_money_by_auction_then_acceptance() {
    check(
        "
        > auction uniform auction=7 qty=5 start_price=1
        accepted do=create_auction id=7
        auction auction=7 open bids=0 closes_at=100
        > auction english
        accepted do=create_auction id=1
        auction open price=1000 bids=0 closes_at=100
        > bid 1 10 auction=7 qty=1
        bid account=1 auction=7 #1 accepted price=10
        auction auction=7 open bids=1 closes_at=100
        > bid 1 2000
        bid account=1 #2 leading price=1000
        auction open price=1000 leader=1 bids=1 closes_at=100
        > bid 2 1500
        bid account=2 #3 outbid price=1501
        bid account=1 #2 leading price=1501
        auction open price=1501 leader=1 bids=2 closes_at=100
        > bid 1 9 auction=7 qty=2
        bid account=1 auction=7 #4 accepted price=9
        auction auction=7 open bids=2 closes_at=100
        > query_open account=1
        bid account=1 #2 leading price=1501
        bid account=1 auction=7 #1 accepted price=10
        bid account=1 auction=7 #4 accepted price=9
        > query_open account=2
        ",
    );
}

/// Sessions 5 and 6 may bid for accounts 1 and 2.
fn venue(engine: &mut Engine, sink: &mut impl FnMut(&Emitted<'_>)) {
    for text in [
        r#"{"do":"create_asset","asset":1,"code":"ITEM","decimals":0}"#,
        r#"{"do":"create_asset","asset":2,"code":"USD","decimals":0}"#,
        r#"{"do":"open_account","account":9}"#,
        r#"{"do":"open_account","account":1}"#,
        r#"{"do":"open_account","account":2}"#,
        r#"{"do":"deposit","account":9,"asset":1,"amount":10}"#,
        r#"{"do":"deposit","account":1,"asset":2,"amount":9000}"#,
        r#"{"do":"deposit","account":2,"asset":2,"amount":9000}"#,
    ] {
        send(engine, 0, 0, text, sink);
    }
    for (session, account) in [(5, 1), (6, 2), (7, 9)] {
        let session = SessionId(session);
        let range = AccountRange { from: AccountId(account), to: AccountId(account) };
        let config = SessionConfig {
            session,
            role: Role::Bidder,
            accounts: List::from_slice(&[range]).unwrap(),
            messages_per_second: 1,
            burst: 1,
            cancels_per_second: 1,
            orders_in_flight: 1,
            cancel_on_disconnect: CancelOnDisconnect::Never,
            grace_ms: 0,
        };
        let open = SessionOpen { session, version: 1, timestamp: 1 };
        for command in [Command::from(config), Command::from(open)] {
            engine.apply(engine.seq() + 1, 0, &Input::venue(command), sink);
        }
    }
}

fn send(
    engine: &mut Engine,
    session: u64,
    at: u64,
    text: &str,
    sink: &mut impl FnMut(&Emitted<'_>),
) {
    let command = Scenario::new().read(text.as_bytes()).unwrap().unwrap().command;
    let input = Input { session: SessionId(session), client_seq: 0, command };
    engine.apply(engine.seq() + 1, at, &input, sink);
    engine.audit().unwrap();
}

#[test]
fn bid_reports_go_to_the_session_that_bid_and_the_auction_line_to_nobody() {
    let mut engine = Engine::new();
    venue(&mut engine, &mut |_| {});
    let mut told: Vec<(u64, &'static str)> = Vec::new();
    let mut sink = |emitted: &Emitted<'_>| {
        let word = match emitted.event {
            Event::BidReport(report) => report.state.word(),
            Event::Auction(auction) => auction.state.word(),
            Event::Rejected(rejected) => rejected.reason.word(),
            Event::Accepted(_) => "accepted",
            other => panic!("{other:?}"),
        };
        told.push((emitted.owner.0, word));
    };
    let create = r#"{"do":"create_auction","auction":1,"kind":"english","seller":9,"asset":1,"qty":1,"quote":2,"start_price":10,"opens_at":0,"closes_at":100}"#;
    send(&mut engine, 5, 0, create, &mut sink);
    for (session, text) in [
        (0, create),
        (5, r#"{"do":"place_bid","account":1,"auction":1,"max_price":20,"bid_id":1}"#),
        (5, r#"{"do":"place_bid","account":2,"auction":1,"max_price":20,"bid_id":1}"#),
        (6, r#"{"do":"place_bid","account":2,"auction":1,"max_price":30,"bid_id":1}"#),
        (6, r#"{"do":"cancel_auction","auction":1}"#),
        (6, r#"{"do":"cancel_auction","auction":1,"account":9}"#),
        (7, r#"{"do":"cancel_auction","auction":1,"account":9}"#),
    ] {
        send(&mut engine, session, 1, text, &mut sink);
    }
    send(&mut engine, 0, 1, r#"{"do":"cancel_auction","auction":1}"#, &mut sink);
    send(&mut engine, 0, 1, &create.replace("\"auction\":1", "\"auction\":2"), &mut sink);
    send(&mut engine, 7, 1, r#"{"do":"cancel_auction","auction":2,"account":9}"#, &mut sink);
    let expected = [
        (5, "not_permitted"),
        (0, "accepted"),
        (0, "open"),
        (5, "leading"),
        (0, "open"),
        (5, "rejected"),
        (6, "leading"),
        (5, "outbid"),
        (0, "open"),
        (6, "not_permitted"),
        (6, "not_permitted"),
        (7, "has_bids"),
        (0, "cancelled"),
        (6, "lost"),
        (0, "accepted"),
        (0, "open"),
        (7, "cancelled"),
    ];
    assert_eq!(told, expected);
}
