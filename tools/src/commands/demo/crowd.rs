//! The crowd: bidders of one auction, shoppers of one flash sale. Their sessions are those of a
//! few servers that act for many accounts, as an auction house's and a shop's would.

use super::cast::{Act, Cue, Market, Part, SECOND_NS};
use crate::failure::Failure;
use crate::flow::{Dice, QUOTE};
use ringpit_core::command::{
    AddProduct, Code, CreateAsset, CreateAuction, CreateSale, Deposit, Increment, OpenAccount,
    PlaceBid, Reserve,
};
use ringpit_core::{
    AccountId, AssetId, AuctionId, AuctionKind, BidId, Command, List, Payment, ProductId,
    RequestId, Role, SaleId,
};
use std::ops::RangeInclusive;

/// The auction.
pub const AUCTION: AuctionId = AuctionId(1);
/// What it sells, once.
pub const ART: AssetId = AssetId(3);
/// Who sells in the auction.
pub const COLLECTOR: AccountId = AccountId(100);
/// Where the auction begins, minor units.
pub const START_PRICE: i64 = 1_000;
/// The auction's steps: from a price on, how much more.
pub const STEPS: [(i64, i64); 3] = [(0, 50), (5_000, 250), (50_000, 1_000)];
/// A bid so late extends the auction, nanoseconds ...
pub const EXTEND_WINDOW_NS: u64 = SECOND_NS;
/// ... by so much from its own time, nanoseconds ...
pub const EXTEND_BY_NS: u64 = SECOND_NS;
/// ... and so often at most.
pub const EXTENSIONS_MAX: u64 = 3;

/// The flash sale.
pub const SALE: SaleId = SaleId(1);
/// Who sells in it.
pub const SHOP: AccountId = AccountId(101);
/// Units of each product.
pub const STOCK: u64 = 50;
/// Units of a product that one shopper may have.
pub const LIMIT: u64 = 2;
/// How long a hold lives.
const HOLD_NS: u64 = 2 * SECOND_NS;

/// Shoppers a product: twice as many as there are units.
const SHOPPERS_PER_PRODUCT: u64 = 100;
/// Shoppers a bidder, until there are enough bidders.
const SHOPPERS_PER_BIDDER: u64 = 200;
/// Enough bidders.
const BIDDERS_MAX: u64 = 500;
/// How often each bids.
const BIDS_EACH: u64 = 6;
/// One in so many shoppers asks for more of the same.
const ASKS_AGAIN: u64 = 10;
/// How long one of the shop's servers gathers requests, nanoseconds.
const GATHER_NS: u64 = 1_000_000;

/// Account before the first bidder's.
const BEFORE_BIDDERS: u64 = 1_000;
/// Account before the first shopper's.
const BEFORE_SHOPPERS: u64 = 1_000_000;
/// What each of them has to spend, minor units.
const PURSE: i64 = 1_000_000;

/// Session of the first of the auction house's servers.
const FIRST_BIDDERS: u64 = 101;
/// Session of the first of the shop's servers.
const FIRST_SHOPPERS: u64 = 201;
/// The session that pays.
const PAYMENTS: u64 = 301;
/// Servers of the auction house.
const BIDDER_SESSIONS: u64 = 2;
/// Servers of the shop.
const SHOPPER_SESSIONS: u64 = 4;

/// How many there are, and for how long.
pub struct Crowd {
    /// Shoppers.
    pub shoppers: u64,
    /// Products.
    pub products: u64,
    /// Bidders.
    pub bidders: u64,
    run_ns: u64,
    seed: u64,
}

impl Crowd {
    /// A crowd around so many shoppers.
    pub fn new(shoppers: u64, run_ns: u64, seed: u64) -> Self {
        let products = (shoppers / SHOPPERS_PER_PRODUCT).max(1);
        let bidders = (shoppers / SHOPPERS_PER_BIDDER).clamp(BIDDER_SESSIONS, BIDDERS_MAX);
        Self { shoppers, products, bidders, run_ns, seed }
    }

    /// What a unit of a product costs, minor units.
    pub fn price(product: ProductId) -> i64 {
        500 + i64::from(product.0) * 37 % 4_500
    }

    /// When the auction closes unless it is extended, nanoseconds after the bell.
    const fn closes_ns(&self) -> u64 {
        self.run_ns / 4 * 3
    }

    fn bidders(&self) -> RangeInclusive<u64> {
        BEFORE_BIDDERS + 1..=BEFORE_BIDDERS + self.bidders
    }

    fn shoppers(&self) -> RangeInclusive<u64> {
        BEFORE_SHOPPERS + 1..=BEFORE_SHOPPERS + self.shoppers
    }

    /// Everybody's account, the sellers' too.
    pub fn accounts(&self) -> impl Iterator<Item = AccountId> {
        let sellers = [COLLECTOR, SHOP].into_iter();
        sellers.chain(self.bidders().chain(self.shoppers()).map(AccountId))
    }

    /// Opens the accounts and fills the purses.
    pub fn opening(&self) -> impl Iterator<Item = Command> {
        let code = Code::new("ART").unwrap_or_default();
        let art = CreateAsset { asset: ART, code, decimals: 0 }.into();
        let item = Deposit { account: COLLECTOR, asset: ART, amount: 1, request_id: None }.into();
        let people = self.bidders().chain(self.shoppers()).map(AccountId);
        let purses = people.map(|account| {
            Deposit { account, asset: QUOTE, amount: PURSE, request_id: None }.into()
        });
        let accounts = self.accounts().map(|account| OpenAccount { account, group: None }.into());
        std::iter::once(art).chain(accounts).chain([item]).chain(purses)
    }

    /// Opens the auction and the sale, as from now.
    pub fn markets(&self, unix_ns: u64) -> impl Iterator<Item = Command> {
        let steps = STEPS.map(|(from, step)| Increment { from, step });
        let auction = CreateAuction {
            auction: AUCTION,
            kind: AuctionKind::English,
            seller: COLLECTOR,
            asset: ART,
            qty: 1,
            quote: QUOTE,
            start_price: START_PRICE,
            reserve_price: None,
            buy_now: None,
            increments: List::from_slice(&steps),
            step: None,
            step_every: None,
            floor: None,
            opens_at: unix_ns,
            closes_at: unix_ns + self.closes_ns(),
            extend_window: Some(EXTEND_WINDOW_NS),
            extend_by: Some(EXTEND_BY_NS),
            max_extensions: Some(EXTENSIONS_MAX),
        };
        let sale = CreateSale {
            sale: SALE,
            opens_at: unix_ns,
            closes_at: unix_ns + self.run_ns + 600 * SECOND_NS,
            hold_for: HOLD_NS,
            payment: Payment::Balance,
            seller: SHOP,
            quote: QUOTE,
            max_attempts: None,
            attempts_window: None,
            waitlist: None,
            limit_per_account: None,
            limit_per_origin: None,
            mode: None,
            seed_digest: None,
            draw_by: None,
        };
        let products = self.products().map(|product| {
            AddProduct {
                sale: SALE,
                product,
                stock: STOCK,
                price: Self::price(product),
                limit_per_account: LIMIT,
                asset: None,
            }
            .into()
        });
        [auction.into(), sale.into()].into_iter().chain(products)
    }

    /// What is sold.
    pub fn products(&self) -> impl Iterator<Item = ProductId> + use<> {
        // At most a hundredth of the shoppers, whose number is bounded on the command line.
        (1..=self.products as u32).map(ProductId)
    }

    /// Their sessions, and what each sends.
    ///
    /// # Errors
    /// [`Failure`] when the system gives no random secrets.
    pub fn parts(&self) -> Result<Vec<Part>, Failure> {
        let mut parts = Vec::new();
        for (place, accounts) in (0..).zip(split(self.bidders(), BIDDER_SESSIONS)) {
            let session = FIRST_BIDDERS + place;
            let accounts_of = Some(accounts.clone());
            let mut part = Part::new(session, Role::Bidder, accounts_of, Market::Auction)?;
            part.cues = self.bids(place, accounts);
            parts.push(part);
        }
        for (place, accounts) in (0..).zip(split(self.shoppers(), SHOPPER_SESSIONS)) {
            let session = FIRST_SHOPPERS + place;
            let accounts_of = Some(accounts.clone());
            let mut part = Part::new(session, Role::Shopper, accounts_of, Market::Sale)?;
            part.cues = self.grips(place, accounts);
            parts.push(part);
        }
        parts.push(Part::new(PAYMENTS, Role::Payments, Some(self.shoppers()), Market::Sale)?);
        Ok(parts)
    }

    /// Bids of one server: the longer it lasts, the more they dare; the last come too late.
    fn bids(&self, place: u64, accounts: RangeInclusive<u64>) -> Vec<Cue> {
        let mut dice = Dice::new(self.seed ^ (FIRST_BIDDERS + place));
        let people = accounts.end() - accounts.start() + 1;
        let count = people * BIDS_EACH;
        let span_ns = self.closes_ns() + 2 * EXTEND_BY_NS;
        let cue = |index: u64| {
            let dared = (START_PRICE as u64) + index * 80_000 / count + dice.below(8_000);
            let bid = PlaceBid {
                account: AccountId(accounts.start() + dice.below(people)),
                auction: AUCTION,
                max_price: dared as i64,
                qty: None,
                bid_id: BidId((place << 32) + index + 1),
            };
            Cue { at_ns: span_ns / count * index, act: Act::Bid(bid) }
        };
        (0..count).map(cue).collect()
    }

    /// One server's grips at the goods: each shopper wants one of the products that most want, and
    /// later another, whichever; some ask again for more than they may have.
    fn grips(&self, place: u64, accounts: RangeInclusive<u64>) -> Vec<Cue> {
        let mut dice = Dice::new(self.seed ^ (FIRST_SHOPPERS + place));
        let grip = |account, product, qty, request_id| Reserve {
            account,
            sale: SALE,
            // Products are a hundredth of the shoppers, whose number is bounded.
            product: ProductId(product as u32 + 1),
            qty,
            request_id: RequestId(request_id),
            origin: None,
        };
        let mut grips = Vec::new();
        for account in accounts.clone().map(AccountId) {
            let wanted = dice.below(self.products) * dice.below(self.products) / self.products;
            grips.push(grip(account, wanted, 1 + u64::from(dice.below(4) == 0), 1));
            if dice.below(ASKS_AGAIN) == 0 {
                grips.push(grip(account, wanted, LIMIT, 2));
            }
        }
        for account in accounts.map(AccountId) {
            grips.push(grip(account, dice.below(self.products), 1, 3));
        }
        let (count, run_ns) = (grips.len() as u128, u128::from(self.run_ns));
        // A server hands over together what came within a millisecond.
        let at_ns = |index: u128| (run_ns * index / count) as u64 / GATHER_NS * GATHER_NS;
        let cue = |(index, grip)| Cue { at_ns: at_ns(index), act: Act::Reserve(grip) };
        (0..).zip(grips).map(cue).collect()
    }
}

/// Cuts a range into so many of about the same length.
fn split(range: RangeInclusive<u64>, pieces: u64) -> impl Iterator<Item = RangeInclusive<u64>> {
    let (start, count) = (*range.start(), range.end() - range.start() + 1);
    let at = move |piece| start + count * piece / pieces;
    (0..pieces).map(move |piece| at(piece)..=at(piece + 1) - 1)
}
