//! Once warm, the sequencer's thread allocates nothing: order flow runs through the whole line on
//! disk several times, and the last time is counted.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

#[path = "../shared/lobster.rs"]
#[expect(dead_code, reason = "of the reference only the file's place is needed")]
mod reference;

use ringpit_bench::flow::{Flow, setup};
use ringpit_core::command::MassCancel;
use ringpit_core::{AccountId, Command, Input};
use ringpit_journal::Options;
use ringpit_sequencer::limits::CHECKPOINT_INPUTS_MIN;
use ringpit_sequencer::{
    Busy, Class, Clock, Config, Lane, OutputKind, Pin, Reading, Started, SystemClock, recover,
    start,
};
use ringpit_vocab::Scenario;
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

/// Runs that warm everything up: how many pages of order ids are in use at once depends on where a
/// run's ids begin in them, so that one run does not see the most.
const WARM_UP: usize = 3;

/// What is allocated while the flow runs once more after a warm-up. Checkpoints, which hash the
/// whole state in a quiet moment and allocate for it, lie before and after.
fn allocations_once_warm(setup: &[Command], flow: &[Command]) -> u64 {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { segment_bytes: 1 << 20, tail_bytes: 1 << 20, ..Options::default() };
    let recovered = recover(dir.path(), &options, &mut |_| (), &mut |_| ()).unwrap();
    let config = Config { pin: Pin::None, ..Config::default() };
    let clock = TellingClock::default();
    let mut started = start(&config, recovered.line, clock.clone(), Arc::new(|| ())).unwrap();
    let cancel = |account| MassCancel { account: AccountId(account), instrument: None, side: None };
    let cancels = [cancel(1).into(), cancel(2).into()];

    run(&mut started, setup);
    for _ in 0..WARM_UP {
        run(&mut started, flow);
        run(&mut started, &cancels);
    }
    assert!((flow.len() * WARM_UP) as u64 > CHECKPOINT_INPUTS_MIN);
    while started.running.status().checkpoints < 1 {
        std::thread::yield_now();
    }
    let warm = clock.allocations(&started);
    assert!(warm > 0, "the sequencer's own thread is looked at");
    run(&mut started, flow);
    run(&mut started, &cancels);
    let after = clock.allocations(&started);
    assert_eq!(started.running.status().checkpoints, 1);
    started.running.stop().unwrap();
    after - warm
}

#[test]
fn a_generated_flow_allocates_nothing_once_warm() {
    let flow: Vec<Command> = Flow::new(1).take(28_000).collect();
    assert_eq!(allocations_once_warm(&setup(), &flow), 0);
}

#[test]
fn real_flow_allocates_nothing_once_warm() {
    let Some(file) = reference::data_file() else {
        println!("skipped: no {}, set RINGPIT_DATA", reference::FILE);
        return;
    };
    let mut import = assert_cmd::cargo::cargo_bin_cmd!("ringpit");
    let imported = import.args(["import", "lobster"]).arg(file).output().unwrap();
    let mut scenario = Scenario::new();
    let lines = imported.stdout.split(|byte| *byte == b'\n');
    let commands = lines.filter_map(|line| Some(scenario.read(line).unwrap()?.command));
    let (flow, setup): (Vec<Command>, Vec<Command>) = commands.partition(|command| {
        matches!(command, Command::NewOrder(_) | Command::CancelOrder(_) | Command::ReplaceOrder(_))
    });
    assert!(flow.len() > 28_000);
    assert_eq!(allocations_once_warm(&setup, &flow), 0);
}
