//! Commands about auctions.

use super::{ACCOUNTS, GOODS, MONEY, World};
use ringpit_core::command::*;
use ringpit_core::*;

impl World {
    pub(super) fn auction_command(&mut self) -> Command {
        match self.random.below(20) {
            0..=1 => self.create_auction().into(),
            2 => {
                let seller = self.random.chance(70).then(|| self.account());
                CancelAuction { auction: self.auction(), account: seller }.into()
            }
            3 => BuyNow { auction: self.auction(), account: self.account() }.into(),
            4 => Command::Tick,
            5 => self.account_command(),
            _ => self.place_bid().into(),
        }
    }

    pub(super) fn place_bid(&mut self) -> PlaceBid {
        let auction = self.auction();
        let known = self.auctions.iter().find(|known| known.0.auction == auction).copied();
        let (uniform, price, seller) = known.map_or((false, 100, None), |(terms, price)| {
            (terms.kind == AuctionKind::Uniform, price, Some(terms.seller))
        });
        let mut account = self.account();
        if Some(account) == seller && self.random.chance(90) {
            account = AccountId(account.0 % ACCOUNTS + 1);
        }
        let above = self.money(150).saturating_sub(15);
        PlaceBid {
            account,
            auction,
            max_price: if self.random.chance(10) {
                self.money(700)
            } else {
                price.saturating_add(above)
            },
            qty: if uniform != self.random.chance(4) { Some(self.small(4)) } else { None },
            bid_id: BidId(if self.random.chance(93) { self.steps } else { 1 }),
        }
    }

    pub(super) fn create_auction(&mut self) -> CreateAuction {
        let kind = self.random.pick(AuctionKind::ALL);
        let (english, dutch) = (kind == AuctionKind::English, kind == AuctionKind::Dutch);
        // Mostly what the kind has a use for.
        let odd = self.profile.odd;
        let mut has =
            |fits: bool, percent: u64| self.random.chance(if fits { percent } else { odd / 3 });
        let (reserve, buy_now, rows) = (has(!dutch, 40), has(english, 30), has(english, 50));
        let (step, every, floor) = (has(dutch, 97), has(dutch, 97), has(dutch, 40));
        let soft = has(english, 50);
        let (window, by, most) = (has(soft, 98), has(soft, 98), has(soft, 50));
        let start_price = self.money(200);
        let id = self.new_id(4);
        CreateAuction {
            auction: AuctionId(id),
            kind,
            seller: self.account(),
            asset: if self.random.chance(96) { GOODS } else { AssetId(self.id(3)) },
            qty: self.small(6),
            quote: if self.random.chance(97) { MONEY } else { AssetId(self.id(3)) },
            start_price,
            reserve_price: reserve.then(|| self.money(400)),
            buy_now: buy_now.then(|| self.money(400).saturating_add(start_price.max(0))),
            increments: if rows { self.increments() } else { None },
            step: step.then(|| self.money(60)),
            step_every: every.then(|| self.span(4) + 1),
            floor: floor.then(|| self.money(60)),
            opens_at: self.time(-8, 2),
            closes_at: self.time(0, 30),
            extend_window: window.then(|| self.span(10)),
            extend_by: by.then(|| self.span(10)),
            max_extensions: most.then(|| self.random.below(4)),
        }
    }

    pub(super) fn increments(&mut self) -> Option<List<Increment, LIST_CAPACITY>> {
        let mut rows = Vec::new();
        let mut from = i64::from(self.random.chance(self.profile.odd));
        let most = if self.random.chance(self.profile.odd) { 18 } else { 4 };
        for _ in 0..self.random.below(most) {
            rows.push(Increment { from, step: self.money(40) });
            from = from.saturating_add(self.money(200));
        }
        List::from_slice(&rows)
    }
}
