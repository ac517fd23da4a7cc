//! Assets, accounts and instruments. No orders.

use crate::Model;
use crate::state::{Account, Asset, Instrument};
use ringpit_core::command::{ActivateRules, CreateAsset, CreateInstrument, OpenAccount};
use ringpit_core::event::{Accepted, Rejected};
use ringpit_core::limits::FEE_PPM_MAX;
use ringpit_core::*;

impl Model {
    pub(crate) fn accept(&mut self, command: CommandKind, id: u64) {
        self.emit(Accepted { command, id });
    }

    pub(crate) fn reject(&mut self, command: CommandKind, id: u64, why: (Reason, Field)) {
        let (reason, field) = why;
        self.emit(Rejected { command, id: Some(id), reason, field: Some(field) });
    }

    /// It knows the first rules only, and they are in force.
    pub(crate) fn activate_rules(&mut self, c: &ActivateRules) {
        let why = (Reason::BadValue, Field::Rules);
        self.reject(CommandKind::ActivateRules, u64::from(c.rules), why);
    }

    pub(crate) fn knows_account(&self, id: AccountId) -> bool {
        self.accounts.iter().any(|account| account.id == id)
    }

    pub(crate) fn knows_asset(&self, id: AssetId) -> bool {
        self.assets.iter().any(|asset| asset.id == id)
    }

    pub(crate) fn knows_instrument(&self, id: InstrumentId) -> bool {
        self.instruments.iter().any(|instrument| instrument.id == id)
    }

    pub(crate) fn create_asset(&mut self, c: &CreateAsset) {
        let id = u64::from(c.asset.0);
        if self.knows_asset(c.asset) {
            return self.reject(CommandKind::CreateAsset, id, (Reason::DuplicateId, Field::Asset));
        }
        self.assets.push(Asset { id: c.asset, brought_in: 0 });
        self.assets.sort_by_key(|asset| asset.id);
        self.accept(CommandKind::CreateAsset, id);
    }

    pub(crate) fn open_account(&mut self, c: &OpenAccount) {
        if self.knows_account(c.account) {
            let why = (Reason::DuplicateId, Field::Account);
            return self.reject(CommandKind::OpenAccount, c.account.0, why);
        }
        self.accounts.push(Account { id: c.account, group: c.group, killed: false });
        self.accounts.sort_by_key(|account| account.id);
        self.accept(CommandKind::OpenAccount, c.account.0);
    }

    pub(crate) fn create_instrument(&mut self, c: &CreateInstrument) {
        let id = u64::from(c.instrument.0);
        if let Some(why) = self.instrument_fault(c) {
            return self.reject(CommandKind::CreateInstrument, id, why);
        }
        self.instruments.push(Instrument {
            id: c.instrument,
            base: c.base,
            quote: c.quote,
            lot_size: c.lot_size,
            tick_value: c.tick_value,
            risk: c.risk,
            reference_price: c.reference_price,
            band_ticks: c.band_ticks,
            halt_band_ticks: c.halt_band_ticks,
            halt_for: c.halt_for,
            max_order_qty: c.max_order_qty,
            max_notional: c.max_notional,
            max_open_orders: c.max_open_orders,
            max_position: c.max_position,
            maker_fee_ppm: c.maker_fee_ppm.unwrap_or(0),
            taker_fee_ppm: c.taker_fee_ppm.unwrap_or(0),
            phase: c.phase.unwrap_or(Phase::Continuous),
            halt_end: None,
            told_levels: Vec::new(),
            told_quote: (None, None),
            told_indicative: None,
            trades: Vec::new(),
        });
        self.instruments.sort_by_key(|instrument| instrument.id);
        self.accept(CommandKind::CreateInstrument, id);
    }

    fn instrument_fault(&self, c: &CreateInstrument) -> Option<(Reason, Field)> {
        let beyond = |ppm: Option<i64>| {
            ppm.is_some_and(|ppm| ppm.unsigned_abs() > FEE_PPM_MAX.unsigned_abs())
        };
        let halt_alone = c.halt_band_ticks.is_some() != c.halt_for.is_some();
        let halt_field = if c.halt_for.is_none() { Field::HaltFor } else { Field::HaltBandTicks };
        let rules = [
            (self.knows_instrument(c.instrument), Reason::DuplicateId, Field::Instrument),
            (!self.knows_asset(c.base), Reason::UnknownAsset, Field::Base),
            (!self.knows_asset(c.quote), Reason::UnknownAsset, Field::Quote),
            (c.base == c.quote, Reason::BadValue, Field::Quote),
            (c.lot_size < 1, Reason::BadValue, Field::LotSize),
            (c.tick_value < 1, Reason::BadValue, Field::TickValue),
            (c.reference_price.is_some_and(|p| p < 1), Reason::BadValue, Field::ReferencePrice),
            (halt_alone, Reason::BadValue, halt_field),
            (c.max_notional.is_some_and(|n| n < 0), Reason::BadValue, Field::MaxNotional),
            (beyond(c.maker_fee_ppm), Reason::BadValue, Field::MakerFeePpm),
            (beyond(c.taker_fee_ppm), Reason::BadValue, Field::TakerFeePpm),
        ];
        rules.iter().find(|rule| rule.0).map(|rule| (rule.1, rule.2))
    }
}
