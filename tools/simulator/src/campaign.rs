//! Many seeds, on a few threads: each simulation has a thread to itself and knows of no other, so
//! the outcome is the same however many there are.

use crate::simulation::{Done, Failed, run};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Which seeds, how long each, and on how many threads.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The first seed.
    pub seed: u64,
    /// How many seeds.
    pub seeds: u64,
    /// Steps of each.
    pub steps: u64,
    /// Threads.
    pub threads: usize,
}

/// What a plan came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// All that held, together.
    pub done: Done,
    /// Seeds that held.
    pub held: u64,
    /// Seeds that broke a promise, in order.
    pub failed: Vec<(u64, Failed)>,
}

thread_local! {
    /// What the last panic of this thread said, and where.
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Plays a plan. `progress` is told how many seeds are done and how many of them failed.
/// `stops_at_first` plays no more seeds after one that failed.
pub fn play(plan: &Plan, stops_at_first: bool, progress: &(dyn Fn(u64, u64) + Sync)) -> Outcome {
    std::panic::set_hook(Box::new(|info| {
        PANIC.with(|text| *text.borrow_mut() = info.to_string());
    }));
    let next = AtomicU64::new(0);
    let results: Mutex<Vec<(u64, Result<Done, Failed>)>> = Mutex::new(Vec::new());
    let failures = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..plan.threads.max(1) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let stops = stops_at_first && failures.load(Ordering::Relaxed) > 0;
                    if index >= plan.seeds || stops {
                        return;
                    }
                    let seed = plan.seed + index;
                    let result = one(seed, plan.steps);
                    failures.fetch_add(u64::from(result.is_err()), Ordering::Relaxed);
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    results.push((seed, result));
                    progress(results.len() as u64, failures.load(Ordering::Relaxed));
                }
            });
        }
    });
    drop(std::panic::take_hook());
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(seed, _)| *seed);
    let mut outcome = Outcome::default();
    for (seed, result) in results {
        match result {
            Ok(done) => {
                outcome.held += 1;
                outcome.done.add(&done);
            }
            Err(failed) => outcome.failed.push((seed, failed)),
        }
    }
    outcome
}

/// One seed, where a panic is a broken promise too.
fn one(seed: u64, steps: u64) -> Result<Done, Failed> {
    catch_unwind(AssertUnwindSafe(|| run(seed, steps))).unwrap_or_else(|_| {
        let what = PANIC.with(|text| text.borrow().replace('\n', " "));
        Err(Failed { step: 0, what })
    })
}
