//! Taking back what an atomic interaction did to sales, last first.

use super::{Sales, Units, UsageTable};
use crate::engine::Engine;

/// Which table of counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Table {
    Product,
    Sale,
    Origin,
}

/// One thing to take back.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Undo {
    /// A product had these units, and these ends of its line.
    Units { product: u32, units: Units, first: u32, last: u32 },
    /// A count was this.
    Count { table: Table, key: (u64, u64), units: u64 },
    /// An attempt was noted at the back.
    Attempt { key: (u64, u64) },
    /// A reservation is new.
    Reservation,
    /// Units were counted as sold in this second.
    Recent { product: u32, second: u64, qty: u64 },
}

impl Sales {
    /// From here on changes can be taken back.
    pub(crate) fn begin(&mut self) {
        self.logs = true;
    }

    /// What changed since [`Sales::begin`] stays.
    pub(crate) fn commit(&mut self) {
        self.logs = false;
        self.undo.clear();
    }

    pub(crate) fn log(&mut self, undo: Undo) {
        if self.logs {
            self.undo.push(undo);
        }
    }

    pub(crate) fn log_product(&mut self, product: u32) {
        let state = &self.products[product as usize];
        let (units, first, last) = (state.units, state.first, state.last);
        self.log(Undo::Units { product, units, first, last });
    }

    pub(crate) fn table_mut(&mut self, table: Table) -> &mut UsageTable {
        match table {
            Table::Product => &mut self.by_product,
            Table::Sale => &mut self.by_sale,
            Table::Origin => &mut self.by_origin,
        }
    }
}

impl Engine {
    /// Takes back what changed in sales since [`Sales::begin`].
    pub(crate) fn rollback_sales(&mut self) {
        self.sales.logs = false;
        while let Some(undo) = self.sales.undo.pop() {
            match undo {
                Undo::Units { product, units, first, last } => {
                    let state = &mut self.sales.products[product as usize];
                    (state.units, state.first, state.last) = (units, first, last);
                    if last != crate::book::ladder::NONE {
                        self.sales.reservations[last as usize].behind = crate::book::ladder::NONE;
                    }
                }
                Undo::Count { table, key, units } => {
                    self.sales.table_mut(table).get_mut(key).units = units;
                }
                Undo::Attempt { key } => {
                    self.sales.by_sale.get_mut(key).attempts.pop_back();
                }
                Undo::Reservation => {
                    let slot = self.sales.reservations.len() as u32 - 1;
                    self.unlist(slot);
                    self.sales.reservations.pop();
                }
                Undo::Recent { product, second, qty } => {
                    let recent = &mut self.sales.products[product as usize].recent;
                    if let Some(last) = recent.back_mut().filter(|last| last.0 == second) {
                        last.1 -= qty;
                        if last.1 == 0 {
                            recent.pop_back();
                        }
                    }
                }
            }
        }
        for product in self.sales.dirty.drain(..) {
            self.sales.products[product as usize].dirty = false;
        }
    }
}
