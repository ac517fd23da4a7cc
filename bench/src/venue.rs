//! A venue with cash risk and fees, generated: instruments, accounts that own what they trade, and
//! an endless flow of orders from client sessions. The same for the same size and seed, for ever.
//!
//! The book's depth is kept: as many orders enter as leave. It is what `engine` measures and what
//! `growth` and `memory` make large.

use ringpit_core::command::{
    AccountRange, CancelOrder, Code, CreateAsset, CreateInstrument, Deposit, NewOrder, OpenAccount,
    ReplaceOrder, SessionConfig,
};
use ringpit_core::{
    AccountId, AssetId, CancelOnDisconnect, ClOrdId, Command, Input, InstrumentId, List, Risk,
    Role, SessionId, Side, Stp, TimeInForce,
};

/// What everything is paid with.
pub const CASH: AssetId = AssetId(1);

/// Asset of the first instrument; the others follow.
const FIRST_BASE: u32 = 2;

/// What each account is given of each asset it holds: enough never to be short of it, and of ten
/// million accounts still within an i64.
const ENDOWMENT: i64 = 10_000_000_000;

/// Where prices begin, in ticks.
const MIDDLE_TICKS: i64 = 10_000;

/// Levels on each side that orders rest on.
const DEPTH_TICKS: u64 = 64;

/// Sessions that send the orders; accounts are dealt out to them in ranges.
const SESSIONS: u64 = 100;

/// How large a venue is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// Order books.
    pub instruments: u32,
    /// Accounts that trade.
    pub accounts: u64,
    /// Instruments' assets that each account owns: it sells only these.
    pub holdings: u32,
    /// Orders that rest while the flow runs.
    pub open_orders: usize,
}

/// An order that rests, as far as the flow knows.
#[derive(Clone, Copy, Debug)]
struct Open {
    account: u64,
    instrument: u32,
    cl_ord_id: u64,
    qty: u32,
}

/// The flow: an endless iterator of inputs.
#[derive(Clone, Debug)]
pub struct Venue {
    size: Size,
    random: u64,
    next_id: u64,
    /// Each session's last number.
    numbers: Vec<u64>,
    open: Vec<Open>,
}

impl Venue {
    /// A venue of this size.
    #[must_use]
    pub fn new(size: Size, seed: u64) -> Self {
        let random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let open = Vec::with_capacity(size.open_orders + 1);
        Self { size, random, next_id: 1, numbers: vec![0; SESSIONS as usize], open }
    }

    /// Everything that must be there before the flow.
    pub fn setup(&self) -> impl Iterator<Item = Input> + use<> {
        let size = self.size;
        let code = Code::new("VENUE").unwrap_or_default();
        let asset = move |asset| CreateAsset { asset: AssetId(asset), code, decimals: 2 }.into();
        let assets = std::iter::once(CASH.0).chain((0..size.instruments).map(base)).map(asset);
        let instruments = (0..size.instruments).map(move |index| instrument(index, code).into());
        let accounts = (1..=size.accounts).flat_map(move |account| {
            let opened = OpenAccount { account: AccountId(account), group: None }.into();
            let bases = (0..size.holdings).map(move |held| base(holding(size, account, held)));
            let assets = std::iter::once(CASH.0).chain(bases);
            let deposit = move |asset| {
                let (account, asset) = (AccountId(account), AssetId(asset));
                Deposit { account, asset, amount: ENDOWMENT, request_id: None }.into()
            };
            std::iter::once(opened).chain(assets.map(deposit))
        });
        let sessions = (0..SESSIONS).map(move |session| configured(size, session).into());
        let commands = assets.chain(instruments).chain(accounts).chain(sessions);
        commands.map(|command: Command| Input::venue(command))
    }

    /// Orders that rest, as far as the flow knows.
    #[must_use]
    pub fn open_orders(&self) -> usize {
        self.open.len()
    }

    /// A number below `bound`: xorshift64*.
    fn below(&mut self, bound: u64) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        (self.random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound
    }

    /// The input that a command of this account becomes: from its session, under its next number.
    fn of(&mut self, account: u64, command: impl Into<Command>) -> Input {
        let session = session_of(self.size, account);
        let number = &mut self.numbers[session as usize];
        *number += 1;
        Input { session: SessionId(session + 1), client_seq: *number, command: command.into() }
    }

    /// An order at a distance from the middle: behind it it rests, beyond it it trades.
    fn order(&mut self, distance: i64, tif: TimeInForce) -> (NewOrder, Open) {
        let account = 1 + self.below(self.size.accounts);
        let held = self.below(u64::from(self.size.holdings)) as u32;
        let instrument = holding(self.size, account, held);
        let (qty, cl_ord_id) = (1 + self.below(100), self.next_id);
        self.next_id += 1;
        let side = if self.below(2) == 0 { Side::Buy } else { Side::Sell };
        let price = MIDDLE_TICKS + if side == Side::Buy { -distance } else { distance };
        let order = NewOrder {
            tif,
            stp: Stp::CancelResting,
            ..NewOrder::limit(
                AccountId(account),
                InstrumentId(instrument + 1),
                ClOrdId(cl_ord_id),
                side,
                qty,
                price,
            )
        };
        (order, Open { account, instrument, cl_ord_id, qty: qty as u32 })
    }

    fn rest(&mut self) -> Input {
        let distance = 1 + self.below(DEPTH_TICKS).cast_signed();
        let (order, open) = self.order(distance, TimeInForce::Gtc);
        self.open.push(open);
        self.of(open.account, order)
    }

    fn take(&mut self) -> Input {
        // As far as the depth goes: it finds what is best, and seldom nothing.
        let (order, open) = self.order(-(DEPTH_TICKS as i64), TimeInForce::Ioc);
        self.of(open.account, order)
    }

    fn cancel(&mut self) -> Input {
        let at = self.below(self.open.len() as u64) as usize;
        let Open { account, instrument, cl_ord_id, .. } = self.open.swap_remove(at);
        let command = CancelOrder {
            account: AccountId(account),
            instrument: InstrumentId(instrument + 1),
            order_id: None,
            orig_cl_ord_id: Some(ClOrdId(cl_ord_id)),
        };
        self.of(account, command)
    }

    /// One lot more of an order that rests, under a new name: it goes to its level's end.
    fn replace(&mut self) -> Input {
        let at = self.below(self.open.len() as u64) as usize;
        let new_id = self.next_id;
        self.next_id += 1;
        let open = &mut self.open[at];
        let old_id = std::mem::replace(&mut open.cl_ord_id, new_id);
        open.qty += 1;
        let Open { account, instrument, qty, .. } = *open;
        let command = ReplaceOrder {
            account: AccountId(account),
            instrument: InstrumentId(instrument + 1),
            order_id: None,
            orig_cl_ord_id: Some(ClOrdId(old_id)),
            cl_ord_id: ClOrdId(new_id),
            qty: u64::from(qty),
            price: None,
        };
        self.of(account, command)
    }
}

impl Iterator for Venue {
    type Item = Input;

    fn next(&mut self) -> Option<Input> {
        if self.open.len() < self.size.open_orders {
            return Some(self.rest());
        }
        // A cancel makes room for the next order, so that both are about half of the flow. What
        // traded away is cancelled in vain, as in real life.
        Some(match self.below(100) {
            0..8 => self.take(),
            8..13 => self.replace(),
            _ => self.cancel(),
        })
    }
}

/// The asset of an instrument.
const fn base(instrument: u32) -> u32 {
    FIRST_BASE + instrument
}

/// The instrument, counted from 0, of an account's holding.
fn holding(size: Size, account: u64, held: u32) -> u32 {
    let stride = (size.instruments / size.holdings).max(1);
    ((account + u64::from(held * stride)) % u64::from(size.instruments)) as u32
}

/// The session, counted from 0, that acts for an account.
fn session_of(size: Size, account: u64) -> u64 {
    (account - 1) / size.accounts.div_ceil(SESSIONS)
}

fn configured(size: Size, session: u64) -> SessionConfig {
    let each = size.accounts.div_ceil(SESSIONS);
    let range =
        AccountRange { from: AccountId(1 + session * each), to: AccountId((session + 1) * each) };
    SessionConfig {
        session: SessionId(session + 1),
        role: Role::Trader,
        accounts: List::from_slice(&[range]).unwrap_or_default(),
        messages_per_second: u32::MAX,
        burst: u32::MAX,
        cancels_per_second: u32::MAX,
        orders_in_flight: u32::MAX,
        cancel_on_disconnect: CancelOnDisconnect::Never,
        grace_ms: 0,
    }
}

fn instrument(index: u32, code: Code) -> CreateInstrument {
    CreateInstrument {
        risk: Risk::Cash,
        reference_price: Some(MIDDLE_TICKS),
        maker_fee_ppm: Some(-20),
        taker_fee_ppm: Some(50),
        ..CreateInstrument::plain(InstrumentId(index + 1), code, AssetId(base(index)), CASH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringpit_core::{Emitted, Engine, Event, ExecType};

    const SIZE: Size = Size { instruments: 10, accounts: 250, holdings: 3, open_orders: 2_000 };

    #[test]
    fn the_flow_trades_and_is_hardly_ever_refused() {
        let mut venue = Venue::new(SIZE, 1);
        let mut engine = Engine::new();
        let (mut refused, mut trades, mut resting) = (0, 0, 0_i64);
        let mut sink = |emitted: &Emitted<'_>| match emitted.event {
            Event::Rejected(_) => refused += 1,
            Event::CancelReject(_) => refused += 1,
            Event::Trade(_) => trades += 1,
            Event::ExecutionReport(report) => match report.exec_type {
                ExecType::Rejected => panic!("an order was refused: {report:?}"),
                ExecType::New => resting += 1,
                ExecType::Canceled | ExecType::Expired => resting -= 1,
                _ if report.leaves_qty == 0 => resting -= 1,
                _ => (),
            },
            _ => (),
        };
        let mut inputs = venue.setup().chain(&mut venue);
        let mut seq = 0;
        for input in inputs.by_ref().take(20_000) {
            seq += 1;
            engine.apply(seq, seq, &input, &mut sink);
        }
        assert!(engine.audit().is_ok());
        assert!(trades > 300, "{trades} trades");
        assert!((1_500..=2_000).contains(&resting), "{resting} orders rest");
        assert!(refused < 1_500, "{refused} refused: cancels that came too late");
    }

    #[test]
    fn a_seed_gives_one_flow() {
        let flow = |seed| Venue::new(SIZE, seed).take(5_000);
        assert!(flow(1).eq(flow(1)));
        assert!(!flow(1).eq(flow(2)));
    }
}
