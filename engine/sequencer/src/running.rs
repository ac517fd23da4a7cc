//! Starts and stops the line's threads.

use crate::clock::{Clock, ClockState, Stamper};
use crate::config::{BadConfig, Config};
use crate::failure::{Failure, FailureFlag, PanicGuard};
use crate::input::{self, Doorway, InputPort};
use crate::log::{Flush, Log, Store, Watermark};
use crate::machine::{Gauges, Machine, Parts};
use crate::output::{self, OutputPort, Waker};
use crate::thread::SequencerThread;
use ringpit_core::Engine;
use std::sync::Arc;
use std::sync::atomic::Ordering;
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

/// A started line: the ends for the gateway, and the handle.
#[derive(Debug)]
pub struct Started {
    /// For the gateway threads; clone it for each.
    pub input: InputPort,
    /// For the one gateway thread that reads.
    pub output: OutputPort,
    /// The handle.
    pub running: Running,
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
    flusher: JoinHandle<()>,
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
    config.check()?;
    let failure = FailureFlag::default();
    let gauges = Arc::new(Gauges::default());
    let clock_state = Arc::new(ClockState::default());
    let (input, rings) = input::rings(config);
    let (out, output) = output::ring(config.output_slots, waker.clone(), failure.clone());
    let watermark = line.store.log.watermark();
    let stamper =
        Stamper::new(clock, clock_state.clone(), line.engine.now(), config.max_clock_step_ns);
    let machine = Machine::new(Parts {
        engine: line.engine,
        log: line.store.log,
        stamper,
        out,
        failure: failure.clone(),
        gauges: gauges.clone(),
        durability: config.durability,
        checkpointed_seq: line.checkpointed_seq,
    });
    let doorway = rings.doorway.clone();
    let flusher = spawn_flusher(line.store.flusher, &failure, &doorway, &waker)?;
    let thread = SequencerThread {
        rings,
        machine,
        wait: config.wait,
        priority_per_round: config.priority_per_round,
    };
    let sequencer = spawn_sequencer(thread, &failure, &waker)?;
    let clock = clock_state;
    let running = Running { doorway, gauges, clock, watermark, failure, sequencer, flusher };
    Ok(Started { input, output, running })
}

fn spawn_flusher(
    flusher: impl Flush,
    failure: &FailureFlag,
    doorway: &Arc<Doorway>,
    waker: &Waker,
) -> Result<JoinHandle<()>, StartError> {
    let (flag, doorway, waker) = (failure.clone(), doorway.clone(), waker.clone());
    let run = move || {
        let guard = PanicGuard { flag: flag.clone(), thread: "flusher" };
        if let Err(reason) = flusher.run(&mut || waker()) {
            flag.raise(Failure::Journal(reason));
            doorway.gate.wake();
            waker();
        }
        drop(guard);
    };
    let builder = std::thread::Builder::new().name("flusher".into());
    builder.spawn(run).map_err(|error| StartError::Thread("flusher", error))
}

fn spawn_sequencer<L: Log, C: Clock>(
    thread: SequencerThread<L, C>,
    failure: &FailureFlag,
    waker: &Waker,
) -> Result<JoinHandle<Option<Engine>>, StartError> {
    let (flag, waker, doorway) = (failure.clone(), waker.clone(), thread.rings.doorway.clone());
    let run = move || {
        let guard = PanicGuard { flag: flag.clone(), thread: "sequencer" };
        let result = thread.run();
        drop(guard);
        match result {
            Ok(engine) => Some(engine),
            Err(failure) => {
                flag.raise(failure);
                doorway.closed.store(true, Ordering::Release);
                waker();
                None
            }
        }
    };
    let builder = std::thread::Builder::new().name("sequencer".into());
    builder.spawn(run).map_err(|error| StartError::Thread("sequencer", error))
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

    /// Follows the step of the wall clock that is held back now, at the next input or deadline;
    /// gives its nanoseconds.
    pub fn accept_clock_step(&self) -> u64 {
        let accepted_ns = self.clock.accept();
        self.doorway.gate.wake();
        accepted_ns
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
            (Ok(Some(engine)), Ok(())) => Ok(engine),
            (Ok(Some(_)), Err(_)) => Err(Failure::Panic("flusher")),
            _ => Err(Failure::Panic("sequencer")),
        }
    }
}
