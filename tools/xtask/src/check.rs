//! What CI runs beside the tests: format, lints, documentation, licences, the Python client,
//! instruction counts, simulations.

use crate::{instructions, simulate};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Checks format, lints, documentation, licences and the Python client, counts instructions, and simulates; CI runs it
/// after the tests.
#[derive(clap::Args)]
pub struct Args {
    /// Runs the tests first, as the README's test command does.
    #[arg(long)]
    tests: bool,
}

/// Runs every check in turn and stops at the first that fails.
///
/// # Errors
/// Names the command that failed.
pub fn run(args: &Args) -> Result<(), String> {
    if args.tests {
        cargo(&["test", "--workspace"], &[])?;
        for transport in ["own-ring", "grouped"] {
            cargo(&["test", "-p", "ringpit-harness-adapter", "--features", transport], &[])?;
        }
    }
    cargo(&["fmt", "--all", "--check"], &[])?;
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], &[])?;
    cargo(&["doc", "--workspace", "--no-deps", "--quiet"], &[("RUSTDOCFLAGS", "-D warnings")])?;
    if has_cargo_deny() {
        cargo(&["deny", "--offline", "check", "licenses", "bans", "sources"], &[])?;
    } else {
        println!("skipped: licences (cargo-deny is not installed: cargo install cargo-deny)");
    }
    python()?;
    println!("+ cargo xtask instructions");
    instructions::run(&instructions::Args::default())?;
    println!("+ cargo xtask simulate");
    simulate::run(&simulate::Args::default())?;
    println!("+ cargo xtask simulate --canaries");
    simulate::run(&simulate::Args::with(&["--canaries"]))?;
    println!("all checks passed");
    Ok(())
}

fn cargo(arguments: &[&str], environment: &[(&str, &str)]) -> Result<(), String> {
    println!("+ cargo {}", arguments.join(" "));
    let status = Command::new(env!("CARGO"))
        .args(arguments)
        .envs(environment.iter().copied())
        .status()
        .map_err(|error| format!("cargo {}: {error}", arguments.join(" ")))?;
    if status.success() { Ok(()) } else { Err(format!("cargo {}: {status}", arguments.join(" "))) }
}

/// The Python client's tests, against the server as it is now.
fn python() -> Result<(), String> {
    let is_there = Command::new("python3").arg("--version").output();
    if !is_there.is_ok_and(|output| output.status.success()) {
        println!("skipped: the Python client (python3 is not installed)");
        return Ok(());
    }
    cargo(&["build", "--package", "ringpit"], &[])?;
    println!("+ python3 -m unittest (tools/python)");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let status = Command::new("python3")
        .args(["-m", "unittest", "--quiet"])
        .current_dir(root.join("tools/python"))
        .env("RINGPIT_BIN", root.join(target).join("debug/ringpit"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .status()
        .map_err(|error| format!("python3: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("python3 -m unittest: {status}")) }
}

fn has_cargo_deny() -> bool {
    Command::new(env!("CARGO"))
        .args(["deny", "--version"])
        .output()
        .is_ok_and(|output| output.status.success())
}
