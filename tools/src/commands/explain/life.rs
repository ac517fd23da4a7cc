//! Gathers what a journal holds about one thing: a replay, and a second one of the steps where it
//! can't be seen whether a deadline or the command was the cause.

use super::subject::{Bearing, Subject};
use crate::failure::Failure;
use crate::progress::StoreProgress;
use crate::records::{differs, each};
use ringpit_core::command::{QueryDepth, QueryOpen};
use ringpit_core::event::ExecutionReport;
use ringpit_core::{
    Command, Emitted, Engine, Event, ExecType, Input, OrdType, OrderId, TimeInForce,
};
use ringpit_journal::Report;
use ringpit_sequencer::{Entry, RecordKind, Replay};
use std::path::Path;

/// A step that is about the thing.
pub struct Step {
    pub seq: u64,
    /// UNIX nanoseconds: the input's.
    pub at: u64,
    pub input: Input,
    /// Those about it, and those that show what became of things around it.
    pub events: Vec<Seen>,
    /// How many of the step's events deadlines gave, before the command.
    fired: Fired,
    pub ahead: Option<Ahead>,
}

/// One event of a step.
pub struct Seen {
    /// Its place among the step's events.
    nth: usize,
    /// UNIX nanoseconds: a fired deadline's own time, or the step's.
    pub at: u64,
    pub event: Event,
    /// What it is to the one that is told of; `None` for what only shows things around it.
    pub bearing: Bearing,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fired {
    /// So many.
    First(usize),
    /// A deadline was due and a command followed: a second replay tells.
    Unknown,
}

/// What stands before an order that has just come to rest at its price.
#[derive(Clone, Copy)]
pub struct Ahead {
    pub price: i64,
    /// Displayed lots.
    pub qty: u64,
    pub orders: u32,
}

impl Step {
    /// Whether a deadline gave the event, not the command.
    pub fn is_fired(&self, seen: &Seen) -> bool {
        match self.fired {
            Fired::First(events) => seen.nth < events,
            Fired::Unknown => seen.at < self.at,
        }
    }
}

/// Every step about the subject, in order, and how the journal ends.
///
/// # Errors
/// When the store can't be read, or does not replay.
pub fn gather(
    dir: &Path,
    mut subject: Subject,
    progress: &StoreProgress,
) -> Result<(Vec<Step>, Report), Failure> {
    let mut steps = Vec::new();
    let mut last = None;
    let mut replay = Replay::new();
    let report = each(dir, 1, Some(progress), &mut |entry, _| {
        let Some(entry) = entry else { return Ok(()) };
        let due = replay.engine().next_deadline().is_some_and(|time| time <= entry.at);
        let mut events = Vec::new();
        let mut nth = 0;
        let taken = replay.take(entry, &mut |emitted: &Emitted<'_>| {
            let bearing = subject.bearing(emitted.event);
            if bearing != Bearing::None || may_be_beside(emitted.event) {
                events.push(Seen { nth, at: emitted.at, event: *emitted.event, bearing });
            }
            nth += 1;
        });
        taken.map_err(|error| differs(&error))?;
        subject.learn(&replay.input().command);
        if events.iter().all(|seen| seen.bearing == Bearing::None) {
            return Ok(());
        }
        events.retain(|seen| seen.bearing != Bearing::None || subject.is_beside(&seen.event));
        let input = *replay.input();
        let fired = match (due, &input.command) {
            (false, _) => Fired::First(0),
            (true, Command::Tick) => Fired::First(usize::MAX),
            (true, _) => Fired::Unknown,
        };
        let ahead =
            newly_resting(&events, &mut last).and_then(|report| ahead_of(replay.engine(), &report));
        steps.push(Step { seq: entry.seq, at: entry.at, input, events, fired, ahead });
        Ok(())
    })?;
    if steps.iter().any(|step| step.fired == Fired::Unknown) {
        tell_causes(dir, &mut steps, progress)?;
    }
    Ok((steps, report))
}

/// Kept until the step's end, when it is known whether the step is about the subject.
const fn may_be_beside(event: &Event) -> bool {
    matches!(event, Event::Auction(_) | Event::Product(_))
}

/// Replays once more and counts, on a copy, what the deadlines alone give.
fn tell_causes(dir: &Path, steps: &mut [Step], progress: &StoreProgress) -> Result<(), Failure> {
    let mut replay = Replay::new();
    each(dir, 1, Some(progress), &mut |entry, _| {
        let Some(entry) = entry else { return Ok(()) };
        let at = steps.partition_point(|step| step.seq < entry.seq);
        let Entry { kind, seq, at: time_ns, .. } = *entry;
        if let Some(step) = steps.get_mut(at)
            && (kind, step.seq, step.fired) == (RecordKind::Input, seq, Fired::Unknown)
        {
            let mut events = 0;
            let mut copy = replay.engine().clone();
            let tick = Input::venue(Command::Tick);
            copy.apply(seq, time_ns, &tick, &mut |_: &Emitted<'_>| events += 1);
            step.fired = Fired::First(events);
        }
        replay.take(entry, &mut |_: &Emitted<'_>| {}).map_err(|error| differs(&error))
    })?;
    Ok(())
}

/// The report of an order that went to the back of a price in this step and may be there still.
fn newly_resting(
    events: &[Seen],
    last: &mut Option<(Option<i64>, u64)>,
) -> Option<ExecutionReport> {
    let mut came = false;
    let mut found = None;
    for seen in events {
        let Event::ExecutionReport(report) = &seen.event else { continue };
        let terms = (report.price, report.order_qty);
        came |= match report.exec_type {
            ExecType::New | ExecType::Triggered => true,
            ExecType::Replaced => last.is_some_and(|last| last.0 != terms.0 || last.1 < terms.1),
            _ => false,
        };
        *last = Some(terms);
        found = (report.leaves_qty > 0).then_some(*report);
    }
    found.filter(|_| came)
}

/// What stands before it: its level, which it joined at the back, without itself.
fn ahead_of(engine: &Engine, report: &ExecutionReport) -> Option<Ahead> {
    let (order, price) = (report.order_id?, report.price?);
    let shown = shown_qty(engine, report, order)?;
    let query = Command::QueryDepth(QueryDepth { instrument: report.instrument });
    let mut level = None;
    engine.query(engine.now(), &Input::venue(query), &mut |emitted: &Emitted<'_>| {
        if let Event::Level(line) = emitted.event
            && (line.side, line.price) == (report.side, price)
        {
            level = Some((line.qty, line.orders));
        }
    });
    let (qty, orders) = level?;
    let (qty, orders) = (qty.checked_sub(shown)?, orders.checked_sub(1)?);
    Some(Ahead { price, qty, orders })
}

/// What it shows of itself at its price; `None` where it does not stand at one.
fn shown_qty(engine: &Engine, report: &ExecutionReport, order: OrderId) -> Option<u64> {
    let query = Command::QueryOpen(QueryOpen { account: report.account });
    let mut shown = None;
    engine.query(engine.now(), &Input::venue(query), &mut |emitted: &Emitted<'_>| {
        if let Event::ExecutionReport(open) = emitted.event
            && open.order_id == Some(order)
        {
            let waits = open.ord_type == Some(OrdType::StopLimit)
                && report.exec_type == ExecType::New
                || open.tif == Some(TimeInForce::AtClose);
            let leaves = open.leaves_qty;
            shown = (!waits).then(|| open.display_qty.map_or(leaves, |slice| slice.min(leaves)));
        }
    });
    shown
}
