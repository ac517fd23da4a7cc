//! What an operator may choose about the sequencer.

use crate::limits::{RING_SLOTS_MAX, RING_SLOTS_MIN};

/// Where sequencer and flusher run: together, unless the sequencer spins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Pin {
    /// On the processor that takes the disk's interrupt.
    #[default]
    Auto,
    /// On this one.
    Cpu(usize),
    /// Wherever the kernel likes.
    None,
}

/// What the sequencer does when it has nothing to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// Gives the processor away for so long, then sleeps.
    YieldThenPark {
        /// Nanoseconds of yielding.
        yield_ns: u64,
    },
    /// Never sleeps: for machines that give each thread a processor of its own.
    Spin,
}

impl Default for Wait {
    /// Half of what a flush takes: long enough that a processor does not fall asleep between two
    /// orders of a lone client, short enough that the kernel's own thread, which passes the flush
    /// on to the disk, does not wait behind us on a busy machine (there twice as long costs 30 µs).
    fn default() -> Self {
        Self::YieldThenPark { yield_ns: 50_000 }
    }
}

/// The sequencer's settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// Slots of the ring between the gateways and the sequencer; a power of two.
    pub input_slots: usize,
    /// Slots of the priority ring; a power of two.
    pub priority_slots: usize,
    /// Slots of the ring back to the gateway; a power of two.
    pub output_slots: usize,
    /// Inputs longer than a slot that may wait at once.
    pub long_inputs: u32,
    /// Share of the input ring that new business may not use.
    pub reserved_percent: u8,
    /// Inputs taken from the priority ring before the normal one has its turn.
    pub priority_per_round: u32,
    /// Where the sequencer runs.
    pub pin: Pin,
    /// How it waits.
    pub wait: Wait,
    /// Nanoseconds the wall clock may jump ahead and be followed.
    pub max_clock_step_ns: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            input_slots: 4_096,
            priority_slots: 1_024,
            output_slots: 8_192,
            long_inputs: 256,
            reserved_percent: 10,
            priority_per_round: 16,
            pin: Pin::default(),
            wait: Wait::default(),
            max_clock_step_ns: 5_000_000_000,
        }
    }
}

/// A setting that can't be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{setting} is {value}: {rule}")]
pub struct BadConfig {
    setting: &'static str,
    value: u64,
    rule: &'static str,
}

impl Config {
    /// Checks every setting.
    ///
    /// # Errors
    /// The first one that can't be, with the rule that it breaks.
    pub fn check(&self) -> Result<(), BadConfig> {
        let rings = [
            ("input_slots", self.input_slots),
            ("priority_slots", self.priority_slots),
            ("output_slots", self.output_slots),
        ];
        for (setting, slots) in rings {
            let fits = (RING_SLOTS_MIN..=RING_SLOTS_MAX).contains(&slots);
            if !fits || !slots.is_power_of_two() {
                let rule = "a power of two from 64 to 1,048,576";
                return Err(BadConfig { setting, value: slots as u64, rule });
            }
        }
        let ranges = [
            ("long_inputs", u64::from(self.long_inputs), 1, 65_536, "from 1 to 65,536"),
            ("reserved_percent", u64::from(self.reserved_percent), 0, 90, "from 0 to 90"),
            ("priority_per_round", u64::from(self.priority_per_round), 1, 256, "from 1 to 256"),
        ];
        for (setting, value, min, max, rule) in ranges {
            if !(min..=max).contains(&value) {
                return Err(BadConfig { setting, value, rule });
            }
        }
        Ok(())
    }
}
