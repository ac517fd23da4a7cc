//! Random scenarios of auctions, flash sales and atomic interactions: few buyers, few things, and
//! times so close together that openings, endings and expiries meet.

mod auctions;
mod sales;

use super::Scenario;
use super::random::Random;
use ringpit_core::command::*;
use ringpit_core::limits::UNSIGNED_MAX;
use ringpit_core::*;
use ringpit_model::Model;

/// What a scenario is mostly about, in percent of its commands; the rest moves money.
#[derive(Clone, Copy)]
pub struct Profile {
    pub auctions: u64,
    pub sales: u64,
    pub atomics: u64,
    pub orders: u64,
    /// Percent of numbers that are extreme or wrong.
    pub odd: u64,
    /// Most commands after the setup.
    pub commands: u64,
}

const EVEN: Profile =
    Profile { auctions: 30, sales: 35, atomics: 20, orders: 5, odd: 2, commands: 110 };

/// Auctions of every kind.
pub const AUCTIONS: Profile = Profile { auctions: 85, sales: 0, atomics: 5, ..EVEN };
/// Flash sales: first come, waitlists, carts, draws.
pub const SALES: Profile = Profile { auctions: 0, sales: 90, atomics: 5, orders: 0, ..EVEN };
/// Atomic interactions over everything.
pub const ATOMICS: Profile = Profile { auctions: 15, sales: 25, atomics: 30, orders: 20, ..EVEN };
/// Numbers near the ends of their types.
pub const EDGE: Profile = Profile { odd: 25, ..EVEN };
/// All of them.
pub const PROFILES: [Profile; 4] = [AUCTIONS, SALES, ATOMICS, EDGE];

const ACCOUNTS: u64 = 4;
const GOODS: AssetId = AssetId(1);
const MONEY: AssetId = AssetId(2);
const BOOK: InstrumentId = InstrumentId(1);
/// SHA-256 of 32 bytes of 0x00.
const DIGEST: &str = "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925";

struct World {
    random: Random,
    profile: Profile,
    /// Nanoseconds of one moment: 1, or so many that a minute passes within a scenario.
    moment_ns: u64,
    at: u64,
    scenario: Scenario,
    /// Plays along; its events tell what there is to bid for, to buy and to confirm.
    model: Model,
    steps: u64,
    /// Open auctions: their terms and the last price shown.
    auctions: Vec<(CreateAuction, i64)>,
    sales: Vec<CreateSale>,
    products: Vec<(SaleId, ProductId)>,
    /// Reservations that hold or wait.
    reservations: Vec<ReservationId>,
}

/// The scenario of a seed.
pub fn scenario(seed: u64, profile: Profile) -> Scenario {
    let mut random = Random::new(seed);
    let moment_ns = random.pick(&[1, 1, 3_700_000_000]);
    let at = 100 * moment_ns;
    let mut world = World {
        random,
        profile,
        moment_ns,
        at,
        scenario: Vec::new(),
        model: Model::new(),
        steps: 0,
        auctions: Vec::new(),
        sales: Vec::new(),
        products: Vec::new(),
        reservations: Vec::new(),
    };
    world.set_up();
    for _ in 0..=world.random.below(profile.commands) {
        if world.random.chance(30) {
            world.at += world.random.below(4) * moment_ns;
        }
        let command = world.command();
        world.push(command);
    }
    world.scenario
}

impl World {
    fn push(&mut self, command: impl Into<Command>) {
        let command = command.into();
        if !command.is_query() {
            self.steps += 1;
            let events = self.model.apply(self.steps, self.at, &Input::venue(command));
            events.iter().for_each(|(_, event)| self.notice(&command, event));
        }
        self.scenario.push((self.at, Input::venue(command)));
    }

    fn notice(&mut self, command: &Command, event: &Event) {
        match (event, command) {
            (Event::Accepted(_), Command::CreateAuction(c)) => {
                self.auctions.push((*c, c.start_price));
            }
            (Event::Accepted(_), Command::CreateSale(c)) => self.sales.push(*c),
            (Event::Accepted(_), Command::AddProduct(c)) => {
                self.products.push((c.sale, c.product));
            }
            (Event::Auction(line), _) => {
                let over = !matches!(line.state, AuctionState::Open | AuctionState::Extended);
                self.auctions.retain(|known| known.0.auction != line.auction || !over);
                for known in self.auctions.iter_mut().filter(|a| a.0.auction == line.auction) {
                    known.1 = line.price.unwrap_or(known.1);
                }
            }
            (Event::Reservation(line), _) => {
                use ReservationState::{Entered, Held, Queued};
                self.reservations.retain(|known| Some(*known) != line.reservation);
                if matches!(line.state, Held | Queued | Entered) {
                    self.reservations.extend(line.reservation);
                }
            }
            _ => {}
        }
    }

    fn set_up(&mut self) {
        let code = Code::new("X").expect("a code");
        for asset in [GOODS, MONEY, AssetId(3)] {
            self.push(CreateAsset { asset, code, decimals: 0 });
        }
        for account in (1..=ACCOUNTS).map(AccountId) {
            self.push(OpenAccount { account, group: None });
            for (asset, most) in [(GOODS, 90), (MONEY, 9_000)] {
                let amount = self.random.within(1, most);
                self.push(Deposit { account, asset, amount, request_id: None });
            }
        }
        let book = self.book();
        self.push(book);
        for _ in 0..2 {
            if self.profile.auctions > 0 {
                let auction = self.create_auction();
                self.push(auction);
            }
            if self.profile.sales > 0 {
                let sale = self.create_sale();
                self.push(sale);
                for _ in 0..2 {
                    let product = self.add_product();
                    self.push(product);
                }
            }
        }
    }

    fn book(&mut self) -> CreateInstrument {
        let halt = self.random.maybe(30, |r| r.below(3));
        CreateInstrument {
            instrument: BOOK,
            code: Code::new("I").expect("a code"),
            base: GOODS,
            quote: MONEY,
            lot_size: 1,
            tick_value: 1,
            risk: Risk::Cash,
            reference_price: Some(100),
            band_ticks: None,
            halt_band_ticks: halt,
            halt_for: halt.map(|_| 5 * self.moment_ns),
            max_order_qty: None,
            max_notional: None,
            max_open_orders: None,
            max_position: self.random.maybe(50, |r| 5 + r.below(10)),
            maker_fee_ppm: self.random.maybe(40, |r| r.pick(&[-20_000, 10_000])),
            taker_fee_ppm: self.random.maybe(40, |r| r.pick(&[-20_000, 30_000])),
            phase: None,
        }
    }

    /// A small number, or now and then one at the edge of its type.
    fn small(&mut self, most: u64) -> u64 {
        if self.random.chance(self.profile.odd) {
            let top = i64::MAX.unsigned_abs();
            return self.random.pick(&[0, 1, top, top - 1, top / 2, 1 << 33]);
        }
        1 + self.random.below(most)
    }

    fn money(&mut self, most: i64) -> i64 {
        if self.random.chance(self.profile.odd) {
            return self.random.pick(&[0, -1, 1, i64::MAX, i64::MAX - 1, i64::MAX / 3, i64::MIN]);
        }
        self.random.within(1, most)
    }

    /// A time not far from now.
    fn time(&mut self, from: i64, to: i64) -> u64 {
        if self.random.chance(self.profile.odd / 2) {
            return self.random.pick(&[0, i64::MAX.unsigned_abs(), i64::MAX.unsigned_abs() - 1]);
        }
        let moments = self.random.within(from, to);
        self.at.saturating_add_signed(moments * self.moment_ns.cast_signed())
    }

    fn span(&mut self, most: u64) -> u64 {
        if self.random.chance(self.profile.odd / 2) {
            return self.random.pick(&[0, i64::MAX.unsigned_abs(), i64::MAX.unsigned_abs() - 5]);
        }
        self.random.below(most) * self.moment_ns
    }

    fn account(&mut self) -> AccountId {
        let known = ACCOUNTS + u64::from(self.random.chance(self.profile.odd));
        AccountId(u64::from(!self.random.chance(3)) + self.random.below(known))
    }

    fn id(&mut self, most: u32) -> u32 {
        let known = u64::from(most) + u64::from(self.random.chance(4));
        u32::try_from(1 + self.random.below(known)).expect("small")
    }

    /// A number for something new: mostly not taken.
    fn new_id(&mut self, most: u32) -> u32 {
        if self.random.chance(10) {
            return self.id(most);
        }
        u32::try_from(self.steps).expect("few steps")
    }

    /// An auction: mostly an open one.
    fn auction(&mut self) -> AuctionId {
        if self.auctions.is_empty() || self.random.chance(6) {
            return AuctionId(self.id(4));
        }
        self.random.pick(&self.auctions).0.auction
    }

    /// A sale: mostly one that is there.
    fn sale(&mut self) -> SaleId {
        if self.sales.is_empty() || self.random.chance(4) {
            return SaleId(self.id(3));
        }
        self.random.pick(&self.sales).sale
    }

    /// A sale and a product: mostly those that are there.
    fn product(&mut self) -> (SaleId, ProductId) {
        if self.products.is_empty() || self.random.chance(4) {
            return (self.sale(), ProductId(self.id(3)));
        }
        self.random.pick(&self.products)
    }

    fn request(&mut self) -> RequestId {
        RequestId(if self.random.chance(80) { self.steps } else { self.random.below(9) })
    }

    fn origin(&mut self) -> Option<OriginId> {
        self.random.maybe(40, |r| OriginId(r.below(3)))
    }

    fn command(&mut self) -> Command {
        let Profile { auctions, sales, atomics, orders, .. } = self.profile;
        let dice = self.random.below(100);
        if self.random.chance(12) {
            return self.query();
        }
        if dice < auctions {
            self.auction_command()
        } else if dice < auctions + sales {
            self.sale_command()
        } else if dice < auctions + sales + atomics {
            self.atomic().into()
        } else if dice < auctions + sales + atomics + orders {
            self.order().into()
        } else {
            self.account_command()
        }
    }

    fn account_command(&mut self) -> Command {
        let account = self.account();
        let (asset, amount) = (AssetId(self.id(3)), self.money(1_000));
        let to = self.account();
        match self.random.below(8) {
            0 | 1 => Deposit { account, asset, amount, request_id: None }.into(),
            2 | 3 => Withdraw { account, asset, amount, request_id: None }.into(),
            4 => Transfer { from: account, to, asset, amount, request_id: None }.into(),
            5 => KillSwitch { account, on: self.random.chance(30) }.into(),
            6 => self.block().into(),
            _ => Command::Tick,
        }
    }

    fn block(&mut self) -> Block {
        let on = self.random.chance(40);
        let (account, origin) = (self.account(), Some(OriginId(self.random.below(3))));
        match self.random.below(12) {
            0 => Block { account: None, origin: None, on },
            1 => Block { account: Some(account), origin, on },
            2..=6 => Block { account: Some(account), origin: None, on },
            _ => Block { account: None, origin, on },
        }
    }

    fn order(&mut self) -> NewOrder {
        let market = self.random.chance(20);
        NewOrder {
            account: self.account(),
            instrument: BOOK,
            cl_ord_id: ClOrdId(self.steps),
            side: self.random.pick(&[Side::Buy, Side::Sell]),
            ord_type: if market { OrdType::Market } else { OrdType::Limit },
            qty: self.small(4),
            price: (!market).then(|| self.random.within(96, 104)),
            stop_px: None,
            tif: TimeInForce::Day,
            expire_at: None,
            display_qty: None,
            post_only: false,
            min_qty: None,
            stp: self.random.pick(Stp::ALL),
        }
    }

    fn atomic(&mut self) -> Atomic {
        let account = self.account();
        let most = if self.random.chance(self.profile.odd) { 18 } else { 5 };
        let mut legs = Vec::new();
        for _ in 0..self.random.below(most) {
            legs.push(self.leg(account));
        }
        let legs = List::from_slice(&legs).expect("short");
        Atomic { account, request_id: self.request(), legs }
    }

    fn leg(&mut self, own: AccountId) -> Leg {
        let account = if self.random.chance(4) { self.account() } else { own };
        // More than a hot list has places for, a few of them often.
        let counters = self.random.pick(&[3, 3, 16]);
        let counter = CounterId(self.random.below(counters));
        let min = self.random.maybe(30, |r| r.within(-5, 5));
        let max = self.random.maybe(30, |r| r.within(0, 9));
        let (sale, product) = self.product();
        match self.random.below(10) {
            0 => Leg::Require { counter, min, max },
            1 => Leg::Add {
                counter,
                delta: self.money(4).saturating_sub(2 * self.random.within(0, 1)),
                min,
                max,
            },
            2 => {
                let (to, amount) = (self.account(), self.money(300));
                Leg::Transfer { from: account, to, asset: AssetId(self.id(3)), amount }
            }
            3 => Leg::Take { sale, product, qty: self.small(2) },
            4 | 5 => {
                let (qty, origin) = (self.small(2), self.origin());
                Leg::Reserve { account, sale, product, qty, origin }
            }
            6 => Leg::PlaceBid(PlaceBid { account, ..self.place_bid() }),
            7 | 8 => {
                let tif = self.random.pick(&[
                    TimeInForce::Ioc,
                    TimeInForce::Ioc,
                    TimeInForce::Fok,
                    TimeInForce::Day,
                ]);
                Leg::Order(NewOrder { account, tif, ..self.order() })
            }
            _ if self.random.chance(50) => Leg::Before { time: self.time(-2, 9) },
            _ => Leg::After { time: self.time(-9, 2) },
        }
    }

    fn query(&mut self) -> Command {
        let (account, auction, sale) = (self.account(), self.auction(), self.sale());
        let about = QueryStats { instrument: None, auction: None, sale: None };
        match self.random.below(9) {
            0 => QueryOpen { account }.into(),
            1 => QueryAuction { auction }.into(),
            2 => QuerySale { sale }.into(),
            3 => QueryStats { sale: Some(sale), ..about }.into(),
            4 => QueryStats { auction: Some(auction), ..about }.into(),
            5 => QueryCounter { counter: CounterId(self.random.below(4)) }.into(),
            6 => QueryBalance { account, asset: None }.into(),
            7 => QueryCounters {
                from: CounterId(self.random.below(3)),
                to: CounterId(self.random.pick(&[1, 2, 9, 20, UNSIGNED_MAX])),
            }
            .into(),
            _ => Command::QueryDeadlines,
        }
    }
}
