//! Sales as a whole: their part of the state's hash, and their invariants from scratch.

use super::{Held, Units, UsageTable};
use crate::digest::Digest;
use crate::engine::Engine;
use crate::words::ReservationState;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

impl Engine {
    pub(crate) fn hash_sales(&self, digest: &mut Digest) {
        for sale in &self.sales.list {
            digest.value(&(sale.rules, sale.drawn));
        }
        for product in &self.sales.products {
            let Units { free, held, sold, waiting } = product.units;
            digest.value(&(product.sale, product.id, product.price, product.limit_per_account));
            digest.value(&(product.asset, product.total, free, held, sold, waiting));
            for recent in &product.recent {
                digest.value(recent);
            }
        }
        for held in self.sales.reservations.iter() {
            hash_held(digest, held);
            for at in 0..held.subject.lines() {
                digest.value(&self.sales.line(held.subject, at));
            }
        }
        for product in 0..self.sales.products.len() as u32 {
            self.line(product).for_each(|slot| digest.word(u64::from(slot)));
        }
        let tables = [&self.sales.by_product, &self.sales.by_sale, &self.sales.by_origin];
        tables.into_iter().for_each(|table| hash_usage(digest, table));
        let mut blocked: Vec<_> = self.sales.blocked_origins.iter().copied().collect();
        blocked.sort_unstable();
        blocked.iter().for_each(|origin| digest.value(origin));
    }

    /// Adds what reservations and stock hold to `owed`, by (account, asset).
    pub(crate) fn audit_sales(&self, owed: &mut BTreeMap<(u32, u32), i128>) -> Result<(), String> {
        let mut held_units: BTreeMap<u32, u64> = BTreeMap::new();
        let mut sold_units: BTreeMap<u32, u64> = BTreeMap::new();
        for held in self.sales.reservations.iter() {
            let sale = &self.sales.list[held.sale as usize];
            let binds = matches!(held.state, ReservationState::Held | ReservationState::Entered);
            if binds && sale.pays_by_balance() && held.amount != 0 {
                *owed.entry((held.account, sale.quote)).or_default() += i128::from(held.amount);
            }
            for at in 0..held.subject.lines() {
                let (product, qty) = self.sales.line(held.subject, at);
                match held.state {
                    ReservationState::Held => *held_units.entry(product).or_default() += qty,
                    ReservationState::Confirmed => *sold_units.entry(product).or_default() += qty,
                    _ => {}
                }
            }
        }
        for (slot, product) in self.sales.products.iter().enumerate() {
            let slot = slot as u32;
            let Units { free, held, sold, waiting } = product.units;
            let sums = (held_units.get(&slot), sold_units.get(&slot), self.line(slot).count());
            let sums = (sums.0.copied().unwrap_or(0), sums.1.copied().unwrap_or(0), sums.2 as u64);
            if sums != (held, sold, waiting) || free + held + sold != product.total {
                return Err(alloc::format!("product {}: {sums:?}, not {product:?}", product.id));
            }
            if let Some(asset) = product.asset.filter(|_| free + held != 0) {
                let seller = self.sales.list[product.sale as usize].seller;
                *owed.entry((seller, asset)).or_default() += i128::from(free + held);
            }
        }
        Ok(())
    }
}

fn hash_held(digest: &mut Digest, held: &Held) {
    digest.value(&(held.account, held.owner, held.sale, held.request_id, held.origin));
    digest.value(&(held.state, held.reason, held.amount, held.deadline_ns));
}

/// Counts that are not 0, and attempts, by key.
fn hash_usage(digest: &mut Digest, table: &UsageTable) {
    let mut list: Vec<_> = table.list.iter().collect();
    list.retain(|usage| usage.units != 0 || !usage.attempts.is_empty());
    list.sort_unstable_by_key(|usage| usage.key);
    for usage in list {
        digest.value(&(usage.key, usage.units));
        usage.attempts.iter().for_each(|time| digest.word(*time));
    }
}
