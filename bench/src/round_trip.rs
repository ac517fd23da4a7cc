//! The way of one order: socket, ring, journal, engine, disk, socket; one in flight.

use crate::error::BenchError;
use crate::flow;
use crate::spread::nanoseconds;
use hdrhistogram::Histogram;
use ringpit_client::{Arrived, Client, Delivery, Login};
use ringpit_core::command::{CancelOrder, NewOrder};
use ringpit_core::{AccountId, ClOrdId, Command, Event, InstrumentId, OrdStatus, Side};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a turn may sleep: answers wake it.
const SLEEP: Duration = Duration::from_secs(1);

/// A trader who sends one order at a time and waits for its durable answer.
#[derive(Debug)]
pub struct RoundTrip {
    client: Client,
    next_id: u64,
    /// How long a turn may sleep.
    wait: Duration,
}

impl RoundTrip {
    /// Opens the book as the operator, and connects as the trader, who may act for account 1.
    ///
    /// # Errors
    /// When the server can't be spoken to, or refuses.
    pub fn new(address: SocketAddr, operator: Login, trader: Login) -> Result<Self, BenchError> {
        let mut opening = Client::new(address, operator)?;
        for command in flow::setup() {
            let number = opening.send(&command)?;
            await_answer(&mut opening, number, |_| Ok(()))?;
        }
        opening.close(|_| ())?;
        let client = Client::new(address, trader)?.patience(PATIENCE);
        Ok(Self { client, next_id: 1, wait: SLEEP })
    }

    /// The client never sleeps while it waits: for machines where it has a processor of its own.
    #[must_use]
    pub fn spinning(mut self) -> Self {
        self.wait = Duration::ZERO;
        self
    }

    /// Sends so many messages, by turns an order that rests and its cancel, and measures each from
    /// before it is encoded until its answer is decoded.
    ///
    /// # Errors
    /// When the connection is lost, or an answer is not what it should be.
    pub fn round(&mut self, messages: usize) -> Result<Histogram<u64>, BenchError> {
        let mut round = nanoseconds();
        for turn in 0..messages {
            let is_order = turn % 2 == 0;
            let command = if is_order { self.order() } else { self.cancel() };
            let wanted = if is_order { OrdStatus::New } else { OrdStatus::Canceled };
            let begun = Instant::now();
            let number = self.client.send(&command)?;
            await_answer_for(&mut self.client, self.wait, number, |arrived| match arrived.event {
                Event::ExecutionReport(report) if report.ord_status == wanted => Ok(()),
                other => Err(BenchError::Answer(format!("{other:?}"))),
            })?;
            round.saturating_record(begun.elapsed().as_nanos() as u64);
            self.next_id += u64::from(!is_order);
        }
        Ok(round)
    }

    fn order(&self) -> Command {
        NewOrder::limit(AccountId(1), InstrumentId(1), ClOrdId(self.next_id), Side::Buy, 100, 1_000)
            .into()
    }

    fn cancel(&self) -> Command {
        let (account, instrument) = (AccountId(1), InstrumentId(1));
        let (order_id, orig_cl_ord_id) = (None, Some(ClOrdId(self.next_id)));
        CancelOrder { account, instrument, order_id, orig_cl_ord_id }.into()
    }
}

/// Sends a query; gives its answers.
pub(crate) fn await_answers(
    client: &mut Client,
    query: &Command,
) -> Result<Vec<Event>, BenchError> {
    let (number, _) = client.query(query)?;
    let (mut answers, mut is_whole, begun) = (Vec::new(), false, Instant::now());
    while !is_whole {
        client.turn(SLEEP, |delivery| match delivery {
            Delivery::Event(arrived) if arrived.ref_seq_no == Some(number) => {
                answers.push(*arrived.event);
            }
            Delivery::QueryEnd { number: ended, .. } => is_whole |= ended == number,
            _ => (),
        })?;
        if !is_whole && begun.elapsed() > PATIENCE {
            return Err(BenchError::Answer("silence".into()));
        }
    }
    Ok(answers)
}

/// Turns until the message with this number is answered; looks at the answer.
pub(crate) fn await_answer(
    client: &mut Client,
    number: u64,
    look: impl Fn(&Arrived<'_>) -> Result<(), BenchError>,
) -> Result<(), BenchError> {
    await_answer_for(client, SLEEP, number, look)
}

/// The same, with turns that sleep no longer than `wait`.
fn await_answer_for(
    client: &mut Client,
    wait: Duration,
    number: u64,
    look: impl Fn(&Arrived<'_>) -> Result<(), BenchError>,
) -> Result<(), BenchError> {
    let mut answer = None;
    let begun = Instant::now();
    while answer.is_none() {
        client.turn(wait, |delivery| match delivery {
            Delivery::Event(arrived) if arrived.ref_seq_no == Some(number) => {
                answer.get_or_insert_with(|| look(&arrived));
            }
            Delivery::Refused(refusal) if refusal.number == number => {
                answer = Some(Err(BenchError::Answer(refusal.reason.word().to_owned())));
            }
            _ => (),
        })?;
        if answer.is_none() && begun.elapsed() > PATIENCE {
            return Err(BenchError::Answer("silence".into()));
        }
    }
    answer.unwrap_or(Ok(()))
}
