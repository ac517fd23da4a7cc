//! The end of a simulation: nothing goes wrong any more, everybody comes to rest, and everything
//! is held against everything.

use crate::faults::Fault;
use crate::network::Read;
use crate::simulation::Simulation;
use crate::time::MS_NS;
use ringpit_journal::mem::Faults as DiskFaults;
use ringpit_wire::template_id;

/// Rounds in which everybody must have come to rest, each of 20 ms.
const ROUNDS_MAX: u64 = 20_000;

impl Simulation {
    /// See the module.
    pub(crate) fn settle(&mut self) -> Result<(), String> {
        self.calm();
        self.come_to_rest()?;
        self.kill()?;
        self.revive()?;
        for index in 0..self.clients.len() {
            let session = self.clients[index].id;
            self.auditor.complete(session, &mut self.records)?;
        }
        self.stop_cleanly()?;
        self.revive()
    }

    fn calm(&mut self) {
        self.is_calm = true;
        self.disk.stay();
        self.disk.memory().set_faults(DiskFaults::default());
        (self.slow_disk_until, self.slow_gateway_until) = (0, 0);
        self.mend_wall();
        self.net.own_up();
        self.clients.iter_mut().for_each(|client| client.attend());
    }

    fn come_to_rest(&mut self) -> Result<(), String> {
        for _ in 0..ROUNDS_MAX {
            self.step += 1;
            self.pass(20 * MS_NS);
            let mut worked = false;
            for index in 0..self.clients.len() {
                self.turn_of(index)?;
            }
            self.turn_of_gateway();
            if let Some(server) = &mut self.server {
                while server.sequencer() {
                    worked = true;
                }
                while server.flusher() {
                    worked = true;
                }
                server.replayer();
            }
            self.look_at_server()?;
            let at_rest = self.server.as_ref().is_some_and(|server| server.is_quiet());
            let settled = self.clients.iter().all(|client| client.is_settled());
            if !worked && at_rest && settled && self.net.is_empty() {
                return Ok(());
            }
        }
        let open: Vec<String> = self
            .clients
            .iter()
            .filter(|client| !client.is_settled())
            .map(|client| client.situation())
            .collect();
        Err(format!("no rest after {ROUNDS_MAX} rounds: {}", open.join("; ")))
    }

    /// Starts the server again, at once.
    fn revive(&mut self) -> Result<(), String> {
        for _ in 0..100 {
            self.pass(20 * MS_NS);
            self.look_at_server()?;
            if self.server.as_ref().is_some_and(|server| server.is_live()) {
                return Ok(());
            }
        }
        Err("the server did not start again".into())
    }

    /// Whoever is nobody's client gets nothing but a refusal.
    pub(crate) fn look_at_strangers(&mut self) -> Result<(), String> {
        let mut strangers = std::mem::take(&mut self.strangers);
        let mut accepted = None;
        strangers.retain(|(link, fault)| match self.net.client_read(*link) {
            Read::End => {
                self.net.client_close(*link);
                false
            }
            Read::Nothing => true,
            Read::Bytes(bytes) => {
                let template = bytes.get(8..10).map_or(0, |id| u16::from_le_bytes([id[0], id[1]]));
                let takes = [template_id::NEGOTIATION_RESPONSE, template_id::ESTABLISHMENT_ACK];
                if takes.contains(&template) {
                    accepted = Some(*fault);
                }
                true
            }
        });
        self.strangers = strangers;
        match accepted {
            Some(Fault::CapturedLogin) => Err("a captured login was accepted".into()),
            Some(_) => Err("noise was accepted as a login".into()),
            None => Ok(()),
        }
    }
}
