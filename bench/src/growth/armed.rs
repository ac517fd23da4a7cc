//! Armed deadlines: orders with an expiry in one book, some cancelled before it, the others expired
//! by it. As many are armed as leave, so that about as many stay armed.

use crate::error::BenchError;
use crate::flow;
use crate::timer::processor_time_of;
use ringpit_core::command::{CancelOrder, NewOrder};
use ringpit_core::{
    AccountId, ClOrdId, Command, Emitted, Engine, Event, ExecType, Input, InstrumentId, Side, Sink,
    TimeInForce,
};
use std::hint::black_box;

/// Nanoseconds between two steps.
const STEP_NS: u64 = 1_000;

/// Price levels that the orders rest on.
const LEVELS: u64 = 64;

const MIDDLE_TICKS: i64 = 10_000;

/// An engine with armed deadlines, and the flow that goes on into it.
#[derive(Debug)]
pub struct Armed {
    engine: Engine,
    input: Input,
    random: u64,
    next_id: u64,
    /// Nanoseconds that an order lives at most.
    lives_ns: u64,
    /// Orders and their expiries.
    open: Vec<(ClOrdId, u64)>,
    seen: Seen,
}

#[derive(Clone, Copy, Default, Debug)]
struct Seen {
    armed: u64,
    fired: u64,
    refused: u64,
}

impl Sink for Seen {
    #[inline]
    fn emit(&mut self, emitted: &Emitted<'_>) {
        if let Event::ExecutionReport(report) = black_box(emitted).event {
            match report.exec_type {
                ExecType::New => self.armed += 1,
                ExecType::Canceled => self.armed -= 1,
                ExecType::Expired => {
                    self.armed -= 1;
                    self.fired += 1;
                }
                ExecType::Rejected => self.refused += 1,
                _ => (),
            }
        }
    }
}

impl Armed {
    /// So many deadlines, armed.
    pub fn new(armed: usize) -> Self {
        let mut filled = Self {
            engine: Engine::new(),
            input: Input::venue(Command::Tick),
            random: 0x9e37_79b9_7f4a_7c15,
            next_id: 1,
            // Of four steps two arm and one cancels: one fires, if lives are this long.
            lives_ns: 4 * armed as u64 * STEP_NS,
            open: Vec::with_capacity(2 * armed),
            seen: Seen::default(),
        };
        for command in flow::setup() {
            filled.input.command = command;
            filled.step(0);
        }
        for _ in 0..armed {
            filled.arm();
            filled.step(0);
        }
        filled
    }

    /// Deadlines armed now.
    pub fn armed(&self) -> u64 {
        self.seen.armed
    }

    /// Deadlines fired so far.
    pub fn fired(&self) -> u64 {
        self.seen.fired
    }

    /// Takes so many steps; nanoseconds of processor time each, the flow's own included.
    pub fn rate(&mut self, steps: usize) -> f64 {
        let (ns, ()) = processor_time_of(|| {
            for turn in 0..steps {
                match turn % 4 {
                    0 | 2 => self.arm(),
                    1 => self.cancel(),
                    _ => self.input.command = Command::Tick,
                }
                self.step(STEP_NS);
            }
        });
        ns as f64 / steps.max(1) as f64
    }

    /// That no order was refused, and that deadlines did fire.
    ///
    /// # Errors
    /// [`BenchError::Outcome`] when not so.
    pub fn check(&self) -> Result<(), BenchError> {
        match self.seen {
            Seen { refused: 0, fired: 1.., .. } => Ok(()),
            other => Err(BenchError::Outcome(format!("deadlines: {other:?}"))),
        }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        (self.random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound
    }

    fn step(&mut self, later_ns: u64) {
        let (seq, at) = (self.engine.seq() + 1, self.engine.now() + later_ns);
        self.engine.apply(seq, at, &self.input, &mut self.seen);
    }

    fn arm(&mut self) {
        let cl_ord_id = ClOrdId(self.next_id);
        self.next_id += 1;
        let expire_at = self.engine.now() + 2 * STEP_NS + self.below(self.lives_ns);
        self.open.push((cl_ord_id, expire_at));
        let level = self.below(LEVELS).cast_signed();
        let order = NewOrder {
            tif: TimeInForce::Gtd,
            expire_at: Some(expire_at),
            ..NewOrder::limit(
                AccountId(1),
                InstrumentId(1),
                cl_ord_id,
                Side::Buy,
                10,
                MIDDLE_TICKS - level,
            )
        };
        self.input.command = Command::NewOrder(order);
    }

    /// Cancels one that is armed still; those that have fired are forgotten on the way.
    fn cancel(&mut self) {
        self.input.command = Command::Tick;
        let alive_from = self.engine.now() + 2 * STEP_NS;
        while !self.open.is_empty() {
            let at = self.below(self.open.len() as u64) as usize;
            let (cl_ord_id, expire_at) = self.open.swap_remove(at);
            if expire_at > alive_from {
                let cancel = CancelOrder {
                    account: AccountId(1),
                    instrument: InstrumentId(1),
                    order_id: None,
                    orig_cl_ord_id: Some(cl_ord_id),
                };
                self.input.command = Command::CancelOrder(cancel);
                return;
            }
        }
    }
}
