//! What a reserve, a cart or a leg asks for: checked in the order of the rule book, and granted.

use crate::Model;
use crate::reservations::Reservation;
use crate::sales::Sale;
use ringpit_core::limits::LIST_MAX;
use ringpit_core::*;

/// What a reserve, a cart or a leg asks for.
pub(crate) struct Wish {
    pub account: AccountId,
    pub sale: SaleId,
    pub request_id: RequestId,
    pub origin: Option<OriginId>,
    pub lines: Vec<(ProductId, u64)>,
    pub cart: bool,
    /// Whether it comes from a leg of an atomic: it never waits.
    pub leg: bool,
}

/// Why a wish is refused, and at which product.
pub(crate) type Refusal = (Reason, Option<ProductId>);

/// What a granted wish becomes.
type Grant = (Vec<(ProductId, u64)>, i64, ReservationState);

impl Model {
    /// Checks a wish, counts the attempt, and does what can be done.
    pub(crate) fn grant(&mut self, wish: &Wish) -> Result<(), Refusal> {
        let (lines, amount) = self.check_wish(wish)?;
        self.count_attempt(wish)?;
        let (lines, amount, state) = self.check_limits_and_stock(wish, lines, amount)?;
        self.last_reservation += 1;
        let id = ReservationId(self.last_reservation);
        self.sale_mut(wish.sale).reservations.push(Reservation {
            id,
            account: wish.account,
            sale: wish.sale,
            lines,
            cart: wish.cart,
            request_id: wish.request_id,
            repeats: !wish.leg,
            origin: wish.origin,
            state,
            deadline: None,
            amount,
            reason: None,
        });
        if state == ReservationState::Held {
            self.hold_reservation(wish.sale, id);
        } else {
            self.say_reservation(wish.sale, id);
        }
        Ok(())
    }

    /// From unknown_sale to overflow; gives the lines summed and ascending, and the sum due.
    pub(crate) fn check_wish(&self, wish: &Wish) -> Result<(Vec<(ProductId, u64)>, i64), Refusal> {
        let refuse_if =
            |fault: bool, reason: Reason| if fault { Err((reason, None)) } else { Ok(()) };
        let sale = self.sale(wish.sale).ok_or((Reason::UnknownSale, None))?;
        refuse_if(!sale.is_open(self.time), Reason::NotOpen)?;
        refuse_if(!self.knows_account(wish.account), Reason::UnknownAccount)?;
        if let Some(reason) = self.barred(wish.account, wish.origin) {
            return Err((reason, None));
        }
        let count_fits = (1..=LIST_MAX).contains(&wish.lines.len());
        refuse_if(!count_fits || (wish.cart && sale.is_draw()), Reason::BadValue)?;
        let mut sums: Vec<(ProductId, u128)> = Vec::new();
        let mut amount: i128 = 0;
        for (id, qty) in &wish.lines {
            let product = sale.product(*id).ok_or((Reason::UnknownProduct, Some(*id)))?;
            if *qty == 0 {
                return Err((Reason::BadValue, Some(*id)));
            }
            amount = amount.saturating_add(i128::from(product.price) * i128::from(*qty));
            match sums.iter_mut().find(|sum| sum.0 == *id) {
                Some(sum) => sum.1 += u128::from(*qty),
                None => sums.push((*id, u128::from(*qty))),
            }
        }
        sums.sort();
        let units = sums.iter().map(|sum| sum.1).max().unwrap_or(0);
        let deadline = u128::from(self.time) + u128::from(sale.terms.hold_for);
        let most = i64::MAX.unsigned_abs();
        let amount = i64::try_from(amount).map_err(|_| (Reason::Overflow, None))?;
        refuse_if(units.max(deadline) > u128::from(most), Reason::Overflow)?;
        let small = |sum: u128| u64::try_from(sum).expect("compared above");
        Ok((sums.into_iter().map(|(id, sum)| (id, small(sum))).collect(), amount))
    }

    /// Why an account or origin may do nothing new.
    pub(crate) fn barred(&self, account: AccountId, origin: Option<OriginId>) -> Option<Reason> {
        let killed = self.accounts.iter().any(|a| a.id == account && a.killed);
        let origin_blocked = origin.is_some_and(|origin| self.blocked_origins.contains(&origin));
        if killed {
            Some(Reason::AccountKilled)
        } else if self.is_blocked(account) || origin_blocked {
            Some(Reason::Blocked)
        } else {
            None
        }
    }

    fn count_attempt(&mut self, wish: &Wish) -> Result<(), Refusal> {
        let time = self.time;
        let sale = self.sale_mut(wish.sale);
        let window = sale.terms.attempts_window.unwrap_or(0);
        let tried = sale.attempts.iter().filter(|a| a.0 == wish.account && time - a.1 < window);
        let tried = tried.count() as u64;
        if sale.terms.max_attempts.is_some_and(|max| tried >= max) {
            return Err((Reason::TooManyRequests, None));
        }
        sale.attempts.push((wish.account, time));
        Ok(())
    }

    /// From limit_per_account to insufficient_funds.
    fn check_limits_and_stock(
        &self,
        wish: &Wish,
        lines: Vec<(ProductId, u64)>,
        amount: i64,
    ) -> Result<Grant, Refusal> {
        let sale = self.sale(wish.sale).ok_or((Reason::UnknownSale, None))?;
        self.check_sale_limits(sale, wish.account, wish.origin, &lines)?;
        let state = if sale.is_draw() { ReservationState::Entered } else { ReservationState::Held };
        let short = lines.iter().find(|line| sale.free(line.0) < line.1);
        if let Some((product, _)) = short.filter(|_| !sale.is_draw()) {
            let room = sale.terms.waitlist.unwrap_or(0) > sale.waiting(*product).len() as u64;
            if wish.cart || wish.leg || !room {
                return Err((Reason::SoldOut, Some(*product)));
            }
            return Ok((lines, amount, ReservationState::Queued));
        }
        let paid = sale.terms.payment == Payment::Balance;
        if paid && amount > self.available(wish.account, sale.terms.quote) {
            return Err((Reason::InsufficientFunds, None));
        }
        Ok((lines, amount, state))
    }

    pub(crate) fn check_sale_limits(
        &self,
        sale: &Sale,
        account: AccountId,
        origin: Option<OriginId>,
        lines: &[(ProductId, u64)],
    ) -> Result<(), Refusal> {
        let counted: Vec<&Reservation> = sale.reservations.iter().filter(|r| r.counts()).collect();
        for (id, qty) in lines {
            let own = counted.iter().filter(|r| r.account == account);
            let own = own.flat_map(|r| &r.lines).filter(|line| line.0 == *id);
            let own: u128 = own.map(|line| u128::from(line.1)).sum();
            let limit = sale.product(*id).map_or(0, |product| product.limit);
            let entered = sale.is_draw() && own > 0;
            if entered || own + u128::from(*qty) > u128::from(limit) {
                return Err((Reason::LimitPerAccount, Some(*id)));
            }
        }
        let wanted: u128 = lines.iter().map(|line| u128::from(line.1)).sum();
        let of_account = counted.iter().filter(|r| r.account == account);
        let in_sale: u128 = of_account.map(|r| r.units()).sum();
        let over = |limit: Option<u64>, units: u128| {
            limit.is_some_and(|limit| units + wanted > u128::from(limit))
        };
        if over(sale.terms.limit_per_account, in_sale) {
            return Err((Reason::LimitPerSale, None));
        }
        let of_origin = counted.iter().filter(|r| origin.is_some() && r.origin == origin);
        let by_origin: u128 = of_origin.map(|r| r.units()).sum();
        if origin.is_some() && over(sale.terms.limit_per_origin, by_origin) {
            return Err((Reason::LimitPerOrigin, None));
        }
        Ok(())
    }
}
