//! One instrument: its rules, its two sides, and what was last said about it.

use super::ladder::{Best, Ladder, LevelRef, NONE, Pages};
use super::orders::Place;
use super::queue::Queue;
use crate::command::CreateInstrument;
use crate::ids::InstrumentId;
use crate::limits::UNSIGNED_MAX;
use crate::words::{OrdType, Phase, Risk, Side};

/// The two ladders of limit orders or of stops, by side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sides {
    pub buy: Ladder,
    pub sell: Ladder,
}

impl Sides {
    #[inline]
    pub(crate) fn get(&self, side: Side) -> &Ladder {
        match side {
            Side::Buy => &self.buy,
            Side::Sell => &self.sell,
        }
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, side: Side) -> &mut Ladder {
        match side {
            Side::Buy => &mut self.buy,
            Side::Sell => &mut self.sell,
        }
    }
}

/// What was computed from the trades.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stats {
    pub open: i64,
    pub high: i64,
    pub low: i64,
    pub volume: i128,
    pub turnover: i128,
    pub trades: u64,
}

/// The last `indicative` sent: price (0: nothing executable), quantity, surplus.
pub(crate) type IndicativeSent = (i64, u64, i64);

/// An instrument with its book.
#[derive(Clone, Debug)]
pub(crate) struct Book {
    pub id: InstrumentId,
    pub rules: CreateInstrument,
    /// Slots of the two assets.
    pub base: u32,
    pub quote: u32,
    pub phase: Phase,
    /// Ticks; 0 before the first trade.
    pub last: i64,
    /// The limit orders.
    pub sides: Sides,
    /// Stops by stop price.
    pub stops: Sides,
    pub market_buys: Queue,
    pub market_sells: Queue,
    pub parked: Queue,
    /// Lots of all open orders to buy, stops and parked included; never beyond i64, so that every
    /// sum over them can be printed.
    pub open_buys: u64,
    /// Lots of all open orders to sell; as `open_buys`.
    pub open_sells: u64,
    /// Best bid and ask as last sent: price and quantity, 0 where a side was empty.
    pub quote_sent: [(i64, u64); 2],
    /// Whether `quote_sent` was the top after the last derived lines: not while no quotes are sent.
    pub quote_is_current: bool,
    pub indicative_sent: IndicativeSent,
    /// Handle of the running interruption's end, or `NONE`.
    pub halt_end: u32,
    /// Whether something changed that the next derived lines may show.
    pub dirty: bool,
    pub stats: Stats,
}

impl Book {
    pub(crate) fn new(rules: CreateInstrument, base: u32, quote: u32) -> Self {
        let sides = Sides { buy: Ladder::new(Best::Highest), sell: Ladder::new(Best::Lowest) };
        let stops = Sides { buy: Ladder::new(Best::Lowest), sell: Ladder::new(Best::Highest) };
        Self {
            id: rules.instrument,
            rules,
            base,
            quote,
            phase: rules.phase.unwrap_or(Phase::Continuous),
            last: 0,
            sides,
            stops,
            market_buys: Queue::EMPTY,
            market_sells: Queue::EMPTY,
            parked: Queue::EMPTY,
            open_buys: 0,
            open_sells: 0,
            quote_sent: [(0, 0); 2],
            quote_is_current: true,
            indicative_sent: (0, 0, 0),
            halt_end: NONE,
            dirty: false,
            stats: Stats::default(),
        }
    }

    /// Whether trades move the ledger.
    #[inline]
    pub(crate) fn is_cash(&self) -> bool {
        self.rules.risk == Risk::Cash
    }

    /// The last trade's price, else the reference price given.
    #[inline]
    pub(crate) fn reference(&self) -> Option<i64> {
        if self.last == 0 { self.rules.reference_price } else { Some(self.last) }
    }

    /// Lowest and highest price within a distance of the reference, both included; everything
    /// where there is no distance or no reference.
    pub(crate) fn band(&self, ticks: Option<u64>) -> (i64, i64) {
        match (self.reference(), ticks) {
            (Some(reference), Some(ticks)) => {
                (reference.saturating_sub_unsigned(ticks), reference.saturating_add_unsigned(ticks))
            }
            _ => (i64::MIN, i64::MAX),
        }
    }

    /// Price × quantity × tick value in quote minor units; `None` beyond i64.
    #[inline]
    pub(crate) fn notional(&self, price: i64, qty: u64) -> Option<i64> {
        let lots = i128::from(price).checked_mul(i128::from(qty))?;
        i64::try_from(lots.checked_mul(i128::from(self.rules.tick_value))?).ok()
    }

    /// What a limit buy of so many open lots holds: its notional and the largest fee on it,
    /// rounded up once. A pure function of price and leaves; `None` beyond i64.
    #[inline]
    pub(crate) fn buy_hold(&self, price: i64, leaves: u64) -> Option<i64> {
        let notional = self.notional(price, leaves)?;
        notional.checked_add(charge(notional, self.largest_fee_ppm()))
    }

    fn largest_fee_ppm(&self) -> i64 {
        self.maker_ppm().max(self.taker_ppm()).max(0)
    }

    /// Parts per million a resting order pays; negative is a rebate.
    #[inline]
    pub(crate) fn maker_ppm(&self) -> i64 {
        self.rules.maker_fee_ppm.unwrap_or(0)
    }

    /// Parts per million an incoming order pays; negative is a rebate.
    #[inline]
    pub(crate) fn taker_ppm(&self) -> i64 {
        self.rules.taker_fee_ppm.unwrap_or(0)
    }

    /// Base minor units of so many lots; `None` beyond i64.
    #[inline]
    pub(crate) fn base_units(&self, qty: u64) -> Option<i64> {
        i64::try_from(u128::from(qty) * u128::from(self.rules.lot_size)).ok()
    }

    /// The list of market orders of a side.
    pub(crate) fn markets_mut(&mut self, side: Side) -> &mut Queue {
        match side {
            Side::Buy => &mut self.market_buys,
            Side::Sell => &mut self.market_sells,
        }
    }

    /// The list of market orders of a side.
    pub(crate) fn markets(&self, side: Side) -> Queue {
        match side {
            Side::Buy => self.market_buys,
            Side::Sell => self.market_sells,
        }
    }

    /// Lots of all open orders of a side.
    #[inline]
    pub(crate) fn open_mut(&mut self, side: Side) -> &mut u64 {
        match side {
            Side::Buy => &mut self.open_buys,
            Side::Sell => &mut self.open_sells,
        }
    }

    /// Whether `more` lots instead of `own` ones can be open on a side: beyond i64 no one could
    /// print a level, an indicative quantity or a surplus.
    pub(crate) fn has_room(&self, side: Side, own: u64, more: u64) -> bool {
        let open = match side {
            Side::Buy => self.open_buys,
            Side::Sell => self.open_sells,
        };
        (open - own).checked_add(more).is_some_and(|sum| sum <= UNSIGNED_MAX)
    }

    /// Whether accounts' positions and open orders are counted.
    #[inline]
    pub(crate) fn counts_positions(&self) -> bool {
        self.rules.max_position.is_some() || self.rules.max_open_orders.is_some()
    }

    /// Whether orders wait for an uncross.
    pub(crate) fn is_call(&self) -> bool {
        matches!(self.phase, Phase::OpeningCall | Phase::ClosingCall)
    }
}

/// A fee on a notional, rounded up; nothing for a rebate.
#[inline]
pub(crate) fn charge(notional: i64, ppm: i64) -> i64 {
    if ppm <= 0 {
        return 0;
    }
    // ppm ≤ 1,000,000, so the charge is at most the notional.
    ((i128::from(notional) * i128::from(ppm) + 999_999) / 1_000_000) as i64
}

/// A rebate on a notional, rounded down; nothing for a charge.
#[inline]
pub(crate) fn rebate(notional: i64, ppm: i64) -> i64 {
    if ppm >= 0 {
        return 0;
    }
    (i128::from(notional) * i128::from(-ppm) / 1_000_000) as i64
}

/// The best price of a side and what is displayed there; zeros when it is empty.
pub(crate) fn top(ladder: &Ladder, pages: &Pages) -> (i64, u64) {
    ladder
        .best()
        .and_then(|price| ladder.find(pages, price).map(|at: LevelRef| (price, pages[at].shown)))
        .unwrap_or((0, 0))
}

/// Where an order belongs that neither trades at once nor is refused.
pub(crate) fn place_of(ord_type: OrdType, triggered: bool) -> Place {
    match ord_type {
        OrdType::Limit => Place::Level,
        OrdType::StopLimit if triggered => Place::Level,
        OrdType::Market => Place::Market,
        OrdType::Stop if triggered => Place::Market,
        OrdType::Stop | OrdType::StopLimit => Place::Stop,
    }
}
