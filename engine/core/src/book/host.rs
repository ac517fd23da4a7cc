//! What the books ask of whoever runs them.

use super::instrument::Book;
use super::order::Order;
use crate::event::Trade;
use crate::ids::{OrderId, TradeId};
use crate::reason::Reason;
use crate::words::{ExecType, Liquidity, Phase};

/// One fill as both sides' reports show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fill {
    /// The trade's number, given by the books.
    pub trade_id: TradeId,
    /// Ticks.
    pub price: i64,
    /// Lots.
    pub qty: u64,
    /// What the reported order did.
    pub liquidity: Liquidity,
    /// What it paid in quote minor units, negative is a rebate; `None` with risk off.
    pub fee: Option<i64>,
}

/// Whoever runs the books. Accounts, owners and assets are the host's numbers, handed back as they
/// were given.
pub trait Host {
    /// Whether the books list open orders by id, by name and by party. A host that keeps slots
    /// itself (see [`Host::placed`]) can do without; names are then not checked for duplicates.
    const DIRECTORY: bool;

    /// Whether the books remember which levels changed, for lines derived from them.
    const LINES: bool;

    /// The step's time, UNIX nanoseconds.
    fn now_ns(&self) -> u64;

    /// Whether two accounts count as one for self-trade prevention.
    fn same_owner(&self, a: u32, b: u32) -> bool;

    /// What an account can pay of an asset. Asked of cash instruments only.
    ///
    /// # Panics
    /// By default: a host without a ledger opens no cash instruments.
    fn available(&self, account: u32, asset: u32) -> i64 {
        no_ledger(account, asset)
    }

    /// Changes what an account has available and held of an asset. Asked of cash instruments only.
    ///
    /// # Panics
    /// By default: a host without a ledger opens no cash instruments.
    fn change(&mut self, account: u32, asset: u32, _available: i64, _held: i64) {
        no_ledger(account, asset)
    }

    /// Asserts that the movements of an asset so far neither made nor lost anything.
    ///
    /// # Panics
    /// By default: a host without a ledger opens no cash instruments.
    fn assert_conserved(&self, asset: u32) {
        no_ledger(0, asset)
    }

    /// Arms an order's expiry; gives a handle.
    ///
    /// # Panics
    /// By default: a host without a clock takes no gtd orders.
    fn arm_expiry(&mut self, time_ns: u64, _id: OrderId) -> u32 {
        no_clock(time_ns)
    }

    /// Arms the end of an interruption; gives a handle. When it is due the host calls
    /// `end_interruption`.
    ///
    /// # Panics
    /// By default: a host without a clock opens no instruments with a volatility band.
    fn arm_halt_end(&mut self, time_ns: u64, _book: u32) -> u32 {
        no_clock(time_ns)
    }

    /// Disarms either.
    ///
    /// # Panics
    /// By default: a host without a clock has nothing armed.
    fn disarm(&mut self, handle: u32) {
        no_clock(u64::from(handle))
    }

    /// Reports an order as it stands now. After `canceled` and `expired` it is gone.
    fn report(&mut self, book: &Book, order: &Order, exec_type: ExecType, reason: Option<Reason>);

    /// Reports a fill; the order is as it stands after it, and gone when nothing is open of it.
    fn fill(&mut self, book: &Book, order: &Order, fill: &Fill);

    /// Shows a trade to everybody, before its two fills.
    fn trade(&mut self, trade: Trade);

    /// A book entered a phase.
    fn phase(&mut self, _book: &Book, _phase: Phase) {}

    /// An order rests at a slot now; it has this slot until it is gone or replaced.
    fn placed(&mut self, _order: &Order, _slot: u32) {}
}

#[cold]
fn no_ledger(account: u32, asset: u32) -> ! {
    panic!("a host without a ledger was asked about account {account} and asset {asset}")
}

#[cold]
fn no_clock(what: u64) -> ! {
    panic!("a host without a clock was asked to arm or disarm {what}")
}
