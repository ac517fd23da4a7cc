//! The simulator itself: the same seed is the same run, a few seeds keep every promise, and they
//! meet most kinds of fault.

use ringpit_simulator::{Fault, Plan, play, run};

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in [7, 8] {
        let first = run(seed, 3_000).expect("every promise is kept");
        let second = run(seed, 3_000).expect("every promise is kept");
        assert_eq!(first.trace, second.trace, "seed {seed}");
        assert_eq!((first.inputs, first.events), (second.inputs, second.events));
        assert_eq!(first.faults, second.faults);
    }
    let (one, other) = (run(7, 500).expect("kept"), run(8, 500).expect("kept"));
    assert_ne!(one.trace, other.trace, "another seed is another run");
}

#[test]
fn however_many_threads_the_outcome_is_the_same() {
    let plan = |threads| Plan { seed: 30, seeds: 6, steps: 1_000, threads };
    let (one, three) = (play(&plan(1), false, &|_, _| ()), play(&plan(3), false, &|_, _| ()));
    assert_eq!((one.held, one.done.trace), (6, three.done.trace));
    assert_eq!(one.done.faults, three.done.faults);
}

#[test]
fn a_few_seeds_keep_every_promise_and_meet_most_faults() {
    let plan = Plan { seed: 1_000, seeds: 12, steps: 5_000, threads: 2 };
    let outcome = play(&plan, false, &|_, _| ());
    assert!(outcome.failed.is_empty(), "{:?}", outcome.failed);
    assert!(outcome.done.faults.kinds() >= 30, "{}", outcome.done.faults);
    assert!(outcome.done.faults.of(Fault::PowerCut) > 20);
    assert!(outcome.done.recoveries > 50 && outcome.done.inputs > 5_000);
}
