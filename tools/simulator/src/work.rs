//! What the clients want: few accounts, few things, and times so close together that orders meet,
//! auctions end, holds expire and waitlists move within a simulation.
//!
//! It knows the vocabulary and what a client may know, nothing of the engine's state.

mod markets;
pub(crate) mod operator;

use crate::random::Random;
use crate::time::SECOND_NS;
use ringpit_core::command::*;
use ringpit_core::*;

pub(crate) const GOODS: AssetId = AssetId(1);
pub(crate) const MONEY: AssetId = AssetId(2);
pub(crate) const SELLER: AccountId = AccountId(41);

/// What everybody may know: a notice board at the market's door.
#[derive(Debug, Default)]
pub(crate) struct Board {
    /// The latest time that anybody was told.
    pub(crate) now_ns: u64,
    pub(crate) instruments: Vec<InstrumentId>,
    /// With a price near which bids are.
    pub(crate) auctions: Vec<(CreateAuction, i64)>,
    pub(crate) sales: Vec<CreateSale>,
    pub(crate) products: Vec<(SaleId, ProductId)>,
    /// Reservations that hold or wait.
    pub(crate) reservations: Vec<ReservationId>,
}

/// One client's own knowledge.
#[derive(Debug)]
pub(crate) struct Mind {
    accounts: Vec<AccountId>,
    /// Numbers given to requests so far; never given twice, whatever is forgotten.
    last_id: u64,
    orders: Vec<(AccountId, InstrumentId, OrderId)>,
    /// Commands of the operator that everything else needs.
    script: Vec<Command>,
    /// What it offers and is not accepted yet.
    offered: Vec<Command>,
    pub(crate) connected: bool,
}

impl Mind {
    pub(crate) fn new(session: SessionId, accounts: &[AccountId], script: Vec<Command>) -> Self {
        Self {
            accounts: accounts.to_vec(),
            last_id: session.0 * 1_000_000,
            orders: Vec::new(),
            script,
            offered: Vec::new(),
            connected: false,
        }
    }

    /// Its process begins anew.
    pub(crate) fn forget(&mut self) {
        self.orders.clear();
        self.connected = false;
    }

    fn id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn account(&mut self, random: &mut Random) -> AccountId {
        match random.below(40) {
            0 => random.pick(&[AccountId(0), AccountId(11), AccountId(31), AccountId(99)]),
            _ if self.accounts.is_empty() => SELLER,
            _ => random.pick(&self.accounts),
        }
    }

    /// Whether what everything else needs is still to be sent.
    pub(crate) fn is_opening(&self) -> bool {
        !self.script.is_empty()
    }

    fn first_account(&self) -> AccountId {
        self.accounts.first().copied().unwrap_or(SELLER)
    }

    /// Takes notice of an event that came to it.
    pub(crate) fn notice(&mut self, event: &Event, board: &mut Board) {
        match event {
            Event::ExecutionReport(report) => {
                let Some(order) = report.order_id else { return };
                self.orders.retain(|known| known.2 != order);
                if report.leaves_qty > 0 && self.accounts.contains(&report.account) {
                    self.orders.push((report.account, report.instrument, order));
                }
            }
            Event::Reservation(line) => {
                use ReservationState::{Entered, Held, Queued};
                board.reservations.retain(|known| Some(*known) != line.reservation);
                if matches!(line.state, Held | Queued | Entered) {
                    board.reservations.extend(line.reservation);
                }
            }
            Event::Accepted(accepted) => {
                let is_it = |offer: &Command| is_of(offer, accepted.command, accepted.id);
                if let Some(place) = self.offered.iter().position(is_it) {
                    board.announce(&self.offered.remove(place));
                }
            }
            Event::Auction(auction) => {
                for known in board.auctions.iter_mut().filter(|a| a.0.auction == auction.auction) {
                    known.1 = auction.price.unwrap_or(known.1);
                    known.0.closes_at = auction.closes_at;
                }
            }
            _ => {}
        }
    }

    /// What it sends next, if anything.
    pub(crate) fn next(
        &mut self,
        role: Role,
        board: &mut Board,
        random: &mut Random,
    ) -> Option<Command> {
        if !self.script.is_empty() {
            let command = self.script.remove(0);
            self.offered.push(command);
            return Some(command);
        }
        if board.products.is_empty() || board.instruments.is_empty() {
            return None;
        }
        if random.chance(5) {
            return self.question(role, board, random);
        }
        Some(match role {
            Role::Operator => self.operator(board, random),
            Role::Payments => self.payments(board, random),
            Role::Trader => self.trader(board, random),
            Role::Bidder => self.bidder(board, random),
            Role::Shopper => self.shopper(board, random),
            Role::MarketData | Role::DropCopy => return None,
        })
    }

    fn question(&mut self, role: Role, board: &Board, random: &mut Random) -> Option<Command> {
        let account = self.account(random);
        let sale = board.sale(random);
        Some(match (role, random.below(5)) {
            (Role::DropCopy, _) => return None,
            (Role::MarketData, 0) | (Role::Operator | Role::Trader, 0) => {
                QueryDepth { instrument: random.pick(&board.instruments) }.into()
            }
            (Role::MarketData, _) => QuerySale { sale }.into(),
            (_, 1) => QueryOpen { account }.into(),
            (Role::Payments, _) | (_, 2) => QueryBalance { account, asset: None }.into(),
            (Role::Operator, 3) => Command::QueryDeadlines,
            (_, 3) => QueryAuction { auction: board.auction(random) }.into(),
            _ => QueryStats { instrument: None, auction: None, sale: Some(sale) }.into(),
        })
    }

    fn payments(&mut self, board: &Board, random: &mut Random) -> Command {
        let reservation = board.reservation(random);
        match random.below(10) {
            0..=4 => Confirm { reservation, qty: random.maybe(15, |_| 1) }.into(),
            5 | 6 => Void { reservation }.into(),
            7 => Extend { reservation, by: random.within(1, 4) * SECOND_NS }.into(),
            _ => self.money(random),
        }
    }

    fn money(&mut self, random: &mut Random) -> Command {
        let accounts: Vec<AccountId> = ACCOUNTS.iter().map(|id| AccountId(*id)).collect();
        let (account, to) = (random.pick(&accounts), random.pick(&accounts));
        let asset = random.pick(&[GOODS, MONEY, MONEY, MONEY]);
        let amount = random.within(1, 400).cast_signed();
        let id = self.id();
        // Now and then the same request once more, under another number.
        let repeated = random.chance(10);
        let request_id = Some(RequestId(if repeated { id - 1 } else { id }));
        match random.below(10) {
            0..=4 => Deposit { account, asset, amount, request_id }.into(),
            5 | 6 => Withdraw { account, asset, amount, request_id }.into(),
            _ => Transfer { from: account, to, asset, amount, request_id }.into(),
        }
    }
}

/// Whether an offer of the operator's is what was accepted.
fn is_of(offer: &Command, command: CommandKind, id: u64) -> bool {
    offer.kind() == command
        && match offer {
            Command::CreateInstrument(c) => u64::from(c.instrument.0) == id,
            Command::CreateAuction(c) => u64::from(c.auction.0) == id,
            Command::CreateSale(c) => u64::from(c.sale.0) == id,
            Command::AddProduct(c) => u64::from(c.product.0) == id,
            _ => false,
        }
}

/// All customers' accounts.
pub(crate) const ACCOUNTS: &[u64] = &[11, 12, 13, 14, 21, 22, 23, 24, 31, 32, 33, 34, 35, 36, 41];

impl Board {
    /// The operator has done this: everybody knows.
    pub(crate) fn announce(&mut self, command: &Command) {
        match command {
            Command::CreateInstrument(c) => self.instruments.push(c.instrument),
            Command::CreateAuction(c) => {
                // Whoever looks at the board sees the latest; the others are over by then.
                if self.auctions.len() > 7 {
                    self.auctions.remove(0);
                }
                self.auctions.push((*c, c.start_price));
            }
            Command::CreateSale(c) => {
                if self.sales.len() > 3 {
                    let gone = self.sales.remove(0).sale;
                    self.products.retain(|product| product.0 != gone);
                }
                self.sales.push(*c);
            }
            Command::AddProduct(c) => self.products.push((c.sale, c.product)),
            _ => {}
        }
    }

    fn auction(&self, random: &mut Random) -> AuctionId {
        let known = !self.auctions.is_empty() && random.chance(97);
        if known { random.pick(&self.auctions).0.auction } else { AuctionId(7) }
    }

    fn sale(&self, random: &mut Random) -> SaleId {
        let known = !self.sales.is_empty() && random.chance(98);
        if known { random.pick(&self.sales).sale } else { SaleId(7) }
    }

    fn product(&self, random: &mut Random) -> (SaleId, ProductId) {
        // Mostly of those that were offered last: the others are over.
        let late = self.products.len().saturating_sub(4);
        let known = !self.products.is_empty() && random.chance(98);
        if known && random.chance(80) {
            random.pick(&self.products[late..])
        } else if known {
            random.pick(&self.products)
        } else {
            (self.sale(random), ProductId(77))
        }
    }

    fn reservation(&self, random: &mut Random) -> ReservationId {
        let known = !self.reservations.is_empty() && random.chance(92);
        if known { random.pick(&self.reservations) } else { ReservationId(random.within(1, 60)) }
    }
}
