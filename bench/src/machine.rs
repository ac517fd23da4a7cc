//! What was measured on, in words: no figure means anything without it.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A machine, its state at the start, and the program.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name.
    pub cpu: String,
    /// Processors that this process may use.
    pub cpus: usize,
    /// The kernel's release.
    pub kernel: String,
    /// Memory, MiB.
    pub memory_mib: u64,
    /// The file system that the store was on.
    pub filesystem: String,
    /// Processes that wanted to run, over the minute before the start: others than us disturb.
    pub load: f64,
    /// The program's commit, where its sources are at hand.
    pub commit: String,
    /// Whether the program was built without optimisation: then no figure counts.
    pub is_debug: bool,
}

impl Machine {
    /// This machine, now; the store will be in this directory.
    #[must_use]
    pub fn here(store: &Path) -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.map(|rest| rest.trim_start_matches([' ', '\t', ':']).trim().to_owned())
        };
        let memory = field(&read("/proc/meminfo"), "MemTotal").unwrap_or_default();
        let memory_kib: Option<u64> = memory.split(' ').next().and_then(|kib| kib.parse().ok());
        let load = read("/proc/loadavg").split(' ').next().and_then(|load| load.parse().ok());
        Self {
            cpu: field(&read("/proc/cpuinfo"), "model name").unwrap_or_else(unknown),
            cpus: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            memory_mib: memory_kib.unwrap_or(0) / 1_024,
            filesystem: filesystem_of(&read("/proc/self/mounts"), store).unwrap_or_else(unknown),
            load: load.unwrap_or(0.0),
            commit: commit().unwrap_or_else(unknown),
            is_debug: cfg!(debug_assertions),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cpu, cpus, kernel, memory_mib, filesystem, load, commit, is_debug } = self;
        write!(
            out,
            "{cpu}, {cpus} CPUs, {memory_mib} MiB, Linux {kernel}, store on {filesystem}, \
             load {load:.1}, ringpit {commit}"
        )?;
        if *is_debug {
            out.write_str("\nA debug build: its figures say nothing.")?;
        }
        if *load > *cpus as f64 / 2.0 {
            out.write_str(
                "\nOthers keep this machine busy: latencies say little, ratios a little.",
            )?;
        }
        Ok(())
    }
}

fn unknown() -> String {
    "unknown".into()
}

/// The type of the file system with the longest mount point above the path.
fn filesystem_of(mounts: &str, path: &Path) -> Option<String> {
    let path = fs::canonicalize(path).ok()?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut columns = line.split(' ').skip(1);
        let (point, kind) = (columns.next()?, columns.next()?);
        path.starts_with(point).then(|| (point.len(), kind.to_owned()))
    });
    mounts.max().map(|(_, kind)| kind)
}

/// As git names what this was built from; `None` away from the sources.
fn commit() -> Option<String> {
    let mut git = Command::new("git");
    git.args(["-C", env!("CARGO_MANIFEST_DIR"), "describe", "--always", "--dirty"]);
    let output = git.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_says_what_it_is() {
        let machine = Machine::here(Path::new("/"));
        assert!(machine.cpus > 0 && machine.memory_mib > 0 && !machine.kernel.is_empty());
        assert!(machine.to_string().contains("CPUs"));
    }

    #[test]
    fn the_nearest_mount_counts() {
        let mounts = "/dev/vda / ext4 rw 0 0\nproc /proc proc rw 0 0\n";
        assert_eq!(filesystem_of(mounts, Path::new("/proc/self/task")).unwrap(), "proc");
        assert_eq!(filesystem_of(mounts, Path::new("/")).unwrap(), "ext4");
    }
}
