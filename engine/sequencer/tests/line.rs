//! The line in memory: order, priority, busy, back-pressure, durability, queries, stop and failure.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use common::venue::{order, setup};
use common::{TestClock, asset, config, line, offer_patiently, start_in_memory, wait_until};
use ringpit_core::command::QueryDepth;
use ringpit_core::{Command, Event, Input, InstrumentId, SessionId};
use ringpit_sequencer::limits::CHECKPOINT_INPUTS_MIN;
use ringpit_sequencer::{
    Busy, Checkpoint, Class, Config, Failure, InputPort, Lane, OutputKind, OutputPort, RecordKind,
    Started, SystemClock, Wait, start,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Reads until so many inputs were applied; gives their client numbers in order.
fn read_applied(output: &mut OutputPort, count: usize) -> Vec<u64> {
    let mut numbers = Vec::new();
    wait_until(|| {
        output.poll(64, |slot| {
            if slot.kind == OutputKind::Applied {
                assert_eq!(slot.seq as usize, numbers.len() + 1);
                numbers.push(slot.ref_seq_no.unwrap());
            }
        });
        numbers.len() == count
    });
    numbers
}

#[test]
fn inputs_are_journaled_in_the_order_of_the_ring() {
    let (mut started, control) = start_in_memory(&config(), SystemClock, 2_000);
    for number in 1..=1_000 {
        offer_patiently(&mut started.input, 9, &asset(number));
    }
    let numbers = read_applied(&mut started.output, 1_000);
    assert!(numbers.iter().copied().eq(1..=1_000));
    let watermark = started.running.watermark();
    wait_until(|| watermark.releasable() == 1_000);
    assert_eq!(started.running.status().seq, 1_000);
    let engine = started.running.stop().unwrap();
    assert_eq!(engine.seq(), 1_000);
    let records = control.records();
    assert_eq!(records.len(), 1_001);
    for (record, number) in records[..1_000].iter().zip(1..) {
        let input = ringpit_core::codec::decode(&record.payload).unwrap();
        assert_eq!((record.kind, record.seq), (RecordKind::Input, u64::from(number)));
        assert_eq!(input, asset(number));
    }
    assert!(records.windows(2).all(|pair| pair[0].at <= pair[1].at), "time never falls");
    assert_eq!((records[1_000].kind, records[1_000].seq), (RecordKind::Checkpoint, 1_000));
}

/// Most events are public, and most venues have nobody who listens: they don't come out then. What
/// has an owner or answers a query always does.
#[test]
fn public_events_come_out_only_while_somebody_listens() {
    let (mut started, _control) = start_in_memory(&config(), SystemClock, 10_000);
    let book = setup(1);
    let inputs = book.len() as u64;
    for input in &book {
        offer_patiently(&mut started.input, 1, input);
    }
    let come_out = |started: &mut Started, number: u64, tag: u64, command: Command| {
        let input = Input { session: SessionId(1), client_seq: number, command };
        started.input.offer(Lane::Normal, Class::NewBusiness, tag, &input).unwrap();
        let (mut public, mut own, mut is_over) = (0, 0, false);
        wait_until(|| {
            started.output.poll(64, |slot| {
                let is_public = slot.event().is_some_and(Event::is_public);
                public += usize::from(is_public);
                own += usize::from(slot.event().is_some() && !is_public);
                is_over |= slot.kind != OutputKind::Event && slot.ref_seq_no == Some(number);
            });
            is_over
        });
        (public, own)
    };
    let order = |number| order(1, number).command;
    let depth = QueryDepth { instrument: InstrumentId(1) };
    wait_until(|| started.running.status().seq == inputs);
    while started.output.poll(64, |_| ()) > 0 {}
    let (public, own) = come_out(&mut started, 1, 1, order(1));
    assert!(public >= 2 && own == 1, "{public}, {own}: a level, the top of the book, a report");
    started.input.want_public(false);
    assert_eq!(come_out(&mut started, 2, 1, order(3)), (0, 1));
    let (public, own) = come_out(&mut started, 3, 9, depth.into());
    assert!(public > 0 && own == 0, "{public}, {own}: an answer comes to who asked");
    started.input.want_public(true);
    let (public, own) = come_out(&mut started, 4, 1, order(5));
    assert!(public >= 1 && own == 1, "{public}, {own}");
    started.running.stop().unwrap();
}

#[test]
fn long_inputs_travel_beside_the_ring_and_give_their_place_back() {
    let lines = [ringpit_core::command::Line::default(); 16];
    let cart = ringpit_core::command::ReserveCart {
        account: 1.into(),
        sale: 1.into(),
        request_id: 1.into(),
        origin: None,
        lines: ringpit_core::List::from_slice(&lines).unwrap(),
    };
    let config = Config { long_inputs: 3, ..config() };
    let (mut started, control) = start_in_memory(&config, SystemClock, 2_000);
    let input = |number| Input { session: SessionId(1), client_seq: number, command: cart.into() };
    for number in 1..=100 {
        offer_patiently(&mut started.input, 1, &input(number));
    }
    read_applied(&mut started.output, 100);
    started.running.stop().unwrap();
    for (record, number) in control.records()[..100].iter().zip(1..) {
        assert_eq!(ringpit_core::codec::decode(&record.payload).unwrap(), input(number));
    }
}

#[test]
fn priority_goes_first_but_only_so_many_a_round() {
    let clock = TestClock::new();
    let config = Config { priority_per_round: 2, ..config() };
    let (mut started, _control) = start_in_memory(&config, clock.clone(), 1_000);
    let port = &mut started.input;
    clock.hold(|| port.wake());
    for number in 1..=200 {
        port.offer(Lane::Normal, Class::NewBusiness, 1, &asset(number)).unwrap();
    }
    for number in 1_001..=1_005 {
        let input = Input { session: SessionId(8), ..asset(number) };
        port.offer(Lane::Priority, Class::Protected, 1, &input).unwrap();
    }
    port.wake();
    clock.release();
    let applied = read_applied(&mut started.output, 205);
    let at = |number| applied.iter().position(|applied| *applied == number).unwrap();
    assert_eq!([1_001, 1_002, 1_003, 1_004, 1_005].map(at), [0, 1, 66, 67, 132]);
    started.running.stop().unwrap();
}

#[test]
fn new_business_leaves_the_reserved_share_free() {
    let clock = TestClock::new();
    let config = Config { input_slots: 64, reserved_percent: 10, ..config() };
    let (mut started, _control) = start_in_memory(&config, clock.clone(), 1_000);
    let port = &mut started.input;
    for round in 0..3 {
        let first = round * 1_000;
        clock.hold(|| port.wake());
        let taken = |port: &mut InputPort, class, from: u32| {
            let offered = (from..).map(|number| port.offer(Lane::Normal, class, 1, &asset(number)));
            offered.take_while(Result::is_ok).count()
        };
        assert_eq!(taken(port, Class::NewBusiness, first + 1), 58);
        assert_eq!(taken(port, Class::Protected, first + 101), 6);
        assert_eq!(port.offer(Lane::Normal, Class::Protected, 1, &asset(9_000)), Err(Busy));
        let other = Input { session: SessionId(8), ..asset(first + 200) };
        port.offer(Lane::Priority, Class::NewBusiness, 1, &other).unwrap();
        clock.release();
        port.wake();
        let mut applied = 0;
        wait_until(|| {
            let is_applied = |kind| u64::from(kind == OutputKind::Applied);
            started.output.poll(100, |slot| applied += is_applied(slot.kind));
            applied == 65
        });
        wait_until(|| !port.is_nearly_full());
    }
    started.running.stop().unwrap();
}

#[test]
fn a_query_is_answered_at_its_place_and_not_journaled() {
    let (mut started, control) = start_in_memory(&config(), SystemClock, 10);
    let query = Input {
        session: SessionId(3),
        client_seq: 5,
        command: Command::QueryDepth(QueryDepth { instrument: InstrumentId(1) }),
    };
    started.input.offer(Lane::Normal, Class::NewBusiness, 77, &query).unwrap();
    started.input.wake();
    let (mut answers, mut ended) = (0, None);
    wait_until(|| {
        started.output.poll(64, |slot| {
            assert_eq!((slot.tag, slot.owner_seq), (77, 0));
            match slot.kind {
                OutputKind::EndOfQuery { count } => ended = Some(count),
                _ => answers += 1,
            }
        });
        ended.is_some()
    });
    assert_eq!(ended, Some(answers));
    assert_eq!(started.running.stop().unwrap().seq(), 0);
    assert!(control.records().is_empty());
}

#[test]
fn the_reader_is_woken_when_something_may_leave_and_not_before() {
    let (line, control) = line(100);
    let woken = Arc::new(AtomicU64::new(0));
    let count = woken.clone();
    let waker = Arc::new(move || {
        count.fetch_add(1, Ordering::SeqCst);
    });
    let mut started = start(&config(), line, SystemClock, waker).unwrap();
    let watermark = started.running.watermark();
    control.hold(true);
    offer_patiently(&mut started.input, 1, &asset(1));
    wait_until(|| started.running.status().seq == 1);
    assert_eq!((watermark.releasable(), woken.load(Ordering::SeqCst)), (0, 0));
    control.hold(false);
    wait_until(|| watermark.releasable() == 1 && woken.load(Ordering::SeqCst) > 0);
    assert_eq!(read_applied(&mut started.output, 1), [1]);
    started.running.stop().unwrap();
}

#[test]
fn a_full_log_stops_the_intake_and_loses_nothing() {
    let (mut started, control) = start_in_memory(&config(), SystemClock, 10);
    for number in 1..=25 {
        started.input.offer(Lane::Normal, Class::NewBusiness, 1, &asset(number)).unwrap();
    }
    started.input.wake();
    for _ in 0..2 {
        let before = started.running.status().full_waits;
        wait_until(|| started.running.status().full_waits > before && control.is_full());
        control.clear();
    }
    assert!(read_applied(&mut started.output, 25).into_iter().eq(1..=25));
    started.running.stop().unwrap();
}

#[test]
fn a_full_output_ring_makes_the_sequencer_wait_and_loses_nothing() {
    let config = Config { output_slots: 64, ..config() };
    let (mut started, _control) = start_in_memory(&config, SystemClock, 2_000);
    for number in 1..=1_000 {
        offer_patiently(&mut started.input, 1, &asset(number));
    }
    assert!(read_applied(&mut started.output, 1_000).into_iter().eq(1..=1_000));
    started.running.stop().unwrap();
}

#[test]
fn a_reader_that_is_gone_is_not_waited_for() {
    let config = Config { output_slots: 64, ..config() };
    let (mut started, _control) = start_in_memory(&config, SystemClock, 2_000);
    drop(started.output);
    for number in 1..=1_000 {
        offer_patiently(&mut started.input, 1, &asset(number));
    }
    assert_eq!(started.running.stop().unwrap().seq(), 1_000);
}

#[test]
fn after_a_failed_flush_nothing_may_leave_any_more() {
    let (mut started, control) = start_in_memory(&config(), SystemClock, 100);
    let failure = started.running.failure();
    offer_patiently(&mut started.input, 1, &asset(1));
    let watermark = started.running.watermark();
    wait_until(|| watermark.releasable() == 1);
    assert!(!failure.is_set());
    control.fail();
    offer_patiently(&mut started.input, 1, &asset(2));
    wait_until(|| failure.is_set());
    wait_until(|| started.running.is_stopped());
    assert_eq!(watermark.releasable(), 1);
    assert_eq!(started.input.offer(Lane::Normal, Class::Protected, 1, &asset(3)), Err(Busy));
    let reason = Failure::Journal("a flush failed, as the test asked".into());
    assert_eq!(started.running.stop().err(), Some(reason));
}

#[test]
fn a_panic_on_the_line_is_a_failure() {
    let clock = TestClock::new();
    let (mut started, _control) = start_in_memory(&config(), clock.clone(), 100);
    let failure = started.running.failure();
    clock.panic();
    started.input.wake();
    let _ = started.input.offer(Lane::Normal, Class::Protected, 1, &asset(1));
    wait_until(|| failure.is_set());
    assert_eq!(started.running.stop().err(), Some(Failure::Panic("sequencer")));
}

#[test]
fn a_checkpoint_is_written_when_enough_has_happened_and_nothing_waits() {
    let inputs = CHECKPOINT_INPUTS_MIN as u32;
    let (mut started, control) = start_in_memory(&config(), SystemClock, 100_000);
    drop(started.output);
    for number in 1..inputs {
        offer_patiently(&mut started.input, 0, &asset(number));
    }
    wait_until(|| started.running.status().seq == u64::from(inputs - 1));
    assert_eq!(started.running.status().checkpoints, 0);
    offer_patiently(&mut started.input, 0, &asset(inputs));
    wait_until(|| started.running.status().checkpoints == 1);
    offer_patiently(&mut started.input, 0, &asset(inputs + 1));
    let engine = started.running.stop().unwrap();
    let records = control.records();
    let checkpoints: Vec<_> =
        records.iter().filter(|record| record.kind == RecordKind::Checkpoint).collect();
    assert_eq!(checkpoints.iter().map(|c| c.seq).collect::<Vec<_>>(), [65_536, 65_537]);
    let last = Checkpoint::from_bytes(&checkpoints[1].payload).unwrap();
    assert_eq!(last, Checkpoint::of(&engine));
}

#[test]
fn a_spinning_line_does_the_same() {
    let config = Config { wait: Wait::Spin, ..config() };
    let (mut started, _control) = start_in_memory(&config, SystemClock, 1_000);
    for number in 1..=100 {
        offer_patiently(&mut started.input, 1, &asset(number));
    }
    assert!(read_applied(&mut started.output, 100).into_iter().eq(1..=100));
    started.running.stop().unwrap();
}

#[test]
fn settings_that_cannot_be_are_named() {
    let refused = |config: Config| {
        let (line, _control) = line(1);
        start(&config, line, SystemClock, Arc::new(|| ())).unwrap_err().to_string()
    };
    assert_eq!(
        refused(Config { input_slots: 100, ..config() }),
        "input_slots is 100: a power of two from 64 to 1,048,576"
    );
    assert_eq!(
        refused(Config { reserved_percent: 91, ..config() }),
        "reserved_percent is 91: from 0 to 90"
    );
}
