//! What a session missed and the gateway no longer remembers: found again by replaying the line.
//!
//! A thread of its own reads the line up to its durable end with an engine of its own and gives
//! each asker the numbered events it asked for. All who ask while a replay runs share the next
//! one. Memory is bounded by what may be asked for at once; time is that of a replay from the
//! start, since only an engine that has seen everything can say what came out.

use crate::limits::{MISSING_EVENTS_MAX, QUESTIONS_MAX, QUESTIONS_TOGETHER_MAX};
use crate::log::{Entry, ReadLine, RecordKind, Watermark};
use crate::replay::{Replay, ReplayError};
use ringpit_core::{Command, Emitted, Event, SessionId};
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

/// What a session missed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Missing {
    /// Whose.
    pub session: SessionId,
    /// The session's version; the numbers of another version are others.
    pub version: u64,
    /// The first number.
    pub from: u64,
    /// How many; no more than [`MISSING_EVENTS_MAX`] are given.
    pub count: u64,
}

/// A numbered event, owned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sent {
    /// The step's number.
    pub seq: u64,
    /// UNIX nanoseconds.
    pub at: u64,
    /// Whose.
    pub owner: SessionId,
    /// Its number in the owner's stream.
    pub owner_seq: u64,
    /// The owner's number of the input that caused it.
    pub ref_seq_no: Option<u64>,
    /// What happened.
    pub event: Event,
}

impl Sent {
    /// The event as the engine gave it.
    #[must_use]
    pub fn emitted(&self) -> Emitted<'_> {
        Emitted {
            seq: self.seq,
            at: self.at,
            owner: self.owner,
            owner_seq: self.owner_seq,
            ref_seq_no: self.ref_seq_no,
            event: &self.event,
        }
    }
}

impl From<&Emitted<'_>> for Sent {
    fn from(emitted: &Emitted<'_>) -> Self {
        Self {
            seq: emitted.seq,
            at: emitted.at,
            owner: emitted.owner,
            owner_seq: emitted.owner_seq,
            ref_seq_no: emitted.ref_seq_no,
            event: *emitted.event,
        }
    }
}

/// Why what was missed can't be given.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MissingError {
    /// The line could not be read.
    #[error("{0}")]
    Read(String),
    /// The line could not be replayed.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

/// What was missed, in order; shorter than asked for where the durable line holds no more.
pub type Answer = Result<Vec<Sent>, MissingError>;

type Reply = Box<dyn FnOnce(Answer) + Send>;

/// Too many questions wait; ask again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("too many requests for what was missed wait")]
pub struct TooMany;

/// The thread's handle. Dropping it ends the thread after the questions that wait.
#[derive(Debug)]
pub struct Replayer {
    questions: Option<SyncSender<(Missing, Reply)>>,
    thread: Option<JoinHandle<()>>,
}

impl Replayer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn start(reader: impl ReadLine, watermark: Watermark) -> std::io::Result<Self> {
        let (questions, asked) = sync_channel(QUESTIONS_MAX);
        let builder = std::thread::Builder::new().name("replayer".into());
        let thread = builder.spawn(move || serve(reader, &watermark, &asked))?;
        Ok(Self { questions: Some(questions), thread: Some(thread) })
    }

    /// Asks; `reply` is called on the replayer's thread.
    ///
    /// # Errors
    /// When too many questions wait; nothing was asked then.
    pub fn ask(
        &self,
        missing: Missing,
        reply: impl FnOnce(Answer) + Send + 'static,
    ) -> Result<(), TooMany> {
        let Some(questions) = &self.questions else { return Err(TooMany) };
        let question: (Missing, Reply) = (missing, Box::new(reply));
        questions.try_send(question).map_err(|error| match error {
            TrySendError::Full(_) | TrySendError::Disconnected(_) => TooMany,
        })
    }
}

impl Drop for Replayer {
    fn drop(&mut self) {
        self.questions = None;
        if let Some(thread) = self.thread.take() {
            // Its panic has been printed; what was asked goes unanswered.
            let _ = thread.join();
        }
    }
}

fn serve(mut reader: impl ReadLine, watermark: &Watermark, asked: &Receiver<(Missing, Reply)>) {
    while let Ok(first) = asked.recv() {
        let (missing, replies): (Vec<_>, Vec<_>) =
            std::iter::once(first).chain(asked.try_iter().take(QUESTIONS_TOGETHER_MAX - 1)).unzip();
        let answers = find(&mut reader, watermark.durable(), missing);
        for (reply, answer) in replies.into_iter().zip(answers) {
            reply(answer);
        }
    }
}

/// Answers questions by one replay of the line up to `until_seq`, in their order. The thread does
/// nothing else.
pub fn find(reader: &mut impl ReadLine, until_seq: u64, missing: Vec<Missing>) -> Vec<Answer> {
    let mut searches: Vec<Search> = missing.into_iter().map(Search::new).collect();
    let result = search(reader, until_seq, &mut searches);
    searches.into_iter().map(|search| result.clone().map(|()| search.found)).collect()
}

/// One question and what was found for it.
struct Search {
    missing: Missing,
    found: Vec<Sent>,
    /// Whether the line is within the version asked for.
    is_within: bool,
    is_over: bool,
}

impl Search {
    fn new(mut missing: Missing) -> Self {
        missing.from = missing.from.max(1);
        missing.count = missing.count.min(MISSING_EVENTS_MAX);
        // Without a version the numbers run from the start of the line.
        let is_within = missing.version == 0;
        let is_over = missing.count == 0;
        Self { missing, found: Vec::new(), is_within, is_over }
    }

    /// Looks at an input, after its events: what a deadline fired in the step that opens a session
    /// anew is still numbered in the old one.
    fn leave(&mut self, command: &Command) {
        if let Command::SessionOpen(open) = command
            && open.session == self.missing.session
        {
            self.is_over |= self.is_within;
            self.is_within = open.version == self.missing.version;
        }
    }

    fn look_at(&mut self, emitted: &Emitted<'_>) {
        let Missing { session, from, count, .. } = self.missing;
        let is_wanted = emitted.owner == session && emitted.owner_seq >= from;
        if self.is_within && !self.is_over && is_wanted {
            self.is_over = emitted.owner_seq - from + 1 >= count;
            self.found.push(emitted.into());
        }
    }
}

/// Replays the line until all is found, or its durable end.
fn search(
    reader: &mut impl ReadLine,
    until_seq: u64,
    searches: &mut [Search],
) -> Result<(), MissingError> {
    let mut replay = Replay::new();
    let mut failed = None;
    let mut take = |entry: &Entry<'_>| {
        let mut sink = |emitted: &Emitted<'_>| {
            searches.iter_mut().for_each(|search| search.look_at(emitted));
        };
        failed = replay.take(entry, &mut sink).err();
        if entry.kind == RecordKind::Input {
            let command = &replay.input().command;
            searches.iter_mut().for_each(|search| search.leave(command));
        }
        match failed.is_some() || searches.iter().all(|search| search.is_over) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    };
    reader.read(1, until_seq, &mut take).map_err(MissingError::Read)?;
    failed.map_or(Ok(()), |error| Err(error.into()))
}
