//! Plays the planted bugs: each must be caught within the number of seeds it states.

use crate::Args;
use ringpit_canary::{Canary, choose};
use ringpit_simulator::{Plan, play};
use std::process::ExitCode;
use std::time::Instant;

/// What is left to do when canaries were asked for: nothing, or a usual run with one that sings.
pub(crate) fn enter(args: &Args, threads: usize) -> Option<ExitCode> {
    if args.canaries {
        return Some(play_all(threads));
    }
    let name = args.canary.as_ref()?;
    match Canary::ALL.iter().find(|canary| canary.word() == name) {
        Some(canary) => {
            choose(Some(*canary));
            None
        }
        None => {
            let names: Vec<&str> = Canary::ALL.iter().map(|canary| canary.word()).collect();
            eprintln!("no canary `{name}`; there are: {}", names.join(", "));
            Some(ExitCode::from(2))
        }
    }
}

fn play_all(threads: usize) -> ExitCode {
    let begun = Instant::now();
    let mut missed = 0;
    println!("{:<22} {:>7} {:>9}  caught by", "planted bug", "within", "at seed");
    for canary in Canary::ALL {
        choose(Some(*canary));
        let plan = Plan { seed: 1, seeds: canary.seeds_max(), steps: 5_000, threads };
        let outcome = play(&plan, true, &|_, _| ());
        let (word, within) = (canary.word(), canary.seeds_max());
        match outcome.failed.first() {
            Some((seed, failed)) => {
                let what: String = failed.what.chars().take(110).collect();
                println!("{word:<22} {within:>7} {seed:>9}  {what}");
            }
            None => {
                missed += 1;
                println!("{word:<22} {within:>7} {:>9}  nothing:{}", "–", canary.what());
            }
        }
    }
    choose(None);
    let caught = Canary::ALL.len() - missed;
    let seconds = begun.elapsed().as_secs_f64();
    println!("{caught} of {} planted bugs were caught, {seconds:.1} s", Canary::ALL.len());
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) }
}
