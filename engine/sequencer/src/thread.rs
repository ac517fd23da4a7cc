//! The sequencer's thread: polls the rings, priority first, keeps the timer, sleeps.

use crate::clock::Clock;
use crate::config::Wait;
use crate::failure::Failure;
use crate::input::{Doorway, InputRings, SlotPoller};
use crate::limits::{LONG_INPUT_BYTES, PARK_NS_MAX, ROUND_INPUTS, TAKE_MAX};
use crate::log::Log;
use crate::machine::Machine;
use ringpit_core::Engine;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Everything the thread owns. A simulator owns it instead, and takes its rounds one by one.
pub struct Sequencer<L, C> {
    pub(crate) rings: InputRings,
    pub(crate) machine: Machine<L, C>,
    pub(crate) wait: Wait,
    pub(crate) priority_per_round: u32,
    /// Where long inputs are copied to.
    pub(crate) scratch: Box<[u8; LONG_INPUT_BYTES]>,
}

impl<L: Log, C: Clock> Sequencer<L, C> {
    /// Runs until the doorway is closed and everything behind it is done, or until a failure.
    pub(crate) fn run(mut self) -> Result<Engine, Failure> {
        self.rings.doorway.gate.register();
        let mut idle_since = None;
        loop {
            if self.machine.failure().is_set() {
                return Err(self.machine.failed());
            }
            if self.round()? {
                idle_since = None;
                continue;
            }
            self.machine.checkpoint_if_due(true)?;
            if self.rings.doorway.closed.load(Ordering::Acquire) && !self.has_input() {
                return self.finish();
            }
            self.rest(&mut idle_since);
        }
    }

    /// Ends the line as the thread does when it is told to stop: a last checkpoint, then the log is
    /// closed.
    ///
    /// # Errors
    /// When the log has failed.
    pub fn finish(self) -> Result<Engine, Failure> {
        self.machine.finish()
    }

    /// Writes a checkpoint now, unless the line ends with one. The thread does it by itself where
    /// one is due.
    ///
    /// # Errors
    /// When the log has failed.
    pub fn checkpoint(&mut self) -> Result<(), Failure> {
        self.machine.checkpoint()
    }

    /// The engine as it is after the last round.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        self.machine.engine()
    }

    /// Nanoseconds until the engine wants to act by itself, as of the last look at the clock.
    #[must_use]
    pub fn ns_to_deadline(&self) -> Option<u64> {
        self.machine.ns_to_deadline()
    }

    fn has_input(&self) -> bool {
        self.rings.priority.has_available() || self.rings.normal.has_available()
    }

    /// Takes what waits, and fires what is due; whether there was anything.
    ///
    /// # Errors
    /// When the log has failed, or something that can't be was seen. Nothing more may be taken.
    pub fn round(&mut self) -> Result<bool, Failure> {
        let Self { rings: InputRings { doorway, normal, priority }, machine, scratch, .. } = self;
        let scratch = &mut scratch[..];
        let limit = self.priority_per_round;
        let seq = machine.seq();
        machine.look_at_clock();
        let mut taken = take_priority(priority, doorway, machine, limit, scratch)?;
        if let Ok(mut slots) = normal.take(TAKE_MAX) {
            let mut in_round = 0;
            let mut released = 0;
            for slot in &mut slots {
                machine.take(slot.tag, slot.bytes(&doorway.pool, scratch))?;
                (in_round, released) = (in_round + 1, released + 1);
                if in_round == ROUND_INPUTS {
                    in_round = 0;
                    machine.end_batch();
                    machine.look_at_clock();
                    take_priority(priority, doorway, machine, limit, scratch)?;
                }
            }
            drop(slots);
            doorway.release(released);
            taken = true;
        }
        machine.fire_due()?;
        if taken || machine.seq() != seq {
            machine.end_batch();
            machine.checkpoint_if_due(false)?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Gives the processor away for a while, then sleeps until there is work or a deadline.
    fn rest(&self, idle_since: &mut Option<Instant>) {
        let Wait::YieldThenPark { yield_ns } = self.wait else {
            std::hint::spin_loop();
            return;
        };
        let since = idle_since.get_or_insert_with(Instant::now);
        if since.elapsed() < Duration::from_nanos(yield_ns) {
            std::thread::yield_now();
            return;
        }
        let to_deadline_ns = self.machine.ns_to_deadline().unwrap_or(u64::MAX);
        let timeout = Duration::from_nanos(to_deadline_ns.min(PARK_NS_MAX));
        let doorway = &self.rings.doorway;
        doorway.gate.sleep(timeout, || {
            let stop = doorway.closed.load(Ordering::Acquire) || self.machine.failure().is_set();
            stop || self.has_input()
        });
    }
}

/// Takes at most `limit` inputs from the priority ring; whether there were any.
fn take_priority<L: Log, C: Clock>(
    priority: &mut SlotPoller,
    doorway: &Doorway,
    machine: &mut Machine<L, C>,
    limit: u32,
    scratch: &mut [u8],
) -> Result<bool, Failure> {
    let Ok(mut slots) = priority.take(u64::from(limit)) else { return Ok(false) };
    for slot in &mut slots {
        machine.take(slot.tag, slot.bytes(&doorway.pool, scratch))?;
    }
    Ok(true)
}
