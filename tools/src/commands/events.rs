//! `ringpit events`: everything that came out of a store, in order: the feed for other systems.
//!
//! Events are not journaled; they are made again from the inputs. Only what is durable is shown,
//! so that nothing that was read here can ever be unsaid.

use crate::failure::Failure;
use crate::output::{Output, digest_line};
use crate::progress::StoreProgress;
use crate::records::{differs, each, ending};
use ringpit_core::Emitted;
use ringpit_journal::{Outcome, Report};
use ringpit_sequencer::{Entry, RecordKind, Replay};
use ringpit_vocab::write_event;
use signal_hook::consts::{SIGINT, SIGTERM};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const EXAMPLE: &str = "\
Examples:
  ringpit events /var/lib/ringpit --from 1
  ringpit events /var/lib/ringpit --from 5001 --follow | my-warehouse

Each line has the number of the step it belongs to (seq). A reader that remembers the last step it
took whole goes on with --from that number plus one, and so takes every event exactly once. With
--follow a step's lines come out together; a reader that was cut off in the middle of one asks for
that step again.

The last line with --digest is seq=N state=HEX events=HEX: the digest over all events since the
first, the same as `run`, `replay` and a server print. Exit codes: 0 done, 1 damaged or different.";

/// Print every event of a store, in order, as JSON lines; also while a server writes it.
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// The store.
    dir: PathBuf,
    /// First sequence number to print.
    #[arg(long, value_name = "SEQ")]
    from: u64,
    /// Go on with what a server adds, until interrupted.
    #[arg(long)]
    follow: bool,
    /// End with one line: seq=N state=HEX events=HEX.
    #[arg(long)]
    digest: bool,
}

/// The shortest pause before the store is looked at again.
const PAUSE: Duration = Duration::from_millis(50);

/// A look may take one part in this many of the time.
const SHARE: u32 = 5;

/// Prints a store's events.
///
/// # Errors
/// How it ended, when not well; [`Failure::No`] on a difference or damage.
pub fn run(args: &Args) -> Result<(), Failure> {
    let mut feed = Feed::new(args.from);
    let ended = if args.follow { follow(&args.dir, &mut feed) } else { once(&args.dir, &mut feed) };
    if ended.is_ok() && args.digest {
        feed.output.buffer.extend_from_slice(digest_line(feed.replay.engine()).as_bytes());
    }
    let written = feed.output.write_out();
    ended.and(written)
}

fn once(dir: &Path, feed: &mut Feed) -> Result<(), Failure> {
    let progress = StoreProgress::new("reading");
    let read = feed.look(dir, Some(&progress));
    progress.clear();
    let report = read?;
    feed.output.write_out()?;
    let seq = feed.replay.engine().seq();
    if report.last_seq > seq {
        eprintln!("ringpit: {} inputs after {seq} are not durable yet", report.last_seq - seq);
    }
    ending(&report)
}

fn follow(dir: &Path, feed: &mut Feed) -> Result<(), Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop))
            .map_err(|error| Failure::Environment(format!("signals: {error}")))?;
    }
    let mut damaged_before = false;
    while !stop.load(Ordering::Relaxed) {
        let started = Instant::now();
        let report = feed.look(dir, None)?;
        feed.output.write_out()?;
        // A look into the middle of a write may find what is no damage at the next.
        let is_damaged = matches!(report.outcome, Outcome::Damage(_));
        if is_damaged && damaged_before {
            return ending(&report);
        }
        damaged_before = is_damaged;
        let pause = PAUSE.max(started.elapsed() * (SHARE - 1));
        let until = Instant::now() + pause;
        while !stop.load(Ordering::Relaxed) && Instant::now() < until {
            std::thread::sleep(PAUSE);
        }
    }
    Ok(())
}

/// A record that is not known to be durable yet.
struct Waiting {
    kind: RecordKind,
    seq: u64,
    at: u64,
    payload: Vec<u8>,
}

/// An engine that follows what is durable, and the lines it gives.
struct Feed {
    replay: Replay,
    from_seq: u64,
    /// Highest number that a record proves durable.
    durable_seq: u64,
    waiting: VecDeque<Waiting>,
    output: Output,
}

impl Feed {
    fn new(from_seq: u64) -> Self {
        Self {
            replay: Replay::new(),
            from_seq,
            durable_seq: 0,
            waiting: VecDeque::new(),
            output: Output::default(),
        }
    }

    /// Takes what the store has become since the last look.
    fn look(&mut self, dir: &Path, progress: Option<&StoreProgress>) -> Result<Report, Failure> {
        self.waiting.clear();
        let next_seq = self.replay.engine().seq() + 1;
        each(dir, next_seq, progress, &mut |entry, durable_seq| {
            self.durable_seq = self.durable_seq.max(durable_seq);
            if let Some(entry) = entry {
                let Entry { kind, seq, at, payload } = *entry;
                self.waiting.push_back(Waiting { kind, seq, at, payload: payload.to_vec() });
            }
            self.take_durable()
        })
    }

    fn take_durable(&mut self) -> Result<(), Failure> {
        while self.waiting.front().is_some_and(|first| first.seq <= self.durable_seq) {
            let Some(record) = self.waiting.pop_front() else { break };
            let Waiting { kind, seq, at, ref payload } = record;
            let buffer = &mut self.output.buffer;
            let from_seq = self.from_seq;
            let taken =
                self.replay.take(&Entry { kind, seq, at, payload }, &mut |emitted: &Emitted<
                    '_,
                >| {
                    if emitted.seq >= from_seq {
                        write_event(emitted.seq, emitted.at, emitted.event, buffer);
                        buffer.push(b'\n');
                    }
                });
            taken.map_err(|error| differs(&error))?;
            self.output.write_out_if_large()?;
        }
        Ok(())
    }
}
