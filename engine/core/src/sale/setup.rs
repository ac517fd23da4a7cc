//! Opening a sale, its products and their stock, and who may not buy.

use super::{Product, Sale, Units};
use crate::admin::at;
use crate::book::ladder::NONE;
use crate::command::{AddProduct, Block, CreateSale, Restock};
use crate::deadlines::Due;
use crate::engine::Engine;
use crate::event::Sink;
use crate::ids::OriginId;
use crate::limits::{
    BLOCKED_ORIGINS_MAX, DRAW_BY_DEFAULT_NS, PRODUCTS_MAX, SALES_MAX, UNSIGNED_MAX,
};
use crate::reason::Reason;
use crate::step::{Refusal, Step};
use crate::table::hash_pair;
use crate::words::{CommandKind, DeadlineKind, Field, SaleMode};
use alloc::collections::VecDeque;
use alloc::vec::Vec;

impl Engine {
    pub(crate) fn create_sale<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &CreateSale,
    ) -> Result<(), Refusal> {
        if self.sales.sale(c.sale).is_some() {
            return Err(at(Reason::DuplicateId, Field::Sale));
        }
        let seller = self.known_account(c.seller, Field::Seller)?;
        let quote = self.known_asset(c.quote, Field::Quote)?;
        if let Some(field) = bad_sale_field(c) {
            return Err(at(Reason::BadValue, field));
        }
        if c.closes_at <= cx.at {
            return Err(at(Reason::TooLate, Field::ClosesAt));
        }
        let is_draw = c.mode == Some(SaleMode::Draw);
        let draw_by = c.draw_by.unwrap_or(c.closes_at.saturating_add(DRAW_BY_DEFAULT_NS));
        if is_draw && draw_by > UNSIGNED_MAX {
            return Err(at(Reason::Overflow, Field::ClosesAt));
        }
        if self.sales.list.len() >= SALES_MAX {
            return Err(at(Reason::Full, Field::Sale));
        }
        let slot = self.sales.list.len() as u32;
        self.sales.ids.insert(u64::from(c.sale.0), slot);
        let target = u64::from(slot);
        self.deadlines.arm(c.closes_at, Due { kind: DeadlineKind::SaleClose, target });
        let draw_deadline = if is_draw {
            self.deadlines.arm(draw_by, Due { kind: DeadlineKind::DrawBy, target })
        } else {
            NONE
        };
        self.sales.list.push(Sale {
            id: c.sale,
            rules: *c,
            seller,
            quote,
            products: Vec::new(),
            drawn: false,
            draw_deadline,
        });
        self.accept(cx, CommandKind::CreateSale, u64::from(c.sale.0));
        Ok(())
    }

    /// Stock with an asset is held from the seller from here on.
    pub(crate) fn add_product<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &AddProduct,
    ) -> Result<(), Refusal> {
        let sale = self.sales.sale(c.sale).ok_or(at(Reason::UnknownSale, Field::Sale))?;
        if self.sales.product(sale, c.product).is_some() {
            return Err(at(Reason::DuplicateId, Field::Product));
        }
        let asset = match c.asset {
            Some(asset) => Some(self.known_asset(asset, Field::Asset)?),
            None => None,
        };
        if c.price < 0 {
            return Err(at(Reason::BadValue, Field::Price));
        }
        if c.limit_per_account == 0 {
            return Err(at(Reason::BadValue, Field::LimitPerAccount));
        }
        if asset == Some(self.sales.list[sale as usize].quote) {
            return Err(at(Reason::BadValue, Field::Asset));
        }
        let rules = &self.sales.list[sale as usize].rules;
        if cx.at >= rules.closes_at {
            return Err(at(Reason::TooLate, Field::Sale));
        }
        if i128::from(c.price) * i128::from(c.stock) > i128::from(i64::MAX) {
            return Err(at(Reason::Overflow, Field::Price));
        }
        let seller = self.sales.list[sale as usize].seller;
        let goods = self.goods_for(seller, asset, c.stock)?;
        if self.sales.products.len() >= PRODUCTS_MAX {
            return Err(at(Reason::Full, Field::Product));
        }
        if let Some((asset, stock)) = goods {
            self.ledger.hold(seller, asset, stock);
        }
        self.accept(cx, CommandKind::AddProduct, u64::from(c.product.0));
        let units = Units { free: c.stock, held: 0, sold: 0, waiting: 0 };
        let slot = self.sales.add_product(Product {
            sale,
            id: c.product,
            price: c.price,
            limit_per_account: c.limit_per_account,
            asset,
            units,
            total: c.stock,
            said: units,
            dirty: false,
            first: NONE,
            last: NONE,
            recent: VecDeque::new(),
        });
        let product = self.product_event(slot);
        self.emit(cx, 0, product);
        Ok(())
    }

    /// What the seller must have for a stock with an asset: its slot and units.
    fn goods_for(
        &self,
        seller: u32,
        asset: Option<u32>,
        stock: u64,
    ) -> Result<Option<(u32, i64)>, Refusal> {
        let Some(asset) = asset else { return Ok(None) };
        let units = i64::try_from(stock).map_err(|_| at(Reason::Overflow, Field::Stock))?;
        if self.ledger.available(seller, asset) < units {
            return Err(at(Reason::InsufficientFunds, Field::Stock));
        }
        Ok(Some((asset, units)))
    }

    /// Changes the stock; allowed after closing, too. More stock goes to those who wait.
    pub(crate) fn restock<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &Restock,
    ) -> Result<(), Refusal> {
        let sale = self.sales.sale(c.sale).ok_or(at(Reason::UnknownSale, Field::Sale))?;
        let slot = self
            .sales
            .product(sale, c.product)
            .ok_or(at(Reason::UnknownProduct, Field::Product))?;
        if c.delta == 0 {
            return Err(at(Reason::BadValue, Field::Delta));
        }
        let product = &self.sales.products[slot as usize];
        let (units, asset, price) = (product.units, product.asset, product.price);
        let change = c.delta.unsigned_abs();
        if c.delta < 0 && change > units.free {
            return Err(at(Reason::BelowFree, Field::Delta));
        }
        let total = product.total.checked_add_signed(c.delta);
        let fits = |total: &u64| {
            *total <= UNSIGNED_MAX && i128::from(price) * i128::from(*total) <= i128::from(i64::MAX)
        };
        let total = total.filter(fits).ok_or(at(Reason::Overflow, Field::Delta))?;
        let seller = self.sales.list[sale as usize].seller;
        if let Some(asset) = asset {
            if c.delta > 0 && self.ledger.available(seller, asset) < c.delta {
                return Err(at(Reason::InsufficientFunds, Field::Delta));
            }
            self.ledger.hold(seller, asset, c.delta);
        }
        self.sales.products[slot as usize].total = total;
        self.sales.change_units(slot, |units| {
            units.free = units.free.wrapping_add_signed(c.delta);
        });
        self.accept(cx, CommandKind::Restock, u64::from(c.product.0));
        self.serve_waitlist(cx, slot);
        Ok(())
    }

    /// Keeps an account or an origin from anything new, until switched off.
    pub(crate) fn block<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &Block,
    ) -> Result<(), Refusal> {
        let id = match (c.account, c.origin) {
            (Some(id), None) => {
                let account = self.known_account(id, Field::Account)?;
                self.ledger.accounts[account as usize].blocked = c.on;
                id.0
            }
            (None, Some(origin)) => {
                self.block_origin(origin, c.on)?;
                origin.0
            }
            _ => return Err(at(Reason::BadValue, Field::Account)),
        };
        self.accept(cx, CommandKind::Block, id);
        Ok(())
    }

    fn block_origin(&mut self, origin: OriginId, on: bool) -> Result<(), Refusal> {
        let hash = hash_pair(origin.0, 1);
        let blocked = &mut self.sales.blocked_origins;
        match (blocked.find_entry(hash, |other| *other == origin), on) {
            (Ok(entry), false) => {
                entry.remove();
            }
            (Err(_), true) => {
                if blocked.len() >= BLOCKED_ORIGINS_MAX {
                    return Err(at(Reason::Full, Field::Origin));
                }
                blocked.insert_unique(hash, origin, |origin| hash_pair(origin.0, 1));
            }
            _ => {}
        }
        Ok(())
    }
}

/// The first field of a sale's rules that makes no sense.
fn bad_sale_field(c: &CreateSale) -> Option<Field> {
    let is_draw = c.mode == Some(SaleMode::Draw);
    let hex = |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let checks = [
        (c.closes_at <= c.opens_at, Field::ClosesAt),
        (c.max_attempts.is_none() && c.attempts_window.is_some(), Field::MaxAttempts),
        (c.max_attempts.is_some() && c.attempts_window.is_none(), Field::AttemptsWindow),
        (c.max_attempts == Some(0), Field::MaxAttempts),
        (c.attempts_window == Some(0), Field::AttemptsWindow),
        (is_draw && c.waitlist.is_some(), Field::Waitlist),
        (c.limit_per_account == Some(0), Field::LimitPerAccount),
        (c.limit_per_origin == Some(0), Field::LimitPerOrigin),
        (c.seed_digest.is_some() != is_draw, Field::SeedDigest),
        (c.seed_digest.is_some_and(|digest| !hex(digest.as_str())), Field::SeedDigest),
        (c.draw_by.is_some_and(|time| !is_draw || time < c.closes_at), Field::DrawBy),
    ];
    checks.into_iter().find(|(bad, _)| *bad).map(|(_, field)| field)
}
