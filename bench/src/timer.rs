//! The clocks that measuring uses, and what a look at one costs.

use crate::error::BenchError;
use std::time::{Duration, Instant};

/// Nanoseconds that this thread has had a processor for: others on a busy machine don't count.
#[must_use]
pub fn processor_time_ns() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

/// Nanoseconds of processor time that something took.
pub fn processor_time_of<T>(run: impl FnOnce() -> T) -> (u64, T) {
    let begun_ns = processor_time_ns();
    let result = run();
    (processor_time_ns() - begun_ns, result)
}

/// Looks at the wall clock in a row that its cost is taken from.
const LOOKS: u32 = 1_000;

/// How often such a row is tried: the shortest one was not interrupted.
const ROWS: u32 = 100;

/// Nanoseconds that a look at the wall clock takes: part of every latency that is told.
#[must_use]
pub fn look_ns() -> f64 {
    let row = |_| {
        let begun = Instant::now();
        let last = (0..LOOKS).fold(begun, |_, _| std::hint::black_box(Instant::now()));
        last.duration_since(begun)
    };
    let shortest = (0..ROWS).map(row).min().unwrap_or_default();
    shortest.as_nanos() as f64 / f64::from(LOOKS)
}

/// A duration in whole nanoseconds, as the histograms take it.
#[must_use]
pub fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Runs on a thread of its own on this processor, so that the caller stays where it was. Without
/// the pin it runs wherever the kernel likes.
///
/// # Errors
/// What it says, or that it panicked.
pub fn pinned<T: Send>(
    cpu: Option<usize>,
    run: impl FnOnce() -> Result<T, BenchError> + Send,
) -> Result<T, BenchError> {
    let pinned_run = || {
        if let Some(id) = cpu {
            core_affinity::set_for_current(core_affinity::CoreId { id });
        }
        run()
    };
    std::thread::scope(|scope| scope.spawn(pinned_run).join()).unwrap_or(Err(BenchError::Panic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_passes_with_work_and_a_look_costs_something() {
        let (ns, sum) = processor_time_of(|| (0..1_000_000_u64).fold(0, |sum, x| sum ^ (x * x)));
        assert!(ns > 0 && std::hint::black_box(sum) > 0);
        assert!(look_ns() > 0.0);
    }

    #[test]
    fn a_panic_on_the_pinned_thread_is_an_error() {
        assert!(pinned(None, || Ok(7)).is_ok_and(|seven| seven == 7));
        let panicked = pinned(Some(0), || -> Result<(), BenchError> { panic!("as the test asks") });
        assert!(matches!(panicked, Err(BenchError::Panic)));
    }
}
