//! What a client missed, byte for byte as it was sent: from memory, from the journal, after a
//! restart; and every way to ask wrongly.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;

use common::world::frames;
use common::*;
use ringpit_core::*;
use ringpit_sequencer::{Missing, Replayer};
use ringpit_server::limits::HISTORY_BYTES_MAX;
use ringpit_server::retransmit::Replayed;
use ringpit_wire::*;
use std::sync::mpsc::channel;

fn request(from_seq_no: u64, count: u32) -> Vec<u8> {
    frame(&RetransmitRequest { timestamp: 42, from_seq_no, count })
}

fn orders(from: u64, count: u64) -> Vec<u8> {
    (from..from + count)
        .flat_map(|n| command_frame(&order(11, n, Side::Buy, 1 + n as i64, 1).into(), 0))
        .collect()
}

/// The events of a whole answer, as bytes, after a look at what stands around them.
fn events(said: &[u8], from: u64, next_live: u64) -> Vec<Vec<u8>> {
    let frames: Vec<&[u8]> = frames(said).collect();
    let read = |frame: &[u8]| decode_outgoing(&Frame::new(frame).unwrap()).unwrap();
    let [first, events @ .., last] = &frames[..] else { panic!("{said:?}") };
    let expected =
        Retransmission { request_timestamp: 42, next_seq_no: from, count: events.len() as u32 };
    assert_eq!(read(first), Outgoing::Retransmission(expected));
    assert_eq!(read(last), Outgoing::Sequence(Sequence { next_seq_no: next_live }));
    events.iter().map(|frame| frame.to_vec()).collect()
}

#[test]
fn memory_gives_the_same_bytes() {
    let mut world = World::default();
    world.open_venue();
    let (key, version) = world.login(TRADER);
    world.give(key, &orders(1, 300));
    world.settle();
    let sent: Vec<Vec<u8>> = frames(&world.read_bytes(key)).map(<[u8]>::to_vec).collect();
    assert_eq!(sent.len(), 300);
    for (from, count) in [(1, 5), (298, 3), (300, 1), (250, 2_000)] {
        world.give(key, &request(from, count));
        world.settle();
        let again = events(&world.read_bytes(key), from, 301);
        let end = (from as usize - 1 + count as usize).min(300);
        assert_eq!(again, sent[from as usize - 1..end]);
    }
    world.hub.closed(key);
    let key = world.connect();
    world.establish(key, TRADER, |asked| {
        asked.session_ver_id = version;
        asked.next_seq_no = 301;
        asked.last_received_seq_no = 100;
    });
    let mut from = 101;
    let mut fetched = Vec::new();
    while from <= 300 {
        world.give(key, &request(from, 2_000));
        world.settle();
        let batch = events(&world.read_bytes(key), from, 301);
        from += batch.len() as u64;
        fetched.extend(batch);
    }
    assert_eq!(fetched, sent[100..]);
}

#[test]
fn the_journal_gives_the_same_bytes() {
    let mut world = World::default();
    world.open_venue();
    let (key, _) = world.login(TRADER);
    let reader = world.control.reader();
    let replayer = Replayer::start(reader, world.running.watermark()).unwrap();
    let mut sent = Vec::new();
    let events_until_forgotten = HISTORY_BYTES_MAX as u64 / 170 + 1_000;
    let mut next = 1;
    while next < events_until_forgotten {
        world.give(key, &orders(next, 500));
        world.settle();
        sent.extend(frames(&world.read_bytes(key)).map(<[u8]>::to_vec));
        next += 500;
    }
    world.give(key, &request(1, 100));
    world.settle();
    assert_eq!(world.read(key), [], "it is no longer in memory");
    let asked = world.hub.next_replay().unwrap();
    assert_eq!((asked.session, asked.from, asked.count), (SessionId(TRADER), 1, 100));
    let (answers, answer) = channel();
    let missing = Missing {
        session: asked.session,
        version: asked.version,
        from: asked.from,
        count: u64::from(asked.count),
    };
    replayer.ask(missing, move |found| answers.send(found).unwrap()).unwrap();
    let found = answer.recv().unwrap().unwrap();
    world.hub.replayed(asked, &Replayed::Events(found));
    world.settle();
    assert_eq!(events(&world.read_bytes(key), 1, next), sent[..100]);
    // One answer is over: the next may be asked for, and may fail.
    world.give(key, &request(50, 100));
    let asked = world.hub.next_replay().unwrap();
    world.hub.replayed(asked, &Replayed::TooMany);
    world.settle();
    assert_eq!(events(&world.read_bytes(key), 50, next), Vec::<Vec<u8>>::new());
    world.give(key, &request(50, 100));
    let asked = world.hub.next_replay().unwrap();
    world.hub.replayed(asked, &Replayed::Failed);
    world.settle();
    assert!(matches!(world.read(key)[..], [Outgoing::RetransmitReject(_)]));
}

#[test]
fn what_was_never_sent_can_t_be_fetched() {
    let mut world = World::default();
    world.open_venue();
    let (key, _) = world.login(TRADER);
    world.give(key, &orders(1, 3));
    world.settle();
    world.read(key);
    use RetransmitRejectCode::*;
    let table = [
        (0, 1, OutOfRange),
        (4, 1, OutOfRange),
        (u64::MAX >> 1, 1, OutOfRange),
        (1, 0, BadCount),
        (1, 2_001, BadCount),
    ];
    for (from, count, code) in table {
        let said = world.say(key, &request(from, count));
        let reject = RetransmitReject { request_timestamp: 42, code };
        assert_eq!(said, [Outgoing::RetransmitReject(reject)], "{from} {count}");
    }
    let newer = world.login(TRADER).0;
    let said = world.say(newer, &request(1, 1));
    assert!(matches!(said[..], [Outgoing::RetransmitReject(_)]), "a new version has no past");
}

#[test]
fn a_second_request_before_the_answer_is_a_violation() {
    let mut world = World::default();
    world.open_venue();
    let (key, _) = world.login(TRADER);
    world.give(key, &orders(1, 3));
    world.settle();
    world.read(key);
    let said = world.say(key, &[request(1, 1), request(2, 1)].concat());
    let Some(Outgoing::Terminate(terminate)) = said.last() else { panic!("{said:?}") };
    assert_eq!(terminate.code, TerminationCode::ProtocolViolation);
    assert_eq!(said.len(), 4, "the first is answered");
}

#[test]
fn after_kill_and_restart_a_client_gets_exactly_what_it_missed() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path());
    let mut operator = Client::login(server.address(), OPERATOR);
    open_venue(&mut operator);
    let mut trader = Client::login(server.address(), TRADER);
    let mut other = Client::login(server.address(), OTHER);
    trader.raw(&orders(1, 50));
    let mut sent: Vec<Vec<u8>> = (0..50).map(|_| trader.receive().bytes).collect();
    // Fills that the trader never reads, or reads only here to know what they were.
    for n in 1..=20 {
        other.command(order(12, n, Side::Sell, 1, 1));
    }
    sent.extend((0..20).map(|_| trader.receive().bytes));
    server.stop().unwrap();
    for _ in 0..2 {
        let server = start(dir.path());
        let (mut again, ack) = Client::again(server.address(), &trader, 51, 30);
        assert_eq!((ack.next_seq_no, ack.last_incoming_seq_no), (71, 50));
        again.raw(&request(31, 2_000));
        let Outgoing::Retransmission(head) = again.receive().message else { panic!() };
        assert_eq!((head.next_seq_no, head.count), (31, 40));
        let fetched: Vec<Vec<u8>> = (0..40).map(|_| again.receive().bytes).collect();
        assert_eq!(fetched, sent[30..]);
        assert_eq!(again.receive().message, Outgoing::Sequence(Sequence { next_seq_no: 71 }));
        drop(again);
        server.stop().unwrap();
    }
}
