//! The venue that the harness talks to: one instrument without risk checks, one account, and the
//! benchmark's messages said in Ringpit's words.

use crate::abi::{Cancel, Kind, Modify, NewOrder};
use crate::reports::{Fill, Reports, Told};
use ringpit_core::command::{self, CreateAsset, CreateInstrument, OpenAccount, QueryDepth, Text};
use ringpit_core::event::Level;
use ringpit_core::{
    AccountId, AssetId, ClOrdId, Command, Emitted, Engine, Event, ExecType, Input, InstrumentId,
    Liquidity, OrdType, Risk, Side, Stp, TimeInForce,
};

const ACCOUNT: AccountId = AccountId(1);
const INSTRUMENT: InstrumentId = InstrumentId(1);
const BASE: AssetId = AssetId(1);
const QUOTE: AssetId = AssetId(2);

/// An engine with one open book.
#[derive(Debug, Default)]
pub struct Venue {
    engine: Engine,
}

impl Venue {
    /// A venue with an empty book.
    pub fn new() -> Self {
        let mut venue = Self::default();
        let code = Text::new("BENCH").unwrap_or_default();
        venue.apply(CreateAsset { asset: BASE, code, decimals: 0 }, |_| {});
        venue.apply(CreateAsset { asset: QUOTE, code, decimals: 0 }, |_| {});
        venue.apply(OpenAccount { account: ACCOUNT, group: None }, |_| {});
        let instrument = CreateInstrument {
            instrument: INSTRUMENT,
            code,
            base: BASE,
            quote: QUOTE,
            lot_size: 1,
            tick_value: 1,
            risk: Risk::Off,
            reference_price: None,
            band_ticks: None,
            halt_band_ticks: None,
            halt_for: None,
            max_order_qty: None,
            max_notional: None,
            max_open_orders: None,
            max_position: None,
            maker_fee_ppm: None,
            taker_fee_ppm: None,
            phase: None,
        };
        venue.apply(instrument, |_| {});
        venue
    }

    fn apply(&mut self, command: impl Into<Command>, mut sink: impl FnMut(&Event)) {
        let seq = self.engine.seq() + 1;
        let input = Input::venue(command);
        self.engine.apply(seq, seq, &input, &mut |emitted: &Emitted<'_>| sink(emitted.event));
    }

    /// A new order: an acknowledgement, its fills, and what of an immediate one was cancelled.
    /// The benchmark knows no refusal of a new order, so a refused one is answered by silence.
    pub fn new_order(&mut self, order: &NewOrder, out: &mut impl Reports) {
        let told = Told {
            order_id: order.order_id,
            side: order.side,
            price_ticks: order.price_ticks,
            quantity: order.quantity,
        };
        self.enter(&told, order.ioc != 0, order.sequence_number, Kind::OrderAck, out);
        out.done();
    }

    /// A cancel.
    pub fn cancel(&mut self, cancel: &Cancel, out: &mut impl Reports) {
        let (kind, told) = match self.take_out(cancel.order_id) {
            Some(told) => (Kind::CancelAck, told),
            None => (Kind::CancelReject, Told::unknown(cancel.order_id)),
        };
        out.answer(kind, cancel.sequence_number, &told);
        out.done();
    }

    /// A modify, which the benchmark defines as cancel and enter again, whatever changes.
    pub fn modify(&mut self, modify: &Modify, out: &mut impl Reports) {
        if let Some(told) = self.take_out(modify.order_id) {
            let again =
                Told { price_ticks: modify.new_price_ticks, quantity: modify.new_quantity, ..told };
            self.enter(&again, false, modify.sequence_number, Kind::ModifyAck, out);
        } else {
            let told = Told::unknown(modify.order_id);
            out.answer(Kind::ModifyReject, modify.sequence_number, &told);
        }
        out.done();
    }

    fn enter(
        &mut self,
        order: &Told,
        immediate: bool,
        sequence_number: u64,
        ack: Kind,
        out: &mut impl Reports,
    ) {
        let command = command::NewOrder {
            account: ACCOUNT,
            instrument: INSTRUMENT,
            cl_ord_id: ClOrdId(order.order_id),
            side: if order.side == 0 { Side::Buy } else { Side::Sell },
            ord_type: OrdType::Limit,
            qty: u64::from(order.quantity),
            price: Some(order.price_ticks),
            stop_px: None,
            tif: if immediate { TimeInForce::Ioc } else { TimeInForce::Gtc },
            expire_at: None,
            display_qty: None,
            post_only: false,
            min_qty: None,
            stp: Stp::NoPrevention,
        };
        self.apply(command, |event| {
            let Event::ExecutionReport(report) = event else { return };
            match (report.exec_type, report.liquidity) {
                (ExecType::New, _) => out.answer(ack, sequence_number, order),
                (ExecType::Trade, Some(Liquidity::Added)) => {
                    let fill = Fill {
                        maker: report.cl_ord_id.0,
                        taker: order.order_id,
                        price_ticks: report.last_px.unwrap_or(0),
                        quantity: report.last_qty.unwrap_or(0) as u32,
                    };
                    out.trade(sequence_number, &fill);
                }
                (ExecType::Canceled, _) => out.answer(Kind::CancelAck, sequence_number, order),
                _ => {}
            }
        });
    }

    /// Cancels what rests under a name.
    fn take_out(&mut self, order_id: u64) -> Option<Told> {
        let mut told = None;
        let command = command::CancelOrder {
            account: ACCOUNT,
            instrument: INSTRUMENT,
            order_id: None,
            orig_cl_ord_id: Some(ClOrdId(order_id)),
        };
        self.apply(command, |event| {
            if let Event::ExecutionReport(report) = event
                && report.exec_type == ExecType::Canceled
            {
                told = Some(Told {
                    order_id,
                    side: u8::from(report.side == Side::Sell),
                    price_ticks: report.price.unwrap_or(0),
                    quantity: (report.order_qty - report.cum_qty) as u32,
                });
            }
        });
        told
    }

    /// The best price of a side.
    pub fn best(&self, side: Side) -> Option<i64> {
        let prices = self.levels().into_iter().filter(|level| level.side == side);
        match side {
            Side::Buy => prices.map(|level| level.price).max(),
            Side::Sell => prices.map(|level| level.price).min(),
        }
    }

    /// Lots that rest at a price.
    pub fn lots_at(&self, side: Side, price: i64) -> u64 {
        let at_price = |level: &&Level| level.side == side && level.price == price;
        self.levels().iter().find(at_price).map_or(0, |level| level.qty)
    }

    fn levels(&self) -> Vec<Level> {
        let mut levels = Vec::new();
        let query = Input::venue(QueryDepth { instrument: INSTRUMENT });
        self.engine.query(self.engine.now(), &query, &mut |emitted: &Emitted<'_>| {
            if let Event::Level(level) = emitted.event {
                levels.push(*level);
            }
        });
        levels
    }
}

impl Told {
    /// What can be told of a name under which nothing rests.
    pub fn unknown(order_id: u64) -> Self {
        Self { order_id, side: 0, price_ticks: 0, quantity: 0 }
    }
}
