//! What an established session sends: numbers, gaps, duplicates, rights, throttles and a full ring.
//! A refused message is answered, takes its number, and never reaches the journal.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;

use common::world::SECOND;
use common::*;
use ringpit_core::command::*;
use ringpit_core::*;
use ringpit_wire::*;
use std::sync::atomic::Ordering;

/// (number, template, field, reason) of the one BusinessReject that was said.
fn refused(said: &[Outgoing]) -> (u64, u16, u16, Reason) {
    match said {
        [Outgoing::BusinessReject(it)] => {
            (it.ref_seq_no, it.ref_template_id, it.ref_field_id, it.reason)
        }
        _ => panic!("{said:?}"),
    }
}

fn numbers_in_line(world: &World, session: u64) -> Vec<u64> {
    let inputs = world.inputs();
    let own = inputs.iter().filter(|input| input.session == SessionId(session));
    own.map(|input| input.client_seq).collect()
}

fn cancel(cl_ord_id: u64) -> CancelOrder {
    CancelOrder {
        account: AccountId(13),
        instrument: InstrumentId(1),
        order_id: None,
        orig_cl_ord_id: Some(ClOrdId(cl_ord_id)),
    }
}

#[test]
fn every_message_takes_the_next_number_refused_ones_and_queries_too() {
    let mut world = World::default();
    world.open_venue();
    let (key, _) = world.login(TRADER);
    world.command(key, order(11, 1, Side::Buy, 5, 5));
    let kill = KillSwitch { account: AccountId(11), on: true };
    let expected = (2, template_id::KILL_SWITCH, 0, Reason::NotPermitted);
    assert_eq!(refused(&world.command(key, kill)), expected);
    let query = QueryBalance { account: AccountId(11), asset: None };
    let said = world.say(key, &command_frame(&query.into(), 77));
    let Some(Outgoing::QueryEnd(head, end)) = said.last() else { panic!("{said:?}") };
    assert_eq!((head.ref_seq_no, head.query_id, head.msg_seq_num), (Some(3), Some(77), None));
    assert_eq!(end.count as usize, said.len() - 1);
    world.say(key, &frame(&LimitsRequest {}));
    world.command(key, order(11, 2, Side::Buy, 5, 5));
    assert_eq!(numbers_in_line(&world, TRADER), [1, 5]);
}

#[test]
fn a_gap_is_told_and_a_duplicate_is_not_even_looked_at() {
    let mut world = World::default();
    world.open_venue();
    let (key, _) = world.login(TRADER);
    let said = world.say(key, &frame(&Sequence { next_seq_no: 4 }));
    assert_eq!(said, [Outgoing::NotApplied(NotApplied { from_seq_no: 1, count: 3 })]);
    assert_eq!(world.command(key, order(11, 1, Side::Buy, 5, 5)).len(), 1);
    assert_eq!(world.say(key, &frame(&Sequence { next_seq_no: 4 })), []);
    assert_eq!(world.command(key, order(11, 2, Side::Buy, 5, 5)), []);
    assert_eq!(world.command(key, order(11, 3, Side::Buy, 5, 5)).len(), 1);
    assert_eq!(numbers_in_line(&world, TRADER), [4, 5]);
}

#[test]
fn after_a_reconnect_what_did_not_reach_the_journal_is_taken_unchanged() {
    let mut world = World::default();
    world.open_venue();
    let (key, version) = world.login(TRADER);
    world.command(key, order(11, 1, Side::Buy, 5, 5));
    world.is_full.store(true, Ordering::Relaxed);
    let said = world.command(key, order(11, 2, Side::Buy, 5, 5));
    assert_eq!(refused(&said).3, Reason::Busy);
    world.is_full.store(false, Ordering::Relaxed);
    world.hub.closed(key);
    let key = world.connect();
    let ack = world.establish(key, TRADER, |asked| {
        asked.session_ver_id = version;
        asked.next_seq_no = 3;
        asked.last_received_seq_no = 1;
    });
    assert_eq!((ack.next_seq_no, ack.last_incoming_seq_no), (2, 1));
    world.say(key, &frame(&Sequence { next_seq_no: 1 }));
    assert_eq!(world.command(key, order(11, 1, Side::Buy, 5, 5)), [], "1 was executed");
    assert_eq!(world.command(key, order(11, 2, Side::Buy, 5, 5)).len(), 1);
    assert_eq!(numbers_in_line(&world, TRADER), [1, 2]);
}

#[test]
fn an_answer_leaves_only_when_it_is_durable_and_refusals_never_overtake_it() {
    let mut world = World::default();
    world.open_venue();
    let (key, _) = world.login(TRADER);
    world.control.hold(true);
    assert_eq!(world.command(key, order(11, 1, Side::Buy, 5, 5)), []);
    let query = QueryBalance { account: AccountId(11), asset: None };
    assert_eq!(world.say(key, &command_frame(&query.into(), 1)), [], "it shows what may be lost");
    assert_eq!(world.command(key, KillSwitch { account: AccountId(11), on: true }), []);
    world.control.hold(false);
    world.settle();
    let said = world.read(key);
    assert!(matches!(said.first(), Some(Outgoing::Event(_, Event::ExecutionReport(_)))));
    assert!(matches!(said.last(), Some(Outgoing::BusinessReject(_))));
}

#[test]
fn nobody_acts_for_anothers_account() {
    let mut world = World::default();
    world.open_venue();
    let (key, _) = world.login(TRADER);
    let said = world.command(key, order(12, 1, Side::Buy, 5, 5));
    let [Outgoing::Event(_, Event::ExecutionReport(report))] = said[..] else { panic!("{said:?}") };
    assert_eq!((report.exec_type, report.reason), (ExecType::Rejected, Some(Reason::NotPermitted)));
    let query = QueryBalance { account: AccountId(12), asset: None };
    let said = world.say(key, &command_frame(&query.into(), 1));
    let [Outgoing::Event(_, Event::Rejected(rejected)), Outgoing::QueryEnd(..)] = said[..] else {
        panic!("{said:?}")
    };
    assert_eq!((rejected.reason, rejected.field), (Reason::NotPermitted, Some(Field::Account)));
}

#[test]
fn roles_may_send_what_the_table_says() {
    let mut world = World::default();
    world.open_venue();
    let (feed, _) = world.login(FEED);
    let said = world.command(feed, order(11, 1, Side::Buy, 5, 5));
    assert_eq!(refused(&said), (1, template_id::NEW_ORDER, 0, Reason::NotPermitted));
    let (trader, _) = world.login(TRADER);
    let mut legs = List::new();
    legs.push(Leg::Before { time: u64::MAX >> 1 }).unwrap();
    let bid = PlaceBid {
        account: AccountId(11),
        auction: AuctionId(1),
        max_price: 1,
        qty: None,
        bid_id: BidId(1),
    };
    legs.push(Leg::PlaceBid(bid)).unwrap();
    let atomic = Atomic { account: AccountId(11), request_id: RequestId(1), legs };
    let said = world.command(trader, atomic);
    let [Outgoing::BusinessReject(reject)] = said[..] else { panic!("{said:?}") };
    assert_eq!((reject.ref_field_id, reject.group_index), (field_id::LEGS, Some(2)));
    assert_eq!(reject.reason, Reason::NotPermitted);
}

#[test]
fn malformed_messages_are_named_by_template_and_field() {
    let mut world = World::default();
    world.open_venue();
    let (key, _) = world.login(TRADER);
    let good = command_frame(&order(11, 1, Side::Buy, 5, 5).into(), 0);
    let spoil = |at: usize, value: &[u8]| {
        let mut bytes = good.clone();
        bytes[14 + at..14 + at + value.len()].copy_from_slice(value);
        bytes
    };
    let unknown = {
        let mut bytes = good.clone();
        bytes[8..10].copy_from_slice(&9_999_u16.to_le_bytes());
        bytes
    };
    let long = [&[0, 0, 0, 89], &good[4..], &[0; 2]].concat();
    let template = template_id::NEW_ORDER;
    let table = [
        ("side", spoil(20, &[9]), template, field_id::SIDE, Reason::BadEnum),
        ("side null", spoil(20, &[255]), template, field_id::SIDE, Reason::MissingField),
        ("account", spoil(0, &[255; 8]), template, field_id::ACCOUNT, Reason::MissingField),
        ("account far", spoil(7, &[128]), template, field_id::ACCOUNT, Reason::OutOfRange),
        ("trailing", long, template, 0, Reason::BadLength),
        ("template", unknown, 9_999, 0, Reason::UnknownTemplate),
    ];
    for (number, (row, bytes, template, field, reason)) in table.into_iter().enumerate() {
        let expected = (number as u64 + 1, template, field, reason);
        assert_eq!(refused(&world.say(key, &bytes)), expected, "{row}");
    }
    let neither = CancelOrder { orig_cl_ord_id: None, ..cancel(1) };
    assert_eq!(refused(&world.command(key, neither)).3, Reason::MissingField);
    assert_eq!(numbers_in_line(&world, TRADER), []);
}

#[test]
fn new_business_cancels_and_session_messages_have_buckets_of_their_own() {
    let mut world = World::default();
    world.open_venue();
    let (key, _) = world.login(NARROW);
    for cl_ord_id in 1..=3 {
        assert_eq!(world.command(key, order(13, cl_ord_id, Side::Buy, 5, 5)).len(), 1);
    }
    let said = world.command(key, order(13, 4, Side::Buy, 5, 5));
    assert_eq!(refused(&said), (4, template_id::NEW_ORDER, 0, Reason::Throttled));
    let said = world.say(key, &frame(&LimitsRequest {}));
    let [Outgoing::Limits(limits)] = said[..] else { panic!("{said:?}") };
    assert_eq!(
        limits,
        Limits {
            ref_seq_no: 5,
            messages_per_second: 1,
            burst: 3,
            messages_left: 0,
            cancels_per_second: 2,
            cancels_left: 2,
            orders_in_flight: 1_000,
            orders_in_flight_left: 1_000,
        }
    );
    assert_eq!(world.command(key, cancel(1)).len(), 1);
    assert_eq!(world.command(key, cancel(2)).len(), 1);
    assert_eq!(refused(&world.command(key, cancel(3))).3, Reason::Throttled);
    world.pass(SECOND);
    assert_eq!(world.command(key, order(13, 4, Side::Buy, 5, 5)).len(), 1);
    assert!(matches!(world.command(key, cancel(3))[..], [Outgoing::Event(..)]));
    assert_eq!(numbers_in_line(&world, NARROW), [1, 2, 3, 6, 7, 9, 10]);
}

#[test]
fn sustained_abuse_ends_the_connection() {
    let mut world = World::default();
    let (key, _) = world.login(NARROW);
    let request = frame(&LimitsRequest {});
    let said = world.say(key, &request.repeat(100));
    assert!(said.iter().all(|it| matches!(it, Outgoing::Limits(_))), "a hundred a second are fine");
    let said = world.say(key, &request.repeat(1_500));
    let is_throttled = |it: &Outgoing| match it {
        Outgoing::BusinessReject(reject) => reject.reason == Reason::Throttled,
        _ => false,
    };
    assert_eq!(said.iter().filter(|it| is_throttled(it)).count(), 1_001);
    let Some(Outgoing::Terminate(terminate)) = said.last() else { panic!("{:?}", said.last()) };
    assert_eq!(terminate.code, TerminationCode::Throttled);
}

#[test]
fn a_sequence_too_many_ends_the_connection_before_numbers_go_astray() {
    let mut world = World::default();
    let (key, _) = world.login(NARROW);
    let sequence = frame(&Sequence { next_seq_no: 1 });
    assert_eq!(world.say(key, &sequence.repeat(100)), [], "a hundred a second are fine");
    let said = world.say(key, &sequence);
    let [Outgoing::Terminate(terminate)] = said[..] else { panic!("{said:?}") };
    assert_eq!(terminate.code, TerminationCode::Throttled);
}

#[test]
fn a_full_ring_refuses_new_business_and_still_takes_cancels() {
    let mut world = World::default();
    world.open_venue();
    let (key, _) = world.login(NARROW);
    world.command(key, order(13, 1, Side::Buy, 5, 5));
    world.is_full.store(true, Ordering::Relaxed);
    let said = world.command(key, order(13, 2, Side::Buy, 5, 5));
    assert_eq!(refused(&said), (2, template_id::NEW_ORDER, 0, Reason::Busy));
    let said = world.command(key, cancel(1));
    let [Outgoing::Event(_, Event::ExecutionReport(report))] = said[..] else { panic!("{said:?}") };
    assert_eq!(report.exec_type, ExecType::Canceled);
    assert_eq!(world.hub.counters().busy, 1);
}

#[test]
fn only_so_many_may_be_on_their_way() {
    let text = SESSIONS.replace("orders_in_flight = 1000\n", "orders_in_flight = 2\n");
    let narrow = ringpit_server::sessions_file::parse(std::path::Path::new("s"), &text).unwrap();
    let mut world = World::default();
    world.open_venue();
    world.hub.reload(&narrow, world.now);
    let (key, _) = world.login(NARROW);
    let orders: Vec<u8> = (1..=3)
        .flat_map(|n| command_frame(&order(13, n, Side::Buy, 5, 5).into(), 0))
        .chain(command_frame(&cancel(1).into(), 0))
        .collect();
    let said = world.say(key, &orders);
    let rejects = said.iter().filter(|it| matches!(it, Outgoing::BusinessReject(_)));
    assert_eq!(rejects.count(), 1, "{said:?}");
    assert_eq!(numbers_in_line(&world, NARROW), [1, 2, 4]);
    assert_eq!(world.command(key, cancel(2)).len(), 1);
}
