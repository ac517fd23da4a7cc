//! Every sequence of up to four commands in three more small worlds: calls and interruptions,
//! auctions, a flash sale. The clock moves with each command, so that ends and expiries come too.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

mod support;

use ringpit_core::command::*;
use ringpit_core::*;
use support::small::every_sequence;
use support::{Scenario, from_env};

const DEPTH: u64 = 4;
const I: InstrumentId = InstrumentId(1);
const GOODS: AssetId = AssetId(1);
const MONEY: AssetId = AssetId(2);
const S: SaleId = SaleId(1);

/// Three accounts with 4 goods and so much money.
fn accounts(money: i64) -> Scenario {
    let code = Code::new("X").unwrap();
    let mut commands: Vec<Command> = Vec::new();
    for asset in [GOODS, MONEY] {
        commands.push(CreateAsset { asset, code, decimals: 0 }.into());
    }
    for account in (1..=3).map(AccountId) {
        commands.push(OpenAccount { account, group: None }.into());
        for (asset, amount) in [(GOODS, 4), (MONEY, money)] {
            commands.push(Deposit { account, asset, amount, request_id: None }.into());
        }
    }
    commands.into_iter().map(|command| (0, Input::venue(command))).collect()
}

fn run(set_up: &Scenario, alphabet: &[Command]) {
    let depth = from_env("RINGPIT_MODEL_DEPTH").unwrap_or(DEPTH);
    println!("{} sequences", every_sequence(set_up, alphabet, depth));
}

fn order(account: u64, side: Side, qty: u64, price: i64) -> NewOrder {
    NewOrder {
        tif: TimeInForce::Gtc,
        ..NewOrder::limit(AccountId(account), I, ClOrdId(0), side, qty, price)
    }
}

fn book() -> CreateInstrument {
    CreateInstrument {
        instrument: I,
        code: Code::new("I").unwrap(),
        base: GOODS,
        quote: MONEY,
        lot_size: 1,
        tick_value: 1,
        risk: Risk::Off,
        reference_price: Some(100),
        band_ticks: None,
        halt_band_ticks: Some(1),
        halt_for: Some(2),
        max_order_qty: None,
        max_notional: None,
        max_open_orders: None,
        max_position: None,
        maker_fee_ppm: None,
        taker_fee_ppm: None,
        phase: Some(Phase::OpeningCall),
    }
}

#[test]
fn calls_and_interruptions() {
    use Side::{Buy, Sell};
    let mut set_up = accounts(1_000);
    set_up.push((0, Input::venue(book())));
    let market = |order: NewOrder| NewOrder { ord_type: OrdType::Market, price: None, ..order };
    let tif = |tif, order: NewOrder| NewOrder { tif, ..order };
    let orders = [
        order(1, Buy, 2, 100),
        order(1, Buy, 1, 102),
        order(2, Buy, 1, 99),
        order(1, Sell, 1, 99),
        order(2, Sell, 2, 100),
        order(2, Sell, 2, 102),
        market(order(1, Buy, 1, 0)),
        market(order(2, Sell, 2, 0)),
        tif(TimeInForce::AtOpen, order(1, Buy, 2, 101)),
        tif(TimeInForce::AtOpen, market(order(2, Sell, 1, 0))),
        tif(TimeInForce::AtClose, order(2, Sell, 2, 99)),
        NewOrder { display_qty: Some(1), ..order(2, Sell, 2, 101) },
        NewOrder {
            ord_type: OrdType::Stop,
            price: None,
            stop_px: Some(101),
            ..order(1, Buy, 1, 0)
        },
        NewOrder { ord_type: OrdType::StopLimit, stop_px: Some(100), ..order(2, Sell, 1, 98) },
        tif(TimeInForce::Ioc, order(1, Buy, 2, 102)),
    ];
    let mut alphabet: Vec<Command> = orders.into_iter().map(Command::from).collect();
    for phase in Phase::ALL {
        alphabet.push(SetPhase { instrument: I, phase: *phase }.into());
    }
    alphabet.push(
        ReplaceOrder {
            account: AccountId(2),
            instrument: I,
            order_id: Some(OrderId(1)),
            orig_cl_ord_id: None,
            cl_ord_id: ClOrdId(0),
            qty: 1,
            price: Some(100),
        }
        .into(),
    );
    run(&set_up, &alphabet);
}

fn auction(id: u32, kind: AuctionKind) -> CreateAuction {
    let dutch = kind == AuctionKind::Dutch;
    let english = kind == AuctionKind::English;
    CreateAuction {
        auction: AuctionId(id),
        kind,
        seller: AccountId(3),
        asset: GOODS,
        qty: 2,
        quote: MONEY,
        start_price: 10,
        reserve_price: (!dutch).then_some(20),
        buy_now: english.then_some(40),
        increments: None,
        step: dutch.then_some(2),
        step_every: dutch.then_some(1),
        floor: None,
        opens_at: 2,
        closes_at: 4,
        extend_window: english.then_some(1),
        extend_by: english.then_some(2),
        max_extensions: english.then_some(1),
    }
}

#[test]
fn auctions() {
    use AuctionKind::{Dutch, English, FirstPrice, SecondPrice, Uniform};
    for (kind, other) in [(English, SecondPrice), (Uniform, Dutch), (FirstPrice, English)] {
        let mut set_up = accounts(60);
        set_up.push((0, Input::venue(auction(1, kind))));
        set_up.push((1, Input::venue(auction(2, other))));
        let mut alphabet: Vec<Command> = Vec::new();
        for (id, kind) in [(1, kind), (2, other)] {
            let auction = AuctionId(id);
            for (account, max_price) in [(1, 10), (1, 25), (1, 50), (2, 25), (2, 26)] {
                let qty = (kind == Uniform).then_some(account);
                let (account, bid_id) = (AccountId(account), BidId(0));
                let bid = PlaceBid { account, auction, max_price, qty, bid_id };
                alphabet.push(bid.into());
            }
            alphabet.push(CancelAuction { auction, account: Some(AccountId(3)) }.into());
        }
        let (first, second) = (AuctionId(1), AuctionId(2));
        alphabet.push(BuyNow { auction: first, account: AccountId(2) }.into());
        alphabet.push(BuyNow { auction: second, account: AccountId(1) }.into());
        alphabet.push(CancelAuction { auction: second, account: None }.into());
        alphabet.push(Command::Tick);
        run(&set_up, &alphabet);
    }
}

#[test]
fn a_flash_sale() {
    let mut set_up = accounts(100);
    let sale = CreateSale {
        sale: S,
        opens_at: 0,
        closes_at: 4,
        hold_for: 2,
        payment: Payment::Balance,
        seller: AccountId(3),
        quote: MONEY,
        max_attempts: None,
        attempts_window: None,
        waitlist: Some(2),
        limit_per_account: Some(3),
        limit_per_origin: None,
        mode: None,
        seed_digest: None,
        draw_by: None,
    };
    set_up.push((0, Input::venue(sale)));
    let (a, b) = (ProductId(1), ProductId(2));
    for (product, asset) in [(a, None), (b, Some(GOODS))] {
        let limit_per_account = 2;
        let add = AddProduct { sale: S, product, stock: 2, price: 30, limit_per_account, asset };
        set_up.push((0, Input::venue(add)));
    }
    let reserve = |account, product, qty| -> Command {
        let (account, request_id) = (AccountId(account), RequestId(0));
        Reserve { account, sale: S, product, qty, request_id, origin: None }.into()
    };
    let (first, second) = (ReservationId(1), ReservationId(2));
    let (product, account, request_id) = (a, AccountId(1), RequestId(0));
    let both = List::from_slice(&[Line { product: b, qty: 1 }, Line { product: a, qty: 1 }]);
    let cart = ReserveCart { account, sale: S, request_id, origin: None, lines: both.unwrap() };
    let pay = Leg::Transfer { from: account, to: AccountId(3), asset: MONEY, amount: 80 };
    let legs = |legs: &[Leg]| List::from_slice(legs).unwrap();
    let hold = Leg::Reserve { account, sale: S, product: b, qty: 1, origin: None };
    let alphabet: Vec<Command> = vec![
        reserve(1, a, 1),
        reserve(1, a, 2),
        reserve(1, b, 1),
        reserve(2, a, 1),
        reserve(2, a, 2),
        reserve(2, b, 2),
        cart.into(),
        Confirm { reservation: first, qty: None }.into(),
        Confirm { reservation: first, qty: Some(1) }.into(),
        Confirm { reservation: second, qty: None }.into(),
        Void { reservation: first }.into(),
        Void { reservation: second }.into(),
        Extend { reservation: first, by: 2 }.into(),
        Leave { account: AccountId(2), sale: S, product }.into(),
        Restock { sale: S, product, delta: 1 }.into(),
        Restock { sale: S, product, delta: -1 }.into(),
        Block { account: Some(AccountId(2)), origin: None, on: true }.into(),
        KillSwitch { account, on: true }.into(),
        Atomic { account, request_id, legs: legs(&[Leg::Take { sale: S, product, qty: 1 }, pay]) }
            .into(),
        Atomic { account, request_id, legs: legs(&[hold, pay]) }.into(),
    ];
    run(&set_up, &alphabet);
}
