//! Whom an event is about.

use super::Which;
use crate::failure::Failure;
use ringpit_core::event::{ExecutionReport, Reservation};
use ringpit_core::{
    AccountId, AuctionId, AuctionKind, BidId, BidState, ClOrdId, Command, CommandKind, Event,
    OrderId, ProductId, RequestId, ReservationId, SaleId,
};

/// What a life is told of, and the names it was found to have.
pub struct Subject {
    name: Name,
    /// Orders that had the client's number; a number may be used again.
    orders: Vec<OrderId>,
    /// Reservations that the request led to.
    reservations: Vec<ReservationId>,
    /// Products that they are of.
    products: Vec<(SaleId, ProductId)>,
    /// Whether the bid stands, in an auction where an account's next bid takes its place.
    stands_alone: bool,
    keeps_all: bool,
}

/// What an event is to a subject.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Bearing {
    None,
    About,
    /// The account's next bid takes the place of the one that is told of.
    Instead,
}

#[derive(Clone, Copy)]
enum Name {
    Order(OrderId),
    ClOrd(AccountId, ClOrdId),
    Bid(AccountId, AuctionId, Option<BidId>),
    Reservation(ReservationId),
    Request(AccountId, RequestId),
}

impl Subject {
    /// What the flags name.
    ///
    /// # Errors
    /// When they name nothing.
    pub fn of(which: &Which) -> Result<Self, Failure> {
        let account = AccountId(which.account.unwrap_or_default());
        let name = if let Some(id) = which.order {
            Name::Order(OrderId(id))
        } else if let Some(id) = which.cl_ord_id {
            Name::ClOrd(account, ClOrdId(id))
        } else if let Some(id) = which.auction {
            Name::Bid(account, AuctionId(id), which.bid.map(BidId))
        } else if let Some(id) = which.reservation {
            Name::Reservation(ReservationId(id))
        } else if let Some(id) = which.request {
            Name::Request(account, RequestId(id))
        } else {
            let text = "name one: --order, --cl-ord-id, --auction, --reservation or --request";
            return Err(Failure::Input(text.to_owned()));
        };
        let (orders, reservations, products) = Default::default();
        let (stands_alone, keeps_all) = (false, false);
        Ok(Self { name, orders, reservations, products, stands_alone, keeps_all })
    }

    /// Learns from an input what the events do not say.
    pub fn learn(&mut self, command: &Command) {
        if let (Name::Bid(_, auction, _), Command::CreateAuction(c)) = (self.name, command)
            && c.auction == auction
        {
            self.keeps_all = c.kind == AuctionKind::Uniform;
        }
    }

    /// What an event is to it; to be asked once of each, in order.
    pub fn bearing(&mut self, event: &Event) -> Bearing {
        if self.takes_its_place(event) {
            self.stands_alone = false;
            return Bearing::Instead;
        }
        if self.is_about(event) { Bearing::About } else { Bearing::None }
    }

    fn takes_its_place(&self, event: &Event) -> bool {
        let (Name::Bid(account, auction, Some(bid)), Event::BidReport(report)) = (self.name, event)
        else {
            return false;
        };
        self.stands_alone
            && (report.account, report.auction) == (account, auction)
            && report.bid_id != Some(bid)
            && matches!(report.state, BidState::Leading | BidState::Accepted)
    }

    fn is_about(&mut self, event: &Event) -> bool {
        match event {
            Event::ExecutionReport(report) => self.is_order(report),
            Event::CancelReject(reject) => match self.name {
                Name::ClOrd(account, id) => {
                    reject.account == account
                        && (reject.orig_cl_ord_id == Some(id)
                            || reject.order_id.is_some_and(|id| self.orders.contains(&id)))
                }
                Name::Order(id) => reject.order_id == Some(id),
                _ => false,
            },
            Event::BidReport(report) => match self.name {
                Name::Bid(account, auction, bid) => {
                    let is_it = report.account == account
                        && report.auction == auction
                        && bid.is_none_or(|bid| report.bid_id == Some(bid));
                    if is_it {
                        let stands = matches!(report.state, BidState::Leading | BidState::Accepted);
                        self.stands_alone = stands && !self.keeps_all;
                    }
                    is_it
                }
                _ => false,
            },
            Event::Reservation(report) => self.is_reservation(report),
            Event::AtomicReport(report) => match self.name {
                Name::Request(account, id) => (report.account, report.request_id) == (account, id),
                _ => false,
            },
            Event::Rejected(rejected) => {
                let kinds = [CommandKind::Confirm, CommandKind::Void, CommandKind::Extend];
                let id = rejected.id.map(ReservationId);
                kinds.contains(&rejected.command) && id.is_some_and(|id| self.has_reservation(id))
            }
            _ => false,
        }
    }

    /// Whether an event, in a step that is about it, shows what became of things around it.
    pub fn is_beside(&self, event: &Event) -> bool {
        match (self.name, event) {
            (Name::Bid(_, auction, _), Event::Auction(line)) => line.auction == auction,
            (_, Event::Product(line)) => self.products.contains(&(line.sale, line.product)),
            _ => false,
        }
    }

    fn is_order(&mut self, report: &ExecutionReport) -> bool {
        match self.name {
            Name::Order(id) => report.order_id == Some(id),
            Name::ClOrd(account, id) => {
                let named = report.account == account && report.cl_ord_id == id;
                if named
                    && let Some(order) = report.order_id
                    && !self.orders.contains(&order)
                {
                    self.orders.push(order);
                }
                named || report.order_id.is_some_and(|id| self.orders.contains(&id))
            }
            _ => false,
        }
    }

    fn is_reservation(&mut self, report: &Reservation) -> bool {
        if let Name::Request(account, id) = self.name
            && (report.account, report.request_id) == (account, Some(id))
            && let Some(id) = report.reservation
            && !self.reservations.contains(&id)
        {
            self.reservations.push(id);
        }
        let refused = match self.name {
            Name::Request(account, id) => {
                report.reservation.is_none()
                    && (report.account, report.request_id) == (account, Some(id))
            }
            _ => false,
        };
        let known = report.reservation.is_some_and(|id| self.has_reservation(id));
        if known {
            let lines = report.lines.iter().flat_map(|lines| lines.iter().map(|line| line.product));
            let products = report.product.into_iter().chain(lines);
            self.products = products.map(|product| (report.sale, product)).collect();
        }
        known || refused
    }

    fn has_reservation(&self, id: ReservationId) -> bool {
        match self.name {
            Name::Reservation(own) => own == id,
            _ => self.reservations.contains(&id),
        }
    }
}
