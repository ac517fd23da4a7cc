//! The gateway's one thread: sockets in, ring in, ring out, sockets out.
//!
//! What arrived while the last round was worked on is the next round; nothing waits for a timer.
//! The thread never waits for the sequencer. It yields while answers are outstanding, then sleeps
//! in the poll, and is woken by sockets, by the flusher, and by orders.

use crate::error::ServerError;
use crate::exchange::{Permission, exchange};
use crate::histories::Known;
use crate::history::Budget;
use crate::hub::{Hub, Now};
use crate::limits::{
    ACCEPT_PAUSE_NS, ACCEPTS_PER_ROUND, DRAIN_NS_MAX, GATED_BYTES_MAX, MS_NS, OUTPUTS_PER_ROUND,
    READ_BYTES, SECOND_NS, YIELD_NS_MAX,
};
use crate::listener::Full;
use crate::retransmit::{ReplayRequest, Replayed};
use crate::sessions_file::SessionEntry;
use crate::sockets::{FIRST_CONNECTION, SocketTable};
use crate::wake::Wake;
use mio::net::TcpListener;
use mio::{Events, Poll, Token};
use ringpit_core::Engine;
use ringpit_sequencer::{
    Bell, FailureFlag, InputPort, Missing, OutputPort, Replayer, Running, Watermark,
};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, SystemTime};

/// The listener's token.
pub(crate) const LISTENER: Token = Token(0);
/// The waker's token.
pub(crate) const WAKER: Token = Token(1);
const _: () = assert!(FIRST_CONNECTION > 1);

/// What the thread is told from outside. Few at a time: one at start and stop, one a reload, one
/// an answer from the journal, of which each session waits for one at most.
pub(crate) enum Order {
    /// The journal is replayed.
    GoLive(Box<Live>),
    /// The session file was read again.
    Reload(Vec<SessionEntry>),
    /// Certificate and key were read again.
    Renew(Arc<rustls::ServerConfig>),
    /// The journal has answered.
    Replayed(ReplayRequest, Replayed),
    /// End cleanly.
    Stop,
}

/// The started line.
pub(crate) struct Live {
    pub input: InputPort,
    pub output: OutputPort,
    pub running: Running,
    pub replayer: Replayer,
    pub sessions: Vec<Known>,
    pub budget: Budget,
}

/// The line, as the loop uses it.
struct LineEnds {
    bell: Bell,
    output: OutputPort,
    running: Running,
    watermark: Watermark,
    failure: FailureFlag,
    replayer: Replayer,
}

/// Where the thread stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The journal is being replayed, or sessions are served.
    Serving,
    /// No new messages are read; what is on its way comes out.
    Draining { until_ns: u64 },
    /// Everybody was told; their answers are awaited.
    Leaving { until_ns: u64 },
    /// The line ends.
    Ended,
}

/// See the module.
pub(crate) struct Gateway {
    pub poll: Poll,
    pub listener: TcpListener,
    pub wake: Wake,
    pub hub: Hub,
    pub orders: Receiver<Order>,
    pub sender: Sender<Order>,
    pub percent: Arc<AtomicU8>,
    /// Never sleep: for machines that give each thread a processor of its own.
    pub spin: bool,
    pub sockets: SocketTable,
}

/// The loop's own state.
struct Round {
    line: Option<LineEnds>,
    /// Connections that may have something to read.
    ready: VecDeque<usize>,
    is_ready: Vec<bool>,
    accepting: bool,
    accept_again_ns: u64,
    buffer: Box<[u8]>,
    releasable: u64,
    /// Answers are outstanding, and until when it is worth to yield for them.
    yield_until_ns: u64,
    entered: u64,
    phase: Phase,
    clock_told_ns: u64,
    full_told_ns: u64,
}

impl Gateway {
    /// Serves until told to stop, or until the line fails.
    pub(crate) fn run(mut self) -> Result<Option<Engine>, ServerError> {
        let mut round = Round {
            line: None,
            ready: VecDeque::new(),
            is_ready: Vec::new(),
            accepting: true,
            accept_again_ns: u64::MAX,
            buffer: vec![0; READ_BYTES].into_boxed_slice(),
            releasable: 0,
            yield_until_ns: 0,
            entered: 0,
            phase: Phase::Serving,
            clock_told_ns: 0,
            full_told_ns: 0,
        };
        let mut events = Events::with_capacity(1_024);
        while round.phase != Phase::Ended {
            self.wait(&mut round, &mut events)?;
            let now = now();
            self.take_events(&mut round, &events);
            self.take_orders(&mut round, now);
            if let Some(failure) = round.failure() {
                return Err(ServerError::Line(failure));
            }
            self.accept(&mut round, now);
            self.read(&mut round, now);
            self.exchange(&mut round, now);
            self.advance(&mut round, now);
        }
        match round.line {
            Some(line) => line.end(&mut self.hub, now()).map(Some),
            None => Ok(None),
        }
    }

    /// Sleeps in the poll, unless there is something to do or answers are worth yielding for.
    fn wait(&mut self, round: &mut Round, events: &mut Events) -> Result<(), ServerError> {
        let now = now();
        let accepts = round.accepting && round.phase == Phase::Serving;
        let reads = !round.ready.is_empty() && !matches!(round.phase, Phase::Draining { .. });
        let busy = accepts || reads || self.spin;
        let yields = !busy && now.mono_ns < round.yield_until_ns;
        let sleeps = !busy && !yields && self.wake.may_sleep(|| round.has_outputs(&self.hub));
        let timeout_ns = if sleeps { self.sleep_ns(round, now) } else { 0 };
        if yields {
            std::thread::yield_now();
        }
        let result = self.poll.poll(events, Some(Duration::from_nanos(timeout_ns)));
        self.wake.awake();
        match result {
            Err(error) if error.kind() != std::io::ErrorKind::Interrupted => {
                Err(ServerError::System { what: "waiting for sockets", source: error })
            }
            _ => Ok(()),
        }
    }

    fn sleep_ns(&self, round: &Round, now: Now) -> u64 {
        let mut until_ns = now.mono_ns + SECOND_NS;
        if let Some(due_ns) = self.hub.next_due_ns() {
            until_ns = until_ns.min(due_ns);
        }
        until_ns = until_ns.min(round.accept_again_ns);
        if round.phase != Phase::Serving || self.hub.has_deferred() {
            until_ns = until_ns.min(now.mono_ns + MS_NS);
        }
        until_ns.saturating_sub(now.mono_ns)
    }

    fn take_events(&mut self, round: &mut Round, events: &Events) {
        for event in events {
            match event.token() {
                LISTENER => round.accepting = true,
                WAKER => (),
                Token(token) => {
                    let key = token - FIRST_CONNECTION;
                    if event.is_writable() {
                        match self.sockets.writable(key) {
                            Ok(()) => self.hub.writable(key),
                            Err(_) => self.hub.closed(key),
                        }
                    }
                    if event.is_readable() || event.is_read_closed() || event.is_error() {
                        round.mark_ready(key);
                    }
                }
            }
        }
    }

    fn take_orders(&mut self, round: &mut Round, now: Now) {
        self.hub.set_percent(self.percent.load(Ordering::Relaxed));
        while let Ok(order) = self.orders.try_recv() {
            match order {
                Order::GoLive(live) => self.go_live(round, *live, now),
                Order::Reload(entries) => {
                    let changed = self.hub.reload(&entries, now);
                    tracing::info!(sessions = entries.len(), changed, "session file read again");
                }
                Order::Renew(tls) => {
                    self.sockets.renew(tls);
                    tracing::info!("certificate read again");
                }
                Order::Replayed(request, answer) => self.hub.replayed(request, &answer),
                Order::Stop if round.phase == Phase::Serving => {
                    round.accepting = false;
                    round.phase = Phase::Draining { until_ns: now.mono_ns + SECOND_NS };
                }
                Order::Stop => (),
            }
        }
    }

    fn go_live(&mut self, round: &mut Round, live: Live, now: Now) {
        let Live { input, output, running, replayer, sessions, budget } = live;
        self.hub.set_budget(budget);
        for (id, facts, history) in sessions {
            self.hub.recover(id, &facts, history, now);
        }
        let bell = input.bell();
        self.hub.go_live(Box::new(input));
        let (watermark, failure) = (running.watermark(), running.failure());
        round.line = Some(LineEnds { bell, output, running, watermark, failure, replayer });
    }

    fn accept(&mut self, round: &mut Round, now: Now) {
        if round.phase != Phase::Serving {
            return;
        }
        if now.mono_ns >= round.accept_again_ns {
            (round.accepting, round.accept_again_ns) = (true, u64::MAX);
        }
        if !round.accepting {
            return;
        }
        self.hub.close_ended(&mut self.sockets);
        for _ in 0..ACCEPTS_PER_ROUND {
            match self.listener.accept() {
                Ok((stream, address)) => match self.hub.accept(address.ip(), now) {
                    Ok(key) => {
                        if let Err(error) = self.sockets.insert(key, stream) {
                            tracing::warn!(%address, %error, "a connection can't be watched");
                            self.hub.closed(key);
                            self.hub.close_ended(&mut self.sockets);
                        } else {
                            round.mark_ready(key);
                        }
                    }
                    Err(full) => round.tell_full(full, address, now),
                },
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    round.accepting = false;
                    return;
                }
                Err(error) if is_passing(&error) => (),
                Err(error) => {
                    if round.may_tell(now) {
                        tracing::error!(%error, "no connection can be accepted for a moment");
                    }
                    round.accepting = false;
                    round.accept_again_ns = now.mono_ns + ACCEPT_PAUSE_NS;
                    return;
                }
            }
        }
    }

    /// Reads each connection that may have something, once; what has more comes again.
    fn read(&mut self, round: &mut Round, now: Now) {
        if matches!(round.phase, Phase::Draining { .. }) {
            return;
        }
        for _ in 0..round.ready.len() {
            let Some(key) = round.ready.pop_front() else { break };
            match self.sockets.read(key, &mut round.buffer) {
                Ok(0) => {
                    round.is_ready[key] = false;
                    self.hub.closed(key);
                }
                Ok(count) => {
                    self.hub.received(key, &round.buffer[..count], now);
                    round.ready.push_back(key);
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    round.is_ready[key] = false;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {
                    round.ready.push_back(key);
                }
                Err(_) => {
                    round.is_ready[key] = false;
                    self.hub.closed(key);
                }
            }
        }
    }

    /// Wakes the sequencer for what was put into its ring, takes what came out, and writes what
    /// may leave.
    fn exchange(&mut self, round: &mut Round, now: Now) {
        self.hub.tick(now);
        let Some(line) = &mut round.line else {
            return self.hub.flush(0, now, &mut self.sockets);
        };
        let entered = self.hub.entered();
        if entered != round.entered {
            round.entered = entered;
            round.yield_until_ns = now.mono_ns + YIELD_NS_MAX;
            line.bell.ring();
        }
        let LineEnds { output, replayer, watermark, failure, .. } = line;
        let permission = Permission { watermark, failure };
        let mut ask = |hub: &mut Hub| ask_replayer(replayer, hub, &self.sender, &self.wake);
        let turn = exchange(&mut self.hub, output, &permission, &mut ask, now, &mut self.sockets);
        let Some(turn) = turn else { return }; // the next round ends
        round.releasable = turn.releasable;
        if turn.all_released {
            round.yield_until_ns = 0;
        }
        round.look_at_clock(now);
    }

    /// Moves a stop on.
    fn advance(&mut self, round: &mut Round, now: Now) {
        match round.phase {
            Phase::Serving | Phase::Ended => (),
            Phase::Draining { until_ns } => {
                if self.hub.is_quiet() || now.mono_ns >= until_ns {
                    self.hub.shut_down(now);
                    round.phase = Phase::Leaving { until_ns: now.mono_ns + DRAIN_NS_MAX };
                }
            }
            Phase::Leaving { until_ns } => {
                if self.hub.connection_count() == 0 || now.mono_ns >= until_ns {
                    round.phase = Phase::Ended;
                }
            }
        }
    }
}

impl Round {
    fn mark_ready(&mut self, key: usize) {
        if self.is_ready.len() <= key {
            self.is_ready.resize(key + 1, false);
        }
        if !self.is_ready[key] {
            self.is_ready[key] = true;
            self.ready.push_back(key);
        }
    }

    /// Whether it is time again to say that connections are turned away: once a second at most.
    fn may_tell(&mut self, now: Now) -> bool {
        let may = now.mono_ns >= self.full_told_ns;
        if may {
            self.full_told_ns = now.mono_ns + SECOND_NS;
        }
        may
    }

    fn tell_full(&mut self, full: Full, address: SocketAddr, now: Now) {
        if self.may_tell(now) {
            tracing::warn!(%address, ?full, "too many connections; some are turned away");
        }
    }

    fn failure(&self) -> Option<ringpit_sequencer::Failure> {
        let line = self.line.as_ref()?;
        if line.failure.is_set() { line.failure.reason() } else { None }
    }

    /// Whether the line has something that was not looked at.
    fn has_outputs(&self, hub: &Hub) -> bool {
        self.line.as_ref().is_some_and(|line| {
            let takes = hub.gated_bytes() < GATED_BYTES_MAX;
            (takes && line.output.has_available())
                || line.watermark.releasable() != self.releasable
                || line.failure.is_set()
        })
    }

    /// Tells about a step of the wall clock, once a minute as long as it is held back.
    fn look_at_clock(&mut self, now: Now) {
        let Some(line) = &self.line else { return };
        if now.mono_ns < self.clock_told_ns {
            return;
        }
        let held_back_ns = line.running.status().clock_held_back_ns;
        self.clock_told_ns =
            now.mono_ns + if held_back_ns > 0 { 60 * SECOND_NS } else { SECOND_NS };
        if held_back_ns > 0 {
            tracing::error!(
                held_back_ns,
                "the wall clock jumped ahead and is not followed: set it right, \
                or accept the step by accept_clock_step if the new time is the true one"
            );
        }
    }
}

impl LineEnds {
    /// Ends the line cleanly; what still comes out is only remembered by the journal.
    fn end(mut self, hub: &mut Hub, now: Now) -> Result<Engine, ServerError> {
        drop(self.replayer);
        self.running.begin_stop();
        while !self.running.is_stopped() {
            if self.output.poll(OUTPUTS_PER_ROUND, |slot| hub.output(slot, now)) == 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        self.running.stop().map_err(ServerError::Line)
    }
}

/// Passes on what the hub wants from the journal.
fn ask_replayer(replayer: &Replayer, hub: &mut Hub, sender: &Sender<Order>, wake: &Wake) {
    while let Some(request) = hub.next_replay() {
        let ReplayRequest { session, version, from, count, .. } = request;
        let missing = Missing { session, version, from, count: u64::from(count) };
        let (answers, wake) = (sender.clone(), wake.clone());
        let asked = replayer.ask(missing, move |answer| {
            let replayed = answer.map_or_else(
                |error| {
                    tracing::error!(session = session.0, %error, "what was missed can't be fetched");
                    Replayed::Failed
                },
                Replayed::Events,
            );
            // The gateway has ended: nobody waits for the answer.
            let _ = answers.send(Order::Replayed(request, replayed));
            wake.nudge();
        });
        if asked.is_err() {
            hub.replayed(request, &Replayed::TooMany);
        }
    }
}

/// Both clocks.
pub(crate) fn now() -> Now {
    let mono = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Now {
        mono_ns: mono.tv_sec.unsigned_abs() * SECOND_NS + mono.tv_nsec.unsigned_abs(),
        unix_ns: since_1970.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)),
    }
}

/// Whether an accept failed because of that one connection only.
fn is_passing(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}
