//! What an incoming order could trade, found without changing anything: for fok and min_qty.
//!
//! The queue is walked exactly as matching would walk it: displayed slices first, an iceberg's
//! next slice at the back, own orders as the order's self-trade prevention asks, and for a market
//! buy its money, fill by fill.

use super::Books;
use super::host::Host;
use super::instrument::{Book, charge, rebate};
use super::ladder::LevelRef;
use super::matching::{Bounds, lots_for};
use super::order::Order;
use crate::ledger::VENUE;
use crate::words::{OrdType, Side, Stp, TimeInForce};

/// A resting order as it would stand during the walk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walked {
    slot: u32,
    shown: u64,
    leaves: u64,
}

/// What a market buyer and the venue would have of the quote asset.
struct Purse {
    buyer: u32,
    money: i64,
    venue: i64,
}

/// How a level was left.
enum Walk {
    /// Enough was found.
    Enough,
    /// It can't go on.
    Stopped,
    /// The level is used up; so much is still needed, and left of the order.
    Next(u64, u64),
}

impl Books {
    /// Whether the order would trade at least `needed` lots at entry.
    pub(super) fn can_fill<H: Host>(&mut self, host: &H, order: &Order, needed: u64) -> bool {
        let mut walked = core::mem::take(&mut self.walked);
        let enough = self.walk_levels(host, order, needed, &mut walked);
        walked.clear();
        self.walked = walked;
        enough
    }

    fn walk_levels<H: Host>(
        &self,
        host: &H,
        order: &Order,
        needed: u64,
        walked: &mut alloc::vec::Vec<Walked>,
    ) -> bool {
        let book = self.book(order.book);
        let bounds = Bounds::of(book, order);
        let pays = book.is_cash() && order.side == Side::Buy && order.ord_type == OrdType::Market;
        let mut purse = pays.then(|| Purse {
            buyer: order.account,
            money: host.available(order.account, book.quote),
            venue: host.available(VENUE, book.quote),
        });
        let ladder = book.sides.get(order.side.opposite());
        let (mut needed, mut left) = (needed, order.leaves);
        let mut next = ladder.best();
        while let Some(price) = next {
            if bounds.stops(order, price).is_some() {
                return false;
            }
            let Some(at) = ladder.find(&self.levels, price) else { return false };
            match self.walk_level(host, order, (price, at), (needed, left), &mut purse, walked) {
                Walk::Enough => return true,
                Walk::Stopped => return false,
                Walk::Next(still_needed, still_left) => (needed, left) = (still_needed, still_left),
            }
            next = ladder.after(&self.levels, price);
        }
        false
    }

    fn walk_level<H: Host>(
        &self,
        host: &H,
        order: &Order,
        (price, at): (i64, LevelRef),
        (mut needed, mut left): (u64, u64),
        purse: &mut Option<Purse>,
        walked: &mut alloc::vec::Vec<Walked>,
    ) -> Walk {
        walked.clear();
        walked.extend(self.levels[at].queue.iter(&self.orders).map(|slot| Walked {
            slot,
            shown: self.orders.shown(slot),
            leaves: self.orders.leaves(slot),
        }));
        let mut at = 0;
        while let Some(Walked { slot, shown, leaves }) = walked.get(at).copied() {
            at += 1;
            let resting = self.order(slot);
            let taken = left.min(shown);
            if order.stp != Stp::NoPrevention && host.same_owner(order.account, resting.account) {
                match order.stp {
                    Stp::CancelResting => continue,
                    // A decrement ends a fok, which must trade in full, and shortens any other.
                    Stp::Decrement if order.tif != TimeInForce::Fok => left -= taken,
                    _ => return Walk::Stopped,
                }
            } else {
                if let Some(purse) = purse
                    && !purse.buy(self.book(order.book), &resting, price, taken, needed)
                {
                    return Walk::Stopped;
                }
                left -= taken;
                needed = needed.saturating_sub(taken);
            }
            if needed == 0 {
                return Walk::Enough;
            }
            if left == 0 {
                return Walk::Stopped;
            }
            let hidden = leaves - taken;
            if taken == shown && hidden > 0 {
                let shown =
                    if resting.display_qty == 0 { hidden } else { hidden.min(resting.display_qty) };
                walked.push(Walked { slot, shown, leaves: hidden });
            }
        }
        Walk::Next(needed, left)
    }
}

impl Purse {
    /// Pays for one fill; `false` when the money does not reach for what is needed of it.
    fn buy(&mut self, book: &Book, resting: &Order, price: i64, qty: u64, needed: u64) -> bool {
        let money = if self.buyer == VENUE { self.venue } else { self.money };
        let lots = lots_for(book, money, price, qty);
        if lots < qty {
            return lots >= needed;
        }
        let Some(notional) = book.notional(price, qty) else { return false };
        let taker_charge = charge(notional, book.terms.taker_ppm);
        let maker_charge = charge(notional, book.terms.maker_ppm);
        self.change(self.buyer, -notional - taker_charge);
        self.change(resting.account, notional - maker_charge);
        self.change(VENUE, taker_charge + maker_charge);
        let maker_rebate = rebate(notional, book.terms.maker_ppm).min(self.venue);
        self.change(VENUE, -maker_rebate);
        self.change(resting.account, maker_rebate);
        let taker_rebate = rebate(notional, book.terms.taker_ppm).min(self.venue);
        self.change(VENUE, -taker_rebate);
        self.change(self.buyer, taker_rebate);
        true
    }

    fn change(&mut self, account: u32, amount: i64) {
        if account == VENUE {
            self.venue += amount;
        } else if account == self.buyer {
            self.money += amount;
        }
    }
}
