//! The sequencer's thread on a line that keeps nothing, so that its own work is seen; and beside
//! it the same inputs decoded and applied without any thread, and copied into a journal's tail.

use super::hops::measure;
use super::{await_some, cpus};
use crate::apply::Encoded;
use crate::error::BenchError;
use crate::flow::{Flow, setup};
use crate::timer::{pinned, processor_time_ns, processor_time_of};
use hdrhistogram::Histogram;
use ringpit_core::command::QueryCounter;
use ringpit_core::{Command, CounterId, Emitted, Engine, Input, codec};
use ringpit_journal::{Kind, Opened, Options};
use ringpit_sequencer::{
    Class, Config, Flush, InputPort, Lane, Line, Log, Marks, OutputKind, OutputPort, Pin,
    RecordKind, Refused, Started, Store, SystemClock, Wait, Watermark, start,
};
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

/// Inputs of a batch: they fit the input ring, and their events the output ring, so that the
/// sequencer waits for nobody while it works on one.
const BATCH: usize = 3_000;

/// Batches of a round; the first one only warms everything up.
const BATCHES: usize = 11;

/// Tag of inputs whose end is waited for.
const TAG: u64 = 1;

/// The inputs of a round.
pub(super) struct Batches {
    setup: Vec<Input>,
    batches: Vec<Vec<Input>>,
}

impl Batches {
    pub(super) fn new() -> Self {
        let mut flow = Flow::new(1).map(Input::venue);
        let batch = |_| flow.by_ref().take(BATCH).collect();
        let batches = (0..BATCHES).map(batch).collect();
        Self { setup: setup().into_iter().map(Input::venue).collect(), batches }
    }

    /// Inputs whose time is counted.
    pub(super) fn counted(&self) -> usize {
        (self.batches.len() - 1) * BATCH
    }

    fn encoded(&self) -> Vec<Encoded> {
        self.batches.iter().map(Encoded::new).collect()
    }
}

/// What the line that keeps nothing shares with whoever measures it.
#[derive(Default)]
struct Shared {
    appended: AtomicU64,
    /// The number at which the sequencer waits for `go` and its time begins.
    first: AtomicU64,
    /// The number at which its time ends.
    last: AtomicU64,
    go: AtomicBool,
    used_ns: AtomicU64,
}

/// Marks for a watermark: everything is durable at once.
struct AtOnce(Arc<Shared>);

impl Marks for AtOnce {
    fn durable(&self) -> u64 {
        self.0.appended.load(Ordering::Acquire)
    }

    fn releasable(&self) -> u64 {
        self.durable()
    }
}

/// A log that keeps nothing, and reads its thread's clock at two numbers.
struct Unkept {
    shared: Arc<Shared>,
    begun_ns: u64,
    last_at: u64,
    _ends_the_flusher: Sender<()>,
}

impl Log for Unkept {
    fn append(&mut self, _: RecordKind, seq: u64, at: u64, payload: &[u8]) -> Result<(), Refused> {
        black_box(payload);
        self.last_at = at;
        let shared = &*self.shared;
        if seq == shared.first.load(Ordering::Relaxed) {
            await_some(|| shared.go.load(Ordering::Acquire).then_some(()));
            self.begun_ns = processor_time_ns();
        } else if seq == shared.last.load(Ordering::Relaxed) {
            let used_ns = processor_time_ns() - self.begun_ns;
            shared.used_ns.store(used_ns, Ordering::Release);
        }
        shared.appended.store(seq, Ordering::Release);
        Ok(())
    }

    fn wake(&self) {}

    fn watermark(&self) -> Watermark {
        Watermark::new(AtOnce(self.shared.clone()))
    }

    fn last_at(&self) -> u64 {
        self.last_at
    }
}

/// Waits until the log is gone.
struct Idle(Receiver<()>);

impl Flush for Idle {
    fn run(self, _: &mut dyn FnMut()) -> Result<(), String> {
        // Nothing is ever sent: this ends when the log is dropped.
        let _ = self.0.recv();
        Ok(())
    }
}

/// A line that keeps nothing, its sequencer on the second processor.
fn line(shared: &Arc<Shared>, wait: Wait) -> Result<Started, BenchError> {
    let (alive, ended) = channel();
    let log = Unkept { shared: shared.clone(), begun_ns: 0, last_at: 0, _ends_the_flusher: alive };
    let store = Store { log, flusher: Idle(ended), directory: None };
    let line = Line { engine: Engine::new(), checkpointed_seq: 0, store };
    let [_, far] = cpus();
    let config = Config { pin: far.map_or(Pin::None, Pin::Cpu), wait, ..Config::default() };
    start(&config, line, SystemClock, Arc::new(|| ())).map_err(wrong)
}

fn wrong(error: impl std::fmt::Display) -> BenchError {
    BenchError::Outcome(error.to_string())
}

fn offer(port: &mut InputPort, tag: u64, input: &Input) -> Result<(), BenchError> {
    port.offer(Lane::Normal, Class::Protected, tag, input).map_err(wrong)?;
    port.wake();
    Ok(())
}

/// Reads until an input with a tag has been applied, or a query answered.
fn await_end(output: &mut OutputPort) {
    await_some(|| {
        let mut is_over = false;
        output.poll(BATCH, |slot| {
            is_over |= matches!(slot.kind, OutputKind::Applied | OutputKind::EndOfQuery { .. });
        });
        is_over.then_some(())
    });
}

/// Queries, one at a time: they are not journaled and find nothing, so that what is seen is the way.
pub(super) fn queries(trips: usize) -> Result<Histogram<u64>, BenchError> {
    let shared = Arc::new(Shared::default());
    let wait = if cpus()[1].is_some() { Wait::Spin } else { Wait::default() };
    let Started { mut input, mut output, running, .. } = line(&shared, wait)?;
    let query = Input::venue(QueryCounter { counter: CounterId(1) });
    let [near, _] = cpus();
    let round = pinned(near, || {
        let mut refused = Ok(());
        let round = measure(trips, |number| match offer(&mut input, number, &query) {
            Ok(()) => await_end(&mut output),
            Err(error) => refused = Err(error),
        });
        refused.map(|()| round)
    });
    running.stop().map_err(wrong)?;
    round
}

/// Nanoseconds of the sequencer's processor time an input, taken from a ring that holds a whole
/// batch to one with room for all its events.
pub(super) fn inputs(flow: &Batches) -> Result<f64, BenchError> {
    let shared = Arc::new(Shared::default());
    let Started { mut input, mut output, running, .. } = line(&shared, Wait::default())?;
    for command in &flow.setup {
        offer(&mut input, TAG, command)?;
        await_end(&mut output);
    }
    let (mut used_ns, mut seq) = (0, flow.setup.len() as u64);
    for (number, batch) in flow.batches.iter().enumerate() {
        shared.go.store(false, Ordering::Release);
        shared.first.store(seq + 1, Ordering::Release);
        seq += batch.len() as u64;
        shared.last.store(seq, Ordering::Release);
        for (command, left) in batch.iter().zip((0..batch.len()).rev()) {
            offer(&mut input, if left == 0 { TAG } else { 0 }, command)?;
        }
        shared.go.store(true, Ordering::Release);
        await_end(&mut output);
        if number > 0 {
            used_ns += shared.used_ns.load(Ordering::Acquire);
        }
    }
    running.stop().map_err(wrong)?;
    // From the first record of a batch to its last: one input less than there are.
    Ok(used_ns as f64 / ((flow.batches.len() - 1) * (BATCH - 1)) as f64)
}

/// The same inputs decoded and applied, without rings.
pub(super) fn apply(flow: &Batches) -> f64 {
    let mut engine = Engine::new();
    let mut sink = |emitted: &Emitted<'_>| {
        black_box(emitted);
    };
    for input in &flow.setup {
        engine.apply(engine.seq() + 1, 1, input, &mut sink);
    }
    let mut input = Input::venue(Command::Tick);
    let mut used_ns = 0;
    for (number, batch) in flow.encoded().iter().enumerate() {
        let (ns, ()) = processor_time_of(|| {
            for bytes in batch.iter() {
                let decoded = codec::decode_into(black_box(bytes), &mut input);
                assert!(decoded.is_ok(), "what was encoded can be decoded");
                engine.apply(engine.seq() + 1, 1, &input, &mut sink);
            }
        });
        used_ns += if number > 0 { ns } else { 0 };
    }
    used_ns as f64 / flow.counted() as f64
}

/// The same inputs copied into the mapped tail of a new journal.
pub(super) fn journal(flow: &Batches, directory: &Path) -> Result<f64, BenchError> {
    let folder = tempfile::tempdir_in(directory).map_err(BenchError::of("a folder"))?;
    let options = Options { tail_dir: Some(folder.path().to_owned()), ..Options::default() };
    let opened = ringpit_journal::open(folder.path(), &options, &mut |_| Ok(()), &mut |_| ());
    let Opened { mut appender, flusher, .. } = opened.map_err(wrong)?;
    let flusher = std::thread::spawn(move || flusher.run(|_durable_seq| ()));
    let (watermark, mut seq, mut used_ns) = (appender.watermark(), 0, 0);
    for (number, batch) in flow.encoded().iter().enumerate() {
        let (ns, appended) = processor_time_of(|| {
            for bytes in batch.iter() {
                seq += 1;
                appender.append(Kind::Input, seq, seq, black_box(bytes))?;
            }
            Ok(())
        });
        appended.map_err(|refused: ringpit_journal::Refused| wrong(refused))?;
        used_ns += if number > 0 { ns } else { 0 };
        appender.wake();
        while watermark.durable() < seq && !appender.failed() {
            std::thread::yield_now();
        }
    }
    appender.close();
    flusher.join().map_err(|_| BenchError::Panic)?.map_err(wrong)?;
    Ok(used_ns as f64 / flow.counted() as f64)
}
