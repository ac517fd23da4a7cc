//! What a client process must keep in order to go on after its own restart. How it is kept is the
//! caller's affair; the fields are all there is.

use crate::error::Error;

/// Where a session stands between two processes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SessionState {
    /// FIXP sessionVerId; 0 before the first attempt to log in.
    pub version: u64,
    /// Whether the server is known to have accepted it.
    pub accepted: bool,
    /// The time stamp of the last login, UNIX nanoseconds: the next must be later.
    pub last_login: u64,
    /// The number of the next new message, from 1.
    pub next_number: u64,
    /// The highest number of an event that was handed over; 0 none.
    pub last_received: u64,
    /// Commands without an answer, by number.
    pub unanswered: Vec<Unanswered>,
}

/// A command that was sent, or was to be sent, and has no answer yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unanswered {
    /// Its number.
    pub number: u64,
    /// The frame it travels in.
    pub frame: Vec<u8>,
}

impl SessionState {
    pub(crate) fn check(&self) -> Result<(), Error> {
        let mut last = 0;
        for unanswered in &self.unanswered {
            let number = unanswered.number;
            if number <= last || number >= self.next_number {
                let bounds = "rising and below next_number";
                return Err(Error::Config { field: "unanswered", value: number, bounds });
            }
            last = number;
        }
        if self.next_number == 0 {
            return Err(Error::Config { field: "next_number", value: 0, bounds: "1.." });
        }
        Ok(())
    }
}
