//! A journal once more: how fast its inputs go through a fresh engine with every check on, beside
//! what reading and decoding them take alone.
//!
//! The journal is the bench's own: the generated order flow with a checkpoint as often as a server
//! writes one. All figures are processor time of the one thread that replays; the files are in the
//! page cache.

use crate::error::BenchError;
use crate::flow::{Flow, setup};
use crate::interleave::{Contender, Rounds, Turn, interleave};
use crate::machine::Machine;
use crate::report::Report;
use crate::timer::processor_time_of;
use crate::unit::Unit;
use ringpit_core::codec::{self, INPUT_BYTES_MAX};
use ringpit_core::{Command, Emitted, Engine, Input};
use ringpit_journal::{Appender, Kind, Opened, Options, ReadOptions, Record, Refused};
use ringpit_sequencer::limits::CHECKPOINT_INPUTS_MIN;
use ringpit_sequencer::{Checkpoint, replay};
use std::hint::black_box;
use std::path::Path;

/// What the replay is called.
pub const REPLAY: &str = "replay with every check";
/// What reading and decoding is called.
pub const DECODE: &str = "read and decode only";
/// What reading is called.
pub const READ: &str = "read only: checksums, links, order";

fn wrong(error: impl std::fmt::Display) -> BenchError {
    BenchError::Outcome(error.to_string())
}

/// Writes a journal of so many inputs into an empty directory; gives the engine after it.
///
/// # Errors
/// When it can't be written.
pub fn journal(directory: &Path, inputs: usize) -> Result<Engine, BenchError> {
    let options = Options { tail_dir: Some(directory.to_owned()), ..Options::default() };
    let opened = ringpit_journal::open(directory, &options, &mut |_| Ok(()), &mut |_| ());
    let Opened { mut appender, flusher, .. } = opened.map_err(wrong)?;
    let flusher = std::thread::spawn(move || flusher.run(|_durable_seq| ()));
    let mut engine = Engine::new();
    let mut bytes = [0; INPUT_BYTES_MAX];
    let commands = setup().into_iter().chain(Flow::new(1)).take(inputs);
    for (input, seq) in commands.map(Input::venue).zip(1..) {
        let len = codec::encode(&input, &mut bytes).map_err(wrong)?;
        append(&mut appender, Kind::Input, seq, &bytes[..len])?;
        engine.apply(seq, seq, &input, &mut |_: &Emitted<'_>| ());
        if seq % CHECKPOINT_INPUTS_MIN == 0 || seq == inputs as u64 {
            let proof = Checkpoint::of(&engine).to_bytes();
            append(&mut appender, Kind::Checkpoint, seq, &proof)?;
        }
    }
    appender.close();
    flusher.join().map_err(|_| BenchError::Panic)?.map_err(wrong)?;
    Ok(engine)
}

/// Appends a record; while the tail is full it waits for the flusher.
fn append(appender: &mut Appender, kind: Kind, seq: u64, bytes: &[u8]) -> Result<(), BenchError> {
    loop {
        let appended = appender.append(kind, seq, seq, bytes);
        appender.wake();
        match appended {
            Err(Refused::Full) => std::thread::yield_now(),
            other => return other.map_err(wrong),
        }
    }
}

/// Measures the journal of so many inputs in this directory.
///
/// # Errors
/// When the replay is not what was journaled.
pub fn run(
    directory: &Path,
    rounds: usize,
    inputs: usize,
    progress: &mut dyn FnMut(Turn<'_>),
) -> Result<Report, BenchError> {
    let mut report = Report::new("replay", Machine::here(directory));
    let engine = journal(directory, inputs)?;
    let per_input = |ns: u64| ns as f64 / inputs.max(1) as f64;
    let mut checkpoints = 0;
    let contenders = vec![
        Contender::new(REPLAY, Unit::Nanoseconds, || {
            let mut take = |emitted: &Emitted<'_>| {
                black_box(emitted);
            };
            let (ns, replayed) =
                processor_time_of(|| replay(directory, u64::MAX, &mut |_| (), &mut take));
            let replayed = replayed.map_err(wrong)?;
            if replayed.engine.events_digest() != engine.events_digest() {
                return Err(wrong("the replay's events are others"));
            }
            checkpoints = replayed.checkpoints;
            Ok(per_input(ns))
        }),
        Contender::new(DECODE, Unit::Nanoseconds, || {
            let mut input = Input::venue(Command::Tick);
            let (ns, read) = read(directory, |record| {
                if record.kind == Kind::Input {
                    let decoded = codec::decode_into(black_box(record.payload), &mut input);
                    assert!(decoded.is_ok(), "what was journaled can be decoded");
                    black_box(&input);
                }
            });
            read.map(|()| per_input(ns))
        }),
        Contender::new(READ, Unit::Nanoseconds, || {
            let (ns, read) = read(directory, |record| {
                black_box(record);
            });
            read.map(|()| per_input(ns))
        }),
    ];
    let measured = interleave(contenders, Rounds::of(rounds), progress)?;
    let [replayed, decoded, read] = measured.as_slice() else {
        unreachable!("every contender was measured")
    };
    report.count("inputs", inputs as u64);
    report.count("checkpoints compared", checkpoints);
    report.row(replayed, &[decoded, read]);
    report.row(decoded, &[read]);
    report.row(read, &[]);
    let per_second: Vec<f64> = replayed.rounds.iter().map(|ns| 1e9 / ns).collect();
    report.figure("replayed inputs a second", Unit::PerSecond, &per_second);
    report.note("Processor time of the replaying thread an input; the files are in memory.");
    Ok(report)
}

fn read(directory: &Path, mut take: impl FnMut(&Record<'_>)) -> (u64, Result<(), BenchError>) {
    let mut on_record = |record: &Record<'_>| {
        take(record);
        Ok(())
    };
    let (ns, read) = processor_time_of(|| {
        ringpit_journal::read(directory, ReadOptions::default(), &mut on_record, &mut |_| ())
    });
    (ns, read.map(|_| ()).map_err(wrong))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_journal_is_replayed_beside_its_floors() {
        let dir = tempfile::tempdir().unwrap();
        let report = run(dir.path(), 1, 3_000, &mut |_| ()).unwrap();
        assert_eq!(report.counts[1].count, 1, "one checkpoint");
        let ns = |name| report.find(name).unwrap().spread.median;
        assert!(ns(READ) > 0.0 && ns(DECODE) > 0.0 && ns(REPLAY) > 0.0);
    }
}
