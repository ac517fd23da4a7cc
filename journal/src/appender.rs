//! The sequencer's end: a record is a few plain stores into the tail.
//!
//! No system call, no allocation, no lock, no formatting, no waiting: a full tail is told to the
//! caller. Numbers and times are the caller's; that they follow each other is asserted, because a
//! line that breaks its own order can never be recovered.

use std::sync::Arc;

use crate::chain::Chain;
use crate::error::Refused;
use crate::format::{self, Head, Kind};
use crate::limits::PAYLOAD_BYTES_MAX;
use crate::lock::StoreLock;
use crate::shared::{Shared, Watermark};
use crate::tail::{TailCopy, TailWriter};

/// Appends to the line. There is one; dropping it tells the flusher to finish.
pub struct Appender {
    tail: TailWriter,
    shared: Arc<Shared>,
    chain: Chain,
    watermark: Watermark,
    /// Held as long as either end may write.
    _lock: Option<Arc<StoreLock>>,
}

impl Appender {
    pub(crate) fn new(
        tail: TailWriter,
        shared: Arc<Shared>,
        chain: Chain,
        watermark: Watermark,
        lock: Option<Arc<StoreLock>>,
    ) -> Self {
        assert!(shared.durable() >= chain.last_seq, "what was recovered is durable");
        Self { tail, shared, chain, watermark, _lock: lock }
    }

    /// Number of the last input appended.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.chain.last_seq
    }

    /// Time of the last record appended.
    #[must_use]
    pub fn last_time_ns(&self) -> u64 {
        self.chain.last_time_ns
    }

    /// Appends one record. `kind` is [`Kind::Input`] with the next number, or
    /// [`Kind::Checkpoint`] with the last one. When refused, nothing has changed.
    ///
    /// # Panics
    /// If the number is not the next one, the time falls, a checkpoint does not follow an input, or
    /// the payload is above [`PAYLOAD_BYTES_MAX`]: the caller's own order is broken.
    #[inline]
    pub fn append(
        &mut self,
        kind: Kind,
        seq: u64,
        time_ns: u64,
        payload: &[u8],
    ) -> Result<(), Refused> {
        match kind {
            Kind::Input => assert_eq!(seq, self.chain.last_seq + 1, "inputs are numbered in order"),
            Kind::Checkpoint => {
                assert_eq!(seq, self.chain.last_seq, "a checkpoint has the number it follows");
                assert!(seq > 0 && !self.chain.after_checkpoint, "a checkpoint follows an input");
            }
            Kind::Mark | Kind::Seal => panic!("marks and seals are the flusher's"),
        }
        assert!(time_ns >= self.chain.last_time_ns, "time never falls");
        assert!(payload.len() <= PAYLOAD_BYTES_MAX, "payload is too long");
        if self.shared.failed() {
            return Err(Refused::Failed);
        }
        if !self.tail.has_room(format::padded_bytes(payload.len())) {
            return Err(Refused::Full);
        }
        self.chain.durable_seq = self.shared.durable();
        assert!(self.chain.durable_seq <= self.chain.last_seq, "durable before it was appended");
        let head = Head {
            kind,
            seq,
            time_ns,
            durable_seq: self.chain.durable_seq,
            prev_crc: self.chain.last_crc,
        };
        let (head, crc) = head.encode(self.chain.seed, payload);
        self.tail.push(&head, payload, seq);
        self.chain.last_seq = seq;
        self.chain.last_time_ns = time_ns;
        self.chain.last_crc = crc;
        self.chain.after_checkpoint = kind == Kind::Checkpoint;
        Ok(())
    }

    /// Whether a record with this payload would be taken now; it stays so until one is appended.
    #[must_use]
    pub fn has_room(&mut self, payload_bytes: usize) -> bool {
        assert!(payload_bytes <= PAYLOAD_BYTES_MAX, "payload is too long");
        self.tail.has_room(format::padded_bytes(payload_bytes))
    }

    /// Wakes the flusher, only if it sleeps. Once after a batch is enough.
    #[inline]
    pub fn wake(&self) {
        self.shared.gate.wake();
    }

    /// What is durable, and what may be answered.
    #[must_use]
    pub fn watermark(&self) -> Watermark {
        self.watermark.clone()
    }

    /// Whether the flusher has ended with an error: nothing may be acknowledged any more.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.shared.failed()
    }

    /// What a process killed now would leave in its tail. For simulators: give it to
    /// [`crate::open_in`].
    #[must_use]
    pub fn copy_tail(&self) -> TailCopy {
        self.tail.copy()
    }

    /// Ends the line: the flusher flushes what is pending, writes a mark and returns. The same as
    /// dropping it.
    pub fn close(self) {}
}

impl Drop for Appender {
    fn drop(&mut self) {
        self.shared.appender_is_gone();
    }
}
