//! The random scenarios reach what they are meant to: every reason an order can be refused or
//! ended for, every kind of report, and fills in both kinds of trading. Counted on the model.

mod support;

use ringpit_core::*;
use ringpit_model::Model;
use std::collections::BTreeMap;
use support::world::{self, scenario};

#[test]
fn every_reason_and_report_is_reached() {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for (kind, profile) in world::PROFILES.iter().enumerate() {
        for seed in 0..400 {
            let mut model = Model::new();
            let mut seq = 0;
            for (at, command) in scenario(seed + 1_000 * kind as u64, *profile) {
                if command.is_query() {
                    continue;
                }
                seq += 1;
                for (_, event) in model.apply(seq, at, &Input::venue(command)) {
                    *seen.entry(name(&event)).or_default() += 1;
                }
            }
        }
    }
    for (name, count) in &seen {
        println!("{count:8} {name}");
    }
    for name in WANTED.split_whitespace() {
        assert!(seen.contains_key(name), "{name} was never reached");
    }
}

fn name(event: &Event) -> String {
    let join = |kind: &str, what: &str, why: Option<Reason>| match why {
        Some(why) => format!("{kind}:{what}:{}", why.word()),
        None => format!("{kind}:{what}"),
    };
    match event {
        Event::ExecutionReport(r) if r.exec_type == ExecType::Trade => {
            join("trade", r.liquidity.map_or("-", Liquidity::word), None)
        }
        Event::ExecutionReport(r) => join("order", r.exec_type.word(), r.reason),
        Event::CancelReject(r) => join("refused", r.command.word(), Some(r.reason)),
        Event::Rejected(r) => {
            let field = r.field.map_or("-", Field::word);
            format!("{}:{}:{field}", r.command.word(), r.reason.word())
        }
        Event::Accepted(a) => join("accepted", a.command.word(), None),
        Event::Trade(_) => "trade".into(),
        Event::Quote(_) => "quote".into(),
        Event::Level(_) => "level".into(),
        Event::Indicative(_) => "indicative".into(),
        Event::PhaseChange(p) => join("phase", p.phase.word(), None),
        Event::Balance(_) => "balance".into(),
        other => format!("{other:?}"),
    }
}

const WANTED: &str = "
    order:new order:canceled order:replaced order:expired order:triggered
    order:restated:self_trade
    order:rejected:unknown_instrument order:rejected:unknown_account
    order:rejected:account_killed order:rejected:bad_qty order:rejected:bad_price
    order:rejected:bad_stop_px order:rejected:bad_expire_at order:rejected:bad_display_qty
    order:rejected:bad_min_qty order:rejected:unsupported order:rejected:duplicate_cl_ord_id
    order:rejected:not_open order:rejected:max_order_qty order:rejected:max_notional
    order:rejected:max_open_orders order:rejected:price_band order:rejected:overflow
    order:rejected:max_position order:rejected:insufficient_funds order:rejected:would_cross
    order:rejected:fok_unfilled order:rejected:min_qty_unfilled
    order:canceled:unfilled order:canceled:self_trade order:canceled:price_band
    order:canceled:halt_band order:canceled:insufficient_funds order:canceled:mass_cancel
    order:canceled:kill_switch
    refused:cancel_order:unknown_instrument refused:cancel_order:unknown_account
    refused:cancel_order:unknown_order
    refused:replace_order:unknown_instrument refused:replace_order:unknown_account
    refused:replace_order:unknown_order refused:replace_order:bad_price
    refused:replace_order:duplicate_cl_ord_id refused:replace_order:not_open
    refused:replace_order:max_order_qty refused:replace_order:max_notional
    refused:replace_order:price_band refused:replace_order:overflow
    refused:replace_order:max_position refused:replace_order:insufficient_funds
    refused:replace_order:would_cross
    deposit:unknown_account:account deposit:unknown_asset:asset deposit:bad_value:amount
    deposit:overflow:amount
    withdraw:unknown_account:account withdraw:unknown_asset:asset withdraw:bad_value:amount
    withdraw:insufficient_funds:amount
    transfer:unknown_account:from transfer:unknown_account:to transfer:unknown_asset:asset
    transfer:bad_value:amount transfer:bad_value:to transfer:insufficient_funds:amount
    create_asset:duplicate_id:asset open_account:duplicate_id:account
    create_instrument:duplicate_id:instrument create_instrument:unknown_asset:base
    create_instrument:unknown_asset:quote create_instrument:bad_value:lot_size
    create_instrument:bad_value:tick_value create_instrument:bad_value:maker_fee_ppm
    create_instrument:bad_value:taker_fee_ppm
    set_phase:unknown_instrument:instrument kill_switch:unknown_account:account
    mass_cancel:unknown_account:account mass_cancel:unknown_instrument:instrument
    phase:pre_open phase:opening_call phase:continuous phase:closing_call phase:halted
    phase:closed
    trade trade:added trade:removed trade:auction level quote indicative balance
";
