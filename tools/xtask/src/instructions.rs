//! Counts the instructions of fixed pieces of work and holds them against the file in the
//! repository: stable where time is not, so that a change that makes something slower is seen on
//! the busiest machine.
//!
//! A pass's count is that of a run with two passes less that of a run with one: start, setup and
//! end cancel out.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the counts stand, below the repository's root.
const FILE: &str = "bench/instructions.txt";

/// How far a count may be from the file's, in percent.
const TOLERANCE_PERCENT: f64 = 3.0;

/// Counts the instructions of fixed pieces of work, and compares them with bench/instructions.txt.
///
/// Needs valgrind, and the compiler and processor that the file names; else it says so and skips.
#[derive(Default, clap::Args)]
pub struct Args {
    /// Writes what is counted into the file instead.
    #[arg(long)]
    write: bool,
}

/// A piece of work, and the instructions of it a message takes.
#[derive(Clone, PartialEq, Debug)]
struct Count {
    name: String,
    per_message: f64,
}

/// Counts and compares, or writes.
///
/// # Errors
/// Names every count that is further from the file than it may be, or what could not be run.
pub fn run(args: &Args) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let toolchain = toolchain()?;
    if !is_there("valgrind") {
        println!("skipped: instruction counts (valgrind is not installed)");
        return Ok(());
    }
    let path = root.join(FILE);
    if args.write {
        let text = written(&toolchain, &count(&build(&root)?)?);
        print!("{text}");
        return std::fs::write(&path, text).map_err(|error| format!("{FILE}: {error}"));
    }
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{FILE}: {error}"))?;
    let (counted_with, expected) = read(&text)?;
    if counted_with != toolchain {
        println!(
            "skipped: instruction counts (the file is of {counted_with}, this is {toolchain})"
        );
        return Ok(());
    }
    let (table, is_within) = compared(&expected, &count(&build(&root)?)?);
    print!("{table}");
    if is_within {
        return Ok(());
    }
    Err(format!(
        "instruction counts differ from {FILE} by more than {TOLERANCE_PERCENT} %: find out why; \
         if it is meant to be so, cargo xtask instructions --write"
    ))
}

/// The compiler, what it compiles for, and where it runs: others make other instructions.
fn toolchain() -> Result<String, String> {
    let output = Command::new("rustc").arg("-vV").output();
    let output = output.map_err(|error| format!("rustc: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let field = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    match (said.lines().next(), field("host:")) {
        (Some(version), Some(host)) => Ok(format!("{version} {host}, {}", processor())),
        _ => Err("rustc -vV says neither its version nor its host".to_owned()),
    }
}

/// The processor's name: libraries choose their code by what it can do.
fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name"));
    name.map_or("unknown processor", |name| name.trim_start_matches([' ', '\t', ':'])).to_owned()
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Builds the program that does the work; where it is.
fn build(root: &Path) -> Result<PathBuf, String> {
    let arguments = ["build", "--release", "--package", "ringpit-bench", "--bin"];
    let name = "ringpit-instructions";
    println!("+ cargo {} {name}", arguments.join(" "));
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(arguments).arg(name).arg("--message-format=json-render-diagnostics");
    let output = cargo.current_dir(root).stderr(std::process::Stdio::inherit()).output();
    let output = output.map_err(|error| format!("cargo build: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo build: {}", output.status));
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let after = said.split("\"executable\":\"").nth(1).and_then(|rest| rest.split('"').next());
    after.map(PathBuf::from).ok_or_else(|| "cargo build names no program".to_owned())
}

/// Counts every piece of work.
fn count(program: &Path) -> Result<Vec<Count>, String> {
    let listed = Command::new(program).output().map_err(|error| format!("the work: {error}"))?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let works = listed.lines().filter_map(|line| line.split_once(' '));
    let count_one = |(name, messages): (&str, &str)| {
        let messages: f64 = messages.parse().map_err(|_| format!("{name}: {messages} messages"))?;
        let (one, two) = (instructions(program, name, 1)?, instructions(program, name, 2)?);
        Ok(Count { name: name.to_owned(), per_message: (two - one) / messages })
    };
    works.map(count_one).collect()
}

/// Instructions of one run under valgrind.
fn instructions(program: &Path, name: &str, passes: u32) -> Result<f64, String> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]);
    let output = valgrind.arg(program).args([name, &passes.to_string()]).output();
    let output = output.map_err(|error| format!("valgrind: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // "I   refs:" or "I refs:", as the version has it.
    let refs = said.lines().filter_map(|line| line.split_once("refs:"));
    let refs =
        refs.filter(|(what, _)| what.trim_end().ends_with(" I")).map(|(_, refs)| refs).next();
    let digits = refs.map(|refs| refs.trim().replace(',', ""));
    match digits.and_then(|digits| digits.parse().ok()) {
        Some(count) if output.status.success() => Ok(count),
        _ => Err(format!("{name} under valgrind: {}\n{said}", output.status)),
    }
}

/// The file's text.
fn written(toolchain: &str, counts: &[Count]) -> String {
    let mut text = format!(
        "# Instructions a message, counted by `cargo xtask instructions`; --write makes this file.\n\
         # The first line names the compiler and processor that they hold for.\n{toolchain}\n"
    );
    for Count { name, per_message } in counts {
        // Writing to memory does not fail.
        let _ = writeln!(text, "{name:<10} {per_message:>10.1}");
    }
    text
}

/// The compiler and the counts that the file holds.
fn read(text: &str) -> Result<(String, Vec<Count>), String> {
    let mut lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let toolchain = lines.next().ok_or_else(|| format!("{FILE} names no compiler"))?;
    let count = |line: &str| {
        let (name, number) = line.split_once(' ')?;
        Some(Count { name: name.to_owned(), per_message: number.trim().parse().ok()? })
    };
    let counts = lines.map(|line| count(line).ok_or_else(|| format!("{FILE}: {line}")));
    Ok((toolchain.to_owned(), counts.collect::<Result<_, _>>()?))
}

/// A table of both, and whether all are close enough.
fn compared(expected: &[Count], counted: &[Count]) -> (String, bool) {
    let mut table = format!("{:<10} {:>10} {:>10} {:>8}\n", "", "file", "now", "");
    let mut is_within = true;
    for Count { name, per_message } in counted {
        let before = expected.iter().find(|before| before.name == *name);
        let change = before.map(|before| (per_message / before.per_message - 1.0) * 100.0);
        let is_close = change.is_some_and(|change| change.abs() <= TOLERANCE_PERCENT);
        let said = match change {
            Some(change) if is_close => format!("{change:+.1} %"),
            Some(change) => format!("{change:+.1} %  too far"),
            None => "not in the file".to_owned(),
        };
        let before = before.map_or(0.0, |before| before.per_message);
        // Writing to memory does not fail.
        let _ = writeln!(table, "{name:<10} {before:>10.1} {per_message:>10.1} {said:>8}");
        is_within &= is_close;
    }
    for Count { name, .. } in expected {
        if !counted.iter().any(|count| count.name == *name) {
            let _ = writeln!(table, "{name:<10} is counted no more");
            is_within = false;
        }
    }
    (table, is_within)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(name: &str, per_message: f64) -> Count {
        Count { name: name.to_owned(), per_message }
    }

    #[test]
    fn the_file_is_read_back_as_it_was_written() {
        let counts = vec![count("engine", 1_234.5), count("wire-in", 67.0)];
        let text = written("rustc 1.90.0 x86_64", &counts);
        assert_eq!(read(&text), Ok(("rustc 1.90.0 x86_64".to_owned(), counts)));
        assert!(read("# nothing\n").is_err());
        assert!(read("rustc\nengine many\n").is_err());
    }

    #[test]
    fn three_percent_either_way_is_close_enough() {
        let expected = [count("engine", 1_000.0)];
        for (now, is_close) in [(1_029.0, true), (971.0, true), (1_031.0, false), (969.0, false)] {
            let (table, is_within) = compared(&expected, &[count("engine", now)]);
            assert_eq!(is_within, is_close, "{table}");
        }
        let (table, is_within) = compared(&expected, &[count("other", 1.0)]);
        assert!(!is_within && table.contains("not in the file") && table.contains("no more"));
    }
}
