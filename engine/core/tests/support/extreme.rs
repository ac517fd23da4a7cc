//! Random commands whose numbers are now small, so that things happen, now at the edge of what an
//! integer holds.

use crate::random::Random;
use ringpit_core::command::*;
use ringpit_core::*;

/// The sale that counts attempts.
pub const ATTEMPTS_SALE: SaleId = SaleId(3);

const LAST: u64 = i64::MAX as u64;

/// Around every power of two and square root where something could go round.
const UNSIGNED: [u64; 16] = [
    0,
    1,
    0xFFFF_FFFF,
    0x1_0000_0000,
    3_037_000_499,
    3_037_000_500,
    1 << 62,
    (1 << 62) + 1,
    LAST - 2,
    LAST - 1,
    LAST,
    LAST + 1,
    LAST + 2,
    u64::MAX - 2,
    u64::MAX - 1,
    u64::MAX,
];

const SIGNED: [i64; 14] = [
    i64::MIN,
    i64::MIN + 1,
    -(1 << 62),
    -1,
    0,
    1,
    0xFFFF_FFFF,
    3_037_000_499,
    3_037_000_500,
    1 << 62,
    (1 << 62) + 1,
    i64::MAX - 2,
    i64::MAX - 1,
    i64::MAX,
];

/// How many of a hundred numbers are small.
const SMALL: u64 = 80;

pub struct Generator {
    pub random: Random,
    /// The newest reservation there is.
    pub newest: u64,
    names: u64,
}

impl Generator {
    pub fn new(random: Random) -> Self {
        Self { random, newest: 0, names: 0 }
    }

    fn unsigned(&mut self) -> u64 {
        if self.random.chance(SMALL) { self.random.below(6) } else { self.random.pick(&UNSIGNED) }
    }

    fn signed(&mut self) -> i64 {
        if self.random.chance(SMALL) {
            self.random.within(-1, 40)
        } else {
            self.random.pick(&SIGNED)
        }
    }

    fn price(&mut self) -> i64 {
        if self.random.chance(SMALL) {
            self.random.within(1, 40)
        } else {
            self.random.pick(&SIGNED)
        }
    }

    fn qty(&mut self) -> u64 {
        if self.random.chance(SMALL) {
            1 + self.random.below(4)
        } else {
            self.random.pick(&UNSIGNED)
        }
    }

    fn optional(&mut self) -> Option<u64> {
        if self.random.chance(60) { None } else { Some(self.unsigned()) }
    }

    fn account(&mut self) -> AccountId {
        AccountId(self.random.below(5))
    }

    fn asset(&mut self) -> AssetId {
        AssetId(1 + self.random.below(3) as u32)
    }

    fn sale(&mut self) -> SaleId {
        SaleId(self.random.pick(&[1, 1, 1, 1, 2, 3, 3, 3, 4]))
    }

    fn product(&mut self) -> ProductId {
        ProductId(self.random.pick(&[1, 1, 1, 2, 2, 3, 3, 4]))
    }

    fn auction(&mut self) -> AuctionId {
        AuctionId(self.random.pick(&[1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8]))
    }

    fn counter(&mut self) -> CounterId {
        CounterId(self.random.below(3))
    }

    fn origin(&mut self) -> Option<OriginId> {
        self.random.maybe(20, |r| OriginId(r.below(3)))
    }

    fn reservation(&mut self) -> ReservationId {
        let known = self.random.chance(95);
        let recent = self.newest.saturating_sub(self.random.below(6));
        ReservationId(if known { recent } else { self.random.pick(&UNSIGNED) })
    }

    fn name(&mut self) -> u64 {
        self.names += 1;
        // Now and then one that was given before.
        if self.random.chance(2) { self.random.below(self.names) } else { self.names }
    }

    /// The next command's time: usually soon, at times when something is due, rarely at the end of
    /// all times.
    pub fn time(&mut self, now: u64, due: Option<u64>) -> u64 {
        let next = match self.random.below(1_000) {
            0..800 => now,
            800..980 => now.saturating_add(self.random.below(5)),
            980..994 => due.unwrap_or(now),
            994..998 => now.saturating_add(1 << 30),
            998 => 1 << 62,
            _ => LAST - self.random.below(3),
        };
        next.clamp(now, LAST)
    }

    /// Two moneys and goods, rich accounts, markets of all kinds.
    pub fn setup(&mut self) -> Vec<Command> {
        let mut commands: Vec<Command> = Vec::new();
        for asset in (1..=3).map(AssetId) {
            let code = Code::new("ASSET").expect("a code");
            commands.push(CreateAsset { asset, code, decimals: 0 }.into());
        }
        for account in (1..=4).map(AccountId) {
            commands.push(OpenAccount { account, group: None }.into());
            for asset in (1..=3).map(AssetId) {
                let amount = match (asset.0, account.0) {
                    (3, _) => 1_000,
                    (_, 1) => i64::MAX - 100_000,
                    (_, _) => self.random.pick(&[100, 1_000, 20_000]),
                };
                commands.push(Deposit { account, asset, amount, request_id: None }.into());
            }
        }
        commands.push(self.instrument(InstrumentId(1), false).into());
        commands.push(self.instrument(InstrumentId(2), true).into());
        for sale in (1..=3).map(SaleId) {
            commands.push(self.create_sale(sale, sale.0 == 2).into());
            for product in (1..=3).map(ProductId) {
                commands.push(self.add_product(sale, product, sale.0 == 2).into());
            }
        }
        for auction in (1..=6).map(AuctionId) {
            commands.push(self.create_auction(auction, auction.0 == 6).into());
        }
        commands
    }

    fn instrument(&mut self, instrument: InstrumentId, extreme: bool) -> CreateInstrument {
        let edge = |r: &mut Self| if extreme { r.qty() } else { 1 };
        let (lot_size, tick_value) = (edge(self), edge(self));
        CreateInstrument {
            lot_size,
            tick_value,
            risk: if self.random.chance(70) { Risk::Cash } else { Risk::Off },
            reference_price: self.random.maybe(30, |r| r.pick(&[1, 20, i64::MAX])),
            maker_fee_ppm: self.random.maybe(30, |r| r.within(-1_000_000, 1_000_000)),
            taker_fee_ppm: self.random.maybe(30, |r| r.within(-1_000_000, 1_000_000)),
            ..CreateInstrument::plain(
                instrument,
                Code::new("BOOK").expect("a code"),
                AssetId(2),
                AssetId(1),
            )
        }
    }

    fn create_sale(&mut self, sale: SaleId, extreme: bool) -> CreateSale {
        let attempts = sale == ATTEMPTS_SALE;
        let end = self.random.pick(&[1_000, 1 << 40, LAST - 1, LAST]);
        CreateSale {
            sale,
            opens_at: if extreme && self.random.chance(30) { self.unsigned() } else { 0 },
            closes_at: if extreme && self.random.chance(50) { self.unsigned() } else { end },
            hold_for: if extreme { self.unsigned() } else { self.random.below(50) },
            payment: self.random.pick(&[Payment::Balance, Payment::External]),
            seller: AccountId(1),
            quote: AssetId(1),
            max_attempts: attempts.then(|| self.random.pick(&[3, 20, LAST])),
            attempts_window: attempts.then(|| self.random.pick(&[1, 50, LAST, u64::MAX])),
            waitlist: self.optional(),
            limit_per_account: self.optional(),
            limit_per_origin: self.optional(),
            mode: None,
            seed_digest: None,
            draw_by: None,
        }
    }

    fn add_product(&mut self, sale: SaleId, product: ProductId, extreme: bool) -> AddProduct {
        let stock = if extreme { self.unsigned() } else { self.random.below(20) };
        AddProduct {
            sale,
            product,
            stock,
            price: if extreme { self.signed() } else { self.random.within(0, 50) },
            limit_per_account: self.random.pick(&[1, 5, LAST, u64::MAX]),
            asset: self.random.maybe(40, |_| AssetId(2)),
        }
    }

    fn create_auction(&mut self, auction: AuctionId, extreme: bool) -> CreateAuction {
        let kind = self.random.pick(AuctionKind::ALL);
        let dutch = kind == AuctionKind::Dutch;
        let english = kind == AuctionKind::English;
        let edge = |r: &mut Self, usual: i64| if extreme { r.signed() } else { usual };
        let start_price = edge(self, 5);
        let window = english && self.random.chance(40);
        CreateAuction {
            auction,
            kind,
            seller: AccountId(1 + u64::from(auction.0 % 2)),
            asset: AssetId(2),
            qty: if extreme { self.unsigned() } else { 1 + self.random.below(4) },
            quote: AssetId(1),
            start_price,
            reserve_price: (!dutch && self.random.chance(30)).then(|| edge(self, 12)),
            buy_now: (english && self.random.chance(30)).then(|| self.random.pick(&[30, i64::MAX])),
            increments: (english && self.random.chance(40)).then(|| {
                let row = |from, step| Increment { from, step };
                let rows = [row(0, 1), row(10, edge(self, 3)), row(1 << 62, i64::MAX)];
                List::from_slice(&rows).expect("few rows")
            }),
            step: dutch.then(|| edge(self, 1)),
            step_every: dutch.then(|| if extreme { self.unsigned() } else { 2 }),
            floor: (dutch && self.random.chance(30)).then(|| edge(self, 2)),
            opens_at: if extreme && self.random.chance(30) { self.unsigned() } else { 0 },
            closes_at: self.random.pick(&[300, 1 << 40, LAST - 1, LAST, u64::MAX]),
            extend_window: window.then(|| self.random.pick(&[10, LAST, u64::MAX])),
            extend_by: window.then(|| self.random.pick(&[10, 1 << 62, LAST, u64::MAX])),
            max_extensions: (english && self.random.chance(30)).then(|| self.unsigned()),
        }
    }

    /// One command of any kind.
    pub fn command(&mut self) -> Command {
        match self.random.below(100) {
            0..40 => self.atomic().into(),
            40..52 => self.reserve().into(),
            52..56 => self.cart().into(),
            56..70 => self.life(),
            70..80 => self.bid().into(),
            80..88 => self.order().into(),
            88..94 => self.money(),
            94..97 => self.query(),
            _ => self.create(),
        }
    }

    /// The same interaction again, under another name and with a last leg that fails.
    pub fn doomed(&mut self, atomic: &Atomic) -> Option<Atomic> {
        let request_id = RequestId(LAST - self.names);
        self.names += 1;
        let mut doomed = Atomic { request_id, ..*atomic };
        if doomed.legs.len() >= limits::LIST_MAX {
            return None;
        }
        let last = self.random.pick(&[Leg::Before { time: 0 }, Leg::After { time: u64::MAX }]);
        doomed.legs.push(last).ok()?;
        Some(doomed)
    }

    fn atomic(&mut self) -> Atomic {
        let account = self.account();
        let mut legs = List::new();
        for _ in 0..1 + self.random.below(6) {
            let _ = legs.push(self.leg(account));
        }
        Atomic { account, request_id: RequestId(self.name()), legs }
    }

    fn leg(&mut self, own: AccountId) -> Leg {
        let account = if self.random.chance(98) { own } else { self.account() };
        match self.random.below(100) {
            0..8 => {
                let counter = self.counter();
                let min = self.random.maybe(30, |r| r.pick(&SIGNED));
                Leg::Require { counter, min, max: self.random.maybe(10, |r| r.pick(&SIGNED)) }
            }
            8..28 => {
                let counter = self.counter();
                let delta = self.signed();
                let min = self.random.maybe(10, |r| r.pick(&SIGNED));
                Leg::Add { counter, delta, min, max: self.random.maybe(10, |r| r.pick(&SIGNED)) }
            }
            28..43 => {
                let (to, asset, amount) = (self.account(), self.asset(), self.price());
                Leg::Transfer { from: account, to, asset, amount }
            }
            43..55 => {
                let (sale, product) = (self.sale(), self.product());
                Leg::Take { sale, product, qty: self.qty() }
            }
            55..70 => {
                let (sale, product) = (self.sale(), self.product());
                let (qty, origin) = (self.qty(), self.origin());
                Leg::Reserve { account, sale, product, qty, origin }
            }
            70..82 => Leg::PlaceBid(PlaceBid { account, ..self.bid() }),
            82..94 => {
                let tif = self.random.pick(&[TimeInForce::Ioc, TimeInForce::Fok]);
                let expire_at = None;
                Leg::Order(NewOrder { account, tif, expire_at, display_qty: None, ..self.order() })
            }
            94..97 => Leg::Before { time: self.random.pick(&[LAST, u64::MAX, 0]) },
            _ => Leg::After { time: self.random.pick(&[0, 1, u64::MAX]) },
        }
    }

    fn reserve(&mut self) -> Reserve {
        Reserve {
            account: self.account(),
            sale: self.sale(),
            product: self.product(),
            qty: self.qty(),
            request_id: RequestId(self.name()),
            origin: self.origin(),
        }
    }

    fn cart(&mut self) -> ReserveCart {
        let mut lines = List::new();
        for _ in 0..self.random.below(5) {
            let _ = lines.push(Line { product: self.product(), qty: self.qty() });
        }
        ReserveCart {
            account: self.account(),
            sale: self.sale(),
            request_id: RequestId(self.name()),
            origin: self.origin(),
            lines,
        }
    }

    /// What becomes of reservations and stock.
    fn life(&mut self) -> Command {
        let reservation = self.reservation();
        match self.random.below(10) {
            0..3 => Confirm { reservation, qty: self.optional() }.into(),
            3..5 => Void { reservation }.into(),
            5..7 => Extend { reservation, by: self.unsigned() }.into(),
            7 => {
                let (account, sale) = (self.account(), self.sale());
                Leave { account, sale, product: self.product() }.into()
            }
            _ => {
                let (sale, product) = (self.sale(), self.product());
                Restock { sale, product, delta: self.signed() }.into()
            }
        }
    }

    fn bid(&mut self) -> PlaceBid {
        PlaceBid {
            account: self.account(),
            auction: self.auction(),
            max_price: self.price(),
            qty: self.random.chance(20).then(|| self.qty()),
            bid_id: BidId(self.name()),
        }
    }

    fn order(&mut self) -> NewOrder {
        let tif = self.random.pick(&[TimeInForce::Day, TimeInForce::Gtd, TimeInForce::Ioc]);
        let limit = self.random.chance(85);
        NewOrder {
            account: self.account(),
            instrument: InstrumentId(1 + self.random.below(2) as u32),
            cl_ord_id: ClOrdId(self.name()),
            side: self.random.pick(&[Side::Buy, Side::Sell]),
            ord_type: if limit { OrdType::Limit } else { OrdType::Market },
            qty: self.qty(),
            price: limit.then(|| self.price()),
            stop_px: None,
            tif,
            expire_at: (tif == TimeInForce::Gtd).then(|| self.random.pick(&UNSIGNED)),
            display_qty: None,
            post_only: false,
            min_qty: None,
            stp: Stp::NoPrevention,
        }
    }

    fn money(&mut self) -> Command {
        let (account, asset, amount) = (self.account(), self.asset(), self.signed());
        let request_id = self.random.maybe(30, |r| RequestId(r.below(20)));
        match self.random.below(4) {
            0 => Withdraw { account, asset, amount, request_id }.into(),
            1 => Deposit { account, asset, amount, request_id }.into(),
            _ => {
                let to = self.account();
                Transfer { from: account, to, asset, amount, request_id }.into()
            }
        }
    }

    fn query(&mut self) -> Command {
        let (account, sale, auction) = (self.account(), self.sale(), self.auction());
        let instrument = Some(InstrumentId(1 + self.random.below(2) as u32));
        match self.random.below(7) {
            0 => QueryOpen { account }.into(),
            1 => QuerySale { sale }.into(),
            2 => QueryStats { instrument: None, auction: None, sale: Some(sale) }.into(),
            3 => QueryStats { instrument, auction: None, sale: None }.into(),
            4 => QueryAuction { auction }.into(),
            5 => {
                let (from, to) = (self.counter(), self.counter());
                QueryCounters { from, to }.into()
            }
            _ => Command::QueryDeadlines,
        }
    }

    /// Something new, or something that is there already.
    fn create(&mut self) -> Command {
        match self.random.below(5) {
            0 => {
                let auction = AuctionId(7 + self.random.below(2) as u32);
                self.create_auction(auction, true).into()
            }
            1 => self.create_sale(SaleId(4), true).into(),
            3 => {
                let (instrument, time) = (InstrumentId(1), self.unsigned());
                let phase = self.random.chance(70).then_some(Phase::Continuous);
                SchedulePhase { instrument, phase, time }.into()
            }
            2 => {
                let (auction, account) = (self.auction(), self.account());
                BuyNow { auction, account }.into()
            }
            _ => {
                let sale = self.sale();
                self.add_product(sale, ProductId(4), true).into()
            }
        }
    }
}
