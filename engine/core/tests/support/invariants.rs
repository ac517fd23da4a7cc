//! What must hold of the engine by itself, counted from scratch from its answers to queries:
//! nothing is made or lost, what is held is what is owed, no book is crossed.

use super::Pair;
use ringpit_core::command::{CreateInstrument, QueryBalance, QueryDepth, QueryOpen};
use ringpit_core::*;
use std::collections::{BTreeMap, BTreeSet};

/// What an observer of the commands and events knows.
#[derive(Clone, Default)]
pub struct Books {
    instruments: BTreeMap<InstrumentId, (CreateInstrument, Phase)>,
    brought_in: BTreeMap<AssetId, i128>,
    requests: BTreeSet<(AccountId, RequestId)>,
    accounts: BTreeSet<AccountId>,
    /// Whether auctions or sales may hold money too; what they hold is not public.
    has_shops: bool,
}

impl Books {
    pub fn instruments(&self) -> impl Iterator<Item = InstrumentId> + '_ {
        self.instruments.keys().copied()
    }

    /// Takes notice of a command and its events.
    pub fn note(&mut self, command: &Command, events: &[(u64, Event)]) {
        for (_, event) in events {
            if let Event::PhaseChange(change) = event
                && let Some(instrument) = self.instruments.get_mut(&change.instrument)
            {
                instrument.1 = change.phase;
            }
        }
        let answer = |wanted: fn(&Event) -> bool| events.iter().any(|(_, event)| wanted(event));
        let accepted = answer(|event| matches!(event, Event::Accepted(_)));
        let moved = answer(|event| matches!(event, Event::Balance(_)));
        match command {
            Command::CreateInstrument(c) if accepted => {
                let phase = c.phase.unwrap_or(Phase::Continuous);
                self.instruments.insert(c.instrument, (*c, phase));
            }
            Command::CreateAuction(_) | Command::CreateSale(_) if accepted => self.has_shops = true,
            Command::OpenAccount(c) if accepted => drop(self.accounts.insert(c.account)),
            Command::Deposit(c) if moved => {
                self.bring(c.account, c.asset, i128::from(c.amount), c.request_id);
            }
            Command::Withdraw(c) if moved => {
                self.bring(c.account, c.asset, -i128::from(c.amount), c.request_id);
            }
            Command::Transfer(c) if moved => self.bring(c.from, c.asset, 0, c.request_id),
            _ => {}
        }
    }

    fn bring(&mut self, account: AccountId, asset: AssetId, by: i128, id: Option<RequestId>) {
        if id.is_none_or(|id| self.requests.insert((account, id))) {
            *self.brought_in.entry(asset).or_default() += by;
        }
    }

    /// Counts everything anew.
    pub fn count(&self, pair: &Pair) -> Result<(), String> {
        let mut sums: BTreeMap<AssetId, i128> = BTreeMap::new();
        for account in self.accounts.iter().copied().chain([AccountId(0)]) {
            let owed = self.owed(pair, account)?;
            for event in answers(pair, QueryBalance { account, asset: None }) {
                let Event::Balance(balance) = event else { continue };
                if balance.available < 0 || balance.held < 0 {
                    return Err(format!("a balance below zero: {balance:?}"));
                }
                let wanted = owed.get(&balance.asset).copied().unwrap_or(0);
                if i128::from(balance.held) != wanted && !self.has_shops {
                    return Err(format!("{balance:?}, but its obligations are {wanted}"));
                }
                *sums.entry(balance.asset).or_default() +=
                    i128::from(balance.available) + i128::from(balance.held);
            }
        }
        for (asset, sum) in sums {
            let wanted = self.brought_in.get(&asset).copied().unwrap_or(0);
            if sum != wanted {
                return Err(format!("asset {asset}: {sum} in accounts, {wanted} brought in"));
            }
        }
        self.instruments.keys().try_for_each(|id| self.uncrossed(pair, *id))
    }

    /// What an account's open orders bind, by asset.
    fn owed(&self, pair: &Pair, account: AccountId) -> Result<BTreeMap<AssetId, i128>, String> {
        let mut owed = BTreeMap::new();
        for event in answers(pair, QueryOpen { account }) {
            let Event::ExecutionReport(order) = event else { continue };
            let instrument = self.instruments.get(&order.instrument).ok_or("unknown book")?.0;
            if instrument.risk == Risk::Off {
                continue;
            }
            let leaves = i128::from(order.leaves_qty);
            let (asset, amount) = match (order.side, order.price) {
                (Side::Sell, _) => (instrument.base, leaves * i128::from(instrument.lot_size)),
                (Side::Buy, None) => (instrument.quote, 0),
                (Side::Buy, Some(price)) => {
                    let notional = i128::from(price) * leaves * i128::from(instrument.tick_value);
                    let rates = [instrument.maker_fee_ppm, instrument.taker_fee_ppm];
                    let ppm = rates.into_iter().flatten().max().unwrap_or(0).max(0);
                    let fee = (notional * i128::from(ppm) + 999_999) / 1_000_000;
                    (instrument.quote, notional + fee)
                }
            };
            *owed.entry(asset).or_insert(0) += amount;
        }
        Ok(owed)
    }

    fn uncrossed(&self, pair: &Pair, instrument: InstrumentId) -> Result<(), String> {
        for event in answers(pair, QueryDepth { instrument }) {
            if let Event::Quote(quote) = event
                && let (Some(bid), Some(ask)) = (quote.bid, quote.ask)
                && self.instruments[&instrument].1 == Phase::Continuous
                && bid >= ask
            {
                return Err(format!("book {instrument} is crossed: {quote:?}"));
            }
        }
        Ok(())
    }
}

/// The engine's own answer.
fn answers(pair: &Pair, query: impl Into<Command>) -> Vec<Event> {
    let mut events = Vec::new();
    let input = Input::venue(query);
    pair.engine
        .query(pair.engine.now(), &input, &mut |emitted: &Emitted<'_>| events.push(*emitted.event));
    events
}
