//! The one ledger of all markets: accounts, assets, and what each account has of each asset.
//!
//! Amounts are minor units. `available` and `held` are never negative, and per asset the sum over
//! all accounts is what was deposited less what was withdrawn; both are asserted where they could
//! break. Checking whether something can be paid is the caller's affair.

use crate::book::ladder::NONE;
use crate::command::Code;
use crate::directory::Directory;
use crate::ids::{AccountId, AssetId, GroupId, RequestId};
use crate::segments::Segments;
use crate::table::{Table, hash_pair};
use alloc::vec::Vec;

/// Slot of the venue's own account 0.
pub(crate) const VENUE: u32 = 0;

/// An asset.
#[derive(Clone, Debug)]
pub(crate) struct Asset {
    pub id: AssetId,
    pub code: Code,
    pub decimals: u8,
    /// Deposits less withdrawals.
    pub supply: i64,
    /// All accounts' available and held; equals `supply` between two movements.
    sum: i64,
}

/// An account, on a cache line of its own.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(crate) struct Account {
    pub id: AccountId,
    pub group: Option<GroupId>,
    /// Nothing new, and its orders are gone.
    pub killed: bool,
    /// No new reserve, cart, bid, buy_now or atomic.
    pub blocked: bool,
    /// First of its parties, which list its open orders.
    pub parties: u32,
    /// Newest of its open reservations.
    pub reservations: u32,
    /// The first assets that it had, with the slots of the balances: most have no more.
    known: [(u32, u32); ASSETS_KNOWN],
}

/// Assets whose balances an account finds by itself: they fill its cache line.
const ASSETS_KNOWN: usize = 3;
const _: () = assert!(size_of::<Account>() == 64);

/// What an account has of an asset.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Balance {
    pub account: u32,
    pub asset: u32,
    pub available: i64,
    pub held: i64,
}

/// Accounts × assets. What grows with accounts grows without moving.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    pub assets: Vec<Asset>,
    asset_ids: Directory,
    pub accounts: Segments<Account>,
    account_ids: Directory,
    balances: Segments<Balance>,
    /// The balances that their accounts do not know by themselves.
    balance_slots: Table,
    requests: Segments<(u32, RequestId)>,
    request_slots: Table,
    /// Movements since [`Ledger::begin`], to be taken back by [`Ledger::rollback`].
    log: Log,
}

/// What an atomic interaction moved so far.
#[derive(Clone, Debug, Default)]
struct Log {
    on: bool,
    /// (account, asset, available, held)
    movements: Vec<(u32, u32, i64, i64)>,
}

impl Default for Ledger {
    fn default() -> Self {
        let mut ledger = Self {
            assets: Vec::new(),
            asset_ids: Directory::default(),
            accounts: Segments::default(),
            account_ids: Directory::default(),
            balances: Segments::default(),
            balance_slots: Table::default(),
            requests: Segments::default(),
            request_slots: Table::default(),
            log: Log::default(),
        };
        ledger.open_account(AccountId(0), None);
        ledger
    }
}

impl Ledger {
    /// The slot of an asset.
    #[inline]
    pub(crate) fn asset(&self, id: AssetId) -> Option<u32> {
        self.asset_ids.get(u64::from(id.0))
    }

    /// The slot of an account.
    #[inline]
    pub(crate) fn account(&self, id: AccountId) -> Option<u32> {
        self.account_ids.get(id.0)
    }

    pub(crate) fn create_asset(&mut self, id: AssetId, code: Code, decimals: u8) {
        self.asset_ids.insert(u64::from(id.0), self.assets.len() as u32);
        self.assets.push(Asset { id, code, decimals, supply: 0, sum: 0 });
    }

    pub(crate) fn open_account(&mut self, id: AccountId, group: Option<GroupId>) {
        self.account_ids.insert(id.0, self.accounts.len() as u32);
        self.accounts.push(Account {
            id,
            group,
            killed: false,
            blocked: false,
            parties: NONE,
            reservations: NONE,
            known: [(NONE, NONE); ASSETS_KNOWN],
        });
    }

    /// Whether two accounts count as one for self-trade prevention.
    #[inline]
    pub(crate) fn same_owner(&self, a: u32, b: u32) -> bool {
        a == b || {
            let group = self.accounts[a as usize].group;
            group.is_some() && group == self.accounts[b as usize].group
        }
    }

    /// Whether this request of the account was done before.
    pub(crate) fn is_repeat(&self, account: u32, request: Option<RequestId>) -> bool {
        request.is_some_and(|request| {
            let hash = hash_pair(u64::from(account), request.0);
            let is = |at| self.requests[at as usize] == (account, request);
            self.request_slots.find(hash, is).is_some()
        })
    }

    /// Remembers a request that was done.
    pub(crate) fn remember(&mut self, account: u32, request: Option<RequestId>) {
        if let Some(request) = request {
            let hash = hash_pair(u64::from(account), request.0);
            self.request_slots.insert(hash, self.requests.len() as u32);
            self.requests.push((account, request));
        }
    }

    #[inline]
    fn find(&self, account: u32, asset: u32) -> Option<u32> {
        let known = &self.accounts[account as usize].known;
        match known.iter().find(|known| known.0 == asset) {
            Some(known) => Some(known.1),
            // Assets take the places in order: a free one says that there are no more.
            None if known[ASSETS_KNOWN - 1].0 == NONE => None,
            None => {
                self.balance_slots.find(hash_pair(u64::from(account), u64::from(asset)), |slot| {
                    let balance = &self.balances[slot as usize];
                    balance.account == account && balance.asset == asset
                })
            }
        }
    }

    /// What an account has of an asset.
    pub(crate) fn balance(&self, account: u32, asset: u32) -> Balance {
        self.find(account, asset)
            .map_or(Balance { account, asset, available: 0, held: 0 }, |slot| {
                self.balances[slot as usize]
            })
    }

    #[inline]
    pub(crate) fn available(&self, account: u32, asset: u32) -> i64 {
        self.balance(account, asset).available
    }

    #[inline]
    fn balance_mut(&mut self, account: u32, asset: u32) -> &mut Balance {
        let slot = self.find(account, asset).unwrap_or_else(|| self.new_balance(account, asset));
        &mut self.balances[slot as usize]
    }

    fn new_balance(&mut self, account: u32, asset: u32) -> u32 {
        let slot = self.balances.len() as u32;
        self.balances.push(Balance { account, asset, available: 0, held: 0 });
        let known = &mut self.accounts[account as usize].known;
        if let Some(free) = known.iter_mut().find(|known| known.0 == NONE) {
            *free = (asset, slot);
        } else {
            self.balance_slots.insert(hash_pair(u64::from(account), u64::from(asset)), slot);
        }
        slot
    }

    /// Changes both parts of a balance at once.
    ///
    /// # Panics
    /// When one of them would be negative or overflow: the caller checked it, so the state is
    /// broken and nothing may go on.
    pub(crate) fn change(&mut self, account: u32, asset: u32, available: i64, held: i64) {
        let balance = self.balance_mut(account, asset);
        let new = (balance.available.checked_add(available), balance.held.checked_add(held));
        let (Some(new_available @ 0..), Some(new_held @ 0..)) = new else {
            panic!("balance broken: {balance:?} changed by {available} and {held}");
        };
        balance.available = new_available;
        balance.held = new_held;
        if self.log.on {
            self.log.movements.push((account, asset, available, held));
        }
        let asset = &mut self.assets[asset as usize];
        asset.sum = asset.sum.wrapping_add(available).wrapping_add(held);
    }

    /// From here on movements can be taken back.
    pub(crate) fn begin(&mut self) {
        self.log.on = true;
    }

    /// What moved since [`Ledger::begin`] stays.
    pub(crate) fn commit(&mut self) {
        self.log.on = false;
        self.log.movements.clear();
    }

    /// Takes back what moved since [`Ledger::begin`], last first.
    pub(crate) fn rollback(&mut self) {
        self.log.on = false;
        while let Some((account, asset, available, held)) = self.log.movements.pop() {
            self.change(account, asset, -available, -held);
        }
    }

    /// Binds what is available.
    pub(crate) fn hold(&mut self, account: u32, asset: u32, amount: i64) {
        self.change(account, asset, -amount, amount);
    }

    /// Frees what was bound.
    pub(crate) fn release(&mut self, account: u32, asset: u32, amount: i64) {
        self.change(account, asset, amount, -amount);
    }

    /// Moves what is available to another account.
    pub(crate) fn pay(&mut self, from: u32, to: u32, asset: u32, amount: i64) {
        self.change(from, asset, -amount, 0);
        self.change(to, asset, amount, 0);
        self.assert_conserved(asset);
    }

    /// Brings in (or takes out, negative) what is available.
    pub(crate) fn supply(&mut self, account: u32, asset: u32, amount: i64) {
        self.change(account, asset, amount, 0);
        self.assets[asset as usize].supply += amount;
        self.assert_conserved(asset);
    }

    /// Asserts that a movement neither made nor lost anything.
    pub(crate) fn assert_conserved(&self, asset: u32) {
        let Asset { id, supply, sum, .. } = &self.assets[asset as usize];
        assert!(
            sum == supply,
            "asset {id}: accounts have {sum}, deposited less withdrawn {supply}"
        );
    }

    /// Every balance that was ever touched, in no particular order.
    pub(crate) fn balances(&self) -> impl Iterator<Item = &Balance> {
        self.balances.iter()
    }

    /// Every remembered request as (account slot, request), in no particular order.
    pub(crate) fn requests(&self) -> impl Iterator<Item = (u32, RequestId)> {
        self.requests.iter().copied()
    }

    /// How many requests are remembered.
    pub(crate) fn requests_len(&self) -> usize {
        self.requests.len()
    }
}
