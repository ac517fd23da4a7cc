//! One input at a time: stamp, journal, apply. Everything here runs on the sequencer's thread and,
//! once warm, allocates nothing, locks nothing, formats nothing and calls the system for nothing.
//!
//! It deliberately knows nothing of rings to poll and of sleeping; that is `thread`'s.

use crate::checkpoint::Checkpoint;
use crate::clock::{Clock, Stamper};
use crate::failure::{Failure, FailureFlag};
use crate::limits::{
    CHECKPOINT_INPUTS_MIN, CHECKPOINT_NS_PER_INPUT, CHECKPOINT_OVERDUE, FULL_PARK_NS,
};
use crate::log::{Log, RecordKind, Refused, Watermark};
use crate::output::{OutputKind, OutputRing};
use ringpit_core::codec;
use ringpit_core::command::AcceptClockStep;
use ringpit_core::event::{Accepted, Rejected};
use ringpit_core::{
    Command, CommandKind, Emitted, Engine, Event, Field, Input, Reason, Role, Sink,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What the world may know of the line while it runs.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    pub(crate) seq: AtomicU64,
    pub(crate) duplicates: AtomicU64,
    pub(crate) checkpoints: AtomicU64,
    pub(crate) full_waits: AtomicU64,
}

/// The line's head: the engine, its clock, its log and its output.
pub(crate) struct Machine<L, C> {
    engine: Engine,
    log: L,
    watermark: Watermark,
    stamper: Stamper<C>,
    out: OutputRing,
    failure: FailureFlag,
    gauges: Arc<Gauges>,
    now: u64,
    next_checkpoint: u64,
    checkpoint_inputs: u64,
    /// The number after which the line's last checkpoint stands.
    checkpointed_seq: u64,
    /// The input that is being taken; here so that it is not copied about.
    input: Input,
    tick: ([u8; 64], usize),
}

/// What a machine is made of.
pub(crate) struct Parts<L, C> {
    pub(crate) engine: Engine,
    pub(crate) log: L,
    pub(crate) stamper: Stamper<C>,
    pub(crate) out: OutputRing,
    pub(crate) failure: FailureFlag,
    pub(crate) gauges: Arc<Gauges>,
    /// See [`Machine`].
    pub(crate) checkpointed_seq: u64,
}

impl<L: Log, C: Clock> Machine<L, C> {
    pub(crate) fn new(parts: Parts<L, C>) -> Self {
        let mut tick = [0; 64];
        let Ok(tick_len) = codec::encode(&Input::venue(Command::Tick), &mut tick) else {
            unreachable!("a tick has no fields")
        };
        let seq = parts.engine.seq();
        parts.gauges.seq.store(seq, Ordering::Relaxed);
        Self {
            now: parts.engine.now(),
            watermark: parts.log.watermark(),
            engine: parts.engine,
            log: parts.log,
            stamper: parts.stamper,
            out: parts.out,
            failure: parts.failure,
            gauges: parts.gauges,
            next_checkpoint: seq + CHECKPOINT_INPUTS_MIN,
            checkpoint_inputs: CHECKPOINT_INPUTS_MIN,
            checkpointed_seq: parts.checkpointed_seq,
            input: Input::venue(Command::Tick),
            tick: (tick, tick_len),
        }
    }

    /// Reads the clock: what is taken from now on carries this time.
    pub(crate) fn look_at_clock(&mut self) {
        self.now = self.stamper.stamp();
        assert!(self.now >= self.engine.now(), "a stamp fell");
    }

    /// The last step's number.
    pub(crate) fn seq(&self) -> u64 {
        self.engine.seq()
    }

    /// Nanoseconds until the engine wants to act by itself.
    pub(crate) fn ns_to_deadline(&self) -> Option<u64> {
        Some(self.engine.next_deadline()?.saturating_sub(self.now))
    }

    /// Fires what is due, as a step of its own.
    pub(crate) fn fire_due(&mut self) -> Result<(), Failure> {
        if self.ns_to_deadline() != Some(0) {
            return Ok(());
        }
        let (bytes, len) = self.tick;
        #[cfg(ringpit_canary)]
        if ringpit_canary::sings(ringpit_canary::Canary::TickNotJournaled) {
            step(&mut self.engine, self.now, &Input::venue(Command::Tick), &mut self.out);
            return Ok(());
        }
        self.append(RecordKind::Input, self.engine.seq() + 1, &bytes[..len])?;
        step(&mut self.engine, self.now, &Input::venue(Command::Tick), &mut self.out);
        Ok(())
    }

    /// Takes one input: its encoded bytes, and the tag that came with it.
    pub(crate) fn take(&mut self, tag: u64, bytes: &[u8]) -> Result<(), Failure> {
        codec::decode_into(bytes, &mut self.input)
            .map_err(|error| Failure::Invariant(format!("an input in the ring: {error}")))?;
        let (session, client_seq) = (self.input.session, self.input.client_seq);
        let command = &self.input.command;
        // What asks for rules beyond this program's is answered like a query: by a refusal.
        if command.is_query() || command.is_beyond_rules() {
            return self.answer(tag);
        }
        if self.engine.is_duplicate(session, client_seq) {
            let last = (self.engine.seq(), self.engine.now());
            self.out.note(OutputKind::Duplicate, last, (session, client_seq), tag);
            self.gauges.duplicates.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        self.append(RecordKind::Input, self.engine.seq() + 1, bytes)?;
        step(&mut self.engine, self.now, &self.input, &mut self.out);
        if tag != 0 {
            let step = (self.engine.seq(), self.engine.now());
            self.out.note(OutputKind::Applied, step, (session, client_seq), tag);
        }
        Ok(())
    }

    fn answer(&mut self, tag: u64) -> Result<(), Failure> {
        self.fire_due()?;
        let before = self.out.count();
        self.out.set_tag(tag);
        match self.input.command {
            Command::AcceptClockStep(c) => self.accept_clock_step(&c),
            _ => self.engine.query(self.now, &self.input, &mut self.out),
        }
        self.out.set_tag(0);
        let count = self.out.count() - before;
        let last = (self.engine.seq(), self.engine.now());
        let sender = (self.input.session, self.input.client_seq);
        self.out.note(OutputKind::EndOfQuery { count }, last, sender, tag);
        Ok(())
    }

    /// The stamps to come follow the wall clock's step, if it is no larger than the operator means.
    /// Nothing of it is the engine's affair: the line's time is what its stamps say.
    fn accept_clock_step(&mut self, c: &AcceptClockStep) {
        let command = CommandKind::AcceptClockStep;
        let refused =
            |reason, field| Event::from(Rejected { command, id: Some(c.by), reason, field });
        let session = self.input.session;
        let role = self.engine.session(session).and_then(|known| known.role);
        let event = if session.0 != 0 && role != Some(Role::Operator) {
            refused(Reason::NotPermitted, None)
        } else {
            match self.stamper.held_back_ns() {
                0 => refused(Reason::NothingHeldBack, None),
                held_back_ns if held_back_ns > c.by => refused(Reason::BadValue, Some(Field::By)),
                _ => Accepted { command, id: self.stamper.accept_step() }.into(),
            }
        };
        self.out.emit(&Emitted {
            seq: self.engine.seq(),
            at: self.now,
            owner: session,
            owner_seq: 0,
            ref_seq_no: (self.input.client_seq != 0).then_some(self.input.client_seq),
            event: &event,
        });
    }

    /// Journals a record; while the log is full, waits and takes nothing more.
    fn append(&mut self, kind: RecordKind, seq: u64, payload: &[u8]) -> Result<(), Failure> {
        let mut waits = 0_u32;
        loop {
            match self.log.append(kind, seq, self.now, payload) {
                Ok(()) => return Ok(()),
                Err(Refused::Failed) => return Err(self.journal_failure()),
                Err(Refused::Full) if self.failure.is_set() => return Err(self.journal_failure()),
                Err(Refused::Full) => {
                    self.log.wake();
                    self.gauges.full_waits.fetch_add(1, Ordering::Relaxed);
                    waits += 1;
                    if waits < 64 {
                        std::thread::yield_now();
                    } else {
                        std::thread::sleep(Duration::from_nanos(FULL_PARK_NS));
                    }
                }
            }
        }
    }

    /// The flusher knows the reason and says it; this is what is left to say before it does.
    fn journal_failure(&self) -> Failure {
        let unknown = || Failure::Journal("it takes no more records".into());
        self.failure.reason().unwrap_or_else(unknown)
    }

    /// After a batch: lets the flusher and the gateway know, where they sleep.
    pub(crate) fn end_batch(&mut self) {
        self.gauges.seq.store(self.engine.seq(), Ordering::Relaxed);
        self.log.wake();
        // What may not leave yet is announced by the flusher, after it may. What may leave already
        // (answers, duplicates, all of it when durability is not waited for, and what the flusher
        // was quicker to flush than this thread to apply) nobody else announces.
        if self.out.take_count() > 0 && self.watermark.releasable() >= self.engine.seq() {
            self.out.wake();
        }
    }

    /// Writes a checkpoint where one is due: in a quiet moment, or when it has waited too long.
    pub(crate) fn checkpoint_if_due(&mut self, quiet: bool) -> Result<(), Failure> {
        let overdue = self.next_checkpoint + self.checkpoint_inputs * (CHECKPOINT_OVERDUE - 1);
        if self.engine.seq() < if quiet { self.next_checkpoint } else { overdue } {
            return Ok(());
        }
        let begun_ns = self.stamper.mono_ns();
        self.checkpoint()?;
        let hashed_ns = self.stamper.mono_ns().saturating_sub(begun_ns);
        self.checkpoint_inputs = CHECKPOINT_INPUTS_MIN.max(hashed_ns / CHECKPOINT_NS_PER_INPUT);
        self.next_checkpoint = self.engine.seq() + self.checkpoint_inputs;
        Ok(())
    }

    /// Writes a checkpoint, unless the line ends with one.
    pub(crate) fn checkpoint(&mut self) -> Result<(), Failure> {
        if self.engine.seq() == self.checkpointed_seq {
            return Ok(());
        }
        let checkpoint = Checkpoint::of(&self.engine);
        self.append(RecordKind::Checkpoint, checkpoint.seq, &checkpoint.to_bytes())?;
        self.log.wake();
        self.checkpointed_seq = checkpoint.seq;
        self.gauges.checkpoints.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Ends the line: a last checkpoint behind the last input, then the log is closed.
    pub(crate) fn finish(mut self) -> Result<Engine, Failure> {
        self.checkpoint()?;
        self.end_batch();
        Ok(self.engine)
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn failure(&self) -> &FailureFlag {
        &self.failure
    }

    /// Why the line stopped, when its flag is up.
    pub(crate) fn failed(&self) -> Failure {
        self.journal_failure()
    }
}

/// The engine's next step.
fn step(engine: &mut Engine, now: u64, input: &Input, out: &mut OutputRing) {
    let seq = engine.seq() + 1;
    engine.apply(seq, now, input, out);
    assert_eq!(engine.seq(), seq, "a step took its number");
}
