//! A generated trading session: what several accounts would send to one order book.
//!
//! A pure function of its seed, so that a run can be repeated from the number it printed. It does
//! not listen to answers: some of its cancels come too late, as in real life.

use ringpit_core::command::{
    CancelOrder, Code, CreateAsset, CreateInstrument, Deposit, NewOrder, OpenAccount, ReplaceOrder,
};
use ringpit_core::{
    AccountId, AssetId, ClOrdId, Command, InstrumentId, OrdType, Risk, Side, Stp, TimeInForce,
};

/// The book that is traded.
pub const INSTRUMENT: InstrumentId = InstrumentId(1);
/// What is traded.
pub const BASE: AssetId = AssetId(1);
/// What is paid with.
pub const QUOTE: AssetId = AssetId(2);
/// What each account is given of each asset, in minor units.
pub const ENDOWMENT: i64 = 1_000_000_000_000;

/// Where prices begin, in ticks.
const START_TICKS: i64 = 10_000;
/// How far from the middle an order is placed at most, in ticks.
const DEPTH_TICKS: u64 = 20;
/// Open orders that an account remembers for its cancels and replaces.
const REMEMBERED_MAX: usize = 200;

/// SplitMix64: small, and the same numbers everywhere.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Starts at a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub const fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound
    }
}

/// What an operator sends before trading: two assets, one book with fees, the accounts and what
/// they own.
pub fn opening(accounts: impl IntoIterator<Item = AccountId>) -> Vec<Command> {
    let asset = |asset, code: &str, decimals| {
        Command::from(CreateAsset { asset, code: Code::new(code).unwrap_or_default(), decimals })
    };
    let mut commands = vec![asset(BASE, "GOLD", 0), asset(QUOTE, "CASH", 2)];
    commands.push(instrument().into());
    for account in accounts {
        commands.push(OpenAccount { account, group: None }.into());
        for asset in [BASE, QUOTE] {
            let deposit = Deposit { account, asset, amount: ENDOWMENT, request_id: None };
            commands.push(deposit.into());
        }
    }
    commands
}

fn instrument() -> CreateInstrument {
    CreateInstrument {
        risk: Risk::Cash,
        reference_price: Some(START_TICKS),
        maker_fee_ppm: Some(-20),
        taker_fee_ppm: Some(50),
        ..CreateInstrument::plain(INSTRUMENT, Code::new("GOLD").unwrap_or_default(), BASE, QUOTE)
    }
}

#[derive(Clone, Copy, Debug)]
struct Remembered {
    cl_ord_id: ClOrdId,
    qty: u64,
}

/// One account's side of the session: an endless stream of commands.
#[derive(Clone, Debug)]
pub struct Flow {
    dice: Dice,
    account: AccountId,
    last_cl_ord_id: u64,
    middle: i64,
    open: Vec<Remembered>,
}

impl Flow {
    /// An account's stream from a seed.
    pub fn new(seed: u64, account: AccountId) -> Self {
        let mut dice = Dice::new(seed ^ account.0.wrapping_mul(0x2545_f491_4f6c_dd1d));
        dice.roll();
        Self { dice, account, last_cl_ord_id: 0, middle: START_TICKS, open: Vec::new() }
    }

    /// The next command.
    pub fn command(&mut self) -> Command {
        self.middle += self.dice.below(3) as i64 - 1;
        match self.dice.below(100) {
            0..55 => self.rest(),
            55..70 => self.cross(),
            70..92 => self.cancel(),
            _ => self.replace(),
        }
    }

    fn order(&mut self, tif: TimeInForce) -> NewOrder {
        self.last_cl_ord_id += 1;
        NewOrder {
            account: self.account,
            instrument: INSTRUMENT,
            cl_ord_id: ClOrdId(self.last_cl_ord_id),
            side: if self.dice.below(2) == 0 { Side::Buy } else { Side::Sell },
            ord_type: OrdType::Limit,
            qty: 1 + self.dice.below(100),
            price: None,
            stop_px: None,
            tif,
            expire_at: None,
            display_qty: None,
            post_only: false,
            min_qty: None,
            stp: Stp::CancelResting,
        }
    }

    fn price(&mut self, side: Side, toward_ticks: i64) -> i64 {
        let depth = self.dice.below(DEPTH_TICKS) as i64 - toward_ticks;
        match side {
            Side::Buy => (self.middle - depth).max(1),
            Side::Sell => (self.middle + depth).max(1),
        }
    }

    fn rest(&mut self) -> Command {
        let mut order = self.order(TimeInForce::Gtc);
        order.price = Some(self.price(order.side, 0));
        if self.dice.below(10) == 0 {
            order.qty *= 10;
            order.display_qty = Some(order.qty / 10);
        }
        if self.open.len() == REMEMBERED_MAX {
            self.open.swap_remove(0);
        }
        self.open.push(Remembered { cl_ord_id: order.cl_ord_id, qty: order.qty });
        order.into()
    }

    fn cross(&mut self) -> Command {
        let mut order = self.order(TimeInForce::Ioc);
        order.price = Some(self.price(order.side, DEPTH_TICKS as i64));
        order.into()
    }

    fn cancel(&mut self) -> Command {
        if self.open.is_empty() {
            return self.rest();
        }
        let index = self.dice.below(self.open.len() as u64) as usize;
        let order = self.open.swap_remove(index);
        CancelOrder {
            account: self.account,
            instrument: INSTRUMENT,
            order_id: None,
            orig_cl_ord_id: Some(order.cl_ord_id),
        }
        .into()
    }

    fn replace(&mut self) -> Command {
        if self.open.is_empty() {
            return self.rest();
        }
        let index = self.dice.below(self.open.len() as u64) as usize;
        self.last_cl_ord_id += 1;
        let order = &mut self.open[index];
        let orig_cl_ord_id = Some(order.cl_ord_id);
        order.cl_ord_id = ClOrdId(self.last_cl_ord_id);
        order.qty = (order.qty / 2).max(1);
        ReplaceOrder {
            account: self.account,
            instrument: INSTRUMENT,
            order_id: None,
            orig_cl_ord_id,
            cl_ord_id: order.cl_ord_id,
            qty: order.qty,
            price: None,
        }
        .into()
    }
}
