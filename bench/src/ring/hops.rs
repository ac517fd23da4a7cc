//! Round trips between two threads: over two atomics, and over two rings made as the line's are.

use super::{await_some, cpus};
use crate::error::BenchError;
use crate::spread::nanoseconds;
use crate::timer::{nanos, pinned};
use crossbeam_utils::CachePadded;
use disruptor::{BusySpin, Producer, build_single_producer};
use hdrhistogram::Histogram;
use ringpit_sequencer::OutputSlot;
use ringpit_sequencer::limits::INPUT_SLOT_BYTES;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Slots of a ring; few of them are in use at once, as in a line that is not behind.
const SLOTS: usize = 4_096;

/// Words of an input that a slot carries, of a common order.
const INPUT_WORDS: usize = 16;

/// What the other end is told to stop with.
const STOP: u64 = u64::MAX;

/// A slot as large as the line's.
#[derive(Clone, Copy)]
struct Slot<const WORDS: usize>([u64; WORDS]);

type InputSlot = Slot<{ INPUT_SLOT_BYTES / 8 }>;
type AnswerSlot = Slot<{ size_of::<OutputSlot>() / 8 }>;

/// Round trips over two atomics, each on a cache line of its own.
pub(super) fn atomics(trips: usize) -> Result<Histogram<u64>, BenchError> {
    let (there, back) = (CachePadded::new(AtomicU64::new(0)), CachePadded::new(AtomicU64::new(0)));
    let [near, far] = cpus();
    let echo = || {
        let mut last = 0;
        loop {
            last = await_some(|| {
                let number = there.load(Ordering::Acquire);
                (number != last).then_some(number)
            });
            if last == STOP {
                return Ok(());
            }
            back.store(last, Ordering::Release);
        }
    };
    let ask = || {
        let round = measure(trips, |number| {
            there.store(number, Ordering::Release);
            await_some(|| (back.load(Ordering::Acquire) == number).then_some(()));
        });
        there.store(STOP, Ordering::Release);
        Ok(round)
    };
    both(near, ask, far, echo)
}

/// Round trips through a ring of input slots and one of output slots.
pub(super) fn rings(trips: usize) -> Result<Histogram<u64>, BenchError> {
    let (mut requests, asking) =
        build_single_producer(SLOTS, || Slot([0; INPUT_SLOT_BYTES / 8]), BusySpin)
            .new_event_poller();
    let empty = || Slot([0; size_of::<OutputSlot>() / 8]);
    let (mut answers, answering) = build_single_producer(SLOTS, empty, BusySpin).new_event_poller();
    let (mut asking, mut answering) = (asking.build(), answering.build());
    let [near, far] = cpus();
    let echo = move || {
        loop {
            await_some(|| requests.has_available().then_some(()));
            let Ok(mut slots) = requests.take(1) else { continue };
            for slot in &mut slots {
                let request: &InputSlot = slot;
                let number = request.0[0];
                if number == STOP {
                    return Ok(());
                }
                black_box(request.0[INPUT_WORDS - 1]);
                let answered = answering.try_publish(|slot: &mut AnswerSlot| slot.0.fill(number));
                assert!(answered.is_ok(), "one is in flight");
            }
        }
    };
    let ask = move || {
        let round = measure(trips, |number| {
            let write = |slot: &mut InputSlot| slot.0[..INPUT_WORDS].fill(number);
            assert!(asking.try_publish(write).is_ok(), "one is in flight");
            await_some(|| {
                let mut slots = answers.take(1).ok()?;
                let mut slots = &mut slots;
                slots.next().map(|slot: &AnswerSlot| {
                    assert!(slot.0[0] == number, "the answer is the request's");
                })
            });
        });
        let stopped = asking.try_publish(|slot: &mut InputSlot| slot.0[0] = STOP);
        assert!(stopped.is_ok(), "nothing is in flight");
        Ok(round)
    };
    both(near, ask, far, echo)
}

/// So many trips, numbered from 1.
pub(super) fn measure(trips: usize, mut trip: impl FnMut(u64)) -> Histogram<u64> {
    let mut round = nanoseconds();
    for number in 1..=trips as u64 {
        let begun = Instant::now();
        trip(number);
        round.saturating_record(nanos(begun.elapsed()));
    }
    round
}

/// Runs both ends, each on its processor.
fn both<T: Send>(
    near: Option<usize>,
    ask: impl FnOnce() -> Result<T, BenchError> + Send,
    far: Option<usize>,
    echo: impl FnOnce() -> Result<(), BenchError> + Send,
) -> Result<T, BenchError> {
    std::thread::scope(|scope| {
        let other = scope.spawn(|| pinned(far, echo));
        let asked = pinned(near, ask);
        other.join().unwrap_or(Err(BenchError::Panic))?;
        asked
    })
}
