//! What the operator sends: first what everything else needs, then new auctions and sales, phases,
//! blocks and kill switches.

use super::{ACCOUNTS, Board, GOODS, MONEY, Mind, SELLER};
use crate::random::Random;
use crate::time::SECOND_NS;
use ringpit_core::command::*;
use ringpit_core::*;

/// SHA-256 of 32 bytes of 0x00.
const DIGEST: &str = "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925";

/// The venue as it opens.
pub(crate) fn script(now_ns: u64, random: &mut Random) -> Vec<Command> {
    let code = Code::new("X").unwrap_or_default();
    let mut script: Vec<Command> = Vec::new();
    for asset in [GOODS, MONEY] {
        script.push(CreateAsset { asset, code, decimals: 2 }.into());
    }
    for account in ACCOUNTS.iter().map(|id| AccountId(*id)) {
        let group = random.maybe(20, |random| GroupId(random.below(2)));
        script.push(OpenAccount { account, group }.into());
        let most = if account == SELLER { 900 } else { 120 };
        for (asset, amount) in [(GOODS, most), (MONEY, 60_000)] {
            let amount = random.within(most, amount.max(most)).cast_signed();
            script.push(Deposit { account, asset, amount, request_id: None }.into());
        }
    }
    for instrument in (1..=2).map(InstrumentId) {
        script.push(book(instrument, random).into());
    }
    let mut mind = Mind::new(SessionId(0), &[], Vec::new());
    for _ in 0..3 {
        script.push(mind.auction(now_ns, random).into());
    }
    let sale = mind.sale(now_ns, random);
    script.push(sale.into());
    for product in (1..=3).map(ProductId) {
        script.push(self::product(sale.sale, product, random).into());
    }
    script
}

fn book(instrument: InstrumentId, random: &mut Random) -> CreateInstrument {
    let halt = random.maybe(30, |random| random.within(2, 4));
    CreateInstrument {
        instrument,
        code: Code::new("I").unwrap_or_default(),
        base: GOODS,
        quote: MONEY,
        lot_size: 1,
        tick_value: 1,
        risk: if random.chance(80) { Risk::Cash } else { Risk::Off },
        reference_price: Some(100),
        band_ticks: random.maybe(30, |random| random.within(2, 6)),
        halt_band_ticks: halt,
        halt_for: halt.map(|_| SECOND_NS),
        max_order_qty: random.maybe(20, |random| random.within(8, 12)),
        max_notional: None,
        max_open_orders: random.maybe(50, |random| random.within(3, 10)),
        max_position: random.maybe(30, |random| random.within(10, 60)),
        maker_fee_ppm: random.maybe(50, |random| random.pick(&[-3_000, 0, 1_000])),
        taker_fee_ppm: random.maybe(50, |random| random.pick(&[0, 3_000, 10_000])),
        phase: None,
    }
}

fn product(sale: SaleId, product: ProductId, random: &mut Random) -> AddProduct {
    AddProduct {
        sale,
        product,
        stock: random.pick(&[2, 4, 8, 30, 60]),
        price: random.within(5, 60).cast_signed(),
        limit_per_account: random.within(2, 6),
        asset: random.maybe(30, |_| GOODS),
    }
}

impl Mind {
    pub(super) fn operator(&mut self, board: &mut Board, random: &mut Random) -> Command {
        let command: Command = match (self.missing(board, random), random.below(100)) {
            (Some(missing), 0..=79) => missing,
            (_, dice) => self.usual(dice, board, random),
        };
        if self.offered.len() > 40 {
            self.offered.remove(0);
        }
        self.offered.push(command);
        command
    }

    /// What nobody could do anything without: a sale that is open and has products, an auction.
    fn missing(&mut self, board: &Board, random: &mut Random) -> Option<Command> {
        let now_ns = board.now_ns;
        let Some(sale) = board.sales.iter().rfind(|sale| sale.closes_at > now_ns + SECOND_NS)
        else {
            return Some(self.sale(now_ns, random).into());
        };
        let products = board.products.iter().filter(|product| product.0 == sale.sale).count();
        if products < 3 {
            let id = ProductId(products as u32 + 1);
            return Some(product(sale.sale, id, random).into());
        }
        let is_open = |auction: &CreateAuction| auction.closes_at > now_ns;
        let none = !board.auctions.iter().any(|auction| is_open(&auction.0));
        none.then(|| self.auction(now_ns, random).into())
    }

    fn usual(&mut self, dice: u64, board: &Board, random: &mut Random) -> Command {
        let now_ns = board.now_ns;
        let account = AccountId(random.pick(ACCOUNTS));
        let (sale, in_sale) = board.product(random);
        match dice {
            0..=21 => self.money(random),
            22..=37 => self.auction(now_ns, random).into(),
            38..=44 => self.sale(now_ns, random).into(),
            45..=58 => {
                product(board.sale(random), ProductId(random.within(1, 4) as u32), random).into()
            }
            59..=68 => {
                let delta = random.within(1, 5).cast_signed() - random.pick(&[0, 0, 4]);
                Restock { sale, product: in_sale, delta }.into()
            }
            69..=78 => {
                use Phase::{Closed, ClosingCall, Continuous, Halted, OpeningCall, PreOpen};
                let other = random.pick(&[PreOpen, OpeningCall, ClosingCall, Halted, Closed]);
                let phase = if random.chance(60) { Continuous } else { other };
                SetPhase { instrument: random.pick(&board.instruments), phase }.into()
            }
            79..=81 => MassCancel { account, instrument: None, side: None }.into(),
            82..=85 => KillSwitch { account, on: random.chance(30) }.into(),
            86..=89 => Block { account: Some(account), origin: None, on: random.chance(30) }.into(),
            90..=92 => {
                let seed = Hex::new(&"00".repeat(32)).unwrap_or_default();
                Draw { sale: board.sale(random), seed }.into()
            }
            93 | 94 => CancelAuction { auction: board.auction(random), account: None }.into(),
            95 | 96 => Void { reservation: board.reservation(random) }.into(),
            _ => self.atomic(board, random).into(),
        }
    }

    fn auction(&mut self, now_ns: u64, random: &mut Random) -> CreateAuction {
        let kind = random.pick(AuctionKind::ALL);
        let (english, dutch) = (kind == AuctionKind::English, kind == AuctionKind::Dutch);
        let soft = english && random.chance(60);
        let opens_at = now_ns
            .saturating_add_signed(random.within(0, 1_000_000_000).cast_signed() - 800_000_000);
        let rows =
            List::from_slice(&[Increment { from: 0, step: 2 }, Increment { from: 150, step: 10 }]);
        let start_price = random.within(20, 120).cast_signed();
        CreateAuction {
            auction: AuctionId(self.id() as u32),
            kind,
            seller: SELLER,
            asset: GOODS,
            qty: random.within(1, 6),
            quote: MONEY,
            start_price,
            reserve_price: (!dutch)
                .then(|| random.maybe(30, |r| r.within(60, 150).cast_signed()))
                .flatten(),
            buy_now: english
                .then(|| random.maybe(20, |r| start_price + r.within(60, 300).cast_signed()))
                .flatten(),
            increments: if english && random.chance(40) { rows } else { None },
            step: dutch.then_some(5),
            step_every: dutch.then_some(SECOND_NS / 2),
            floor: dutch.then_some(10),
            opens_at,
            closes_at: opens_at + random.within(500, 12_000) * SECOND_NS / 1_000,
            extend_window: soft.then_some(SECOND_NS),
            extend_by: soft.then_some(2 * SECOND_NS),
            max_extensions: soft.then(|| random.maybe(50, |r| r.within(1, 3))).flatten(),
        }
    }

    fn sale(&mut self, now_ns: u64, random: &mut Random) -> CreateSale {
        let draws = random.chance(20);
        let opens_at = now_ns.saturating_sub(random.below(SECOND_NS));
        let closes_at = opens_at + random.within(10_000, 120_000) * SECOND_NS / 1_000;
        let attempts = random.chance(20);
        CreateSale {
            sale: SaleId(self.id() as u32),
            opens_at,
            closes_at,
            hold_for: random.pick(&[0, SECOND_NS / 2, 2 * SECOND_NS, 4 * SECOND_NS]),
            payment: random.pick(&[Payment::Balance, Payment::Balance, Payment::External]),
            seller: SELLER,
            quote: MONEY,
            max_attempts: attempts.then(|| random.within(2, 6)),
            attempts_window: attempts.then_some(2 * SECOND_NS),
            waitlist: (!draws).then(|| random.maybe(80, |r| r.within(1, 6))).flatten(),
            limit_per_account: random.maybe(40, |r| r.within(2, 8)),
            limit_per_origin: random.maybe(30, |r| r.within(2, 8)),
            mode: draws.then_some(SaleMode::Draw),
            seed_digest: if draws { Hex::new(DIGEST) } else { None },
            draw_by: (draws && random.chance(50)).then(|| closes_at + 3 * SECOND_NS),
        }
    }
}
