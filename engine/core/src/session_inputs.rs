//! Inputs that the session layer makes: logins, configurations, lost and found connections.

use crate::book::ladder::NONE;
use crate::command::{Command, SessionBack, SessionConfig, SessionLost, SessionOpen};
use crate::deadlines::Due;
use crate::engine::Engine;
use crate::event::Sink;
use crate::ids::{AccountId, ReservationId};
use crate::step::Step;
use crate::words::{CancelOnDisconnect, DeadlineKind};

impl Engine {
    /// Both sides' numbers start anew; open orders stay the session's.
    pub(crate) fn session_open(&mut self, c: &SessionOpen) {
        let slot = self.sessions.slot(c.session);
        let session = &mut self.sessions.list[slot as usize];
        session.version = c.version;
        session.timestamp = c.timestamp;
        session.last_client_seq = 0;
        session.last_owner_seq = 0;
        self.end_grace(slot);
    }

    pub(crate) fn session_config(&mut self, c: &SessionConfig) {
        self.sessions.configure(c);
    }

    /// The session's orders go when its grace time is over; at once where there is none.
    pub(crate) fn session_lost<S: Sink>(&mut self, cx: &mut Step<'_, S>, c: &SessionLost) {
        let slot = self.sessions.slot(c.session);
        if c.cancel_on_disconnect == CancelOnDisconnect::Never {
            return;
        }
        self.end_grace(slot);
        if c.grace_ns == 0 {
            self.cancel_of_session(cx, slot);
            return;
        }
        let due = Due { kind: DeadlineKind::SessionGrace, target: u64::from(slot) };
        let grace = self.deadlines.arm(cx.at.saturating_add(c.grace_ns), due);
        self.sessions.list[slot as usize].grace = grace;
    }

    pub(crate) fn session_back(&mut self, c: &SessionBack) {
        let slot = self.sessions.slot(c.session);
        self.sessions.list[slot as usize].timestamp = c.timestamp;
        self.end_grace(slot);
    }

    fn end_grace(&mut self, slot: u32) {
        let grace = core::mem::replace(&mut self.sessions.list[slot as usize].grace, NONE);
        if grace != NONE {
            self.deadlines.cancel(grace);
        }
    }

    fn may_settle(&self, session: u32, reservation: ReservationId) -> bool {
        // A reservation that was never given is answered as unknown.
        self.sales.reservation(reservation).is_none_or(|slot| {
            let held = &self.sales.reservations[slot as usize];
            let seller = self.sales.list[held.sale as usize].seller;
            [held.account, seller]
                .iter()
                .any(|slot| self.sessions.may_act(session, self.ledger.accounts[*slot as usize].id))
        })
    }

    /// Whether the session may send this command: it must be allowed to act for every account
    /// that the command acts for. Session inputs and ticks come from the venue only.
    pub(crate) fn is_permitted(&self, session: u32, command: &Command) -> bool {
        if self.sessions.is_operator(session) {
            return true;
        }
        let account: Option<AccountId> = match command {
            Command::Deposit(c) => Some(c.account),
            Command::Withdraw(c) => Some(c.account),
            Command::Transfer(c) => Some(c.from),
            Command::NewOrder(c) => Some(c.account),
            Command::CancelOrder(c) => Some(c.account),
            Command::ReplaceOrder(c) => Some(c.account),
            Command::MassCancel(c) => Some(c.account),
            Command::KillSwitch(c) => Some(c.account),
            Command::PlaceBid(c) => Some(c.account),
            Command::BuyNow(c) => Some(c.account),
            Command::CancelAuction(c) => c.account,
            Command::Reserve(c) => Some(c.account),
            Command::ReserveCart(c) => Some(c.account),
            Command::Leave(c) => Some(c.account),
            Command::Atomic(c) => Some(c.account),
            Command::QueryOpen(c) => Some(c.account),
            Command::QueryBalance(c) => Some(c.account),
            // A reservation's own buyer, or who sells: a shop's payment service acts for either.
            Command::Confirm(c) => return self.may_settle(session, c.reservation),
            Command::Void(c) => return self.may_settle(session, c.reservation),
            Command::Extend(c) => return self.may_settle(session, c.reservation),
            _ => None,
        };
        account.is_some_and(|account| self.sessions.may_act(session, account))
    }
}
