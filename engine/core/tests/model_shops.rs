//! The engine does what the model does in auctions, flash sales and atomic interactions.
//!
//! As in `model_random`, a failure prints its seed and the smallest part that still fails, and
//! `RINGPIT_MODEL_SCENARIOS` and `RINGPIT_MODEL_SEED` ask for more.

mod support;

use support::shop::{ATOMICS, AUCTIONS, EDGE, Profile, SALES, scenario};
use support::{from_env, must_agree};

/// Scenarios of each kind.
const SCENARIOS: u64 = 10_000;

fn run(name: &str, profile: Profile, scenarios: u64) {
    let first = from_env("RINGPIT_MODEL_SEED").unwrap_or(1);
    let count = from_env("RINGPIT_MODEL_SCENARIOS").unwrap_or(scenarios);
    let mut agreed = 0;
    for seed in first..first + count {
        agreed += must_agree(name, seed, scenario(seed, profile));
    }
    println!("{name}: {count} scenarios from seed {first}, {agreed} events agreed on");
}

#[test]
fn auctions_of_every_kind() {
    run("auctions", AUCTIONS, SCENARIOS);
}

#[test]
fn flash_sales() {
    run("sales", SALES, SCENARIOS);
}

#[test]
fn atomic_interactions() {
    run("atomics", ATOMICS, SCENARIOS);
}

#[test]
fn numbers_at_the_edge() {
    run("the edge of shops", EDGE, SCENARIOS / 4);
}
