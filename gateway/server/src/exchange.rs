//! One turn between the line and the sockets: what came out is routed, what may leave is written.
//!
//! The gateway's thread takes it in each of its rounds, a simulator whenever it likes. Nothing here
//! waits.

use crate::hub::{Hub, Now, Sockets};
use crate::limits::{GATED_BYTES_MAX, OUTPUTS_PER_ROUND};
use ringpit_sequencer::{FailureFlag, OutputPort, OutputSlot, Watermark};

/// Where outputs of the line come from.
pub trait Outputs {
    /// Gives at most `max` of them to `take`, in order; gives how many.
    fn poll(&mut self, max: usize, take: &mut dyn FnMut(&OutputSlot)) -> usize;
}

impl Outputs for OutputPort {
    fn poll(&mut self, max: usize, take: &mut dyn FnMut(&OutputSlot)) -> usize {
        Self::poll(self, max, take)
    }
}

/// What is asked before anything may leave.
pub struct Permission<'l> {
    /// How far the line is durable.
    pub watermark: &'l Watermark,
    /// Whether the line has failed.
    pub failure: &'l FailureFlag,
}

/// What a turn came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turn {
    /// Up to which number answers could leave.
    pub releasable: u64,
    /// Whether answers waited for the disk, and now none does.
    pub all_released: bool,
}

/// Takes the turn. `ask` sees to what the hub wants from the journal ([`Hub::next_replay`]). Gives
/// `None` when the line has failed: nothing left.
pub fn exchange(
    hub: &mut Hub,
    outputs: &mut impl Outputs,
    permission: &Permission<'_>,
    ask: &mut dyn FnMut(&mut Hub),
    now: Now,
    sockets: &mut impl Sockets,
) -> Option<Turn> {
    let mut taken = 0;
    while taken < OUTPUTS_PER_ROUND && hub.gated_bytes() < GATED_BYTES_MAX {
        match outputs.poll(256, &mut |slot| hub.output(slot, now)) {
            0 => break,
            count => taken += count,
        }
    }
    ask(hub);
    let releasable = permission.watermark.releasable();
    if permission.failure.is_set() {
        return None; // nothing is acknowledged any more
    }
    let was_waiting = hub.gated_bytes() > 0;
    hub.flush(releasable, now, sockets);
    Some(Turn { releasable, all_released: was_waiting && hub.gated_bytes() == 0 })
}
