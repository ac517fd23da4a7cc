//! What a flash sale must come to, worked out the obvious way: a short reference for one sale on
//! the ledger's money, first come first served, with a waitlist, limits and holds that run out.
//!
//! It is neither the engine nor `engine/model`, shares no code with either, and counts by going
//! through an account's own reservations. Carts, draws, goods in the ledger and what an operator
//! changes later are not in it: a command it does not know ends the test.

use ringpit_core::command::{AddProduct, Confirm, CreateSale, Reserve, Void};
use ringpit_core::event::{Rejected, Reservation};
use ringpit_core::{
    AccountId, Command, CommandKind, Event, Field, OriginId, ProductId, Reason, RequestId,
    ReservationId, ReservationState,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use ReservationState::{Confirmed, Expired, Held, Queued, Voided};

/// Where a product's units are, and who waits for them (places in [`FirstCome::reservations`]).
pub struct Shelf {
    pub rules: AddProduct,
    pub free: u64,
    pub held: u64,
    pub sold: u64,
    pub line: VecDeque<usize>,
}

/// What an account can spend, and what is bound.
#[derive(Clone, Copy, Default)]
pub struct Purse {
    pub available: i64,
    pub held: i64,
}

/// A sale that closes is due like a hold; it has this place.
const CLOSING: usize = usize::MAX;

/// One sale and its customers.
#[derive(Default)]
pub struct FirstCome {
    sale: Option<CreateSale>,
    pub shelves: BTreeMap<ProductId, Shelf>,
    pub purses: HashMap<AccountId, Purse>,
    /// By reservation number, from 1.
    pub reservations: Vec<Reservation>,
    of_account: HashMap<AccountId, Vec<usize>>,
    of_origin: HashMap<OriginId, Vec<usize>>,
    attempts: HashMap<AccountId, Vec<u64>>,
    requests: HashMap<(AccountId, RequestId), usize>,
    /// (time, when it was set, whose).
    due: BTreeSet<(u64, u64, usize)>,
    armed: u64,
    armed_as: HashMap<usize, u64>,
    said: Vec<(u64, Event)>,
}

impl FirstCome {
    /// One command at its time; the reservations and refusals that must come of it and of what fell
    /// due by then.
    pub fn step(&mut self, at: u64, command: &Command) -> Vec<(u64, Event)> {
        self.fall_due(at);
        let refusal = match command {
            Command::CreateAsset(_) | Command::Tick => None,
            Command::SessionOpen(_) | Command::SessionConfig(_) => None,
            Command::SessionLost(_) | Command::SessionBack(_) => None,
            Command::OpenAccount(c) => {
                self.purses.insert(c.account, Purse::default());
                None
            }
            Command::Deposit(c) => {
                self.purse(c.account).available += c.amount;
                None
            }
            Command::CreateSale(c) => {
                self.sale = Some(*c);
                self.due.insert((c.closes_at, 0, CLOSING));
                None
            }
            Command::AddProduct(c) => {
                let shelf =
                    Shelf { rules: *c, free: c.stock, held: 0, sold: 0, line: VecDeque::new() };
                self.shelves.insert(c.product, shelf);
                None
            }
            Command::Reserve(c) => self.reserve(at, c).err().map(|reason| refused(c, reason)),
            Command::Confirm(c) => {
                self.confirm(at, c).err().map(|why| lost(CommandKind::Confirm, c.reservation, why))
            }
            Command::Void(c) => {
                self.void(at, c).err().map(|why| lost(CommandKind::Void, c.reservation, why))
            }
            other => panic!("the reference knows no {other:?}"),
        };
        self.said.extend(refusal.map(|event| (at, event)));
        std::mem::take(&mut self.said)
    }

    /// When the next hold, or the sale itself, ends.
    pub fn next_due(&self) -> Option<u64> {
        self.due.first().map(|due| due.0)
    }

    fn rules(&self) -> CreateSale {
        self.sale.expect("a sale")
    }

    fn purse(&mut self, account: AccountId) -> &mut Purse {
        self.purses.get_mut(&account).expect("an account")
    }

    fn shelf(&mut self, of: usize) -> &mut Shelf {
        let product = self.reservations[of].product.expect("one product");
        self.shelves.get_mut(&product).expect("a product")
    }

    fn fall_due(&mut self, now: u64) {
        while let Some((time, _, whose)) = self.due.first().copied().filter(|due| due.0 <= now) {
            self.due.pop_first();
            if whose == CLOSING {
                let lines = self.shelves.values_mut();
                let waiting: Vec<usize> = lines.flat_map(|s| std::mem::take(&mut s.line)).collect();
                for place in waiting {
                    self.end(time, place, Expired, Some(Reason::SaleClosed));
                }
            } else {
                self.give_back(time, whose, Expired);
            }
        }
    }

    fn reserve(&mut self, at: u64, c: &Reserve) -> Result<(), Reason> {
        if let Some(done) = self.requests.get(&(c.account, c.request_id)).copied() {
            let mut now = self.reservations[done];
            if now.state == Queued {
                let place = self.shelf(done).line.iter().position(|other| *other == done);
                now.position = place.map(|place| place as u64 + 1);
            }
            self.said.push((at, now.into()));
            return Ok(());
        }
        let rules = self.rules();
        if at < rules.opens_at || at >= rules.closes_at {
            return Err(Reason::NotOpen);
        }
        if !self.purses.contains_key(&c.account) {
            return Err(Reason::UnknownAccount);
        }
        let shelf = self.shelves.get(&c.product).ok_or(Reason::UnknownProduct)?;
        let (free, waiting, limit) =
            (shelf.free, shelf.line.len() as u64, shelf.rules.limit_per_account);
        let amount = shelf.rules.price * i64::try_from(c.qty).expect("a small quantity");
        self.attempt(at, c.account)?;
        let own = self.of_account.get(&c.account).cloned().unwrap_or_default();
        let of_product = self.units(&own, Some(c.product));
        if of_product + c.qty > limit {
            return Err(Reason::LimitPerAccount);
        }
        let beyond = |units: u64, limit: Option<u64>| limit.is_some_and(|l| units + c.qty > l);
        if beyond(self.units(&own, None), rules.limit_per_account) {
            return Err(Reason::LimitPerSale);
        }
        if let Some(origin) = c.origin {
            let household = self.of_origin.get(&origin).cloned().unwrap_or_default();
            if beyond(self.units(&household, None), rules.limit_per_origin) {
                return Err(Reason::LimitPerOrigin);
            }
        }
        let fits = c.qty <= free;
        if !fits && waiting >= rules.waitlist.unwrap_or(0) {
            return Err(Reason::SoldOut);
        }
        if fits && self.purses[&c.account].available < amount {
            return Err(Reason::InsufficientFunds);
        }
        let new = self.note(c);
        if fits {
            self.hold(at, new);
        } else {
            self.shelf(new).line.push_back(new);
            let position = Some(waiting + 1);
            self.said.push((at, Reservation { position, ..self.reservations[new] }.into()));
        }
        Ok(())
    }

    /// Counts an attempt, when the account may have another one.
    fn attempt(&mut self, at: u64, account: AccountId) -> Result<(), Reason> {
        let rules = self.rules();
        if let (Some(max), Some(window)) = (rules.max_attempts, rules.attempts_window) {
            let times = self.attempts.entry(account).or_default();
            if times.iter().filter(|time| at - **time < window).count() as u64 >= max {
                return Err(Reason::TooManyRequests);
            }
            times.push(at);
        }
        Ok(())
    }

    /// Units held, bought and waited for.
    fn units(&self, among: &[usize], product: Option<ProductId>) -> u64 {
        let all = among.iter().map(|place| &self.reservations[*place]);
        all.filter(|one| product.is_none() || one.product == product)
            .filter(|one| matches!(one.state, Held | Queued | Confirmed))
            .filter_map(|one| one.qty)
            .sum()
    }

    /// A new reservation, for now without units and money.
    fn note(&mut self, c: &Reserve) -> usize {
        let new = self.reservations.len();
        self.reservations.push(Reservation {
            reservation: Some(ReservationId(new as u64 + 1)),
            account: c.account,
            sale: c.sale,
            product: Some(c.product),
            qty: Some(c.qty),
            request_id: Some(c.request_id),
            state: Queued,
            position: None,
            deadline: None,
            amount: None,
            lines: None,
            reason: None,
        });
        self.of_account.entry(c.account).or_default().push(new);
        if let Some(origin) = c.origin {
            self.of_origin.entry(origin).or_default().push(new);
        }
        self.requests.insert((c.account, c.request_id), new);
        new
    }

    fn amount(&mut self, of: usize) -> i64 {
        let qty = self.reservations[of].qty.expect("a quantity");
        self.shelf(of).rules.price * i64::try_from(qty).expect("a small quantity")
    }

    /// Binds units and money until the deadline.
    fn hold(&mut self, at: u64, place: usize) {
        let amount = self.amount(place);
        let deadline = at + self.rules().hold_for;
        let one = &mut self.reservations[place];
        (one.state, one.deadline, one.amount) = (Held, Some(deadline), Some(amount));
        let (one, qty) = (*one, one.qty.expect("a quantity"));
        let shelf = self.shelf(place);
        (shelf.free, shelf.held) = (shelf.free - qty, shelf.held + qty);
        let purse = self.purse(one.account);
        (purse.available, purse.held) = (purse.available - amount, purse.held + amount);
        self.armed += 1;
        self.armed_as.insert(place, self.armed);
        self.due.insert((deadline, self.armed, place));
        self.said.push((at, one.into()));
    }

    fn open(&self, id: ReservationId) -> Result<usize, Reason> {
        let place = usize::try_from(id.0).expect("a small number").wrapping_sub(1);
        match self.reservations.get(place).ok_or(Reason::UnknownReservation)?.state {
            Held | Queued => Ok(place),
            Confirmed => Err(Reason::AlreadyConfirmed),
            _ => Err(Reason::TooLate),
        }
    }

    fn confirm(&mut self, at: u64, c: &Confirm) -> Result<(), Reason> {
        let place = self.open(c.reservation)?;
        let one = self.reservations[place];
        if one.state != Held {
            return Err(Reason::NotHeld);
        }
        let all = one.qty.expect("a quantity");
        let qty = c.qty.unwrap_or(all);
        let bound = self.amount(place);
        self.disarm(place);
        self.reservations[place].qty = Some(qty);
        let paid = self.amount(place);
        let now = &mut self.reservations[place];
        (now.state, now.deadline, now.amount) = (Confirmed, None, Some(paid));
        let now = *now;
        let shelf = self.shelf(place);
        shelf.held -= all;
        shelf.sold += qty;
        shelf.free += all - qty;
        let purse = self.purse(one.account);
        purse.held -= bound;
        purse.available += bound - paid;
        let seller = self.rules().seller;
        self.purse(seller).available += paid;
        self.said.push((at, now.into()));
        if qty < all {
            self.serve(at, place);
        }
        Ok(())
    }

    fn void(&mut self, at: u64, c: &Void) -> Result<(), Reason> {
        let place = self.open(c.reservation)?;
        if self.reservations[place].state == Queued {
            self.shelf(place).line.retain(|other| *other != place);
            self.end(at, place, Voided, None);
        } else {
            self.disarm(place);
            self.give_back(at, place, Voided);
        }
        Ok(())
    }

    fn disarm(&mut self, place: usize) {
        let deadline = self.reservations[place].deadline.expect("a deadline");
        assert!(self.due.remove(&(deadline, self.armed_as[&place], place)), "a deadline");
    }

    /// A hold's units and money return, and those who wait have their turn.
    fn give_back(&mut self, at: u64, place: usize, state: ReservationState) {
        let amount = self.amount(place);
        let one = self.reservations[place];
        let qty = one.qty.expect("a quantity");
        let shelf = self.shelf(place);
        (shelf.free, shelf.held) = (shelf.free + qty, shelf.held - qty);
        let purse = self.purse(one.account);
        (purse.available, purse.held) = (purse.available + amount, purse.held - amount);
        self.end(at, place, state, None);
        self.serve(at, place);
    }

    fn end(&mut self, at: u64, place: usize, state: ReservationState, reason: Option<Reason>) {
        let one = &mut self.reservations[place];
        (one.state, one.reason, one.deadline, one.amount) = (state, reason, None, None);
        self.said.push((at, (*one).into()));
    }

    /// Serves the line of the product that a reservation gave something back of.
    fn serve(&mut self, at: u64, returned: usize) {
        for place in self.shelf(returned).line.clone() {
            let needed = self.reservations[place].qty.expect("a quantity");
            if needed > self.shelf(place).free {
                continue;
            }
            self.shelf(place).line.retain(|other| *other != place);
            let amount = self.amount(place);
            if self.purse(self.reservations[place].account).available < amount {
                self.end(at, place, ReservationState::Rejected, Some(Reason::InsufficientFunds));
            } else {
                self.hold(at, place);
            }
        }
    }
}

fn refused(c: &Reserve, reason: Reason) -> Event {
    Reservation {
        reservation: None,
        account: c.account,
        sale: c.sale,
        product: Some(c.product),
        qty: Some(c.qty),
        request_id: Some(c.request_id),
        state: ReservationState::Rejected,
        position: None,
        deadline: None,
        amount: None,
        lines: None,
        reason: Some(reason),
    }
    .into()
}

fn lost(command: CommandKind, reservation: ReservationId, reason: Reason) -> Event {
    Rejected { command, id: Some(reservation.0), reason, field: Some(Field::Reservation) }.into()
}
