//! What traders and operators do to books: the engine finds account, book and order, the books do
//! the rest. Ending many orders at once, too: by account, by kill switch, by a lost session.

use crate::book::ladder::NONE;
use crate::book::{Book, Replacement};
use crate::command::{CancelOrder, KillSwitch, MassCancel, NewOrder, ReplaceOrder, SetPhase};
use crate::engine::Engine;
use crate::event::Sink;
use crate::ids::{AccountId, ClOrdId, InstrumentId, OrderId};
use crate::reason::Reason;
use crate::step::{Refusal, Step};
use crate::words::{CommandKind, ExecType, Field};

impl Engine {
    /// A book by its slot.
    #[inline]
    pub(crate) fn book(&self, book: u32) -> &Book {
        self.books.book(book)
    }

    /// FIX NewOrderSingle.
    #[inline]
    pub(crate) fn new_order<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &NewOrder,
    ) -> Result<(), Reason> {
        let book = self.book_ids.get(u64::from(c.instrument.0)).ok_or(Reason::UnknownInstrument)?;
        let account = self.ledger.account(c.account).ok_or(Reason::UnknownAccount)?;
        if self.ledger.accounts[account as usize].killed {
            return Err(Reason::AccountKilled);
        }
        let party = self.party(account, cx.cause);
        let (books, mut desk) = self.desk(cx);
        books.new_order(&mut desk, party, book, c)
    }

    /// The account's party with a session, new where it never was.
    #[inline]
    fn party(&mut self, account: u32, owner: u32) -> u32 {
        let of_account = &mut self.ledger.accounts[account as usize].parties;
        let parties = &mut self.books.orders.parties;
        if let Some(party) = parties.find(*of_account, owner) {
            return party;
        }
        let of_owner = &mut self.sessions.list[owner as usize].parties;
        parties.add((account, of_account), (owner, of_owner))
    }

    /// FIX OrderCancelRequest.
    #[inline]
    pub(crate) fn cancel_order<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &CancelOrder,
    ) -> Result<(), Reason> {
        let slot = self.find_order(c.instrument, c.account, c.order_id, c.orig_cl_ord_id)?;
        let (books, mut desk) = self.desk(cx);
        books.cancel(&mut desk, slot);
        Ok(())
    }

    /// FIX OrderCancelReplaceRequest.
    #[inline]
    pub(crate) fn replace_order<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &ReplaceOrder,
    ) -> Result<(), Reason> {
        let slot = self.find_order(c.instrument, c.account, c.order_id, c.orig_cl_ord_id)?;
        let by = Replacement { cl_ord_id: c.cl_ord_id, qty: c.qty, price: c.price };
        let (books, mut desk) = self.desk(cx);
        books.replace(&mut desk, slot, &by)
    }

    /// The account's open order in the book; OrderID wins when both ids are given.
    #[inline]
    fn find_order(
        &self,
        instrument: InstrumentId,
        account: AccountId,
        order_id: Option<OrderId>,
        orig_cl_ord_id: Option<ClOrdId>,
    ) -> Result<u32, Reason> {
        let book = self.book_ids.get(u64::from(instrument.0)).ok_or(Reason::UnknownInstrument)?;
        let account = self.ledger.account(account).ok_or(Reason::UnknownAccount)?;
        let slot = match (order_id, orig_cl_ord_id) {
            (Some(id), _) => self.books.slot_of(id),
            (None, Some(name)) => self.books.orders.by_name(account, name),
            (None, None) => None,
        };
        slot.filter(|slot| {
            let order = self.books.order(*slot);
            order.account == account && order.book == book
        })
        .ok_or(Reason::UnknownOrder)
    }

    /// An operator's change; to the same phase it is accepted and does nothing.
    pub(crate) fn set_phase<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &SetPhase,
    ) -> Result<(), Refusal> {
        let book = self.known_book(c.instrument)?;
        self.accept(cx, CommandKind::SetPhase, u64::from(c.instrument.0));
        let (books, mut desk) = self.desk(cx);
        books.set_phase(&mut desk, book, c.phase);
        Ok(())
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
        let first = self.ledger.accounts[account as usize].parties;
        let (books, mut desk) = self.desk(cx);
        let mut slots = books.empty_slots();
        slots.extend(books.orders.of_account(first).filter(|slot| {
            let order = books.order(*slot);
            book.is_none_or(|book| order.book == book) && c.side.is_none_or(|s| order.side == s)
        }));
        books.end_all(&mut desk, slots, ExecType::Canceled, Some(Reason::MassCancel));
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
            let first = self.ledger.accounts[account as usize].parties;
            let (books, mut desk) = self.desk(cx);
            let mut slots = books.empty_slots();
            slots.extend(books.orders.of_account(first));
            books.end_all(&mut desk, slots, ExecType::Canceled, Some(Reason::KillSwitch));
        }
        Ok(())
    }

    /// A lost session's grace time is over: the orders that it sent are cancelled.
    pub(crate) fn cancel_of_session<S: Sink>(&mut self, cx: &mut Step<'_, S>, session: u32) {
        let session = &mut self.sessions.list[session as usize];
        session.grace = NONE;
        let first = session.parties;
        let (books, mut desk) = self.desk(cx);
        let mut slots = books.empty_slots();
        slots.extend(books.orders.of_owner(first));
        books.end_all(&mut desk, slots, ExecType::Canceled, Some(Reason::Disconnected));
    }

    /// A gtd order's time is over. Its deadline was taken, so it must not be cancelled again.
    pub(crate) fn expire_order<S: Sink>(&mut self, cx: &mut Step<'_, S>, id: OrderId) {
        let (books, mut desk) = self.desk(cx);
        let Some(slot) = books.slot_of(id) else {
            panic!("order {id} expired after its end");
        };
        books.orders.set_deadline(slot, NONE);
        books.end_resting(&mut desk, slot, ExecType::Expired, None);
    }

    /// A volatility interruption ends. Its deadline was taken already.
    pub(crate) fn end_interruption<S: Sink>(&mut self, cx: &mut Step<'_, S>, book: u32) {
        let (books, mut desk) = self.desk(cx);
        books.end_interruption(&mut desk, book);
    }
}
