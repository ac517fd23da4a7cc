//! Virtual time: the true one, which only the simulation knows, and what the server's two clocks
//! say of it.

use ringpit_sequencer::{Clock, Reading};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) const MICROSECOND_NS: u64 = 1_000;
pub(crate) const MS_NS: u64 = 1_000_000;
pub(crate) const SECOND_NS: u64 = 1_000_000_000;

/// The true time at the start of each simulation.
const START_NS: u64 = 1_767_225_600 * SECOND_NS;

/// What the machine's monotonic clock says right after a boot.
const BOOTED_NS: u64 = 3 * SECOND_NS;

/// What is wrong with the server's wall clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wall {
    /// Nothing.
    True,
    /// It is off by so many nanoseconds.
    Off(i64),
    /// It stands still at this moment.
    Frozen(u64),
    /// It is ahead, behind, and ahead again by so many nanoseconds.
    Swinging(i64),
    /// It counts from the first second of 1970.
    Epoch,
}

/// The clocks as the server's threads read them.
#[derive(Debug, Default)]
struct Face {
    unix_ns: AtomicU64,
    mono_ns: AtomicU64,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Time {
    true_ns: u64,
    /// True time of the machine's last boot, less what its clock said then.
    booted_ns: u64,
    wall: Wall,
    wall_since_ns: u64,
    reads: u64,
    face: Arc<Face>,
}

impl Time {
    pub(crate) fn new() -> Self {
        let mut time = Self {
            true_ns: START_NS,
            booted_ns: START_NS - BOOTED_NS,
            wall: Wall::True,
            wall_since_ns: START_NS,
            reads: 0,
            face: Arc::default(),
        };
        time.show();
        time
    }

    /// The true time, UNIX nanoseconds; it never falls.
    pub(crate) const fn true_ns(&self) -> u64 {
        self.true_ns
    }

    /// How long the simulation has lasted.
    pub(crate) const fn passed_ns(&self) -> u64 {
        self.true_ns - START_NS
    }

    pub(crate) fn pass(&mut self, ns: u64) {
        self.true_ns += ns;
        self.show();
    }

    pub(crate) const fn wall(&self) -> Wall {
        self.wall
    }

    pub(crate) fn set_wall(&mut self, wall: Wall) {
        (self.wall, self.wall_since_ns) = (wall, self.true_ns);
        self.show();
    }

    /// The machine boots: its monotonic clock begins anew.
    pub(crate) fn boot(&mut self) {
        self.booted_ns = self.true_ns - BOOTED_NS;
        self.show();
    }

    fn show(&mut self) {
        self.reads += 1;
        let unix_ns = match self.wall {
            Wall::True => self.true_ns,
            Wall::Off(ns) => self.true_ns.saturating_add_signed(ns),
            Wall::Frozen(at) => at,
            Wall::Swinging(ns) => {
                self.true_ns.saturating_add_signed([ns, -ns][(self.reads % 2) as usize])
            }
            Wall::Epoch => self.true_ns - self.wall_since_ns,
        };
        self.face.unix_ns.store(unix_ns, Ordering::Relaxed);
        self.face.mono_ns.store(self.true_ns - self.booted_ns, Ordering::Relaxed);
    }

    /// What the server's clocks say.
    pub(crate) fn server(&self) -> Reading {
        self.clock().look()
    }

    /// The server's clocks, for its sequencer.
    pub(crate) fn clock(&self) -> VirtualClock {
        VirtualClock(self.face.clone())
    }
}

/// The server's clocks, wherever they are read.
#[derive(Clone, Debug)]
pub(crate) struct VirtualClock(Arc<Face>);

impl VirtualClock {
    pub(crate) fn look(&self) -> Reading {
        Reading {
            unix_ns: self.0.unix_ns.load(Ordering::Relaxed),
            mono_ns: self.0.mono_ns.load(Ordering::Relaxed),
        }
    }
}

impl Clock for VirtualClock {
    fn read(&mut self) -> Reading {
        self.look()
    }
}
