//! The server's numbers: what arrives next, what is missing, what is held until the gap is closed.
//!
//! Nothing here reads a message. It is told what arrived and answers what to do with it, so that
//! every numbered message is delivered exactly once and in order, whatever connection brought it.

use crate::buffer::Buffer;
use crate::limits::HELD_BYTES_MAX;
use ringpit_wire::limits::RETRANSMIT_COUNT_MAX;

/// Bytes before a held frame: its number, 0 where it has none.
const HELD_PREFIX_BYTES: usize = 8;

/// What to do with a message that arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// Hand it over now; the number is 0 where it has none.
    Deliver(u64),
    /// Keep it with this number until the gap before it is closed.
    Hold(u64),
    /// It was delivered before.
    Drop,
}

/// How the server broke the rules of numbering.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NumberingError {
    /// It goes on at a number that we already have seen: it lost messages it had sent.
    #[error("the server goes on at number {next}, but number {seen} was already received")]
    Behind {
        /// The server's next number.
        next: u64,
        /// The highest number received.
        seen: u64,
    },
    /// A number that is neither the next live one nor the next of a retransmission.
    #[error("message {number} arrived, {expected} is next")]
    OutOfOrder {
        /// The number that arrived.
        number: u64,
        /// The next live number.
        expected: u64,
    },
    /// A retransmission that was not asked for, or not this part of the line.
    #[error("retransmission of {count} from {from} does not fit the request")]
    Unasked {
        /// Its first number.
        from: u64,
        /// How many it announced.
        count: u32,
    },
    /// A retransmission ended before all it announced had arrived.
    #[error("a retransmission ended {left} messages early")]
    Short {
        /// How many were missing.
        left: u32,
    },
    /// More live messages arrived during a gap than may be kept.
    #[error("too many live messages while a gap was filled")]
    TooMuchHeld,
}

#[derive(Clone, Copy, Debug)]
struct Batch {
    next: u64,
    left: u32,
}

/// The receiving half of a session's numbers.
#[derive(Debug, Default)]
pub(crate) struct Inbound {
    /// The highest number handed over; all below it were, too.
    last: u64,
    /// The number of the next live message.
    next_live: u64,
    /// Numbers after `last` and below this one must be fetched.
    gap_end: u64,
    /// The request under way: first number and count.
    asked: Option<(u64, u32)>,
    /// The retransmission under way.
    batch: Option<Batch>,
    held: Buffer,
}

impl Inbound {
    /// Goes on after a message that was handed over in an earlier life; 0 none.
    pub(crate) fn resume(last: u64) -> Self {
        Self { last, next_live: last + 1, ..Self::default() }
    }

    /// The highest number handed over; 0 none.
    pub(crate) const fn last(&self) -> u64 {
        self.last
    }

    /// Whether messages are missing before the next live one.
    pub(crate) const fn gap(&self) -> bool {
        self.last + 1 < self.gap_end
    }

    /// A connection is established: the next live message has number `next`.
    pub(crate) fn established(&mut self, next: u64) -> Result<(), NumberingError> {
        self.disconnected();
        if next <= self.last {
            return Err(NumberingError::Behind { next, seen: self.last });
        }
        (self.next_live, self.gap_end) = (next, next);
        Ok(())
    }

    /// The connection is gone: what it had begun begins anew on the next.
    pub(crate) fn disconnected(&mut self) {
        (self.asked, self.batch) = (None, None);
        self.held.clear();
    }

    /// A numbered message arrived.
    pub(crate) fn numbered(&mut self, number: u64) -> Result<Place, NumberingError> {
        if let Some(batch) = self.batch.as_mut().filter(|batch| batch.left > 0)
            && number == batch.next
        {
            batch.next += 1;
            batch.left -= 1;
            return Ok(self.in_order(number));
        }
        if number != self.next_live {
            return Err(NumberingError::OutOfOrder { number, expected: self.next_live });
        }
        self.next_live += 1;
        Ok(if self.gap() { Place::Hold(number) } else { self.in_order(number) })
    }

    /// A message without a number arrived: it keeps its place among the numbered ones.
    pub(crate) const fn unnumbered(&self) -> Place {
        if self.gap() { Place::Hold(0) } else { Place::Deliver(0) }
    }

    fn in_order(&mut self, number: u64) -> Place {
        if number <= self.last {
            return Place::Drop;
        }
        assert!(number == self.last + 1, "a gap is closed before what follows it is handed over");
        self.last = number;
        Place::Deliver(number)
    }

    /// The server's Sequence: its next live number. It also ends a retransmission; gives whether
    /// that brought anything.
    pub(crate) fn sequence(&mut self, next: u64) -> Result<bool, NumberingError> {
        let batch = self.batch.take();
        let empty =
            batch.is_some_and(|batch| self.asked.is_some_and(|(from, _)| batch.next == from));
        if let Some(batch) = batch {
            if batch.left > 0 {
                return Err(NumberingError::Short { left: batch.left });
            }
            self.asked = None;
        }
        if next < self.next_live {
            return Err(NumberingError::Behind { next, seen: self.next_live - 1 });
        }
        if next > self.next_live {
            // Never on an ordered connection; were it so, what was skipped is fetched, and what is
            // held lies before it: fetch that again, too, rather than order two kinds of gaps.
            self.held.clear();
            (self.next_live, self.gap_end) = (next, next);
        }
        Ok(!empty)
    }

    /// The server announces a retransmission.
    pub(crate) fn retransmission(&mut self, from: u64, count: u32) -> Result<(), NumberingError> {
        // A busy server may answer with nothing; it is asked again.
        let fits = self.batch.is_none()
            && self.asked.is_some_and(|(first, most)| from == first && count <= most);
        if !fits {
            return Err(NumberingError::Unasked { from, count });
        }
        self.batch = Some(Batch { next: from, left: count });
        Ok(())
    }

    /// The server did not take the request: it is to be made again.
    pub(crate) const fn request_refused(&mut self) {
        self.asked = None;
    }

    /// What to ask for next, when a gap is open and nothing is asked for.
    pub(crate) fn next_request(&mut self) -> Option<(u64, u32)> {
        if self.asked.is_some() || !self.gap() {
            return None;
        }
        let missing = self.gap_end - self.last - 1;
        let count = u32::try_from(missing).unwrap_or(u32::MAX).min(RETRANSMIT_COUNT_MAX);
        self.asked = Some((self.last + 1, count));
        self.asked
    }

    /// Keeps a frame until the gap is closed.
    pub(crate) fn hold(&mut self, number: u64, frame: &[u8]) -> Result<(), NumberingError> {
        if self.held.len() + HELD_PREFIX_BYTES + frame.len() > HELD_BYTES_MAX {
            return Err(NumberingError::TooMuchHeld);
        }
        self.held.extend(&number.to_le_bytes());
        self.held.extend(frame);
        Ok(())
    }

    /// Once the gap is closed: everything that was held, in the order of its arrival.
    pub(crate) fn release(&mut self) -> Option<Held> {
        if self.gap() || self.batch.is_some() || self.held.len() == 0 {
            return None;
        }
        Some(Held { bytes: core::mem::take(&mut self.held) })
    }

    /// A held numbered message is handed over now.
    pub(crate) fn released(&mut self, number: u64) -> Place {
        if number == 0 { Place::Deliver(0) } else { self.in_order(number) }
    }
}

/// Frames that waited for a gap to be closed.
#[derive(Debug)]
pub(crate) struct Held {
    bytes: Buffer,
}

impl Held {
    /// The next one's number (0: none) and frame, whose length its own first bytes say.
    pub(crate) fn front(&self) -> Option<(u64, &[u8])> {
        let (prefix, rest) = self.bytes.as_slice().split_first_chunk::<HELD_PREFIX_BYTES>()?;
        let length = u32::from_be_bytes(*rest.first_chunk::<4>()?) as usize;
        Some((u64::from_le_bytes(*prefix), rest.get(..length)?))
    }

    /// Takes the front away.
    pub(crate) fn pop(&mut self) {
        if let Some(bytes) = self.front().map(|(_, frame)| HELD_PREFIX_BYTES + frame.len()) {
            self.bytes.consume(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(tag: u8) -> Vec<u8> {
        vec![0, 0, 0, 6, tag, tag]
    }

    #[test]
    fn a_gap_is_asked_for_in_parts_and_what_is_live_waits_behind_it() {
        let mut inbound = Inbound::resume(10);
        inbound.established(2_500 + 11).unwrap();
        assert_eq!(inbound.next_request(), Some((11, 2_000)));
        assert_eq!(inbound.next_request(), None, "one in flight");
        assert_eq!(inbound.numbered(2_511), Ok(Place::Hold(2_511)));
        inbound.hold(2_511, &frame(1)).unwrap();
        assert_eq!(inbound.unnumbered(), Place::Hold(0));
        inbound.hold(0, &frame(2)).unwrap();
        inbound.retransmission(11, 1_500).unwrap();
        for number in 11..1_511 {
            assert_eq!(inbound.numbered(number), Ok(Place::Deliver(number)));
        }
        assert_eq!(inbound.numbered(2_512), Ok(Place::Hold(2_512)), "live, among the others");
        inbound.hold(2_512, &frame(3)).unwrap();
        assert!(inbound.release().is_none());
        inbound.sequence(2_513).unwrap();
        assert_eq!(inbound.next_request(), Some((1_511, 1_000)));
        inbound.retransmission(1_511, 1_000).unwrap();
        for number in 1_511..2_511 {
            assert_eq!(inbound.numbered(number), Ok(Place::Deliver(number)));
        }
        assert!(inbound.release().is_none(), "its Sequence has not come");
        inbound.sequence(2_513).unwrap();
        assert_eq!(inbound.next_request(), None);
        let mut held = inbound.release().unwrap();
        for (number, tag) in [(2_511, 1), (0, 2), (2_512, 3)] {
            assert_eq!(held.front(), Some((number, frame(tag).as_slice())));
            assert_eq!(inbound.released(number), Place::Deliver(number));
            held.pop();
        }
        assert_eq!(held.front(), None);
        assert_eq!(inbound.numbered(2_513), Ok(Place::Deliver(2_513)));
        let wrong = NumberingError::OutOfOrder { number: 2_513, expected: 2_514 };
        assert_eq!(inbound.numbered(2_513), Err(wrong));
    }

    #[test]
    fn a_lost_connection_in_mid_gap_begins_where_it_was() {
        let mut inbound = Inbound::resume(0);
        inbound.established(6).unwrap();
        assert_eq!(inbound.next_request(), Some((1, 5)));
        inbound.retransmission(1, 5).unwrap();
        for number in 1..=3 {
            inbound.numbered(number).unwrap();
        }
        inbound.disconnected();
        inbound.established(9).unwrap();
        assert_eq!((inbound.last(), inbound.next_request()), (3, Some((4, 5))));
    }

    #[test]
    fn a_server_that_is_busy_is_asked_again() {
        let mut inbound = Inbound::resume(0);
        inbound.established(3).unwrap();
        assert_eq!(inbound.next_request(), Some((1, 2)));
        inbound.request_refused();
        assert_eq!(inbound.next_request(), Some((1, 2)));
        inbound.retransmission(1, 0).unwrap();
        assert_eq!(inbound.sequence(3), Ok(false), "nothing came");
        assert_eq!(inbound.next_request(), Some((1, 2)));
        inbound.retransmission(1, 1).unwrap();
        inbound.numbered(1).unwrap();
        assert_eq!(inbound.sequence(3), Ok(true));
        assert_eq!(inbound.next_request(), Some((2, 1)));
    }

    #[test]
    fn a_server_that_breaks_the_rules_is_named() {
        let mut inbound = Inbound::resume(7);
        let behind = NumberingError::Behind { next: 7, seen: 7 };
        assert_eq!(inbound.established(7), Err(behind));
        inbound.established(8).unwrap();
        assert_eq!(inbound.sequence(7), Err(behind));
        let unasked = NumberingError::Unasked { from: 1, count: 1 };
        assert_eq!(inbound.retransmission(1, 1), Err(unasked));
        inbound.sequence(10).unwrap();
        assert_eq!(inbound.next_request(), Some((8, 2)), "a skipped number is fetched");
        inbound.retransmission(8, 2).unwrap();
        inbound.numbered(8).unwrap();
        assert_eq!(inbound.sequence(10), Err(NumberingError::Short { left: 1 }));
    }
}
