//! A client of the demo: sends each request at its time, whatever the server does, and acts on
//! what it is told: holds are given back or paid.

use super::cast::{Act, Cue, Part};
use super::stage::Stage;
use super::told::{Told, Waiting, Wish};
use ringpit_client::{Client, ClientError, Delivery, SessionState};
use ringpit_core::ReservationId;
use ringpit_core::command::{Confirm, QueryOpen, Void};
use std::collections::VecDeque;
use std::iter::Peekable;
use std::net::SocketAddr;
use std::slice::Iter;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// Longest pause between two looks at the stage.
const LOOK: Duration = Duration::from_millis(20);

/// The same for who waits for holds to pay, which do not wake it.
const LOOK_TO_PAY: Duration = Duration::from_millis(2);

/// How long a shopper thinks before it gives a hold back, nanoseconds.
const THINK_NS: u64 = 500_000_000;

/// Reports fetched again before and after the loss of a connection.
const AROUND_LOSS: usize = 1_000;

/// Plays a part to the end of the play.
///
/// # Errors
/// When the session ends before. The play is called off then.
pub fn play(
    part: &Part,
    address: SocketAddr,
    stage: &Stage,
    to_pay: Option<Receiver<ReservationId>>,
) -> Result<Told, ClientError> {
    let played = Client::new(address, part.member.login.clone())
        .map_err(ClientError::from)
        .and_then(|client| Actor::new(part, client, stage, to_pay).play());
    if played.is_err() {
        stage.off.store(true, Ordering::Relaxed);
    }
    played
}

struct Actor<'p> {
    part: &'p Part,
    client: Client,
    stage: &'p Stage,
    cues: Peekable<Iter<'p, Cue>>,
    /// Holds to be given back, and when.
    voids: VecDeque<(u64, ReservationId)>,
    /// Holds to be paid, for the payments session.
    to_pay: Option<Receiver<ReservationId>>,
    told: Told,
}

impl<'p> Actor<'p> {
    fn new(
        part: &'p Part,
        client: Client,
        stage: &'p Stage,
        to_pay: Option<Receiver<ReservationId>>,
    ) -> Self {
        let (cues, voids) = (part.cues.iter().peekable(), VecDeque::new());
        Self { part, client, stage, cues, voids, to_pay, told: Told::default() }
    }

    fn play(mut self) -> Result<Told, ClientError> {
        let mut finished = false;
        while !self.stage.off.load(Ordering::Relaxed) && !self.stage.curtain.load(Ordering::Acquire)
        {
            self.send_due()?;
            let (told, stage, market) = (&mut self.told, self.stage, self.part.market);
            let wait = pause(self.to_pay.is_some(), self.cues.peek(), self.voids.front(), stage);
            self.client.turn(wait, |delivery| told.take(&delivery, market, stage))?;
            self.react();
            if self.cues.peek().is_none() && !core::mem::replace(&mut finished, true) {
                self.stage.finished.fetch_add(1, Ordering::Release);
            }
        }
        if self.stage.off.load(Ordering::Relaxed) {
            return Ok(self.told);
        }
        if let Some(account) = self.part.trader() {
            // The answer stands behind everything that anybody's orders did to this account.
            self.client.query(&QueryOpen { account }.into())?;
        }
        let (told, stage, market) = (&mut self.told, self.stage, self.part.market);
        self.client.settle(|delivery| told.take(&delivery, market, stage))?;
        self.told.state = self.client.state();
        self.client.close(|_| {})?;
        Ok(self.told)
    }

    /// Sends whatever is due.
    fn send_due(&mut self) -> Result<(), ClientError> {
        let now_ns = self.stage.now_ns();
        for waiting in core::mem::take(&mut self.told.again) {
            self.send_as(waiting)?;
        }
        while let Some(cue) = self.cues.next_if(|cue| cue.at_ns <= now_ns) {
            self.send(cue.at_ns, cue.act)?;
        }
        while let Some((at_ns, reservation)) = self.voids.front().copied()
            && at_ns <= now_ns
        {
            self.voids.pop_front();
            self.send(at_ns, Act::Void(Void { reservation }))?;
        }
        while let Some(reservation) = self.to_pay.as_ref().and_then(|queue| queue.try_recv().ok()) {
            self.send(now_ns, Act::Confirm(Confirm { reservation, qty: None }))?;
        }
        Ok(())
    }

    fn send(&mut self, meant_ns: u64, act: Act) -> Result<(), ClientError> {
        self.told.sent += 1;
        self.stage.sent.fetch_add(1, Ordering::Relaxed);
        self.send_as(Waiting { meant_ns, act })
    }

    fn send_as(&mut self, waiting: Waiting) -> Result<(), ClientError> {
        let number = self.client.send(&waiting.act.into())?;
        self.told.waiting.insert(number, waiting);
        Ok(())
    }

    /// What shoppers do about their holds.
    fn react(&mut self) {
        let now_ns = self.stage.now_ns();
        for (wish, hold) in self.told.wishes.drain(..) {
            match wish {
                Wish::Void => self.voids.push_back((now_ns + THINK_NS, hold)),
                // Nobody pays any more when the play is called off.
                Wish::Pay => drop(self.stage.to_pay.send(hold)),
                Wish::Nothing => {}
            }
        }
    }
}

/// How long there is nothing to send.
fn pause(
    pays: bool,
    cue: Option<&&Cue>,
    void: Option<&(u64, ReservationId)>,
    stage: &Stage,
) -> Duration {
    let look = if pays { LOOK_TO_PAY } else { LOOK };
    let next_ns = cue.map(|cue| cue.at_ns).into_iter().chain(void.map(|void| void.0)).min();
    next_ns
        .map_or(look, |at_ns| Duration::from_nanos(at_ns.saturating_sub(stage.now_ns())).min(look))
}

/// The reports around the first loss of the connection once more, as a client asks that has seen
/// nothing since before; how many were compared, and how many of them differ.
///
/// # Errors
/// When they can't be had.
pub fn fetch_again(
    part: &Part,
    address: SocketAddr,
    told: &Told,
) -> Result<(usize, usize), ClientError> {
    let lost = told.frames_at_loss.unwrap_or(told.frames.len());
    let from = lost.saturating_sub(AROUND_LOSS);
    let expected = &told.frames[from..told.frames.len().min(lost + AROUND_LOSS)];
    let state = SessionState { last_received: from as u64, ..told.state.clone() };
    let mut client = Client::resume(address, part.member.login.clone(), &state)?;
    let mut frames: Vec<Box<[u8]>> = Vec::new();
    let mut take = |delivery: Delivery<'_>| {
        if let Delivery::Event(arrived) = delivery
            && arrived.number != 0
            && frames.len() < expected.len()
        {
            frames.push(arrived.frame.into());
        }
        frames.len()
    };
    let mut fetched = 0;
    while fetched < expected.len()
        && (client.session().is_catching_up() || !client.session().is_live())
    {
        client.turn(LOOK, |delivery| fetched = take(delivery))?;
    }
    client.close(|_| {})?;
    let different = expected.iter().zip(&frames).filter(|(one, other)| one != other).count();
    Ok((expected.len(), different + expected.len() - frames.len()))
}
