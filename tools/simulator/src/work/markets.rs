//! What traders, bidders and shoppers send.

use super::{Board, GOODS, MONEY, Mind};
use crate::random::Random;
use crate::time::SECOND_NS;
use ringpit_core::command::*;
use ringpit_core::*;

impl Mind {
    pub(super) fn trader(&mut self, board: &Board, random: &mut Random) -> Command {
        match random.below(100) {
            0..=57 => self.order(board, random).into(),
            58..=72 => self.cancel(board, random).into(),
            73..=86 => self.replace(board, random).into(),
            87..=90 => {
                let instrument = random.maybe(50, |random| random.pick(&board.instruments));
                let side = random.maybe(40, |random| random.pick(&[Side::Buy, Side::Sell]));
                MassCancel { account: self.account(random), instrument, side }.into()
            }
            91..=96 => self.atomic(board, random).into(),
            _ => self.transfer(random).into(),
        }
    }

    fn order(&mut self, board: &Board, random: &mut Random) -> NewOrder {
        use OrdType::{Limit, Market, Stop, StopLimit};
        use TimeInForce::{Day, Fok, Gtc, Gtd, Ioc};
        let ord_type =
            random.pick(&[Limit, Limit, Limit, Limit, Limit, Limit, Market, Stop, StopLimit]);
        let is_stop = matches!(ord_type, Stop | StopLimit);
        let tif = match is_stop {
            true => random.pick(&[Day, Gtc, Gtd]),
            false => random.pick(&[Day, Day, Gtc, Gtc, Gtd, Ioc, Fok]),
        };
        let rests = matches!(tif, Day | Gtc | Gtd);
        let has_price = matches!(ord_type, Limit | StopLimit);
        let qty = random.within(1, 12);
        let expires = board.now_ns + random.within(1, 6_000) * SECOND_NS / 1_000;
        NewOrder {
            account: self.account(random),
            instrument: random.pick(&board.instruments),
            cl_ord_id: ClOrdId(self.id()),
            side: random.pick(&[Side::Buy, Side::Sell]),
            ord_type,
            qty,
            price: has_price.then(|| random.within(96, 104).cast_signed()),
            stop_px: is_stop.then(|| random.within(96, 104).cast_signed()),
            tif,
            expire_at: (tif == Gtd).then_some(expires),
            display_qty: (has_price && rests)
                .then(|| random.maybe(12, |r| r.within(1, qty)))
                .flatten(),
            post_only: ord_type == Limit && rests && random.chance(8),
            min_qty: (ord_type == Limit && random.chance(3)).then(|| random.within(1, qty)),
            stp: random.pick(Stp::ALL),
        }
    }

    fn own_order(
        &mut self,
        board: &Board,
        random: &mut Random,
    ) -> (AccountId, InstrumentId, OrderId) {
        if self.orders.is_empty() || random.chance(6) {
            let order = OrderId(random.within(1, 200));
            return (self.account(random), random.pick(&board.instruments), order);
        }
        random.pick(&self.orders)
    }

    fn cancel(&mut self, board: &Board, random: &mut Random) -> CancelOrder {
        let (account, instrument, order) = self.own_order(board, random);
        CancelOrder { account, instrument, order_id: Some(order), orig_cl_ord_id: None }
    }

    fn replace(&mut self, board: &Board, random: &mut Random) -> ReplaceOrder {
        let (account, instrument, order) = self.own_order(board, random);
        ReplaceOrder {
            account,
            instrument,
            order_id: Some(order),
            orig_cl_ord_id: None,
            cl_ord_id: ClOrdId(self.id()),
            qty: random.within(1, 12),
            price: random.maybe(50, |random| random.within(96, 104).cast_signed()),
        }
    }

    fn transfer(&mut self, random: &mut Random) -> Transfer {
        let request_id = Some(RequestId(self.id()));
        Transfer {
            from: self.account(random),
            to: self.account(random),
            asset: random.pick(&[GOODS, MONEY]),
            amount: random.within(1, 60).cast_signed(),
            request_id,
        }
    }

    pub(super) fn atomic(&mut self, board: &Board, random: &mut Random) -> Atomic {
        let account = self.account(random);
        let mut legs = List::new();
        for _ in 0..random.within(1, 5) {
            let leg = self.leg(account, board, random);
            // There is room for far more.
            let _ = legs.push(leg);
        }
        Atomic { account, request_id: RequestId(self.id()), legs }
    }

    fn leg(&mut self, account: AccountId, board: &Board, random: &mut Random) -> Leg {
        let counter = CounterId(random.below(3));
        match random.below(8) {
            0 => Leg::Require {
                counter,
                min: Some(0),
                max: random.maybe(50, |r| r.within(1, 9).cast_signed()),
            },
            1..=3 => Leg::Add {
                counter,
                delta: random.within(1, 3).cast_signed() - 1,
                min: Some(-5),
                max: Some(60),
            },
            4 => Leg::Before { time: board.now_ns + SECOND_NS },
            _ => Leg::Transfer {
                from: account,
                to: self.account(random),
                asset: MONEY,
                amount: random.within(1, 40).cast_signed(),
            },
        }
    }

    pub(super) fn bidder(&mut self, board: &mut Board, random: &mut Random) -> Command {
        let auction = board.auction(random);
        let known = board.auctions.iter_mut().find(|known| known.0.auction == auction);
        let (is_uniform, price) = known.map_or((false, 100), |known| {
            if random.chance(30) {
                known.1 += 3;
            }
            (known.0.kind == AuctionKind::Uniform, known.1)
        });
        let account = self.account(random);
        match random.below(40) {
            0 => BuyNow { auction, account }.into(),
            1 => CancelAuction { auction, account: Some(account) }.into(),
            2 => self.transfer(random).into(),
            3 => self.atomic(board, random).into(),
            _ => PlaceBid {
                account,
                auction,
                max_price: price + random.within(0, 40).cast_signed() - 4,
                qty: is_uniform.then(|| random.within(1, 4)),
                bid_id: BidId(self.id()),
            }
            .into(),
        }
    }

    pub(super) fn shopper(&mut self, board: &Board, random: &mut Random) -> Command {
        // One buyer wants one thing again and again: that is what limits are for.
        let (account, (sale, product)) = match (random.chance(40), board.products.last()) {
            (true, Some(wanted)) => (self.first_account(), *wanted),
            _ => (self.account(random), board.product(random)),
        };
        let origin = random.maybe(30, |random| OriginId(random.below(3)));
        let request_id = RequestId(self.id());
        match random.below(40) {
            0..=6 => {
                let mut lines = List::new();
                for _ in 0..random.within(1, 3) {
                    let product = match random.chance(60) {
                        true => product,
                        false => ProductId(random.within(1, 3) as u32),
                    };
                    // There is room for far more.
                    let _ = lines.push(Line { product, qty: random.within(1, 2) });
                }
                ReserveCart { account, sale, request_id, origin, lines }.into()
            }
            7..=9 => Void { reservation: board.reservation(random) }.into(),
            10 | 11 => Leave { account, sale, product }.into(),
            12 => self.atomic(board, random).into(),
            _ => Reserve { account, sale, product, qty: random.within(1, 3), request_id, origin }
                .into(),
        }
    }
}
