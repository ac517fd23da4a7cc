//! Whom an event is about.

use super::Which;
use crate::failure::Failure;
use ringpit_core::event::{ExecutionReport, Reservation};
use ringpit_core::{
    AccountId, AuctionId, BidId, ClOrdId, CommandKind, Event, OrderId, ProductId, RequestId,
    ReservationId, SaleId,
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
        Ok(Self { name, orders, reservations, products })
    }

    /// Whether an event is about it; learns its other names on the way.
    pub fn is_about(&mut self, event: &Event) -> bool {
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
                    report.account == account
                        && report.auction == auction
                        && bid.is_none_or(|bid| report.bid_id == Some(bid))
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
