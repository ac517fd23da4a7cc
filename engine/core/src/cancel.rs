//! Ending orders from outside: by id, by account, by kill switch, by a lost session, by time.

use crate::book::ladder::NONE;
use crate::command::{CancelOrder, KillSwitch, MassCancel};
use crate::engine::Engine;
use crate::event::Sink;
use crate::ids::{AccountId, ClOrdId, InstrumentId, OrderId};
use crate::reason::Reason;
use crate::step::{Refusal, Step};
use crate::words::{CommandKind, ExecType, Field};
use alloc::vec::Vec;

impl Engine {
    /// FIX OrderCancelRequest.
    pub(crate) fn cancel_order<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &CancelOrder,
    ) -> Result<(), Reason> {
        let slot = self.find_order(c.instrument, c.account, c.order_id, c.orig_cl_ord_id)?;
        self.end_resting(cx, slot, ExecType::Canceled, None);
        Ok(())
    }

    /// The account's open order in the book; OrderID wins when both ids are given.
    pub(crate) fn find_order(
        &self,
        instrument: InstrumentId,
        account: AccountId,
        order_id: Option<OrderId>,
        orig_cl_ord_id: Option<ClOrdId>,
    ) -> Result<u32, Reason> {
        let book = self.book_ids.get(u64::from(instrument.0)).ok_or(Reason::UnknownInstrument)?;
        let account = self.ledger.account(account).ok_or(Reason::UnknownAccount)?;
        let slot = match (order_id, orig_cl_ord_id) {
            (Some(id), _) => self.orders.by_id(id),
            (None, Some(name)) => self.orders.by_name(account, name),
            (None, None) => None,
        };
        slot.filter(|slot| {
            let order = &self.orders[*slot];
            order.account == account && order.book == book
        })
        .ok_or(Reason::UnknownOrder)
    }

    /// Takes an order out of its book and ends it.
    pub(crate) fn end_resting<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        slot: u32,
        exec_type: ExecType,
        reason: Option<Reason>,
    ) {
        let order = self.take_out(slot);
        self.end_order(cx, &order, exec_type, reason);
    }

    /// Ends many orders, by OrderID.
    pub(crate) fn end_all<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        mut slots: Vec<u32>,
        exec_type: ExecType,
        reason: Option<Reason>,
    ) {
        slots.sort_unstable_by_key(|slot| self.orders[*slot].id);
        for slot in slots.drain(..) {
            self.end_resting(cx, slot, exec_type, reason);
        }
        self.slots = slots;
    }

    /// An empty list of slots to collect into; [`Engine::end_all`] takes it back.
    pub(crate) fn empty_slots(&mut self) -> Vec<u32> {
        core::mem::take(&mut self.slots)
    }

    /// Cancels an account's open orders, in one book or on one side if so asked.
    pub(crate) fn mass_cancel<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &MassCancel,
    ) -> Result<(), Refusal> {
        let unknown = (Reason::UnknownAccount, Some(Field::Account));
        let account = self.ledger.account(c.account).ok_or(unknown)?;
        let book = match c.instrument {
            Some(id) => {
                let unknown = (Reason::UnknownInstrument, Some(Field::Instrument));
                Some(self.book_ids.get(u64::from(id.0)).ok_or(unknown)?)
            }
            None => None,
        };
        self.accept(cx, CommandKind::MassCancel, c.account.0);
        let mut slots = self.empty_slots();
        let head = self.ledger.accounts[account as usize].orders;
        slots.extend(self.orders.of_account(head).filter(|slot| {
            let order = &self.orders[*slot];
            book.is_none_or(|book| order.book == book) && c.side.is_none_or(|s| order.side == s)
        }));
        self.end_all(cx, slots, ExecType::Canceled, Some(Reason::MassCancel));
        Ok(())
    }

    /// Cancels all of an account and keeps it from anything new, until switched off.
    pub(crate) fn kill_switch<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &KillSwitch,
    ) -> Result<(), Refusal> {
        let unknown = (Reason::UnknownAccount, Some(Field::Account));
        let account = self.ledger.account(c.account).ok_or(unknown)?;
        self.ledger.accounts[account as usize].killed = c.on;
        self.accept(cx, CommandKind::KillSwitch, c.account.0);
        if c.on {
            let mut slots = self.empty_slots();
            slots.extend(self.orders.of_account(self.ledger.accounts[account as usize].orders));
            self.end_all(cx, slots, ExecType::Canceled, Some(Reason::KillSwitch));
        }
        Ok(())
    }

    /// A lost session's grace time is over: the orders that it sent are cancelled.
    pub(crate) fn cancel_of_session<S: Sink>(&mut self, cx: &mut Step<'_, S>, session: u32) {
        self.sessions.list[session as usize].grace = NONE;
        let mut slots = self.empty_slots();
        slots.extend(self.orders.of_owner(self.sessions.list[session as usize].orders));
        self.end_all(cx, slots, ExecType::Canceled, Some(Reason::Disconnected));
    }

    /// A gtd order's time is over. Its deadline was taken, so it must not be cancelled again.
    pub(crate) fn expire_order<S: Sink>(&mut self, cx: &mut Step<'_, S>, id: OrderId) {
        let Some(slot) = self.orders.by_id(id) else {
            panic!("order {id} expired after its end");
        };
        self.orders[slot].deadline = NONE;
        self.end_resting(cx, slot, ExecType::Expired, None);
    }
}
