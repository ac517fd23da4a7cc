//! `ringpit verify`: every checksum, link and digest of a store.

use crate::failure::Failure;
use crate::output::Output;
use crate::progress::StoreProgress;
use ringpit_journal::{Outcome, Report};
use std::path::PathBuf;

const EXAMPLE: &str = "\
Example:
  ringpit verify /var/lib/ringpit

Exit codes: 0 clean, a legal cut included; 1 damage.";

/// Check every checksum, link and digest of a store; nothing is changed.
///
/// An end that was never durable is a cut: legal after a crash, reported, exit code 0. Durable
/// bytes that are missing or wrong are damage: exit code 1, with file, offset and sequence number.
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// The store.
    dir: PathBuf,
}

/// Verifies a store.
///
/// # Errors
/// How it ended, when not well; [`Failure::No`] on damage.
pub fn run(args: &Args) -> Result<(), Failure> {
    let progress = StoreProgress::new("checking");
    let report = ringpit_journal::verify(&args.dir, &mut |step| progress.show(step));
    progress.clear();
    let report = report.map_err(|error| Failure::store(&error))?;
    let mut output = Output::default();
    output.buffer.extend_from_slice(text(&report).as_bytes());
    output.write_out()?;
    if report.is_undamaged() { Ok(()) } else { Err(Failure::No) }
}

fn text(report: &Report) -> String {
    let Report { store_id, rules_version, segments, records, tail_records, bytes, .. } = report;
    let Report { last_seq, last_time_ns, durable_seq, outcome, .. } = report;
    let mut text = format!(
        "store {store_id}, rules {rules_version}, segments {segments}\n\
         records {records} ({tail_records} in the tail only), {bytes} bytes\n\
         last {last_seq} at {last_time_ns}, durable {durable_seq}\n"
    );
    if report.is_server_running {
        text += "a server has the store now; its tail was left alone\n";
    }
    for warning in &report.warnings {
        text += &format!("warning: {warning}\n");
    }
    for (file, offset) in &report.stray {
        text += &format!("stray bytes in {file} at offset {offset}, where nothing was written\n");
    }
    text += &match outcome {
        Outcome::Clean if report.is_undamaged() => "clean\n".to_owned(),
        Outcome::Clean => "no record is touched, but the disk may be failing\n".to_owned(),
        Outcome::Cut(cut) => format!("{cut}\n"),
        Outcome::Damage(damage) => format!("{damage}\n"),
    };
    text
}
