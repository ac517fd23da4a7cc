//! Once warm, the sequencer's thread allocates nothing: order flow runs through the whole line on
//! disk, twice, and the second time is counted.

use ringpit_bench::flow::{Flow, setup};
use ringpit_core::command::MassCancel;
use ringpit_core::{AccountId, Command, Input};
use ringpit_journal::Options;
use ringpit_sequencer::{
    Busy, Class, Clock, Config, Lane, OutputKind, Pin, Reading, Started, SystemClock, recover,
    start,
};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, counting per thread.
struct Counting;

// SAFETY: every call goes to the system's allocator unchanged; counting touches a plain cell that
// needs no allocation and no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as the caller promises.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The machine's clock, which tells how often it was read, and how much its reader's thread has
/// allocated by then: the reader is the sequencer, once a round.
#[derive(Clone, Default)]
struct TellingClock(Arc<(AtomicU64, AtomicU64)>);

impl Clock for TellingClock {
    fn read(&mut self) -> Reading {
        self.0.1.store(ALLOCATIONS.get(), Ordering::Relaxed);
        self.0.0.fetch_add(1, Ordering::Release);
        SystemClock.read()
    }
}

impl TellingClock {
    /// Allocations up to a look at the clock that is yet to come.
    fn allocations(&self, started: &Started) -> u64 {
        let reads = self.0.0.load(Ordering::Acquire);
        while self.0.0.load(Ordering::Acquire) < reads + 2 {
            started.input.wake();
            std::thread::yield_now();
        }
        self.0.1.load(Ordering::Relaxed)
    }
}

/// Runs commands through the line and waits until all are applied.
fn run(started: &mut Started, commands: &[Command]) {
    let mut applied = 0;
    let mut offered = commands.iter();
    let mut next = offered.next();
    while applied < commands.len() {
        while let Some(command) = next {
            let input = Input::venue(*command);
            match started.input.offer(Lane::Normal, Class::Protected, 1, &input) {
                Ok(()) => next = offered.next(),
                Err(Busy) => break,
            }
        }
        started.input.wake();
        let mut count = |kind| applied += usize::from(kind == OutputKind::Applied);
        if started.output.poll(1_000, |slot| count(slot.kind)) == 0 {
            std::thread::yield_now();
        }
    }
}

#[test]
fn the_sequencers_thread_allocates_nothing_once_warm() {
    let flow: Vec<Command> = Flow::new(1).take(28_000).collect();
    let dir = tempfile::tempdir().unwrap();
    let options = Options { segment_bytes: 1 << 20, tail_bytes: 1 << 20, ..Options::default() };
    let recovered = recover(dir.path(), &options, &mut |_| (), &mut |_| ()).unwrap();
    let config = Config { pin: Pin::None, ..Config::default() };
    let clock = TellingClock::default();
    let mut started = start(&config, recovered.line, clock.clone(), Arc::new(|| ())).unwrap();
    let cancel = |account| MassCancel { account: AccountId(account), instrument: None, side: None };

    run(&mut started, &setup());
    run(&mut started, &flow);
    run(&mut started, &[cancel(1).into(), cancel(2).into()]);
    let warm = clock.allocations(&started);
    assert!(warm > 0, "the sequencer's own thread is looked at");
    run(&mut started, &flow);
    run(&mut started, &[cancel(1).into()]);
    let after = clock.allocations(&started);
    assert_eq!(after - warm, 0, "allocations in {} inputs", flow.len() + 1);
    started.running.stop().unwrap();
}
