//! Commands as most of them are, to be completed by what a caller needs beyond: `CreateInstrument { band_ticks,
//! ..CreateInstrument::plain(..) }`. Defaults of scenario files and of the wire are theirs, not these.

use crate::command::{Code, CreateInstrument, NewOrder};
use crate::ids::{AccountId, AssetId, ClOrdId, InstrumentId};
use crate::words::{OrdType, Risk, Side, Stp, TimeInForce};

impl CreateInstrument {
    /// A book without a ledger, fees, bands or limits: a lot and a tick are a minor unit each.
    #[must_use]
    pub const fn plain(
        instrument: InstrumentId,
        code: Code,
        base: AssetId,
        quote: AssetId,
    ) -> Self {
        Self {
            instrument,
            code,
            base,
            quote,
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
        }
    }
}

impl NewOrder {
    /// A limit order of the day: `qty` lots at `price_ticks`.
    #[must_use]
    pub const fn limit(
        account: AccountId,
        instrument: InstrumentId,
        cl_ord_id: ClOrdId,
        side: Side,
        qty: u64,
        price_ticks: i64,
    ) -> Self {
        Self {
            account,
            instrument,
            cl_ord_id,
            side,
            ord_type: OrdType::Limit,
            qty,
            price: Some(price_ticks),
            stop_px: None,
            tif: TimeInForce::Day,
            expire_at: None,
            display_qty: None,
            post_only: false,
            min_qty: None,
            stp: Stp::NoPrevention,
        }
    }
}
