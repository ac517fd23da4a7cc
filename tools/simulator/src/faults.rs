//! What goes wrong in a simulation: each kind by name, and how often it happened.

use std::fmt;

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident $word:literal)+) => {
        /// A kind of fault.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Fault { $($(#[$doc])* $name),+ }

        impl Fault {
            /// All kinds, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its name in the table.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }
    };
}

faults! {
    /// The server's process was killed; its page cache and its tail survived.
    ProcessKill "process killed"
    /// The power went: what was not flushed survived in part or not at all.
    PowerCut "power cut"
    /// The process or the power ended within a call to the disk.
    CrashInCall "crash within a disk call"
    /// The process or the power ended while the line was being recovered.
    CrashInRecovery "crash in recovery"
    /// The server was stopped as an operator stops it.
    CleanStop "clean stop"
    /// Unflushed writes survived a power cut in pieces of 512 bytes.
    TornSectors "pages torn at 512 B"
    /// Unflushed writes survived a power cut in pieces of 4 KiB.
    TornPages "pages torn at 4 KiB"
    /// No unflushed write survived a power cut.
    LostPages "all unflushed pages lost"
    /// A later unflushed write survived a power cut, an earlier one did not.
    Reordered "pages reordered"
    /// The tail on the disk was an earlier one after a power cut.
    StaleTail "stale tail after a power cut"
    /// A flush of a file or of the directory failed.
    FailedFlush "failed flush"
    /// A write failed.
    FailedWrite "failed write"
    /// A write wrote half of what it was given.
    ShortWrite "short write"
    /// The disk was full.
    DiskFull "disk full"
    /// Bits of a segment changed while nobody ran.
    BitRot "bit rot at rest"
    /// The flusher got no turn for a while.
    SlowDisk "slow disk"
    /// The gateway got no turn for a while.
    SlowGateway "slow gateway"
    /// The server's wall clock was set back.
    ClockBack "clock stepped back"
    /// The server's wall clock was set ahead.
    ClockAhead "clock stepped ahead"
    /// The server's wall clock stood still.
    ClockFrozen "clock frozen"
    /// The server's wall clock swung around the true time.
    ClockSwinging "clock oscillating"
    /// The server's wall clock said 1970.
    Clock1970 "clock at 1970"
    /// Nothing happened for minutes or hours.
    IdleTime "idle time"
    /// A connection took less than it was given.
    PartialWrite "partial write"
    /// A connection gave less than it had.
    PartialRead "partial read"
    /// A connection was cut, and both sides heard of it.
    Cut "connection cut"
    /// A cut fell into the middle of a frame.
    HalfFrame "half frame"
    /// A connection died, and one side did not hear of it.
    SilentCut "connection silently dead"
    /// A connection could not be opened.
    Refused "connection refused"
    /// A client stopped reading for a while.
    SlowReader "client that does not read"
    /// A client's process was killed and went on from what it had kept.
    ClientKill "client killed and resumed"
    /// A client's process lost what it had kept.
    ClientAmnesia "client began anew"
    /// A client logged in again while its earlier connection was still there.
    TwinLogin "second login of a session"
    /// Somebody replayed a captured login.
    CapturedLogin "captured login replayed"
    /// Somebody sent noise.
    Noise "noise on a connection"
    /// The session file was read again, changed.
    Reload "session file reloaded"
}

/// How often each kind happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Faults([u64; Fault::ALL.len()]);

impl Default for Faults {
    fn default() -> Self {
        Self([0; Fault::ALL.len()])
    }
}

impl Faults {
    /// It happened.
    pub(crate) fn count(&mut self, fault: Fault) {
        self.0[fault as usize] += 1;
    }

    /// How often it happened.
    #[must_use]
    pub fn of(&self, fault: Fault) -> u64 {
        self.0[fault as usize]
    }

    /// How many kinds happened at all.
    #[must_use]
    pub fn kinds(&self) -> usize {
        self.0.iter().filter(|count| **count > 0).count()
    }

    /// Those of another run as well.
    pub fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(count, more)| *count += more);
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in Fault::ALL {
            writeln!(out, "  {:<32} {:>9}", fault.word(), self.of(*fault))?;
        }
        Ok(())
    }
}
