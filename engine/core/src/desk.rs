//! The engine as the host of its books: whom they belong to, what is paid, when it is, and who is
//! told.

use crate::book::{Book, Books, Fill, Host, Order};
use crate::deadlines::{Deadlines, Due};
use crate::engine::Engine;
use crate::event::{Event, ExecutionReport, PhaseChange, Sink, Trade};
use crate::ids::OrderId;
use crate::ledger::Ledger;
use crate::reason::Reason;
use crate::step::{Outlet, Step, report_of};
use crate::words::{DeadlineKind, ExecType, Phase};

/// What the books may use of the engine while a step runs.
pub(crate) struct Desk<'a, 's, S> {
    ledger: &'a mut Ledger,
    deadlines: &'a mut Deadlines,
    outlet: Outlet<'a>,
    cx: &'a mut Step<'s, S>,
}

impl Engine {
    /// The books, and the rest of the engine as their host.
    #[inline]
    pub(crate) fn desk<'a, 's, S: Sink>(
        &'a mut self,
        cx: &'a mut Step<'s, S>,
    ) -> (&'a mut Books, Desk<'a, 's, S>) {
        let outlet = Outlet {
            sessions: &mut self.sessions,
            digest: &mut self.digest,
            held_back: &mut self.held_back,
            is_atomic: self.is_atomic,
        };
        let (ledger, deadlines) = (&mut self.ledger, &mut self.deadlines);
        (&mut self.books, Desk { ledger, deadlines, outlet, cx })
    }
}

impl<S: Sink> Host for Desk<'_, '_, S> {
    const DIRECTORY: bool = true;
    const LINES: bool = true;

    #[inline]
    fn now_ns(&self) -> u64 {
        self.cx.at
    }

    #[inline]
    fn same_owner(&self, a: u32, b: u32) -> bool {
        self.ledger.same_owner(a, b)
    }

    #[inline]
    fn available(&self, account: u32, asset: u32) -> i64 {
        self.ledger.available(account, asset)
    }

    #[inline]
    fn change(&mut self, account: u32, asset: u32, available: i64, held: i64) {
        self.ledger.change(account, asset, available, held);
    }

    #[inline]
    fn assert_conserved(&self, asset: u32) {
        self.ledger.assert_conserved(asset);
    }

    fn arm_expiry(&mut self, time_ns: u64, id: OrderId) -> u32 {
        self.deadlines.arm(time_ns, Due { kind: DeadlineKind::OrderExpiry, target: id.0 })
    }

    fn arm_halt_end(&mut self, time_ns: u64, book: u32) -> u32 {
        let target = u64::from(book);
        self.deadlines.arm(time_ns, Due { kind: DeadlineKind::HaltEnd, target })
    }

    fn disarm(&mut self, handle: u32) {
        self.deadlines.cancel(handle);
    }

    fn report(&mut self, book: &Book, order: &Order, exec_type: ExecType, reason: Option<Reason>) {
        let account = self.ledger.accounts[order.account as usize].id;
        let report = ExecutionReport { reason, ..report_of(account, book.id, order, exec_type) };
        self.outlet.emit_event(self.cx, order.owner, &Event::ExecutionReport(report));
    }

    fn fill(&mut self, book: &Book, order: &Order, fill: &Fill) {
        let account = self.ledger.accounts[order.account as usize].id;
        let report = ExecutionReport {
            last_px: Some(fill.price),
            last_qty: Some(fill.qty),
            trade_id: Some(fill.trade_id),
            liquidity: Some(fill.liquidity),
            fee: fill.fee,
            ..report_of(account, book.id, order, ExecType::Trade)
        };
        self.outlet.emit_event(self.cx, order.owner, &Event::ExecutionReport(report));
    }

    fn trade(&mut self, trade: Trade) {
        self.outlet.emit(self.cx, 0, trade);
    }

    fn phase(&mut self, book: &Book, phase: Phase) {
        self.outlet.emit(self.cx, 0, PhaseChange { instrument: book.id, phase });
    }
}
