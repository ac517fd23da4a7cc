//! What operators do: assets, accounts, instruments, and money in, out and across.

use crate::command::{CreateAsset, CreateInstrument, Deposit, OpenAccount, Transfer, Withdraw};
use crate::engine::Engine;
use crate::event::{Balance, Sink};
use crate::ids::{AccountId, AssetId, InstrumentId, RequestId};
use crate::limits::{
    ACCOUNTS_MAX, ASSETS_MAX, DECIMALS_MAX, FEE_PPM_MAX, INSTRUMENTS_MAX, REQUESTS_MAX,
};
use crate::reason::Reason;
use crate::step::{Refusal, Step};
use crate::words::{CommandKind, Field};

/// A refusal that names its field.
pub(crate) const fn at(reason: Reason, field: Field) -> Refusal {
    (reason, Some(field))
}

/// Which way a deposit or withdrawal goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    In,
    Out,
}

impl Engine {
    pub(crate) fn create_asset<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &CreateAsset,
    ) -> Result<(), Refusal> {
        if self.ledger.asset(c.asset).is_some() {
            return Err(at(Reason::DuplicateId, Field::Asset));
        }
        if c.decimals > DECIMALS_MAX {
            return Err(at(Reason::BadValue, Field::Decimals));
        }
        if self.ledger.assets.len() >= ASSETS_MAX {
            return Err(at(Reason::Full, Field::Asset));
        }
        self.ledger.create_asset(c.asset, c.code, c.decimals);
        self.accept(cx, CommandKind::CreateAsset, u64::from(c.asset.0));
        Ok(())
    }

    pub(crate) fn open_account<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &OpenAccount,
    ) -> Result<(), Refusal> {
        if self.ledger.account(c.account).is_some() {
            return Err(at(Reason::DuplicateId, Field::Account));
        }
        if self.ledger.accounts.len() >= ACCOUNTS_MAX {
            return Err(at(Reason::Full, Field::Account));
        }
        self.ledger.open_account(c.account, c.group);
        self.accept(cx, CommandKind::OpenAccount, c.account.0);
        Ok(())
    }

    pub(crate) fn create_instrument<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &CreateInstrument,
    ) -> Result<(), Refusal> {
        if self.book_ids.get(u64::from(c.instrument.0)).is_some() {
            return Err(at(Reason::DuplicateId, Field::Instrument));
        }
        let base = self.known_asset(c.base, Field::Base)?;
        let quote = self.known_asset(c.quote, Field::Quote)?;
        if let Some(field) = bad_field(c) {
            return Err(at(Reason::BadValue, field));
        }
        if self.books.list.len() >= INSTRUMENTS_MAX {
            return Err(at(Reason::Full, Field::Instrument));
        }
        let book = self.books.open(c, base, quote);
        self.book_ids.insert(u64::from(c.instrument.0), book);
        self.accept(cx, CommandKind::CreateInstrument, u64::from(c.instrument.0));
        Ok(())
    }

    pub(crate) fn known_asset(&self, id: AssetId, field: Field) -> Result<u32, Refusal> {
        self.ledger.asset(id).ok_or(at(Reason::UnknownAsset, field))
    }

    pub(crate) fn known_book(&self, id: InstrumentId) -> Result<u32, Refusal> {
        let unknown = at(Reason::UnknownInstrument, Field::Instrument);
        self.book_ids.get(u64::from(id.0)).ok_or(unknown)
    }

    pub(crate) fn known_account(&self, id: AccountId, field: Field) -> Result<u32, Refusal> {
        self.ledger.account(id).ok_or(at(Reason::UnknownAccount, field))
    }

    pub(crate) fn deposit<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &Deposit,
    ) -> Result<(), Refusal> {
        #[cfg(test)]
        if self.rules.refuse_deposit(c.amount) {
            return Err(at(Reason::BadValue, Field::Amount));
        }
        self.move_supply(cx, Way::In, (c.account, c.asset, c.amount), c.request_id)
    }

    pub(crate) fn withdraw<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &Withdraw,
    ) -> Result<(), Refusal> {
        self.move_supply(cx, Way::Out, (c.account, c.asset, c.amount), c.request_id)
    }

    fn move_supply<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        way: Way,
        (account_id, asset_id, amount): (AccountId, AssetId, i64),
        request_id: Option<RequestId>,
    ) -> Result<(), Refusal> {
        let account = self.known_account(account_id, Field::Account)?;
        let asset = self.known_asset(asset_id, Field::Asset)?;
        if !self.ledger.is_repeat(account, request_id) {
            if amount < 1 {
                return Err(at(Reason::BadValue, Field::Amount));
            }
            let supply = self.ledger.assets[asset as usize].supply;
            if way == Way::In && supply.checked_add(amount).is_none() {
                return Err(at(Reason::Overflow, Field::Amount));
            }
            if way == Way::Out && self.ledger.available(account, asset) < amount {
                return Err(at(Reason::InsufficientFunds, Field::Amount));
            }
            self.room_for_request(request_id)?;
            self.ledger.supply(account, asset, if way == Way::In { amount } else { -amount });
            self.ledger.remember(account, request_id);
        }
        self.send_balance(cx, account, asset);
        Ok(())
    }

    pub(crate) fn transfer<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &Transfer,
    ) -> Result<(), Refusal> {
        let from = self.known_account(c.from, Field::From)?;
        let to = self.known_account(c.to, Field::To)?;
        let asset = self.known_asset(c.asset, Field::Asset)?;
        if !self.ledger.is_repeat(from, c.request_id) {
            if from == to {
                return Err(at(Reason::BadValue, Field::To));
            }
            if c.amount < 1 {
                return Err(at(Reason::BadValue, Field::Amount));
            }
            if self.ledger.available(from, asset) < c.amount {
                return Err(at(Reason::InsufficientFunds, Field::Amount));
            }
            self.room_for_request(c.request_id)?;
            self.ledger.pay(from, to, asset, c.amount);
            self.ledger.remember(from, c.request_id);
        }
        self.send_balance(cx, from, asset);
        self.send_balance(cx, to, asset);
        Ok(())
    }

    fn room_for_request(&self, request_id: Option<RequestId>) -> Result<(), Refusal> {
        if request_id.is_some() && self.ledger.requests_len() >= REQUESTS_MAX {
            return Err(at(Reason::Full, Field::RequestId));
        }
        Ok(())
    }

    fn send_balance<S: Sink>(&mut self, cx: &mut Step<'_, S>, account: u32, asset: u32) {
        let balance = self.balance_of(account, asset);
        self.emit(cx, cx.cause, balance);
    }

    /// A balance as it is reported.
    pub(crate) fn balance_of(&self, account: u32, asset: u32) -> Balance {
        let balance = self.ledger.balance(account, asset);
        Balance {
            account: self.ledger.accounts[account as usize].id,
            asset: self.ledger.assets[asset as usize].id,
            available: balance.available,
            held: balance.held,
        }
    }
}

/// The first field of an instrument's rules that makes no sense.
fn bad_field(c: &CreateInstrument) -> Option<Field> {
    let ppm =
        |ppm: Option<i64>| ppm.is_some_and(|ppm| !(-FEE_PPM_MAX..=FEE_PPM_MAX).contains(&ppm));
    let checks = [
        (c.base == c.quote, Field::Quote),
        (c.lot_size == 0, Field::LotSize),
        (c.tick_value == 0, Field::TickValue),
        (c.reference_price.is_some_and(|price| price < 1), Field::ReferencePrice),
        (c.halt_band_ticks.is_none() && c.halt_for.is_some(), Field::HaltBandTicks),
        (c.halt_band_ticks.is_some() && c.halt_for.is_none_or(|ns| ns == 0), Field::HaltFor),
        (c.max_notional.is_some_and(|max| max < 0), Field::MaxNotional),
        (ppm(c.maker_fee_ppm), Field::MakerFeePpm),
        (ppm(c.taker_fee_ppm), Field::TakerFeePpm),
    ];
    checks.into_iter().find(|(bad, _)| *bad).map(|(_, field)| field)
}
