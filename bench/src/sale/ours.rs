//! Ringpit as a shop: a sale without a time to hold, so that a reserve is a purchase; the shop is
//! paid elsewhere, as with the peers.

use super::crowd::{Ask, Crowd, Outcome};
use super::{Shop, Style};
use crate::error::BenchError;
use crate::ours::{Ours, encoded};
use crate::pool::Loaded;
use ringpit_core::command::{
    AddProduct, CreateAsset, CreateSale, OpenAccount, QuerySale, Reserve, Text,
};
use ringpit_core::{
    AccountId, AssetId, Command, Event, Payment, ProductId, RequestId, ReservationState, SaleId,
};
use std::time::{SystemTime, UNIX_EPOCH};

/// What is paid with.
const MONEY: AssetId = AssetId(1);
/// Who sells; buyers are below.
const SELLER: AccountId = AccountId(1 << 40);
/// What a unit costs, minor units.
const PRICE: i64 = 999;
/// How long a sale is open: for ever, as a measurement sees it.
const OPEN_NS: u64 = 86_400 * 1_000_000_000;

/// A Ringpit server with a crowd's accounts.
#[derive(Debug)]
pub struct Ringpit {
    server: Ours,
    /// Of the sale that is open.
    sale: SaleId,
    /// Buyers that have an account.
    buyers: u32,
}

impl Ringpit {
    /// On a server whose store is new.
    ///
    /// # Errors
    /// When it can't be spoken to.
    pub fn new(server: Ours) -> Result<Self, BenchError> {
        let code = Text::new("MONEY").unwrap_or_default();
        server.set_up([
            CreateAsset { asset: MONEY, code, decimals: 2 }.into(),
            OpenAccount { account: SELLER, group: None }.into(),
        ])?;
        Ok(Self { server, sale: SaleId(0), buyers: 0 })
    }

    /// How many connections there are.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.server.members.len()
    }
}

impl Shop for Ringpit {
    fn open(&mut self, crowd: &Crowd) -> Result<(), BenchError> {
        let new = (self.buyers + 1..=crowd.buyers).map(|buyer| AccountId(u64::from(buyer)));
        self.server.set_up(new.map(|account| OpenAccount { account, group: None }.into()))?;
        self.buyers = self.buyers.max(crowd.buyers);
        self.sale = SaleId(self.sale.0 + 1);
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_ns = u64::try_from(unix.as_nanos()).unwrap_or(0);
        let sale = CreateSale {
            sale: self.sale,
            opens_at: now_ns,
            closes_at: now_ns + OPEN_NS,
            hold_for: 0,
            payment: Payment::External,
            seller: SELLER,
            quote: MONEY,
            max_attempts: None,
            attempts_window: None,
            waitlist: None,
            limit_per_account: None,
            limit_per_origin: None,
            mode: None,
            seed_digest: None,
            draw_by: None,
        };
        let products = (1..).map(ProductId).zip(&crowd.stock).map(|(product, units)| {
            let (sale, stock) = (self.sale, u64::from(*units));
            AddProduct { sale, product, stock, price: PRICE, limit_per_account: 1, asset: None }
                .into()
        });
        self.server.set_up(std::iter::once(Command::from(sale)).chain(products))
    }

    fn sell(
        &mut self,
        crowd: &Crowd,
        style: Style,
        bought: &mut [bool],
    ) -> Result<Loaded, BenchError> {
        let sale = self.sale;
        // A request's number is its buyer's own, and must be new in each sale.
        let request = |number: u32| RequestId(u64::from(sale.0) << 32 | u64::from(number));
        let reserve = |ask: &Ask| {
            Command::from(Reserve {
                account: AccountId(u64::from(ask.buyer)),
                sale,
                product: ProductId(ask.product),
                qty: 1,
                request_id: request(ask.number),
                origin: None,
            })
        };
        let frames = encoded(crowd.asks.iter().map(reserve));
        self.server.load(&frames, style.window, is_bought, |ask, answer| bought[ask] = answer)
    }

    fn outcome(&mut self, _: &Crowd, bought: Vec<bool>) -> Result<Outcome, BenchError> {
        let answers = self.server.ask([QuerySale { sale: self.sale }.into()])?;
        let mut outcome = Outcome { bought, ..Outcome::default() };
        for answer in &answers {
            let Event::Product(product) = answer else { continue };
            outcome.sold.push(product.sold);
            outcome.left.push(product.free);
            outcome.orders += product.sold;
        }
        Ok(outcome)
    }

    fn pid(&self) -> Option<u32> {
        Some(self.server.pid)
    }
}

/// Whether a reserve was a purchase; `None` when the answer is neither yes nor no.
fn is_bought(event: &Event) -> Option<bool> {
    match event {
        Event::Reservation(it) if it.state == ReservationState::Confirmed => Some(true),
        Event::Reservation(it) if it.state == ReservationState::Rejected => Some(false),
        _ => None,
    }
}
