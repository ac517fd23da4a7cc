//! One connection: where it stands in its life, what it has half received, when it must be looked
//! at next.
//!
//! It does not decide: what a message does to a session is the hub's affair.

use crate::limits::{
    FRAME_NS_MAX, KEEP_ALIVE_SILENT_INTERVALS, LOGIN_NS_MAX, MS_NS, TERMINATE_NS_MAX,
};
use crate::numbers::Numbers;
use crate::outbox::Outbox;
use ringpit_core::CancelOnDisconnect;
use ringpit_wire::TerminationCode;
use ringpit_wire::frame::{FrameError, peek_len};
use std::net::IpAddr;

/// Where a connection stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Nothing was accepted yet.
    Fresh,
    /// A Negotiate is on its way through the line.
    Opening,
    /// NegotiationResponse was given.
    Negotiated,
    /// An Establish is on its way through the line.
    Binding,
    /// Bound to its session.
    Established,
    /// We said Terminate and wait for the answer.
    Leaving(TerminationCode),
    /// Nothing more is said or heard: what waits is written, then the line is shut.
    Closing,
    /// Shut on our side; waits for the peer to close.
    Shut,
}

/// What was agreed at Establish.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// Nanoseconds of silence after which either side sends Sequence.
    pub keep_alive_ns: u64,
    /// What the loss of the connection does.
    pub cancel_on_disconnect: CancelOnDisconnect,
    /// Nanoseconds between the loss and what it does.
    pub grace_ns: u64,
}

/// The state of one connection. Times are monotonic nanoseconds.
#[derive(Debug)]
pub struct Connection {
    /// Tells it from earlier users of its place.
    pub generation: u64,
    /// Where it comes from.
    pub ip: IpAddr,
    /// Where it stands.
    pub stage: Stage,
    /// The session it logged in as.
    pub session: Option<usize>,
    /// What was agreed at Establish.
    pub terms: Terms,
    /// The client's numbers.
    pub numbers: Numbers,
    /// What waits to be written.
    pub outbox: Outbox,
    /// Whether the hub will look at the outbox at its next flush.
    pub queued: bool,
    /// Where the EstablishmentAck ends in the outbox: before it is sent nothing may come in.
    pub ack_end: u64,
    /// Where the last retransmission ends in the outbox; `u64::MAX` while it is being fetched.
    pub retransmit_end: u64,
    /// When a look at it is due, as scheduled.
    pub scheduled_ns: u64,
    /// When anything last came from the peer.
    pub heard_ns: u64,
    /// When anything was last written to it.
    pub spoke_ns: u64,
    accepted_ns: u64,
    stage_since_ns: u64,
    partial: Vec<u8>,
    partial_since_ns: u64,
}

impl Connection {
    /// A connection that was just accepted.
    #[must_use]
    pub fn new(ip: IpAddr, generation: u64, now_ns: u64) -> Self {
        Self {
            generation,
            ip,
            stage: Stage::Fresh,
            session: None,
            terms: Terms {
                keep_alive_ns: 0,
                cancel_on_disconnect: CancelOnDisconnect::Never,
                grace_ns: 0,
            },
            numbers: Numbers::default(),
            outbox: Outbox::default(),
            queued: false,
            ack_end: 0,
            retransmit_end: 0,
            scheduled_ns: u64::MAX,
            heard_ns: now_ns,
            spoke_ns: now_ns,
            accepted_ns: now_ns,
            stage_since_ns: now_ns,
            partial: Vec::new(),
            partial_since_ns: now_ns,
        }
    }

    /// Moves it on.
    pub fn enter(&mut self, stage: Stage, now_ns: u64) {
        self.stage = stage;
        self.stage_since_ns = now_ns;
    }

    /// Whether what the peer sends still matters.
    #[must_use]
    pub fn listens(&self) -> bool {
        !matches!(self.stage, Stage::Closing | Stage::Shut)
    }

    /// Whether a retransmission was asked for and is not yet written.
    #[must_use]
    pub fn is_retransmitting(&self) -> bool {
        self.outbox.sent_position() < self.retransmit_end
    }

    /// When it must be looked at, and why.
    #[must_use]
    pub fn due(&self) -> (u64, Due) {
        let due = match self.stage {
            Stage::Fresh | Stage::Opening | Stage::Negotiated | Stage::Binding => {
                (self.accepted_ns + LOGIN_NS_MAX, Due::LoginTooSlow)
            }
            Stage::Established if self.outbox.sent_position() < self.ack_end => {
                (self.accepted_ns + LOGIN_NS_MAX, Due::LoginTooSlow)
            }
            Stage::Established => {
                let silent = self.terms.keep_alive_ns * KEEP_ALIVE_SILENT_INTERVALS;
                let lapse = (self.heard_ns + silent, Due::KeepAliveLapsed);
                let speak = (self.spoke_ns + self.terms.keep_alive_ns, Due::Speak);
                if lapse.0 <= speak.0 { lapse } else { speak }
            }
            Stage::Leaving(_) | Stage::Closing | Stage::Shut => {
                (self.stage_since_ns + TERMINATE_NS_MAX, Due::Close)
            }
        };
        let frame = (self.partial_since_ns + FRAME_NS_MAX, Due::FrameTooSlow);
        let is_ending = due.1 == Due::Close;
        if self.partial.is_empty() || is_ending || due.0 <= frame.0 { due } else { frame }
    }

    /// Milliseconds of grace as nanoseconds.
    #[must_use]
    pub fn ms(ms: u32) -> u64 {
        u64::from(ms) * MS_NS
    }

    /// Takes the half frame out, to be finished.
    pub fn take_partial(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.partial)
    }

    /// Keeps what is left of the bytes that came: less than a frame, begun before when
    /// `continues`.
    pub fn keep_partial(&mut self, partial: Vec<u8>, continues: bool, now_ns: u64) {
        if !continues {
            self.partial_since_ns = now_ns;
        }
        self.partial = partial;
    }
}

/// Why a connection must be looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// It did not log in in time.
    LoginTooSlow,
    /// A frame was not whole in time.
    FrameTooSlow,
    /// The peer was silent for too long.
    KeepAliveLapsed,
    /// We were silent for one interval: time for a Sequence.
    Speak,
    /// It was to go and did not.
    Close,
}

/// Moves bytes from `rest` to the half frame until it is whole. Gives true when it is.
///
/// # Errors
/// What is wrong with its header.
pub fn finish_frame(partial: &mut Vec<u8>, rest: &mut &[u8]) -> Result<bool, FrameError> {
    loop {
        let wanted = match peek_len(partial)? {
            Some(len) if len == partial.len() => return Ok(true),
            Some(len) => len,
            None => partial.len() + 1,
        };
        let taken = (wanted - partial.len()).min(rest.len());
        if taken == 0 {
            return Ok(false);
        }
        let (head, tail) = rest.split_at(taken);
        partial.extend_from_slice(head);
        *rest = tail;
    }
}
