//! Proof of sameness: what the engine was after a number, written into the line and compared
//! whenever the line is replayed.

use ringpit_core::Engine;

/// The engine after a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// The step's number.
    pub seq: u64,
    /// [`Engine::state_hash`].
    pub state_hash: u64,
    /// [`Engine::events_digest`].
    pub events_digest: u64,
}

impl Checkpoint {
    /// Bytes in the line: three u64, little endian, in the order of the fields.
    pub const BYTES: usize = 24;

    /// The engine as it is now; costs time in proportion to its state.
    #[must_use]
    pub fn of(engine: &Engine) -> Self {
        Self {
            seq: engine.seq(),
            state_hash: engine.state_hash(),
            events_digest: engine.events_digest(),
        }
    }

    /// As it stands in the line.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..8].copy_from_slice(&self.seq.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.state_hash.to_le_bytes());
        bytes[16..].copy_from_slice(&self.events_digest.to_le_bytes());
        bytes
    }

    /// From the line; `None` when it is shorter. Later versions may append to it.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
        Some(Self { seq: word(0)?, state_hash: word(8)?, events_digest: word(16)? })
    }
}
