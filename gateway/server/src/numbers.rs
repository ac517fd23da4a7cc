//! The client's numbers: each message takes the next one, a gap is told once, a number that was
//! seen is a duplicate.
//!
//! Pure bookkeeping of one connection. Whether a number was *executed* the engine decides again.

use ringpit_wire::limits::SEQUENCE_JUMP_MAX;

/// Numbers that never came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gap {
    /// The first of them.
    pub from: u64,
    /// How many.
    pub count: u64,
}

/// What a message's number says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Numbered {
    /// It is new; so many before it are missing.
    New {
        /// Its number.
        number: u64,
        /// What is missing before it.
        gap: Option<Gap>,
    },
    /// It was seen before: dropped without a word.
    Duplicate {
        /// Its number.
        number: u64,
    },
}

/// A number that can't be: 0, or more than [`SEQUENCE_JUMP_MAX`] ahead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Impossible;

/// One connection's count of the client's messages; made by [`Numbers::establish`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Numbers {
    /// The lowest number that was not seen.
    expected: u64,
    /// The number the next message will have.
    cursor: u64,
}

impl Numbers {
    /// From Establish: `last` is the highest number that reached the journal, `next` what the
    /// client calls its next message. A gap is told when the client goes on beyond it, because
    /// after a reconnect it first resends what `last` shows to be missing.
    ///
    /// # Errors
    /// [`Impossible`].
    pub fn establish(last: u64, next: u64) -> Result<Self, Impossible> {
        check(last + 1, next)?;
        Ok(Self { expected: last + 1, cursor: next })
    }

    /// A message came.
    pub fn message(&mut self) -> Numbered {
        let number = self.cursor;
        self.cursor += 1;
        #[cfg(ringpit_canary)]
        if number < self.expected && ringpit_canary::sings(ringpit_canary::Canary::AcceptDuplicate)
        {
            return Numbered::New { number, gap: None };
        }
        if number < self.expected {
            return Numbered::Duplicate { number };
        }
        let gap = self.gap_before(number);
        self.expected = number + 1;
        Numbered::New { number, gap }
    }

    /// The client says what its next number is.
    ///
    /// # Errors
    /// [`Impossible`].
    pub fn sequence(&mut self, next: u64) -> Result<Option<Gap>, Impossible> {
        check(self.expected, next)?;
        let gap = self.gap_before(next);
        self.cursor = next;
        self.expected = self.expected.max(next);
        Ok(gap)
    }

    fn gap_before(&self, number: u64) -> Option<Gap> {
        let count = number.saturating_sub(self.expected);
        (count > 0).then_some(Gap { from: self.expected, count })
    }
}

fn check(expected: u64, next: u64) -> Result<(), Impossible> {
    let possible = next >= 1 && next.saturating_sub(expected) <= SEQUENCE_JUMP_MAX;
    if possible { Ok(()) } else { Err(Impossible) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(number: u64) -> Numbered {
        Numbered::New { number, gap: None }
    }

    #[test]
    fn messages_count_from_establish() {
        let mut numbers = Numbers::establish(0, 1).unwrap();
        assert_eq!([(); 3].map(|()| numbers.message()), [new(1), new(2), new(3)]);
    }

    #[test]
    fn a_gap_is_told_once_and_later_numbers_are_taken() {
        let mut numbers = Numbers::establish(4, 5).unwrap();
        assert_eq!(numbers.sequence(8), Ok(Some(Gap { from: 5, count: 3 })));
        assert_eq!(numbers.sequence(8), Ok(None));
        assert_eq!(numbers.message(), new(8));
        assert_eq!(numbers.sequence(5), Ok(None));
        assert_eq!(numbers.message(), Numbered::Duplicate { number: 5 });
    }

    #[test]
    fn after_a_reconnect_the_missing_ones_come_unchanged() {
        let mut numbers = Numbers::establish(6, 10).unwrap();
        assert_eq!(numbers.sequence(7), Ok(None));
        assert_eq!([(); 3].map(|()| numbers.message()), [new(7), new(8), new(9)]);
        assert_eq!(numbers.message(), new(10));
        let mut silent = Numbers::establish(6, 10).unwrap();
        let gap = Some(Gap { from: 7, count: 3 });
        assert_eq!(silent.message(), Numbered::New { number: 10, gap });
    }

    #[test]
    fn resent_numbers_that_were_executed_are_duplicates() {
        let mut numbers = Numbers::establish(6, 5).unwrap();
        let duplicate = |number| Numbered::Duplicate { number };
        assert_eq!([(); 3].map(|()| numbers.message()), [duplicate(5), duplicate(6), new(7)]);
    }

    #[test]
    fn impossible_numbers_are_refused() {
        assert_eq!(Numbers::establish(5, 0), Err(Impossible));
        assert!(Numbers::establish(5, 6 + SEQUENCE_JUMP_MAX).is_ok());
        assert_eq!(Numbers::establish(5, 7 + SEQUENCE_JUMP_MAX), Err(Impossible));
        let mut numbers = Numbers::establish(5, 6).unwrap();
        assert_eq!(numbers.sequence(0), Err(Impossible));
        assert_eq!(numbers.sequence(u64::MAX), Err(Impossible));
        assert_eq!(numbers.message(), new(6));
    }
}
