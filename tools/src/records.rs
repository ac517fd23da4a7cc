//! A store's records on their way to an engine, for the commands that replay in their own way.

use crate::failure::Failure;
use crate::progress::StoreProgress;
use ringpit_journal::{Kind, Outcome, ReadOptions, Record, Report, Stop};
use ringpit_sequencer::{Entry, RecordKind, ReplayError};
use std::path::Path;

/// Takes an input or a checkpoint (`None`: a note of the journal's own), and the highest number
/// that its record proves durable.
pub type Take<'t> = &'t mut dyn FnMut(Option<&Entry<'_>>, u64) -> Result<(), Failure>;

/// Hands the inputs and checkpoints of a store from a number on to `take`, in order, each with the
/// highest number that it proves durable. Changes nothing and needs no lock.
///
/// # Errors
/// When the store can't be read, or `take` fails.
pub fn each(
    dir: &Path,
    from_seq: u64,
    progress: Option<&StoreProgress>,
    take: Take<'_>,
) -> Result<Report, Failure> {
    let mut failed = None;
    let mut on_record = |record: &Record<'_>| {
        let kind = match record.kind {
            Kind::Input => Some(RecordKind::Input),
            Kind::Checkpoint => Some(RecordKind::Checkpoint),
            Kind::Mark | Kind::Seal => None,
        };
        let (seq, at, payload) = (record.seq, record.time_ns, record.payload);
        let entry = kind.map(|kind| Entry { kind, seq, at, payload });
        take(entry.as_ref(), record.durable_seq).map_err(|failure| {
            failed = Some(failure);
            Stop("the reader wants no more".to_owned())
        })
    };
    let options = ReadOptions { from_seq, notes: true };
    let read = ringpit_journal::read(dir, options, &mut on_record, &mut |step| {
        if let Some(progress) = progress {
            progress.show(step);
        }
    });
    match (read, failed) {
        (_, Some(failure)) => Err(failure),
        (Ok(report), None) => Ok(report),
        (Err(error), None) => Err(Failure::store(&error)),
    }
}

/// Tells that a replay differs from what is journaled.
pub fn differs(error: &ReplayError) -> Failure {
    eprintln!("{error}");
    Failure::No
}

/// What the journal's own end says.
///
/// # Errors
/// [`Failure::No`] when it is damaged.
pub fn ending(report: &Report) -> Result<(), Failure> {
    for warning in &report.warnings {
        eprintln!("ringpit: {warning}");
    }
    match &report.outcome {
        Outcome::Clean => Ok(()),
        Outcome::Cut(cut) => {
            eprintln!("{cut}");
            Ok(())
        }
        Outcome::Damage(damage) => {
            eprintln!("{damage}");
            Err(Failure::No)
        }
    }
}
