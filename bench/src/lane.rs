//! One connection under load: a window of messages in flight, sent from a script as it is, answers
//! counted and timed as they stand in the socket.
//!
//! It decodes no more than what it checks: each message must be answered, in order, and nothing
//! refused. Logging in is [`Client`]'s.

use crate::error::BenchError;
use crate::script::Script;
use hdrhistogram::Histogram;
use ringpit_client::{Client, Login};
use ringpit_wire::{Frame, peek_len, template_id};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Bytes read at once.
const READ_BYTES: usize = 256 << 10;

/// How long a login may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where an event's block says which message caused it, and which number it has for its receiver.
pub(crate) const REF_SEQ_NO_AT: usize = 16;
pub(crate) const MSG_SEQ_NUM_AT: usize = 24;

/// See the module.
#[derive(Debug)]
pub struct Lane {
    stream: TcpStream,
    /// When each message in flight was meant to be sent, by its number.
    due_ns: Box<[u64]>,
    window: u64,
    /// Messages given to the socket, or waiting for it.
    sent: u64,
    answered: u64,
    /// Number of the last event that came.
    events: u64,
    /// Bytes of the script that the socket has taken, and that it may take.
    written: usize,
    writable: usize,
    buffer: Box<[u8]>,
    /// Bytes of a frame that is not whole yet, at the buffer's start.
    held: usize,
}

impl Lane {
    /// Logs in with a new session; at most `window` messages will be in flight.
    ///
    /// # Errors
    /// When there is no session to be had.
    pub fn login(address: SocketAddr, login: Login, window: usize) -> Result<Self, BenchError> {
        let mut client = Client::new(address, login)?.patience(PATIENCE);
        client.establish(|_| ())?;
        let stream = client.into_stream().ok_or(BenchError::Answer("silence".into()))?;
        Ok(Self::new(stream, window))
    }

    /// On a connection that needs no login; it does not block.
    #[must_use]
    pub fn new(stream: TcpStream, window: usize) -> Self {
        Self {
            stream,
            due_ns: vec![0; window.next_power_of_two()].into_boxed_slice(),
            window: window as u64,
            sent: 0,
            answered: 0,
            events: 0,
            written: 0,
            writable: 0,
            buffer: vec![0; READ_BYTES].into_boxed_slice(),
            held: 0,
        }
    }

    /// The socket, to be waited for.
    #[must_use]
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Whether bytes wait for the socket.
    #[must_use]
    pub fn wants_write(&self) -> bool {
        self.written < self.writable
    }

    /// Whether every message of the script is answered.
    #[must_use]
    pub fn is_done(&self, script: &Script) -> bool {
        self.answered == script.ends().len() as u64
    }

    /// Whether a message may be sent; which one: counted from 0.
    #[must_use]
    pub fn next(&self, script: &Script) -> Option<u64> {
        let left = self.sent < script.ends().len() as u64;
        (left && self.sent - self.answered < self.window).then_some(self.sent)
    }

    /// Sends the next message, which was meant to be sent at `due_ns`, with [`Self::write`].
    pub fn send(&mut self, script: &Script, due_ns: u64) {
        self.writable = script.ends()[self.sent as usize];
        let slot = self.slot(self.sent);
        self.due_ns[slot] = due_ns;
        self.sent += 1;
    }

    fn slot(&self, message: u64) -> usize {
        message as usize & (self.due_ns.len() - 1)
    }

    /// Gives the socket what it takes.
    ///
    /// # Errors
    /// When the connection is lost.
    pub fn write(&mut self, script: &Script) -> Result<(), BenchError> {
        while self.wants_write() {
            match self.stream.write(&script.frames()[self.written..self.writable]) {
                Ok(0) => return Err(lost(ErrorKind::WriteZero.into())),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) => return Err(lost(error)),
            }
        }
        Ok(())
    }

    /// Reads once, and takes the answers; `now_ns` is asked when they are there.
    ///
    /// # Errors
    /// When the connection is lost, a message is refused, or answers do not come in order.
    pub fn read(
        &mut self,
        now_ns: impl FnOnce() -> u64,
        latencies: &mut Histogram<u64>,
    ) -> Result<(), BenchError> {
        let count = match self.stream.read(&mut self.buffer[self.held..]) {
            Ok(0) => return Err(lost(ErrorKind::UnexpectedEof.into())),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            Err(error) => return Err(lost(error)),
        };
        let (now_ns, end) = (now_ns(), self.held + count);
        let mut begin = 0;
        while let Some(len) = frame_len(&self.buffer[begin..end])? {
            if begin + len > end {
                break;
            }
            let answer = take(&self.buffer[begin..begin + len], self.answered, self.events)?;
            begin += len;
            if let Some(Answer { number, event }) = answer {
                self.events = event;
                if number > self.answered {
                    let due_ns = self.due_ns[self.slot(self.answered)];
                    latencies.saturating_record(now_ns.saturating_sub(due_ns));
                    self.answered = number;
                }
            }
        }
        self.buffer.copy_within(begin..end, 0);
        self.held = end - begin;
        Ok(())
    }

    /// After the last answer: whether so many events came, and nothing else.
    ///
    /// # Errors
    /// With both figures, when not.
    pub fn check(&self, wanted: u64) -> Result<(), BenchError> {
        let (came, half) = (self.events, self.held);
        if came == wanted && half == 0 {
            return Ok(());
        }
        Err(BenchError::Outcome(format!("{came} events and {half} bytes came, not {wanted}")))
    }
}

/// An event's place in both directions' numbers.
struct Answer {
    number: u64,
    event: u64,
}

fn lost(source: std::io::Error) -> BenchError {
    BenchError::of("a connection under load")(source)
}

fn frame_len(bytes: &[u8]) -> Result<Option<usize>, BenchError> {
    peek_len(bytes).map_err(|error| BenchError::Answer(error.to_string()))
}

/// Looks at a frame: `None` when it is no event.
fn take(bytes: &[u8], answered: u64, events: u64) -> Result<Option<Answer>, BenchError> {
    let frame = Frame::new(bytes).map_err(|error| BenchError::Answer(error.to_string()))?;
    let word = |at: usize| {
        let bytes = frame.body().get(at..).and_then(|rest| rest.first_chunk());
        bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
    };
    match frame.template_id() {
        template_id::SEQUENCE => Ok(None),
        template_id::EXECUTION_REPORT | template_id::CANCEL_REJECT => {
            let (number, event) = (word(REF_SEQ_NO_AT), word(MSG_SEQ_NUM_AT));
            let in_order = (answered..=answered + 1).contains(&number) && event == events + 1;
            if in_order {
                return Ok(Some(Answer { number, event }));
            }
            let what = format!(
                "event {event} to message {number}, after event {events} to message {answered}"
            );
            Err(BenchError::Outcome(what))
        }
        other => Err(BenchError::Answer(format!("template {other}"))),
    }
}
