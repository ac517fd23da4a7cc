//! `ringpit replay`: a store's inputs once more through a fresh engine.

use crate::failure::Failure;
use crate::output::{Output, digest_line};
use crate::progress::StoreProgress;
use crate::records;
use clap::ValueEnum;
use ringpit_core::Emitted;
use ringpit_core::rules::{RULES_FIRST, RULES_NEWEST};
use ringpit_core::shadow::Shadow;
use ringpit_sequencer::{Compared, RecoverError, ReplayError, Replayed, compare, replay};
use ringpit_vocab::write_event;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const EXAMPLE: &str = "\
Examples:
  ringpit replay /var/lib/ringpit
  ringpit replay /var/lib/ringpit --until 1000 --events --digest
  ringpit replay /var/lib/ringpit --rules 1 --compare

Every checkpoint in the journal is compared on the way. Exit codes: 0 the same, 1 different or
damaged: what is intact before the place is replayed, and the place is named.";

/// Rebuild the state of a store from its journal, and prove that it is what it was.
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// The store.
    dir: PathBuf,
    /// Stop after this sequence number.
    #[arg(long, value_name = "SEQ", default_value_t = u64::MAX, hide_default_value = true)]
    until: u64,
    /// Print one line instead of the summary: seq=N state=HEX events=HEX.
    #[arg(long)]
    digest: bool,
    /// Print every event, as `run` does; the summary goes to standard error then.
    #[arg(long)]
    events: bool,
    /// As fast as possible, or with the pauses there were between events.
    #[arg(long, value_name = "SPEED", default_value = "max")]
    speed: Speed,
    /// Follow the journal under these rules too, and name the first step whose outcome differs.
    #[arg(long, value_name = "N", requires = "compare", value_parser = known_rules)]
    rules: Option<u32>,
    /// With --rules: before a switch to later rules, see what they would have changed.
    #[arg(long, requires = "rules", conflicts_with_all = ["digest", "events", "speed"])]
    compare: bool,
}

/// A version of the rules that this program knows.
fn known_rules(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(rules) if (RULES_FIRST..=RULES_NEWEST).contains(&rules) => Ok(rules),
        _ => Err(format!("this program knows rules {RULES_FIRST} to {RULES_NEWEST}")),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Speed {
    Max,
    Real,
}

/// Replays a store.
///
/// # Errors
/// How it ended, when not well; [`Failure::No`] on a difference or damage.
pub fn run(args: &Args) -> Result<(), Failure> {
    if let Some(rules) = args.rules {
        return under_other_rules(args, rules);
    }
    let progress = StoreProgress::new("replaying");
    let started = Instant::now();
    let mut pace = (args.speed == Speed::Real).then(Pace::default);
    let mut output = Output::default();
    let mut written = Ok(());
    let replayed =
        replay(&args.dir, args.until, &mut |step| progress.show(step), &mut |emitted: &Emitted<
            '_,
        >| {
            if written.is_err() {
                return;
            }
            if let Some(pause) = pace.as_mut().and_then(|pace| pace.pause_before(emitted.at)) {
                written = output.write_out();
                std::thread::sleep(pause);
            }
            if args.events && written.is_ok() {
                write_event(emitted.seq, emitted.at, emitted.event, &mut output.buffer);
                output.end_line();
                written = output.write_out_if_large();
            }
        });
    progress.clear();
    written?;
    output.write_out()?;
    let replayed = replayed.map_err(failure)?;
    tell(args, &replayed, started.elapsed(), output)?;
    replayed.journal.as_ref().map_or(Ok(()), records::ending)
}

/// One step's events as lines.
#[derive(Default)]
struct Lines {
    seq: u64,
    text: Vec<u8>,
}

impl Lines {
    fn add(&mut self, emitted: &Emitted<'_>) {
        if emitted.seq != self.seq {
            self.seq = emitted.seq;
            self.text.clear();
        }
        self.text.extend_from_slice(b"  ");
        write_event(emitted.seq, emitted.at, emitted.event, &mut self.text);
        self.text.push(b'\n');
    }

    /// What this step printed.
    fn of(&self, seq: u64) -> &[u8] {
        if self.seq == seq { &self.text } else { b"  nothing\n" }
    }
}

/// The journal under its own rules, and beside it under others, to the first difference.
fn under_other_rules(args: &Args, rules: u32) -> Result<(), Failure> {
    let shadow = Shadow::held_to(rules)
        .ok_or_else(|| Failure::Input(format!("rules {rules}: not known to this program")))?;
    let progress = StoreProgress::new("comparing");
    let (mut own, mut other) = (Lines::default(), Lines::default());
    let compared = compare(
        &args.dir,
        args.until,
        shadow,
        &mut |step| progress.show(step),
        &mut |emitted| own.add(emitted),
        &mut |emitted| other.add(emitted),
    );
    progress.clear();
    let Compared { own: engine, shadow, journal } = compared.map_err(failure)?;
    let mut output = Output::default();
    if let Some(seq) = shadow.first_difference() {
        let text = &mut output.buffer;
        text.extend_from_slice(
            format!("under rules {rules} step {seq} differs\nit was\n").as_bytes(),
        );
        text.extend_from_slice(own.of(seq));
        text.extend_from_slice(format!("under rules {rules} it is\n").as_bytes());
        text.extend_from_slice(other.of(seq));
        output.write_out()?;
        return Err(Failure::No);
    }
    let (seq, is_same) = (engine.seq(), shadow.is_same(&engine));
    let end = if is_same { "the state too" } else { "but not the state at its end" };
    let text = format!("under rules {rules} every outcome is the same to {seq}, {end}\n");
    output.buffer.extend_from_slice(text.as_bytes());
    output.write_out()?;
    if !is_same {
        return Err(Failure::No);
    }
    journal.as_ref().map_or(Ok(()), records::ending)
}

fn failure(error: RecoverError) -> Failure {
    match error {
        RecoverError::Open(error) => Failure::store(&error),
        RecoverError::Replay(error @ ReplayError::UnknownRules { .. }) => {
            Failure::Input(error.to_string())
        }
        RecoverError::Replay(error) => {
            eprintln!("{error}");
            Failure::No
        }
    }
}

fn tell(
    args: &Args,
    replayed: &Replayed,
    took: Duration,
    mut output: Output,
) -> Result<(), Failure> {
    let engine = &replayed.engine;
    let summary = summary(replayed, took);
    match (args.digest, args.events) {
        (true, _) => output.buffer.extend_from_slice(digest_line(engine).as_bytes()),
        (false, true) => eprint!("{summary}"),
        (false, false) => output.buffer.extend_from_slice(summary.as_bytes()),
    }
    output.write_out()
}

fn summary(replayed: &Replayed, took: Duration) -> String {
    let engine = &replayed.engine;
    let (seq, seconds) = (engine.seq(), took.as_secs_f64());
    let rate = seq as f64 / seconds.max(f64::MIN_POSITIVE);
    format!(
        "last sequence number {seq}\nstate hash  {:016x}\nevents hash {:016x}\n\
         {seq} inputs in {seconds:.3} s, {rate:.0} inputs/s; {} checkpoints confirmed; under rules {}\n",
        engine.state_hash(),
        engine.events_digest(),
        replayed.checkpoints,
        engine.rules(),
    )
}

/// The first event's time, by the journal's clock and by ours.
#[derive(Default)]
struct Pace(Option<(u64, Instant)>);

impl Pace {
    /// How long to wait until an event of this time is due.
    fn pause_before(&mut self, at_ns: u64) -> Option<Duration> {
        let (first_ns, started) = *self.0.get_or_insert_with(|| (at_ns, Instant::now()));
        let due = Duration::from_nanos(at_ns.saturating_sub(first_ns));
        due.checked_sub(started.elapsed()).filter(|pause| !pause.is_zero())
    }
}
