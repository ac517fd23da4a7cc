//! Flash sales: their products, stock, limits and blocks. Reservations are in `reservations`.

use crate::Model;
use crate::reservations::Reservation;
use ringpit_core::command::{AddProduct, Block, CreateSale, Hex, Restock};
use ringpit_core::event::Product as ProductEvent;
use ringpit_core::*;

/// Nanoseconds from the end of a draw sale to its last moment to draw.
const DRAW_TIME_NS: u64 = 24 * 3_600 * 1_000_000_000;

/// A product: what was brought in; what is held and sold is counted from the reservations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Product {
    pub id: ProductId,
    /// Initial and restocked units.
    pub stock: u64,
    pub price: i64,
    pub limit: u64,
    pub asset: Option<AssetId>,
    /// The numbers as they were last printed.
    pub told: Option<ProductEvent>,
}

/// A sale with everything that was ever reserved in it.
#[derive(Clone, Debug)]
pub(crate) struct Sale {
    pub terms: CreateSale,
    pub products: Vec<Product>,
    /// By the number of the reservation.
    pub reservations: Vec<Reservation>,
    /// When which account tried.
    pub attempts: Vec<(AccountId, u64)>,
    /// When how many units of what were confirmed.
    pub confirmed: Vec<(u64, ProductId, u64)>,
    pub set_close: u64,
    pub set_draw: u64,
    pub closed: bool,
    /// Drawn, or its time to draw has passed.
    pub drawn: bool,
}

impl Sale {
    pub fn is_draw(&self) -> bool {
        self.terms.mode == Some(SaleMode::Draw)
    }

    pub fn is_open(&self, time: u64) -> bool {
        (self.terms.opens_at..self.terms.closes_at).contains(&time)
    }

    pub fn draw_by(&self) -> u64 {
        self.terms.draw_by.unwrap_or(self.terms.closes_at + DRAW_TIME_NS)
    }

    pub fn product(&self, id: ProductId) -> Option<&Product> {
        self.products.iter().find(|product| product.id == id)
    }

    /// Units of a product in reservations of a state.
    pub fn units(&self, id: ProductId, state: ReservationState) -> u64 {
        let all = self.reservations.iter().filter(|r| r.state == state);
        all.flat_map(|r| &r.lines).filter(|line| line.0 == id).map(|line| line.1).sum()
    }

    pub fn free(&self, id: ProductId) -> u64 {
        let stock = self.product(id).map_or(0, |product| product.stock);
        stock - self.units(id, ReservationState::Held) - self.units(id, ReservationState::Confirmed)
    }

    /// The waitlist of a product, or the entries of its draw.
    pub fn waiting(&self, id: ProductId) -> Vec<&Reservation> {
        let waits = |r: &&Reservation| {
            matches!(r.state, ReservationState::Queued | ReservationState::Entered)
                && r.lines.iter().any(|line| line.0 == id)
        };
        self.reservations.iter().filter(waits).collect()
    }

    pub fn product_event(&self, id: ProductId) -> ProductEvent {
        ProductEvent {
            sale: self.terms.sale,
            product: id,
            free: self.free(id),
            held: self.units(id, ReservationState::Held),
            sold: self.units(id, ReservationState::Confirmed),
            waiting: self.waiting(id).len() as u64,
        }
    }
}

impl Model {
    pub(crate) fn sale(&self, id: SaleId) -> Option<&Sale> {
        self.sales.iter().find(|sale| sale.terms.sale == id)
    }

    pub(crate) fn sale_mut(&mut self, id: SaleId) -> &mut Sale {
        let found = self.sales.iter_mut().find(|sale| sale.terms.sale == id);
        found.expect("the sale was looked up before")
    }

    pub(crate) fn is_blocked(&self, account: AccountId) -> bool {
        self.blocked_accounts.contains(&account)
    }

    /// What sales bind of an account's asset: unsold goods, and money of holds and entries.
    pub(crate) fn held_by_sales(&self, account: AccountId, asset: AssetId) -> i64 {
        let mut held: i128 = 0;
        for sale in &self.sales {
            if sale.terms.seller == account {
                for product in sale.products.iter().filter(|p| p.asset == Some(asset)) {
                    let sold = sale.units(product.id, ReservationState::Confirmed);
                    held += i128::from(product.stock - sold);
                }
            }
            if sale.terms.quote == asset && sale.terms.payment == Payment::Balance {
                let own = sale.reservations.iter().filter(|r| r.account == account);
                let bound = own.filter(|r| {
                    matches!(r.state, ReservationState::Held | ReservationState::Entered)
                });
                held += bound.map(|r| i128::from(r.amount)).sum::<i128>();
            }
        }
        i64::try_from(held).expect("held is at most what there is")
    }

    pub(crate) fn create_sale(&mut self, c: &CreateSale) {
        let id = u64::from(c.sale.0);
        if let Some(why) = self.sale_fault(c) {
            return self.reject(CommandKind::CreateSale, id, why);
        }
        self.last_deadline += 2;
        self.sales.push(Sale {
            terms: *c,
            products: Vec::new(),
            reservations: Vec::new(),
            attempts: Vec::new(),
            confirmed: Vec::new(),
            set_close: self.last_deadline - 1,
            set_draw: self.last_deadline,
            closed: false,
            drawn: false,
        });
        self.sales.sort_by_key(|sale| sale.terms.sale);
        self.accept(CommandKind::CreateSale, id);
    }

    fn sale_fault(&self, c: &CreateSale) -> Option<(Reason, Field)> {
        let draw = c.mode == Some(SaleMode::Draw);
        let bad = Reason::BadValue;
        let rules = [
            (self.sale(c.sale).is_some(), Reason::DuplicateId, Field::Sale),
            (!self.knows_account(c.seller), Reason::UnknownAccount, Field::Seller),
            (!self.knows_asset(c.quote), Reason::UnknownAsset, Field::Quote),
            (c.closes_at <= c.opens_at, bad, Field::ClosesAt),
            (c.max_attempts.is_none() && c.attempts_window.is_some(), bad, Field::MaxAttempts),
            (c.max_attempts.is_some() && c.attempts_window.is_none(), bad, Field::AttemptsWindow),
            (c.max_attempts == Some(0), bad, Field::MaxAttempts),
            (c.attempts_window == Some(0), bad, Field::AttemptsWindow),
            (draw && c.waitlist.is_some(), bad, Field::Waitlist),
            (c.limit_per_account == Some(0), bad, Field::LimitPerAccount),
            (c.limit_per_origin == Some(0), bad, Field::LimitPerOrigin),
            (
                draw != c.seed_digest.is_some()
                    || c.seed_digest.is_some_and(|digest| hex_bytes(&digest).is_none()),
                bad,
                Field::SeedDigest,
            ),
            (c.draw_by.is_some_and(|by| !draw || by < c.closes_at), bad, Field::DrawBy),
            (c.closes_at <= self.time, Reason::TooLate, Field::ClosesAt),
            (
                draw && c.draw_by.is_none() && i64::try_from(c.closes_at + DRAW_TIME_NS).is_err(),
                Reason::Overflow,
                Field::ClosesAt,
            ),
        ];
        rules.iter().find(|rule| rule.0).map(|rule| (rule.1, rule.2))
    }

    pub(crate) fn add_product(&mut self, c: &AddProduct) {
        let id = u64::from(c.product.0);
        if let Err(why) = self.check_product(c) {
            return self.reject(CommandKind::AddProduct, id, why);
        }
        let products = &mut self.sale_mut(c.sale).products;
        products.push(Product {
            id: c.product,
            stock: c.stock,
            price: c.price,
            limit: c.limit_per_account,
            asset: c.asset,
            told: None,
        });
        products.sort_by_key(|product| product.id);
        self.accept(CommandKind::AddProduct, id);
    }

    fn check_product(&self, c: &AddProduct) -> Result<(), (Reason, Field)> {
        let sale = self.sale(c.sale).ok_or((Reason::UnknownSale, Field::Sale))?;
        let goods = c.asset.map_or(i64::MAX, |asset| self.available(sale.terms.seller, asset));
        let unknown = c.asset.is_some_and(|asset| !self.knows_asset(asset));
        let rules = [
            (sale.product(c.product).is_some(), Reason::DuplicateId, Field::Product),
            (unknown, Reason::UnknownAsset, Field::Asset),
            (c.price < 0, Reason::BadValue, Field::Price),
            (c.limit_per_account < 1, Reason::BadValue, Field::LimitPerAccount),
            (c.asset == Some(sale.terms.quote), Reason::BadValue, Field::Asset),
            (self.time >= sale.terms.closes_at, Reason::TooLate, Field::Sale),
            (!fits(c.price, c.stock), Reason::Overflow, Field::Price),
            (c.stock > goods.unsigned_abs(), Reason::InsufficientFunds, Field::Stock),
        ];
        rules.iter().find(|rule| rule.0).map_or(Ok(()), |rule| Err((rule.1, rule.2)))
    }

    pub(crate) fn restock(&mut self, c: &Restock) {
        let id = u64::from(c.product.0);
        match self.check_restock(c) {
            Ok(stock) => {
                let products = &mut self.sale_mut(c.sale).products;
                for product in products.iter_mut().filter(|product| product.id == c.product) {
                    product.stock = stock;
                }
                self.accept(CommandKind::Restock, id);
                self.serve(c.sale, c.product);
            }
            Err(why) => self.reject(CommandKind::Restock, id, why),
        }
    }

    fn check_restock(&self, c: &Restock) -> Result<u64, (Reason, Field)> {
        let sale = self.sale(c.sale).ok_or((Reason::UnknownSale, Field::Sale))?;
        let product = sale.product(c.product).ok_or((Reason::UnknownProduct, Field::Product))?;
        let goods = product.asset.map_or(i64::MAX, |a| self.available(sale.terms.seller, a));
        let stock = i128::from(product.stock) + i128::from(c.delta);
        let taken = i128::from(sale.free(c.product)) + i128::from(c.delta) < 0;
        let too_many =
            stock > i128::from(i64::MAX) || !fits(product.price, u64::try_from(stock).unwrap_or(0));
        let rules = [
            (c.delta == 0, Reason::BadValue),
            (taken, Reason::BelowFree),
            (too_many, Reason::Overflow),
            (c.delta > goods, Reason::InsufficientFunds),
        ];
        match rules.iter().find(|rule| rule.0) {
            Some(rule) => Err((rule.1, Field::Delta)),
            None => Ok(u64::try_from(stock).expect("free units are part of the stock")),
        }
    }

    pub(crate) fn block(&mut self, c: &Block) {
        let do_ = CommandKind::Block;
        match (c.account, c.origin) {
            (Some(account), None) if self.knows_account(account) => {
                self.blocked_accounts.retain(|other| *other != account);
                if c.on {
                    self.blocked_accounts.push(account);
                }
                self.accept(do_, account.0);
            }
            (Some(account), None) => {
                self.reject(do_, account.0, (Reason::UnknownAccount, Field::Account));
            }
            (None, Some(origin)) => {
                self.blocked_origins.retain(|other| *other != origin);
                if c.on {
                    self.blocked_origins.push(origin);
                }
                self.accept(do_, origin.0);
            }
            (account, _) => self.emit(event::Rejected {
                command: do_,
                id: account.map(|account| account.0),
                reason: Reason::BadValue,
                field: Some(Field::Account),
            }),
        }
    }

    /// After everything else: the numbers of products that changed.
    pub(crate) fn print_products(&mut self) {
        let mut changed = Vec::new();
        for sale in &mut self.sales {
            let now: Vec<ProductEvent> =
                sale.products.iter().map(|product| sale.product_event(product.id)).collect();
            for (product, now) in sale.products.iter_mut().zip(now) {
                if product.told != Some(now) {
                    product.told = Some(now);
                    changed.push(now);
                }
            }
        }
        for event in changed {
            self.emit(event);
        }
    }
}

/// Whether a price for so many units is a sum of money.
fn fits(price: i64, units: u64) -> bool {
    i128::from(price) * i128::from(units) <= i128::from(i64::MAX)
}

/// The 32 bytes of 64 hexadecimal digits.
pub(crate) fn hex_bytes(text: &Hex) -> Option<[u8; 32]> {
    let digits: Vec<u32> =
        text.as_str().chars().map(|c| c.to_digit(16)).collect::<Option<Vec<u32>>>()?;
    let mut bytes = [0; 32];
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::try_from(pair[0] * 16 + pair[1]).ok()?;
    }
    Some(bytes)
}
