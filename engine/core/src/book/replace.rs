//! FIX OrderCancelReplaceRequest and cancels: what keeps priority, what loses it, and what is
//! checked.

use super::Books;
use super::host::Host;
use super::order::{Order, Place};
use crate::ids::ClOrdId;
use crate::limits::ICEBERG_SLICES_MAX;
use crate::reason::Reason;
use crate::words::{ExecType, Phase};

/// What an order is replaced by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Replacement {
    /// The client's new name of it.
    pub cl_ord_id: ClOrdId,
    /// The new total, lots; measured against what already traded.
    pub qty: u64,
    /// Ticks; absent: kept.
    pub price: Option<i64>,
}

impl Books {
    /// Ends an open order and reports it.
    #[inline]
    pub fn cancel<H: Host>(&mut self, host: &mut H, slot: u32) {
        self.end_resting(host, slot, ExecType::Canceled, None);
    }

    /// Takes an order out of its book and ends it.
    #[inline]
    pub(crate) fn end_resting<H: Host>(
        &mut self,
        host: &mut H,
        slot: u32,
        exec_type: ExecType,
        reason: Option<Reason>,
    ) {
        let order = self.take_out::<H>(slot);
        self.end_order(host, &order, exec_type, reason);
    }

    /// Replaces an open order; the new total is measured against what already traded.
    ///
    /// # Errors
    /// Why it is refused; nothing changed then.
    #[inline]
    pub fn replace<H: Host>(
        &mut self,
        host: &mut H,
        slot: u32,
        by: &Replacement,
    ) -> Result<(), Reason> {
        let old = self.order(slot);
        // A total not above what traded only ends the order: ids and phase are all that counts.
        let ends = by.qty <= old.cum();
        if !ends && by.price.is_some_and(|price| price < 1 || old.price == 0) {
            return Err(Reason::BadPrice);
        }
        if H::DIRECTORY && by.cl_ord_id != old.cl_ord_id {
            let named = self.orders.by_name(old.account, by.cl_ord_id);
            if named.is_some_and(|other| other != slot) {
                return Err(Reason::DuplicateClOrdId);
            }
        }
        if matches!(self.book(old.book).phase, Phase::Halted | Phase::Closed) {
            return Err(Reason::NotOpen);
        }
        if ends {
            self.rename::<H>(slot, &old, by.cl_ord_id);
            self.end_resting(host, slot, ExecType::Canceled, None);
            return Ok(());
        }
        let new = Order {
            cl_ord_id: by.cl_ord_id,
            price: by.price.unwrap_or(old.price),
            order_qty: by.qty,
            leaves: by.qty - old.cum(),
            ..old
        };
        let keeps_priority = new.price == old.price && new.order_qty <= old.order_qty;
        if !keeps_priority {
            self.check_replace(host, slot, &old, &new)?;
        }
        if self.rebooks(slot, keeps_priority) {
            self.enter_again(host, slot, new);
        } else {
            self.change_in_place(host, slot, &old, &new);
        }
        Ok(())
    }

    #[inline]
    fn rename<H: Host>(&mut self, slot: u32, old: &Order, name: ClOrdId) {
        if name != old.cl_ord_id {
            self.orders.rename(slot, name, H::DIRECTORY);
        }
    }

    /// Whether the order leaves its queue: stops and parked orders keep their place always.
    #[inline]
    fn rebooks(&self, slot: u32, keeps_priority: bool) -> bool {
        !keeps_priority && matches!(self.orders.place(slot), Place::Level | Place::Market)
    }

    #[inline]
    fn check_replace<H: Host>(
        &mut self,
        host: &H,
        slot: u32,
        old: &Order,
        new: &Order,
    ) -> Result<(), Reason> {
        self.check_demand(host, new, slot, new.price != old.price)?;
        if new.display_qty != 0 && new.order_qty / new.display_qty > ICEBERG_SLICES_MAX {
            return Err(Reason::Unsupported);
        }
        if self.orders.place(slot) == Place::Level {
            self.check_entry(host, new, None)
        } else {
            Ok(())
        }
    }

    /// Loses its priority: out of the book, and in again as an order of this moment.
    #[inline]
    fn enter_again<H: Host>(&mut self, host: &mut H, slot: u32, mut order: Order) {
        let old = self.take_out::<H>(slot);
        self.move_hold(host, &old, &order);
        host.report(self.book(order.book), &order, ExecType::Replaced, None);
        if self.book(order.book).phase == Phase::Continuous {
            let end = self.execute(host, &mut order);
            self.settle_rest(host, &mut order, end, None);
            self.run_stops(host);
        } else {
            self.rest(host, &mut order, None);
        }
    }

    /// Keeps its place in the queue; what is hidden is given up before what is displayed.
    fn change_in_place<H: Host>(&mut self, host: &mut H, slot: u32, old: &Order, new: &Order) {
        self.move_hold(host, old, new);
        if new.leaves < old.leaves {
            let less = old.leaves - new.leaves;
            let hidden = old.leaves - self.orders.shown(slot);
            self.shrink::<H>(slot, old, less, less.saturating_sub(hidden));
        } else if new.leaves > old.leaves {
            let more = new.leaves - old.leaves;
            self.orders.grow(slot, more, 0);
            self.count_more(old, more);
        }
        self.rename::<H>(slot, old, new.cl_ord_id);
        self.orders.set_order_qty(slot, new.order_qty);
        self.orders.set_price(slot, new.price);
        host.report(self.book(new.book), new, ExecType::Replaced, None);
    }

    /// Changes what is held from the old order's need to the new one's.
    fn move_hold<H: Host>(&self, host: &mut H, old: &Order, new: &Order) {
        if let (Some((asset, before)), Some((_, after))) = (self.hold_of(old), self.hold_of(new)) {
            host.change(old.account, asset, before - after, after - before);
        }
    }
}
