//! What CI runs beside the tests: format, lints, documentation, licences.

use std::process::Command;

/// Checks format, lints, documentation and licences; CI runs it after the tests.
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
    }
    cargo(&["fmt", "--all", "--check"], &[])?;
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], &[])?;
    cargo(&["doc", "--workspace", "--no-deps", "--quiet"], &[("RUSTDOCFLAGS", "-D warnings")])?;
    if has_cargo_deny() {
        cargo(&["deny", "--offline", "check", "licenses", "bans", "sources"], &[])?;
    } else {
        println!("skipped: licences (cargo-deny is not installed: cargo install cargo-deny)");
    }
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

fn has_cargo_deny() -> bool {
    Command::new(env!("CARGO"))
        .args(["deny", "--version"])
        .output()
        .is_ok_and(|output| output.status.success())
}
