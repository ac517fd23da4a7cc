//! What a sale shows: product lines, computed values, the hot list, and open reservations.

use super::Units;
use crate::admin::at;
use crate::command::QuerySale;
use crate::engine::Engine;
use crate::event::{Hot, Product, ProductStats, Sink};
use crate::ids::SaleId;
use crate::limits::{HOT_PLACES, HOT_WINDOW_S, SECOND_NS};
use crate::query::Answer;
use crate::reason::Reason;
use crate::step::{Refusal, Step};
use crate::words::Field;
use alloc::vec::Vec;
use core::cmp::Reverse;

impl Engine {
    /// A product's numbers as they are now.
    pub(crate) fn product_event(&self, slot: u32) -> Product {
        let product = &self.sales.products[slot as usize];
        let Units { free, held, sold, waiting } = product.units;
        let sale = self.sales.list[product.sale as usize].id;
        Product { sale, product: product.id, free, held, sold, waiting }
    }

    /// Prints each product whose numbers changed, once, by (sale, product).
    pub(crate) fn flush_products<S: Sink>(&mut self, cx: &mut Step<'_, S>) {
        if self.sales.dirty.is_empty() {
            return;
        }
        let mut dirty = core::mem::take(&mut self.sales.dirty);
        dirty.sort_unstable_by_key(|slot| {
            let product = &self.sales.products[*slot as usize];
            (self.sales.list[product.sale as usize].id, product.id)
        });
        for slot in dirty.drain(..) {
            let product = &mut self.sales.products[slot as usize];
            product.dirty = false;
            if product.said != product.units {
                product.said = product.units;
                let line = self.product_event(slot);
                self.emit(cx, 0, line);
            }
        }
        self.sales.dirty = dirty;
    }

    fn known_sale(&self, id: SaleId) -> Result<u32, Refusal> {
        self.sales.sale(id).ok_or(at(Reason::UnknownSale, Field::Sale))
    }

    pub(crate) fn query_sale<S: Sink>(
        &self,
        c: &QuerySale,
        to: &mut Answer<'_, S>,
    ) -> Result<(), Refusal> {
        for product in self.sales.products_by_id(self.known_sale(c.sale)?) {
            to.send(self.product_event(product));
        }
        Ok(())
    }

    /// Each product's computed values, then the hot list.
    pub(crate) fn sale_stats<S: Sink>(
        &self,
        id: SaleId,
        to: &mut Answer<'_, S>,
    ) -> Result<(), Refusal> {
        let products = self.sales.products_by_id(self.known_sale(id)?);
        for slot in &products {
            let Product { sale, product, free, held, sold, waiting } = self.product_event(*slot);
            let all = u128::from(free) + u128::from(held) + u128::from(sold);
            let sold_bp = (u128::from(sold) * 10_000).checked_div(all).unwrap_or(0) as u64;
            to.send(ProductStats { sale, product, free, held, sold, waiting, sold_bp });
        }
        let second = to.at() / SECOND_NS;
        let mut hot: Vec<_> = products
            .iter()
            .map(|slot| &self.sales.products[*slot as usize])
            .map(|product| {
                let recent = product.recent.iter().filter(|r| second - r.0 < HOT_WINDOW_S);
                (Reverse(recent.map(|r| r.1).sum::<u64>()), product.id)
            })
            .filter(|(Reverse(sold), _)| *sold > 0)
            .collect();
        hot.sort_unstable();
        for (rank, (Reverse(sold), product)) in (1..).zip(hot.into_iter().take(HOT_PLACES)) {
            to.send(Hot { sale: id, rank, product, sold });
        }
        Ok(())
    }

    /// An account's open reservations, by id.
    pub(crate) fn open_reservations(&self, account: u32) -> Vec<u32> {
        let head = self.ledger.accounts[account as usize].reservations;
        let some = |slot: u32| (slot != crate::book::ladder::NONE).then_some(slot);
        let mut slots: Vec<u32> = core::iter::successors(some(head), |slot| {
            some(self.sales.reservations[*slot as usize].older)
        })
        .collect();
        slots.sort_unstable();
        slots
    }
}
