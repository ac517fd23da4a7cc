//! Ends of the server, wanted and unwanted, and what each restart must find again.

use crate::disk::Disk;
use crate::faults::Fault;
use crate::ghost::Kept;
use crate::server::{Remains, Server};
use crate::simulation::Simulation;
use crate::time::MS_NS;
use ringpit_journal::mem::MemStorage;
use ringpit_journal::{OpenError, Storage, TailCopy};
use ringpit_sequencer::{ReadLine, RecordKind, RecoverError, Recovered, recover_in};
use ringpit_server::histories::Histories;
use ringpit_server::history::Budget;
use std::ops::ControlFlow;
use std::sync::Arc;

/// So many inputs must be lost in a power cut for a second one to follow it: enough that the next
/// life may be shorter than what the last one lost.
const FLICKER_LOST_MIN: u64 = 8;

/// A tail that a disk may still hold, and the line it belonged to.
pub(crate) struct OldTail {
    pub(crate) tail: TailCopy,
    pub(crate) line: Vec<Kept>,
}

impl Simulation {
    /// Ends the server where something has ended it, and starts it where it is time to.
    pub(crate) fn look_at_server(&mut self) -> Result<(), String> {
        if let Some(text) = self.ghost.get().violation.take() {
            return Err(text);
        }
        self.look_at_strangers()?;
        let now_ns = self.time.true_ns();
        let Some(server) = &self.server else {
            if now_ns >= self.start_at_ns {
                self.server = Some(Server::new(&self.entries, &self.time));
                self.start_at_ns = now_ns + self.random.below(20) * MS_NS;
            }
            return Ok(());
        };
        if self.disk.is_off() {
            self.fault(Fault::CrashInCall);
            return self.crash();
        }
        if server.failure().is_some() {
            // It stops acknowledging and exits; whatever watches it starts it again.
            return self.kill();
        }
        if !server.is_live() && now_ns >= self.start_at_ns {
            return self.recover();
        }
        Ok(())
    }

    /// The process or the machine ends.
    fn crash(&mut self) -> Result<(), String> {
        if self.random.chance(50) { self.kill() } else { self.cut_power() }
    }

    fn start_later(&mut self) {
        self.start_at_ns = self.time.true_ns() + self.random.within(1, 300) * MS_NS;
        self.crashes += 1;
    }

    fn take_remains(&mut self, remains: Remains) {
        if remains.tail.is_some() {
            self.tail = remains.tail;
        }
        if remains.engine.is_some() {
            self.left_engine = remains.engine;
            self.owed_seq = self.ghost.get().last_seq();
        }
    }

    /// The process is killed: nothing that was appended may be lost.
    pub(crate) fn kill(&mut self) -> Result<(), String> {
        let Some(server) = self.server.take() else { return Ok(()) };
        self.fault(Fault::ProcessKill);
        self.durable_seq = self.durable_seq.max(server.durable());
        let remains = server.kill();
        self.take_remains(remains);
        self.disk = Disk::over(self.disk.memory().restart());
        self.net.server_died(false);
        self.start_later();
        Ok(())
    }

    /// The power goes: what was promised, or known to be durable, may not be lost.
    pub(crate) fn cut_power(&mut self) -> Result<(), String> {
        if let Some(server) = self.server.take() {
            self.durable_seq = self.durable_seq.max(server.durable()).max(server.released_seq);
            if let Some(tail) = server.tail() {
                self.keep_tail(tail);
            }
        }
        self.fault(Fault::PowerCut);
        let lost = self.ghost.get().last_seq().saturating_sub(self.durable_seq);
        self.flickers |= lost >= FLICKER_LOST_MIN && self.random.chance(70);
        self.owed_seq = self.durable_seq.max(self.records.promised_seq);
        self.left_engine = None;
        let memory = self.torn();
        let has_segments =
            memory.list().is_ok_and(|names| names.iter().any(|n| n.ends_with(".rpj")));
        self.disk = Disk::over(memory);
        self.tail = None;
        if self.tail_on_disk && has_segments && !self.old_tails.is_empty() && self.random.chance(70)
        {
            let old = self.random.index(self.old_tails.len());
            let OldTail { tail, line } = self.old_tails.swap_remove(old);
            self.fault(Fault::StaleTail);
            self.tail = Some(tail);
            self.other_lines.push(line);
        }
        self.is_clean = false;
        self.time.boot();
        self.net.server_died(true);
        self.start_later();
        Ok(())
    }

    /// What is on the disk after a power cut.
    fn torn(&mut self) -> MemStorage {
        let is_page = self.random.chance(50);
        let percent = self.random.pick(&[0, 0, 100, 10, 50, 90]);
        let memory = self.disk.memory().clone();
        let (mut kept, mut lost, mut reordered) = (0, 0, false);
        let random = &mut self.random;
        let torn = memory.crash(if is_page { 4_096 } else { 512 }, &mut || {
            let keeps = random.chance(percent);
            reordered |= keeps && lost > 0;
            if keeps {
                kept += 1;
            } else {
                lost += 1;
            }
            keeps
        });
        if kept > 0 && lost > 0 {
            self.fault(if is_page { Fault::TornPages } else { Fault::TornSectors });
        }
        if kept == 0 && lost > 0 {
            self.fault(Fault::LostPages);
        }
        if reordered {
            self.fault(Fault::Reordered);
        }
        torn
    }

    /// The server is stopped as an operator does it.
    pub(crate) fn stop_cleanly(&mut self) -> Result<(), String> {
        let Some(server) = self.server.take() else { return Ok(()) };
        if !server.is_live() {
            self.server = Some(server);
            return Ok(());
        }
        self.fault(Fault::CleanStop);
        self.durable_seq = self.durable_seq.max(server.durable());
        let tail = server.tail();
        match server.stop(&mut self.net) {
            Ok(remains) => {
                self.take_remains(remains);
                self.tail = None;
                self.durable_seq = self.ghost.get().last_seq();
                self.is_clean = true;
            }
            // It failed on the way: as if it had been killed. What came after the copy of the tail
            // was answered to nobody.
            Err(_) => {
                self.tail = tail;
                self.left_engine = None;
                self.owed_seq = self.durable_seq.max(self.records.promised_seq);
            }
        }
        self.disk = Disk::over(match self.disk.is_off() && self.random.chance(50) {
            true => self.torn(),
            false => self.disk.memory().restart(),
        });
        self.net.server_died(false);
        self.start_later();
        self.crashes -= 1;
        Ok(())
    }

    /// Recovers the line, and holds what is found against what must be.
    pub(crate) fn recover(&mut self) -> Result<(), String> {
        if !self.is_calm && self.random.chance(12) {
            self.rot()?;
        }
        if !self.is_calm && self.random.chance(20) {
            self.disk.end_after(self.random.below(30));
        }
        let mut histories = Histories::new(Budget::of(self.history_bytes));
        let disk = Arc::new(self.disk.clone());
        let tail = self.tail.clone();
        let found = recover_in(disk, &self.options, tail.as_ref(), &mut |emitted| {
            histories.keep(emitted);
        });
        match found {
            Err(_) if self.disk.is_off() => {
                self.fault(Fault::CrashInRecovery);
                self.crash()
            }
            // The disk fails during the start: the server says so and exits, and is started again.
            Err(error) if std::mem::take(&mut self.is_disk_spoilt) && is_of_disk(&error) => {
                self.kill()
            }
            Err(error) => Err(format!("recovery was refused: {error}")),
            Ok(recovered) => {
                self.disk.stay();
                self.hold_against(recovered, histories)
            }
        }
    }

    fn hold_against(&mut self, recovered: Recovered, histories: Histories) -> Result<(), String> {
        let mut recovered = recovered;
        let last_seq = recovered.journal.last_seq;
        if last_seq < self.owed_seq {
            let owed = self.owed_seq;
            return Err(format!("{owed} was acknowledged, the line ends with {last_seq}"));
        }
        self.choose_line(&mut recovered)?;
        let Self { ghost, auditor, records, .. } = self;
        auditor.follow(&ghost.get().kept, records)?;
        let engine = &recovered.line.engine;
        let facts = (engine.seq(), engine.state_hash(), engine.events_digest());
        if facts != auditor.facts() {
            return Err(format!("recovered {facts:?}, followed {:?}", auditor.facts()));
        }
        if self.left_engine.take().is_some_and(|left| left != facts) {
            return Err(format!("the state after {} is not what it was before", facts.0));
        }
        self.recoveries += 1;
        if std::mem::take(&mut self.flickers) && !self.is_calm {
            self.flicker_step = self.step + self.random.within(10, 120);
        }
        self.trace.word(facts.2);
        self.durable_seq = last_seq;
        (self.owed_seq, self.tail, self.is_clean) = (0, None, false);
        self.other_lines.clear();
        let Some(server) = &mut self.server else { return Ok(()) };
        server.go_live(recovered, histories, &self.ghost)
    }

    /// The line that was found must be a beginning of the line that was written; or, where an old
    /// tail was there, of the line that that belonged to.
    fn choose_line(&mut self, recovered: &mut Recovered) -> Result<(), String> {
        let ghost = self.ghost.clone();
        let mut ghost = ghost.get();
        let mut found = beginning(recovered, &ghost.kept);
        for line in self.other_lines.drain(..) {
            if found.is_err() {
                found = found.or(beginning(recovered, &line));
                ghost.kept = line;
            }
        }
        ghost.kept.truncate(found?);
        Ok(())
    }

    /// Bits rot in a copy of the disk: what is damaged is refused by name, and what is not refused
    /// is a beginning of the line.
    fn rot(&mut self) -> Result<(), String> {
        let memory = self.disk.memory().restart();
        let names = memory.list().unwrap_or_default();
        let segments: Vec<&String> = names.iter().filter(|name| name.ends_with(".rpj")).collect();
        if segments.is_empty() {
            return Ok(());
        }
        let name = segments[self.random.index(segments.len())].clone();
        let random = &mut self.random;
        memory.corrupt(&name, |bytes| {
            let used = bytes.iter().rposition(|byte| *byte != 0).map_or(1, |at| at + 1);
            let place = random.index(used);
            bytes[place] ^= 1 << random.below(8);
        });
        self.fault(Fault::BitRot);
        let tail = self.tail.clone();
        match recover_in(Arc::new(memory), &self.options, tail.as_ref(), &mut |_| ()) {
            Err(RecoverError::Open(error)) if error.to_string().contains(".rpj") => Ok(()),
            Err(error) => Err(format!("a rotten bit in {name} is not named: {error}")),
            Ok(mut recovered) => {
                let last_seq = recovered.journal.last_seq;
                let ghost = self.ghost.get();
                if self.is_clean && last_seq < ghost.last_seq() {
                    return Err(format!(
                        "a rotten bit in {name} cut a line that had ended cleanly"
                    ));
                }
                let mut lines = std::iter::once(&ghost.kept).chain(&self.other_lines);
                match lines.any(|line| beginning(&mut recovered, line).is_ok()) {
                    true => Ok(()),
                    false => Err(format!("a rotten bit in {name} changed the line")),
                }
            }
        }
    }
}

/// Whether it is what a failing or full disk does to a start.
fn is_of_disk(error: &RecoverError) -> bool {
    matches!(error, RecoverError::Open(OpenError::Io(_)))
}

/// Holds a recovered line against one that was written; gives how many of its records there are.
fn beginning(recovered: &mut Recovered, line: &[Kept]) -> Result<usize, String> {
    let last_seq = recovered.journal.last_seq;
    let mut count = 0;
    let mut differs = None;
    let read = recovered.reader.read(1, last_seq, &mut |entry| {
        match line.get(count) {
            Some(kept) if kept.is(entry) => count += 1,
            _ => differs = Some(entry.seq),
        }
        if differs.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    read.map_err(|error| format!("the line can't be read: {error}"))?;
    // A reader ends with the last input; a checkpoint behind it was confirmed by the replay.
    let is_last = |kept: &Kept| (kept.kind, kept.seq) == (RecordKind::Checkpoint, last_seq);
    if recovered.line.checkpointed_seq == last_seq && line.get(count).is_some_and(is_last) {
        count += 1;
    }
    match differs {
        Some(seq) => Err(format!("record {seq} of the line is not what was written")),
        None => Ok(count),
    }
}
