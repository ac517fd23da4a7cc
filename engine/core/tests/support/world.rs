//! Random scenarios: a few accounts and instruments with random limits, then random commands that
//! meet often because there are few prices, quantities, ids and moments.

use super::Scenario;
use super::random::Random;
use ringpit_core::command::*;
use ringpit_core::*;
use ringpit_model::{Model, Order};

/// What a scenario is mostly about.
#[derive(Clone, Copy)]
pub struct Profile {
    /// Commands after the setup.
    pub commands: u64,
    /// Phases it visits.
    pub phases: &'static [Phase],
    /// Whether instruments may have a halt band.
    pub halts: bool,
    /// Percent of instruments that settle in the ledger.
    pub cash: u64,
    /// Percent of instruments with a limit, for each limit.
    pub limits: u64,
    /// Percent of orders that are stops.
    pub stops: u64,
    /// Percent of numbers that are extreme or wrong.
    pub odd: u64,
    /// Percent of commands that change a phase.
    pub phase_changes: u64,
    /// Money each account starts with, at most.
    pub money: i64,
}

/// A bit of everything, in continuous trading for the most part.
pub const MIXED: Profile = Profile {
    commands: 140,
    phases: &[Phase::PreOpen, Phase::Continuous, Phase::Halted, Phase::Closed],
    halts: false,
    cash: 60,
    limits: 20,
    stops: 15,
    odd: 2,
    phase_changes: 3,
    money: 20_000,
};

/// Orders that often can't be paid.
pub const LITTLE_MONEY: Profile = Profile { cash: 100, limits: 5, odd: 0, money: 3_000, ..MIXED };

/// Stops that trigger stops, within narrow bands.
pub const STOPS: Profile = Profile { stops: 50, limits: 60, cash: 30, odd: 0, ..MIXED };

/// All phases, and volatility interruptions.
pub const CALLS: Profile = Profile { phases: Phase::ALL, halts: true, phase_changes: 10, ..MIXED };

/// Numbers near the ends of their types.
pub const EDGE: Profile = Profile { odd: 30, limits: 30, money: i64::MAX / 8, ..MIXED };

/// All of them.
pub const PROFILES: [Profile; 5] = [MIXED, LITTLE_MONEY, STOPS, CALLS, EDGE];

/// One scenario being made.
struct World {
    random: Random,
    profile: Profile,
    at: u64,
    commands: u64,
    scenario: Scenario,
    instruments: u64,
    /// Plays along, so that cancels and replaces find open orders.
    model: Model,
    steps: u64,
    /// The last phase asked for.
    phase: Phase,
}

const ACCOUNTS: u64 = 4;
const MIDDLE: i64 = 100;
const SPREAD: i64 = 4;

/// The scenario of a seed.
pub fn scenario(seed: u64, profile: Profile) -> Scenario {
    let mut random = Random::new(seed);
    let instruments = 1 + u64::from(random.chance(25));
    let mut world = World {
        random,
        profile,
        at: 1_000,
        commands: 0,
        scenario: Vec::new(),
        instruments,
        model: Model::new(),
        steps: 0,
        phase: Phase::Continuous,
    };
    world.set_up();
    let commands = 1 + world.random.below(profile.commands);
    for _ in 0..commands {
        if world.random.chance(30) {
            world.at += world.random.below(6);
        }
        let command = world.command();
        world.push(command);
    }
    world.scenario
}

impl World {
    fn push(&mut self, command: impl Into<Command>) {
        self.commands += 1;
        let command = command.into();
        if !command.is_query() {
            self.steps += 1;
            self.model.apply(self.steps, self.at, &Input::venue(command));
        }
        self.scenario.push((self.at, Input::venue(command)));
    }

    fn set_up(&mut self) {
        let code = Code::new("X").expect("a code");
        for asset in (1..=3).map(AssetId) {
            self.push(CreateAsset { asset, code, decimals: 2 });
        }
        for id in 1..=ACCOUNTS {
            let group = self.random.maybe(40, |r| GroupId(r.below(2)));
            self.push(OpenAccount { account: AccountId(id), group });
            for asset in (1..=3).map(AssetId) {
                let most = if asset == AssetId(1) { 1_000 } else { self.profile.money };
                let amount = self.random.within(1, most);
                self.push(Deposit { account: AccountId(id), asset, amount, request_id: None });
            }
        }
        // What the venue has is as far as rebates are paid.
        if self.random.chance(40) {
            let (account, asset) = (AccountId(0), AssetId(2));
            let amount = self.random.within(1, 200);
            self.push(Deposit { account, asset, amount, request_id: None });
        }
        for id in 1..=self.instruments {
            let instrument = self.instrument(InstrumentId(u32::try_from(id).expect("small")));
            self.push(instrument);
        }
    }

    fn instrument(&mut self, instrument: InstrumentId) -> CreateInstrument {
        let (limits, halts) = (self.profile.limits, self.profile.halts);
        let cash = self.random.chance(self.profile.cash);
        let r = &mut self.random;
        let halt = r.maybe(if halts { 60 } else { 0 }, |r| (1 + r.below(4), 1 + r.below(8)));
        let fee = |r: &mut Random| r.pick(&[0, 1, 1_000, 250_000, 1_000_000, -1, -3_000, -250_000]);
        CreateInstrument {
            instrument,
            code: Code::new("I").expect("a code"),
            base: AssetId(1),
            quote: AssetId(if r.chance(80) { 2 } else { 3 }),
            lot_size: r.pick(&[1, 1, 3, 10]),
            tick_value: r.pick(&[1, 1, 2, 7]),
            risk: if cash { Risk::Cash } else { Risk::Off },
            reference_price: r.maybe(60, |r| r.within(MIDDLE - 2, MIDDLE + 2)),
            band_ticks: r.maybe(limits, |r| r.below(6)),
            halt_band_ticks: halt.map(|halt| halt.0),
            halt_for: halt.map(|halt| halt.1),
            max_order_qty: r.maybe(limits / 2, |r| 4 + r.below(12)),
            max_notional: r.maybe(limits / 2, |r| r.within(500, 8_000)),
            max_open_orders: r.maybe(limits / 2, |r| 1 + r.below(8)),
            max_position: r.maybe(limits / 2, |r| 5 + r.below(30)),
            maker_fee_ppm: r.maybe(60, fee),
            taker_fee_ppm: r.maybe(60, fee),
            phase: r.maybe(15, |_| Phase::PreOpen),
        }
    }

    /// A number that is usually sensible, and sometimes at the edge of its type.
    fn lots(&mut self, most: u64) -> u64 {
        if self.random.chance(self.profile.odd) {
            let half = i64::MAX.unsigned_abs();
            return self.random.pick(&[
                0,
                1,
                half,
                half - 1,
                half / 2,
                half / 100,
                1 << 32,
                1 << 53,
            ]);
        }
        1 + self.random.below(most)
    }

    fn price(&mut self) -> i64 {
        if self.random.chance(self.profile.odd) {
            let edges = [0, -1, 1, i64::MAX, i64::MAX - 1, i64::MIN, i64::MAX / 2, 1 << 32];
            return self.random.pick(&edges);
        }
        self.random.within(MIDDLE - SPREAD, MIDDLE + SPREAD)
    }

    fn amount(&mut self) -> i64 {
        if self.random.chance(self.profile.odd) {
            return self.random.pick(&[0, -1, i64::MAX, i64::MAX - 1, i64::MIN, i64::MAX / 2]);
        }
        self.random.within(1, self.profile.money)
    }

    fn account(&mut self) -> AccountId {
        let known = ACCOUNTS + u64::from(self.random.chance(self.profile.odd));
        let first = u64::from(!self.random.chance(4));
        AccountId(first + self.random.below(known))
    }

    fn instrument_id(&mut self) -> InstrumentId {
        let known = self.instruments + u64::from(self.random.chance(self.profile.odd));
        InstrumentId(u32::try_from(1 + self.random.below(known)).expect("small"))
    }

    fn asset(&mut self) -> AssetId {
        AssetId(self.random.pick(&[1, 1, 2, 2, 2, 3, 4]))
    }

    fn request(&mut self) -> Option<RequestId> {
        self.random.maybe(40, |r| RequestId(r.below(6)))
    }

    fn command(&mut self) -> Command {
        let dull = self.phase != Phase::Continuous;
        if self.random.chance(self.profile.phase_changes + if dull { 8 } else { 0 }) {
            return match self.random.below(4) {
                0 => self.schedule_phase().into(),
                _ => self.set_phase().into(),
            };
        }
        match self.random.below(100) {
            0..=63 => self.new_order().into(),
            64..=74 => self.replace().into(),
            75..=81 => self.cancel().into(),
            82 => self.mass_cancel().into(),
            83 => KillSwitch { account: self.account(), on: self.random.chance(25) }.into(),
            84..=91 => self.money(),
            92..=93 => Command::Tick,
            94 => self.set_up_again(),
            _ => self.query(),
        }
    }

    fn set_phase(&mut self) -> SetPhase {
        let back = self.phase != Phase::Continuous && self.random.chance(60);
        self.phase = if back { Phase::Continuous } else { self.random.pick(self.profile.phases) };
        SetPhase { instrument: self.instrument_id(), phase: self.phase }
    }

    /// Few moments, so that changes are replaced, taken back, and fall on other deadlines.
    fn schedule_phase(&mut self) -> SchedulePhase {
        let (most, phases) = (if self.random.chance(90) { 12 } else { 200 }, self.profile.phases);
        SchedulePhase {
            instrument: self.instrument_id(),
            phase: self.random.maybe(75, |r| r.pick(phases)),
            time: self.at + self.random.below(most),
        }
    }

    fn new_order(&mut self) -> NewOrder {
        let odd = self.profile.odd / 2;
        let stop = self.random.chance(self.profile.stops);
        let market = self.random.chance(20);
        let ord_type = match (stop, market) {
            (false, false) => OrdType::Limit,
            (false, true) => OrdType::Market,
            (true, false) => OrdType::StopLimit,
            (true, true) => OrdType::Stop,
        };
        let tif = self.tif(stop);
        let at_once = matches!(tif, TimeInForce::Ioc | TimeInForce::Fok);
        // Mostly combinations that make sense, and now and then one that does not.
        let mut sometimes =
            |often: bool, percent: u64| self.random.chance(if often { percent } else { 1 + odd });
        let (has_price, has_stop) = (sometimes(!market, 99), sometimes(stop, 99));
        let has_expiry = sometimes(tif == TimeInForce::Gtd, 99);
        let has_display = sometimes(!market && !at_once, 20);
        let has_minimum = sometimes(!stop && tif != TimeInForce::AtOpen, 6);
        let post_only = sometimes(!stop && !market && !at_once, 8);
        let qty = self.lots(10);
        NewOrder {
            account: self.account(),
            instrument: self.instrument_id(),
            cl_ord_id: ClOrdId(self.name()),
            side: self.random.pick(&[Side::Buy, Side::Sell]),
            ord_type,
            qty,
            price: has_price.then(|| self.price()),
            stop_px: has_stop.then(|| self.price()),
            tif,
            expire_at: has_expiry.then(|| self.at + self.random.below(30)),
            display_qty: has_display.then(|| self.part(qty)),
            post_only,
            min_qty: has_minimum.then(|| self.part(qty)),
            stp: self.random.pick(Stp::ALL),
        }
    }

    /// A name for an order: usually new.
    fn name(&mut self) -> u64 {
        if self.random.chance(92) {
            self.commands
        } else {
            self.some_open_order().map_or(1, |order| order.cl_ord_id.0)
        }
    }

    fn part(&mut self, qty: u64) -> u64 {
        if self.random.chance(5) { self.lots(10) } else { 1 + self.random.below(qty.max(1)) }
    }

    fn tif(&mut self, stop: bool) -> TimeInForce {
        use TimeInForce::{AtClose, AtOpen, Day, Fok, Gtc, Gtd, Ioc};
        match self.random.below(100) {
            0..=49 => Day,
            50..=59 => Gtc,
            60..=69 => Gtd,
            _ if stop && self.random.chance(80) => Day,
            70..=79 => Ioc,
            80..=89 => Fok,
            90..=93 if self.phase == Phase::Continuous => Day,
            90..=95 => AtOpen,
            _ => AtClose,
        }
    }

    fn some_open_order(&mut self) -> Option<Order> {
        let open = self.model.open_orders();
        (!open.is_empty()).then(|| self.random.pick(open))
    }

    /// An account, an instrument and an order's ids: usually of an open order.
    fn some_order(&mut self) -> (AccountId, InstrumentId, Option<OrderId>, Option<ClOrdId>) {
        let known = self.random.chance(90);
        if let Some(order) = self.some_open_order().filter(|_| known) {
            let (mut account, mut instrument) = (order.account, order.instrument);
            match self.random.below(40) {
                0 => account = self.account(),
                1 => instrument = self.instrument_id(),
                _ => {}
            }
            let other = ClOrdId(self.random.below(self.commands));
            return match self.random.below(10) {
                0..=5 => (account, instrument, None, Some(order.cl_ord_id)),
                6..=8 => (account, instrument, Some(order.id), None),
                _ => (account, instrument, Some(order.id), Some(other)),
            };
        }
        let (account, instrument) = (self.account(), self.instrument_id());
        let id = 1 + self.random.below(self.commands);
        match self.random.below(2) {
            0 => (account, instrument, None, Some(ClOrdId(id))),
            _ => (account, instrument, Some(OrderId(id)), None),
        }
    }

    fn cancel(&mut self) -> CancelOrder {
        let (account, instrument, order_id, orig_cl_ord_id) = self.some_order();
        CancelOrder { account, instrument, order_id, orig_cl_ord_id }
    }

    fn replace(&mut self) -> ReplaceOrder {
        let (account, instrument, order_id, orig_cl_ord_id) = self.some_order();
        let own = self.random.chance(30);
        ReplaceOrder {
            account,
            instrument,
            order_id,
            orig_cl_ord_id,
            cl_ord_id: orig_cl_ord_id.filter(|_| own).unwrap_or(ClOrdId(self.name())),
            qty: if self.random.chance(5) { 0 } else { self.lots(12) },
            price: self.random.chance(60).then(|| self.price()),
        }
    }

    fn mass_cancel(&mut self) -> MassCancel {
        MassCancel {
            account: self.account(),
            instrument: self.random.chance(50).then(|| self.instrument_id()),
            side: self.random.maybe(40, |r| r.pick(&[Side::Buy, Side::Sell])),
        }
    }

    fn money(&mut self) -> Command {
        let (account, asset, amount) = (self.account(), self.asset(), self.amount());
        let request_id = self.request();
        match self.random.below(3) {
            0 => Deposit { account, asset, amount, request_id }.into(),
            1 => Withdraw { account, asset, amount, request_id }.into(),
            _ => Transfer { from: account, to: self.account(), asset, amount, request_id }.into(),
        }
    }

    /// Things that exist already, or are described wrongly.
    fn set_up_again(&mut self) -> Command {
        let code = Code::new("Y").expect("a code");
        match self.random.below(4) {
            0 => CreateAsset { asset: self.asset(), code, decimals: 0 }.into(),
            1 => OpenAccount { account: self.account(), group: None }.into(),
            _ => {
                let id = InstrumentId(self.random.pick(&[1, 5]));
                let mut wrong = self.instrument(id);
                let r = &mut self.random;
                match r.below(9) {
                    0 => wrong.base = wrong.quote,
                    1 => wrong.lot_size = 0,
                    2 => wrong.tick_value = 0,
                    3 => wrong.halt_for = if wrong.halt_for.is_some() { None } else { Some(5) },
                    4 => wrong.maker_fee_ppm = Some(r.pick(&[1_000_001, -1_000_001, i64::MIN])),
                    5 => wrong.taker_fee_ppm = Some(r.pick(&[1_000_001, -1_000_001, i64::MAX])),
                    6 => wrong.base = AssetId(9),
                    7 => wrong.quote = AssetId(9),
                    _ => wrong.instrument = InstrumentId(1),
                }
                wrong.into()
            }
        }
    }

    fn query(&mut self) -> Command {
        let (account, instrument) = (self.account(), self.instrument_id());
        match self.random.below(5) {
            0 => {
                let asset = self.random.chance(50).then(|| self.asset());
                QueryBalance { account, asset }.into()
            }
            1 => QueryOpen { account }.into(),
            2 => Command::QueryDeadlines,
            3 => QueryStats { instrument: Some(instrument), auction: None, sale: None }.into(),
            _ => QueryDepth { instrument }.into(),
        }
    }
}
