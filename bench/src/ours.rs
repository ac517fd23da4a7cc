//! Ringpit as the pool's server: logged-in connections, commands as frames, events as answers.

use crate::error::BenchError;
use crate::pool::{Connection, Frames, Heard, Loaded, Tongue, drive};
use ringpit_client::{Client, Delivery, Login};
use ringpit_core::{Command, Event};
use ringpit_wire::limits::FRAME_BYTES_MAX;
use ringpit_wire::{Frame, Outgoing, decode_outgoing, encode_command, peek_len};
use std::net::SocketAddr;
use std::time::Duration;

/// How long a login or a query may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Commands in flight while something is set up: far from filling the operators' own ring.
const SETUP_WINDOW: usize = 256;

/// Reads what Ringpit says; each command's first event is its answer.
#[derive(Debug)]
pub struct Events<A> {
    answered: u64,
    read: fn(&Event) -> Option<A>,
}

impl<A> Tongue for Events<A> {
    type Answer = A;

    fn hear(&mut self, bytes: &[u8]) -> Result<Heard<A>, BenchError> {
        let wrong = |what: &dyn std::fmt::Display| BenchError::Answer(what.to_string());
        let len = match peek_len(bytes).map_err(|error| wrong(&error))? {
            Some(len) if len <= bytes.len() => len,
            _ => return Ok(Heard::Part),
        };
        let frame = Frame::new(&bytes[..len]).map_err(|error| wrong(&error))?;
        match decode_outgoing(&frame).map_err(|fault| wrong(&fault))? {
            Outgoing::Sequence(_) => Ok(Heard::Aside(len)),
            Outgoing::Event(head, event) => {
                let number = head.ref_seq_no.unwrap_or(0);
                if number <= self.answered {
                    return Ok(Heard::Aside(len));
                }
                if number != self.answered + 1 {
                    let (last, what) = (self.answered, "answered after message");
                    return Err(BenchError::Outcome(format!("message {number} {what} {last}")));
                }
                self.answered = number;
                let answer = (self.read)(&event);
                answer.map(|answer| Heard::Answer(len, answer)).ok_or(wrong(&format!("{event:?}")))
            }
            other => Err(wrong(&format!("{other:?}"))),
        }
    }
}

/// A server that is running, and who may speak to it.
#[derive(Clone, Debug)]
pub struct Ours {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its process.
    pub pid: u32,
    /// Who sets things up.
    pub operator: Login,
    /// Who puts the load on, a session a connection.
    pub members: Vec<Login>,
}

impl Ours {
    /// Logs these in anew.
    fn connect<A>(
        &self,
        logins: &[Login],
        read: fn(&Event) -> Option<A>,
    ) -> Result<Vec<Connection<Events<A>>>, BenchError> {
        let connect = |login: &Login| {
            let mut client = Client::new(self.address, login.clone())?.patience(PATIENCE);
            client.establish(|_| ())?;
            let stream = client.into_stream().ok_or(BenchError::Answer("silence".into()))?;
            Connection::new(stream, Events { answered: 0, read })
        };
        logins.iter().map(connect).collect()
    }

    /// Carries out as the operator, in this order; nothing may be refused.
    ///
    /// # Errors
    /// When something is, or the server can't be spoken to.
    pub fn set_up(&self, commands: impl IntoIterator<Item = Command>) -> Result<(), BenchError> {
        let frames = encoded(commands);
        let accepted = |event: &Event| (!matches!(event, Event::Rejected(_))).then_some(());
        let mut connections = self.connect(std::slice::from_ref(&self.operator), accepted)?;
        drive(&mut connections, &frames, SETUP_WINDOW, |_, ()| ()).map(|_| ())
    }

    /// Puts load on: all members send, at most `window` commands waiting for each.
    ///
    /// # Errors
    /// When an answer is none that `read` knows, or a connection is lost.
    pub fn load<A>(
        &self,
        frames: &Frames,
        window: usize,
        read: fn(&Event) -> Option<A>,
        on_answer: impl FnMut(usize, A),
    ) -> Result<Loaded, BenchError> {
        let mut connections = self.connect(&self.members, read)?;
        drive(&mut connections, frames, window, on_answer)
    }

    /// The answers to queries, in their order, as the operator.
    ///
    /// # Errors
    /// When the server can't be spoken to.
    pub fn ask(
        &self,
        queries: impl IntoIterator<Item = Command>,
    ) -> Result<Vec<Event>, BenchError> {
        let mut client = Client::new(self.address, self.operator.clone())?.patience(PATIENCE);
        let (mut answers, mut queries) = (Vec::new(), queries.into_iter().peekable());
        while queries.peek().is_some() {
            for query in queries.by_ref().take(SETUP_WINDOW) {
                client.query(&query)?;
            }
            client.settle(|delivery| match delivery {
                Delivery::Event(arrived) if arrived.query_id != 0 => answers.push(*arrived.event),
                _ => {}
            })?;
        }
        client.close(|_| ())?;
        Ok(answers)
    }
}

/// Commands as they stand on the wire; their numbers follow from their order.
///
/// # Panics
/// When one is none that clients may send.
#[must_use]
pub fn encoded(commands: impl IntoIterator<Item = Command>) -> Frames {
    let mut frames = Frames::default();
    let mut frame = [0; FRAME_BYTES_MAX];
    for command in commands {
        let Some(len) = encode_command(&command, 0, &mut frame) else {
            unreachable!("a client may send {}", command.kind().word())
        };
        frames.push(&frame[..len]);
    }
    frames
}
