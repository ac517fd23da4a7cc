//! Money and goods: totals are kept, what is held is summed up from the open orders each time.

use crate::Model;
use crate::state::{Instrument, Order};
use ringpit_core::command::{Deposit, Transfer, Withdraw};
use ringpit_core::event::Balance;
use ringpit_core::*;

const MILLION: i128 = 1_000_000;

/// The fee on a notional, in quote minor units: charges rounded up, rebates (negative) down.
pub(crate) fn fee(notional: i128, ppm: i64) -> i128 {
    let exact = notional * i128::from(ppm.unsigned_abs());
    if ppm >= 0 { (exact + MILLION - 1) / MILLION } else { -(exact / MILLION) }
}

impl Instrument {
    /// Quote minor units of so many lots at a price; `None` beyond i128.
    pub fn notional(&self, price: i64, qty: u64) -> Option<i128> {
        (i128::from(price) * i128::from(qty)).checked_mul(i128::from(self.tick_value))
    }

    /// Quote minor units that a buy of so many lots at a limit holds; `None` when it is too much
    /// for any account.
    pub fn buy_hold(&self, price: i64, qty: u64) -> Option<i64> {
        let notional = self.notional(price, qty).filter(|n| *n <= i128::from(i64::MAX))?;
        let largest = self.maker_fee_ppm.max(self.taker_fee_ppm).max(0);
        i64::try_from(notional + fee(notional, largest)).ok()
    }

    /// Base minor units of so many lots; `None` when it is too much for any account.
    pub fn goods(&self, qty: u64) -> Option<i64> {
        i64::try_from(u128::from(qty) * u128::from(self.lot_size)).ok()
    }

    /// What an order binds: of which asset, how much; `None` when it is too much for any account.
    pub fn hold(&self, side: Side, price: Option<i64>, leaves: u64) -> Option<(AssetId, i64)> {
        match (self.risk, side, price) {
            (Risk::Off, Side::Buy, _) | (Risk::Cash, Side::Buy, None) => Some((self.quote, 0)),
            (Risk::Off, Side::Sell, _) => Some((self.base, 0)),
            (Risk::Cash, Side::Buy, Some(price)) => {
                Some((self.quote, self.buy_hold(price, leaves)?))
            }
            (Risk::Cash, Side::Sell, _) => Some((self.base, self.goods(leaves)?)),
        }
    }
}

impl Model {
    pub(crate) fn total(&self, account: AccountId, asset: AssetId) -> i64 {
        self.totals.get(&(account, asset)).copied().unwrap_or(0)
    }

    pub(crate) fn order_hold(&self, order: &Order) -> (AssetId, i64) {
        self.instrument(order.instrument)
            .hold(order.side, order.price, order.leaves())
            .expect("an open order's hold was checked at entry")
    }

    /// The sum of an account's open obligations in an asset.
    pub(crate) fn held(&self, account: AccountId, asset: AssetId) -> i64 {
        let holds = self.orders.iter().filter(|order| order.account == account);
        let holds = holds.map(|order| self.order_hold(order)).filter(|hold| hold.0 == asset);
        holds.map(|hold| hold.1).sum::<i64>()
            + self.held_by_auctions(account, asset)
            + self.held_by_sales(account, asset)
    }

    pub(crate) fn available(&self, account: AccountId, asset: AssetId) -> i64 {
        self.total(account, asset) - self.held(account, asset)
    }

    pub(crate) fn change_total(&mut self, account: AccountId, asset: AssetId, by: i128) {
        let total = self.totals.entry((account, asset)).or_insert(0);
        *total = i64::try_from(i128::from(*total) + by).expect("totals stay within what came in");
        assert!(*total >= 0, "a total below zero");
    }

    /// Moves `amount` from one account to another.
    pub(crate) fn pay(&mut self, from: AccountId, to: AccountId, asset: AssetId, amount: i128) {
        assert!(amount >= 0);
        self.change_total(from, asset, -amount);
        self.change_total(to, asset, amount);
    }

    /// Settles a fill between two orders that already count it, and gives the buyer's and the
    /// seller's fee. `spare` is what the buyer's hold gave back beyond the notional; a market buy
    /// has none to keep to. `buyer_first` says whose rebate is paid first.
    pub(crate) fn settle(
        &mut self,
        fill: &crate::matching::Fill,
        spare: Option<i128>,
        buyer_first: bool,
    ) -> (i64, i64) {
        let instrument = self.instrument(fill.instrument);
        let (base, quote) = (instrument.base, instrument.quote);
        let goods = instrument.goods(fill.qty).expect("held goods fit");
        let notional = instrument.notional(fill.price, fill.qty).expect("paid money fits");
        let venue = AccountId(0);
        self.pay(fill.seller, fill.buyer, base, i128::from(goods));
        self.pay(fill.buyer, fill.seller, quote, notional);
        let mut buyer_fee = fee(notional, fill.buyer_ppm);
        if buyer_fee > 0 {
            buyer_fee = buyer_fee.min(spare.unwrap_or(buyer_fee));
            self.pay(fill.buyer, venue, quote, buyer_fee);
        }
        let mut seller_fee = fee(notional, fill.seller_ppm);
        if seller_fee > 0 {
            self.pay(fill.seller, venue, quote, seller_fee);
        }
        let turns = if buyer_first { [true, false] } else { [false, true] };
        for buyers_turn in turns {
            let (account, owed) = if buyers_turn {
                (fill.buyer, &mut buyer_fee)
            } else {
                (fill.seller, &mut seller_fee)
            };
            if *owed < 0 {
                let paid = (-*owed).min(i128::from(self.available(venue, quote)));
                *owed = -paid;
                self.pay(venue, account, quote, paid);
            }
        }
        let small = |fee: i128| i64::try_from(fee).expect("a fee is at most the notional");
        (small(buyer_fee), small(seller_fee))
    }

    fn say_balance(&mut self, account: AccountId, asset: AssetId) {
        let (available, held) = self.balance(account, asset);
        self.emit(Balance { account, asset, available, held });
    }

    /// Whether this request was done before; remembers it otherwise if asked to.
    fn is_repeat(&self, account: AccountId, request: Option<RequestId>) -> bool {
        request.is_some_and(|id| self.requests.contains(&(account, id.0)))
    }

    fn remember(&mut self, account: AccountId, request: Option<RequestId>) {
        if let Some(id) = request {
            self.requests.insert((account, id.0));
        }
    }

    pub(crate) fn deposit(&mut self, c: &Deposit) {
        let do_ = CommandKind::Deposit;
        if !self.knows_account(c.account) {
            return self.reject(do_, c.account.0, (Reason::UnknownAccount, Field::Account));
        }
        let Some(asset) = self.assets.iter_mut().find(|asset| asset.id == c.asset) else {
            return self.reject(do_, c.account.0, (Reason::UnknownAsset, Field::Asset));
        };
        let sum = asset.brought_in.checked_add(c.amount);
        if !self.is_repeat(c.account, c.request_id) {
            if c.amount < 1 {
                return self.reject(do_, c.account.0, (Reason::BadValue, Field::Amount));
            }
            let Some(sum) = sum else {
                return self.reject(do_, c.account.0, (Reason::Overflow, Field::Amount));
            };
            self.set_brought_in(c.asset, sum);
            self.change_total(c.account, c.asset, i128::from(c.amount));
            self.remember(c.account, c.request_id);
        }
        self.say_balance(c.account, c.asset);
    }

    pub(crate) fn withdraw(&mut self, c: &Withdraw) {
        let do_ = CommandKind::Withdraw;
        if !self.knows_account(c.account) {
            return self.reject(do_, c.account.0, (Reason::UnknownAccount, Field::Account));
        }
        let Some(asset) = self.assets.iter().find(|asset| asset.id == c.asset).copied() else {
            return self.reject(do_, c.account.0, (Reason::UnknownAsset, Field::Asset));
        };
        if !self.is_repeat(c.account, c.request_id) {
            if c.amount < 1 {
                return self.reject(do_, c.account.0, (Reason::BadValue, Field::Amount));
            }
            if c.amount > self.available(c.account, c.asset) {
                return self.reject(do_, c.account.0, (Reason::InsufficientFunds, Field::Amount));
            }
            self.set_brought_in(c.asset, asset.brought_in - c.amount);
            self.change_total(c.account, c.asset, -i128::from(c.amount));
            self.remember(c.account, c.request_id);
        }
        self.say_balance(c.account, c.asset);
    }

    fn set_brought_in(&mut self, id: AssetId, sum: i64) {
        for asset in self.assets.iter_mut().filter(|asset| asset.id == id) {
            asset.brought_in = sum;
        }
    }

    pub(crate) fn transfer_fault(&self, c: &Transfer) -> Option<(Reason, Field)> {
        let rules = [
            (c.from == c.to, Reason::BadValue, Field::To),
            (c.amount < 1, Reason::BadValue, Field::Amount),
            (c.amount > self.available(c.from, c.asset), Reason::InsufficientFunds, Field::Amount),
        ];
        rules.iter().find(|rule| rule.0).map(|rule| (rule.1, rule.2))
    }

    pub(crate) fn transfer(&mut self, c: &Transfer) {
        let do_ = CommandKind::Transfer;
        let unknown = if !self.knows_account(c.from) {
            Some((Reason::UnknownAccount, Field::From))
        } else if !self.knows_account(c.to) {
            Some((Reason::UnknownAccount, Field::To))
        } else if !self.knows_asset(c.asset) {
            Some((Reason::UnknownAsset, Field::Asset))
        } else {
            None
        };
        if let Some(why) = unknown {
            return self.reject(do_, c.from.0, why);
        }
        if !self.is_repeat(c.from, c.request_id) {
            if let Some(why) = self.transfer_fault(c) {
                return self.reject(do_, c.from.0, why);
            }
            self.pay(c.from, c.to, c.asset, i128::from(c.amount));
            self.remember(c.from, c.request_id);
        }
        self.say_balance(c.from, c.asset);
        self.say_balance(c.to, c.asset);
    }
}
