//! Phases that begin by themselves: what was scheduled, and the deadlines that do it.
//!
//! A change that is due is an operator's change of that time; what it does stands in `book::phases`.

use crate::admin::at;
use crate::command::SchedulePhase;
use crate::deadlines::Due;
use crate::digest::Digest;
use crate::engine::Engine;
use crate::event::Sink;
use crate::limits::PHASES_SCHEDULED_MAX;
use crate::reason::Reason;
use crate::step::{Refusal, Step};
use crate::words::{CommandKind, DeadlineKind, Field, Phase};
use alloc::collections::BTreeMap;
use alloc::string::String;

/// A change to come.
#[derive(Clone, Copy, Debug)]
struct Planned {
    phase: Phase,
    /// Handle of its deadline.
    deadline: u32,
}

/// All changes to come, by book and time: an instrument has one at a time at most.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schedule {
    planned: BTreeMap<(u32, u64), Planned>,
}

impl Schedule {
    fn count(&self, book: u32) -> usize {
        self.planned.range((book, 0)..=(book, u64::MAX)).count()
    }

    pub(crate) fn hash(&self, digest: &mut Digest) {
        for ((book, time_ns), planned) in &self.planned {
            digest.value(&(book, time_ns, planned.phase));
        }
    }
}

impl Engine {
    /// Lets a phase begin by itself, in place of what was to begin then; without a phase that is
    /// taken back.
    pub(crate) fn schedule_phase<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &SchedulePhase,
    ) -> Result<(), Refusal> {
        let book = self.known_book(c.instrument)?;
        if c.time <= cx.at {
            return Err(at(Reason::BadValue, Field::Time));
        }
        let key = (book, c.time);
        let former = self.schedule.planned.get(&key).map(|planned| planned.deadline);
        match (former, c.phase) {
            (None, None) => return Err(at(Reason::NotScheduled, Field::Time)),
            (None, Some(_)) if self.schedule.count(book) >= PHASES_SCHEDULED_MAX => {
                return Err(at(Reason::Full, Field::Instrument));
            }
            _ => {}
        }
        if let Some(deadline) = former {
            self.deadlines.cancel(deadline);
            self.schedule.planned.remove(&key);
        }
        if let Some(phase) = c.phase {
            let due = Due { kind: DeadlineKind::Phase, target: u64::from(book) };
            let deadline = self.deadlines.arm(c.time, due);
            self.schedule.planned.insert(key, Planned { phase, deadline });
        }
        self.accept(cx, CommandKind::SchedulePhase, u64::from(c.instrument.0));
        Ok(())
    }

    /// A scheduled change is due. Its deadline was taken already.
    ///
    /// # Panics
    /// When nothing was scheduled for this time: the state is broken.
    pub(crate) fn begin_scheduled<S: Sink>(&mut self, cx: &mut Step<'_, S>, book: u32) {
        let planned = self.schedule.planned.remove(&(book, cx.at));
        assert!(planned.is_some(), "book {book}: no phase is scheduled for {}", cx.at);
        if let Some(Planned { phase, .. }) = planned {
            let (books, mut desk) = self.desk(cx);
            books.set_phase(&mut desk, book, phase);
        }
    }

    /// Every change to come has its deadline, and none is without.
    pub(crate) fn audit_schedule(&self) -> Result<(), String> {
        let armed = self.deadlines.sorted();
        let armed = armed.iter().filter(|(_, due)| due.kind == DeadlineKind::Phase);
        let mut armed: alloc::vec::Vec<_> =
            armed.map(|(time_ns, due)| (due.target as u32, *time_ns)).collect();
        armed.sort_unstable();
        if armed.iter().ne(self.schedule.planned.keys()) {
            return Err(alloc::format!("phases scheduled {:?}, armed {armed:?}", self.schedule));
        }
        Ok(())
    }
}
