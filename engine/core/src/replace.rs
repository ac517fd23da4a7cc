//! FIX OrderCancelReplaceRequest: what keeps priority, what loses it, and what is checked.

use crate::book::orders::{Order, Place};
use crate::command::ReplaceOrder;
use crate::engine::Engine;
use crate::event::Sink;
use crate::limits::ICEBERG_SLICES_MAX;
use crate::order_entry::Demand;
use crate::reason::Reason;
use crate::step::Step;
use crate::words::{ExecType, Phase};

impl Engine {
    /// The new total is measured against what already traded.
    pub(crate) fn replace_order<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &ReplaceOrder,
    ) -> Result<(), Reason> {
        let slot = self.find_order(c.instrument, c.account, c.order_id, c.orig_cl_ord_id)?;
        let old = self.orders[slot];
        // A total not above what traded only ends the order: ids and phase are all that counts.
        let ends = c.qty <= old.cum();
        if !ends && c.price.is_some_and(|price| price < 1 || old.price == 0) {
            return Err(Reason::BadPrice);
        }
        let named = self.orders.by_name(old.account, c.cl_ord_id);
        if named.is_some_and(|other| other != slot) {
            return Err(Reason::DuplicateClOrdId);
        }
        if matches!(self.book(old.book).phase, Phase::Halted | Phase::Closed) {
            return Err(Reason::NotOpen);
        }
        if ends {
            self.orders.rename(slot, c.cl_ord_id);
            self.end_resting(cx, slot, ExecType::Canceled, None);
            return Ok(());
        }
        let new = Order {
            cl_ord_id: c.cl_ord_id,
            price: c.price.unwrap_or(old.price),
            order_qty: c.qty,
            leaves: c.qty - old.cum(),
            ..old
        };
        let keeps_priority = new.price == old.price && new.order_qty <= old.order_qty;
        if !keeps_priority {
            self.check_replace(slot, &old, &new)?;
        }
        if self.rebooks(slot, keeps_priority) {
            self.enter_again(cx, slot, new);
        } else {
            self.change_in_place(cx, slot, &new);
        }
        Ok(())
    }

    /// Whether the order leaves its queue: stops and parked orders keep their place always.
    fn rebooks(&self, slot: u32, keeps_priority: bool) -> bool {
        !keeps_priority && matches!(self.orders.hot(slot).place, Place::Level | Place::Market)
    }

    fn check_replace(&mut self, slot: u32, old: &Order, new: &Order) -> Result<(), Reason> {
        self.check_demand(&Demand::of(new, slot, new.price != old.price))?;
        if new.display_qty != 0 && new.order_qty / new.display_qty > ICEBERG_SLICES_MAX {
            return Err(Reason::Unsupported);
        }
        if self.orders.hot(slot).place == Place::Level {
            self.check_entry(new, None)
        } else {
            Ok(())
        }
    }

    /// Loses its priority: out of the book, and in again as an order of this moment.
    fn enter_again<S: Sink>(&mut self, cx: &mut Step<'_, S>, slot: u32, mut order: Order) {
        let old = self.take_out(slot);
        self.move_hold(&old, &order);
        self.report(cx, &order, ExecType::Replaced, None);
        if self.book(order.book).phase == Phase::Continuous {
            let end = self.execute(cx, &mut order);
            self.settle_rest(cx, &order, end, None);
            self.run_stops(cx);
        } else {
            self.rest(order, None);
        }
    }

    /// Keeps its place in the queue; what is hidden is given up before what is displayed.
    fn change_in_place<S: Sink>(&mut self, cx: &mut Step<'_, S>, slot: u32, new: &Order) {
        let old = self.orders[slot];
        self.move_hold(&old, new);
        if new.leaves < old.leaves {
            let less = old.leaves - new.leaves;
            let hidden = old.leaves - self.orders.hot(slot).shown;
            self.shrink(slot, less, less.saturating_sub(hidden));
        } else {
            let more = new.leaves - old.leaves;
            *self.book_mut(old.book).open_mut(old.side) += more;
            if self.book(old.book).counts_positions() {
                let position = self.positions.get_mut(old.account, old.book);
                *position.open_mut(old.side) += i128::from(more);
            }
        }
        self.orders.rename(slot, new.cl_ord_id);
        let order = &mut self.orders[slot];
        (order.price, order.order_qty, order.leaves) = (new.price, new.order_qty, new.leaves);
        let order = *order;
        self.report(cx, &order, ExecType::Replaced, None);
    }

    /// Changes what is held from the old order's need to the new one's.
    fn move_hold(&mut self, old: &Order, new: &Order) {
        if let (Some((asset, before)), Some((_, after))) = (self.hold_of(old), self.hold_of(new)) {
            self.ledger.hold(old.account, asset, after - before);
        }
    }
}
