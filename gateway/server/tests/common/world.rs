//! The gateway without sockets and clocks, in front of a real line in memory: a test says what
//! comes, what time it is, and when the disk is done.

use super::*;
use ringpit_core::InputRef;
use ringpit_sequencer::memory::{MemoryControl, store};
use ringpit_sequencer::*;
use ringpit_server::hub::{Hub, Line, Now, Sockets};
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// What was written, by place.
#[derive(Default)]
pub struct Written {
    pub bytes: HashMap<usize, Vec<u8>>,
    pub blocked: HashSet<usize>,
    pub shut: HashSet<usize>,
    pub closed: HashSet<usize>,
}

impl Sockets for Written {
    fn write(&mut self, key: usize, bytes: &[u8]) -> std::io::Result<usize> {
        if self.blocked.contains(&key) {
            return Err(std::io::ErrorKind::WouldBlock.into());
        }
        self.bytes.entry(key).or_default().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn shutdown(&mut self, key: usize) {
        self.shut.insert(key);
    }

    fn close(&mut self, key: usize) {
        self.closed.insert(key);
    }
}

/// The way into the line, which a test can make narrow.
struct Narrow {
    port: InputPort,
    is_full: Arc<AtomicBool>,
}

impl Line for Narrow {
    fn offer(
        &mut self,
        lane: Lane,
        class: Class,
        tag: u64,
        input: InputRef<'_>,
    ) -> Result<(), Busy> {
        if class == Class::NewBusiness && self.is_full.load(Ordering::Relaxed) {
            return Err(Busy);
        }
        self.port.offer(lane, class, tag, input)?;
        self.port.wake();
        Ok(())
    }

    fn want_public(&mut self, wanted: bool) {
        self.port.want_public(wanted);
    }
}

pub const SECOND: u64 = 1_000_000_000;

/// See the module.
pub struct World {
    pub hub: Hub,
    pub written: Written,
    pub control: MemoryControl,
    pub now: Now,
    /// New business finds no room while this is set.
    pub is_full: Arc<AtomicBool>,
    pub running: Running,
    output: OutputPort,
    version: u64,
}

impl Default for World {
    fn default() -> Self {
        let (store, control) = store(100_000);
        let config =
            ringpit_sequencer::Config { pin: Pin::None, ..ringpit_sequencer::Config::default() };
        let line = ringpit_sequencer::Line { engine: Engine::new(), checkpointed_seq: 0, store };
        let started =
            ringpit_sequencer::start(&config, line, SystemClock, Arc::new(|| ())).unwrap();
        let is_full = Arc::new(AtomicBool::new(false));
        let mut world = Self {
            hub: Hub::new(5),
            written: Written::default(),
            control,
            now: Now { mono_ns: 1_000 * SECOND, unix_ns: unix_ns() },
            is_full: is_full.clone(),
            running: started.running,
            output: started.output,
            version: 100,
        };
        world.hub.load(&entries(), world.now);
        world.hub.go_live(Box::new(Narrow { port: started.input, is_full }));
        world.settle();
        world
    }
}

impl World {
    pub fn connect(&mut self) -> usize {
        self.hub.close_ended(&mut self.written);
        let key = self.hub.accept(IpAddr::from([127, 0, 0, 1]), self.now).unwrap();
        self.written.bytes.remove(&key);
        self.written.shut.remove(&key);
        self.written.closed.remove(&key);
        key
    }

    /// Bytes come; nothing else happens.
    pub fn give(&mut self, key: usize, bytes: &[u8]) {
        self.hub.received(key, bytes, self.now);
    }

    /// Bytes come and everything that follows happens; gives what was written.
    pub fn say(&mut self, key: usize, bytes: &[u8]) -> Vec<Outgoing> {
        self.give(key, bytes);
        self.settle();
        self.read(key)
    }

    /// Whatever is on its way comes out, and what is durable is written.
    pub fn settle(&mut self) {
        let begun = Instant::now();
        loop {
            self.hub.tick(self.now);
            while self.output.poll(256, |slot| self.hub.output(slot, self.now)) > 0 {}
            let releasable = self.running.watermark().releasable();
            self.hub.flush(releasable, self.now, &mut self.written);
            let flushed = self.hub.gated_bytes() == 0 || self.control.is_held();
            if self.hub.is_answered() && flushed && !self.output.has_available() {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "what was asked never came out");
            std::thread::yield_now();
        }
    }

    /// Time passes.
    pub fn pass(&mut self, ns: u64) {
        self.now.mono_ns += ns;
        self.now.unix_ns += ns;
        self.hub.tick(self.now);
        self.settle();
    }

    /// What was written since this was last asked.
    pub fn read_bytes(&mut self, key: usize) -> Vec<u8> {
        self.written.bytes.remove(&key).unwrap_or_default()
    }

    /// The same, read.
    pub fn read(&mut self, key: usize) -> Vec<Outgoing> {
        let bytes = self.read_bytes(key);
        frames(&bytes).map(|frame| decode_outgoing(&Frame::new(frame).unwrap()).unwrap()).collect()
    }

    /// Whether we have said our last word.
    pub fn is_over(&self, key: usize) -> bool {
        self.written.shut.contains(&key) || self.written.closed.contains(&key)
    }

    /// A time stamp and version that were never used.
    pub fn fresh(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    pub fn stamp(&mut self) -> u64 {
        self.now.unix_ns += 1;
        self.now.mono_ns += 1;
        self.now.unix_ns
    }

    /// A connection with a new version of the session; gives its place and the version.
    pub fn negotiated(&mut self, session: u64) -> (usize, u64) {
        let (key, version, timestamp) = (self.connect(), self.fresh(), self.stamp());
        let asked = asked_negotiate(session, version, timestamp);
        let said = self.say(key, &signed(&asked, session as u8));
        assert!(matches!(said[..], [Outgoing::NegotiationResponse(_)]), "{said:?}");
        (key, version)
    }

    /// Binds a session to a connection; gives the answer.
    pub fn establish(
        &mut self,
        key: usize,
        session: u64,
        change: impl FnOnce(&mut Establish),
    ) -> EstablishmentAck {
        let timestamp = self.stamp();
        let mut asked = asked_establish(session, 0, timestamp);
        change(&mut asked);
        let said = self.say(key, &signed(&asked, session as u8));
        match said[..] {
            [Outgoing::EstablishmentAck(ack)] => ack,
            _ => panic!("{said:?}"),
        }
    }

    /// A connection bound to a new version of the session.
    pub fn login(&mut self, session: u64) -> (usize, u64) {
        let (key, version) = self.negotiated(session);
        let ack = self.establish(key, session, |asked| asked.session_ver_id = version);
        assert_eq!((ack.next_seq_no, ack.last_incoming_seq_no), (1, 0));
        (key, version)
    }

    pub fn command(&mut self, key: usize, command: impl Into<Command>) -> Vec<Outgoing> {
        self.say(key, &command_frame(&command.into(), 0))
    }

    /// Assets, instrument and accounts, made by the operator; gives its connection.
    pub fn open_venue(&mut self) -> usize {
        let (operator, _) = self.login(OPERATOR);
        for command in venue() {
            let said = self.command(operator, command);
            assert!(matches!(said[..], [Outgoing::Event(_, Event::Accepted(_))]), "{said:?}");
        }
        operator
    }

    /// The inputs of the line.
    pub fn inputs(&self) -> Vec<Input> {
        let records = self.control.records();
        let inputs = records.iter().filter(|record| record.kind == RecordKind::Input);
        inputs.map(|record| codec::decode(&record.payload).unwrap()).collect()
    }

    /// The inputs of the line, once there is one that `is_it`.
    pub fn inputs_until(&mut self, is_it: impl Fn(&Input) -> bool) -> Vec<Input> {
        let begun = Instant::now();
        loop {
            let inputs = self.inputs();
            if inputs.iter().any(&is_it) {
                self.settle();
                return inputs;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "the input never came: {inputs:?}");
            self.settle();
            std::thread::yield_now();
        }
    }
}

/// Cuts bytes into frames.
pub fn frames(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let len = peek_len(bytes).unwrap()?;
        let (frame, rest) = bytes.split_at(len);
        bytes = rest;
        Some(frame)
    })
}
