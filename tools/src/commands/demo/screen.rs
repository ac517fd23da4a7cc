//! What the demo shows: stages, a live line, the closing table. Colour and the live line only
//! where somebody looks.

use super::checks::Check;
use super::stage::Stage;
use hdrhistogram::Histogram;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::cell::Cell;
use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How often a line tells where the play stands, where nobody sees it move.
const LINE: Duration = Duration::from_secs(1);

/// Standard output, as a person or a file reads it.
pub struct Screen {
    colour: bool,
    is_terminal: bool,
    bar: ProgressBar,
    last_line: Cell<Option<Instant>>,
}

impl Screen {
    /// For a play of so many planned requests.
    pub fn new(planned: u64) -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        let target = match is_terminal {
            true => ProgressDrawTarget::stdout(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(planned), target);
        let bar = match ProgressStyle::with_template("  {bar:30} {msg}") {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        };
        let colour = is_terminal && std::env::var_os("NO_COLOR").is_none();
        Self { colour, is_terminal, bar, last_line: Cell::new(None) }
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
        if !self.is_terminal && self.last_line.get().is_some_and(|last| last.elapsed() < LINE) {
            return;
        }
        self.last_line.set(Some(Instant::now()));
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let answered = load(&stage.answered);
        let waiting = load(&stage.sent).saturating_sub(answered);
        let (held, sold) = (stage.held.load(Ordering::Relaxed), load(&stage.sold));
        let (trades, price) = (load(&stage.fills) / 2, stage.price.load(Ordering::Relaxed));
        let text = format!(
            "{answered:>7} answered {waiting:>5} waiting | book {trades:>6} trades | auction at \
             {price:>6} | sale {sold:>6} sold {held:>5} held | {:>2} clients",
            load(&stage.live)
        );
        match self.is_terminal {
            true => {
                self.bar.set_position(answered);
                self.bar.set_message(text);
            }
            false => self.say(&format!("  {text}")),
        }
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
            "  {what:28}  {:>8}  {:>9.3}  {:>9.3}  {:>9.3}  {:>9.3}",
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
            "  {:28}  {:>8}  {:>9}  {:>9}  {:>9}  {:>9}",
            "from cue to durable answer", "requests", "p50 ms", "p99 ms", "p99.9 ms", "max ms"
        );
        self.say(&self.paint(BOLD, &head));
    }
}

/// Width of the longest promise.
const PROMISE: usize = 46;

const BOLD: &str = "1";
const GREEN: &str = "32";
const RED: &str = "31;1";
