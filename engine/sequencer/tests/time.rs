//! Time on the line: deadlines fire without traffic, a jump of the wall clock fires nothing, and
//! what fires is journaled so that a replay fires it again.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use common::venue::{expiring_order, order, setup};
use common::{
    NEW_YEAR_NS, TestClock, config, offer_patiently, read_until_applied, start_in_memory,
    wait_until,
};
use ringpit_core::command::AcceptClockStep;
use ringpit_core::event::{Accepted, Rejected};
use ringpit_core::{Command, CommandKind, Event, ExecType, Field, Input, Reason, SessionId};
use ringpit_sequencer::{
    Clock, OutputKind, OutputPort, ReadLine, RecordKind, Replay, Sent, Started, SystemClock,
};
use std::time::Duration;

const YEAR: Duration = Duration::from_secs(365 * 24 * 3_600);

/// A venue with a resting order of session 1 that expires at this time.
fn with_expiring_order(started: &mut Started, expire_at: u64) -> Vec<Sent> {
    for input in setup(1) {
        offer_patiently(&mut started.input, 0, &input);
    }
    offer_patiently(&mut started.input, 5, &expiring_order(1, 2, expire_at));
    read_until_applied(&mut started.output, 5)
}

fn is_expiry(event: &Event) -> bool {
    matches!(event, Event::ExecutionReport(report) if report.exec_type == ExecType::Expired)
}

fn wait_for_expiry(output: &mut OutputPort) -> Sent {
    let mut expired = None;
    wait_until(|| {
        output.poll(64, |slot| {
            let sent = slot.emitted().as_ref().map(Sent::from);
            expired = expired.or(sent.filter(|sent| is_expiry(&sent.event)));
        });
        expired.is_some()
    });
    expired.unwrap()
}

#[test]
fn a_deadline_fires_by_itself_as_a_journaled_tick() {
    let (mut started, control) = start_in_memory(&config(), SystemClock, 100);
    let expire_at = SystemClock.read().unix_ns + 50_000_000;
    let events = with_expiring_order(&mut started, expire_at);
    let order = events.iter().find(|sent| sent.owner_seq == 1).unwrap();
    let expiry = wait_for_expiry(&mut started.output);
    assert_eq!((expiry.at, expiry.owner, expiry.owner_seq), (expire_at, order.owner, 2));
    assert_eq!(expiry.ref_seq_no, None);
    let engine = started.running.stop().unwrap();
    let records = control.records();
    let tick = records.iter().find(|record| record.seq == expiry.seq).unwrap();
    let input = ringpit_core::codec::decode(&tick.payload).unwrap();
    assert!(input.command == Command::Tick && tick.at >= expire_at);
    let mut replay = Replay::new();
    let mut again = Vec::new();
    let mut failed = None;
    let mut take = |entry: &ringpit_sequencer::Entry<'_>| {
        let mut sink = |emitted: &ringpit_core::Emitted<'_>| again.push(Sent::from(emitted));
        failed = failed.or(replay.take(entry, &mut sink).err());
        std::ops::ControlFlow::Continue(())
    };
    control.reader().read(1, u64::MAX, &mut take).unwrap();
    assert_eq!(failed, None);
    assert!(again.contains(&expiry));
    assert_eq!((replay.checkpoints(), replay.engine().state_hash()), (1, engine.state_hash()));
    assert_eq!(records.iter().filter(|record| record.kind == RecordKind::Checkpoint).count(), 1);
}

fn rejected(by_ns: u64, reason: Reason, field: Option<Field>) -> Event {
    Rejected { command: CommandKind::AcceptClockStep, id: Some(by_ns), reason, field }.into()
}

/// Asks the line to follow the wall clock by at most so much; gives its answer.
fn accept(started: &mut Started, session: u64, by: u64) -> Vec<Event> {
    const TAG: u64 = 77;
    let command = AcceptClockStep { by }.into();
    let input = Input { session: SessionId(session), client_seq: 0, command };
    offer_patiently(&mut started.input, TAG, &input);
    let (mut events, mut is_over) = (Vec::new(), false);
    wait_until(|| {
        // One at a time: what comes after the answer is left to the caller.
        started.output.poll(1, |slot| {
            if slot.tag == TAG {
                events.extend(slot.event().copied());
                is_over |= matches!(slot.kind, OutputKind::EndOfQuery { count: 1 });
            }
        });
        is_over
    });
    events
}

#[test]
fn a_jump_of_a_year_expires_nothing_until_the_operator_accepts_it() {
    let clock = TestClock::new();
    let (mut started, control) = start_in_memory(&config(), clock.clone(), 1_000);
    let expire_at = NEW_YEAR_NS + 3_600_000_000_000;
    with_expiring_order(&mut started, expire_at);
    clock.set_unix_ns(NEW_YEAR_NS + YEAR.as_nanos() as u64);
    let jump_is_seen = |started: &Started| started.running.status().clock_held_back_ns > 0;
    for number in 4..20 {
        offer_patiently(&mut started.input, number, &order(1, number));
        let events = read_until_applied(&mut started.output, number);
        assert!(events.iter().all(|sent| sent.at < expire_at && !is_expiry(&sent.event)));
    }
    assert!(jump_is_seen(&started));
    let year_ns = YEAR.as_nanos() as u64;
    let by = Some(Field::By);
    for (session, by_ns, answer) in [
        (1, year_ns, rejected(year_ns, Reason::NotPermitted, None)),
        (0, year_ns - 1, rejected(year_ns - 1, Reason::BadValue, by)),
        (0, year_ns, Accepted { command: CommandKind::AcceptClockStep, id: year_ns }.into()),
    ] {
        assert_eq!(accept(&mut started, session, by_ns), [answer]);
    }
    let expiry = wait_for_expiry(&mut started.output);
    assert_eq!(expiry.at, expire_at);
    assert!(!jump_is_seen(&started));
    let nothing = rejected(year_ns, Reason::NothingHeldBack, None);
    assert_eq!(accept(&mut started, 0, year_ns), [nothing]);
    started.running.stop().unwrap();
    let commands = control.records().into_iter().filter_map(|record| {
        let is_input = record.kind == RecordKind::Input;
        is_input.then(|| ringpit_core::codec::decode(&record.payload).unwrap().command)
    });
    assert!(
        commands.into_iter().all(|command| command.kind() != CommandKind::AcceptClockStep),
        "the line holds what the step did to its stamps, not that it was accepted"
    );
}

#[test]
fn a_clock_set_back_does_not_turn_the_line_back() {
    let clock = TestClock::new();
    let (mut started, control) = start_in_memory(&config(), clock.clone(), 1_000);
    let expire_at = NEW_YEAR_NS + 10_000_000_000;
    with_expiring_order(&mut started, expire_at);
    clock.set_unix_ns(1_000_000_000);
    for number in 4..20 {
        clock.pass(Duration::from_millis(10));
        offer_patiently(&mut started.input, number, &order(1, number));
        read_until_applied(&mut started.output, number);
    }
    assert!(started.running.status().clock_ahead_ns > 0);
    clock.pass(Duration::from_secs(11));
    started.input.wake();
    assert_eq!(wait_for_expiry(&mut started.output).at, expire_at);
    started.running.stop().unwrap();
    let records = control.records();
    assert!(records.windows(2).all(|pair| pair[0].at <= pair[1].at));
    assert!(records.iter().all(|record| record.at >= NEW_YEAR_NS));
}
