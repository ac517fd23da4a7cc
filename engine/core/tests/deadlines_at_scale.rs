//! A million deadlines of two kinds, armed at once: orders that expire and holds that run out, a
//! third of them cancelled or moved again in no particular order. Proves that the rest fires by
//! time, then by when it was set, each exactly once and at its own time, whatever the steps between;
//! and that later ones take the places of the first instead of new memory.
//!
//! Arming, moving or cancelling by a scan would take 10^11 steps and more here: it would not end.
//! Nothing is measured against a clock.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test stops where something is wrong"
)]

#[allow(dead_code, reason = "shared with tests that use more of it")]
#[path = "support/random.rs"]
mod random;

use random::Random;
use ringpit_core::command::{
    AddProduct, CancelOrder, Code, CreateAsset, CreateInstrument, CreateSale, Extend, NewOrder,
    OpenAccount, Reserve, Void,
};
use ringpit_core::*;
use std::collections::BTreeSet;

/// Deadlines armed at once, round after round: the second shows that places are used again.
const ROUNDS: [u64; 2] = [1_000_000, 300_000];
/// One in so many is a hold, the others are orders.
const HOLD_EVERY: u64 = 10;
const ACCOUNTS: u64 = 1_000;

/// Orders expire within so many nanoseconds from a round's begin: many at the same one.
const SPREAD: u64 = 400_000;
const HOLD_FOR: u64 = 100_000;
/// One round ends before the next begins.
const ROUND: u64 = 4 * SPREAD;
/// What the second round may add to the process: its reservations and their requests, which are
/// kept while their sale exists. Deadlines and orders of its own would be several times as much.
const GROWTH_MIB: u64 = 20;

const BOOK: InstrumentId = InstrumentId(1);
const SALE: SaleId = SaleId(1);
const PRODUCT: ProductId = ProductId(1);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum What {
    Order(OrderId),
    Hold(ReservationId),
}

/// A deadline as it was set, and whose it is.
#[derive(Clone, Copy)]
struct Armed {
    account: AccountId,
    due: (u64, u64, What),
}

/// An engine, and what must fire: by time, then by when it was set.
struct World {
    engine: Engine,
    at: u64,
    set: u64,
    due: BTreeSet<(u64, u64, What)>,
    names: u64,
}

impl World {
    fn new() -> Self {
        let mut world =
            Self { engine: Engine::new(), at: 0, set: 0, due: BTreeSet::new(), names: 0 };
        for asset in (1..=2).map(AssetId) {
            world.take(CreateAsset { asset, code: Code::new("A").unwrap(), decimals: 0 });
        }
        for account in (1..=ACCOUNTS).map(AccountId) {
            world.take(OpenAccount { account, group: None });
        }
        world.take(book());
        world.take(sale());
        world.take(AddProduct {
            sale: SALE,
            product: PRODUCT,
            stock: ROUNDS[0],
            price: 1,
            limit_per_account: ROUNDS[0],
            asset: None,
        });
        world
    }

    /// One command, of which nothing fires; its first event.
    fn take(&mut self, command: impl Into<Command>) -> Event {
        let mut first = None;
        let mut sink = |emitted: &Emitted<'_>| {
            first.get_or_insert(*emitted.event);
        };
        let input = Input::venue(command);
        self.engine.apply(self.engine.seq() + 1, self.at, &input, &mut sink);
        first.expect("an answer")
    }

    fn arm(&mut self, account: AccountId, time: u64, what: What) -> Armed {
        self.set += 1;
        let due = (time, self.set, what);
        assert!(self.due.insert(due));
        Armed { account, due }
    }

    fn order(&mut self, random: &mut Random) -> Armed {
        self.names += 1;
        let account = AccountId(1 + random.below(ACCOUNTS));
        let expire_at = self.at + 1 + random.below(SPREAD);
        let order = NewOrder {
            tif: TimeInForce::Gtd,
            expire_at: Some(expire_at),
            ..NewOrder::limit(
                account,
                BOOK,
                ClOrdId(self.names),
                Side::Buy,
                1,
                random.within(1, 100),
            )
        };
        let Event::ExecutionReport(report) = self.take(order) else { panic!("no report") };
        self.arm(account, expire_at, What::Order(report.order_id.unwrap()))
    }

    fn hold(&mut self, random: &mut Random) -> Armed {
        self.names += 1;
        let account = AccountId(1 + random.below(ACCOUNTS));
        let reserve = Reserve {
            account,
            sale: SALE,
            product: PRODUCT,
            qty: 1,
            request_id: RequestId(self.names),
            origin: None,
        };
        let Event::Reservation(held) = self.take(reserve) else { panic!("no reservation") };
        assert_eq!(held.deadline, Some(self.at + HOLD_FOR));
        self.arm(account, self.at + HOLD_FOR, What::Hold(held.reservation.unwrap()))
    }

    /// Disarms a deadline, or sets it anew.
    fn disturb(&mut self, random: &mut Random, armed: Armed) {
        let Armed { account, due } = armed;
        assert!(self.due.remove(&due));
        match due.2 {
            What::Order(order_id) => {
                let (order_id, orig_cl_ord_id) = (Some(order_id), None);
                let cancel = CancelOrder { account, instrument: BOOK, order_id, orig_cl_ord_id };
                let Event::ExecutionReport(report) = self.take(cancel) else { panic!("{due:?}") };
                assert_eq!(report.exec_type, ExecType::Canceled);
            }
            What::Hold(reservation) if random.chance(30) => {
                let Event::Reservation(one) = self.take(Void { reservation }) else { panic!() };
                assert_eq!(one.state, ReservationState::Voided);
            }
            What::Hold(reservation) => {
                let by = 1 + random.below(SPREAD);
                let Event::Reservation(one) = self.take(Extend { reservation, by }) else {
                    panic!("{due:?}")
                };
                assert_eq!(one.deadline, Some(due.0 + by));
                self.arm(account, due.0 + by, What::Hold(reservation));
            }
        }
    }

    /// Lets time pass; what fires is what was due, in order.
    fn pass(&mut self, to: u64) -> usize {
        let mut fired = Vec::new();
        let mut sink = |emitted: &Emitted<'_>| match emitted.event {
            Event::ExecutionReport(report) => {
                assert_eq!(report.exec_type, ExecType::Expired);
                fired.push((emitted.at, What::Order(report.order_id.unwrap())));
            }
            Event::Reservation(one) => {
                assert_eq!(one.state, ReservationState::Expired);
                fired.push((emitted.at, What::Hold(one.reservation.unwrap())));
            }
            _ => {}
        };
        let input = Input::venue(Command::Tick);
        self.engine.apply(self.engine.seq() + 1, to, &input, &mut sink);
        self.at = to;
        for one in &fired {
            let next = self.due.pop_first().expect("one that is due");
            assert_eq!(*one, (next.0, next.2), "fires in the order of time, then of setting");
        }
        let next = self.due.first().map(|due| due.0);
        assert!(next.is_none_or(|next| next > to), "due at {next:?}, not fired by {to}");
        if next.is_some() {
            assert_eq!(self.engine.next_deadline(), next);
        }
        fired.len()
    }

    /// Arms so many, disturbs a third, and lets the rest fire.
    fn round(&mut self, random: &mut Random, size: u64) {
        let begin = self.at;
        let mut armed = Vec::with_capacity(size as usize);
        for number in 0..size {
            let is_hold = number.is_multiple_of(HOLD_EVERY);
            armed.push(if is_hold { self.hold(random) } else { self.order(random) });
        }
        assert_eq!(self.due.len() as u64, size);
        for n in 0..armed.len() / 3 {
            let other = n + random.below((armed.len() - n) as u64) as usize;
            armed.swap(n, other);
            self.disturb(random, armed[n]);
        }
        let left = self.due.len();
        println!("{} armed, {left} left to fire", armed.len());
        let mut fired = 0;
        while self.at < begin + ROUND {
            let pause = random.pick(&[1, 2, 100, 5_000, SPREAD / 8]);
            fired += self.pass((self.at + pause).min(begin + ROUND));
        }
        assert_eq!((fired, self.due.len()), (left, 0), "each once");
        self.engine.audit().unwrap();
    }
}

fn book() -> CreateInstrument {
    CreateInstrument::plain(BOOK, Code::new("B").unwrap(), AssetId(1), AssetId(2))
}

fn sale() -> CreateSale {
    CreateSale {
        sale: SALE,
        opens_at: 0,
        closes_at: i64::MAX as u64,
        hold_for: HOLD_FOR,
        payment: Payment::External,
        seller: AccountId(1),
        quote: AssetId(2),
        max_attempts: None,
        attempts_window: None,
        waitlist: None,
        limit_per_account: None,
        limit_per_origin: None,
        mode: None,
        seed_digest: None,
        draw_by: None,
    }
}

/// What the process has of the machine's memory, in MiB; `None` where that can't be asked.
fn resident_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}

#[test]
fn a_million_deadlines_fire_in_order_and_leave_nothing_behind() {
    let mut random = Random::new(6);
    let mut world = World::new();
    let mut after = Vec::new();
    for size in ROUNDS {
        world.round(&mut random, size);
        after.extend(resident_mib());
    }
    let Some((first, last)) = after.first().zip(after.last()) else {
        println!("skipped: no /proc/self/status, so memory is not looked at");
        return;
    };
    println!("resident after each round: {after:?} MiB");
    assert!(*last <= first + GROWTH_MIB, "from {first} to {last} MiB");
}
