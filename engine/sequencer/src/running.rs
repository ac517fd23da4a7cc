//! Starts and stops the line's threads.

use crate::clock::{Clock, ClockState, Stamper};
use crate::config::{BadConfig, Config};
use crate::failure::{Failure, FailureFlag};
use crate::input::{self, Doorway, InputPort};
use crate::limits::LONG_INPUT_BYTES;
use crate::log::{Flush, Log, Store, Watermark};
use crate::machine::{Gauges, Machine, Parts};
use crate::output::{self, OutputPort, Waker};
use crate::pin::{Placement, Why, pin_current_thread, place};
use crate::thread::Sequencer;
use ringpit_core::Engine;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

/// Why the line did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting can't be.
    #[error(transparent)]
    Config(#[from] BadConfig),
    /// The system gave no thread.
    #[error("no thread for the {0}: {1}")]
    Thread(&'static str, #[source] std::io::Error),
}

/// A line that is to be started: where it is, and where it goes on.
pub struct Line<L, F> {
    /// The engine after the line's last step.
    pub engine: Engine,
    /// The number after which the line's last checkpoint stands; 0 none.
    pub checkpointed_seq: u64,
    /// Where it goes on.
    pub store: Store<L, F>,
}

/// The sequencer's part of a [`Line`].
pub struct Head<L> {
    /// The engine after the line's last step.
    pub engine: Engine,
    /// The number after which the line's last checkpoint stands; 0 none.
    pub checkpointed_seq: u64,
    /// The sequencer's end of the store.
    pub log: L,
}

/// A started line: the ends for the gateway, and the handle.
#[derive(Debug)]
pub struct Started {
    /// For the gateway's thread.
    pub input: InputPort,
    /// For the gateway's thread.
    pub output: OutputPort,
    /// The handle.
    pub running: Running,
    /// Where sequencer and flusher run.
    pub placement: Placement,
}

/// The handle of a running line.
#[derive(Debug)]
pub struct Running {
    doorway: Arc<Doorway>,
    gauges: Arc<Gauges>,
    clock: Arc<ClockState>,
    watermark: Watermark,
    failure: FailureFlag,
    sequencer: JoinHandle<Option<Engine>>,
    flusher: JoinHandle<Option<()>>,
}

/// What a line says of itself while it runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Status {
    /// The last step's number.
    pub seq: u64,
    /// The highest number that survives a power cut.
    pub durable: u64,
    /// Inputs that were dropped because they had been applied before.
    pub duplicates: u64,
    /// Checkpoints written.
    pub checkpoints: u64,
    /// Looks at a log that had no room.
    pub full_waits: u64,
    /// Nanoseconds by which a forward step of the wall clock is held back; 0 none.
    pub clock_held_back_ns: u64,
    /// Nanoseconds the line's time is ahead of the wall clock, after it was set back; 0 not.
    pub clock_ahead_ns: u64,
}

/// A line whose parts are in the hands of whoever steps them: of the threads that [`start`] gives
/// them to, or of a simulator.
pub struct Assembled<L, C> {
    /// For the gateway's thread.
    pub input: InputPort,
    /// For the gateway's thread.
    pub output: OutputPort,
    /// The one that stamps, journals and applies.
    pub sequencer: Sequencer<L, C>,
    /// The flag to look at before anything is acknowledged.
    pub failure: FailureFlag,
    /// How far the line is durable.
    pub watermark: Watermark,
    doorway: Arc<Doorway>,
    gauges: Arc<Gauges>,
    clock: Arc<ClockState>,
}

/// Puts a line together without starting anything. `waker` wakes the reader of the output ring.
///
/// # Errors
/// When a setting can't be.
pub fn assemble<L: Log, C: Clock>(
    config: &Config,
    head: Head<L>,
    clock: C,
    waker: Waker,
) -> Result<Assembled<L, C>, BadConfig> {
    config.check()?;
    let failure = FailureFlag::default();
    let gauges = Arc::new(Gauges::default());
    let clock_state = Arc::new(ClockState::default());
    let (input, rings) = input::rings(config);
    let doorway = rings.doorway.clone();
    let (out, output) = output::ring(config.output_slots, waker, failure.clone(), doorway.clone());
    let watermark = head.log.watermark();
    // The last checkpoint may be later than the last input, and nothing may come before it.
    let last_stamp_ns = head.engine.now().max(head.log.last_at());
    let stamper = Stamper::new(clock, clock_state.clone(), last_stamp_ns, config.max_clock_step_ns);
    let machine = Machine::new(Parts {
        engine: head.engine,
        log: head.log,
        stamper,
        out,
        failure: failure.clone(),
        gauges: gauges.clone(),
        checkpointed_seq: head.checkpointed_seq,
    });
    let sequencer = Sequencer {
        rings,
        machine,
        wait: config.wait,
        priority_per_round: config.priority_per_round,
        scratch: Box::new([0; LONG_INPUT_BYTES]),
    };
    let clock = clock_state;
    Ok(Assembled { input, output, sequencer, failure, watermark, doorway, gauges, clock })
}

/// Starts the sequencer and the flusher. `waker` wakes the reader of the output ring.
///
/// # Errors
/// When a setting can't be, or the system gives no thread.
pub fn start<L: Log, F: Flush, C: Clock>(
    config: &Config,
    line: Line<L, F>,
    clock: C,
    waker: Waker,
) -> Result<Started, StartError> {
    let Line { engine, checkpointed_seq, store } = line;
    let head = Head { engine, checkpointed_seq, log: store.log };
    let assembled = assemble(config, head, clock, waker.clone())?;
    let Assembled { input, output, sequencer, failure, watermark, doorway, gauges, clock } =
        assembled;
    let mut placement = place(config.pin, config.wait, store.directory.as_deref());
    let context = Context { failure, doorway, waker };
    let (flusher, flusher_pinned) = context.spawn_flusher(placement.flusher, store.flusher)?;
    let (sequencer, sequencer_pinned) = context.spawn_sequencer(placement.sequencer, sequencer)?;
    let pinned = |reported: Receiver<bool>| reported.recv().unwrap_or(false);
    if !pinned(flusher_pinned) | !pinned(sequencer_pinned)
        && let Some(cpu) = placement.flusher.or(placement.sequencer)
    {
        placement = Placement::unpinned(Why::Refused(cpu));
    }
    let Context { failure, doorway, .. } = context;
    let running = Running { doorway, gauges, clock, watermark, failure, sequencer, flusher };
    Ok(Started { input, output, running, placement })
}

/// What both threads are started with.
struct Context {
    failure: FailureFlag,
    doorway: Arc<Doorway>,
    waker: Waker,
}

/// A thread, and whether it could be pinned.
type Spawned<T> = (JoinHandle<Option<T>>, Receiver<bool>);

impl Context {
    fn spawn_flusher(
        &self,
        cpu: Option<usize>,
        flusher: impl Flush,
    ) -> Result<Spawned<()>, StartError> {
        let waker = self.waker.clone();
        self.spawn("flusher", cpu, move || flusher.run(&mut || waker()).map_err(Failure::Journal))
    }

    fn spawn_sequencer<L: Log, C: Clock>(
        &self,
        cpu: Option<usize>,
        thread: Sequencer<L, C>,
    ) -> Result<Spawned<Engine>, StartError> {
        self.spawn("sequencer", cpu, move || thread.run())
    }

    fn spawn<T: Send + 'static>(
        &self,
        name: &'static str,
        cpu: Option<usize>,
        run: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Result<Spawned<T>, StartError> {
        let (report, reported) = channel();
        let alarm = Alarm {
            name,
            failure: self.failure.clone(),
            doorway: self.doorway.clone(),
            waker: self.waker.clone(),
        };
        let pinned_run = move || {
            // The receiver waits for this and nothing else, so it is there.
            let _ = report.send(cpu.is_none_or(pin_current_thread));
            run().inspect_err(|failure| alarm.raise(failure.clone())).ok()
        };
        let builder = std::thread::Builder::new().name(name.into());
        let thread = builder.spawn(pinned_run).map_err(|error| StartError::Thread(name, error))?;
        Ok((thread, reported))
    }
}

/// Lets everybody know that a thread of the line has failed, by an error or by a panic.
struct Alarm {
    name: &'static str,
    failure: FailureFlag,
    doorway: Arc<Doorway>,
    waker: Waker,
}

impl Alarm {
    fn raise(&self, failure: Failure) {
        self.failure.raise(failure);
        self.doorway.closed.store(true, Ordering::Release);
        self.doorway.gate.wake();
        (self.waker)();
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.raise(Failure::Panic(self.name));
        }
    }
}

impl Running {
    /// How far the line is durable.
    #[must_use]
    pub fn watermark(&self) -> Watermark {
        self.watermark.clone()
    }

    /// The flag to look at before anything is acknowledged.
    #[must_use]
    pub fn failure(&self) -> FailureFlag {
        self.failure.clone()
    }

    /// How the line is doing.
    #[must_use]
    pub fn status(&self) -> Status {
        let gauge = |gauge: &std::sync::atomic::AtomicU64| gauge.load(Ordering::Relaxed);
        Status {
            seq: gauge(&self.gauges.seq),
            durable: self.watermark.durable(),
            duplicates: gauge(&self.gauges.duplicates),
            checkpoints: gauge(&self.gauges.checkpoints),
            full_waits: gauge(&self.gauges.full_waits),
            clock_held_back_ns: self.clock.held_back_ns(),
            clock_ahead_ns: self.clock.ahead_ns(),
        }
    }

    /// Takes no new inputs; what waits is done. The output must be read on, or its port dropped.
    pub fn begin_stop(&self) {
        self.doorway.closed.store(true, Ordering::Release);
        self.doorway.gate.wake();
    }

    /// Whether both threads have ended.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.sequencer.is_finished() && self.flusher.is_finished()
    }

    /// Ends the line cleanly: what waits is done, a checkpoint is written, everything is flushed.
    /// Waits for it; somebody else must read the output meanwhile, or its port be dropped.
    ///
    /// # Errors
    /// Why the line had failed.
    pub fn stop(self) -> Result<Engine, Failure> {
        self.begin_stop();
        let engine = self.sequencer.join();
        let flusher = self.flusher.join();
        if let Some(failure) = self.failure.reason() {
            return Err(failure);
        }
        match (engine, flusher) {
            (Ok(Some(engine)), Ok(Some(()))) => Ok(engine),
            _ => unreachable!("a thread that ends without its result has raised the flag"),
        }
    }
}
