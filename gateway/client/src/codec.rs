//! Between the session and the wire crate: signed logins, messages into buffers, commands into a
//! scratch frame that grows once.

use crate::buffer::Buffer;
use crate::error::{Error, SendError};
use crate::login::{Login, Secret};
use crate::topic::Topic;
use hmac::{Hmac, KeyInit, Mac};
use ringpit_core::Command;
use ringpit_core::ids::SessionId;
use ringpit_wire::limits::FRAME_BYTES_MAX;
use ringpit_wire::signature::{put_signature, signed_parts};
use ringpit_wire::{
    Establish, FeedQuality, FlowType, Frame, LimitsRequest, Negotiate, Outgoing, Plain,
    RetransmitRequest, Sequence, Subscribe, Terminate, TerminationCode, Unsubscribe,
    decode_outgoing, encode, encode_command, peek_len,
};
use sha2::Sha256;

/// More than the longest session message, Establish.
const SESSION_FRAME_BYTES: usize = 256;

/// First size of a scratch frame: every command without lists fits.
const SCRATCH_BYTES: usize = 256;

const _: () = assert!(SCRATCH_BYTES <= FRAME_BYTES_MAX);

/// How long the frame is that begins here; `None` while its length is not there yet, or it isn't.
pub(crate) fn frame_length(bytes: &[u8]) -> Result<Option<usize>, Error> {
    let length = peek_len(bytes).map_err(|error| Error::Malformed(error.to_string()))?;
    Ok(length.filter(|length| *length <= bytes.len()))
}

/// Reads a message of the server.
pub(crate) fn read(frame: &[u8]) -> Result<Outgoing, Error> {
    let frame = Frame::new(frame).map_err(|error| Error::Malformed(error.to_string()))?;
    decode_outgoing(&frame).map_err(|fault| Error::Malformed(fault.to_string()))
}

/// Appends a session message; all of them are far shorter than the buffer they are made in.
fn append<M: Plain>(out: &mut Buffer, message: &M, secret: Option<&Secret>) {
    let mut bytes = [0; SESSION_FRAME_BYTES];
    let Some(length) = encode(message, &mut bytes) else {
        unreachable!("a session message fits {SESSION_FRAME_BYTES} bytes")
    };
    let frame = &mut bytes[..length];
    if let Some(secret) = secret {
        sign(frame, secret);
    }
    out.extend(frame);
}

fn sign(frame: &mut [u8], secret: &Secret) {
    let signature = Frame::new(frame).ok().and_then(|frame| {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.bytes()).ok()?;
        signed_parts(&frame)?.into_iter().for_each(|part| mac.update(part));
        Some(mac.finalize().into_bytes().into())
    });
    let signed = signature.is_some_and(|signature: [u8; 32]| put_signature(frame, &signature));
    assert!(signed, "a login has a place for its signature, and HMAC takes any key");
}

pub(crate) fn negotiate(out: &mut Buffer, login: &Login, version: u64, timestamp: u64) {
    let message = Negotiate {
        session_id: login.session,
        session_ver_id: version,
        timestamp,
        client_flow: FlowType::Idempotent,
        server_flow: FlowType::Recoverable,
        signature: [0; 32],
    };
    append(out, &message, Some(&login.secret));
}

pub(crate) fn establish(
    out: &mut Buffer,
    login: &Login,
    version: u64,
    timestamp: u64,
    next_seq_no: u64,
    last_received_seq_no: u64,
) {
    let message = Establish {
        session_id: login.session,
        session_ver_id: version,
        timestamp,
        keep_alive_interval: login.keep_alive_ms,
        next_seq_no,
        last_received_seq_no,
        cancel_on_disconnect: login.cancel_on_disconnect,
        grace_time: login.grace_ms,
        signature: [0; 32],
    };
    append(out, &message, Some(&login.secret));
}

pub(crate) fn sequence(out: &mut Buffer, next_seq_no: u64) {
    append(out, &Sequence { next_seq_no }, None);
}

pub(crate) fn retransmit_request(out: &mut Buffer, timestamp: u64, from_seq_no: u64, count: u32) {
    append(out, &RetransmitRequest { timestamp, from_seq_no, count }, None);
}

pub(crate) fn terminate(
    out: &mut Buffer,
    session_id: SessionId,
    session_ver_id: u64,
    code: TerminationCode,
) {
    append(out, &Terminate { session_id, session_ver_id, code }, None);
}

/// Where one message is made before it gets its number.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    bytes: Vec<u8>,
    length: usize,
}

impl Scratch {
    /// The message made last.
    pub(crate) fn frame(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn make(&mut self, mut write: impl FnMut(&mut [u8]) -> Option<usize>) -> bool {
        if self.bytes.is_empty() {
            self.bytes.resize(SCRATCH_BYTES, 0);
        }
        let mut made = write(&mut self.bytes);
        if made.is_none() && self.bytes.len() < FRAME_BYTES_MAX {
            self.bytes.resize(FRAME_BYTES_MAX, 0);
            made = write(&mut self.bytes);
        }
        self.length = made.unwrap_or(0);
        made.is_some()
    }

    /// Makes a command or a query.
    pub(crate) fn command(&mut self, command: &Command, query_id: u64) -> Result<(), SendError> {
        if self.make(|bytes| encode_command(command, query_id, bytes)) {
            return Ok(());
        }
        let word = command.kind().word();
        Err(match command {
            Command::SessionOpen(_)
            | Command::SessionConfig(_)
            | Command::SessionLost(_)
            | Command::SessionBack(_)
            | Command::Tick => SendError::NotForClients(word),
            _ => SendError::NoPlaceOnTheWire(word),
        })
    }

    pub(crate) fn subscribe(&mut self, topic: Topic, query_id: u64) {
        let (instrument, auction, sale) = topic.parts();
        let quality = FeedQuality::Full;
        self.plain(&Subscribe { query_id, instrument, auction, sale, quality, interval_ms: None });
    }

    pub(crate) fn unsubscribe(&mut self, topic: Topic, query_id: u64) {
        let (instrument, auction, sale) = topic.parts();
        self.plain(&Unsubscribe { query_id, instrument, auction, sale });
    }

    pub(crate) fn limits_request(&mut self) {
        self.plain(&LimitsRequest {});
    }

    fn plain<M: Plain>(&mut self, message: &M) {
        let made = self.make(|bytes| encode(message, bytes));
        assert!(made, "a message without lists fits a frame");
    }
}
