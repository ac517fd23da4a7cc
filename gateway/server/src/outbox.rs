//! What waits to be written to one connection, in order; bytes leave only when the step they
//! answer is durable.
//!
//! It holds encoded frames and knows nothing of sessions. It does not write: the server's loop
//! asks for what may leave and says how much the socket took.

use crate::limits::OUTBOX_KEPT_BYTES_MAX;
use std::collections::VecDeque;

/// Bytes up to `end` may leave when step `seq` is durable.
#[derive(Clone, Copy, Debug)]
struct Gate {
    seq: u64,
    end: u64,
}

/// One connection's outgoing bytes. Positions count every byte ever pushed.
#[derive(Debug, Default)]
pub struct Outbox {
    bytes: Vec<u8>,
    /// Index into `bytes` of the first byte that was not sent.
    start: usize,
    sent: u64,
    released: u64,
    gates: VecDeque<Gate>,
}

impl Outbox {
    /// Appends a frame that may leave when step `seq` is durable, and never before what is
    /// already there; 0 waits for nothing of its own.
    pub fn push(&mut self, seq: u64, frame: &[u8]) {
        // What was sent makes room once it is the larger part, so that moving the rest stays cheap.
        let grows = self.bytes.len() + frame.len() > self.bytes.capacity();
        if grows && self.start > self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(frame);
        let end = self.end();
        match self.gates.back_mut() {
            Some(last) if seq <= last.seq => last.end = end,
            _ => self.gates.push_back(Gate { seq, end }),
        }
    }

    /// Lets everything leave that waits for steps up to `durable`; gives how many bytes that is.
    pub fn release(&mut self, durable: u64) -> usize {
        let before = self.released;
        while let Some(gate) = self.gates.front().filter(|gate| gate.seq <= durable) {
            self.released = gate.end;
            self.gates.pop_front();
        }
        (self.released - before) as usize
    }

    /// What may leave now.
    #[must_use]
    pub fn sendable(&self) -> &[u8] {
        &self.bytes[self.start..self.start + self.backlog()]
    }

    /// The socket took `count` of the sendable bytes.
    ///
    /// # Panics
    /// When that is more than there were.
    pub fn sent(&mut self, count: usize) {
        assert!(count <= self.backlog(), "more was sent than may leave");
        self.start += count;
        self.sent += count as u64;
        if self.start == self.bytes.len() {
            self.start = 0;
            self.bytes.clear();
            self.bytes.shrink_to(OUTBOX_KEPT_BYTES_MAX);
        }
    }

    /// Bytes that may leave and have not: what the reader is behind.
    #[must_use]
    pub fn backlog(&self) -> usize {
        (self.released - self.sent) as usize
    }

    /// Bytes that wait for the disk.
    #[must_use]
    pub fn gated(&self) -> usize {
        (self.end() - self.released) as usize
    }

    /// Position behind the last byte pushed.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.sent + (self.bytes.len() - self.start) as u64
    }

    /// Position behind the last byte sent.
    #[must_use]
    pub fn sent_position(&self) -> u64 {
        self.sent
    }

    /// Whether nothing waits at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_leave_in_order_and_only_when_durable() {
        let mut outbox = Outbox::default();
        outbox.push(5, b"five");
        outbox.push(0, b"-");
        outbox.push(7, b"seven");
        outbox.release(4);
        assert_eq!(outbox.sendable(), b"");
        outbox.release(6);
        assert_eq!(outbox.sendable(), b"five-");
        outbox.sent(3);
        assert_eq!(outbox.sendable(), b"e-");
        assert_eq!((outbox.backlog(), outbox.gated()), (2, 5));
        outbox.release(7);
        assert_eq!(outbox.sendable(), b"e-seven");
        outbox.sent(7);
        assert!(outbox.is_empty());
        assert_eq!((outbox.end(), outbox.sent_position()), (10, 10));
    }

    #[test]
    fn an_ungated_frame_alone_leaves_at_once() {
        let mut outbox = Outbox::default();
        outbox.push(0, b"now");
        outbox.release(0);
        assert_eq!(outbox.sendable(), b"now");
    }

    #[test]
    fn a_long_life_keeps_no_memory() {
        let mut outbox = Outbox::default();
        let mut expected = 0_u64;
        for round in 0..1_000_u64 {
            outbox.push(round, &[round as u8; 300]);
            outbox.release(round);
            let part = outbox.sendable().len().min(299);
            outbox.sent(part);
            expected += part as u64;
        }
        assert_eq!(outbox.sent_position(), expected);
        assert!(outbox.bytes.capacity() < 8 << 10, "{}", outbox.bytes.capacity());
        let rest = outbox.sendable().len();
        outbox.sent(rest);
        assert!(outbox.is_empty());
    }
}
