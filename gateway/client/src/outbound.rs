//! The client's numbers: which message has which, what must be sent again and under which number.

use crate::buffer::Buffer;
use crate::delivery::Delivery;
use crate::limits::IN_FLIGHT_MAX;
use crate::pending::{Entry, Kind, Pending};
use crate::session::Handler;
use crate::state::Unanswered;

/// Writes a Sequence with this next number to the output.
pub(crate) type WriteSequence = fn(&mut Buffer, u64);

/// The sending half of a session's numbers.
#[derive(Debug)]
pub(crate) struct Outbound {
    pending: Pending,
    /// The number of the next new message.
    next: u64,
    line: Line,
    /// The highest number answered by an event.
    answered: u64,
    /// Whether frames may go out now.
    live: bool,
}

/// What the server counts on this connection.
#[derive(Debug)]
struct Line {
    /// The number that it gives to the next frame it reads.
    implied: u64,
    write_sequence: WriteSequence,
}

impl Line {
    fn write(&mut self, number: u64, frame: &[u8], out: &mut Buffer) {
        if self.implied != number {
            (self.write_sequence)(out, number);
        }
        out.extend(frame);
        self.implied = number + 1;
    }
}

impl Outbound {
    /// Goes on with `next` as the number of the next new message.
    pub(crate) fn resume(next: u64, write_sequence: WriteSequence) -> Self {
        let pending = Pending::default();
        let line = Line { implied: next, write_sequence };
        Self { pending, next, line, answered: 0, live: false }
    }

    /// How many messages wait for their answer.
    pub(crate) fn in_flight(&self) -> usize {
        self.pending.len()
    }

    /// The number of the next new message.
    pub(crate) const fn next(&self) -> u64 {
        self.next
    }

    /// The number that Establish announces: of the first message that may have to be sent again.
    pub(crate) fn announced(&self) -> u64 {
        self.pending.first().unwrap_or(self.next)
    }

    /// The commands that wait, for a later life.
    pub(crate) fn commands(&self) -> Vec<Unanswered> {
        let (mut commands, mut from) = (Vec::new(), 0);
        while let Some((entry, frame)) = self.pending.next_from(from) {
            from = entry.number + 1;
            if entry.kind == Kind::Command {
                commands.push(Unanswered { number: entry.number, frame: frame.to_vec() });
            }
        }
        commands
    }

    /// New messages have numbers from here on.
    pub(crate) const fn go_on_at(&mut self, next: u64) {
        self.next = next;
    }

    /// Gives a message its number, keeps it, and sends it when the session is live. `None` when
    /// too many wait.
    pub(crate) fn push(
        &mut self,
        kind: Kind,
        query_id: u64,
        frame: &[u8],
        out: &mut Buffer,
    ) -> Option<u64> {
        if self.pending.len() >= IN_FLIGHT_MAX {
            return None;
        }
        let number = self.next;
        self.keep(number, kind, query_id, frame);
        if self.live {
            self.line.write(number, frame, out);
        }
        Some(number)
    }

    /// Takes over a message of an earlier life under the number it has.
    pub(crate) fn keep(&mut self, number: u64, kind: Kind, query_id: u64, frame: &[u8]) {
        self.pending.push(number, kind, query_id, frame);
        self.next = number + 1;
    }

    /// The number of the next frame on this connection, for the keep-alive Sequence.
    pub(crate) const fn implied(&self) -> u64 {
        self.line.implied
    }

    /// The server has everything up to `last_incoming`. Sends the rest again, unchanged. Queries
    /// up to it were never journaled, so their lost answers are asked for under new numbers.
    pub(crate) fn established(
        &mut self,
        last_incoming: u64,
        out: &mut Buffer,
        handler: Handler<'_>,
    ) {
        (self.live, self.line.implied) = (true, self.announced());
        let (mut number, end) = (0, self.next);
        while let Some((entry, frame)) = self.pending.next_from(number) {
            if entry.number >= end {
                break;
            }
            number = entry.number + 1;
            if entry.number > last_incoming {
                self.line.write(entry.number, frame, out);
            } else if entry.kind == Kind::Query {
                self.renumber(entry, out, handler);
            }
        }
    }

    /// The connection is gone, and with it the answers to what only concerned it. Gives whether
    /// the session was live.
    pub(crate) fn disconnected(&mut self, handler: Handler<'_>) -> bool {
        let was_live = core::mem::take(&mut self.live);
        let mut from = 0;
        while let Some((entry, _)) = self.pending.next_from(from) {
            from = entry.number + 1;
            if entry.kind == Kind::Request {
                self.pending.answer(entry.number);
                handler(Delivery::Passed { number: entry.number });
            }
        }
        was_live
    }

    /// The server never got `count` numbers from `from` on: those that still wait go out again
    /// under new numbers.
    pub(crate) fn not_applied(
        &mut self,
        from: u64,
        count: u64,
        out: &mut Buffer,
        handler: Handler<'_>,
    ) {
        let end = from.saturating_add(count).min(self.next);
        let mut number = from;
        while let Some((entry, _)) = self.pending.next_from(number) {
            if entry.number >= end {
                break;
            }
            number = entry.number + 1;
            self.renumber(entry, out, handler);
        }
    }

    fn renumber(&mut self, entry: Entry, out: &mut Buffer, handler: Handler<'_>) {
        let frame = self.pending.next_from(entry.number).map_or(Vec::new(), |(_, f)| f.to_vec());
        self.pending.answer(entry.number);
        let number = self.next;
        self.keep(number, entry.kind, entry.query_id, &frame);
        self.line.write(number, &frame, out);
        handler(Delivery::Renumbered { from: entry.number, to: number });
    }

    /// An event that this number caused was handed over.
    pub(crate) fn answered(&mut self, number: u64, out: &mut Buffer, handler: Handler<'_>) {
        if number > self.answered {
            self.answered = number;
            self.pending.answer(number);
            self.pass(out, handler);
        }
    }

    /// Answers come in the order of the numbers, so what is below the highest answered one and
    /// still waits will never be answered: a command was refused on a connection that was lost
    /// before the refusal arrived; a query was taken for a repeat, and is asked again.
    pub(crate) fn pass(&mut self, out: &mut Buffer, handler: Handler<'_>) {
        let mut from = 0;
        while let Some((entry, _)) = self.pending.next_from(from) {
            if entry.number >= self.answered {
                break;
            }
            from = entry.number + 1;
            match entry.kind {
                Kind::Command => {
                    self.pending.answer(entry.number);
                    handler(Delivery::Passed { number: entry.number });
                }
                Kind::Query if self.live => self.renumber(entry, out, handler),
                Kind::Query | Kind::Request => {}
            }
        }
    }

    /// This number was answered by something that is no event: a refusal, a query's end.
    pub(crate) fn settled(&mut self, number: u64) -> Option<Entry> {
        self.pending.answer(number)
    }
}
