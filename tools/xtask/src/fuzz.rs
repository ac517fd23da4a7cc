//! The random tests of the workspace with larger numbers and fresh seeds, for as long as asked.
//!
//! They are the same tests that `cargo test` runs; each prints the seed that failed.

use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const EXAMPLE: &str = "\
Examples:
  cargo xtask fuzz --minutes 20 engine     the engine against its model
  cargo xtask fuzz --minutes 60 all        everything in turn";

/// Runs the random tests with larger numbers and fresh seeds.
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// What to try.
    #[arg(value_enum, default_value_t = Target::All)]
    target: Target,
    /// How long; the round that runs then is finished.
    #[arg(long, default_value_t = 1)]
    minutes: u64,
}

/// What can be tried.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Target {
    /// Every target in turn.
    All,
    /// Random scenarios: engine against model.
    Engine,
    /// Damage, torn pages and failing disks: the journal's recovery.
    Journal,
    /// Lost connections and restarts: the client's session.
    Session,
    /// Noise at every stage of a connection, and spoilt session files.
    Server,
    /// Frames that no one should send.
    Wire,
    /// Scenario lines, there and back.
    Scenario,
}

/// One target: its package, the test's arguments, and the variables that make it larger.
struct Plan {
    target: Target,
    name: &'static str,
    arguments: &'static [&'static str],
    larger: &'static [(&'static str, &'static str)],
    /// The variable that takes a fresh seed.
    seed: Option<&'static str>,
}

const PLANS: &[Plan] = &[
    Plan {
        target: Target::Engine,
        name: "engine",
        arguments: &["-p", "ringpit-core", "--test", "model_random"],
        larger: &[("RINGPIT_MODEL_SCENARIOS", "20000")],
        seed: Some("RINGPIT_MODEL_SEED"),
    },
    Plan {
        target: Target::Journal,
        name: "journal",
        arguments: &["-p", "ringpit-journal", "--tests"],
        larger: &[("RINGPIT_SOAK", "10")],
        seed: None,
    },
    Plan {
        target: Target::Session,
        name: "session",
        arguments: &["-p", "ringpit-client", "--test", "session"],
        larger: &[("RINGPIT_SEEDS", "20000")],
        seed: None,
    },
    Plan {
        target: Target::Server,
        name: "server",
        arguments: &["-p", "ringpit-server", "--test", "noise"],
        larger: &[("RINGPIT_NOISE_ROUNDS", "20000")],
        seed: Some("RINGPIT_NOISE_SEED"),
    },
    Plan {
        target: Target::Wire,
        name: "wire",
        arguments: &["-p", "ringpit-wire", "--tests"],
        larger: &[("PROPTEST_CASES", "100000")],
        seed: None,
    },
    Plan {
        target: Target::Scenario,
        name: "scenario",
        arguments: &["-p", "ringpit-vocab", "--tests"],
        larger: &[("PROPTEST_CASES", "100000")],
        seed: None,
    },
];

/// Runs rounds until the time is over.
///
/// # Errors
/// Names the target that failed, and the seed where it takes one.
pub fn run(args: &Args) -> Result<(), String> {
    let end = Instant::now() + Duration::from_secs(args.minutes * 60);
    let mut rounds = 0;
    loop {
        for plan in PLANS {
            if args.target == Target::All || args.target == plan.target {
                round(plan)?;
                rounds += 1;
            }
        }
        if Instant::now() >= end {
            println!("{rounds} rounds, nothing found");
            return Ok(());
        }
    }
}

fn round(plan: &Plan) -> Result<(), String> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["test", "--quiet", "--release"]).args(plan.arguments);
    command.envs(plan.larger.iter().copied());
    let mut with = String::new();
    if let Some(variable) = plan.seed {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let seed = now.as_secs() * 100_000;
        command.env(variable, seed.to_string());
        with = format!(" with {variable}={seed}");
    }
    println!("{}{with}", plan.name);
    let status = command.status().map_err(|error| format!("{}: {error}", plan.name))?;
    if status.success() { Ok(()) } else { Err(format!("{}{with}: {status}", plan.name)) }
}
