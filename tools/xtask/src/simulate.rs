//! Builds the simulator in its own profile and starts it: fast code, whose panics end a seed and
//! not the run.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Plays the whole system under every fault, seed by seed, and checks every promise.
#[derive(clap::Args, Default)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// What the simulator is told; `--help` shows its own help.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

impl Args {
    /// With these arguments.
    pub fn with(arguments: &[&str]) -> Self {
        Self { arguments: arguments.iter().map(ToString::to_string).collect() }
    }
}

fn canary_folder() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    target.join("canary")
}

/// Starts it and waits for it.
///
/// # Errors
/// When it can't be built or started, or a promise was broken.
pub fn run(args: &Args) -> Result<(), String> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--quiet", "--package", "ringpit-simulator", "--profile", "simulate"]);
    if args.arguments.iter().any(|argument| argument.starts_with("--canar")) {
        // Planted bugs are in no build but this one, which has a folder of its own.
        command.env("RUSTFLAGS", "--cfg ringpit_canary").arg("--target-dir").arg(canary_folder());
    }
    let status = command.arg("--").args(&args.arguments).status();
    let status = status.map_err(|error| format!("the simulator: {error}"))?;
    if status.success() { Ok(()) } else { Err("the simulator found a broken promise".into()) }
}
