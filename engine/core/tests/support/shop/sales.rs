//! Commands about flash sales.

use super::{DIGEST, MONEY, World};
use ringpit_core::command::*;
use ringpit_core::*;

impl World {
    pub(super) fn sale_command(&mut self) -> Command {
        match self.random.below(40) {
            0 => self.create_sale().into(),
            1..=2 => self.add_product().into(),
            3..=5 => {
                let delta = self.money(6).saturating_mul(self.random.pick(&[1, 1, -1]));
                let (sale, product) = self.product();
                Restock { sale, product, delta }.into()
            }
            6..=8 => self.cart().into(),
            9..=13 => {
                let qty = if self.random.chance(20) { Some(self.small(3)) } else { None };
                Confirm { reservation: self.reservation(), qty }.into()
            }
            14..=17 => Void { reservation: self.reservation() }.into(),
            18 => Extend { reservation: self.reservation(), by: self.span(10) }.into(),
            19 => {
                let (sale, product) = self.product();
                Leave { account: self.account(), sale, product }.into()
            }
            20..=21 => self.draw().into(),
            22 => self.block().into(),
            23 => Command::Tick,
            24 => self.account_command(),
            _ => self.reserve().into(),
        }
    }

    pub(super) fn draw(&mut self) -> Draw {
        let draws = self.sales.iter().filter(|sale| sale.mode == Some(SaleMode::Draw));
        let draws: Vec<SaleId> = draws.map(|sale| sale.sale).collect();
        let known = !draws.is_empty() && self.random.chance(80);
        let sale = if known { self.random.pick(&draws) } else { self.sale() };
        let zeros = "00".repeat(32);
        let ones = "11".repeat(32);
        let seed = self.random.pick(&[zeros.as_str(), zeros.as_str(), ones.as_str(), "no hex"]);
        Draw { sale, seed: Hex::new(seed).expect("short") }
    }

    pub(super) fn create_sale(&mut self) -> CreateSale {
        let odd = self.profile.odd / 2;
        let draws = self.random.chance(30);
        let attempts = self.random.chance(25);
        let id = self.new_id(3);
        let digest = draws != self.random.chance(odd);
        CreateSale {
            sale: SaleId(id),
            opens_at: self.time(-8, 1),
            closes_at: self.time(0, 30),
            hold_for: if self.random.chance(15) { 0 } else { self.span(12) },
            payment: self.random.pick(&[Payment::Balance, Payment::Balance, Payment::External]),
            seller: self.account(),
            quote: if self.random.chance(97) { MONEY } else { AssetId(self.id(3)) },
            max_attempts: (attempts != self.random.chance(odd)).then(|| self.small(4)),
            attempts_window: (attempts != self.random.chance(odd)).then(|| self.span(9) + 1),
            waitlist: (self.random.chance(70) && draws == self.random.chance(odd))
                .then(|| self.random.below(4)),
            limit_per_account: self.random.chance(40).then(|| self.small(6)),
            limit_per_origin: self.random.chance(40).then(|| self.small(6)),
            mode: if draws { Some(SaleMode::Draw) } else { None },
            seed_digest: if digest { Hex::new(DIGEST) } else { None },
            draw_by: (self.random.chance(50) && draws != self.random.chance(odd))
                .then(|| self.time(5, 45)),
        }
    }

    pub(super) fn add_product(&mut self) -> AddProduct {
        AddProduct {
            sale: self.sale(),
            product: ProductId(self.id(4)),
            stock: self.small(6),
            price: self.money(150),
            limit_per_account: self.small(4),
            asset: self.random.chance(35).then(|| AssetId(self.random.pick(&[1, 1, 1, 2, 5]))),
        }
    }

    pub(super) fn reserve(&mut self) -> Reserve {
        let (sale, product) = self.product();
        Reserve {
            account: self.account(),
            sale,
            product,
            qty: self.small(2),
            request_id: self.request(),
            origin: self.origin(),
        }
    }

    pub(super) fn cart(&mut self) -> ReserveCart {
        let most = if self.random.chance(self.profile.odd) { 18 } else { 4 };
        let sale = self.sale();
        let mut lines = Vec::new();
        for _ in 0..self.random.below(most) {
            let own: Vec<_> = self.products.iter().filter(|p| p.0 == sale).copied().collect();
            let known = !own.is_empty() && self.random.chance(95);
            let product = if known { self.random.pick(&own).1 } else { ProductId(self.id(4)) };
            lines.push(Line { product, qty: self.small(2) });
        }
        ReserveCart {
            account: self.account(),
            sale,
            request_id: self.request(),
            origin: self.origin(),
            lines: List::from_slice(&lines).expect("short"),
        }
    }

    /// Usually one that holds or waits.
    pub(super) fn reservation(&mut self) -> ReservationId {
        if self.reservations.is_empty() || self.random.chance(15) {
            let last = self.model.last_reservation();
            return ReservationId((last + 1).saturating_sub(self.random.below(8)));
        }
        self.random.pick(&self.reservations)
    }
}
