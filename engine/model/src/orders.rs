//! Orders: entering, cancelling, replacing, many at once.

use crate::Model;
use crate::state::{Order, Place, is_gathering};
use ringpit_core::command::{CancelOrder, KillSwitch, MassCancel, NewOrder, ReplaceOrder};
use ringpit_core::event::{CancelReject, ExecutionReport};
use ringpit_core::*;

impl Model {
    pub(crate) fn new_order(&mut self, c: &NewOrder) {
        if let Err(reason) = self.check_new(c).and_then(|()| self.rehearse(c)) {
            return self.emit(refused(c, reason));
        }
        self.enter_order(c);
        if !self.in_atomic {
            self.run_stops_after(c.instrument);
        }
    }

    /// What a fok or a minimum asks for is tried on a copy: did it trade enough?
    fn rehearse(&self, c: &NewOrder) -> Result<(), Reason> {
        let fok = c.tif == TimeInForce::Fok;
        if !fok && c.min_qty.is_none() {
            return Ok(());
        }
        let mut copy = self.clone();
        copy.out.clear();
        copy.enter_order(c);
        let id = OrderId(copy.last_order);
        let traded: u64 = copy
            .out
            .iter()
            .filter_map(|(_, event)| match event {
                Event::ExecutionReport(r) if r.order_id == Some(id) => r.last_qty,
                _ => None,
            })
            .sum();
        if fok && traded < c.qty {
            return Err(Reason::FokUnfilled);
        }
        match c.min_qty.filter(|min| traded < *min) {
            Some(_) => Err(Reason::MinQtyUnfilled),
            None => Ok(()),
        }
    }

    /// A checked order gets its number, and does its own trading where there is trading.
    fn enter_order(&mut self, c: &NewOrder) {
        self.last_order += 1;
        let expires = c.expire_at.map(|time| {
            self.last_deadline += 1;
            (time, self.last_deadline)
        });
        let order = Order {
            id: OrderId(self.last_order),
            session: self.sender,
            account: c.account,
            instrument: c.instrument,
            cl_ord_id: c.cl_ord_id,
            side: c.side,
            ord_type: c.ord_type,
            qty: c.qty,
            cum: 0,
            price: c.price,
            stop_px: c.stop_px,
            tif: c.tif,
            display_qty: c.display_qty,
            post_only: c.post_only,
            stp: c.stp,
            expires,
            place: Place::Incoming,
            queue: 0,
            shown: 0,
        };
        self.orders.push(order);
        self.report(&order, ExecType::New, None);
        let phase = self.instrument(c.instrument).phase;
        if c.stop_px.is_some() {
            self.order_mut(order.id).place = Place::Stop;
        } else if c.tif == TimeInForce::AtClose && phase != Phase::ClosingCall {
            self.order_mut(order.id).place = Place::Parked;
        } else if is_gathering(phase) {
            self.join_queue(order.id);
        } else {
            self.run(order.id);
        }
    }

    /// Stops after an order's own trading; a new stop that is due already comes first.
    fn run_stops_after(&mut self, instrument: InstrumentId) {
        let last = self.instrument(instrument).last();
        let due = match last {
            Some(last) if self.fresh_trades.is_empty() => self.due_stops(instrument, last),
            _ => Vec::new(),
        };
        self.run_stops(due);
    }

    pub(crate) fn find_order(
        &self,
        account: AccountId,
        instrument: InstrumentId,
        order_id: Option<OrderId>,
        orig_cl_ord_id: Option<ClOrdId>,
    ) -> Result<Order, Reason> {
        if !self.knows_instrument(instrument) {
            return Err(Reason::UnknownInstrument);
        }
        if !self.knows_account(account) {
            return Err(Reason::UnknownAccount);
        }
        let named = |order: &&Order| match (order_id, orig_cl_ord_id) {
            (Some(id), _) => order.id == id,
            (None, Some(id)) => order.cl_ord_id == id,
            (None, None) => false,
        };
        let own = |order: &&Order| order.account == account && order.instrument == instrument;
        self.orders.iter().filter(own).find(named).copied().ok_or(Reason::UnknownOrder)
    }

    pub(crate) fn cancel_order(&mut self, c: &CancelOrder) {
        match self.find_order(c.account, c.instrument, c.order_id, c.orig_cl_ord_id) {
            Ok(order) => self.end(order.id, ExecType::Canceled, None),
            Err(reason) => self.emit(CancelReject {
                command: CommandKind::CancelOrder,
                account: c.account,
                instrument: c.instrument,
                order_id: c.order_id,
                orig_cl_ord_id: c.orig_cl_ord_id,
                reason,
            }),
        }
    }

    pub(crate) fn replace_order(&mut self, c: &ReplaceOrder) {
        match self.check_replace(c) {
            Ok(order) => self.replace(&order, c),
            Err(reason) => self.emit(CancelReject {
                command: CommandKind::ReplaceOrder,
                account: c.account,
                instrument: c.instrument,
                order_id: c.order_id,
                orig_cl_ord_id: c.orig_cl_ord_id,
                reason,
            }),
        }
    }

    fn replace(&mut self, old: &Order, c: &ReplaceOrder) {
        self.order_mut(old.id).cl_ord_id = c.cl_ord_id;
        if c.qty <= old.cum {
            return self.end(old.id, ExecType::Canceled, None);
        }
        let order = self.order_mut(old.id);
        order.qty = c.qty;
        order.price = c.price.or(old.price);
        let keeps_place = order.price == old.price && c.qty <= old.qty;
        order.shown = order.shown.min(order.leaves());
        let order = *order;
        self.report(&order, ExecType::Replaced, None);
        if order.place != Place::Book || keeps_place {
            return;
        }
        if is_gathering(self.instrument(c.instrument).phase) {
            self.join_queue(order.id);
        } else {
            self.order_mut(order.id).place = Place::Incoming;
            self.run(order.id);
            self.run_stops(Vec::new());
        }
    }

    pub(crate) fn mass_cancel(&mut self, c: &MassCancel) {
        let do_ = CommandKind::MassCancel;
        if !self.knows_account(c.account) {
            return self.reject(do_, c.account.0, (Reason::UnknownAccount, Field::Account));
        }
        if c.instrument.is_some_and(|id| !self.knows_instrument(id)) {
            return self.reject(do_, c.account.0, (Reason::UnknownInstrument, Field::Instrument));
        }
        self.accept(do_, c.account.0);
        let meant = self.ids(|order| {
            order.account == c.account
                && c.instrument.is_none_or(|id| id == order.instrument)
                && c.side.is_none_or(|side| side == order.side)
        });
        for id in meant {
            self.cancel(id, Reason::MassCancel);
        }
    }

    pub(crate) fn kill_switch(&mut self, c: &KillSwitch) {
        let do_ = CommandKind::KillSwitch;
        if !self.knows_account(c.account) {
            return self.reject(do_, c.account.0, (Reason::UnknownAccount, Field::Account));
        }
        self.accept(do_, c.account.0);
        for account in self.accounts.iter_mut().filter(|account| account.id == c.account) {
            account.killed = c.on;
        }
        if c.on {
            for id in self.ids(|order| order.account == c.account) {
                self.cancel(id, Reason::KillSwitch);
            }
        }
    }
}

/// The one report of a refused order.
pub(crate) fn refused(c: &NewOrder, reason: Reason) -> ExecutionReport {
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
