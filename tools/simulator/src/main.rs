//! The simulator's command line; `cargo xtask simulate` builds it the right way and starts it.

use clap::Parser;
use ringpit_simulator::{Done, Fault, Outcome, Plan, play};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const EXAMPLE: &str = "\
Examples:
  cargo xtask simulate                          200 seeds of 5,000 steps, as CI does
  cargo xtask simulate --seed 148 --seeds 1     one seed again, as a failure prints it
  cargo xtask simulate --seeds 100000 --seed 7  a night's work
  cargo xtask simulate --canaries               every planted bug must be caught
  cargo xtask simulate --canary hold_kept       one planted bug, seed by seed

Exit codes: 0 every promise was kept, 1 one was broken, 2 wrong arguments.";

/// The whole system in one thread a seed, under every fault, with every promise checked.
#[derive(Parser)]
#[command(name = "cargo xtask simulate", after_help = EXAMPLE)]
struct Args {
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds.
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// Steps of each seed: turns of its parts.
    #[arg(long, default_value_t = 5_000)]
    steps: u64,
    /// Sings: one planted bug, by name.
    #[cfg(ringpit_canary)]
    #[arg(long)]
    canary: Option<String>,
    /// Plays every planted bug in turn until it is caught, and prints where.
    #[cfg(ringpit_canary)]
    #[arg(long)]
    canaries: bool,
    /// Seeds played at once; as many as there are processors when absent.
    #[arg(long)]
    threads: Option<usize>,
}

#[cfg(ringpit_canary)]
mod aviary;

fn main() -> ExitCode {
    let args = Args::parse();
    let threads =
        args.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    #[cfg(ringpit_canary)]
    if let Some(ended) = aviary::enter(&args, threads) {
        return ended;
    }
    let plan = Plan { seed: args.seed, seeds: args.seeds, steps: args.steps, threads };
    let begun = Instant::now();
    let outcome =
        play(&plan, false, &|done, failed| tell_progress(done, args.seeds, failed, begun));
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
    report(&outcome, &args, begun.elapsed());
    if outcome.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

/// On a terminal, one line that is written over; else a line now and then.
fn tell_progress(done: u64, seeds: u64, failed: u64, begun: Instant) {
    let seconds = begun.elapsed().as_secs();
    let mut out = std::io::stderr();
    // A terminal that is gone needs no progress.
    let _ = match out.is_terminal() {
        true => write!(out, "\r\x1b[K{done} of {seeds} seeds, {failed} failed, {seconds} s"),
        false if done.is_multiple_of(seeds.div_ceil(5).max(1)) => {
            writeln!(out, "{done} of {seeds} seeds, {failed} failed, {seconds} s")
        }
        false => Ok(()),
    };
}

fn report(outcome: &Outcome, args: &Args, took: Duration) {
    let Done {
        inputs, events, delivered, crashes, recoveries, passed_ns, ref faults, trace, ..
    } = outcome.done;
    for (seed, failed) in &outcome.failed {
        println!("seed {seed} broke a promise at step {}: {}", failed.step, failed.what);
        println!("  again: cargo xtask simulate --seed {seed} --seeds 1 --steps {}", args.steps);
    }
    println!("what went wrong on purpose, and how often:");
    print!("{faults}");
    println!(
        "{} of {} seeds kept every promise: {inputs} inputs, {events} events as the model says, \
         {delivered} delivered, {crashes} crashes, {recoveries} recoveries, {} of {} kinds of \
         fault, {} days of virtual time, trace {trace:016x}, {:.1} s",
        outcome.held,
        outcome.held + outcome.failed.len() as u64,
        faults.kinds(),
        Fault::ALL.len(),
        passed_ns / 86_400_000_000_000,
        took.as_secs_f64(),
    );
}
