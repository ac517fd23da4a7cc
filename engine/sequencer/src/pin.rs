//! Which processor the line's threads run on: the one that takes the disk's interrupt, because a
//! flush is a third faster there and a wake on the same processor costs a tenth of one across. A
//! sequencer that never sleeps gets another one: it would leave the flusher nothing.
//!
//! Asked of the kernel where it tells; otherwise a few flushes are timed on each processor.
//! Pinning is asked for and reported; a machine that refuses it works all the same.

use crate::config::{Pin, Wait};
use core_affinity::CoreId;
use std::fmt;
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Flushes timed on each processor, the median of which counts.
const TIMED_FLUSHES: usize = 15;

/// Processors that are tried; with more, the kernel spreads a disk's interrupts anyway.
const TIMED_CPUS_MAX: usize = 16;

/// Where the line's threads run, and why there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placement {
    /// The processor that the sequencer is pinned to; `None`: it is not pinned.
    pub sequencer: Option<usize>,
    /// The processor that the flusher is pinned to; `None`: it is not pinned.
    pub flusher: Option<usize>,
    /// Why there.
    pub why: Why,
}

/// Why the line's threads run where they do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Why {
    /// It takes this interrupt of the disk.
    Interrupt(u32),
    /// Flushes were fastest there: nanoseconds there, and on the slowest.
    Timed {
        /// On the chosen processor.
        best_ns: u64,
        /// On the slowest.
        worst_ns: u64,
    },
    /// It was asked for by number.
    Asked,
    /// No pinning was asked for.
    NotAsked,
    /// All processors are alike: there is one, or flushes take as long on each.
    Alike,
    /// There is no such processor for this process.
    NoSuchCpu(usize),
    /// The kernel refused.
    Refused(usize),
}

impl Placement {
    /// Neither is pinned.
    pub(crate) const fn unpinned(why: Why) -> Self {
        Self { sequencer: None, flusher: None, why }
    }

    /// Both on one processor.
    const fn together(cpu: usize, why: Why) -> Self {
        Self { sequencer: Some(cpu), flusher: Some(cpu), why }
    }

    /// Moves the sequencer to another processor than the flusher's, where there is one; one that
    /// was asked for by number is the sequencer's.
    fn apart(mut self, allowed: &[usize]) -> Self {
        if self.why == Why::Asked {
            self.flusher = None;
        } else {
            self.sequencer = allowed.iter().copied().find(|cpu| Some(*cpu) != self.flusher);
        }
        self
    }
}

impl fmt::Display for Placement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.sequencer, self.flusher) {
            (Some(cpu), Some(same)) if cpu == same => write!(out, "pinned to CPU {cpu}, ")?,
            (Some(cpu), Some(other)) => {
                write!(out, "pinned to CPU {cpu}, the flusher to CPU {other}, ")?;
            }
            (Some(cpu), None) => write!(out, "pinned to CPU {cpu}, the flusher not, ")?,
            (None, Some(other)) => write!(out, "not pinned, the flusher to CPU {other}, ")?,
            (None, None) => out.write_str("not pinned, ")?,
        }
        match &self.why {
            Why::Interrupt(irq) => write!(out, "which takes the disk's interrupt {irq}"),
            Why::Timed { best_ns, worst_ns } => {
                let (best, worst) = (best_ns / 1_000, worst_ns / 1_000);
                write!(out, "where a flush takes {best} µs (slowest: {worst} µs)")
            }
            Why::Asked | Why::NotAsked => out.write_str("as asked"),
            Why::Alike => out.write_str("as all CPUs are alike"),
            Why::NoSuchCpu(cpu) => write!(out, "as CPU {cpu} is not this process's"),
            Why::Refused(cpu) => write!(out, "as the kernel refused CPU {cpu}"),
        }
    }
}

/// Chooses processors for the threads that keep a line in this directory.
#[must_use]
pub fn place(pin: Pin, wait: Wait, directory: Option<&Path>) -> Placement {
    let allowed = allowed_cpus();
    let placement = match pin {
        Pin::None => Placement::unpinned(Why::NotAsked),
        Pin::Cpu(cpu) if allowed.contains(&cpu) => Placement::together(cpu, Why::Asked),
        Pin::Cpu(cpu) => Placement::unpinned(Why::NoSuchCpu(cpu)),
        Pin::Auto => match directory {
            Some(directory) if allowed.len() > 1 => by_interrupt(directory, &allowed)
                .or_else(|| by_timing(directory, &allowed))
                .unwrap_or(Placement::unpinned(Why::Alike)),
            _ => Placement::unpinned(Why::Alike),
        },
    };
    match wait {
        Wait::Spin if placement.flusher.is_some() => placement.apart(&allowed),
        _ => placement,
    }
}

/// The processors this process may use.
fn allowed_cpus() -> Vec<usize> {
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    cores.into_iter().map(|core| core.id).collect()
}

/// Pins the calling thread; whether it worked.
pub(crate) fn pin_current_thread(cpu: usize) -> bool {
    core_affinity::set_for_current(CoreId { id: cpu })
}

/// The processor that takes the most of the disk's interrupts.
fn by_interrupt(directory: &Path, allowed: &[usize]) -> Option<Placement> {
    let device = fs::metadata(directory).ok()?.dev();
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let block = fs::canonicalize(format!("/sys/dev/block/{major}:{minor}")).ok()?;
    let interrupts = fs::read_to_string("/proc/interrupts").ok()?;
    let irq = busiest(&disk_irqs(&below_mappers(block))?, &interrupts)?;
    let affinity = fs::read_to_string(format!("/proc/irq/{irq}/effective_affinity_list")).ok()?;
    let cpu = first_of_list(&affinity)?;
    allowed.contains(&cpu).then(|| Placement::together(cpu, Why::Interrupt(irq)))
}

/// The disk under a stack of device mappers.
fn below_mappers(mut block: PathBuf) -> PathBuf {
    for _ in 0..8 {
        let below = fs::read_dir(block.join("slaves")).ok().and_then(|mut slaves| slaves.next());
        match below.and_then(Result::ok).map(|slave| fs::canonicalize(slave.path())) {
            Some(Ok(below)) => block = below,
            _ => break,
        }
    }
    block
}

/// The interrupts of the device that a disk hangs on.
fn disk_irqs(block: &Path) -> Option<Vec<u32>> {
    block.ancestors().find_map(|device| {
        let listed = fs::read_dir(device.join("msi_irqs")).ok()?;
        let names = listed.filter_map(|irq| irq.ok()?.file_name().into_string().ok());
        Some(names.filter_map(|name| name.parse().ok()).collect())
    })
}

/// Of these interrupts the one that came most often, as `/proc/interrupts` counts them.
fn busiest(irqs: &[u32], interrupts: &str) -> Option<u32> {
    let counted = interrupts.lines().filter_map(|line| {
        let (irq, counts) = line.split_once(':')?;
        let irq = irq.trim().parse().ok().filter(|irq| irqs.contains(irq))?;
        let counts = counts.split_whitespace().map_while(|count| count.parse::<u64>().ok());
        Some((counts.sum::<u64>(), irq))
    });
    counted.max().filter(|(count, _)| *count > 0).map(|(_, irq)| irq)
}

/// The first number of a list such as `0-3,8`.
fn first_of_list(list: &str) -> Option<usize> {
    list.trim().split([',', '-']).next()?.parse().ok()
}

/// The processor on which flushes are fastest, when there is a difference worth having.
fn by_timing(directory: &Path, allowed: &[usize]) -> Option<Placement> {
    if allowed.len() > TIMED_CPUS_MAX {
        return None;
    }
    let path = directory.join(format!(".ringpit-timing-{}", std::process::id()));
    let file = File::options().write(true).create_new(true).open(&path).ok()?;
    let _ = fs::remove_file(&path);
    file.write_all_at(&[1; 4096], 0).ok()?;
    file.sync_all().ok()?;
    let timed = std::thread::scope(|scope| {
        let measure =
            || allowed.iter().map(|&cpu| Some((time_flushes(&file, cpu)?, cpu))).collect();
        scope.spawn(measure).join().ok()
    });
    let timed: Vec<(u64, usize)> = timed.flatten()?;
    let (best_ns, cpu) = *timed.iter().min()?;
    let (worst_ns, _) = *timed.iter().max()?;
    let differ = best_ns + best_ns / 10 < worst_ns;
    differ.then(|| Placement::together(cpu, Why::Timed { best_ns, worst_ns }))
}

/// Pins the calling thread, and gives the median time of a small durable write.
fn time_flushes(file: &File, cpu: usize) -> Option<u64> {
    if !pin_current_thread(cpu) {
        return None;
    }
    let mut times_ns = [0; TIMED_FLUSHES];
    for (turn, time_ns) in times_ns.iter_mut().enumerate() {
        let begun = Instant::now();
        file.write_all_at(&[turn as u8; 128], 0).ok()?;
        file.sync_data().ok()?;
        *time_ns = u64::try_from(begun.elapsed().as_nanos()).ok()?;
    }
    times_ns.sort_unstable();
    Some(times_ns[TIMED_FLUSHES / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERRUPTS: &str = "           CPU0       CPU1
 24:          1          0  IO-APIC   5-edge      ACPI:Ged
 35:          0          1  PCI-MSIX-0000:00:02.0   0-edge      virtio1-config
 36:          0      16330  PCI-MSIX-0000:00:02.0   1-edge      virtio1-req.0
NMI:          0          0   Non-maskable interrupts
";

    #[test]
    fn the_busiest_interrupt_of_the_disk_is_found() {
        assert_eq!(busiest(&[35, 36], INTERRUPTS), Some(36));
        assert_eq!(busiest(&[35], INTERRUPTS), Some(35));
        assert_eq!(busiest(&[40], INTERRUPTS), None);
        assert_eq!(busiest(&[], INTERRUPTS), None);
    }

    #[test]
    fn an_affinity_list_begins_with_a_processor() {
        assert_eq!(first_of_list("1\n"), Some(1));
        assert_eq!(first_of_list("2-5,9\n"), Some(2));
        assert_eq!(first_of_list("\n"), None);
    }

    #[test]
    fn what_is_asked_for_is_kept_or_refused_with_its_number() {
        let placed = |pin, wait| place(pin, wait, None);
        let yields = Wait::default();
        assert_eq!(placed(Pin::None, yields), Placement::unpinned(Why::NotAsked));
        let placement = placed(Pin::Cpu(100_000), yields);
        assert_eq!(placement, Placement::unpinned(Why::NoSuchCpu(100_000)));
        assert_eq!(placement.to_string(), "not pinned, as CPU 100000 is not this process's");
        let first = allowed_cpus()[0];
        assert_eq!(placed(Pin::Cpu(first), yields), Placement::together(first, Why::Asked));
        let alone = placed(Pin::Cpu(first), Wait::Spin);
        assert_eq!((alone.sequencer, alone.flusher), (Some(first), None));
    }

    #[test]
    fn a_sequencer_that_spins_leaves_the_disks_processor_to_the_flusher() {
        let placement = Placement::together(1, Why::Interrupt(36));
        assert_eq!(
            placement.clone().apart(&[1, 3]).to_string(),
            "pinned to CPU 3, the flusher to CPU 1, which takes the disk's interrupt 36"
        );
        assert_eq!(placement.apart(&[1]).sequencer, None);
    }

    #[test]
    fn the_choice_by_itself_is_a_processor_of_this_process() {
        let directory = tempfile::tempdir().unwrap();
        let chosen = place(Pin::Auto, Wait::default(), Some(directory.path()));
        assert_eq!(chosen.sequencer, chosen.flusher);
        assert!(chosen.flusher.is_none_or(|cpu| allowed_cpus().contains(&cpu)), "{chosen}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "nothing is left behind");
    }
}
