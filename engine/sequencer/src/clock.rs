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
    fn accept(&self) -> u64 {
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

    /// Nanoseconds of the clock that nobody sets, for measuring.
    pub(crate) fn mono_ns(&mut self) -> u64 {
        self.clock.read().mono_ns
    }

    /// Lets the stamps to come follow the step that is held back now; gives its nanoseconds.
    pub(crate) fn accept_step(&self) -> u64 {
        self.state.accept()
    }

    /// How far the wall clock is ahead beyond what may be followed, as of the last stamp.
    pub(crate) fn held_back_ns(&self) -> u64 {
        self.state.held_back_ns()
    }

    /// The time now.
    pub(crate) fn stamp(&mut self) -> u64 {
        let reading = self.clock.read();
        let mono = signed(reading.mono_ns).max(self.last_mono_ns);
        let slew = (mono - self.last_mono_ns) / SLEW_PARTS;
        self.last_mono_ns = mono;
        self.allowance_ns = self.allowance_ns.saturating_add(slew).min(self.max_step_ns);
        #[cfg(ringpit_canary)]
        if ringpit_canary::sings(ringpit_canary::Canary::ClockStepApplied) {
            self.allowance_ns = i64::MAX;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;
    const HOUR: i64 = 3_600 * SECOND;
    const YEAR: i64 = 365 * 24 * HOUR;
    const START: i64 = 1_767_225_600 * SECOND;

    /// A script of wall clocks, one monotonic second apart.
    struct Script<W> {
        seconds: i64,
        wall: W,
    }

    impl<W: FnMut(i64) -> i64 + Send + 'static> Clock for Script<W> {
        fn read(&mut self) -> Reading {
            let seconds = self.seconds;
            self.seconds += 1;
            let unix_ns = (self.wall)(seconds).unsigned_abs();
            Reading { unix_ns, mono_ns: (seconds * SECOND).unsigned_abs() }
        }
    }

    /// Stamps at seconds 1, 2, … less the time that truly passed since the start, with the wall
    /// clock set wrong by what `error` says.
    fn errors_of(
        last_stamp_ns: i64,
        error: impl Fn(i64) -> i64 + Send + 'static,
        accept_at: i64,
    ) -> Vec<i64> {
        let state = Arc::new(ClockState::default());
        let wall = move |seconds| START + seconds * SECOND + error(seconds);
        let clock = Script { seconds: 0, wall };
        let step = (5 * SECOND).unsigned_abs();
        let last = last_stamp_ns.unsigned_abs();
        let mut stamper = Stamper::new(clock, state.clone(), last, step);
        let mut before = 0;
        let stamps = (1..=100).map(|second| {
            if second == accept_at {
                state.accept();
            }
            let stamp = stamper.stamp();
            assert!(stamp >= before, "a stamp fell at {second}");
            before = stamp;
            signed(stamp) - START - second * SECOND
        });
        stamps.collect()
    }

    #[test]
    fn a_true_clock_is_followed_to_the_nanosecond() {
        assert!(errors_of(0, |_| 0, 0).iter().all(|error| *error == 0));
    }

    #[test]
    fn a_small_step_is_followed_at_once() {
        let errors = errors_of(0, |second| if second < 10 { 0 } else { 5 * SECOND }, 0);
        assert_eq!((errors[8], errors[9], errors[99]), (0, 5 * SECOND, 5 * SECOND));
    }

    #[test]
    fn a_jump_ahead_is_held_back_until_it_is_accepted() {
        for jump in [6 * SECOND, HOUR, YEAR] {
            let errors = errors_of(0, move |second| if second < 10 { 0 } else { jump }, 50);
            assert!(errors[..49].iter().all(|error| *error == 0));
            assert!(errors[49..].iter().all(|error| *error == jump));
        }
    }

    #[test]
    fn steps_that_follow_each_other_share_one_allowance() {
        let errors = errors_of(0, |second| second * SECOND, 0);
        assert_eq!(errors[4], 5 * SECOND);
        assert!(errors.iter().all(|error| *error <= 5 * SECOND + SECOND / 10));
    }

    #[test]
    fn a_step_back_is_absorbed_at_one_part_in_a_thousand() {
        for back in [HOUR, START - SECOND] {
            let errors = errors_of(0, move |second| if second < 10 { 0 } else { -back }, 0);
            assert_eq!(errors[98] - errors[99], SECOND / 1_000);
            assert!(errors.iter().all(|error| *error >= -SECOND / 10));
        }
    }

    #[test]
    fn a_frozen_clock_does_not_freeze_the_line() {
        let errors = errors_of(0, |second| -second * SECOND, 0);
        assert!(errors.iter().all(|error| (-SECOND / 10..=0).contains(error)));
    }

    #[test]
    fn an_oscillating_clock_moves_the_line_by_no_more_than_one_step() {
        for swing in [2 * SECOND, 4 * SECOND, HOUR] {
            let error = move |second| [0, swing, -swing][(second % 3) as usize];
            let errors = errors_of(0, error, 0);
            assert!(errors.iter().all(|error| error.abs() <= 5 * SECOND + SECOND / 10));
        }
    }

    #[test]
    fn a_line_from_the_future_goes_on_from_its_last_stamp() {
        let errors = errors_of(START + HOUR, |_| 0, 0);
        assert_eq!(errors[0], HOUR - SECOND / 1_000);
    }

    #[test]
    fn what_was_accepted_is_that_step_and_no_later_one() {
        let state = Arc::new(ClockState::default());
        let wall = |second| {
            let jumps = match second {
                0..10 => 0,
                10..20 => HOUR,
                20..30 => 0,
                _ => YEAR,
            };
            START + second * SECOND + jumps
        };
        let clock = Script { seconds: 0, wall };
        let step = (5 * SECOND).unsigned_abs();
        let mut stamper = Stamper::new(clock, state.clone(), 0, step);
        let mut stamps = (0..15).map(|_| stamper.stamp());
        assert!(stamps.by_ref().last().is_some());
        assert_eq!((state.held_back_ns(), state.accept()), (HOUR as u64, HOUR as u64));
        stamper.stamp();
        assert_eq!((state.held_back_ns(), state.ahead_ns()), (0, 0));
        (0..10).for_each(|_| assert!(stamper.stamp() > 0));
        assert!(state.ahead_ns() > HOUR as u64 - SECOND as u64);
        (0..10).for_each(|_| assert!(stamper.stamp() > 0));
        assert!(state.held_back_ns() > (YEAR - HOUR - SECOND) as u64);
    }

    #[test]
    fn the_machines_clocks_can_be_read() {
        let (first, second) = (SystemClock.read(), SystemClock.read());
        assert!(first.mono_ns <= second.mono_ns);
        assert!(first.unix_ns > START.unsigned_abs() / 2);
    }
}
