//! Stops: which a trade triggers, and their cascade, one after the other, to the end.

use super::Books;
use super::host::Host;
use super::order::{Order, Place};
use crate::words::{ExecType, Phase, Side};
use alloc::vec::Vec;

impl Books {
    /// Whether the last trade already reached a stop's price.
    pub(super) fn is_due(&self, order: &Order) -> bool {
        let last = self.book(order.book).last;
        last != 0
            && match order.side {
                Side::Buy => last >= order.stop_px,
                Side::Sell => last <= order.stop_px,
            }
    }

    /// After a command's own trading: runs every stop that its trades trigger, and what those
    /// trigger in turn. Those unserved when continuous trading ends stay where they are.
    #[inline]
    pub(crate) fn run_stops<H: Host>(&mut self, host: &mut H) {
        if !self.trades.is_empty() && !self.is_atomic {
            self.cascade(host);
        }
    }

    #[cold]
    fn cascade<H: Host>(&mut self, host: &mut H) {
        let mut queue = core::mem::take(&mut self.stop_queue);
        let mut next = 0;
        loop {
            let mut trades = core::mem::take(&mut self.trades);
            for (book, price) in trades.drain(..) {
                self.collect_due::<H>(book, price, &mut queue);
            }
            self.trades = trades;
            let Some(slot) = queue.get(next).copied() else { break };
            next += 1;
            let order = self.order(slot);
            if self.book(order.book).phase == Phase::Continuous {
                self.run_stop(host, slot, order);
            } else {
                self.enqueue::<H>(slot, &order, Place::Stop);
            }
        }
        queue.clear();
        self.stop_queue = queue;
    }

    fn run_stop<H: Host>(&mut self, host: &mut H, slot: u32, mut order: Order) {
        self.forget::<H>(slot, &order);
        order.triggered = true;
        host.report(self.book(order.book), &order, ExecType::Triggered, None);
        let end = self.execute(host, &mut order);
        self.settle_rest(host, &mut order, end, None);
    }

    /// On entering continuous trading all stops are held against the last price.
    pub(super) fn run_all_stops<H: Host>(&mut self, host: &mut H, book: u32) {
        self.trades.clear();
        let last = self.book(book).last;
        if last != 0 {
            self.trades.push((book, last));
            self.run_stops(host);
        }
    }

    /// Appends what a trade at `price` triggers and no earlier one did, by OrderID. They leave
    /// their levels, so that no later trade looks at them again.
    fn collect_due<H: Host>(&mut self, book: u32, price: i64, queue: &mut Vec<u32>) {
        let start = queue.len();
        for side in [Side::Buy, Side::Sell] {
            while let Some((stop_px, at)) = self.book(book).stops.get(side).top() {
                let due = match side {
                    Side::Buy => stop_px <= price,
                    Side::Sell => stop_px >= price,
                };
                if !due {
                    break;
                }
                let from = queue.len();
                queue.extend(self.levels[at].queue.iter(&self.orders));
                for slot in &queue[from..] {
                    let order = self.order(*slot);
                    self.dequeue::<H>(*slot, &order);
                }
            }
        }
        queue[start..].sort_unstable_by_key(|slot| self.orders.id(*slot));
    }
}
