//! What goes wrong, and when: a few things in every thousand steps, each of its own kind.

use crate::faults::Fault;
use crate::simulation::Simulation;
use crate::time::{MS_NS, SECOND_NS, Wall};
use ringpit_journal::mem::Faults as DiskFaults;

/// Something goes wrong every so many steps.
const EVERY: u64 = 130;

/// An address from which nobody of ours connects.
const STRANGER: u8 = 250;

impl Simulation {
    /// Something may go wrong now.
    pub(crate) fn inject(&mut self) -> Result<(), String> {
        if self.step == self.flicker_step {
            return self.cut_power();
        }
        if self.random.below(EVERY) != 0 {
            return Ok(());
        }
        match self.random.below(100) {
            0..=9 => self.kill(),
            10..=18 => self.cut_power(),
            19..=21 => self.stop_cleanly(),
            22..=29 => {
                self.disk.end_after(self.random.below(12));
                Ok(())
            }
            30..=36 => {
                self.spoil_disk();
                Ok(())
            }
            37..=48 => {
                self.spoil_clock();
                Ok(())
            }
            49..=72 => {
                self.spoil_link();
                Ok(())
            }
            73..=88 => self.spoil_client(),
            89..=93 => {
                self.spoil_turns();
                Ok(())
            }
            94..=97 => self.strangers(),
            _ => {
                self.reload();
                Ok(())
            }
        }
    }

    /// One of the next calls to the disk fails.
    fn spoil_disk(&mut self) {
        let memory = self.disk.memory().clone();
        let counts = memory.counts();
        let mut faults = DiskFaults::default();
        let soon = 1 + self.random.below(6);
        let fault = match self.random.below(4) {
            0 => {
                faults.fail_sync = Some(counts.syncs + soon);
                Fault::FailedFlush
            }
            1 => {
                faults.fail_write = Some(counts.writes + soon);
                Fault::FailedWrite
            }
            2 => {
                faults.short_write = Some(counts.writes + soon);
                Fault::ShortWrite
            }
            _ => {
                faults.capacity_bytes = Some(memory.used_bytes() + self.random.below(80 << 10));
                Fault::DiskFull
            }
        };
        self.fault(fault);
        memory.set_faults(faults);
        self.is_disk_spoilt = true;
    }

    fn spoil_clock(&mut self) {
        let far = self.random.pick(&[
            SECOND_NS,
            10 * SECOND_NS,
            3_600 * SECOND_NS,
            31_536_000 * SECOND_NS,
        ]);
        let true_ns = self.time.true_ns();
        let (wall, fault) = match self.random.below(5) {
            0 => (Wall::Off(-far.cast_signed()), Fault::ClockBack),
            1 => (Wall::Off(far.cast_signed()), Fault::ClockAhead),
            2 => (Wall::Frozen(true_ns), Fault::ClockFrozen),
            3 => (Wall::Swinging(far.cast_signed()), Fault::ClockSwinging),
            _ => (Wall::Epoch, Fault::Clock1970),
        };
        self.fault(fault);
        self.time.set_wall(wall);
        self.wall_until_ns = true_ns + self.random.within(20, 3_000) * MS_NS;
        self.excuse_all();
    }

    /// The server's clock is set right.
    pub(crate) fn mend_wall(&mut self) {
        if self.time.wall() != Wall::True {
            self.time.set_wall(Wall::True);
            self.wall_until_ns = 0;
            self.excuse_all();
        }
    }

    /// Logins may be refused for a reason that is ours.
    fn excuse_all(&mut self) {
        self.clients.iter_mut().for_each(|client| client.excused = true);
    }

    fn spoil_link(&mut self) {
        let Some(link) = self.net.any_open() else { return };
        match self.random.below(3) {
            0 | 1 => self.net.cut(link),
            _ => self.net.cut_silently(link),
        }
    }

    fn spoil_client(&mut self) -> Result<(), String> {
        let index = self.random.index(self.clients.len());
        let true_ns = self.time.true_ns();
        let later_ns = true_ns + self.random.within(1, 4_000) * MS_NS;
        let dice = self.random.below(20);
        let client = &mut self.clients[index];
        let fault = match dice {
            0..=5 => {
                client.go_deaf(later_ns);
                Fault::SlowReader
            }
            6..=13 => {
                client.die(later_ns, false, &mut self.net)?;
                Fault::ClientKill
            }
            14..=17 => {
                client.die(true_ns, true, &mut self.net)?;
                Fault::TwinLogin
            }
            _ => {
                client.forget(&mut self.net, &mut self.records)?;
                Fault::ClientAmnesia
            }
        };
        self.fault(fault);
        Ok(())
    }

    fn spoil_turns(&mut self) {
        let until = self.step + self.random.within(20, 400);
        if self.random.chance(80) {
            self.fault(Fault::SlowDisk);
            self.slow_disk_until = until;
        } else {
            self.fault(Fault::SlowGateway);
            self.slow_gateway_until = until;
        }
    }

    /// Somebody who is nobody's client connects: with a login that was captured, or with noise.
    fn strangers(&mut self) -> Result<(), String> {
        if self.server.is_none() {
            return Ok(());
        }
        let index = self.random.index(self.clients.len());
        let captured = self.clients[index].captured.clone();
        let (fault, bytes) = if captured.is_empty() || self.random.chance(40) {
            let len = self.random.within(1, 300) as usize;
            (Fault::Noise, (0..len).map(|_| self.random.next() as u8).collect())
        } else {
            (Fault::CapturedLogin, captured)
        };
        self.fault(fault);
        let link = self.net.connect(STRANGER);
        self.net.client_write(link, &bytes);
        self.strangers.push((link, fault));
        Ok(())
    }

    fn reload(&mut self) {
        let index = self.random.index(self.entries.len());
        let config = &mut self.entries[index].config;
        config.messages_per_second = self.random.pick(&[50, 100_000]);
        config.burst = config.messages_per_second;
        config.grace_ms = self.random.pick(&[0, 100, 2_000]);
        if let Some(server) = &mut self.server {
            server.reload(&self.entries);
            self.fault(Fault::Reload);
        }
    }
}
