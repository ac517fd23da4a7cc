//! Reservations: held, queued, entered, confirmed, given back.

use crate::Model;
use crate::sales::Sale;
use crate::state::Due;
use crate::wishes::Wish;
use ringpit_core::command::{Confirm, Extend, Leave, Line, Reserve, ReserveCart, Void};
use ringpit_core::event::Reservation as ReservationEvent;
use ringpit_core::*;

/// What somebody asked for in a sale, and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Reservation {
    pub id: ReservationId,
    pub account: AccountId,
    pub sale: SaleId,
    /// Product and units, ascending by product.
    pub lines: Vec<(ProductId, u64)>,
    pub cart: bool,
    pub request_id: RequestId,
    /// Whether the request id is one of reserve and reserve_cart (not an atomic's).
    pub repeats: bool,
    pub origin: Option<OriginId>,
    pub state: ReservationState,
    /// When it expires, and when that was set.
    pub deadline: Option<(u64, u64)>,
    /// The sum due, in quote minor units.
    pub amount: i64,
    pub reason: Option<Reason>,
}

impl Reservation {
    /// Whether its units count against limits.
    pub fn counts(&self) -> bool {
        use ReservationState::{Confirmed, Entered, Held, Queued};
        matches!(self.state, Held | Confirmed | Queued | Entered)
    }

    pub fn units(&self) -> u128 {
        self.lines.iter().map(|line| u128::from(line.1)).sum()
    }
}

impl Model {
    pub(crate) fn reserve(&mut self, c: &Reserve) {
        self.wish(&Wish {
            account: c.account,
            sale: c.sale,
            request_id: c.request_id,
            origin: c.origin,
            lines: vec![(c.product, c.qty)],
            cart: false,
            leg: false,
        });
    }

    pub(crate) fn reserve_cart(&mut self, c: &ReserveCart) {
        self.wish(&Wish {
            account: c.account,
            sale: c.sale,
            request_id: c.request_id,
            origin: c.origin,
            lines: c.lines.iter().map(|line| (line.product, line.qty)).collect(),
            cart: true,
            leg: false,
        });
    }

    fn wish(&mut self, wish: &Wish) {
        let former =
            self.sales.iter().flat_map(|sale| &sale.reservations).find(|r| {
                r.repeats && (r.account, r.request_id) == (wish.account, wish.request_id)
            });
        if let Some(former) = former.cloned() {
            return self.say_reservation(former.sale, former.id);
        }
        if let Err((reason, product)) = self.grant(wish) {
            let single = wish.lines.first().filter(|_| !wish.cart);
            self.emit(ReservationEvent {
                reservation: None,
                account: wish.account,
                sale: wish.sale,
                product: single.map(|line| line.0).or(product.filter(|_| wish.cart)),
                qty: single.map(|line| line.1),
                request_id: Some(wish.request_id),
                state: ReservationState::Rejected,
                position: None,
                deadline: None,
                amount: None,
                lines: None,
                reason: Some(reason),
            });
        }
    }

    pub(crate) fn reservation_mut(&mut self, sale: SaleId, id: ReservationId) -> &mut Reservation {
        let found = self.sale_mut(sale).reservations.iter_mut().find(|r| r.id == id);
        found.expect("the reservation was looked up before")
    }

    /// It is held from now on; without a time to pay it is bought at once.
    pub(crate) fn hold_reservation(&mut self, sale: SaleId, id: ReservationId) {
        let hold_for = self.sale(sale).map_or(0, |sale| sale.terms.hold_for);
        self.last_deadline += 1;
        let latest = i64::MAX.unsigned_abs();
        let deadline = (self.time.saturating_add(hold_for).min(latest), self.last_deadline);
        let reservation = self.reservation_mut(sale, id);
        reservation.state = ReservationState::Held;
        reservation.deadline = Some(deadline);
        if hold_for == 0 {
            self.pay_reservation(sale, id);
        }
        self.say_reservation(sale, id);
    }

    /// Money goes to the seller, goods to the buyer.
    pub(crate) fn pay_reservation(&mut self, sale: SaleId, id: ReservationId) {
        let time = self.time;
        let reservation = self.reservation_mut(sale, id);
        reservation.state = ReservationState::Confirmed;
        reservation.deadline = None;
        let reservation = reservation.clone();
        let sale = self.sale_mut(sale);
        let terms = sale.terms;
        let mut goods = Vec::new();
        for (product, qty) in &reservation.lines {
            sale.confirmed.push((time, *product, *qty));
            goods.push((sale.product(*product).and_then(|p| p.asset), *qty));
        }
        if terms.payment == Payment::Balance {
            let amount = i128::from(reservation.amount);
            self.pay(reservation.account, terms.seller, terms.quote, amount);
        }
        for (asset, qty) in goods {
            if let Some(asset) = asset {
                self.pay(terms.seller, reservation.account, asset, i128::from(qty));
            }
        }
    }

    pub(crate) fn reservation_event(&self, sale: &Sale, r: &Reservation) -> ReservationEvent {
        use ReservationState::{Confirmed, Entered, Held, Queued};
        let single = r.lines.first().filter(|_| !r.cart);
        let place = single
            .and_then(|line| sale.waiting(line.0).iter().position(|waiting| waiting.id == r.id));
        let lines: Vec<Line> =
            r.lines.iter().map(|&(product, qty)| Line { product, qty }).collect();
        ReservationEvent {
            reservation: Some(r.id),
            account: r.account,
            sale: r.sale,
            product: single.map(|line| line.0),
            qty: single.map(|line| line.1),
            request_id: Some(r.request_id),
            state: r.state,
            position: place.filter(|_| r.state == Queued).map(|place| place as u64 + 1),
            deadline: r.deadline.map(|deadline| deadline.0),
            amount: Some(r.amount).filter(|_| matches!(r.state, Held | Entered | Confirmed)),
            lines: if r.cart { List::from_slice(&lines) } else { None },
            reason: r.reason,
        }
    }

    pub(crate) fn say_reservation(&mut self, sale: SaleId, id: ReservationId) {
        let sale = self.sale(sale).expect("the sale was looked up before");
        let found = sale.reservations.iter().find(|r| r.id == id);
        let event = self.reservation_event(sale, found.expect("looked up before"));
        self.emit(event);
    }

    /// Ends a reservation that is not confirmed.
    pub(crate) fn end_reservation(
        &mut self,
        sale: SaleId,
        id: ReservationId,
        state: ReservationState,
        reason: Option<Reason>,
    ) {
        let reservation = self.reservation_mut(sale, id);
        (reservation.state, reservation.reason) = (state, reason);
        reservation.deadline = None;
        self.say_reservation(sale, id);
    }

    /// Gives free units to those who wait, in order.
    pub(crate) fn serve(&mut self, id: SaleId, product: ProductId) {
        let Some(sale) = self.sale(id).filter(|sale| !sale.is_draw()) else { return };
        let waiting: Vec<Reservation> = sale.waiting(product).into_iter().cloned().collect();
        for place in waiting {
            let Some(sale) = self.sale(id) else { return };
            let wanted = place.lines.first().map_or(0, |line| line.1);
            if wanted > sale.free(product) {
                continue;
            }
            let paid = sale.terms.payment == Payment::Balance;
            let poor = paid && place.amount > self.available(place.account, sale.terms.quote);
            let barred = self.barred(place.account, place.origin);
            match barred.or(poor.then_some(Reason::InsufficientFunds)) {
                Some(why) => {
                    self.end_reservation(id, place.id, ReservationState::Rejected, Some(why));
                }
                None => self.hold_reservation(id, place.id),
            }
        }
    }

    fn serve_all(&mut self, sale: SaleId, lines: &[(ProductId, u64)]) {
        for (product, _) in lines {
            self.serve(sale, *product);
        }
    }

    pub(crate) fn find_reservation(&self, id: ReservationId) -> Option<&Reservation> {
        self.sales.iter().flat_map(|sale| &sale.reservations).find(|r| r.id == id)
    }

    fn held_reservation(&self, id: ReservationId) -> Result<Reservation, (Reason, Field)> {
        let found = self.find_reservation(id);
        let found = found.ok_or((Reason::UnknownReservation, Field::Reservation))?;
        let fault = match found.state {
            ReservationState::Held => return Ok(found.clone()),
            ReservationState::Confirmed => Reason::AlreadyConfirmed,
            ReservationState::Queued | ReservationState::Entered => Reason::NotHeld,
            _ => Reason::TooLate,
        };
        Err((fault, Field::Reservation))
    }

    pub(crate) fn confirm(&mut self, c: &Confirm) {
        let checked = self.held_reservation(c.reservation).and_then(|r| {
            let held = r.lines.first().map_or(0, |line| line.1);
            match c.qty {
                Some(qty) if r.cart || !(1..=held).contains(&qty) => {
                    Err((Reason::BadValue, Field::Qty))
                }
                _ => Ok(r),
            }
        });
        let held = match checked {
            Ok(held) => held,
            Err(why) => return self.reject(CommandKind::Confirm, c.reservation.0, why),
        };
        if let Some(qty) = c.qty {
            let price = self.sale(held.sale).and_then(|s| s.product(held.lines[0].0));
            let price = price.expect("a product stays while its sale exists").price;
            let reservation = self.reservation_mut(held.sale, held.id);
            reservation.lines[0].1 = qty;
            let amount = i128::from(price) * i128::from(qty);
            reservation.amount = i64::try_from(amount).expect("less than before");
        }
        self.pay_reservation(held.sale, held.id);
        self.say_reservation(held.sale, held.id);
        self.serve_all(held.sale, &held.lines);
    }

    pub(crate) fn void(&mut self, c: &Void) {
        let waiting = self
            .find_reservation(c.reservation)
            .filter(|r| matches!(r.state, ReservationState::Queued | ReservationState::Entered));
        let found = match waiting {
            Some(waiting) => Ok(waiting.clone()),
            None => self.held_reservation(c.reservation),
        };
        match found {
            Ok(found) => {
                self.end_reservation(found.sale, found.id, ReservationState::Voided, None);
                self.serve_all(found.sale, &found.lines);
            }
            Err(why) => self.reject(CommandKind::Void, c.reservation.0, why),
        }
    }

    pub(crate) fn extend(&mut self, c: &Extend) {
        let checked = self.held_reservation(c.reservation).and_then(|r| {
            let (deadline, _) = r.deadline.expect("a hold has its deadline");
            let later = deadline.checked_add(c.by).filter(|t| i64::try_from(*t).is_ok());
            match later {
                _ if c.by == 0 => Err((Reason::BadValue, Field::By)),
                None => Err((Reason::Overflow, Field::By)),
                Some(later) => Ok((r.sale, later)),
            }
        });
        match checked {
            Ok((sale, later)) => {
                self.last_deadline += 1;
                let deadline = Some((later, self.last_deadline));
                self.reservation_mut(sale, c.reservation).deadline = deadline;
                self.say_reservation(sale, c.reservation);
            }
            Err(why) => self.reject(CommandKind::Extend, c.reservation.0, why),
        }
    }

    pub(crate) fn leave(&mut self, c: &Leave) {
        let checked = (|| {
            let sale = self.sale(c.sale).ok_or((Reason::UnknownSale, Field::Sale))?;
            sale.product(c.product).ok_or((Reason::UnknownProduct, Field::Product))?;
            if !self.knows_account(c.account) {
                return Err((Reason::UnknownAccount, Field::Account));
            }
            let waiting = sale.waiting(c.product).into_iter();
            let own = waiting.filter(|r| r.account == c.account && !sale.is_draw());
            let own: Vec<ReservationId> = own.map(|r| r.id).collect();
            if own.is_empty() { Err((Reason::NotQueued, Field::Product)) } else { Ok(own) }
        })();
        match checked {
            Ok(own) => {
                for id in own {
                    self.end_reservation(c.sale, id, ReservationState::Voided, None);
                }
            }
            Err(why) => self.reject(CommandKind::Leave, u64::from(c.sale.0), why),
        }
    }

    /// A hold's time is over.
    pub(crate) fn expire_reservation(&mut self, id: ReservationId) {
        let held = self.find_reservation(id).expect("armed while it is held").clone();
        self.end_reservation(held.sale, id, ReservationState::Expired, None);
        self.serve_all(held.sale, &held.lines);
    }

    /// A sale closes: nobody waits any longer, but for a draw.
    pub(crate) fn close_sale(&mut self, id: SaleId) {
        self.sale_mut(id).closed = true;
        let Some(sale) = self.sale(id).filter(|sale| !sale.is_draw()) else { return };
        let queues = sale.products.iter().map(|product| sale.waiting(product.id));
        let places: Vec<ReservationId> = queues.flatten().map(|r| r.id).collect();
        for place in places {
            let why = Some(Reason::SaleClosed);
            self.end_reservation(id, place, ReservationState::Expired, why);
        }
    }

    pub(crate) fn sale_deadlines(&self) -> Vec<Due> {
        let mut all = Vec::new();
        for sale in &self.sales {
            let id = u64::from(sale.terms.sale.0);
            if !sale.closed {
                let (time, set) = (sale.terms.closes_at, sale.set_close);
                all.push(Due { time, set, kind: DeadlineKind::SaleClose, id });
            }
            if sale.is_draw() && !sale.drawn {
                let (time, set) = (sale.draw_by(), sale.set_draw);
                all.push(Due { time, set, kind: DeadlineKind::DrawBy, id });
            }
            for r in &sale.reservations {
                if let Some((time, set)) = r.deadline {
                    let kind = DeadlineKind::ReservationExpiry;
                    all.push(Due { time, set, kind, id: r.id.0 });
                }
            }
        }
        all
    }
}
