//! One client: the production session, a will of its own, and a memory of what it was promised.

use crate::digest::Digest;
use crate::network::{LinkId, Network, Read};
use crate::random::Random;
use crate::records::Records;
use crate::time::MS_NS;
use crate::work::{Board, Mind};
use ringpit_client::{Delivery, Error, Login, Now, Session, Topic, Wants};
use ringpit_core::{Command, Role, SessionId};

/// What came of a turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Turned {
    /// A digest of what was handed over.
    pub(crate) digest: u64,
}

/// What a client was handed over, as far as it is kept.
enum Heard {
    Established,
    Disconnected,
    Event { number: u64, seq: u64, frame: u64 },
    Refused(u64),
    Renumbered(u64, u64),
    Passed(u64),
    Other,
}

/// See the module.
pub(crate) struct Client {
    pub(crate) id: SessionId,
    pub(crate) role: Role,
    login: Login,
    session: Session,
    link: Option<LinkId>,
    /// Its clock less the true time, nanoseconds.
    skew_ns: i64,
    /// Its process does not run before.
    asleep_until_ns: u64,
    /// It reads nothing before.
    deaf_until_ns: u64,
    /// A twin has logged in, or the server's clock is wrong: what it is told is no fault.
    pub(crate) excused: bool,
    pub(crate) mind: Mind,
    /// The bytes of its last accepted login, as somebody on the way might have kept them.
    pub(crate) captured: Vec<u8>,
    /// The same of the one that is not accepted yet.
    offered: Vec<u8>,
}

/// What a client needs of the world.
pub(crate) struct Around<'w> {
    pub(crate) net: &'w mut Network,
    pub(crate) records: &'w mut Records,
    pub(crate) board: &'w mut Board,
    pub(crate) random: &'w mut Random,
    pub(crate) true_ns: u64,
    /// Whether the server's clock is wrong.
    pub(crate) is_clock_wrong: bool,
    /// Whether somebody listens.
    pub(crate) is_server_up: bool,
    /// Whether connections are refused for no reason now and then.
    pub(crate) refuses: bool,
}

impl Client {
    pub(crate) fn new(
        login: Login,
        role: Role,
        mind: Mind,
        skew_ns: i64,
        records: &mut Records,
    ) -> Result<Self, String> {
        let id = login.session;
        records.begin(id);
        let session = Session::new(login.clone()).map_err(|error| error.to_string())?;
        Ok(Self {
            id,
            role,
            login,
            session,
            link: None,
            skew_ns,
            asleep_until_ns: 0,
            deaf_until_ns: 0,
            excused: false,
            mind,
            captured: Vec::new(),
            offered: Vec::new(),
        })
    }

    fn now(&self, true_ns: u64) -> Now {
        Now { mono_ns: true_ns, unix_ns: true_ns.saturating_add_signed(self.skew_ns) }
    }

    /// Whether it is connected and has all it asked for and all it missed.
    pub(crate) fn is_settled(&self) -> bool {
        self.session.is_live() && self.session.in_flight() == 0 && !self.session.is_catching_up()
    }

    /// What it waits for, for messages.
    pub(crate) fn situation(&self) -> String {
        format!(
            "session {}: {:?}, in flight {}, catching up {}, link {:?}",
            self.id.0,
            self.session.wants(),
            self.session.in_flight(),
            self.session.is_catching_up(),
            self.link
        )
    }

    /// Stops reading for a while.
    pub(crate) fn go_deaf(&mut self, until_ns: u64) {
        self.deaf_until_ns = until_ns;
    }

    /// Wakes up, whatever it was told.
    pub(crate) fn attend(&mut self) {
        (self.deaf_until_ns, self.asleep_until_ns) = (0, 0);
    }

    /// Its process is killed and begins again later from what it had kept. Its connection is
    /// closed, or vanishes so that the server still takes it for alive.
    pub(crate) fn die(
        &mut self,
        wakes_ns: u64,
        silently: bool,
        net: &mut Network,
    ) -> Result<(), String> {
        let state = self.session.state();
        self.session =
            Session::resume(self.login.clone(), &state).map_err(|error| error.to_string())?;
        self.drop_link(silently, net);
        self.asleep_until_ns = wakes_ns;
        Ok(())
    }

    /// Its process loses what it had kept, and begins anew.
    pub(crate) fn forget(
        &mut self,
        net: &mut Network,
        records: &mut Records,
    ) -> Result<(), String> {
        self.session = Session::new(self.login.clone()).map_err(|error| error.to_string())?;
        self.drop_link(false, net);
        self.mind.forget();
        records.begin(self.id);
        Ok(())
    }

    fn drop_link(&mut self, silently: bool, net: &mut Network) {
        match self.link.take() {
            Some(link) if silently => net.client_vanishes(link),
            Some(link) => net.client_close(link),
            None => (),
        }
    }

    /// Does what its session wants, once.
    pub(crate) fn turn(&mut self, around: &mut Around<'_>) -> Result<Turned, String> {
        let true_ns = around.true_ns;
        if true_ns < self.asleep_until_ns {
            return Ok(Turned::default());
        }
        let now = self.now(true_ns);
        let mut heard = Vec::new();
        let board = &mut *around.board;
        let mind = &mut self.mind;
        let mut hear = |delivery: Delivery<'_>| heard.push(listen(&delivery, mind, board));
        match (self.session.wants(), self.link) {
            (Wants::ConnectAt(at), _) if true_ns >= at => {
                let refused = !around.is_server_up || (around.refuses && around.random.chance(5));
                if refused {
                    if around.is_server_up {
                        around.net.faults.count(crate::Fault::Refused);
                    }
                    self.session.disconnected(now, &mut hear);
                } else {
                    self.link = Some(around.net.connect(self.id.0 as u8));
                    self.session.connected(now);
                    self.offered = self.session.output().to_vec();
                }
            }
            (Wants::TickAt(at), Some(_)) if true_ns >= at => self.session.tick(now),
            (Wants::Nothing, _) => return self.ended(around),
            _ => (),
        }
        if let Some(link) = self.link {
            let count = around.net.client_write(link, self.session.output());
            self.session.wrote(count.min(self.session.output().len()));
            let hangs_up = self.session.wants() == Wants::HangUp;
            let read = match true_ns < self.deaf_until_ns && !hangs_up {
                true => Read::Nothing,
                false => around.net.client_read(link),
            };
            let ends = hangs_up || read == Read::End;
            if let (Read::Bytes(bytes), false) = (&read, hangs_up) {
                self.session.received(now, bytes, &mut hear);
            }
            if ends {
                around.net.client_close(link);
                self.link = None;
                self.session.disconnected(now, &mut hear);
            }
        }
        self.remember(heard, around)
    }

    /// Keeps what was handed over.
    fn remember(&mut self, heard: Vec<Heard>, around: &mut Around<'_>) -> Result<Turned, String> {
        let mut digest = Digest::new();
        let records = &mut *around.records;
        let here = |error: String| format!("session {}: {error}", self.id.0);
        for heard in heard {
            let era = records.era(self.id);
            match heard {
                Heard::Established => {
                    era.version = self.session.state().version;
                    self.excused &= around.is_clock_wrong;
                    self.captured = std::mem::take(&mut self.offered);
                    self.mind.connected = true;
                }
                Heard::Disconnected => self.mind.connected = false,
                Heard::Event { number, seq, frame } => {
                    digest.word(frame);
                    if number != 0 {
                        if number != era.delivered.len() as u64 + 1 {
                            let due = era.delivered.len() + 1;
                            return Err(here(format!(
                                "event {number} was handed over, {due} is due"
                            )));
                        }
                        era.delivered.push(frame);
                    }
                    records.promised_seq = records.promised_seq.max(seq);
                }
                Heard::Refused(number) | Heard::Passed(number) => {
                    digest.word(number);
                    era.not_executed(number).map_err(here)?;
                }
                Heard::Renumbered(from, to) => era.renumbered(from, to).map_err(here)?,
                Heard::Other => (),
            }
        }
        Ok(Turned { digest: digest.get() })
    }

    /// The session has ended: begins again, if there was a reason for it.
    fn ended(&mut self, around: &mut Around<'_>) -> Result<Turned, String> {
        match self.session.error() {
            Some(Error::Refused { .. } | Error::Terminated { .. }) if self.excused => (),
            Some(error) => return Err(format!("session {}: {error}", self.id.0)),
            None => return Err(format!("session {} ended", self.id.0)),
        }
        let wakes_ns = around.true_ns + around.random.within(5, 500) * MS_NS;
        self.die(wakes_ns, false, around.net)?;
        Ok(Turned::default())
    }

    /// Sends what it has a mind to.
    pub(crate) fn act(&mut self, around: &mut Around<'_>) -> Result<(), String> {
        let now = self.now(around.true_ns);
        let is_over = self.session.wants() == Wants::Nothing;
        if around.true_ns < self.asleep_until_ns || is_over || self.session.in_flight() > 150 {
            return Ok(());
        }
        if self.role == Role::MarketData && around.random.chance(30) {
            if self.session.is_live() {
                // It is no command: it never enters the line.
                let _ = self.session.subscribe(now, Topic::All);
            }
            return Ok(());
        }
        let Some(command) = self.mind.next(self.role, around.board, around.random) else {
            return Ok(());
        };
        self.send(now, &command, around.records)
    }

    fn send(&mut self, now: Now, command: &Command, records: &mut Records) -> Result<(), String> {
        let sent = match command.is_query() {
            true => self.session.query(now, command).map(|(number, _)| number),
            false => self.session.send(now, command),
        };
        let here = |error| format!("session {} can't send {command:?}: {error}", self.id.0);
        let number = sent.map_err(here)?;
        records.sent(self.id, number, command);
        Ok(())
    }
}

/// Takes notice of what is handed over.
fn listen(delivery: &Delivery<'_>, mind: &mut Mind, board: &mut Board) -> Heard {
    match delivery {
        Delivery::Established => Heard::Established,
        Delivery::Disconnected => Heard::Disconnected,
        Delivery::Event(arrived) => {
            board.now_ns = board.now_ns.max(arrived.at);
            mind.notice(arrived.event, board);
            let (number, seq) = (arrived.number, arrived.seq);
            Heard::Event { number, seq, frame: Digest::of(arrived.frame) }
        }
        Delivery::Refused(refusal) => Heard::Refused(refusal.number),
        Delivery::Renumbered { from, to } => Heard::Renumbered(*from, *to),
        Delivery::Passed { number } => Heard::Passed(*number),
        _ => Heard::Other,
    }
}
