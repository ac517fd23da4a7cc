//! One life of the server: the production hub, sequencer, journal and flusher, each taking a turn
//! when it is told to, as their threads would.

use crate::ghost::{FlusherSlot, Ghost, GhostLog, Held, StampBound, tail_of};
use crate::network::{Network, Read};
use crate::random::Random;
use crate::time::{Time, VirtualClock};
use ringpit_core::Engine;
use ringpit_journal::TailCopy;
use ringpit_sequencer::{
    Bell, Config, DiskLog, DiskReader, Failure, FailureFlag, Head, Missing, OutputPort, OutputSlot,
    Recovered, Sequencer, Watermark, assemble, find,
};
use ringpit_server::exchange::{Outputs, Permission, exchange};
use ringpit_server::histories::{Histories, Known};
use ringpit_server::history::Budget;
use ringpit_server::hub::{Hub, Now};
use ringpit_server::limits::LOGIN_FAILURES_DEFAULT;
use ringpit_server::retransmit::{ReplayRequest, Replayed};
use ringpit_server::sessions_file::SessionEntry;
use std::collections::VecDeque;
use std::sync::Arc;

/// What came out of the line and was not looked at yet. The gateway's thread takes it out of the
/// ring also while the sequencer is within a step; here the sequencer's wake does.
struct Pump {
    port: OutputPort,
    slots: VecDeque<OutputSlot>,
}

impl Pump {
    fn take(&mut self) {
        let Self { port, slots } = self;
        while port.poll(256, |slot| slots.push_back(*slot)) > 0 {}
    }
}

impl Outputs for Pump {
    fn poll(&mut self, max: usize, take: &mut dyn FnMut(&OutputSlot)) -> usize {
        self.take();
        let count = max.min(self.slots.len());
        self.slots.drain(..count).for_each(|slot| take(&slot));
        count
    }
}

/// The line while it runs.
struct Line {
    bell: Bell,
    pump: Held<Option<Pump>>,
    sequencer: Sequencer<GhostLog, VirtualClock>,
    log: Held<DiskLog>,
    flusher: Held<FlusherSlot>,
    watermark: Watermark,
    failure: FailureFlag,
    reader: DiskReader,
}

/// See the module.
pub(crate) struct Server {
    hub: Hub,
    entered: u64,
    line: Option<Line>,
    questions: Vec<ReplayRequest>,
    time: VirtualClock,
    /// Answers up to here could leave, at the most.
    pub(crate) released_seq: u64,
}

/// What a server leaves behind that is stopped or killed.
pub(crate) struct Remains {
    /// The tail, as a killed process leaves it; `None` before the line ran.
    pub(crate) tail: Option<TailCopy>,
    /// The engine's last number, state hash and digest.
    pub(crate) engine: Option<(u64, u64, u64)>,
}

/// The smallest rings there are: what is full is tried, too.
fn config() -> Config {
    Config {
        input_slots: 64,
        priority_slots: 64,
        output_slots: 64,
        long_inputs: 8,
        priority_per_round: 4,
        ..Config::default()
    }
}

impl Server {
    /// A server that has begun to recover.
    pub(crate) fn new(entries: &[SessionEntry], time: &Time) -> Self {
        let mut hub = Hub::new(LOGIN_FAILURES_DEFAULT);
        let time = time.clock();
        hub.load(entries, now(&time));
        let (entered, line, questions, released_seq) = (0, None, Vec::new(), 0);
        Self { hub, entered, line, questions, time, released_seq }
    }

    /// Whether sessions are served.
    pub(crate) fn is_live(&self) -> bool {
        self.line.is_some()
    }

    /// The journal is recovered and replayed: the line runs.
    pub(crate) fn go_live(
        &mut self,
        recovered: Recovered,
        histories: Histories,
        ghost: &Held<Ghost>,
    ) -> Result<(), String> {
        let engine = recovered.line.engine;
        let (sessions, budget): (Vec<Known>, Budget) = histories.with_facts(&engine);
        let reading = self.time.look();
        ghost.get().bound = StampBound {
            base_ns: reading.unix_ns.max(recovered.journal.last_time_ns),
            mono_ns: reading.mono_ns,
            max_step_ns: Config::default().max_clock_step_ns,
        };
        let log = Held::new(recovered.line.store.log);
        let slot = FlusherSlot::new(recovered.line.store.flusher.into_inner());
        let flusher = Held::new(slot);
        let pump: Held<Option<Pump>> = Held::new(None);
        let pumped = pump.clone();
        let head = Head {
            engine,
            checkpointed_seq: recovered.line.checkpointed_seq,
            log: GhostLog::new(log.clone(), ghost.clone(), flusher.clone()),
        };
        let waker = Arc::new(move || {
            if let Some(pump) = pumped.get().as_mut() {
                pump.take();
            }
        });
        let assembled = assemble(&config(), head, self.time.clone(), waker)
            .map_err(|error| error.to_string())?;
        *pump.get() = Some(Pump { port: assembled.output, slots: VecDeque::new() });
        let now = now(&self.time);
        self.hub.set_budget(budget);
        for (id, facts, history) in sessions {
            self.hub.recover(id, &facts, history, now);
        }
        let bell = assembled.input.bell();
        self.hub.go_live(Box::new(assembled.input));
        self.line = Some(Line {
            bell,
            pump,
            sequencer: assembled.sequencer,
            log,
            flusher,
            watermark: assembled.watermark,
            failure: assembled.failure,
            reader: recovered.reader,
        });
        Ok(())
    }

    /// Why the line has failed; the server exits then.
    pub(crate) fn failure(&self) -> Option<Failure> {
        let line = self.line.as_ref()?;
        if let Some(text) = line.flusher.get().failed.clone() {
            return Some(Failure::Journal(text));
        }
        line.failure.reason()
    }

    /// What the gateway's thread does in a round.
    pub(crate) fn gateway(&mut self, net: &mut Network, random: &mut Random) {
        let now = now(&self.time);
        self.hub.close_ended(net);
        while let Some((id, ip)) = net.next_waiting() {
            if let Ok(key) = self.hub.accept(ip, now) {
                net.accepted(id, key);
            }
        }
        let mut keys = net.server_keys();
        while !keys.is_empty() {
            let key = keys.swap_remove(random.index(keys.len()));
            match net.server_read(key) {
                Read::Bytes(bytes) => self.hub.received(key, &bytes, now),
                Read::End => self.hub.closed(key),
                Read::Nothing => (),
            }
        }
        self.exchange(net, now);
    }

    fn exchange(&mut self, net: &mut Network, now: Now) {
        self.hub.tick(now);
        let Some(line) = &mut self.line else { return self.hub.flush(0, now, net) };
        if self.hub.entered() != self.entered {
            self.entered = self.hub.entered();
            line.bell.ring();
        }
        if let Some(text) = line.flusher.get().failed.clone() {
            line.failure.raise(Failure::Journal(text));
        }
        let mut pump = line.pump.get();
        let Some(pump) = pump.as_mut() else { return };
        let permission = Permission { watermark: &line.watermark, failure: &line.failure };
        let questions = &mut self.questions;
        let mut ask = |hub: &mut Hub| {
            while let Some(question) = hub.next_replay() {
                questions.push(question);
            }
        };
        let turn = exchange(&mut self.hub, pump, &permission, &mut ask, now, net);
        self.released_seq = self.released_seq.max(turn.map_or(0, |turn| turn.releasable));
    }

    /// What the sequencer's thread does in a round; whether there was anything.
    pub(crate) fn sequencer(&mut self) -> bool {
        let Some(line) = &mut self.line else { return false };
        if line.failure.is_set() {
            return false;
        }
        match line.sequencer.round() {
            Ok(worked) => worked,
            Err(failure) => {
                line.failure.raise(failure);
                false
            }
        }
    }

    /// A checkpoint, as in a quiet moment.
    pub(crate) fn checkpoint(&mut self) {
        if let Some(line) = &mut self.line
            && !line.failure.is_set()
            && let Err(failure) = line.sequencer.checkpoint()
        {
            line.failure.raise(failure);
        }
    }

    /// What the flusher's thread does next; whether there was work.
    pub(crate) fn flusher(&mut self) -> bool {
        self.line.as_ref().is_some_and(|line| line.flusher.get().turn())
    }

    /// What the flusher's thread does when it is idle.
    pub(crate) fn idle_flusher(&mut self, marks: bool) {
        if let Some(line) = &self.line {
            line.flusher.get().idle(marks);
        }
    }

    /// What the replayer's thread does next.
    pub(crate) fn replayer(&mut self) {
        let Some(line) = &mut self.line else { return };
        let questions = std::mem::take(&mut self.questions);
        if questions.is_empty() {
            return;
        }
        let missing = questions.iter().map(|question| Missing {
            session: question.session,
            version: question.version,
            from: question.from,
            count: u64::from(question.count),
        });
        let answers = find(&mut line.reader, line.watermark.durable(), missing.collect());
        for (question, answer) in questions.into_iter().zip(answers) {
            let replayed = answer.map_or(Replayed::Failed, Replayed::Events);
            self.hub.replayed(question, &replayed);
        }
    }

    /// Takes over the session file as it is now.
    pub(crate) fn reload(&mut self, entries: &[SessionEntry]) {
        self.hub.reload(entries, now(&self.time));
    }

    /// Nanoseconds until the engine wants to act by itself.
    pub(crate) fn ns_to_deadline(&self) -> Option<u64> {
        self.line.as_ref()?.sequencer.ns_to_deadline()
    }

    /// How far its line is durable, as far as it knows.
    pub(crate) fn durable(&self) -> u64 {
        self.line.as_ref().map_or(0, |line| line.watermark.durable())
    }

    /// Whether nothing is on its way through it.
    pub(crate) fn is_quiet(&self) -> bool {
        self.is_live() && self.hub.is_quiet() && self.questions.is_empty()
    }

    /// A copy of the tail as it is now.
    pub(crate) fn tail(&self) -> Option<TailCopy> {
        self.line.as_ref().map(|line| tail_of(&line.log))
    }

    /// Nobody runs any more.
    pub(crate) fn kill(self) -> Remains {
        let tail = self.tail();
        let engine = self.line.as_ref().map(|line| facts(line.sequencer.engine()));
        Remains { tail, engine }
    }

    /// Ends it as an operator would: sessions are told, what is on its way is done, all is flushed.
    pub(crate) fn stop(mut self, net: &mut Network) -> Result<Remains, Failure> {
        let rounds = 200;
        for round in 0..rounds {
            while self.sequencer() {}
            while self.flusher() {}
            self.exchange(net, now(&self.time));
            if self.hub.is_quiet() || round == rounds - 1 {
                break;
            }
        }
        self.hub.shut_down(now(&self.time));
        while self.sequencer() {}
        while self.flusher() {}
        self.exchange(net, now(&self.time));
        if let Some(failure) = self.failure() {
            return Err(failure);
        }
        let Some(line) = self.line.take() else {
            return Ok(Remains { tail: None, engine: None });
        };
        let engine = line.sequencer.finish()?;
        drop(line.log);
        line.flusher.get().finish();
        match line.flusher.get().failed.clone() {
            Some(text) => Err(Failure::Journal(text)),
            None => Ok(Remains { tail: None, engine: Some(facts(&engine)) }),
        }
    }
}

fn facts(engine: &Engine) -> (u64, u64, u64) {
    (engine.seq(), engine.state_hash(), engine.events_digest())
}

fn now(time: &VirtualClock) -> Now {
    let reading = time.look();
    Now { mono_ns: reading.mono_ns, unix_ns: reading.unix_ns }
}
