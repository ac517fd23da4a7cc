//! Fail-stop: the first failure is kept, everybody sees it, and nothing is acknowledged after it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Why the line stopped.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Failure {
    /// The journal could not be written or flushed.
    #[error("the journal failed: {0}")]
    Journal(String),
    /// Something that can't be was seen; going on would make it worse.
    #[error("an invariant broke: {0}")]
    Invariant(String),
    /// A thread of the line ended by a panic.
    #[error("the {0} thread panicked; its message is in the log")]
    Panic(&'static str),
}

#[derive(Debug, Default)]
struct Shared {
    failed: AtomicBool,
    first: Mutex<Option<Failure>>,
}

/// The flag that every thread of the line looks at before it acknowledges anything.
#[derive(Clone, Default, Debug)]
pub struct FailureFlag(Arc<Shared>);

impl FailureFlag {
    /// Whether the line has failed: no reply may leave any more.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.failed.load(Ordering::Acquire)
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> Option<Failure> {
        self.0.first.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Raises the flag; the first reason stays.
    pub fn raise(&self, failure: Failure) {
        let mut first = self.0.first.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(failure);
        self.0.failed.store(true, Ordering::Release);
    }
}
