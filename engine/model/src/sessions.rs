//! Client sessions: whom they may act for, repeated numbers, and orders that a lost connection
//! takes along. To whom events go is not modelled.

use crate::Model;
use crate::orders::refused;
use crate::state::Due;
use ringpit_core::command::{SessionBack, SessionConfig, SessionLost, SessionOpen};
use ringpit_core::event::{AtomicReport, BidReport, CancelReject, Rejected, Reservation};
use ringpit_core::*;

/// What is known of a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
    pub id: SessionId,
    pub last_client_seq: u64,
    pub config: Option<SessionConfig>,
    /// When its orders go, and when that was set.
    pub grace: Option<(u64, u64)>,
}

fn may_act(config: &SessionConfig, account: AccountId) -> bool {
    config.accounts.iter().any(|range| (range.from..=range.to).contains(&account))
}

impl Model {
    fn session(&mut self, id: SessionId) -> &mut Session {
        if !self.sessions.iter().any(|session| session.id == id) {
            self.sessions.push(Session { id, ..Session::default() });
        }
        let found = self.sessions.iter_mut().find(|session| session.id == id);
        found.expect("added where it was missing")
    }

    /// Whether an input is the first with its number, which is remembered.
    pub(crate) fn is_new(&mut self, input: &Input) -> bool {
        if input.session.0 == 0 || input.client_seq == 0 {
            return true;
        }
        let session = self.session(input.session);
        let is_new = input.client_seq > session.last_client_seq;
        session.last_client_seq = session.last_client_seq.max(input.client_seq);
        is_new
    }

    pub(crate) fn session_open(&mut self, c: &SessionOpen) {
        let session = self.session(c.session);
        session.last_client_seq = 0;
        session.grace = None;
    }

    pub(crate) fn session_config(&mut self, c: &SessionConfig) {
        self.session(c.session).config = Some(*c);
    }

    pub(crate) fn session_back(&mut self, c: &SessionBack) {
        self.session(c.session).grace = None;
    }

    pub(crate) fn session_lost(&mut self, c: &SessionLost) {
        if c.cancel_on_disconnect == CancelOnDisconnect::Never {
            return;
        }
        if c.grace_ns == 0 {
            return self.cancel_of_session(c.session);
        }
        self.last_deadline += 1;
        let grace = (self.time.saturating_add(c.grace_ns), self.last_deadline);
        self.session(c.session).grace = Some(grace);
    }

    pub(crate) fn cancel_of_session(&mut self, id: SessionId) {
        self.session(id).grace = None;
        for order in self.ids(|order| order.session == id) {
            self.cancel(order, Reason::Disconnected);
        }
    }

    pub(crate) fn session_deadlines(&self) -> Vec<Due> {
        let due = |session: &Session| {
            let (time, set) = session.grace?;
            Some(Due { time, set, kind: DeadlineKind::SessionGrace, id: session.id.0 })
        };
        self.sessions.iter().filter_map(due).collect()
    }

    /// Whether a session may send a command: for which accounts it may act.
    pub(crate) fn may_send(&mut self, id: SessionId, command: &Command) -> bool {
        if id.0 == 0 {
            return true;
        }
        let Some(config) = self.session(id).config else { return false };
        if config.role == Role::Operator {
            return true;
        }
        let account = match command {
            Command::Deposit(c) => c.account,
            Command::Withdraw(c) => c.account,
            Command::Transfer(c) => c.from,
            Command::NewOrder(c) => c.account,
            Command::CancelOrder(c) => c.account,
            Command::ReplaceOrder(c) => c.account,
            Command::MassCancel(c) => c.account,
            Command::KillSwitch(c) => c.account,
            Command::PlaceBid(c) => c.account,
            Command::BuyNow(c) => c.account,
            Command::CancelAuction(c) => match c.account {
                Some(account) => account,
                None => return false,
            },
            Command::Reserve(c) => c.account,
            Command::ReserveCart(c) => c.account,
            Command::Leave(c) => c.account,
            Command::Atomic(c) => c.account,
            Command::Confirm(c) => return self.may_settle(&config, c.reservation),
            Command::Void(c) => return self.may_settle(&config, c.reservation),
            Command::Extend(c) => return self.may_settle(&config, c.reservation),
            // Everything else is the operators'.
            _ => return false,
        };
        may_act(&config, account)
    }

    /// The buyer's session may, and the seller's; that there is no such reservation, everybody is
    /// told.
    fn may_settle(&self, config: &SessionConfig, id: ReservationId) -> bool {
        let Some(found) = self.find_reservation(id) else { return true };
        let seller = self.sale(found.sale).map(|sale| sale.terms.seller);
        may_act(config, found.account) || seller.is_some_and(|seller| may_act(config, seller))
    }

    pub(crate) fn refuse_as_not_permitted(&mut self, command: &Command) {
        let reason = Reason::NotPermitted;
        let kind = command.kind();
        let order = |account, instrument, order_id, orig_cl_ord_id| CancelReject {
            command: kind,
            account,
            instrument,
            order_id,
            orig_cl_ord_id,
            reason,
        };
        let bid = |account, auction, bid_id| {
            let (state, reason) = (BidState::Rejected, Some(reason));
            BidReport { account, auction, bid_id, state, price: None, qty: None, reason }
        };
        let wish = |account, sale, line: Option<(ProductId, u64)>, request_id| Reservation {
            reservation: None,
            account,
            sale,
            product: line.map(|line| line.0),
            qty: line.map(|line| line.1),
            request_id: Some(request_id),
            state: ReservationState::Rejected,
            position: None,
            deadline: None,
            amount: None,
            lines: None,
            reason: Some(reason),
        };
        match command {
            Command::Reserve(c) => {
                let line = Some((c.product, c.qty));
                self.emit(wish(c.account, c.sale, line, c.request_id));
            }
            Command::ReserveCart(c) => {
                self.emit(wish(c.account, c.sale, None, c.request_id));
            }
            Command::Atomic(c) => {
                let (account, request_id) = (c.account, c.request_id);
                let (state, reason) = (AtomicState::Rejected, Some(reason));
                self.emit(AtomicReport { account, request_id, state, leg: None, reason });
            }
            Command::NewOrder(c) => self.emit(refused(c, reason)),
            Command::CancelOrder(c) => {
                self.emit(order(c.account, c.instrument, c.order_id, c.orig_cl_ord_id));
            }
            Command::ReplaceOrder(c) => {
                self.emit(order(c.account, c.instrument, c.order_id, c.orig_cl_ord_id));
            }
            Command::PlaceBid(c) => self.emit(bid(c.account, c.auction, Some(c.bid_id))),
            Command::BuyNow(c) => self.emit(bid(c.account, c.auction, None)),
            other => {
                let id = Some(subject(other));
                self.emit(Rejected { command: kind, id, reason, field: None });
            }
        }
    }
}

/// What a command without a report of its own is about.
fn subject(command: &Command) -> u64 {
    match command {
        Command::CreateAsset(c) => u64::from(c.asset.0),
        Command::OpenAccount(c) => c.account.0,
        Command::Deposit(c) => c.account.0,
        Command::Withdraw(c) => c.account.0,
        Command::Transfer(c) => c.from.0,
        Command::CreateInstrument(c) => u64::from(c.instrument.0),
        Command::SetPhase(c) => u64::from(c.instrument.0),
        Command::SchedulePhase(c) => u64::from(c.instrument.0),
        Command::ActivateRules(c) => u64::from(c.rules),
        Command::MassCancel(c) => c.account.0,
        Command::KillSwitch(c) => c.account.0,
        Command::CancelAuction(c) => u64::from(c.auction.0),
        Command::Confirm(c) => c.reservation.0,
        Command::Void(c) => c.reservation.0,
        Command::Extend(c) => c.reservation.0,
        Command::Leave(c) => u64::from(c.sale.0),
        other => panic!("the model does not know sessions that send {}", other.kind().word()),
    }
}
