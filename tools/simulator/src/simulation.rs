//! One simulation: whose turn it is, step by step.

use crate::auditor::Auditor;
use crate::client::{Around, Client};
use crate::crashes::OldTail;
use crate::digest::Digest;
use crate::disk::Disk;
use crate::faults::{Fault, Faults};
use crate::ghost::{Ghost, Held, Kept};
use crate::members;
use crate::network::{LinkId, Network};
use crate::random::Random;
use crate::records::Records;
use crate::server::Server;
use crate::time::{MICROSECOND_NS, MS_NS, SECOND_NS, Time, Wall};
use crate::work::Board;
use ringpit_journal::mem::MemStorage;
use ringpit_journal::{Options, TailCopy};
use ringpit_server::sessions_file::SessionEntry;

/// What a simulation came to.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// Steps taken.
    pub steps: u64,
    /// Inputs in the line at the end.
    pub inputs: u64,
    /// Events that engine and model agreed on.
    pub events: u64,
    /// Numbered events that clients were given.
    pub delivered: u64,
    /// How often the server's process or machine ended without being asked to.
    pub crashes: u64,
    /// How often the line was recovered.
    pub recoveries: u64,
    /// Virtual nanoseconds that passed.
    pub passed_ns: u64,
    /// What went wrong on purpose.
    pub faults: Faults,
    /// Of everything that happened, in order.
    pub trace: u64,
}

/// A promise that was broken.
#[derive(Clone, Debug)]
pub struct Failed {
    /// The step after which it was noticed.
    pub step: u64,
    /// What is wrong.
    pub what: String,
}

impl Done {
    /// Those of another run as well.
    pub fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        self.inputs += other.inputs;
        self.events += other.events;
        self.delivered += other.delivered;
        self.crashes += other.crashes;
        self.recoveries += other.recoveries;
        self.passed_ns += other.passed_ns;
        self.faults.add(&other.faults);
        self.trace ^= other.trace.rotate_left((other.steps % 63) as u32);
    }
}

/// How often each part has its turn, in parts of 100.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turns {
    pub(crate) gateway: u64,
    pub(crate) sequencer: u64,
    pub(crate) flusher: u64,
    pub(crate) client: u64,
}

const TURNS: Turns = Turns { gateway: 20, sequencer: 16, flusher: 16, client: 26 };

/// See the module.
pub(crate) struct Simulation {
    pub(crate) random: Random,
    pub(crate) time: Time,
    pub(crate) net: Network,
    pub(crate) disk: Disk,
    pub(crate) entries: Vec<SessionEntry>,
    pub(crate) server: Option<Server>,
    /// When the server is started again.
    pub(crate) start_at_ns: u64,
    /// What the last life left in its tail, for the next.
    pub(crate) tail: Option<TailCopy>,
    /// Earlier tails, as a disk may still hold them after a power cut.
    pub(crate) old_tails: Vec<OldTail>,
    /// Other lines that the next life may find, because an old tail was there.
    pub(crate) other_lines: Vec<Vec<Kept>>,
    /// The disk was told to fail, and it has not shown since.
    pub(crate) is_disk_spoilt: bool,
    /// The last life ended cleanly.
    pub(crate) is_clean: bool,
    /// The tail is a file on the disk, not in memory.
    pub(crate) tail_on_disk: bool,
    /// The engine at the end of the last life, where it must be the same after recovery.
    pub(crate) left_engine: Option<(u64, u64, u64)>,
    /// The last input's number must be at least this after recovery.
    pub(crate) owed_seq: u64,
    /// Known to be durable, whatever may come.
    pub(crate) durable_seq: u64,
    pub(crate) options: Options,
    /// Bytes that the sessions' memories may have together.
    pub(crate) history_bytes: usize,
    pub(crate) ghost: Held<Ghost>,
    pub(crate) auditor: Auditor,
    pub(crate) records: Records,
    pub(crate) board: Board,
    pub(crate) clients: Vec<Client>,
    /// Connections of nobody's client.
    pub(crate) strangers: Vec<(LinkId, Fault)>,
    pub(crate) faults: Faults,
    pub(crate) crashes: u64,
    pub(crate) recoveries: u64,
    pub(crate) slow_disk_until: u64,
    pub(crate) slow_gateway_until: u64,
    pub(crate) wall_until_ns: u64,
    /// The power, which went when much was not flushed, goes again soon after the next start.
    pub(crate) flickers: bool,
    pub(crate) flicker_step: u64,
    pub(crate) step: u64,
    pub(crate) trace: Digest,
    /// Nothing goes wrong any more.
    pub(crate) is_calm: bool,
}

/// Plays one seed for so many steps, then lets everybody come to rest and checks everything.
///
/// # Errors
/// The first promise that was broken.
pub fn run(seed: u64, steps: u64) -> Result<Done, Failed> {
    let failed = |step, what| Failed { step, what };
    let mut simulation = Simulation::new(seed).map_err(|what| failed(0, what))?;
    for step in 1..=steps {
        simulation.step = step;
        simulation.take_step().map_err(|what| failed(step, what))?;
    }
    simulation.settle().map_err(|what| failed(simulation.step, what))?;
    Ok(simulation.done(steps))
}

impl Simulation {
    fn new(seed: u64) -> Result<Self, String> {
        let mut random = Random::new(seed);
        let time = Time::new();
        let mut records = Records::default();
        let entries = members::entries(&mut random);
        let clients = members::clients(time.true_ns(), &mut random, &mut records)?;
        let options =
            Options { segment_bytes: 64 << 10, tail_bytes: 64 << 10, ..Options::default() };
        Ok(Self {
            net: Network::new(random.fork()),
            disk: Disk::over(MemStorage::new()),
            entries,
            server: None,
            start_at_ns: 0,
            tail: None,
            old_tails: Vec::new(),
            other_lines: Vec::new(),
            is_disk_spoilt: false,
            is_clean: false,
            tail_on_disk: random.chance(40),
            left_engine: None,
            owed_seq: 0,
            durable_seq: 0,
            options,
            history_bytes: random.pick(&[8 << 10, 64 << 10, 4 << 20]),
            ghost: Held::new(Ghost::default()),
            auditor: Auditor::new(),
            records,
            board: Board { now_ns: time.true_ns(), ..Board::default() },
            clients,
            strangers: Vec::new(),
            faults: Faults::default(),
            crashes: 0,
            recoveries: 0,
            slow_disk_until: 0,
            slow_gateway_until: 0,
            wall_until_ns: 0,
            flickers: false,
            flicker_step: 0,
            step: 0,
            trace: Digest::new(),
            is_calm: false,
            random,
            time,
        })
    }

    fn done(mut self, steps: u64) -> Done {
        let mut faults = self.faults.clone();
        faults.add(&self.net.faults);
        let delivered = self.records.all().map(|(_, era)| era.delivered.len() as u64).sum();
        self.trace.word(self.ghost.get().digest());
        Done {
            steps,
            inputs: self.auditor.inputs,
            events: self.auditor.events,
            delivered,
            crashes: self.crashes,
            recoveries: self.recoveries,
            passed_ns: self.time.passed_ns(),
            faults,
            trace: self.trace.get(),
        }
    }

    pub(crate) fn fault(&mut self, fault: Fault) {
        self.faults.count(fault);
        self.trace.word(fault as u64);
    }

    /// Lets time pass.
    pub(crate) fn pass(&mut self, ns: u64) {
        self.time.pass(ns);
        if self.time.true_ns() >= self.wall_until_ns {
            self.mend_wall();
        }
        let true_ns = self.time.true_ns();
        self.net.set_now(true_ns);
        self.board.now_ns = self.board.now_ns.max(true_ns);
        self.ghost.get().mono_now_ns = self.time.server().mono_ns;
    }

    fn pass_a_little(&mut self) {
        let ns = match self.random.below(1_000) {
            0..=899 => self.random.within(1, 400) * MICROSECOND_NS,
            900..=969 => self.random.within(1, 30) * MS_NS,
            // Exactly to the next deadline, or one nanosecond before it.
            970..=989 => {
                let due = self.server.as_ref().and_then(|server| server.ns_to_deadline());
                let early = self.random.below(2);
                due.unwrap_or(MS_NS).min(20 * SECOND_NS).saturating_sub(early)
            }
            990..=998 => self.random.within(50, 1_500) * MS_NS,
            _ if self.is_calm || self.random.chance(60) => MS_NS,
            _ => {
                self.fault(Fault::IdleTime);
                self.random.within(10, 4_000) * SECOND_NS
            }
        };
        self.pass(ns);
    }

    /// One turn of one part.
    pub(crate) fn take_step(&mut self) -> Result<(), String> {
        self.pass_a_little();
        if !self.is_calm {
            self.inject()?;
        }
        let Turns { gateway, sequencer, flusher, client } = TURNS;
        let dice = self.random.below(100);
        self.trace.word(dice);
        if dice < gateway {
            self.turn_of_gateway();
        } else if dice < gateway + sequencer {
            self.turn_of_sequencer();
        } else if dice < gateway + sequencer + flusher {
            self.turn_of_flusher();
        } else if dice < gateway + sequencer + flusher + client {
            for _ in 0..3 {
                self.turn_of_client()?;
            }
        } else if dice < 98 {
            self.act_of_client()?;
        } else {
            self.turn_of_the_rest();
        }
        self.look_at_server()
    }

    pub(crate) fn turn_of_gateway(&mut self) {
        if self.step >= self.slow_gateway_until
            && let Some(server) = &mut self.server
        {
            server.gateway(&mut self.net, &mut self.random);
        }
    }

    pub(crate) fn turn_of_sequencer(&mut self) {
        let quiet = self.random.chance(3);
        if let Some(server) = &mut self.server
            && !server.sequencer()
            && quiet
        {
            server.checkpoint();
        }
    }

    pub(crate) fn turn_of_flusher(&mut self) {
        if self.step < self.slow_disk_until {
            return;
        }
        let idles = self.random.chance(20);
        let marks = self.random.chance(50);
        if let Some(server) = &mut self.server
            && !server.flusher()
            && idles
        {
            server.idle_flusher(marks);
        }
    }

    fn turn_of_the_rest(&mut self) {
        if let Some(server) = &mut self.server {
            server.replayer();
            let tail = if self.random.chance(30) { server.tail() } else { None };
            if let Some(tail) = tail {
                self.keep_tail(tail);
            }
        }
    }

    /// The disk may hold on to this tail.
    pub(crate) fn keep_tail(&mut self, tail: TailCopy) {
        if self.old_tails.len() == 6 {
            self.old_tails.remove(0);
        }
        let line = self.ghost.get().kept.clone();
        self.old_tails.push(OldTail { tail, line });
    }

    fn around(&mut self) -> (&mut Vec<Client>, Around<'_>) {
        let around = Around {
            net: &mut self.net,
            records: &mut self.records,
            board: &mut self.board,
            random: &mut self.random,
            true_ns: self.time.true_ns(),
            is_clock_wrong: self.time.wall() != Wall::True,
            is_server_up: self.server.is_some(),
            refuses: !self.is_calm,
        };
        (&mut self.clients, around)
    }

    pub(crate) fn turn_of_client(&mut self) -> Result<(), String> {
        let index = self.random.index(self.clients.len());
        self.turn_of(index)
    }

    pub(crate) fn turn_of(&mut self, index: usize) -> Result<(), String> {
        let (clients, mut around) = self.around();
        let turned = clients[index].turn(&mut around)?;
        self.trace.word(turned.digest);
        Ok(())
    }

    fn act_of_client(&mut self) -> Result<(), String> {
        // The operator is the first, and everybody waits for what it offers.
        let is_operator = self.random.chance(15);
        let index = if is_operator { 0 } else { self.random.index(self.clients.len()) };
        let burst = self.random.pick(&[1, 1, 2, 3, 5]);
        let (clients, mut around) = self.around();
        // The venue opens at once.
        let burst = if clients[index].mind.is_opening() { 150 } else { burst };
        for _ in 0..burst {
            clients[index].act(&mut around)?;
        }
        Ok(())
    }
}
