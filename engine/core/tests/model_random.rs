//! The engine does what the model does, event by event, in random scenarios of every kind; and
//! what must always hold of it, holds at random points.
//!
//! A failure prints its seed and the smallest part of its scenario that still fails, as lines for
//! `ringpit run`. `RINGPIT_MODEL_SCENARIOS` sets the number of scenarios of each kind,
//! `RINGPIT_MODEL_SEED` the first seed.

mod support;

use ringpit_core::command::*;
use ringpit_core::*;
use support::world::{CALLS, EDGE, LITTLE_MONEY, MIXED, Profile, STOPS, scenario};
use support::{Scenario, from_env, must_agree, sessions};

/// Scenarios of each kind: five kinds make more than ten thousand.
const SCENARIOS: u64 = 2_100;

fn run(name: &str, profile: Profile) {
    run_all(name, |seed| scenario(seed, profile));
}

fn run_all(name: &str, scenario: impl Fn(u64) -> Scenario) {
    let first = from_env("RINGPIT_MODEL_SEED").unwrap_or(1);
    let count = from_env("RINGPIT_MODEL_SCENARIOS").unwrap_or(SCENARIOS);
    let mut agreed = 0;
    for seed in first..first + count {
        agreed += must_agree(name, seed, scenario(seed));
    }
    println!("{name}: {count} scenarios from seed {first}, {agreed} events agreed on");
}

#[test]
fn orders_of_every_kind() {
    run("orders of every kind", MIXED);
}

#[test]
fn little_money_and_many_fees() {
    run("little money", LITTLE_MONEY);
}

#[test]
fn many_stops_and_narrow_bands() {
    run("stops", STOPS);
}

#[test]
fn calls_and_interruptions() {
    run("calls", CALLS);
}

#[test]
fn numbers_at_the_edge() {
    run("the edge", EDGE);
}

#[test]
fn orders_of_client_sessions() {
    run_all("sessions", sessions::scenario);
}

/// Volume and turnover beyond what a report can say.
#[test]
fn more_lots_than_can_be_printed() {
    let (all, at) = (i64::MAX.unsigned_abs(), 1);
    let mut scenario = Scenario::new();
    let code = Code::new("X").unwrap();
    for asset in (1..=2).map(AssetId) {
        scenario.push((at, Input::venue(CreateAsset { asset, code, decimals: 0 })));
    }
    scenario.push((at, Input::venue(OpenAccount { account: AccountId(1), group: None })));
    let instrument = CreateInstrument::plain(InstrumentId(1), code, AssetId(1), AssetId(2));
    scenario.push((at, Input::venue(instrument)));
    for cl_ord_id in 1..=8 {
        let order = NewOrder::limit(
            AccountId(1),
            InstrumentId(1),
            ClOrdId(cl_ord_id),
            if cl_ord_id % 2 == 0 { Side::Buy } else { Side::Sell },
            all,
            1,
        );
        scenario.push((at, Input::venue(order)));
    }
    assert!(must_agree("more lots", 0, scenario) > 30);
}
