//! `ringpit inspect`: a store's records as people or programs read them.

use crate::failure::Failure;
use crate::output::Output;
use crate::progress::StoreProgress;
use crate::{records, time};
use ringpit_core::codec;
use ringpit_journal::{Kind, OpenError, ReadOptions, Record, Stop};
use ringpit_sequencer::Checkpoint;
use ringpit_vocab::write_command;
use std::fmt::Write as _;
use std::path::PathBuf;

const EXAMPLE: &str = "\
Example:
  ringpit inspect /var/lib/ringpit --from 1000 --count 20

  1000  2026-08-01T09:00:00.000000017Z  input  session 7 #12  {\"do\":\"cancel_order\",...}

With --json each record is one object: seq, at, kind, durable, crc, file, offset; an input has
session, client_seq and command, a checkpoint state and events.";

/// Print the records of a store: inputs, checkpoints, the flusher's marks and seals.
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// The store.
    dir: PathBuf,
    /// First sequence number.
    #[arg(long, value_name = "SEQ", default_value_t = 1)]
    from: u64,
    /// How many records at most.
    #[arg(long, value_name = "N", default_value_t = u64::MAX, hide_default_value = true)]
    count: u64,
    /// JSON lines.
    #[arg(long)]
    json: bool,
}

/// Prints records.
///
/// # Errors
/// How it ended, when not well; [`Failure::No`] on damage.
pub fn run(args: &Args) -> Result<(), Failure> {
    let progress = StoreProgress::new("reading");
    let mut output = Output::default();
    let mut left = args.count;
    let mut failed = None;
    let mut on_record = |record: &Record<'_>| {
        if left == 0 {
            return Err(Stop("as many as were asked for".to_owned()));
        }
        left -= 1;
        match args.json {
            true => write_json(record, &mut output.buffer),
            false => write_text(record, &mut output.buffer),
        }
        output.end_line();
        output.write_out_if_large().map_err(|failure| {
            failed = Some(failure);
            Stop("nothing can be written".to_owned())
        })
    };
    let options = ReadOptions { from_seq: args.from, notes: true };
    let read =
        ringpit_journal::read(&args.dir, options, &mut on_record, &mut |step| progress.show(step));
    progress.clear();
    if let Some(failure) = failed {
        return Err(failure);
    }
    output.write_out()?;
    match read {
        Err(OpenError::Stopped { .. }) => Ok(()),
        Err(error) => Err(Failure::store(&error)),
        Ok(report) => records::ending(&report),
    }
}

/// What a record's bytes say.
enum Content {
    Input {
        session: u64,
        client_seq: u64,
        command: String,
    },
    Checkpoint(Checkpoint),
    Note,
    /// Why they say nothing.
    Unreadable(String),
}

fn content(record: &Record<'_>) -> Content {
    match record.kind {
        Kind::Input => match codec::decode(record.payload) {
            Ok(input) => {
                let mut command = Vec::new();
                write_command(None, &input.command, &mut command);
                Content::Input {
                    session: input.session.0,
                    client_seq: input.client_seq,
                    command: String::from_utf8_lossy(&command).into_owned(),
                }
            }
            Err(error) => Content::Unreadable(error.to_string()),
        },
        Kind::Checkpoint => match Checkpoint::from_bytes(record.payload) {
            Some(checkpoint) => Content::Checkpoint(checkpoint),
            None => Content::Unreadable("too short for a checkpoint".to_owned()),
        },
        Kind::Mark | Kind::Seal => Content::Note,
    }
}

const fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Input => "input",
        Kind::Checkpoint => "checkpoint",
        Kind::Mark => "mark",
        Kind::Seal => "seal",
    }
}

fn write_text(record: &Record<'_>, out: &mut Vec<u8>) {
    let mut line = format!("{}  ", record.seq);
    time::write_utc(record.time_ns, &mut line);
    let kind = kind_word(record.kind);
    let _infallible = match content(record) {
        Content::Input { session: 0, command, .. } => write!(line, "  {kind}  {command}"),
        Content::Input { session, client_seq, command } => {
            write!(line, "  {kind}  session {session} #{client_seq}  {command}")
        }
        Content::Checkpoint(Checkpoint { state_hash, events_digest, .. }) => {
            write!(line, "  {kind}  state={state_hash:016x} events={events_digest:016x}")
        }
        Content::Note => write!(line, "  {kind}  all up to {} is durable", record.durable_seq),
        Content::Unreadable(why) => write!(line, "  {kind}  unreadable: {why}"),
    };
    out.extend_from_slice(line.as_bytes());
}

fn write_json(record: &Record<'_>, out: &mut Vec<u8>) {
    let Record { seq, time_ns, durable_seq, crc, place, .. } = record;
    let (kind, file, offset) = (kind_word(record.kind), place.file, place.offset);
    let mut line = format!(
        "{{\"seq\":{seq},\"at\":{time_ns},\"kind\":\"{kind}\",\"durable\":{durable_seq},\
         \"crc\":\"{crc:08x}\",\"file\":\"{file}\",\"offset\":{offset}"
    );
    let _infallible = match content(record) {
        Content::Input { session, client_seq, command } => {
            write!(line, ",\"session\":{session},\"client_seq\":{client_seq},\"command\":{command}")
        }
        Content::Checkpoint(Checkpoint { state_hash, events_digest, .. }) => {
            write!(line, ",\"state\":\"{state_hash:016x}\",\"events\":\"{events_digest:016x}\"")
        }
        Content::Note => Ok(()),
        Content::Unreadable(why) => write!(line, ",\"unreadable\":\"{why}\""),
    };
    line.push('}');
    out.extend_from_slice(line.as_bytes());
}
