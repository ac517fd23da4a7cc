//! One instrument: its rules, its two sides, and what was last said about it.

use super::ladder::{Best, Ladder, Levels, NONE};
use super::order::Place;
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

impl Stats {
    /// Counts a trade worth so many quote minor units.
    #[inline]
    pub(super) fn count(&mut self, price: i64, qty: u64, worth: i128) {
        if self.trades == 0 {
            (self.open, self.high, self.low) = (price, price, price);
        }
        self.high = self.high.max(price);
        self.low = self.low.min(price);
        self.volume = self.volume.saturating_add(i128::from(qty));
        self.turnover = self.turnover.saturating_add(worth);
        self.trades += 1;
    }
}

/// The last `indicative` sent: price (0: nothing executable), quantity, surplus.
pub(crate) type IndicativeSent = (i64, u64, i64);

/// What every order asks of the rules, computed once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub tick_value: u64,
    pub maker_ppm: i64,
    pub taker_ppm: i64,
    /// What a buyer's hold covers.
    largest_ppm: i64,
    /// Whether trades move the ledger.
    pub is_cash: bool,
    /// Whether accounts' positions and open orders are counted.
    pub counts_positions: bool,
    /// Whether prices are held against a band of either kind.
    pub is_banded: bool,
    /// Whether an order is measured at all: by size, worth, number, band, position or funds.
    pub has_limits: bool,
}

impl Terms {
    fn of(rules: &CreateInstrument) -> Self {
        let (maker_ppm, taker_ppm) =
            (rules.maker_fee_ppm.unwrap_or(0), rules.taker_fee_ppm.unwrap_or(0));
        let is_cash = rules.risk == Risk::Cash;
        let counts_positions = rules.max_position.is_some() || rules.max_open_orders.is_some();
        let is_banded = rules.band_ticks.is_some() || rules.halt_band_ticks.is_some();
        let is_sized = rules.max_order_qty.is_some() || rules.max_notional.is_some();
        Self {
            tick_value: rules.tick_value,
            maker_ppm,
            taker_ppm,
            largest_ppm: maker_ppm.max(taker_ppm).max(0),
            is_cash,
            counts_positions,
            is_banded,
            has_limits: is_cash || counts_positions || is_banded || is_sized,
        }
    }
}

/// An instrument with its book. What orders touch stands first.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Book {
    pub(crate) id: InstrumentId,
    pub(crate) phase: Phase,
    /// Whether something changed that the next derived lines may show.
    pub(crate) dirty: bool,
    pub(crate) terms: Terms,
    /// Ticks; 0 before the first trade.
    pub(crate) last: i64,
    /// Lots of all open orders to buy and to sell, stops and parked included; never beyond i64, so
    /// that every sum over them can be printed.
    pub(crate) open: [u64; 2],
    /// The limit orders.
    pub(crate) sides: Sides,
    /// Stops by stop price.
    pub(crate) stops: Sides,
    pub(crate) stats: Stats,
    /// Best bid and ask as last sent: price and quantity, 0 where a side was empty.
    pub(crate) quote_sent: [(i64, u64); 2],
    /// Whether `quote_sent` was the top after the last derived lines: not while no quotes are sent.
    pub(crate) quote_is_current: bool,
    pub(crate) market_buys: Queue,
    pub(crate) market_sells: Queue,
    pub(crate) parked: Queue,
    pub(crate) indicative_sent: IndicativeSent,
    /// Handle of the running interruption's end, or `NONE`.
    pub(crate) halt_end: u32,
    /// Slots of the two assets.
    pub(crate) base: u32,
    pub(crate) quote: u32,
    pub(crate) rules: CreateInstrument,
}

impl Book {
    pub(crate) fn new(rules: CreateInstrument, base: u32, quote: u32) -> Self {
        let sides = Sides { buy: Ladder::new(Best::Highest), sell: Ladder::new(Best::Lowest) };
        let stops = Sides { buy: Ladder::new(Best::Lowest), sell: Ladder::new(Best::Highest) };
        Self {
            id: rules.instrument,
            terms: Terms::of(&rules),
            base,
            quote,
            phase: rules.phase.unwrap_or(Phase::Continuous),
            last: 0,
            sides,
            stops,
            market_buys: Queue::EMPTY,
            market_sells: Queue::EMPTY,
            parked: Queue::EMPTY,
            open: [0; 2],
            quote_sent: [(0, 0); 2],
            quote_is_current: true,
            indicative_sent: (0, 0, 0),
            halt_end: NONE,
            dirty: false,
            stats: Stats::default(),
            rules,
        }
    }

    /// The instrument's id.
    #[must_use]
    #[inline]
    pub const fn instrument(&self) -> InstrumentId {
        self.id
    }

    /// The instrument's rules.
    #[must_use]
    pub const fn rules(&self) -> &CreateInstrument {
        &self.rules
    }

    /// The instrument's trading phase.
    #[must_use]
    #[inline]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The best price of a side, ticks.
    #[must_use]
    #[inline]
    pub fn best(&self, side: Side) -> Option<i64> {
        self.sides.get(side).best()
    }

    /// Whether trades move the ledger.
    #[must_use]
    #[inline]
    pub const fn is_cash(&self) -> bool {
        self.terms.is_cash
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

    /// Price × quantity × tick value in quote minor units; `None` beyond i64. Prices are not
    /// negative.
    #[inline]
    pub(crate) fn notional(&self, price: i64, qty: u64) -> Option<i64> {
        let lots = u128::from(price.unsigned_abs()) * u128::from(qty);
        let lots = u64::try_from(lots).ok()?;
        i64::try_from(u128::from(lots) * u128::from(self.terms.tick_value)).ok()
    }

    /// What a limit buy of so many open lots holds: its notional and the largest fee on it,
    /// rounded up once. A pure function of price and leaves; `None` beyond i64.
    #[inline]
    pub(crate) fn buy_hold(&self, price: i64, leaves: u64) -> Option<i64> {
        let notional = self.notional(price, leaves)?;
        notional.checked_add(charge(notional, self.terms.largest_ppm))
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
        &mut self.open[usize::from(side == Side::Sell)]
    }

    /// Whether `more` lots instead of `own` ones can be open on a side: beyond i64 no one could
    /// print a level, an indicative quantity or a surplus.
    pub(crate) fn has_room(&self, side: Side, own: u64, more: u64) -> bool {
        let open = self.open[usize::from(side == Side::Sell)];
        (open - own).checked_add(more).is_some_and(|sum| sum <= UNSIGNED_MAX)
    }

    /// Whether stops wait for a trade.
    #[inline]
    pub(crate) fn has_stops(&self) -> bool {
        self.stops.buy.best().is_some() || self.stops.sell.best().is_some()
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
    let parts = u128::from(notional.unsigned_abs()) * u128::from(ppm.unsigned_abs()) + 999_999;
    millionth(parts)
}

/// A rebate on a notional, rounded down; nothing for a charge.
#[inline]
pub(crate) fn rebate(notional: i64, ppm: i64) -> i64 {
    if ppm >= 0 {
        return 0;
    }
    millionth(u128::from(notional.unsigned_abs()) * u128::from(ppm.unsigned_abs()))
}

/// One millionth, rounded down. Short numbers need no long division.
#[inline]
fn millionth(parts: u128) -> i64 {
    match u64::try_from(parts) {
        Ok(parts) => (parts / 1_000_000) as i64,
        Err(_) => (parts / 1_000_000) as i64,
    }
}

/// The best price of a side and what is displayed there; zeros when it is empty.
#[inline]
pub(crate) fn top(ladder: &Ladder, levels: &Levels) -> (i64, u64) {
    ladder.top().map_or((0, 0), |(price, at)| (price, levels[at].shown))
}

/// Where an order belongs that neither trades at once nor is refused.
#[inline]
pub(crate) fn place_of(ord_type: OrdType, triggered: bool) -> Place {
    match ord_type {
        OrdType::Limit => Place::Level,
        OrdType::Market => Place::Market,
        _ if !triggered => Place::Stop,
        OrdType::StopLimit => Place::Level,
        OrdType::Stop => Place::Market,
    }
}
