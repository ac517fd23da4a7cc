//! Proves that what can be had in any number has its limit, and that the one above it is refused as
//! `full` and leaves nothing behind: scheduled phases, and counters in one ranking.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use ringpit_core::command::*;
use ringpit_core::limits::{COUNTERS_RANKED_MAX, LIST_MAX, PHASES_SCHEDULED_MAX};
use ringpit_core::*;

fn step(engine: &mut Engine, command: impl Into<Command>) -> Vec<Event> {
    let mut events = Vec::new();
    let input = Input::venue(command);
    engine.apply(engine.seq() + 1, engine.now(), &input, &mut |emitted: &Emitted<'_>| {
        events.push(*emitted.event);
    });
    events
}

fn ask(engine: &Engine, query: impl Into<Command>) -> Vec<Event> {
    let mut events = Vec::new();
    engine.query(engine.now(), &Input::venue(query), &mut |emitted: &Emitted<'_>| {
        events.push(*emitted.event);
    });
    events
}

fn refused(events: &[Event]) -> Option<(Reason, Option<Field>)> {
    match events {
        [Event::Rejected(rejected)] => Some((rejected.reason, rejected.field)),
        _ => None,
    }
}

fn instrument(instrument: InstrumentId) -> CreateInstrument {
    CreateInstrument::plain(instrument, Code::new("X").unwrap(), AssetId(1), AssetId(2))
}

#[test]
fn scheduled_phases() {
    let mut engine = Engine::new();
    for asset in [AssetId(1), AssetId(2)] {
        step(&mut engine, CreateAsset { asset, code: Code::new("X").unwrap(), decimals: 0 });
    }
    step(&mut engine, instrument(InstrumentId(1)));
    step(&mut engine, instrument(InstrumentId(2)));
    let most = PHASES_SCHEDULED_MAX as u64;
    let schedule = |instrument, phase, time| SchedulePhase {
        instrument: InstrumentId(instrument),
        phase,
        time,
    };
    for time in 1..=most {
        let phase = Some(Phase::Halted);
        assert_eq!(refused(&step(&mut engine, schedule(1, phase, time))), None);
    }
    let before = engine.contents_hash();
    let one_more = step(&mut engine, schedule(1, Some(Phase::Closed), most + 1));
    assert_eq!(refused(&one_more), Some((Reason::Full, Some(Field::Instrument))));
    assert_eq!(engine.contents_hash(), before);
    // In place of another there is room, and so there is for another instrument, and once one is
    // taken back.
    assert_eq!(refused(&step(&mut engine, schedule(1, Some(Phase::Closed), most))), None);
    assert_eq!(refused(&step(&mut engine, schedule(2, Some(Phase::Closed), 1))), None);
    assert_ne!(engine.contents_hash(), before);
    assert_eq!(refused(&step(&mut engine, schedule(1, None, 7))), None);
    assert_eq!(refused(&step(&mut engine, schedule(1, Some(Phase::Closed), most + 1))), None);
    assert_eq!(ask(&engine, Command::QueryDeadlines).len(), PHASES_SCHEDULED_MAX + 1);
    engine.audit().unwrap();
}

#[test]
fn counters_in_one_ranking() {
    let mut engine = Engine::new();
    let account = AccountId(1);
    step(&mut engine, OpenAccount { account, group: None });
    let touch = |engine: &mut Engine, ids: &[u64]| {
        let add = |id: &u64| Leg::Add { counter: (*id).into(), delta: 1, min: None, max: None };
        let legs: Vec<Leg> = ids.iter().map(add).collect();
        let (request_id, legs) = (RequestId(ids[0]), List::from_slice(&legs).unwrap());
        step(engine, Atomic { account, request_id, legs });
    };
    let all: Vec<u64> = (1..=COUNTERS_RANKED_MAX as u64).collect();
    all.chunks(LIST_MAX).for_each(|ids| touch(&mut engine, ids));
    let ranking = |from: u64, to: u64| QueryCounters { from: from.into(), to: to.into() };
    let last = COUNTERS_RANKED_MAX as u64;
    assert_eq!(ask(&engine, ranking(0, last + 1)).len(), 20);
    touch(&mut engine, &[last + 1]);
    let wide = ask(&engine, ranking(0, last + 1));
    assert_eq!(refused(&wide), Some((Reason::Full, Some(Field::To))));
    assert_eq!(ask(&engine, ranking(2, last + 1)).len(), 20);
    engine.audit().unwrap();
}
