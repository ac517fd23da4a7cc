//! An order flow like that of a busy share, generated: the same for the same seed, for ever.
//!
//! In its proportions it follows the first 30,000 rows of LOBSTER's AAPL sample: 49 % new orders,
//! 44 % cancels, 6 % executions, 1 % reductions, some 300 orders open at a time, most of them
//! cancelled. It is no substitute for real data: prices wander, nothing more.

use ringpit_core::command::{
    CancelOrder, Code, CreateAsset, CreateInstrument, NewOrder, OpenAccount, ReplaceOrder,
};
use ringpit_core::{AccountId, AssetId, ClOrdId, Command, InstrumentId, Side, TimeInForce};

/// Orders open at a time, more or less.
const OPEN_ORDERS: usize = 300;

/// Ticks of one cent, LOBSTER's smallest step.
const CENT: i64 = 100;

/// Where a flow goes: a book, and the two accounts that trade in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The book.
    pub book: InstrumentId,
    /// Whose orders rest.
    pub maker: AccountId,
    /// Whose orders take.
    pub taker: AccountId,
}

impl Place {
    /// The place of the flow with this number, from 1; no two share anything.
    #[must_use]
    pub fn number(number: u32) -> Self {
        let taker = AccountId(2 * u64::from(number));
        Self { book: InstrumentId(number), maker: AccountId(taker.0 - 1), taker }
    }
}

/// What must be there before the flow: two assets, two accounts, one book without risk checks.
#[must_use]
pub fn setup() -> Vec<Command> {
    let mut commands = assets();
    commands.extend(opening(Place::number(1)));
    commands
}

/// The two assets that all places share.
#[must_use]
pub fn assets() -> Vec<Command> {
    let code = code();
    vec![
        CreateAsset { asset: AssetId(1), code, decimals: 0 }.into(),
        CreateAsset { asset: AssetId(2), code, decimals: 4 }.into(),
    ]
}

fn code() -> Code {
    Code::new("SHARE").unwrap_or_default()
}

/// What a place needs besides the assets: its accounts, and its book without risk checks.
#[must_use]
pub fn opening(place: Place) -> Vec<Command> {
    let code = code();
    vec![
        OpenAccount { account: place.maker, group: None }.into(),
        OpenAccount { account: place.taker, group: None }.into(),
        CreateInstrument::plain(place.book, code, AssetId(1), AssetId(2)).into(),
    ]
}

/// The flow: an endless iterator of commands.
#[derive(Clone, Debug)]
pub struct Flow {
    place: Place,
    random: u64,
    mid: i64,
    next_id: u64,
    open: Vec<(ClOrdId, u64)>,
}

impl Flow {
    /// The flow of this seed, in the first place.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::at(Place::number(1), seed)
    }

    /// The flow of this seed in this place.
    #[must_use]
    pub fn at(place: Place, seed: u64) -> Self {
        let random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        Self {
            place,
            random,
            mid: 5_859_500,
            next_id: 1,
            open: Vec::with_capacity(2 * OPEN_ORDERS),
        }
    }

    /// A number below `bound`: xorshift64*, which is random enough and the same everywhere.
    fn below(&mut self, bound: u64) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        (self.random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound
    }

    /// Small distances are likely, large ones happen.
    fn distance(&mut self) -> i64 {
        let spread = 1 << self.below(8);
        1 + self.below(spread).cast_signed()
    }

    fn side(&mut self) -> Side {
        if self.below(2) == 0 { Side::Buy } else { Side::Sell }
    }

    fn new_order(&mut self) -> Command {
        let side = self.side();
        let distance = self.distance() * CENT;
        let price = if side == Side::Buy { self.mid - distance } else { self.mid + distance };
        let qty = [100, 100, 100, 50, 200, 1 + self.below(400)][self.below(6) as usize];
        let id = ClOrdId(self.next_id);
        self.next_id += 1;
        self.open.push((id, qty));
        self.order(self.place.maker, id, side, qty, price, TimeInForce::Day)
    }

    fn execution(&mut self) -> Command {
        let side = self.side();
        // Towards the other side by up to three cents beyond the middle: some find nothing.
        let reach = (1 + self.below(3).cast_signed()) * CENT;
        let price = if side == Side::Buy { self.mid + reach } else { self.mid - reach };
        let qty = 1 + self.below(150);
        let id = ClOrdId(self.next_id);
        self.next_id += 1;
        self.order(self.place.taker, id, side, qty, price, TimeInForce::Ioc)
    }

    fn take_open(&mut self) -> Option<(usize, ClOrdId, u64)> {
        let len = self.open.len() as u64;
        let at = (len > 0).then(|| self.below(len) as usize)?;
        let (id, qty) = self.open[at];
        Some((at, id, qty))
    }

    fn order(
        &self,
        account: AccountId,
        cl_ord_id: ClOrdId,
        side: Side,
        qty: u64,
        price: i64,
        tif: TimeInForce,
    ) -> Command {
        NewOrder { tif, ..NewOrder::limit(account, self.place.book, cl_ord_id, side, qty, price) }
            .into()
    }

    fn replace(&self, id: ClOrdId, qty: u64) -> Command {
        ReplaceOrder {
            account: self.place.maker,
            instrument: self.place.book,
            order_id: None,
            orig_cl_ord_id: Some(id),
            cl_ord_id: id,
            qty,
            price: None,
        }
        .into()
    }
}

impl Iterator for Flow {
    type Item = Command;

    fn next(&mut self) -> Option<Command> {
        if self.below(20) == 0 {
            self.mid += (self.below(3).cast_signed() - 1) * CENT;
        }
        let wants_more = self.open.len() < OPEN_ORDERS;
        let roll = self.below(100);
        let limit = if wants_more { 60 } else { 38 };
        if roll < limit {
            return Some(self.new_order());
        }
        if roll < limit + 6 {
            return Some(self.execution());
        }
        let Some((at, id, qty)) = self.take_open() else { return Some(self.new_order()) };
        if roll == 99 && qty > 1 {
            let qty = qty / 2;
            self.open[at].1 = qty;
            return Some(self.replace(id, qty));
        }
        self.open.swap_remove(at);
        let (orig_cl_ord_id, order_id) = (Some(id), None);
        let Place { maker: account, book: instrument, .. } = self.place;
        let cancel = CancelOrder { account, instrument, order_id, orig_cl_ord_id };
        Some(cancel.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_flow_and_keeps_its_proportions() {
        let flow: Vec<Command> = Flow::new(7).take(20_000).collect();
        assert!(flow.iter().copied().eq(Flow::new(7).take(20_000)));
        assert!(!flow.iter().copied().eq(Flow::new(8).take(20_000)));
        let share = |is: fn(&Command) -> bool| flow.iter().filter(|c| is(c)).count() / 200;
        let new = share(|c| matches!(c, Command::NewOrder(o) if o.tif == TimeInForce::Day));
        let executions = share(|c| matches!(c, Command::NewOrder(o) if o.tif == TimeInForce::Ioc));
        let cancels = share(|c| matches!(c, Command::CancelOrder(_)));
        assert!((42..=52).contains(&new), "{new} % new orders");
        assert!((4..=7).contains(&executions), "{executions} % executions");
        assert!((40..=50).contains(&cancels), "{cancels} % cancels");
    }
}
