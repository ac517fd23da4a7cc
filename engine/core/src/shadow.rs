//! A line followed under other rules than its own, to see before a switch what it would change.
//!
//! It says where the first outcome differs; from there on the two have different histories, and
//! what differs later says little.

use crate::command::Input;
use crate::engine::Engine;
use crate::event::Sink;

/// An engine that takes the steps of another one, under other rules.
#[derive(Debug)]
pub struct Shadow {
    engine: Engine,
    first_difference: Option<u64>,
}

impl Shadow {
    /// Before the line's first step; `None` when this program does not know the rules.
    #[must_use]
    pub fn held_to(rules: u32) -> Option<Self> {
        Engine::held_to_rules(rules).map(|engine| Self { engine, first_difference: None })
    }

    /// Takes the step that `own` has just taken; its events go to `sink`.
    ///
    /// # Panics
    /// When `own` is not exactly one step ahead.
    pub fn follow(&mut self, own: &Engine, input: &Input, sink: &mut impl Sink) {
        self.engine.apply(own.seq(), own.now(), input, sink);
        if self.engine.events_digest() != own.events_digest() {
            self.first_difference.get_or_insert(own.seq());
        }
    }

    /// The number of the first step whose events were others.
    #[must_use]
    pub fn first_difference(&self) -> Option<u64> {
        self.first_difference
    }

    /// Whether it came to the same: all events, and what the state holds.
    #[must_use]
    pub fn is_same(&self, own: &Engine) -> bool {
        self.first_difference.is_none() && self.engine.contents_hash() == own.contents_hash()
    }
}
