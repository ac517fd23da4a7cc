//! What an account bought, sold and has open in one book; counted only where a limit needs it.

use crate::segments::Segments;
use crate::table::{Table, hash_pair};
use crate::words::Side;

/// One account in one book. Sums are i128 so that no number of fills can overflow them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position {
    pub account: u32,
    pub book: u32,
    /// Lots bought less lots sold, by fills.
    pub net: i128,
    /// Lots of open orders, stops and parked included.
    pub open_buy: i128,
    /// Lots of open orders, stops and parked included.
    pub open_sell: i128,
    /// How many open orders.
    pub orders: u64,
}

impl Position {
    /// What a side's fills and open orders add up to in that side's direction.
    pub(crate) const fn exposure(&self, side: Side) -> i128 {
        match side {
            Side::Buy => self.net + self.open_buy,
            Side::Sell => self.open_sell - self.net,
        }
    }

    pub(crate) fn open_mut(&mut self, side: Side) -> &mut i128 {
        match side {
            Side::Buy => &mut self.open_buy,
            Side::Sell => &mut self.open_sell,
        }
    }

    pub(crate) fn fill(&mut self, side: Side, qty: u64) {
        match side {
            Side::Buy => self.net += i128::from(qty),
            Side::Sell => self.net -= i128::from(qty),
        }
    }
}

/// All positions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Positions {
    list: Segments<Position>,
    slots: Table,
}

impl Positions {
    fn find(&self, account: u32, book: u32) -> Option<u32> {
        self.slots.find(hash_pair(u64::from(account), u64::from(book)), |slot| {
            let position = &self.list[slot as usize];
            position.account == account && position.book == book
        })
    }

    pub(crate) fn get(&self, account: u32, book: u32) -> Position {
        self.find(account, book).map_or(
            Position { account, book, net: 0, open_buy: 0, open_sell: 0, orders: 0 },
            |slot| self.list[slot as usize],
        )
    }

    pub(crate) fn get_mut(&mut self, account: u32, book: u32) -> &mut Position {
        let slot = self.find(account, book).unwrap_or_else(|| {
            let slot = self.list.len() as u32;
            self.list.push(self.get(account, book));
            self.slots.insert(hash_pair(u64::from(account), u64::from(book)), slot);
            slot
        });
        &mut self.list[slot as usize]
    }

    /// Every position that was ever touched, in no particular order.
    pub(crate) fn list(&self) -> impl Iterator<Item = &Position> {
        self.list.iter()
    }
}
