//! The engine's front door: one input in, its events out.

use crate::atomic::Done;
use crate::auction::state::Auctions;
use crate::book::Books;
use crate::command::{Command, Input};
use crate::counters::Counters;
use crate::deadlines::{Deadlines, Due};
use crate::digest::Digest;
use crate::directory::Directory;
use crate::event::{Event, Sink};
use crate::ids::{OrderId, SessionId};
use crate::ledger::Ledger;
use crate::reason::Reason;
use crate::rules::Rules;
use crate::sale::Sales;
use crate::schedule::Schedule;
use crate::sessions::{NOBODY, Sessions};
use crate::step::{Refusal, Step};
use crate::words::{DeadlineKind, Role};
use alloc::vec::Vec;

/// What the engine knows of a client session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionFacts {
    /// FIXP sessionVerId; 0 before the first session_open.
    pub version: u64,
    /// The last accepted login's time stamp.
    pub timestamp: u64,
    /// Highest client number applied; 0 none.
    pub last_client_seq: u64,
    /// Events numbered for it so far; the next has this plus one.
    pub last_owner_seq: u64,
    /// What it may do; `None` before its first session_config.
    pub role: Option<Role>,
}

/// The whole state. The same inputs give the same events and the same state, always.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    seq: u64,
    now: u64,
    pub(crate) digest: Digest,
    pub(crate) rules: Rules,
    pub(crate) ledger: Ledger,
    pub(crate) sessions: Sessions,
    pub(crate) deadlines: Deadlines,
    pub(crate) schedule: Schedule,
    pub(crate) books: Books,
    pub(crate) book_ids: Directory,
    pub(crate) auctions: Auctions,
    pub(crate) sales: Sales,
    pub(crate) counters: Counters,
    /// Atomic interactions that are done.
    pub(crate) atomics: Done,
    /// While an atomic interaction runs: its events wait, and what changes can be taken back.
    pub(crate) is_atomic: bool,
    /// Events of a running atomic interaction, with the slots of their owners.
    pub(crate) held_back: Vec<(u32, Event)>,
}

impl Engine {
    /// An engine with nothing but the venue's account 0.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one step: fires every deadline due at `at`, in order and each at its own time, then
    /// applies the command. Never fails: what can't be done is answered by an event.
    ///
    /// `seq` is the last step's number plus one and `at` (UNIX nanoseconds) does not fall.
    /// A repeated client number is a step without events of its own.
    ///
    /// # Panics
    /// When the caller breaks the line (a gap in `seq`, a falling `at`, a query, rules that this
    /// program does not know), or when an invariant of the state is broken.
    pub fn apply(&mut self, seq: u64, at: u64, input: &Input, sink: &mut impl Sink) {
        assert!(seq == self.seq + 1, "step {seq} after step {}", self.seq);
        assert!(at >= self.now, "time fell from {} to {at}", self.now);
        assert!(!input.command.is_query(), "a query takes no step");
        assert!(!input.command.is_beyond_rules(), "rules that this program does not know");
        (self.seq, self.now) = (seq, at);
        let mut cx = Step { seq, at, cause: NOBODY, cause_seq: 0, answered: true, sink };
        while let Some((time_ns, due)) = self.deadlines.pop(at) {
            cx.at = time_ns;
            self.fire(&mut cx, due);
            self.flush_lines(&mut cx);
        }
        cx.at = at;
        let cause = self.sessions.slot(input.session);
        if !self.take_number(cause, input.client_seq) {
            return;
        }
        (cx.cause, cx.cause_seq) = (cause, input.client_seq);
        cx.answered = cx.cause == NOBODY || cx.cause_seq == 0;
        self.dispatch(&mut cx, &input.command);
        self.flush_lines(&mut cx);
    }

    /// Remembers a client's number; `false` when it was applied before.
    fn take_number(&mut self, session: u32, client_seq: u64) -> bool {
        if session == NOBODY || client_seq == 0 {
            return true;
        }
        let last = &mut self.sessions.list[session as usize].last_client_seq;
        let is_new = client_seq > *last;
        #[cfg(ringpit_canary)]
        let is_new = is_new || ringpit_canary::sings(ringpit_canary::Canary::AcceptDuplicate);
        if is_new {
            *last = client_seq;
        }
        is_new
    }

    fn dispatch<S: Sink>(&mut self, cx: &mut Step<'_, S>, command: &Command) {
        self.books.trades.clear();
        let done = if self.is_permitted(cx.cause, command) {
            self.carry_out(cx, command)
        } else {
            Err((Reason::NotPermitted, None))
        };
        if let Err(refusal) = done {
            self.refuse(cx, command, refusal);
        }
    }

    fn carry_out<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        command: &Command,
    ) -> Result<(), Refusal> {
        let plain = |reason: Reason| (reason, None);
        match command {
            Command::NewOrder(c) => self.new_order(cx, c).map_err(plain)?,
            Command::CancelOrder(c) => self.cancel_order(cx, c).map_err(plain)?,
            Command::ReplaceOrder(c) => self.replace_order(cx, c).map_err(plain)?,
            Command::MassCancel(c) => self.mass_cancel(cx, c)?,
            Command::KillSwitch(c) => self.kill_switch(cx, c)?,
            Command::SetPhase(c) => self.set_phase(cx, c)?,
            Command::SchedulePhase(c) => self.schedule_phase(cx, c)?,
            Command::ActivateRules(c) => self.activate_rules(cx, c)?,
            Command::CreateAsset(c) => self.create_asset(cx, c)?,
            Command::OpenAccount(c) => self.open_account(cx, c)?,
            Command::CreateInstrument(c) => self.create_instrument(cx, c)?,
            Command::Deposit(c) => self.deposit(cx, c)?,
            Command::Withdraw(c) => self.withdraw(cx, c)?,
            Command::Transfer(c) => self.transfer(cx, c)?,
            Command::CreateSale(c) => self.create_sale(cx, c)?,
            Command::AddProduct(c) => self.add_product(cx, c)?,
            Command::Restock(c) => self.restock(cx, c)?,
            Command::Reserve(c) => {
                if let Err((reason, _)) = self.reserve(cx, c) {
                    self.refuse_reserve(cx, c, reason);
                }
            }
            Command::ReserveCart(c) => {
                if let Err((reason, product)) = self.reserve_cart(cx, c) {
                    self.refuse_cart(cx, command, product, reason);
                }
            }
            Command::Block(c) => self.block(cx, c)?,
            Command::Draw(c) => self.draw(cx, c)?,
            Command::Confirm(c) => self.confirm(cx, c)?,
            Command::Void(c) => self.void(cx, c)?,
            Command::Extend(c) => self.extend(cx, c)?,
            Command::Leave(c) => self.leave(cx, c)?,
            Command::Atomic(c) => self.atomic(cx, c)?,
            Command::CreateAuction(c) => self.create_auction(cx, c)?,
            Command::PlaceBid(c) => self.place_bid(cx, c).map_err(plain)?,
            Command::BuyNow(c) => self.buy_now(cx, c).map_err(plain)?,
            Command::CancelAuction(c) => self.cancel_auction(cx, c)?,
            Command::SessionOpen(c) => self.session_open(c),
            Command::SessionConfig(c) => self.session_config(c),
            Command::SessionLost(c) => self.session_lost(cx, c),
            Command::SessionBack(c) => self.session_back(c),
            Command::Tick => {}
            _ => return Err(plain(Reason::Unsupported)),
        }
        Ok(())
    }

    fn fire<S: Sink>(&mut self, cx: &mut Step<'_, S>, due: Due) {
        self.books.trades.clear();
        match due.kind {
            DeadlineKind::OrderExpiry => self.expire_order(cx, OrderId(due.target)),
            DeadlineKind::HaltEnd => self.end_interruption(cx, due.target as u32),
            DeadlineKind::Phase => self.begin_scheduled(cx, due.target as u32),
            DeadlineKind::SessionGrace => self.cancel_of_session(cx, due.target as u32),
            DeadlineKind::ReservationExpiry => self.expire_reservation(cx, due.target as u32),
            DeadlineKind::SaleClose => self.close_sale(cx, due.target as u32),
            DeadlineKind::DrawBy => self.miss_draw(cx, due.target as u32),
            DeadlineKind::AuctionOpen => self.open_auction(cx, due.target as u32),
            DeadlineKind::AuctionClose => self.close_auction(cx, due.target as u32),
        }
    }

    /// The id that people know a deadline's target by.
    pub(crate) fn deadline_id(&self, due: Due) -> u64 {
        match due.kind {
            DeadlineKind::HaltEnd | DeadlineKind::Phase => {
                u64::from(self.book(due.target as u32).id.0)
            }
            DeadlineKind::SessionGrace => self.sessions.list[due.target as usize].id.0,
            DeadlineKind::ReservationExpiry => due.target + 1,
            DeadlineKind::SaleClose | DeadlineKind::DrawBy => {
                u64::from(self.sales.list[due.target as usize].id.0)
            }
            DeadlineKind::AuctionOpen | DeadlineKind::AuctionClose => {
                u64::from(self.auctions[due.target as u32].rules.auction.0)
            }
            DeadlineKind::OrderExpiry => due.target,
        }
    }

    /// When the next deadline is due, UNIX nanoseconds.
    #[must_use]
    pub fn next_deadline(&self) -> Option<u64> {
        self.deadlines.next()
    }

    /// The last step's number; 0 before the first.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The last step's time, UNIX nanoseconds.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Whether this client number was applied before, so that it must not enter the line again.
    #[must_use]
    pub fn is_duplicate(&self, session: SessionId, client_seq: u64) -> bool {
        #[cfg(ringpit_canary)]
        if ringpit_canary::sings(ringpit_canary::Canary::AcceptDuplicate) {
            return false;
        }
        session.0 != 0
            && client_seq != 0
            && self.sessions.get(session).is_some_and(|known| client_seq <= known.last_client_seq)
    }

    /// What is known of a session; `None` when it was never named.
    #[must_use]
    pub fn session(&self, session: SessionId) -> Option<SessionFacts> {
        self.sessions.get(session).map(|known| SessionFacts {
            version: known.version,
            timestamp: known.timestamp,
            last_client_seq: known.last_client_seq,
            last_owner_seq: known.last_owner_seq,
            role: known.config.as_ref().map(|config| config.role),
        })
    }

    /// Every client session that was ever named, in the order of its first naming.
    pub fn session_ids(&self) -> impl Iterator<Item = SessionId> + '_ {
        self.sessions.list.iter().map(|known| known.id).filter(|id| id.0 != 0)
    }

    /// The running digest of every event that ever came out, queries' answers aside.
    #[must_use]
    pub fn events_digest(&self) -> u64 {
        self.digest.get()
    }
}
