//! A small server that keeps the rules of the session layer and has every bad habit they allow:
//! it crashes and loses what was not durable, cuts connections at any byte, refuses, answers in
//! small batches, and sends live messages in between.

use hmac::{Hmac, KeyInit, Mac};
use ringpit_client::Secret;
use ringpit_core::event::{Accepted, Counter, Level};
use ringpit_core::{Command, CommandKind, CounterId, Event, InstrumentId, Reason, SessionId, Side};
use ringpit_wire::signature::signed_parts;
use ringpit_wire::{
    BusinessReject, Establish, EstablishmentAck, EventHead, Frame, Incoming, Negotiate,
    NegotiationResponse, NotApplied, QueryEnd, Retransmission, Sequence, SnapshotBegin,
    SnapshotEnd, Terminate, TerminationCode, decode_incoming, encode, encode_event, encode_headed,
    peek_len, template_id,
};
use sha2::Sha256;

/// What the one session logs in with.
pub const SESSION: SessionId = SessionId(7);
pub const KEY: &[u8] = b"a secret of sixteen bytes or more";

pub fn secret() -> Secret {
    Secret::new(KEY)
}

/// A journaled input: the client's number of it and the counter that it raises.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Executed {
    pub number: u64,
    pub what: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Fresh,
    Negotiated,
    Live { cursor: u64, expected: u64 },
    Closed,
}

/// The server; `roll` decides everything that chance decides.
pub struct Model {
    pub roll: Box<dyn FnMut(u64) -> u64>,
    version: u64,
    timestamp: u64,
    /// The journal.
    pub executed: Vec<Executed>,
    durable: usize,
    /// Every numbered event as a frame, and how many inputs had to be durable before it leaves.
    pub events: Vec<(usize, Vec<u8>)>,
    stage: Stage,
    input: Vec<u8>,
    /// Frames on the connection, gated likewise.
    outbox: Vec<(usize, Vec<u8>)>,
    subscribed: bool,
    /// What the client was told was refused.
    pub refused: Vec<u64>,
    pub violations: Vec<String>,
}

impl Model {
    pub fn new(roll: Box<dyn FnMut(u64) -> u64>) -> Self {
        Self {
            roll,
            version: 0,
            timestamp: 0,
            executed: Vec::new(),
            durable: 0,
            events: Vec::new(),
            stage: Stage::Closed,
            input: Vec::new(),
            outbox: Vec::new(),
            subscribed: false,
            refused: Vec::new(),
            violations: Vec::new(),
        }
    }

    pub fn accept(&mut self) {
        self.hang_up();
        self.stage = Stage::Fresh;
    }

    pub fn hang_up(&mut self) {
        self.stage = Stage::Closed;
        self.input.clear();
        self.outbox.clear();
        self.subscribed = false;
    }

    pub fn is_connected(&self) -> bool {
        self.stage != Stage::Closed
    }

    /// What is not durable may be lost with the process.
    pub fn crash(&mut self) {
        self.hang_up();
        let spare = (self.executed.len() - self.durable) as u64;
        let kept = self.durable + (self.roll)(spare + 1) as usize;
        self.executed.truncate(kept);
        self.events.retain(|(gate, _)| *gate <= kept);
        self.durable = kept;
    }

    /// The flusher ran: so much more is durable.
    pub fn flush(&mut self) {
        let spare = (self.executed.len() - self.durable) as u64;
        self.durable += (self.roll)(spare + 1) as usize;
    }

    /// Bytes that may leave now.
    pub fn take_output(&mut self) -> Vec<u8> {
        let ready = self.outbox.iter().take_while(|(gate, _)| *gate <= self.durable).count();
        self.outbox.drain(..ready).flat_map(|(_, frame)| frame).collect()
    }

    pub fn receive(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
        while self.is_connected() {
            let length = peek_len(&self.input).expect("a frame");
            let Some(length) = length.filter(|length| *length <= self.input.len()) else { return };
            let frame: Vec<u8> = self.input.drain(..length).collect();
            self.frame(&frame);
        }
    }

    fn push(&mut self, write: impl FnOnce(&mut [u8]) -> Option<usize>) {
        let mut frame = vec![0; 4_096];
        let length = write(&mut frame).expect("it fits");
        frame.truncate(length);
        let gate = self.outbox.last().map_or(0, |(gate, _)| *gate);
        self.outbox.push((gate, frame));
    }

    fn frame(&mut self, bytes: &[u8]) {
        let frame = Frame::new(bytes).expect("whole");
        let incoming = decode_incoming(&frame).expect("well formed");
        match (incoming, self.stage) {
            (Incoming::Negotiate(asked), Stage::Fresh) => self.negotiate(&frame, &asked),
            (Incoming::Establish(asked), Stage::Fresh | Stage::Negotiated) => {
                self.establish(&frame, &asked);
            }
            (Incoming::Terminate(asked), _) => {
                let code = asked.code;
                self.push(|to| {
                    encode(
                        &Terminate {
                            session_id: SESSION,
                            session_ver_id: asked.session_ver_id,
                            code,
                        },
                        to,
                    )
                });
            }
            (incoming, Stage::Live { .. }) => self.live(&incoming),
            (incoming, stage) => self.violations.push(format!("{incoming:?} in {stage:?}")),
        }
    }

    fn login(&mut self, frame: &Frame<'_>, signature: &[u8; 32], timestamp: u64) {
        let mut mac = Hmac::<Sha256>::new_from_slice(KEY).expect("any key");
        signed_parts(frame).expect("a login").iter().for_each(|part| mac.update(part));
        assert!(mac.verify_slice(signature).is_ok(), "the signature must be right");
        assert!(timestamp > self.timestamp, "login times must rise");
        self.timestamp = timestamp;
    }

    fn negotiate(&mut self, frame: &Frame<'_>, asked: &Negotiate) {
        self.login(frame, &asked.signature, asked.timestamp);
        assert!(asked.session_ver_id > self.version, "versions must rise");
        assert!(self.executed.iter().all(|input| input.what == 0), "only while nothing was sent");
        self.executed.clear();
        self.events.clear();
        self.durable = 0;
        self.version = asked.session_ver_id;
        self.stage = Stage::Negotiated;
        let (session_id, request_timestamp) = (SESSION, asked.timestamp);
        let session_ver_id = asked.session_ver_id;
        self.push(|to| {
            encode(&NegotiationResponse { session_id, session_ver_id, request_timestamp }, to)
        });
    }

    fn establish(&mut self, frame: &Frame<'_>, asked: &Establish) {
        self.login(frame, &asked.signature, asked.timestamp);
        assert_eq!(asked.session_ver_id, self.version);
        assert!(asked.last_received_seq_no <= self.events.len() as u64, "ahead of us");
        let last = self.last_in();
        self.stage = Stage::Live { cursor: asked.next_seq_no, expected: last + 1 };
        let durable = self.executed[..self.durable].last().map_or(0, |input| input.number);
        let ack = EstablishmentAck {
            session_id: SESSION,
            session_ver_id: self.version,
            request_timestamp: asked.timestamp,
            keep_alive_interval: asked.keep_alive_interval,
            next_seq_no: self.events.len() as u64 + 1,
            last_incoming_seq_no: durable,
        };
        self.push(|to| encode(&ack, to));
    }

    fn last_in(&self) -> u64 {
        self.executed.last().map_or(0, |input| input.number)
    }

    fn live(&mut self, incoming: &Incoming) {
        let Stage::Live { mut cursor, mut expected } = self.stage else { return };
        match incoming {
            Incoming::Sequence(sequence) => {
                cursor = sequence.next_seq_no;
                self.gap(expected, cursor);
                expected = expected.max(cursor);
            }
            Incoming::RetransmitRequest(asked) => {
                self.retransmit(asked.timestamp, asked.from_seq_no, asked.count)
            }
            message => {
                let number = cursor;
                cursor += 1;
                if number >= expected {
                    self.gap(expected, number);
                    expected = number + 1;
                    self.stage = Stage::Live { cursor, expected };
                    self.business(number, message);
                }
            }
        }
        if self.is_connected() {
            self.stage = Stage::Live { cursor, expected };
        }
    }

    fn gap(&mut self, from_seq_no: u64, next: u64) {
        if next > from_seq_no {
            let count = (next - from_seq_no) as u32;
            self.push(|to| encode(&NotApplied { from_seq_no, count }, to));
        }
    }

    fn retransmit(&mut self, request_timestamp: u64, from: u64, count: u32) {
        assert!((1..=2_000).contains(&count) && from >= 1);
        if (self.roll)(10) == 0 {
            return self.refuse(0, template_id::RETRANSMIT_REQUEST);
        }
        let there = self.events.len() as u64 + 1 - from;
        let count = (self.roll)(there.min(u64::from(count)) + 1);
        let next_seq_no = from;
        let announced = count as u32;
        self.push(|to| {
            encode(&Retransmission { request_timestamp, next_seq_no, count: announced }, to)
        });
        let index = from as usize - 1;
        let batch: Vec<_> = self.events[index..index + count as usize].to_vec();
        self.outbox.extend(batch);
        let next_seq_no = self.events.len() as u64 + 1;
        self.push(|to| encode(&Sequence { next_seq_no }, to));
    }

    fn business(&mut self, number: u64, message: &Incoming) {
        let refuse = (self.roll)(20) == 0;
        match message {
            Incoming::Command { command: Command::QueryCounter(_), query_id: Some(id) } => {
                self.answer(number, *id);
            }
            Incoming::Command { .. } if refuse => {
                self.refused.push(number);
                self.refuse(number, template_id::KILL_SWITCH);
            }
            Incoming::Command { command: Command::KillSwitch(command), .. } => {
                self.execute(number, command.account.0);
            }
            Incoming::Subscribe(asked) => {
                self.subscribed = true;
                let things = (asked.instrument, asked.auction, asked.sale);
                let (instrument, auction, sale) = things;
                let head = self.head(Some(number), None, Some(asked.query_id));
                self.push(|to| {
                    encode_headed(&head, &SnapshotBegin { instrument, auction, sale }, to)
                });
                self.push(|to| {
                    encode_headed(&head, &SnapshotEnd { instrument, auction, sale, count: 0 }, to)
                });
            }
            other => self.violations.push(format!("unexpected {other:?}")),
        }
    }

    /// A refusal does not wait for the disk, but it waits for its place.
    fn refuse(&mut self, ref_seq_no: u64, ref_template_id: u16) {
        let reject = BusinessReject {
            ref_seq_no,
            ref_template_id,
            ref_field_id: 0,
            group_index: None,
            reason: Reason::Throttled,
        };
        self.push(|to| encode(&reject, to));
    }

    fn head(
        &self,
        ref_seq_no: Option<u64>,
        msg_seq_num: Option<u64>,
        query_id: Option<u64>,
    ) -> EventHead {
        EventHead { seq: self.executed.len() as u64, at: 5, ref_seq_no, msg_seq_num, query_id }
    }

    fn answer(&mut self, number: u64, id: u64) {
        let head = self.head(Some(number), None, Some(id));
        let value = self.executed.len() as i64;
        let event = Event::from(Counter { counter: CounterId(id), value });
        for _ in 0..2 {
            self.push(|to| encode_event(&head, &event, to));
        }
        self.push(|to| encode_headed(&head, &QueryEnd { count: 2 }, to));
    }

    fn execute(&mut self, number: u64, what: u64) {
        if number <= self.last_in() {
            return;
        }
        self.executed.push(Executed { number, what });
        let gate = self.executed.len();
        for part in 0..1 + (self.roll)(3) {
            let event =
                Event::from(Accepted { command: CommandKind::KillSwitch, id: what * 10 + part });
            self.numbered(gate, Some(number), &event);
        }
        if self.subscribed {
            let head = self.head(Some(number), None, None);
            let level =
                Level { instrument: InstrumentId(1), side: Side::Buy, price: 1, qty: 1, orders: 1 };
            let mut frame = vec![0; 256];
            let length = encode_event(&head, &level.into(), &mut frame).expect("it fits");
            frame.truncate(length);
            self.outbox.push((gate, frame));
        }
    }

    /// Another client's doing, or a deadline's: an event for this session that it did not cause.
    pub fn happen(&mut self) {
        let number = self.last_in();
        self.executed.push(Executed { number, what: 0 });
        let gate = self.executed.len();
        self.numbered(gate, None, &Accepted { command: CommandKind::SetPhase, id: 0 }.into());
    }

    fn numbered(&mut self, gate: usize, ref_seq_no: Option<u64>, event: &Event) {
        let msg_seq_num = Some(self.events.len() as u64 + 1);
        let head = self.head(ref_seq_no, msg_seq_num, None);
        let mut frame = vec![0; 256];
        let length = encode_event(&head, event, &mut frame).expect("it fits");
        frame.truncate(length);
        if matches!(self.stage, Stage::Live { .. }) {
            self.outbox.push((gate, frame.clone()));
        }
        self.events.push((gate, frame));
    }

    /// Ends the connection with a word.
    pub fn terminate(&mut self, code: TerminationCode) {
        let session_ver_id = self.version;
        self.push(|to| encode(&Terminate { session_id: SESSION, session_ver_id, code }, to));
    }
}
