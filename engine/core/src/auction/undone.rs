//! Proof that bids can be taken back: after any mix of bids inside an atomic interaction, taken
//! back, the state's hash is what it was before.

use crate::Input;
use crate::command::{
    Code, Command, CreateAsset, CreateAuction, Deposit, Increment, OpenAccount, PlaceBid,
};
use crate::engine::Engine;
use crate::event::Emitted;
use crate::ids::{AccountId, AssetId, AuctionId, BidId};
use crate::list::List;
use crate::step::Step;
use crate::words::AuctionKind;

const AUCTIONS: u32 = 10;
const CLOSES_AT: u64 = 1_000;

fn apply(engine: &mut Engine, at: u64, command: impl Into<Command>) {
    let input = Input::venue(command);
    engine.apply(engine.seq() + 1, at, &input, &mut |_: &Emitted<'_>| {});
}

/// Two auctions of each kind, five bidders with little money.
fn venue() -> Engine {
    let mut engine = Engine::new();
    for asset in [1, 2].map(AssetId) {
        apply(&mut engine, 0, CreateAsset { asset, code: Code::default(), decimals: 0 });
    }
    for account in (1..=6).map(AccountId) {
        apply(&mut engine, 0, OpenAccount { account, group: None });
        let deposit = Deposit { account, asset: AssetId(2), amount: 500, request_id: None };
        apply(&mut engine, 0, deposit);
    }
    let seller = AccountId(6);
    let units = Deposit { account: seller, asset: AssetId(1), amount: 100, request_id: None };
    apply(&mut engine, 0, units);
    for number in 0..AUCTIONS {
        let kind = AuctionKind::ALL[number as usize % 5];
        let (english, dutch) = (kind == AuctionKind::English, kind == AuctionKind::Dutch);
        let steps = [Increment { from: 0, step: 3 }, Increment { from: 60, step: 7 }];
        let auction = CreateAuction {
            auction: AuctionId(number),
            kind,
            seller,
            asset: AssetId(1),
            qty: 4,
            quote: AssetId(2),
            start_price: if dutch { 150 } else { 20 },
            reserve_price: (!dutch && number < 5).then_some(70),
            buy_now: None,
            increments: List::from_slice(&steps).filter(|_| english),
            step: dutch.then_some(1),
            step_every: dutch.then_some(10),
            floor: None,
            opens_at: 0,
            closes_at: CLOSES_AT,
            extend_window: english.then_some(900),
            extend_by: english.then_some(950),
            max_extensions: english.then_some(4),
        };
        apply(&mut engine, 0, auction);
    }
    engine
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % bound
    }

    fn bid(&mut self) -> PlaceBid {
        let auction = AuctionId(self.below(u64::from(AUCTIONS)) as u32);
        let uniform = AuctionKind::ALL[auction.0 as usize % 5] == AuctionKind::Uniform;
        PlaceBid {
            account: AccountId(1 + self.below(5)),
            auction,
            max_price: 20 + self.below(140) as i64,
            qty: uniform.then(|| 1 + self.below(4)),
            bid_id: BidId(self.below(1_000)),
        }
    }
}

#[test]
fn the_state_is_what_it_was() {
    let mut taken_back = 0;
    for seed in 0..400 {
        let mut random = Random(seed);
        let mut engine = venue();
        for at in 1..30 {
            apply(&mut engine, at * 20, random.bid());
            let before = engine.state_hash();
            engine.is_atomic = true;
            engine.ledger.begin();
            engine.deadlines.begin();
            engine.auctions.begin();
            for _ in 0..random.below(16) {
                let mut sink = |_: &Emitted<'_>| panic!("events wait");
                let (seq, at) = (engine.seq(), engine.now());
                let mut cx =
                    Step { seq, at, cause: 0, cause_seq: 0, answered: true, sink: &mut sink };
                taken_back += usize::from(engine.place_bid(&mut cx, &random.bid()).is_ok());
            }
            engine.is_atomic = false;
            engine.held_back.clear();
            engine.auctions.rollback();
            engine.deadlines.rollback();
            engine.ledger.rollback();
            assert_eq!(engine.state_hash(), before, "seed {seed}");
            engine.audit().unwrap();
        }
        apply(&mut engine, CLOSES_AT * 10, Command::Tick);
        engine.audit().unwrap();
        assert_eq!(engine.auctions.live_bids(), 0);
        assert_eq!(engine.next_deadline(), None);
    }
    assert!(taken_back > 10_000, "only {taken_back} bids were taken back");
}
