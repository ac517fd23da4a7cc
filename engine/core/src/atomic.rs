//! Atomic interactions: up to 16 legs, each seeing what the earlier ones did; all or nothing.
//!
//! While the legs run, events wait and every part of the state keeps a log of what it changed. A
//! leg that fails has all of it taken back; then only the report is sent.

use crate::command::{Atomic, Leg, NewOrder};
use crate::engine::Engine;
use crate::event::{AtomicReport, Sink};
use crate::ids::{AccountId, ProductId, RequestId, SaleId};
use crate::limits::LIST_MAX;
use crate::reason::Reason;
use crate::segments::Segments;
use crate::step::{Refusal, Step};
use crate::table::{Table, hash_pair};
use crate::words::{AtomicState, ReservationState};
use alloc::vec::Vec;

/// Requests that are done, by account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Done {
    list: Segments<(u32, RequestId)>,
    slots: Table,
}

impl Done {
    fn contains(&self, key: (u32, RequestId)) -> bool {
        let hash = hash_pair(u64::from(key.0), key.1.0);
        self.slots.find(hash, |at| self.list[at as usize] == key).is_some()
    }

    fn insert(&mut self, key: (u32, RequestId)) {
        self.slots.insert(hash_pair(u64::from(key.0), key.1.0), self.list.len() as u32);
        self.list.push(key);
    }

    /// All, sorted.
    pub(crate) fn sorted(&self) -> Vec<(u32, RequestId)> {
        let mut all: Vec<_> = self.list.iter().copied().collect();
        all.sort_unstable();
        all
    }
}

impl Engine {
    pub(crate) fn atomic<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &Atomic,
    ) -> Result<(), Refusal> {
        let plain = |reason| (reason, None);
        let mut report = AtomicReport {
            account: c.account,
            request_id: c.request_id,
            state: AtomicState::Done,
            leg: None,
            reason: None,
        };
        let known = self.ledger.account(c.account);
        if known.is_some_and(|account| self.atomics.contains((account, c.request_id))) {
            self.emit(cx, cx.cause, report);
            return Ok(());
        }
        let account = known.ok_or(plain(Reason::UnknownAccount))?;
        if let Some(reason) = self.barred(account, None) {
            return Err(plain(reason));
        }
        if c.legs.is_empty() || c.legs.len() > LIST_MAX {
            return Err(plain(Reason::BadValue));
        }
        let ids = (self.books.last_order, self.books.last_trade);
        self.begin_atomic();
        for (number, leg) in (1..).zip(c.legs.iter()) {
            if let Err(reason) = self.leg(cx, c, account, leg) {
                self.rollback_atomic();
                (self.books.last_order, self.books.last_trade) = ids;
                report.state = AtomicState::Rejected;
                (report.leg, report.reason) = (Some(number), Some(reason));
                self.emit(cx, cx.cause, report);
                return Ok(());
            }
        }
        self.commit_atomic(cx.at);
        self.atomics.insert((account, c.request_id));
        self.emit(cx, cx.cause, report);
        let mut held_back = core::mem::take(&mut self.held_back);
        for (owner, event) in held_back.drain(..) {
            self.emit(cx, owner, event);
        }
        self.held_back = held_back;
        let (books, mut desk) = self.desk(cx);
        books.interrupt_at_last(&mut desk);
        books.run_stops(&mut desk);
        Ok(())
    }

    fn begin_atomic(&mut self) {
        self.is_atomic = true;
        self.books.begin();
        self.ledger.begin();
        self.deadlines.begin();
        self.sales.begin();
        self.auctions.begin();
    }

    fn commit_atomic(&mut self, now_ns: u64) {
        self.is_atomic = false;
        self.books.commit();
        self.ledger.commit();
        self.deadlines.commit();
        self.sales.commit();
        self.auctions.commit();
        self.counters.commit(now_ns);
    }

    fn rollback_atomic(&mut self) {
        self.is_atomic = false;
        self.held_back.clear();
        self.books.rollback();
        self.rollback_sales();
        self.auctions.rollback();
        self.counters.rollback();
        self.deadlines.rollback();
        self.ledger.rollback();
    }

    fn leg<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &Atomic,
        account: u32,
        leg: &Leg,
    ) -> Result<(), Reason> {
        let own = |id: AccountId| {
            if id == c.account { Ok(()) } else { Err(Reason::WrongAccount) }
        };
        match leg {
            Leg::Require { counter, min, max } => within(self.counters.get(*counter), *min, *max),
            Leg::Add { counter, delta, min, max } => {
                let value = self.counters.get(*counter);
                let value = value.checked_add(*delta).ok_or(Reason::Overflow)?;
                within(value, *min, *max)?;
                self.counters.add(cx.at, *counter, *delta, value)
            }
            Leg::Transfer { from, to, asset, amount } => {
                own(*from)?;
                let to = self.ledger.account(*to).ok_or(Reason::UnknownAccount)?;
                let asset = self.ledger.asset(*asset).ok_or(Reason::UnknownAsset)?;
                if to == account || *amount < 1 {
                    return Err(Reason::BadValue);
                }
                if self.ledger.available(account, asset) < *amount {
                    return Err(Reason::InsufficientFunds);
                }
                self.ledger.pay(account, to, asset, *amount);
                Ok(())
            }
            Leg::Take { sale, product, qty } => {
                self.take_leg(cx, c, account, *sale, (*product, *qty))
            }
            Leg::Reserve { account: asks, sale, product, qty, origin } => {
                own(*asks)?;
                let (who, mut found) = ((Some(account), *sale, *origin), [(0, 0)]);
                let wish = self.check_wish(cx.at, who, &[(*product, *qty)], &mut found, false);
                let mut wish = wish.map_err(|fault| fault.0)?;
                wish.request_id = Some(c.request_id);
                self.attempt(cx.at, &wish).map_err(|fault| fault.0)?;
                let way = self.way(&wish, false).map_err(|fault| fault.0)?;
                self.meet(cx, &wish, way);
                Ok(())
            }
            Leg::PlaceBid(bid) => {
                own(bid.account)?;
                self.place_bid(cx, bid)
            }
            Leg::Order(order) => {
                own(order.account)?;
                self.order_leg(cx, order)
            }
            Leg::Before { time } if cx.at >= *time => Err(Reason::TooLate),
            Leg::After { time } if cx.at < *time => Err(Reason::TooEarly),
            Leg::Before { .. } | Leg::After { .. } => Ok(()),
        }
    }

    /// An order that trades now or not at all, under all its own rules.
    fn order_leg<S: Sink>(&mut self, cx: &mut Step<'_, S>, c: &NewOrder) -> Result<(), Reason> {
        if let Some(book) = self.book_ids.get(u64::from(c.instrument.0)) {
            self.books.log_values(book);
        }
        self.new_order(cx, c)
    }

    /// Stock taken at once, without money and without counting as an attempt.
    fn take_leg<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &Atomic,
        account: u32,
        sale: SaleId,
        wanted: (ProductId, u64),
    ) -> Result<(), Reason> {
        let (who, mut found) = ((Some(account), sale, None), [(0, 0)]);
        let wish = self.check_wish(cx.at, who, &[wanted], &mut found, false);
        let mut wish = wish.map_err(|fault| fault.0)?;
        (wish.request_id, wish.amount) = (Some(c.request_id), 0);
        self.check_take(&wish)?;
        let slot = self.new_reservation(cx.cause, &wish, ReservationState::Confirmed);
        self.unlist(slot);
        self.count_units(slot, true);
        for (product, qty) in wish.lines {
            self.sales.change_units(*product, |units| {
                units.free -= qty;
                units.sold += qty;
            });
            self.deliver(cx.at, *product, wish.account, *qty);
        }
        self.report_reservation(cx, slot);
        Ok(())
    }
}

fn within(value: i64, min: Option<i64>, max: Option<i64>) -> Result<(), Reason> {
    if min.is_some_and(|min| value < min) {
        Err(Reason::BelowMin)
    } else if max.is_some_and(|max| value > max) {
        Err(Reason::AboveMax)
    } else {
        Ok(())
    }
}
