//! Where the venue's reports go, and what they say.

use crate::abi::Kind;

/// Takes reports in order.
pub trait Reports {
    /// An answer about one order.
    fn answer(&mut self, kind: Kind, sequence_number: u64, order: &Told);

    /// A fill; the order that came in was the last one acknowledged.
    fn trade(&mut self, sequence_number: u64, traded: &Traded);

    /// The message is done.
    fn done(&mut self);

    /// Whatever still waits goes out.
    fn flush(&mut self);
}

/// What an answer tells of an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Told {
    /// The client's name of it.
    pub order_id: u64,
    /// 0 buy, 1 sell.
    pub side: u8,
    /// Ticks.
    pub price_ticks: i64,
    /// Lots.
    pub quantity: u32,
}

/// What a trade's report tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Traded {
    /// Who rested.
    pub maker: u64,
    /// Who came in.
    pub taker: u64,
    /// Ticks.
    pub price_ticks: i64,
    /// Lots.
    pub quantity: u32,
}
