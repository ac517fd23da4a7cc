//! Stops: which a trade triggers, and their cascade, one after the other, to the end.

use crate::book::orders::Order;
use crate::engine::Engine;
use crate::event::Sink;
use crate::step::Step;
use crate::words::{ExecType, Phase, Side};
use alloc::vec::Vec;

impl Engine {
    /// Whether the last trade already reached a stop's price.
    pub(crate) fn is_due(&self, order: &Order) -> bool {
        let last = self.book(order.book).last;
        last != 0
            && match order.side {
                Side::Buy => last >= order.stop_px,
                Side::Sell => last <= order.stop_px,
            }
    }

    /// After a command's own trading: runs every stop that its trades trigger, and what those
    /// trigger in turn. Those unserved when continuous trading ends stay where they are.
    pub(crate) fn run_stops<S: Sink>(&mut self, cx: &mut Step<'_, S>) {
        if self.trades.is_empty() || self.is_atomic {
            return;
        }
        let mut queue = core::mem::take(&mut self.stop_queue);
        let mut next = 0;
        loop {
            let mut trades = core::mem::take(&mut self.trades);
            for (book, price) in trades.drain(..) {
                self.collect_due(book, price, &mut queue);
            }
            self.trades = trades;
            let Some(slot) = queue.get(next).copied() else { break };
            next += 1;
            if self.book(self.orders[slot].book).phase == Phase::Continuous {
                self.run_stop(cx, slot);
            } else {
                self.enqueue(slot);
            }
        }
        queue.clear();
        self.stop_queue = queue;
    }

    fn run_stop<S: Sink>(&mut self, cx: &mut Step<'_, S>, slot: u32) {
        let mut order = self.forget(slot);
        order.triggered = true;
        self.report(cx, &order, ExecType::Triggered, None);
        let end = self.execute(cx, &mut order);
        self.settle_rest(cx, &order, end, None);
    }

    /// On entering continuous trading all stops are held against the last price.
    pub(crate) fn run_all_stops<S: Sink>(&mut self, cx: &mut Step<'_, S>, book: u32) {
        self.trades.clear();
        let last = self.book(book).last;
        if last != 0 {
            self.trades.push((book, last));
            self.run_stops(cx);
        }
    }

    /// Appends what a trade at `price` triggers and no earlier one did, by OrderID. They leave
    /// their levels, so that no later trade looks at them again.
    fn collect_due(&mut self, book: u32, price: i64, queue: &mut Vec<u32>) {
        let start = queue.len();
        for side in [Side::Buy, Side::Sell] {
            while let Some(stop_px) = self.book(book).stops.get(side).best() {
                let due = match side {
                    Side::Buy => stop_px <= price,
                    Side::Sell => stop_px >= price,
                };
                let Some(at) = self.book(book).stops.get(side).find(&self.pages, stop_px) else {
                    break;
                };
                if !due {
                    break;
                }
                let from = queue.len();
                queue.extend(self.pages[at].queue.iter(&self.orders));
                for slot in &queue[from..] {
                    self.dequeue(*slot);
                }
            }
        }
        queue[start..].sort_unstable_by_key(|slot| self.orders[*slot].id);
    }
}
