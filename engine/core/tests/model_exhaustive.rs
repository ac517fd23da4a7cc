//! Every sequence of up to four commands in a small world, engine against model: two accounts,
//! three prices, two quantities, forty commands, 2,625,640 sequences.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

mod support;

use ringpit_core::command::*;
use ringpit_core::*;
use support::small::every_sequence;
use support::{Scenario, from_env};

const I: InstrumentId = InstrumentId(1);

fn limit(account: u64, side: Side, qty: u64, price: i64) -> NewOrder {
    NewOrder::limit(AccountId(account), I, ClOrdId(0), side, qty, price)
}

fn replace(qty: u64, price: Option<i64>) -> Command {
    ReplaceOrder {
        account: AccountId(1),
        instrument: I,
        order_id: Some(OrderId(1)),
        orig_cl_ord_id: None,
        cl_ord_id: ClOrdId(0),
        qty,
        price,
    }
    .into()
}

/// Forty commands; orders get their place in the sequence as cl_ord_id.
fn alphabet() -> Vec<Command> {
    use Side::{Buy, Sell};
    let mut orders = Vec::new();
    for price in 99..=101 {
        for side in [Buy, Sell] {
            orders.extend([limit(1, side, 1, price), limit(1, side, 2, price)]);
            orders.push(limit(2, side, 2, price));
        }
    }
    let market = |order: NewOrder| NewOrder { ord_type: OrdType::Market, price: None, ..order };
    let tif = |tif, order: NewOrder| NewOrder { tif, ..order };
    let stp = |stp, order: NewOrder| NewOrder { stp, ..order };
    let buy = limit(2, Buy, 2, 101);
    let own = limit(1, Buy, 2, 101);
    orders.extend([
        tif(TimeInForce::Ioc, buy),
        tif(TimeInForce::Fok, buy),
        tif(TimeInForce::Fok, stp(Stp::Decrement, limit(1, Sell, 2, 99))),
        market(buy),
        market(limit(2, Sell, 1, 0)),
        NewOrder { post_only: true, ..limit(2, Buy, 1, 100) },
        NewOrder { display_qty: Some(1), ..limit(1, Sell, 2, 100) },
        NewOrder { min_qty: Some(2), ..tif(TimeInForce::Ioc, buy) },
        NewOrder {
            ord_type: OrdType::Stop,
            price: None,
            stop_px: Some(101),
            ..limit(1, Buy, 1, 0)
        },
        NewOrder { ord_type: OrdType::StopLimit, stop_px: Some(99), ..limit(2, Sell, 2, 99) },
        stp(Stp::CancelNew, own),
        stp(Stp::CancelResting, own),
        stp(Stp::CancelBoth, own),
        stp(Stp::Decrement, own),
        NewOrder { expire_at: Some(3), ..tif(TimeInForce::Gtd, limit(2, Sell, 2, 101)) },
    ]);
    let mut all: Vec<Command> = orders.into_iter().map(Command::from).collect();
    let phase = |phase| Command::from(SetPhase { instrument: I, phase });
    all.extend([
        CancelOrder {
            account: AccountId(1),
            instrument: I,
            order_id: Some(OrderId(1)),
            orig_cl_ord_id: None,
        }
        .into(),
        replace(1, None),
        replace(2, Some(101)),
        MassCancel { account: AccountId(1), instrument: None, side: None }.into(),
        KillSwitch { account: AccountId(2), on: true }.into(),
        phase(Phase::PreOpen),
        phase(Phase::Continuous),
    ]);
    assert_eq!(all.len(), 40);
    all
}

/// Two accounts with enough for some orders but not for all, fees both ways, limits on some.
fn set_up() -> Scenario {
    let code = Code::new("X").unwrap();
    let mut commands: Vec<Command> = Vec::new();
    for asset in (1..=2).map(AssetId) {
        commands.push(CreateAsset { asset, code, decimals: 0 }.into());
    }
    for account in (1..=2).map(AccountId) {
        commands.push(OpenAccount { account, group: None }.into());
        for (asset, amount) in [(AssetId(1), 4), (AssetId(2), 450)] {
            commands.push(Deposit { account, asset, amount, request_id: None }.into());
        }
    }
    commands.push(
        CreateInstrument {
            instrument: I,
            code,
            base: AssetId(1),
            quote: AssetId(2),
            lot_size: 1,
            tick_value: 1,
            risk: Risk::Cash,
            reference_price: Some(100),
            band_ticks: Some(1),
            halt_band_ticks: None,
            halt_for: None,
            max_order_qty: None,
            max_notional: None,
            max_open_orders: Some(3),
            max_position: Some(3),
            maker_fee_ppm: Some(-9_000),
            taker_fee_ppm: Some(12_000),
            phase: None,
        }
        .into(),
    );
    commands.into_iter().map(|command| (0, Input::venue(command))).collect()
}

#[test]
fn every_sequence_of_up_to_four_commands() {
    let tried =
        every_sequence(&set_up(), &alphabet(), from_env("RINGPIT_MODEL_DEPTH").unwrap_or(4));
    println!("{tried} sequences");
}
