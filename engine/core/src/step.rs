//! One step's place in the line, and how its events get out.

use crate::book::Order;
use crate::command::{Command, NewOrder};
use crate::digest::Digest;
use crate::engine::Engine;
use crate::event::{
    Accepted, AtomicReport, BidReport, CancelReject, Emitted, Event, ExecutionReport, Rejected,
    Reservation, Sink,
};
use crate::ids::{AccountId, InstrumentId, ProductId, SessionId};
use crate::reason::Reason;
use crate::sessions::{NOBODY, Sessions};
use crate::words::{
    AtomicState, BidState, CommandKind, ExecType, Field, OrdStatus, ReservationState,
};
use alloc::vec::Vec;

/// The step that is being taken.
pub(crate) struct Step<'a, S> {
    pub seq: u64,
    /// The command's time, or the fired deadline's own.
    pub at: u64,
    /// Slot of the session whose command is at work; nobody while a deadline fires.
    pub cause: u32,
    pub cause_seq: u64,
    /// Whether the command's own report has come out, or there is nobody to get it.
    pub answered: bool,
    pub sink: &'a mut S,
}

/// Why a command is refused, and the field at fault where a report names one.
pub(crate) type Refusal = (Reason, Option<Field>);

/// What numbering, folding and holding back events needs of the engine; a part of it, so that the
/// rest may be borrowed meanwhile.
pub(crate) struct Outlet<'a> {
    pub sessions: &'a mut Sessions,
    pub digest: &'a mut Digest,
    pub held_back: &'a mut Vec<(u32, Event)>,
    pub is_atomic: bool,
}

impl Outlet<'_> {
    /// Sends an event out; one with an owner gets its number in the owner's stream. Whoever sent the
    /// command gets its own report (the first event) too when that is about what another session
    /// opened: a payment service's confirm, an operator's cancel. Sessions for drop copy get a
    /// numbered copy of what concerns their accounts.
    #[inline]
    pub(crate) fn emit<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        owner: u32,
        event: impl Into<Event>,
    ) {
        self.emit_event(cx, owner, &event.into());
    }

    /// As [`Outlet::emit`], for an event that stands where it will be read from.
    pub(crate) fn emit_event<S: Sink>(&mut self, cx: &mut Step<'_, S>, owner: u32, event: &Event) {
        if self.is_atomic {
            self.held_back.push((owner, *event));
            return;
        }
        self.emit_to(cx, owner, event);
        if !core::mem::replace(&mut cx.answered, true) && owner != cx.cause && !event.is_public() {
            self.emit_to(cx, cx.cause, event);
        }
        if !self.sessions.drop_copies.is_empty() {
            self.emit_copies(cx, owner, event);
        }
    }

    fn emit_copies<S: Sink>(&mut self, cx: &mut Step<'_, S>, owner: u32, event: &Event) {
        let Some(account) = event.account() else { return };
        for at in 0..self.sessions.drop_copies.len() {
            let copy = self.sessions.drop_copies[at];
            if copy != owner && self.sessions.may_act(copy, account) {
                self.emit_to(cx, copy, event);
            }
        }
    }

    #[inline]
    fn emit_to<S: Sink>(&mut self, cx: &mut Step<'_, S>, owner: u32, event: &Event) {
        let mut emitted = Emitted {
            seq: cx.seq,
            at: cx.at,
            owner: SessionId(0),
            owner_seq: 0,
            ref_seq_no: None,
            event,
        };
        if owner != NOBODY {
            let session = &mut self.sessions.list[owner as usize];
            session.last_owner_seq += 1;
            (emitted.owner, emitted.owner_seq) = (session.id, session.last_owner_seq);
            emitted.ref_seq_no = (owner == cx.cause && cx.cause_seq != 0).then_some(cx.cause_seq);
        }
        self.digest.event([emitted.seq, emitted.at, emitted.owner.0], event);
        cx.sink.emit(&emitted);
    }
}

impl Engine {
    #[inline]
    pub(crate) fn outlet(&mut self) -> Outlet<'_> {
        Outlet {
            sessions: &mut self.sessions,
            digest: &mut self.digest,
            held_back: &mut self.held_back,
            is_atomic: self.is_atomic,
        }
    }

    /// Sends an event out; see [`Outlet::emit`].
    #[inline]
    pub(crate) fn emit<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        owner: u32,
        event: impl Into<Event>,
    ) {
        self.outlet().emit(cx, owner, event);
    }

    pub(crate) fn accept<S: Sink>(&mut self, cx: &mut Step<'_, S>, command: CommandKind, id: u64) {
        self.emit(cx, cx.cause, Accepted { command, id });
    }

    /// Refuses a command with the report its kind has.
    pub(crate) fn refuse<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        command: &Command,
        (reason, field): Refusal,
    ) {
        let kind = command.kind();
        let event = refusal_report(command, reason).unwrap_or_else(|| {
            Rejected { command: kind, id: subject(command), reason, field }.into()
        });
        self.emit(cx, cx.cause, event);
    }
}

impl Engine {
    /// Refuses a cart; its report names the product at fault.
    pub(crate) fn refuse_cart<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        command: &Command,
        at_fault: Option<ProductId>,
        reason: Reason,
    ) {
        if let Some(event) = reservation_refusal(command, at_fault, reason) {
            self.emit(cx, cx.cause, event);
        }
    }
}

/// An order's report as it stands, to be completed by what happened: inlined, so that it is built
/// where it is sent from.
#[inline(always)]
pub(crate) fn report_of(
    account: AccountId,
    instrument: InstrumentId,
    order: &Order,
    exec_type: ExecType,
) -> ExecutionReport {
    let ord_status = match exec_type {
        ExecType::Canceled => OrdStatus::Canceled,
        ExecType::Expired => OrdStatus::Expired,
        _ => order.open_status(),
    };
    let ended = matches!(exec_type, ExecType::Canceled | ExecType::Expired);
    ExecutionReport {
        account,
        instrument,
        order_id: Some(order.id),
        cl_ord_id: order.cl_ord_id,
        exec_type,
        ord_status,
        side: order.side,
        price: (order.price != 0).then_some(order.price),
        order_qty: order.order_qty,
        leaves_qty: if ended { 0 } else { order.leaves },
        cum_qty: order.cum(),
        last_px: None,
        last_qty: None,
        trade_id: None,
        liquidity: None,
        fee: None,
        reason: None,
        ord_type: None,
        tif: None,
        stop_px: None,
        display_qty: None,
    }
}

/// The refusal of a command that has a report of its own.
fn refusal_report(command: &Command, reason: Reason) -> Option<Event> {
    Some(match command {
        Command::NewOrder(c) => rejected_order(c, reason).into(),
        Command::CancelOrder(c) => CancelReject {
            command: CommandKind::CancelOrder,
            account: c.account,
            instrument: c.instrument,
            order_id: c.order_id,
            orig_cl_ord_id: c.orig_cl_ord_id,
            reason,
        }
        .into(),
        Command::ReplaceOrder(c) => CancelReject {
            command: CommandKind::ReplaceOrder,
            account: c.account,
            instrument: c.instrument,
            order_id: c.order_id,
            orig_cl_ord_id: c.orig_cl_ord_id,
            reason,
        }
        .into(),
        Command::PlaceBid(c) => BidReport {
            account: c.account,
            auction: c.auction,
            bid_id: Some(c.bid_id),
            state: BidState::Rejected,
            price: None,
            qty: None,
            reason: Some(reason),
        }
        .into(),
        Command::BuyNow(c) => BidReport {
            account: c.account,
            auction: c.auction,
            bid_id: None,
            state: BidState::Rejected,
            price: None,
            qty: None,
            reason: Some(reason),
        }
        .into(),
        _ => return reservation_refusal(command, None, reason),
    })
}

fn rejected_order(c: &NewOrder, reason: Reason) -> ExecutionReport {
    ExecutionReport {
        account: c.account,
        instrument: c.instrument,
        order_id: None,
        cl_ord_id: c.cl_ord_id,
        exec_type: ExecType::Rejected,
        ord_status: OrdStatus::Rejected,
        side: c.side,
        price: c.price,
        order_qty: c.qty,
        leaves_qty: 0,
        cum_qty: 0,
        last_px: None,
        last_qty: None,
        trade_id: None,
        liquidity: None,
        fee: None,
        reason: Some(reason),
        ord_type: None,
        tif: None,
        stop_px: None,
        display_qty: None,
    }
}

/// The refusal of a reserve, a cart or an atomic interaction.
pub(crate) fn reservation_refusal(
    command: &Command,
    at_fault: Option<ProductId>,
    reason: Reason,
) -> Option<Event> {
    let mut refusal = Reservation {
        reservation: None,
        account: Default::default(),
        sale: Default::default(),
        product: at_fault,
        qty: None,
        request_id: None,
        state: ReservationState::Rejected,
        position: None,
        deadline: None,
        amount: None,
        lines: None,
        reason: Some(reason),
    };
    match command {
        Command::Reserve(c) => {
            (refusal.account, refusal.sale) = (c.account, c.sale);
            (refusal.product, refusal.qty) = (Some(c.product), Some(c.qty));
            refusal.request_id = Some(c.request_id);
        }
        Command::ReserveCart(c) => {
            (refusal.account, refusal.sale) = (c.account, c.sale);
            refusal.request_id = Some(c.request_id);
        }
        Command::Atomic(c) => {
            return Some(
                AtomicReport {
                    account: c.account,
                    request_id: c.request_id,
                    state: AtomicState::Rejected,
                    leg: None,
                    reason: Some(reason),
                }
                .into(),
            );
        }
        _ => return None,
    }
    Some(refusal.into())
}

/// What a command is about: the `id` of accepted and rejected.
pub(crate) fn subject(command: &Command) -> Option<u64> {
    Some(match command {
        Command::CreateAsset(c) => u64::from(c.asset.0),
        Command::OpenAccount(c) => c.account.0,
        Command::Deposit(c) => c.account.0,
        Command::Withdraw(c) => c.account.0,
        Command::Transfer(c) => c.from.0,
        Command::CreateInstrument(c) => u64::from(c.instrument.0),
        Command::SetPhase(c) => u64::from(c.instrument.0),
        Command::SchedulePhase(c) => u64::from(c.instrument.0),
        Command::MassCancel(c) => c.account.0,
        Command::KillSwitch(c) => c.account.0,
        Command::CreateAuction(c) => u64::from(c.auction.0),
        Command::CancelAuction(c) => u64::from(c.auction.0),
        Command::CreateSale(c) => u64::from(c.sale.0),
        Command::AddProduct(c) => u64::from(c.product.0),
        Command::Restock(c) => u64::from(c.product.0),
        Command::Block(c) => return c.account.map(|a| a.0).or(c.origin.map(|o| o.0)),
        Command::Draw(c) => u64::from(c.sale.0),
        Command::Confirm(c) => c.reservation.0,
        Command::Void(c) => c.reservation.0,
        Command::Extend(c) => c.reservation.0,
        Command::Leave(c) => u64::from(c.sale.0),
        Command::QueryOpen(c) => c.account.0,
        Command::QueryCounter(c) => c.counter.0,
        Command::QueryCounters(c) => c.from.0,
        Command::ActivateRules(c) => u64::from(c.rules),
        Command::AcceptClockStep(c) => c.by,
        Command::QueryBalance(c) => c.account.0,
        Command::QueryDepth(c) => u64::from(c.instrument.0),
        Command::QuerySale(c) => u64::from(c.sale.0),
        Command::QueryAuction(c) => u64::from(c.auction.0),
        Command::QueryStats(c) => {
            let instrument = c.instrument.map(|i| i.0);
            return instrument.or(c.auction.map(|a| a.0)).or(c.sale.map(|s| s.0)).map(u64::from);
        }
        _ => return None,
    })
}
