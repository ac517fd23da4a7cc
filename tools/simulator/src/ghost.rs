//! What the line should be: a copy of each record, taken where the sequencer appends it. A restart
//! must find a prefix of it that holds everything promised.

use crate::digest::Digest;
use crate::time::MS_NS;
use ringpit_journal::{FlushError, Flusher, TailCopy};
use ringpit_sequencer::{DiskLog, Entry, Log, RecordKind, Refused, Watermark};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Kept {
    pub(crate) kind: RecordKind,
    pub(crate) seq: u64,
    pub(crate) at: u64,
    /// Shared by the copies that old tails keep.
    pub(crate) payload: Arc<[u8]>,
}

impl Kept {
    pub(crate) fn is(&self, entry: &Entry<'_>) -> bool {
        let Entry { kind, seq, at, payload } = *entry;
        (self.kind, self.seq, self.at, &self.payload[..]) == (kind, seq, at, payload)
    }
}

/// How late a stamp may be: the line's time at the start of this life of the server, and what its
/// monotonic clock said then.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StampBound {
    pub(crate) base_ns: u64,
    pub(crate) mono_ns: u64,
    pub(crate) max_step_ns: u64,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Ghost {
    pub(crate) kept: Vec<Kept>,
    pub(crate) bound: StampBound,
    /// What the server's monotonic clock says now.
    pub(crate) mono_now_ns: u64,
    /// The first thing that went wrong here.
    pub(crate) violation: Option<String>,
}

impl Ghost {
    /// The last input's number.
    pub(crate) fn last_seq(&self) -> u64 {
        self.kept.last().map_or(0, |kept| kept.seq)
    }

    fn take(&mut self, kept: Kept) {
        let StampBound { base_ns, mono_ns, max_step_ns } = self.bound;
        let passed_ns = self.mono_now_ns.saturating_sub(mono_ns);
        let latest = base_ns + passed_ns + passed_ns / 1_000 + max_step_ns + MS_NS;
        if kept.at > latest {
            let ahead = kept.at - latest;
            self.violate(format!("the stamp of {} is {ahead} ns later than may be", kept.seq));
        }
        if self.kept.last().is_some_and(|last| last.at > kept.at) {
            self.violate(format!("the stamp of {} fell", kept.seq));
        }
        self.kept.push(kept);
    }

    fn violate(&mut self, text: String) {
        self.violation.get_or_insert(text);
    }

    /// Of all it holds.
    pub(crate) fn digest(&self) -> u64 {
        let mut digest = Digest::new();
        for kept in &self.kept {
            digest.word(kept.seq);
            digest.word(kept.at);
            digest.bytes(&kept.payload);
        }
        digest.get()
    }
}

/// Something of the server's that two of its parts hold.
#[derive(Debug)]
pub(crate) struct Held<T>(Arc<Mutex<T>>);

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Held<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Arc::new(Mutex::new(value)))
    }

    /// There is one thread, so nobody ever waits here.
    pub(crate) fn get(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The flusher between its calls.
pub(crate) struct FlusherSlot {
    flusher: Option<Flusher>,
    /// A flush was done, and what follows it was not.
    is_after_due: bool,
    /// Why it ended.
    pub(crate) failed: Option<String>,
}

impl FlusherSlot {
    pub(crate) fn new(flusher: Flusher) -> Self {
        Self { flusher: Some(flusher), is_after_due: false, failed: None }
    }

    fn call(&mut self, call: impl FnOnce(&mut Flusher) -> Result<bool, FlushError>) -> bool {
        let Some(flusher) = self.flusher.as_mut() else { return false };
        match call(flusher) {
            Ok(done) => done,
            Err(error) => {
                self.failed = Some(error.to_string());
                self.flusher = None;
                false
            }
        }
    }

    /// One of the flusher's calls, as its thread would make them; whether there was work.
    pub(crate) fn turn(&mut self) -> bool {
        if std::mem::take(&mut self.is_after_due) {
            self.call(|flusher| flusher.after_flush().map(|()| true));
            return true;
        }
        let flushed = self.call(|flusher| Ok(flusher.flush_pending()?.is_some()));
        self.is_after_due = flushed && self.flusher.is_some();
        flushed
    }

    /// What the thread does when it is idle.
    pub(crate) fn idle(&mut self, marks: bool) {
        if !self.is_after_due {
            self.call(|flusher| {
                if marks { flusher.mark() } else { flusher.prepare() }.map(|()| true)
            });
        }
    }

    /// The clean end; the appender is gone.
    pub(crate) fn finish(&mut self) {
        while self.turn() {}
        if let Some(flusher) = self.flusher.take()
            && let Err(error) = flusher.finish()
        {
            self.failed = Some(error.to_string());
        }
    }
}

/// The sequencer's end of the journal, with the copy beside it. Where the tail is full the flusher
/// is given its turn, as it would have it on a thread of its own.
pub(crate) struct GhostLog {
    log: Held<DiskLog>,
    ghost: Held<Ghost>,
    flusher: Held<FlusherSlot>,
}

impl GhostLog {
    pub(crate) fn new(log: Held<DiskLog>, ghost: Held<Ghost>, flusher: Held<FlusherSlot>) -> Self {
        Self { log, ghost, flusher }
    }
}

/// What a process killed now would leave of its tail.
pub(crate) fn tail_of(log: &Held<DiskLog>) -> TailCopy {
    log.get().copy_tail()
}

impl Log for GhostLog {
    fn append(
        &mut self,
        kind: RecordKind,
        seq: u64,
        at: u64,
        payload: &[u8],
    ) -> Result<(), Refused> {
        loop {
            let appended = self.log.get().append(kind, seq, at, payload);
            match appended {
                Ok(()) => break,
                Err(Refused::Failed) => return Err(Refused::Failed),
                Err(Refused::Full) => {
                    let mut flusher = self.flusher.get();
                    flusher.turn();
                    if flusher.failed.is_some() {
                        return Err(Refused::Failed);
                    }
                }
            }
        }
        self.ghost.get().take(Kept { kind, seq, at, payload: payload.into() });
        Ok(())
    }

    fn wake(&self) {
        self.log.get().wake();
    }

    fn watermark(&self) -> Watermark {
        self.log.get().watermark()
    }

    fn last_at(&self) -> u64 {
        self.log.get().last_at()
    }
}
