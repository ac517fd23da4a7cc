//! A client of the demo: sends each command at its time, whatever the server does, and remembers
//! everything it was told.

use super::cast::Part;
use ringpit_client::{Client, ClientError, Delivery, SessionState};
use ringpit_core::command::QueryOpen;
use ringpit_core::event::ExecutionReport;
use ringpit_core::{Event, ExecType, OrderId, Side, TradeId};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What all traders and the director share.
pub struct Stage {
    /// The opening bell.
    pub bell: Instant,
    /// Commands that have their answer.
    pub answered: AtomicU64,
    /// Commands sent, or kept until the server is back.
    pub sent: AtomicU64,
    /// Fills reported.
    pub fills: AtomicU64,
    /// Sessions that have a live connection.
    pub live: AtomicU64,
    /// Traders whose every command is answered.
    pub finished: AtomicUsize,
    /// The play is called off.
    pub off: AtomicBool,
}

impl Stage {
    /// A stage on which the bell rings now.
    pub fn new() -> Self {
        Self {
            bell: Instant::now(),
            answered: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            fills: AtomicU64::new(0),
            live: AtomicU64::new(0),
            finished: AtomicUsize::new(0),
            off: AtomicBool::new(false),
        }
    }

    /// Nanoseconds since the bell.
    pub fn now_ns(&self) -> u64 {
        u64::try_from(self.bell.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// One side of a trade as its owner was told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fill {
    /// Which side.
    pub side: Side,
    /// Ticks.
    pub price: Option<i64>,
    /// Lots.
    pub qty: Option<u64>,
}

/// When a command was meant to be sent and when its answer came, nanoseconds after the bell.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Its cue.
    pub meant_ns: u64,
    /// Its answer.
    pub answered_ns: u64,
}

/// Everything a trader was told.
#[derive(Default)]
pub struct Told {
    /// Each numbered event's frame, in order.
    pub frames: Vec<Vec<u8>>,
    /// Own orders that are open, and their open quantity.
    pub open: BTreeMap<OrderId, u64>,
    /// What the server answers when asked for its open orders at the end.
    pub listed: BTreeMap<OrderId, u64>,
    /// Its sides of trades.
    pub fills: Vec<(TradeId, Fill)>,
    /// One for each answered command.
    pub samples: Vec<Sample>,
    /// Commands that were refused before the engine saw them.
    pub refused: u64,
    /// Commands without an answer.
    pub passed: u64,
    /// Orders that the engine answered as new.
    pub accepted: u64,
    /// Of them, those whose message had been answered so before.
    pub repeated: u64,
    /// Times it had to connect again.
    pub reconnects: u64,
    /// When it was live again after each, nanoseconds after the bell.
    pub back_ns: Vec<u64>,
    /// Where its session stands.
    pub state: SessionState,
    /// Cue of each message that waits, by number.
    waiting: HashMap<u64, u64>,
    entered: HashSet<u64>,
    was_live: bool,
}

impl Told {
    fn take(&mut self, delivery: &Delivery<'_>, stage: &Stage) {
        match *delivery {
            Delivery::Event(arrived) if arrived.number != 0 => {
                self.frames.push(arrived.frame.to_vec());
                if let Some(meant_ns) = arrived.ref_seq_no.and_then(|n| self.waiting.remove(&n)) {
                    self.samples.push(Sample { meant_ns, answered_ns: stage.now_ns() });
                    stage.answered.fetch_add(1, Ordering::Relaxed);
                }
                if let Event::ExecutionReport(report) = arrived.event {
                    self.report(report, arrived.ref_seq_no, stage);
                }
            }
            Delivery::Event(arrived) => {
                if let Event::ExecutionReport(report) = arrived.event
                    && let Some(order) = report.order_id
                {
                    self.listed.insert(order, report.leaves_qty);
                }
            }
            Delivery::Established => {
                stage.live.fetch_add(1, Ordering::Relaxed);
                if core::mem::replace(&mut self.was_live, true) {
                    self.reconnects += 1;
                    self.back_ns.push(stage.now_ns());
                }
            }
            Delivery::Disconnected => {
                stage.live.fetch_sub(1, Ordering::Relaxed);
                self.listed.clear();
            }
            Delivery::Refused(refusal) => {
                self.refused += u64::from(self.waiting.remove(&refusal.number).is_some());
            }
            Delivery::Passed { number } => {
                self.passed += u64::from(self.waiting.remove(&number).is_some());
            }
            Delivery::Renumbered { from, to } => {
                if let Some(meant_ns) = self.waiting.remove(&from) {
                    self.waiting.insert(to, meant_ns);
                }
            }
            _ => {}
        }
    }

    fn report(&mut self, report: &ExecutionReport, cause: Option<u64>, stage: &Stage) {
        if report.exec_type == ExecType::New {
            self.accepted += 1;
            self.repeated += u64::from(!cause.is_some_and(|number| self.entered.insert(number)));
        }
        if let Some(trade) = report.trade_id {
            let fill = Fill { side: report.side, price: report.last_px, qty: report.last_qty };
            self.fills.push((trade, fill));
            stage.fills.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(order) = report.order_id {
            match report.leaves_qty {
                0 => self.open.remove(&order),
                leaves => self.open.insert(order, leaves),
            };
        }
    }
}

/// Longest pause between two looks at the stage.
const LOOK: Duration = Duration::from_millis(50);

/// Plays a part to its end: until everything that everybody sent is answered.
///
/// # Errors
/// When the session ends before. The play is called off then.
pub fn play(
    part: &Part,
    address: SocketAddr,
    traders: usize,
    stage: &Stage,
) -> Result<Told, ClientError> {
    let mut told = Told::default();
    let played = Client::new(address, part.login.clone())
        .map_err(ClientError::from)
        .and_then(|mut client| play_with(&mut client, part, traders, stage, &mut told));
    if played.is_err() {
        stage.off.store(true, Ordering::Relaxed);
    }
    played.map(|()| told)
}

fn play_with(
    client: &mut Client,
    part: &Part,
    traders: usize,
    stage: &Stage,
    told: &mut Told,
) -> Result<(), ClientError> {
    let mut cues = part.cues.iter().peekable();
    let mut finished = false;
    while !stage.off.load(Ordering::Relaxed) && stage.finished.load(Ordering::Acquire) < traders {
        let now_ns = stage.now_ns();
        while let Some(cue) = cues.next_if(|cue| cue.at_ns <= now_ns) {
            let number = client.send(&cue.command)?;
            told.waiting.insert(number, cue.at_ns);
            stage.sent.fetch_add(1, Ordering::Relaxed);
        }
        let wait = cues.peek().map_or(LOOK, |cue| {
            Duration::from_nanos(cue.at_ns.saturating_sub(stage.now_ns())).min(LOOK)
        });
        client.turn(wait, |delivery| told.take(&delivery, stage))?;
        let is_over = cues.peek().is_none() && client.session().in_flight() == 0;
        if is_over && !core::mem::replace(&mut finished, true) {
            stage.finished.fetch_add(1, Ordering::Release);
        }
    }
    if stage.off.load(Ordering::Relaxed) {
        return Ok(());
    }
    // The answer stands behind everything that anybody's commands did to this account.
    client.query(&QueryOpen { account: part.account }.into())?;
    client.settle(|delivery| told.take(&delivery, stage))?;
    told.state = client.state();
    client.close(|_| {})
}

/// Every event of a session once more: a client that has seen nothing yet fetches them all.
///
/// # Errors
/// When they can't be had.
pub fn fetch_again(
    part: &Part,
    address: SocketAddr,
    state: &SessionState,
) -> Result<Vec<Vec<u8>>, ClientError> {
    let state = SessionState { last_received: 0, ..state.clone() };
    let mut client = Client::resume(address, part.login.clone(), &state)?;
    let mut frames = Vec::new();
    let mut take = |delivery: Delivery<'_>| {
        if let Delivery::Event(arrived) = delivery
            && arrived.number != 0
        {
            frames.push(arrived.frame.to_vec());
        }
    };
    client.establish(&mut take)?;
    client.close(&mut take)?;
    Ok(frames)
}
