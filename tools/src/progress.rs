//! Progress of long work, on standard error and only where somebody looks.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ringpit_journal::Progress;
use std::io::{self, IsTerminal};

/// Where progress is drawn: on a terminal that does not show the output too, else nowhere.
pub fn target() -> ProgressDrawTarget {
    match io::stderr().is_terminal() && !io::stdout().is_terminal() {
        true => ProgressDrawTarget::stderr(),
        false => ProgressDrawTarget::hidden(),
    }
}

/// How far the reading of a store has come.
pub struct StoreProgress(ProgressBar);

impl StoreProgress {
    /// A spinner that says what is being done.
    pub fn new(doing: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, target());
        Self(match ProgressStyle::with_template("{spinner} {prefix} {msg}") {
            Ok(style) => bar.with_style(style).with_prefix(doing),
            Err(_) => bar,
        })
    }

    /// Shows a step.
    pub fn show(&self, step: Progress<'_>) {
        self.0.set_message(format!("{}: {} records, number {}", step.file, step.records, step.seq));
        self.0.tick();
    }

    /// Takes it off the screen.
    pub fn clear(&self) {
        self.0.finish_and_clear();
    }
}
