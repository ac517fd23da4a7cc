//! What the demo shows: stages, a live line, the closing table. Colour and the live line only
//! where somebody looks.

use super::checks::Check;
use super::trader::Stage;
use hdrhistogram::Histogram;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::Ordering;

/// Standard output, as a person or a file reads it.
pub struct Screen {
    colour: bool,
    bar: ProgressBar,
}

impl Screen {
    /// For a play of so many commands.
    pub fn new(commands: u64) -> Self {
        let terminal = std::io::stdout().is_terminal();
        let target = match terminal {
            true => ProgressDrawTarget::stdout(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(commands), target);
        let bar = match ProgressStyle::with_template("  {bar:40} {pos}/{len} answered  {msg}") {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        };
        Self { colour: terminal && std::env::var_os("NO_COLOR").is_none(), bar }
    }

    /// A line of text. That nobody reads it is no reason to stop.
    pub fn say(&self, text: &str) {
        self.bar.suspend(|| {
            let _ = writeln!(std::io::stdout(), "{text}");
        });
    }

    /// A stage of the play begins.
    pub fn stage(&self, text: &str) {
        self.say(&self.paint(BOLD, text));
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Where the play stands now.
    pub fn live(&self, stage: &Stage) {
        let load = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        self.bar.set_position(load(&stage.answered));
        let waiting = load(&stage.sent).saturating_sub(load(&stage.answered));
        let (live, fills) = (load(&stage.live), load(&stage.fills) / 2);
        self.bar
            .set_message(format!("{waiting} waiting, {fills} trades, {live} clients connected"));
    }

    /// The live line is over.
    pub fn end_live(&self) {
        self.bar.finish_and_clear();
    }

    /// The head of the table of promises.
    pub fn promises_head(&self) {
        let head = format!("  {:6}  {:PROMISE$}  found", "", "promised");
        self.say(&self.paint(BOLD, &head));
    }

    /// A row of the table of promises.
    pub fn promise(&self, check: &Check) {
        let verdict = match check.kept {
            true => self.paint(GREEN, "kept  "),
            false => self.paint(RED, "BROKEN"),
        };
        self.say(&format!("  {verdict}  {:PROMISE$}  {}", check.promise, check.found));
    }

    /// A row of latencies, in milliseconds.
    pub fn latencies(&self, what: &str, histogram: &Histogram<u64>) {
        let ms = |ns: u64| ns as f64 / 1_000_000.0;
        let at = |quantile| ms(histogram.value_at_quantile(quantile));
        self.say(&format!(
            "  {what:28}  {:>7}  {:>9.3}  {:>9.3}  {:>9.3}  {:>9.3}",
            histogram.len(),
            at(0.5),
            at(0.99),
            at(0.999),
            ms(histogram.max())
        ));
    }

    /// The head of the rows of latencies.
    pub fn latencies_head(&self) {
        let head = format!(
            "  {:28}  {:>7}  {:>9}  {:>9}  {:>9}  {:>9}",
            "from cue to durable answer", "orders", "p50 ms", "p99 ms", "p99.9 ms", "max ms"
        );
        self.say(&self.paint(BOLD, &head));
    }
}

/// Width of the longest promise.
const PROMISE: usize = 45;

const BOLD: &str = "1";
const GREEN: &str = "32";
const RED: &str = "31;1";
