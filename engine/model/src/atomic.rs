//! Atomic interactions: each leg is done for real; when one fails the state before is put back.

use crate::Model;
use crate::reservations::Reservation;
use crate::wishes::Wish;
use ringpit_core::command::{Atomic, Leg, NewOrder, PlaceBid, Transfer};
use ringpit_core::event::AtomicReport;
use ringpit_core::limits::LIST_MAX;
use ringpit_core::*;

fn refuse_if(fault: bool, reason: Reason) -> Result<(), Reason> {
    if fault { Err(reason) } else { Ok(()) }
}

fn within(value: i64, min: Option<i64>, max: Option<i64>) -> Result<(), Reason> {
    refuse_if(min.is_some_and(|min| value < min), Reason::BelowMin)?;
    refuse_if(max.is_some_and(|max| value > max), Reason::AboveMax)
}

impl Model {
    pub(crate) fn atomic(&mut self, c: &Atomic) {
        let request = (c.account, c.request_id);
        if self.atomics_done.contains(&request) {
            return self.say_atomic(c, None);
        }
        let checked = (|| {
            refuse_if(!self.knows_account(c.account), Reason::UnknownAccount)?;
            match self.barred(c.account, None) {
                Some(why) => Err(why),
                None => refuse_if(!(1..=LIST_MAX).contains(&c.legs.len()), Reason::BadValue),
            }
        })();
        if let Err(why) = checked {
            return self.say_atomic(c, Some((None, why)));
        }
        let before = self.clone();
        self.out.clear();
        self.in_atomic = true;
        for (place, leg) in c.legs.iter().enumerate() {
            if let Err(why) = self.leg(c, leg) {
                *self = before;
                let number = u8::try_from(place + 1).expect("few legs");
                return self.say_atomic(c, Some((Some(number), why)));
            }
        }
        let caused = std::mem::replace(&mut self.out, before.out);
        self.atomics_done.push(request);
        self.say_atomic(c, None);
        self.out.extend(caused);
        self.in_atomic = false;
        for instrument in std::mem::take(&mut self.interrupted) {
            self.interrupt(instrument);
        }
        self.run_stops(Vec::new());
    }

    fn say_atomic(&mut self, c: &Atomic, failed: Option<(Option<u8>, Reason)>) {
        let state = if failed.is_some() { AtomicState::Rejected } else { AtomicState::Done };
        self.emit(AtomicReport {
            account: c.account,
            request_id: c.request_id,
            state,
            leg: failed.and_then(|failed| failed.0),
            reason: failed.map(|failed| failed.1),
        });
    }

    fn leg(&mut self, c: &Atomic, leg: &Leg) -> Result<(), Reason> {
        let own = |account: AccountId| refuse_if(account != c.account, Reason::WrongAccount);
        match *leg {
            Leg::Require { counter, min, max } => within(self.counter(counter), min, max),
            Leg::Add { counter, delta, min, max } => {
                let value = self.counter(counter).checked_add(delta).ok_or(Reason::Overflow)?;
                within(value, min, max)?;
                self.counters.insert(counter, value);
                self.additions.push((self.time, counter, delta));
                Ok(())
            }
            Leg::Transfer { from, to, asset, amount } => {
                own(from)?;
                refuse_if(!self.knows_account(to), Reason::UnknownAccount)?;
                refuse_if(!self.knows_asset(asset), Reason::UnknownAsset)?;
                let transfer = Transfer { from, to, asset, amount, request_id: None };
                if let Some((why, _)) = self.transfer_fault(&transfer) {
                    return Err(why);
                }
                self.pay(from, to, asset, i128::from(amount));
                Ok(())
            }
            Leg::Take { sale, product, qty } => self.take(c, sale, product, qty),
            Leg::Reserve { account, sale, product, qty, origin } => {
                own(account)?;
                self.grant(&Wish {
                    account,
                    sale,
                    request_id: c.request_id,
                    origin,
                    lines: vec![(product, qty)],
                    cart: false,
                    leg: true,
                })
                .map_err(|(why, _)| why)
            }
            Leg::PlaceBid(bid) => own(bid.account).and_then(|()| self.bid_leg(&bid)),
            Leg::Order(order) => own(order.account).and_then(|()| self.order_leg(&order)),
            Leg::Before { time } => refuse_if(self.time >= time, Reason::TooLate),
            Leg::After { time } => refuse_if(self.time < time, Reason::TooEarly),
        }
    }

    pub(crate) fn counter(&self, id: CounterId) -> i64 {
        self.counters.get(&id).copied().unwrap_or(0)
    }

    /// Units of a product at once, without money.
    fn take(&mut self, c: &Atomic, id: SaleId, product: ProductId, qty: u64) -> Result<(), Reason> {
        let wish = Wish {
            account: c.account,
            sale: id,
            request_id: c.request_id,
            origin: None,
            lines: vec![(product, qty)],
            cart: false,
            leg: true,
        };
        let (lines, _) = self.check_wish(&wish).map_err(|(why, _)| why)?;
        let sale = self.sale(id).ok_or(Reason::UnknownSale)?;
        self.check_sale_limits(sale, c.account, None, &lines).map_err(|(why, _)| why)?;
        refuse_if(sale.free(product) < qty, Reason::SoldOut)?;
        self.last_reservation += 1;
        let reservation = ReservationId(self.last_reservation);
        self.sale_mut(id).reservations.push(Reservation {
            id: reservation,
            account: c.account,
            sale: id,
            lines,
            cart: false,
            request_id: c.request_id,
            repeats: false,
            origin: None,
            state: ReservationState::Held,
            deadline: None,
            amount: 0,
            reason: None,
        });
        self.pay_reservation(id, reservation);
        self.say_reservation(id, reservation);
        Ok(())
    }

    /// A bid must lead or be accepted.
    fn bid_leg(&mut self, bid: &PlaceBid) -> Result<(), Reason> {
        let first = self.out.len();
        self.place_bid(bid);
        match self.out.get(first) {
            Some((_, Event::BidReport(report))) => match (report.reason, report.state) {
                (Some(why), _) => Err(why),
                (None, BidState::Outbid) => Err(Reason::Outbid),
                (None, _) => Ok(()),
            },
            other => panic!("a bid is answered by its report, not by {other:?}"),
        }
    }

    /// An order does what its tif says, or is refused.
    fn order_leg(&mut self, order: &NewOrder) -> Result<(), Reason> {
        let first = self.out.len();
        self.new_order(order);
        match self.out.get(first) {
            Some((_, Event::ExecutionReport(report))) if report.order_id.is_some() => Ok(()),
            Some((_, Event::ExecutionReport(report))) => {
                Err(report.reason.expect("a refusal has its reason"))
            }
            other => panic!("an order is answered by its report, not by {other:?}"),
        }
    }
}
