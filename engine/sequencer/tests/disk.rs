//! The line on disk: stopped and started again it is the same engine and gives the same events;
//! a replay that differs is named; what a session missed is found again.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use common::venue::{open, order, setup};
use common::{TestClock, config, offer_patiently, read_until_applied, wait_until};
use ringpit_core::{Emitted, Event, Input, SessionId};
use ringpit_journal::Options;
use ringpit_sequencer::{
    Checkpoint, Missing, RecoverError, Recovered, ReplayError, Replayer, Sent, Started,
    SystemClock, recover, replay, start,
};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

/// Small files, so that the line runs through several.
fn options() -> Options {
    Options { segment_bytes: 64 << 10, tail_bytes: 64 << 10, ..Options::default() }
}

fn recover_in(dir: &Path) -> (Recovered, Vec<Sent>) {
    let mut events = Vec::new();
    let mut on_event = |emitted: &Emitted<'_>| events.push(Sent::from(emitted));
    let recovered = recover(dir, &options(), &mut |_| (), &mut on_event).unwrap();
    (recovered, events)
}

fn start_on(recovered: Recovered) -> Started {
    start(&config(), recovered.line, SystemClock, Arc::new(|| ())).unwrap()
}

/// Runs inputs through the line; gives their events.
fn run(started: &mut Started, inputs: impl IntoIterator<Item = Input>) -> Vec<Sent> {
    let mut events = Vec::new();
    for (input, tag) in inputs.into_iter().zip(1..) {
        offer_patiently(&mut started.input, tag, &input);
        events.extend(read_until_applied(&mut started.output, tag));
    }
    events
}

#[test]
fn stopped_and_started_again_it_is_the_same_line() {
    let dir = tempfile::tempdir().unwrap();
    let (recovered, events) = recover_in(dir.path());
    assert!(recovered.journal.is_new && events.is_empty());
    let mut started = start_on(recovered);
    let mut sent = run(&mut started, setup(2));
    sent.extend(run(&mut started, (1..=500).map(|number| order(1, number))));
    let engine = started.running.stop().unwrap();

    let (recovered, events) = recover_in(dir.path());
    assert_eq!(recovered.checkpoints, 1);
    assert_eq!(Checkpoint::of(&recovered.line.engine), Checkpoint::of(&engine));
    assert!(events == sent, "the same events come out once more");
    let mut started = start_on(recovered);
    sent.extend(run(&mut started, (1..=500).map(|number| order(2, number))));
    let engine = started.running.stop().unwrap();
    let (recovered, events) = recover_in(dir.path());
    assert_eq!(recovered.checkpoints, 2);
    assert!(events == sent);
    drop(start_on(recovered).running.stop().unwrap());

    let mut again = 0;
    let replayed = replay(dir.path(), u64::MAX, &mut |_| (), &mut |_| again += 1).unwrap();
    assert_eq!((again, replayed.checkpoints), (sent.len(), 2));
    assert_eq!(Checkpoint::of(&replayed.engine), Checkpoint::of(&engine));
    assert!(replayed.journal.unwrap().is_undamaged());
    let part = replay(dir.path(), 100, &mut |_| (), &mut |_| ()).unwrap();
    assert_eq!((part.engine.seq(), part.checkpoints, part.journal), (100, 0, None));
}

/// Found by the simulator: the checkpoint of a clean stop is later than the last input, and a line
/// that began again by a clock between the two stamped an input before it and stopped for good.
#[test]
fn a_clock_set_back_behind_the_last_checkpoint_stops_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let begin = |recovered: Recovered| {
        start(&config(), recovered.line, clock.clone(), Arc::new(|| ())).unwrap()
    };
    let mut started = begin(recover_in(dir.path()).0);
    run(&mut started, setup(1));
    clock.pass(Duration::from_secs(10));
    let last_input_ns = started.running.stop().unwrap().now();

    clock.set_unix_ns(last_input_ns + 2_000_000_000);
    let mut started = begin(recover_in(dir.path()).0);
    let sent = run(&mut started, [order(1, 1)]);
    assert!(sent.iter().all(|sent| sent.at >= last_input_ns + 10_000_000_000));
    started.running.stop().unwrap();
}

#[test]
fn a_replay_that_differs_is_refused_with_the_number() {
    let dir = tempfile::tempdir().unwrap();
    let mut started = start_on(recover_in(dir.path()).0);
    run(&mut started, setup(1));
    let engine = started.running.stop().unwrap();
    let seq = engine.seq();

    // A line that claims to have been something else after its next input.
    let opened = ringpit_journal::open(dir.path(), &options(), &mut |_| Ok(()), &mut |_| ());
    let mut opened = opened.unwrap();
    let flusher = std::thread::spawn(move || opened.flusher.run(|_| ()).unwrap());
    let mut bytes = [0; 1_024];
    let len = ringpit_core::codec::encode(&order(1, 1), &mut bytes).unwrap();
    let append = |appender: &mut ringpit_journal::Appender, kind, payload: &[u8]| {
        appender.append(kind, seq + 1, u64::MAX / 4, payload).unwrap();
    };
    append(&mut opened.appender, ringpit_journal::Kind::Input, &bytes[..len]);
    let lie = Checkpoint { seq: seq + 1, state_hash: 1, events_digest: 2 };
    append(&mut opened.appender, ringpit_journal::Kind::Checkpoint, &lie.to_bytes());
    opened.appender.close();
    drop(opened.reader);
    flusher.join().unwrap();

    let refused = recover(dir.path(), &options(), &mut |_| (), &mut |_| ()).err().unwrap();
    let RecoverError::Replay(ReplayError::Diverged { seq: at, agreed, what, journaled, .. }) =
        refused
    else {
        panic!("{refused}")
    };
    assert_eq!((at, agreed, what, journaled), (seq + 1, seq, "events digest", 2));
}

fn ask(replayer: &Replayer, session: u64, version: u64, from: u64, count: u64) -> Vec<Sent> {
    let (send, receive) = channel();
    let missing = Missing { session: SessionId(session), version, from, count };
    replayer.ask(missing, move |answer| send.send(answer).unwrap()).unwrap();
    receive.recv().unwrap().unwrap()
}

#[test]
fn what_a_session_missed_is_found_again_while_the_line_runs() {
    let dir = tempfile::tempdir().unwrap();
    let (recovered, _) = recover_in(dir.path());
    let reader = recovered.reader.clone();
    let mut started = start_on(recovered);
    let watermark = started.running.watermark();
    let replayer = Replayer::start(reader, watermark.clone()).unwrap();
    let mut sent = run(&mut started, setup(2));
    sent.extend(run(&mut started, (1..=400).map(|number| order(1 + number % 2, 1 + number / 2))));
    let last = sent.last().unwrap().seq;
    wait_until(|| watermark.durable() >= last);
    let of = |session: u64, sent: &[Sent]| -> Vec<Sent> {
        sent.iter().filter(|sent| sent.owner.0 == session).copied().collect()
    };
    let (first, second) = (of(1, &sent), of(2, &sent));
    assert!(first.len() > 100 && second.len() > 100);
    assert!(first.iter().zip(1..).all(|(sent, number)| sent.owner_seq == number));
    assert!(first.iter().any(|sent| matches!(sent.event, Event::ExecutionReport(_))));
    assert!(ask(&replayer, 1, 1, 1, 2_000) == first);
    assert!(ask(&replayer, 2, 1, 11, 20) == second[10..30]);
    assert!(ask(&replayer, 1, 1, first.len() as u64, 5) == first[first.len() - 1..]);
    assert!(ask(&replayer, 1, 1, first.len() as u64 + 1, 5).is_empty());
    assert!(ask(&replayer, 1, 2, 1, 5).is_empty(), "there is no second version yet");

    let anew = Input::venue(open(SessionId(1), 2));
    let mut sent = run(&mut started, [anew]);
    sent.extend(run(&mut started, (1..=20).map(|number| order(1, number))));
    let last = sent.last().unwrap().seq;
    wait_until(|| watermark.durable() >= last);
    assert!(ask(&replayer, 1, 2, 1, 2_000) == of(1, &sent));
    assert!(ask(&replayer, 1, 1, 1, 2_000) == first, "the first version's numbers are its own");
    started.running.stop().unwrap();
}
