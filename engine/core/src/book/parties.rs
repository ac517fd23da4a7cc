//! Who trades: each pair of an account and a session that sent orders for it, with the list of
//! their open orders.
//!
//! An order names its party instead of account and session, and stands in one list instead of two:
//! an account's orders are those of its parties, and so are a session's. Parties stay; there are
//! as many as sessions act for accounts.

use super::ladder::NONE;
use alloc::vec::Vec;

/// An account by way of a session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Party {
    /// Slot of the account.
    pub account: u32,
    /// Slot of the session.
    pub owner: u32,
    /// The first of its open orders.
    pub first: u32,
    next_of_account: u32,
    next_of_owner: u32,
}

/// All parties.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parties {
    list: Vec<Party>,
}

impl Parties {
    #[inline]
    pub(crate) fn get(&self, party: u32) -> &Party {
        &self.list[party as usize]
    }

    /// The first open order of a party's list.
    #[inline]
    pub(crate) fn first_mut(&mut self, party: u32) -> &mut u32 {
        &mut self.list[party as usize].first
    }

    /// A new party, put before those of its account and of its session.
    pub(crate) fn add(
        &mut self,
        (account, of_account): (u32, &mut u32),
        (owner, of_owner): (u32, &mut u32),
    ) -> u32 {
        let party = self.list.len() as u32;
        let next_of_account = core::mem::replace(of_account, party);
        let next_of_owner = core::mem::replace(of_owner, party);
        self.list.push(Party { account, owner, first: NONE, next_of_account, next_of_owner });
        party
    }

    /// An account's party with a session, from the first of the account's.
    #[inline]
    pub(crate) fn find(&self, of_account: u32, owner: u32) -> Option<u32> {
        self.of_account(of_account).find(|party| self.get(*party).owner == owner)
    }

    /// An account's parties from the first.
    pub(crate) fn of_account(&self, first: u32) -> impl Iterator<Item = u32> {
        self.walk(first, |party| party.next_of_account)
    }

    /// A session's parties from the first.
    pub(crate) fn of_owner(&self, first: u32) -> impl Iterator<Item = u32> {
        self.walk(first, |party| party.next_of_owner)
    }

    #[inline]
    fn walk(&self, first: u32, next: impl Fn(&Party) -> u32) -> impl Iterator<Item = u32> {
        let some = |party: u32| (party != NONE).then_some(party);
        core::iter::successors(some(first), move |party| some(next(self.get(*party))))
    }
}
