//! The end of a draw sale: who of those who entered gets what there is.

use crate::Model;
use crate::reservations::Reservation;
use crate::sales::hex_bytes;
use hmac::{Hmac, KeyInit, Mac};
use ringpit_core::command::Draw;
use ringpit_core::*;
use sha2::{Digest, Sha256};

/// A place in the line of a product's draw: lowest first.
fn rank(seed: &[u8; 32], account: AccountId, product: ProductId) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(seed).expect("any key length will do");
    mac.update(&account.0.to_le_bytes());
    mac.update(&product.0.to_le_bytes());
    mac.finalize().into_bytes().to_vec()
}

impl Model {
    fn check_draw(&self, c: &Draw) -> Result<[u8; 32], (Reason, Field)> {
        let sale = self.sale(c.sale).ok_or((Reason::UnknownSale, Field::Sale))?;
        let rules = [
            (!sale.is_draw(), Reason::NotADraw),
            (self.time < sale.terms.closes_at, Reason::TooEarly),
            (sale.drawn, Reason::TooLate),
        ];
        if let Some(rule) = rules.iter().find(|rule| rule.0) {
            return Err((rule.1, Field::Sale));
        }
        let bad_seed = (Reason::BadSeed, Field::Seed);
        let seed = hex_bytes(&c.seed).ok_or(bad_seed)?;
        let promised = sale.terms.seed_digest.as_ref().and_then(hex_bytes);
        let digest: [u8; 32] = Sha256::digest(seed).into();
        if promised == Some(digest) { Ok(seed) } else { Err(bad_seed) }
    }

    pub(crate) fn draw(&mut self, c: &Draw) {
        let seed = match self.check_draw(c) {
            Ok(seed) => seed,
            Err(why) => return self.reject(CommandKind::Draw, u64::from(c.sale.0), why),
        };
        self.accept(CommandKind::Draw, u64::from(c.sale.0));
        self.sale_mut(c.sale).drawn = true;
        for product in self.product_ids(c.sale) {
            let mut entries = self.entries(c.sale, product);
            entries.sort_by_key(|entry| rank(&seed, entry.account, product));
            for entry in entries {
                let wanted = entry.lines.first().map_or(0, |line| line.1);
                let free = self.sale(c.sale).map_or(0, |sale| sale.free(product));
                let short = (wanted > free).then_some(Reason::NotDrawn);
                match self.barred(entry.account, entry.origin).or(short) {
                    Some(why) => {
                        let state = ReservationState::Rejected;
                        self.end_reservation(c.sale, entry.id, state, Some(why));
                    }
                    None => self.hold_reservation(c.sale, entry.id),
                }
            }
        }
    }

    /// Nobody drew in time: everybody gets the money back.
    pub(crate) fn give_up_draw(&mut self, id: SaleId) {
        self.sale_mut(id).drawn = true;
        for product in self.product_ids(id) {
            for entry in self.entries(id, product) {
                let why = Some(Reason::NotDrawn);
                self.end_reservation(id, entry.id, ReservationState::Rejected, why);
            }
        }
    }

    fn product_ids(&self, sale: SaleId) -> Vec<ProductId> {
        let products = self.sale(sale).map_or(&[][..], |sale| &sale.products);
        products.iter().map(|product| product.id).collect()
    }

    fn entries(&self, sale: SaleId, product: ProductId) -> Vec<Reservation> {
        let sale = self.sale(sale);
        sale.map_or(Vec::new(), |sale| sale.waiting(product).into_iter().cloned().collect())
    }
}
