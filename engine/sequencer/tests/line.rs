//! The line in memory: order, priority, busy, durability, queries, stopping and failing.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use ringpit_core::command::{CreateAsset, QueryDepth};
use ringpit_core::{AssetId, Command, Engine, Input, InstrumentId, SessionId};
use ringpit_sequencer::memory::{self, MemoryControl, MemoryFlusher, MemoryLog};
use ringpit_sequencer::{
    Busy, Class, Config, Lane, Line, OutputKind, Pin, RecordKind, Started, SystemClock, start,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn config() -> Config {
    Config { pin: Pin::None, ..Config::default() }
}

fn line() -> (Line<MemoryLog, MemoryFlusher>, MemoryControl) {
    let (store, control) = memory::store(1 << 20);
    (Line { engine: Engine::new(), checkpointed_seq: 0, store }, control)
}

fn start_in_memory(config: &Config) -> (Started, MemoryControl) {
    let (line, control) = line();
    (start(config, line, SystemClock, Arc::new(|| ())).unwrap(), control)
}

fn asset(number: u32) -> Input {
    let code = ringpit_core::command::Text::new("A").unwrap();
    Input {
        session: SessionId(7),
        client_seq: u64::from(number),
        command: CreateAsset { asset: AssetId(number), code, decimals: 0 }.into(),
    }
}

/// Polls until `until` says so; a test that hangs fails after a minute.
fn wait_until(mut until: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !until() {
        assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain");
        std::thread::yield_now();
    }
}

#[test]
fn inputs_are_journaled_in_the_order_of_the_ring() {
    let (mut started, control) = start_in_memory(&config());
    for number in 1..=1_000 {
        while started.input.offer(Lane::Normal, Class::Protected, 9, &asset(number)) == Err(Busy) {
            std::thread::yield_now();
        }
        started.input.wake();
    }
    let mut applied = 0;
    wait_until(|| {
        started.output.poll(64, |slot| {
            applied += u64::from(slot.kind == OutputKind::Applied);
            assert_eq!((slot.kind, slot.seq), (OutputKind::Applied, applied));
            assert_eq!(slot.ref_seq_no, Some(applied));
        });
        applied == 1_000
    });
    let watermark = started.running.watermark();
    wait_until(|| watermark.releasable() == 1_000);
    let engine = started.running.stop().unwrap();
    assert_eq!(engine.seq(), 1_000);
    let records = control.records();
    assert_eq!(records.len(), 1_001);
    for (record, number) in records.iter().zip(1..) {
        if record.kind == RecordKind::Input {
            let input = ringpit_core::codec::decode(&record.payload).unwrap();
            assert_eq!((record.seq, input), (number, asset(number as u32)));
        }
    }
    assert!(records.windows(2).all(|pair| pair[0].at <= pair[1].at));
    assert_eq!(records[1_000].kind, RecordKind::Checkpoint);
}

#[test]
fn a_query_is_answered_at_its_place_and_not_journaled() {
    let (mut started, control) = start_in_memory(&config());
    let query = Input {
        session: SessionId(3),
        client_seq: 5,
        command: Command::QueryDepth(QueryDepth { instrument: InstrumentId(1) }),
    };
    started.input.offer(Lane::Normal, Class::NewBusiness, 77, &query).unwrap();
    started.input.wake();
    let mut ended = false;
    wait_until(|| {
        started.output.poll(64, |slot| {
            assert_eq!((slot.tag, slot.owner_seq), (77, 0));
            ended |= matches!(slot.kind, OutputKind::EndOfQuery { .. });
        });
        ended
    });
    assert_eq!(started.running.stop().unwrap().seq(), 0);
    assert!(control.records().is_empty());
}
