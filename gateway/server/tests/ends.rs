//! How connections end: each Terminate code, each deadline, and what the loss of a connection does
//! to the session's orders.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;

use common::world::SECOND;
use common::*;
use ringpit_core::command::SessionLost;
use ringpit_core::*;
use ringpit_server::limits::OUTBOX_BYTES_MAX;
use ringpit_wire::*;

const MS: u64 = 1_000_000;

/// The one Terminate that was said, if it is the last word.
fn code(said: &[Outgoing]) -> Option<TerminationCode> {
    match said.last()? {
        Outgoing::Terminate(terminate) => Some(terminate.code),
        _ => None,
    }
}

fn terminate(world: &World, session: u64, version: u64, code: TerminationCode) -> Vec<u8> {
    let _ = world;
    frame(&Terminate { session_id: SessionId(session), session_ver_id: version, code })
}

#[test]
fn finished_is_answered_with_the_same_code_and_the_line_is_shut() {
    let mut world = World::default();
    for wanted in [TerminationCode::Finished, TerminationCode::SlowConsumer] {
        let (key, version) = world.login(TRADER);
        let said = world.say(key, &terminate(&world, TRADER, version, wanted));
        assert_eq!(
            said,
            [Outgoing::Terminate(Terminate {
                session_id: SessionId(TRADER),
                session_ver_id: version,
                code: wanted,
            })]
        );
        assert!(world.is_over(key));
        world.pass(SECOND);
        assert!(world.written.closed.contains(&key), "a peer that does not close is closed");
    }
}

#[test]
fn we_wait_a_second_for_the_answer_to_our_terminate() {
    let mut world = World::default();
    let (key, version) = world.login(TRADER);
    assert_eq!(
        code(&world.say(key, &frame(&Sequence { next_seq_no: 0 }))),
        Some(TerminationCode::ProtocolViolation)
    );
    assert!(!world.is_over(key));
    assert_eq!(world.command(key, order(11, 1, Side::Buy, 1, 1)), [], "nothing counts any more");
    world.say(key, &terminate(&world, TRADER, version, TerminationCode::ProtocolViolation));
    assert!(world.is_over(key));

    let (key, _) = world.login(TRADER);
    world.say(key, &frame(&Sequence { next_seq_no: 0 }));
    world.pass(SECOND - 1);
    assert!(!world.is_over(key));
    world.pass(1);
    assert!(world.written.closed.contains(&key));
}

#[test]
fn every_violation_ends_the_connection_and_nothing_else() {
    let mut world = World::default();
    let (good, _) = world.login(OTHER);
    let order = command_frame(&order(11, 1, Side::Buy, 1, 1).into(), 0);
    let far = frame(&Sequence { next_seq_no: 1_000_002 });
    let negotiate = signed(&asked_negotiate(TRADER, 1, 1), 2);
    let response = frame(&NegotiationResponse {
        session_id: SessionId(1),
        session_ver_id: 1,
        request_timestamp: 1,
    });
    let mut long_sequence = frame(&Sequence { next_seq_no: 1 });
    long_sequence.push(0);
    long_sequence[3] += 1;
    use TerminationCode::*;
    let before = world.inputs().len();
    let fresh: [(&str, &[u8], TerminationCode); 2] =
        [("order", &order, NotNegotiated), ("sequence", &far, NotNegotiated)];
    for (row, bytes, expected) in fresh {
        let key = world.connect();
        assert_eq!(code(&world.say(key, bytes)), Some(expected), "fresh: {row}");
    }
    assert_eq!(world.inputs().len(), before);
    let (key, _) = world.negotiated(TRADER);
    assert_eq!(code(&world.say(key, &order)), Some(ProtocolViolation), "negotiated: order");
    let (established, table): (_, [(&str, &[u8]); 5]) = (
        ProtocolViolation,
        [
            ("number 0", &frame(&Sequence { next_seq_no: 0 })),
            ("far number", &far),
            ("negotiate", &negotiate),
            ("the server's own", &response),
            ("trailing bytes", &long_sequence),
        ],
    );
    for (row, bytes) in table {
        let (key, _) = world.login(TRADER);
        assert_eq!(code(&world.say(key, bytes)), Some(established), "established: {row}");
    }
    assert!(!world.is_over(good));
    assert_eq!(world.read(good), []);
}

#[test]
fn nothing_may_come_before_the_answer_to_a_login() {
    let mut world = World::default();
    let order = command_frame(&order(11, 1, Side::Buy, 1, 1).into(), 0);
    let (key, version, timestamp) = (world.connect(), world.fresh(), world.stamp());
    let asked = signed(&asked_negotiate(TRADER, version, timestamp), 2);
    let said = world.say(key, &[asked, order.clone()].concat());
    assert_eq!(code(&said), Some(TerminationCode::ProtocolViolation));

    let (key, version) = world.negotiated(TRADER);
    let asked = signed(&asked_establish(TRADER, version, world.stamp()), 2);
    let said = world.say(key, &[asked, order.clone()].concat());
    assert_eq!(code(&said), Some(TerminationCode::ProtocolViolation));

    let (key, version) = world.negotiated(TRADER);
    world.control.hold(true);
    let asked = signed(&asked_establish(TRADER, version, world.stamp()), 2);
    assert_eq!(world.say(key, &asked), []);
    world.give(key, &order);
    world.control.hold(false);
    world.settle();
    assert_eq!(code(&world.read(key)), Some(TerminationCode::ProtocolViolation));
    assert!(!world.inputs().iter().any(|input| matches!(input.command, Command::NewOrder(_))));
}

#[test]
fn bytes_that_are_no_frame_close_without_a_word_before_establish_and_with_one_after() {
    let good = frame(&Sequence { next_seq_no: 1 });
    let spoil = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        bytes
    };
    let table = [
        ("length 13", [&[0, 0, 0, 13], &good[4..]].concat()),
        ("length 4,097", [&[0, 0, 16, 1], &good[4..]].concat()),
        ("length 0", vec![0; 4]),
        ("length huge", vec![255; 4]),
        ("encoding type", spoil(4, 0)),
        ("schema", spoil(10, 0)),
    ];
    let mut world = World::default();
    for (row, bytes) in table {
        let key = world.connect();
        assert_eq!(world.say(key, &bytes), [], "{row}");
        assert!(world.written.closed.contains(&key), "{row}");
        let (key, _) = world.login(TRADER);
        let said = world.say(key, &bytes);
        assert_eq!(code(&said), Some(TerminationCode::ProtocolViolation), "{row}");
    }
}

#[test]
fn a_login_that_is_not_done_after_two_seconds_is_cut_off() {
    let mut world = World::default();
    let silent = world.connect();
    let (slow, _) = world.negotiated(TRADER);
    world.control.hold(true);
    let (stuck, version, timestamp) = (world.connect(), world.fresh(), world.stamp());
    world.say(stuck, &signed(&asked_negotiate(OTHER, version, timestamp), 3));
    world.pass(2 * SECOND - 10);
    assert!(![silent, slow, stuck].iter().any(|key| world.is_over(*key)));
    world.pass(10);
    assert!([silent, slow, stuck].iter().all(|key| world.written.closed.contains(key)));
    world.control.hold(false);
    world.settle();
}

/// Found by the simulator: told of a violation, a client gave its session up for good because the
/// network had stood still for two seconds.
#[test]
fn a_frame_must_be_whole_after_two_seconds() {
    let mut world = World::default();
    let (key, _) = world.login(TRADER);
    let bytes = frame(&Sequence { next_seq_no: 1 });
    for byte in &bytes[..10] {
        world.give(key, &[*byte]);
        world.pass(100 * MS);
    }
    world.pass(SECOND - 1);
    assert_eq!(world.read(key), []);
    world.pass(1);
    assert_eq!(code(&world.read(key)), Some(TerminationCode::KeepAliveLapsed));

    let (key, _) = world.login(TRADER);
    for chunk in bytes.chunks(3) {
        world.give(key, chunk);
    }
    world.give(key, &bytes[..7]);
    world.pass(SECOND);
    world.give(key, &bytes[7..]);
    world.pass(2 * SECOND);
    assert_eq!(world.read(key), [], "whole frames in pieces are fine");
}

#[test]
fn silence_is_filled_by_sequence_and_ends_after_two_intervals() {
    let mut world = World::default();
    let (key, version) = world.negotiated(TRADER);
    world.establish(key, TRADER, |asked| {
        asked.session_ver_id = version;
        asked.keep_alive_interval = 1_000;
    });
    world.pass(SECOND - 1);
    assert_eq!(world.read(key), []);
    world.pass(1);
    assert_eq!(world.read(key), [Outgoing::Sequence(Sequence { next_seq_no: 1 })]);
    world.give(key, &frame(&Sequence { next_seq_no: 1 }));
    world.pass(SECOND);
    assert_eq!(world.read(key), [Outgoing::Sequence(Sequence { next_seq_no: 1 })]);
    world.pass(SECOND);
    assert_eq!(code(&world.read(key)), Some(TerminationCode::KeepAliveLapsed));
}

#[test]
fn whoever_does_not_read_is_cut_off_and_may_come_back() {
    let mut world = World::default();
    world.open_venue();
    let (key, version) = world.login(TRADER);
    world.written.blocked.insert(key);
    let orders = OUTBOX_BYTES_MAX / 150;
    let mut next = 0;
    while world.hub.counters().slow_consumers == 0 {
        let bytes: Vec<u8> = (0..100)
            .flat_map(|n| command_frame(&order(11, next + n, Side::Buy, 1, 1).into(), 0))
            .collect();
        next += 100;
        world.give(key, &bytes);
        world.settle();
        assert!(next < 2 * orders as u64, "it never ended");
    }
    world.written.blocked.remove(&key);
    world.hub.writable(key);
    world.settle();
    let said = world.read(key);
    assert_eq!(code(&said), Some(TerminationCode::SlowConsumer));
    assert!(said.len() > orders / 2);
    let again = world.connect();
    let ack = world.establish(again, TRADER, |asked| {
        asked.session_ver_id = version;
        asked.next_seq_no = 1;
    });
    assert!(ack.last_incoming_seq_no <= next && ack.next_seq_no == ack.last_incoming_seq_no + 1);
}

#[test]
fn a_lost_connection_is_told_to_the_engine_on_the_agreed_terms() {
    let mut world = World::default();
    world.open_venue();
    let (key, version) = world.negotiated(NARROW);
    world.establish(key, NARROW, |asked| {
        asked.session_ver_id = version;
        asked.grace_time = Some(50);
    });
    assert_eq!(world.command(key, order(13, 1, Side::Buy, 5, 5)).len(), 1);
    world.hub.closed(key);
    let lost = |input: &Input| matches!(input.command, Command::SessionLost(_));
    let inputs = world.inputs_until(lost);
    let expected = SessionLost {
        session: SessionId(NARROW),
        cancel_on_disconnect: CancelOnDisconnect::OnDisconnect,
        grace_ns: 50 * MS,
    };
    assert_eq!(inputs.iter().find(|input| lost(input)).unwrap().command, expected.into());
    // The grace time ends by itself; the cancel is fetched after the reconnect.
    world.inputs_until(|input| matches!(input.command, Command::Tick));
    let key = world.connect();
    let ack = world.establish(key, NARROW, |asked| {
        asked.session_ver_id = version;
        asked.next_seq_no = 2;
        asked.last_received_seq_no = 1;
    });
    assert_eq!((ack.next_seq_no, ack.last_incoming_seq_no), (3, 1));
    let request = RetransmitRequest { timestamp: 1, from_seq_no: 2, count: 1 };
    let said = world.say(key, &frame(&request));
    let [Outgoing::Retransmission(_), Outgoing::Event(head, event), Outgoing::Sequence(_)] =
        said[..]
    else {
        panic!("{said:?}")
    };
    assert_eq!((head.msg_seq_num, head.ref_seq_no), (Some(2), None));
    let Event::ExecutionReport(report) = event else { panic!("{event:?}") };
    assert_eq!((report.exec_type, report.reason), (ExecType::Canceled, Some(Reason::Disconnected)));
}

#[test]
fn a_connection_that_comes_back_in_time_keeps_its_orders() {
    let mut world = World::default();
    world.open_venue();
    let (key, version) = world.login(NARROW);
    world.command(key, order(13, 1, Side::Buy, 5, 5));
    world.hub.closed(key);
    let key = world.connect();
    let ack = world.establish(key, NARROW, |asked| {
        asked.session_ver_id = version;
        asked.next_seq_no = 2;
    });
    assert_eq!(ack.next_seq_no, 2);
    std::thread::sleep(std::time::Duration::from_millis(300));
    world.settle();
    assert_eq!(world.read(key), []);
}

#[test]
fn a_login_whose_connection_dies_on_the_way_is_lost_again() {
    let mut world = World::default();
    let (key, version) = world.negotiated(NARROW);
    let asked = asked_establish(NARROW, version, world.stamp());
    world.give(key, &signed(&asked, 5));
    world.hub.closed(key);
    let inputs = world.inputs_until(|input| matches!(input.command, Command::SessionLost(_)));
    let back = inputs.iter().position(|input| matches!(input.command, Command::SessionBack(_)));
    let lost = inputs.iter().position(|input| matches!(input.command, Command::SessionLost(_)));
    assert!(back < lost);
}

#[test]
fn everybody_is_told_when_the_server_stops() {
    let mut world = World::default();
    let (bound, _) = world.login(TRADER);
    let (negotiated, _) = world.negotiated(OTHER);
    world.hub.shut_down(world.now);
    world.settle();
    assert_eq!(code(&world.read(bound)), Some(TerminationCode::ServerShutdown));
    assert!(world.written.closed.contains(&negotiated));
    world.pass(SECOND);
    assert_eq!(world.hub.connection_count(), 0);
}
