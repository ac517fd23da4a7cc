//! Time as the line sees it: UNIX nanoseconds that never fall and never jump ahead unasked.
//!
//! The wall clock is measured against the monotonic clock. Back: our time goes on at the
//! monotonic clock's pace, a little slower until the wall has caught up. Ahead by no more than the
//! allowed step: followed at once. Ahead by more: held back and reported, because a jump of a year
//! would expire every auction for good; the operator may accept it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

/// Both clocks at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reading {
    /// UNIX nanoseconds as the machine's wall clock says.
    pub unix_ns: u64,
    /// Nanoseconds of a clock that nobody sets.
    pub mono_ns: u64,
}

/// Where the sequencer reads time; tests bring their own.
pub trait Clock: Send + 'static {
    /// Reads both clocks.
    fn read(&mut self) -> Reading;
}

/// The machine's clocks.
#[derive(Clone, Copy, Default, Debug)]
pub struct SystemClock;

/// A look at the wall clock that took longer than this was interrupted and is repeated.
const READ_NS_MAX: u64 = 20_000;

impl Clock for SystemClock {
    fn read(&mut self) -> Reading {
        let mut before = boot_ns();
        for _ in 0..3 {
            let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            let mono_ns = boot_ns();
            if mono_ns - before <= READ_NS_MAX {
                let unix_ns = since_1970.map_or(0, nanoseconds);
                return Reading { unix_ns, mono_ns };
            }
            before = mono_ns;
        }
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Reading { unix_ns: since_1970.map_or(0, nanoseconds), mono_ns: boot_ns() }
    }
}

/// The boot clock runs on while the machine is suspended, so a nap is not a step.
fn boot_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// What the world may know and say about the stamps.
#[derive(Debug, Default)]
pub(crate) struct ClockState {
    held_back_ns: AtomicI64,
    ahead_ns: AtomicI64,
    accepted_ns: AtomicI64,
}

impl ClockState {
    /// How far the wall clock is ahead of the line's time beyond what may be followed.
    pub(crate) fn held_back_ns(&self) -> u64 {
        self.held_back_ns.load(Ordering::Relaxed).unsigned_abs()
    }

    /// How far the line's time is ahead of the wall clock.
    pub(crate) fn ahead_ns(&self) -> u64 {
        self.ahead_ns.load(Ordering::Relaxed).unsigned_abs()
    }

    /// Lets the line follow the step that is held back now; gives its nanoseconds.
    pub(crate) fn accept(&self) -> u64 {
        let held_back_ns = self.held_back_ns.load(Ordering::Relaxed);
        self.accepted_ns.store(held_back_ns, Ordering::Release);
        held_back_ns.unsigned_abs()
    }
}

/// Our time may run slower or faster than the monotonic clock by one part in so many, twice what
/// a time service uses to correct a clock.
const SLEW_PARTS: i64 = 1_000;

/// Makes stamps out of readings.
#[derive(Debug)]
pub(crate) struct Stamper<C> {
    clock: C,
    state: Arc<ClockState>,
    max_step_ns: i64,
    /// Our time less the monotonic clock.
    offset_ns: i64,
    /// How far our time may still follow a wall clock that runs ahead.
    allowance_ns: i64,
    last_mono_ns: i64,
    last_stamp_ns: i64,
}

impl<C: Clock> Stamper<C> {
    /// Stamps from now on, none below `last_stamp_ns`.
    pub(crate) fn new(
        mut clock: C,
        state: Arc<ClockState>,
        last_stamp_ns: u64,
        max_step_ns: u64,
    ) -> Self {
        let reading = clock.read();
        let (unix, mono) = (signed(reading.unix_ns), signed(reading.mono_ns));
        let last_stamp_ns = signed(last_stamp_ns);
        let max_step_ns = signed(max_step_ns);
        Self {
            clock,
            state,
            max_step_ns,
            offset_ns: unix.max(last_stamp_ns) - mono,
            allowance_ns: max_step_ns,
            last_mono_ns: mono,
            last_stamp_ns,
        }
    }

    /// The time now.
    pub(crate) fn stamp(&mut self) -> u64 {
        let reading = self.clock.read();
        let mono = signed(reading.mono_ns).max(self.last_mono_ns);
        let slew = (mono - self.last_mono_ns) / SLEW_PARTS;
        self.last_mono_ns = mono;
        self.allowance_ns = self.allowance_ns.saturating_add(slew).min(self.max_step_ns);
        let wall_offset = signed(reading.unix_ns) - mono;
        let step = wall_offset.saturating_sub(self.offset_ns);
        if step < 0 {
            self.offset_ns += step.max(-slew);
            self.report(0, self.offset_ns - wall_offset);
        } else if step <= self.allowance_ns {
            self.offset_ns = wall_offset;
            self.allowance_ns -= step;
            self.report(0, 0);
        } else if step - self.allowance_ns <= self.state.accepted_ns.load(Ordering::Acquire) {
            self.offset_ns = wall_offset;
            self.report(0, 0);
        } else {
            self.report(step, 0);
        }
        self.last_stamp_ns = self.last_stamp_ns.max(mono.saturating_add(self.offset_ns));
        self.last_stamp_ns.unsigned_abs()
    }

    fn report(&self, held_back_ns: i64, ahead_ns: i64) {
        let state = &*self.state;
        state.held_back_ns.store(held_back_ns, Ordering::Relaxed);
        state.ahead_ns.store(ahead_ns, Ordering::Relaxed);
        // What was accepted was that one step; a later one is asked for anew.
        if held_back_ns == 0 && state.accepted_ns.load(Ordering::Relaxed) != 0 {
            state.accepted_ns.store(0, Ordering::Relaxed);
        }
    }
}

/// Times beyond the year 2262 are that year's.
fn signed(ns: u64) -> i64 {
    i64::try_from(ns).unwrap_or(i64::MAX)
}
