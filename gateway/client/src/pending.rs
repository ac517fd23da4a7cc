//! What the server has not answered yet, as the frames it travels in.
//!
//! A frame carries no number (numbers are implicit), so the same bytes are sent again after a
//! reconnect, under the old number or a new one. It deliberately does not know which numbers the
//! server has; [`crate::session`] asks for those above a number.

use crate::buffer::Buffer;
use std::collections::VecDeque;

/// What kind of message waits, because each kind is answered in its own way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Journaled and executed once; answered by an event that carries its number.
    Command,
    /// Answered at its place, never journaled: asked anew when the answer was lost.
    Query,
    /// Subscribes, unsubscribes, asks for limits: the gateway's affair, never journaled.
    Request,
}

/// One message that waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) kind: Kind,
    /// The query's id; 0 for others.
    pub(crate) query_id: u64,
    answered: bool,
    /// Where its frame begins, in bytes since the store began.
    offset: u64,
    len: usize,
}

/// Unanswered messages in order of their numbers.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    entries: VecDeque<Entry>,
    unanswered: usize,
    frames: Buffer,
    /// Bytes dropped from the front of `frames` so far.
    dropped: u64,
}

impl Pending {
    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.unanswered
    }

    /// The lowest number that waits.
    pub(crate) fn first(&self) -> Option<u64> {
        self.entries.front().map(|entry| entry.number)
    }

    /// Keeps a message until it is answered.
    ///
    /// # Panics
    /// When its number is not above all others.
    pub(crate) fn push(&mut self, number: u64, kind: Kind, query_id: u64, frame: &[u8]) {
        assert!(self.entries.back().is_none_or(|last| last.number < number));
        let offset = self.dropped + self.frames.len() as u64;
        self.frames.extend(frame);
        let len = frame.len();
        self.entries.push_back(Entry { number, kind, query_id, answered: false, offset, len });
        self.unanswered += 1;
    }

    /// Forgets a message that was answered; `None` when it did not wait.
    pub(crate) fn answer(&mut self, number: u64) -> Option<Entry> {
        let entry = self.position(number).and_then(|at| self.entries.get_mut(at))?;
        if entry.answered {
            return None;
        }
        entry.answered = true;
        let taken = *entry;
        self.unanswered -= 1;
        self.drop_front();
        Some(taken)
    }

    /// The unanswered message that comes next at or after `number`, with its frame.
    pub(crate) fn next_from(&self, number: u64) -> Option<(Entry, &[u8])> {
        let at = self.entries.partition_point(|entry| entry.number < number);
        let entry = self.entries.range(at..).find(|entry| !entry.answered)?;
        Some((*entry, self.frame(entry)))
    }

    fn frame(&self, entry: &Entry) -> &[u8] {
        // The offset is within `frames`: it is dropped only together with its entry.
        let start = (entry.offset - self.dropped) as usize;
        &self.frames.as_slice()[start..start + entry.len]
    }

    fn position(&self, number: u64) -> Option<usize> {
        let first = self.entries.front()?.number;
        let guess = usize::try_from(number.checked_sub(first)?).ok()?;
        if self.entries.get(guess).is_some_and(|entry| entry.number == number) {
            return Some(guess);
        }
        self.entries.binary_search_by_key(&number, |entry| entry.number).ok()
    }

    fn drop_front(&mut self) {
        while let Some(entry) = self.entries.front().filter(|entry| entry.answered) {
            self.frames.consume(entry.len);
            self.dropped += entry.len as u64;
            self.entries.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Pending};

    fn numbers(pending: &Pending) -> Vec<(u64, Vec<u8>)> {
        let (mut all, mut next) = (Vec::new(), 0);
        while let Some((entry, frame)) = pending.next_from(next) {
            all.push((entry.number, frame.to_vec()));
            next = entry.number + 1;
        }
        all
    }

    #[test]
    fn answers_in_any_order_leave_the_rest_with_their_frames() {
        let mut pending = Pending::default();
        for number in [1u8, 2, 3, 7, 9, 10] {
            pending.push(u64::from(number), Kind::Command, 0, &vec![number; usize::from(number)]);
        }
        assert_eq!(pending.first(), Some(1));
        for (answer, left) in [(3, 5), (1, 4), (9, 3), (2, 2)] {
            assert!(pending.answer(answer).is_some());
            assert!(pending.answer(answer).is_none(), "twice");
            assert_eq!(pending.len(), left);
        }
        assert!(pending.answer(4).is_none() && pending.answer(11).is_none());
        assert_eq!(numbers(&pending), [(7, vec![7; 7]), (10, vec![10; 10])]);
        assert_eq!(pending.first(), Some(7));
        assert!(pending.answer(9).is_none(), "long ago");
        pending.answer(7);
        pending.answer(10);
        assert_eq!((pending.len(), pending.first()), (0, None));
        assert_eq!(pending.frames.len(), 0);
    }

    #[test]
    #[should_panic]
    fn a_number_may_not_fall() {
        let mut pending = Pending::default();
        pending.push(2, Kind::Command, 0, &[]);
        pending.push(2, Kind::Command, 0, &[]);
    }
}
