//! A slow, obvious model of the engine's rules to test it against.
//!
//! It is written from the rule book alone and shares only the vocabulary (commands, events, words)
//! with the engine. Everything is a plain list that is searched from the start; what can be derived
//! (held money, levels, quotes, call prices) is computed anew each time it is asked for; what might
//! fail is tried on a copy. It deliberately knows nothing of speed, memory limits, durability and
//! of who gets which event.

#![expect(clippy::expect_used, reason = "only tests use the model: it stops where it is wrong")]

mod admin;
mod atomic;
mod auctions;
mod bids;
mod book;
mod call;
mod checks;
mod draw;
mod ledger;
mod matching;
mod orders;
mod phases;
mod queries;
mod reservations;
mod sales;
mod sessions;
mod state;
mod stats;
mod wishes;

use auctions::Auction;
use ringpit_core::event::Event;
use ringpit_core::{
    AccountId, AssetId, Command, CounterId, Input, InstrumentId, OrderId, OriginId, RequestId,
    SessionId,
};
use sales::Sale;
use sessions::Session;
use std::collections::{BTreeMap, BTreeSet};

use state::{Account, Asset, Instrument, Planned};
pub use state::{Order, Place};

/// The whole state of the venue, and the events of the step being taken.
#[derive(Clone, Debug)]
pub struct Model {
    seq: u64,
    /// The time of the last input.
    now: u64,
    /// The time events carry: the input's, or the fired deadline's own.
    time: u64,
    assets: Vec<Asset>,
    accounts: Vec<Account>,
    /// Available plus held, by account and asset.
    totals: BTreeMap<(AccountId, AssetId), i64>,
    /// Request ids of deposits, withdrawals and transfers that were done.
    requests: BTreeSet<(AccountId, u64)>,
    instruments: Vec<Instrument>,
    /// Every open order of every book, by order_id.
    orders: Vec<Order>,
    last_order: u64,
    last_trade: u64,
    /// Queue places given so far; a later place is a later time of arrival.
    last_place: u64,
    /// Deadlines set so far.
    last_deadline: u64,
    auctions: Vec<Auction>,
    sales: Vec<Sale>,
    last_reservation: u64,
    blocked_accounts: Vec<AccountId>,
    blocked_origins: Vec<OriginId>,
    counters: BTreeMap<CounterId, i64>,
    /// When how much was added to which counter.
    additions: Vec<(u64, CounterId, i64)>,
    /// Phases that will begin by themselves.
    schedule: Vec<Planned>,
    /// Request ids of atomic interactions that were done.
    atomics_done: Vec<(AccountId, RequestId)>,
    sessions: Vec<Session>,
    /// The session whose command is being done.
    sender: SessionId,
    /// Prices of trades that stops have not been held against yet.
    fresh_trades: Vec<(InstrumentId, i64)>,
    /// Whether legs of an atomic interaction are being done.
    in_atomic: bool,
    /// Instruments whose trading a leg interrupted.
    interrupted: Vec<InstrumentId>,
    out: Vec<(u64, Event)>,
}

impl Default for Model {
    fn default() -> Self {
        Self::new()
    }
}

impl Model {
    /// A venue with nothing but its own account 0.
    #[must_use]
    pub fn new() -> Self {
        Self {
            seq: 0,
            now: 0,
            time: 0,
            assets: Vec::new(),
            accounts: vec![Account { id: AccountId(0), group: None, killed: false }],
            totals: BTreeMap::new(),
            requests: BTreeSet::new(),
            instruments: Vec::new(),
            orders: Vec::new(),
            last_order: 0,
            last_trade: 0,
            last_place: 0,
            last_deadline: 0,
            auctions: Vec::new(),
            sales: Vec::new(),
            last_reservation: 0,
            blocked_accounts: Vec::new(),
            blocked_origins: Vec::new(),
            counters: BTreeMap::new(),
            additions: Vec::new(),
            schedule: Vec::new(),
            atomics_done: Vec::new(),
            sessions: Vec::new(),
            sender: SessionId(0),
            fresh_trades: Vec::new(),
            in_atomic: false,
            interrupted: Vec::new(),
            out: Vec::new(),
        }
    }

    /// Takes one step and gives its events, each with its time.
    ///
    /// # Panics
    /// When `seq` has a gap or `at` falls, and when an invariant is broken.
    pub fn apply(&mut self, seq: u64, at: u64, input: &Input) -> Vec<(u64, Event)> {
        assert_eq!(seq, self.seq + 1, "a gap in the line");
        assert!(at >= self.now, "time fell");
        (self.seq, self.now) = (seq, at);
        while let Some(due) = self.deadlines().first().copied().filter(|d| d.time <= at) {
            self.time = due.time;
            self.fire(due);
            self.print_market_data();
            self.print_products();
        }
        self.time = at;
        if self.is_new(input) {
            self.sender = input.session;
            if self.may_send(input.session, &input.command) {
                self.command(input);
            } else {
                self.refuse_as_not_permitted(&input.command);
            }
        }
        self.print_market_data();
        self.print_products();
        self.check_invariants();
        std::mem::take(&mut self.out)
    }

    fn command(&mut self, input: &Input) {
        match &input.command {
            Command::CreateAsset(c) => self.create_asset(c),
            Command::OpenAccount(c) => self.open_account(c),
            Command::Deposit(c) => self.deposit(c),
            Command::Withdraw(c) => self.withdraw(c),
            Command::Transfer(c) => self.transfer(c),
            Command::CreateInstrument(c) => self.create_instrument(c),
            Command::SetPhase(c) => self.set_phase(c),
            Command::SchedulePhase(c) => self.schedule_phase(c),
            Command::NewOrder(c) => self.new_order(c),
            Command::CancelOrder(c) => self.cancel_order(c),
            Command::ReplaceOrder(c) => self.replace_order(c),
            Command::MassCancel(c) => self.mass_cancel(c),
            Command::KillSwitch(c) => self.kill_switch(c),
            Command::CreateAuction(c) => self.create_auction(c),
            Command::PlaceBid(c) => self.place_bid(c),
            Command::BuyNow(c) => self.buy_now(c),
            Command::CancelAuction(c) => self.cancel_auction(c),
            Command::CreateSale(c) => self.create_sale(c),
            Command::AddProduct(c) => self.add_product(c),
            Command::Restock(c) => self.restock(c),
            Command::Reserve(c) => self.reserve(c),
            Command::ReserveCart(c) => self.reserve_cart(c),
            Command::Block(c) => self.block(c),
            Command::Draw(c) => self.draw(c),
            Command::Confirm(c) => self.confirm(c),
            Command::Void(c) => self.void(c),
            Command::Extend(c) => self.extend(c),
            Command::Leave(c) => self.leave(c),
            Command::Atomic(c) => self.atomic(c),
            Command::SessionOpen(c) => self.session_open(c),
            Command::SessionConfig(c) => self.session_config(c),
            Command::SessionLost(c) => self.session_lost(c),
            Command::SessionBack(c) => self.session_back(c),
            Command::ActivateRules(c) => self.activate_rules(c),
            Command::Tick => {}
            other => panic!("the model does not know {}", other.kind().word()),
        }
    }

    /// What an account has of an asset: available and held.
    #[must_use]
    pub fn balance(&self, account: AccountId, asset: AssetId) -> (i64, i64) {
        let held = self.held(account, asset);
        (self.total(account, asset) - held, held)
    }

    /// Every open order, by order_id.
    #[must_use]
    pub fn open_orders(&self) -> &[Order] {
        &self.orders
    }

    /// An open order.
    #[must_use]
    pub fn open_order(&self, id: OrderId) -> Option<&Order> {
        self.orders.iter().find(|order| order.id == id)
    }

    /// Accounts, ascending.
    pub fn account_ids(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.accounts.iter().map(|account| account.id)
    }

    /// Assets, ascending.
    pub fn asset_ids(&self) -> impl Iterator<Item = AssetId> + '_ {
        self.assets.iter().map(|asset| asset.id)
    }

    /// When the next deadline is due, UNIX nanoseconds.
    #[must_use]
    pub fn next_deadline(&self) -> Option<u64> {
        self.deadlines().first().map(|deadline| deadline.time)
    }

    /// The last reservation's number; 0 before the first.
    #[must_use]
    pub fn last_reservation(&self) -> u64 {
        self.last_reservation
    }

    fn emit(&mut self, event: impl Into<Event>) {
        self.out.push((self.time, event.into()));
    }
}
