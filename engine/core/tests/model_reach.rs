//! The random scenarios reach what they are meant to: every reason for which something can be
//! refused or ended, every kind of report, fills in both kinds of trading. Counted on the model.

mod support;

use ringpit_core::*;
use ringpit_model::Model;
use std::collections::BTreeMap;
use support::{Scenario, sessions, shop, world};

/// How often each kind of event came out of four hundred scenarios of each kind.
fn seen(kinds: usize, scenario: impl Fn(usize, u64) -> Scenario) -> BTreeMap<String, u64> {
    let mut seen = BTreeMap::new();
    for kind in 0..kinds {
        for seed in 0..400 {
            let mut model = Model::new();
            let mut seq = 0;
            for (at, input) in scenario(kind, seed + 1_000 * kind as u64) {
                if input.command.is_query() {
                    continue;
                }
                seq += 1;
                for (_, event) in model.apply(seq, at, &input) {
                    *seen.entry(name(&event)).or_default() += 1;
                }
            }
        }
    }
    seen
}

fn must_be_among(wanted: &str, seen: &BTreeMap<String, u64>) {
    for (name, count) in seen {
        println!("{count:8} {name}");
    }
    let missing: Vec<&str> =
        wanted.split_whitespace().filter(|name| !seen.contains_key(*name)).collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
}

#[test]
fn every_reason_and_report_of_orders_is_reached() {
    let kinds = &world::PROFILES;
    let seen = seen(kinds.len(), |kind, seed| world::scenario(seed, kinds[kind]));
    must_be_among(ORDERS, &seen);
}

#[test]
fn every_reason_and_report_of_shops_is_reached() {
    let kinds = &shop::PROFILES;
    let seen = seen(kinds.len(), |kind, seed| shop::scenario(seed, kinds[kind]));
    must_be_among(SHOPS, &seen);
}

#[test]
fn what_sessions_do_to_orders_is_reached() {
    let seen = seen(1, |_, seed| sessions::scenario(seed));
    must_be_among(SESSIONS, &seen);
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
        Event::BidReport(r) => join("bid", r.state.word(), r.reason),
        Event::Auction(a) => join("auction", a.state.word(), None),
        Event::Reservation(r) => join("reservation", r.state.word(), r.reason),
        Event::AtomicReport(r) => join("atomic", r.state.word(), r.reason),
        Event::Product(_) => "product".into(),
        other => panic!("no step prints {other:?}"),
    }
}

const ORDERS: &str = "
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
    accepted:schedule_phase schedule_phase:unknown_instrument:instrument
    schedule_phase:bad_value:time schedule_phase:not_scheduled:time
    phase:pre_open phase:opening_call phase:continuous phase:closing_call phase:halted
    phase:closed
    trade trade:added trade:removed trade:auction level quote indicative balance
";

const SHOPS: &str = "
    accepted:add_product accepted:block accepted:create_asset accepted:create_auction
    accepted:create_instrument accepted:create_sale accepted:draw accepted:kill_switch
    accepted:open_account accepted:restock add_product:bad_value:asset
    add_product:bad_value:limit_per_account add_product:bad_value:price
    add_product:duplicate_id:product add_product:insufficient_funds:stock
    add_product:overflow:price add_product:too_late:sale add_product:unknown_asset:asset
    add_product:unknown_sale:sale atomic:done atomic:rejected:above_max
    atomic:rejected:account_killed atomic:rejected:bad_qty atomic:rejected:bad_value
    atomic:rejected:below_min atomic:rejected:blocked atomic:rejected:duplicate_bid_id
    atomic:rejected:fok_unfilled atomic:rejected:insufficient_funds
    atomic:rejected:limit_per_account atomic:rejected:limit_per_origin
    atomic:rejected:limit_per_sale atomic:rejected:max_position atomic:rejected:not_open
    atomic:rejected:outbid atomic:rejected:overflow atomic:rejected:own_auction
    atomic:rejected:sold_out atomic:rejected:too_early atomic:rejected:too_late
    atomic:rejected:too_low atomic:rejected:too_many_requests
    atomic:rejected:unknown_account atomic:rejected:unknown_asset
    atomic:rejected:unknown_auction atomic:rejected:unknown_product
    atomic:rejected:unknown_sale atomic:rejected:unsupported atomic:rejected:wrong_account
    auction:cancelled auction:extended auction:open auction:sold auction:unsold bid:accepted
    bid:leading bid:lost:cancelled bid:lost:outbid bid:lost:reserve_not_met bid:outbid
    bid:rejected:account_killed bid:rejected:bad_value bid:rejected:blocked
    bid:rejected:duplicate_bid_id bid:rejected:insufficient_funds bid:rejected:no_buy_now
    bid:rejected:not_open bid:rejected:overflow bid:rejected:own_auction
    bid:rejected:too_late bid:rejected:too_low bid:rejected:unknown_account
    bid:rejected:unknown_auction bid:won block:bad_value:account
    block:unknown_account:account cancel_auction:has_bids:auction
    cancel_auction:not_seller:account cancel_auction:too_late:auction
    cancel_auction:unknown_auction:auction confirm:already_confirmed:reservation
    confirm:bad_value:qty confirm:not_held:reservation confirm:too_late:reservation
    confirm:unknown_reservation:reservation create_auction:bad_value:buy_now
    create_auction:bad_value:closes_at create_auction:bad_value:extend_by
    create_auction:bad_value:extend_window create_auction:bad_value:floor
    create_auction:bad_value:increments create_auction:bad_value:max_extensions
    create_auction:bad_value:qty create_auction:bad_value:quote
    create_auction:bad_value:reserve_price create_auction:bad_value:start_price
    create_auction:bad_value:step create_auction:bad_value:step_every
    create_auction:duplicate_id:auction create_auction:insufficient_funds:qty
    create_auction:overflow:start_price create_auction:unknown_account:seller
    create_sale:bad_value:attempts_window create_sale:bad_value:closes_at
    create_sale:bad_value:draw_by create_sale:bad_value:limit_per_account
    create_sale:bad_value:limit_per_origin create_sale:bad_value:max_attempts
    create_sale:bad_value:seed_digest create_sale:bad_value:waitlist
    create_sale:duplicate_id:sale create_sale:overflow:closes_at
    create_sale:unknown_account:seller draw:bad_seed:seed draw:not_a_draw:sale
    draw:too_early:sale draw:too_late:sale draw:unknown_sale:sale
    extend:already_confirmed:reservation extend:bad_value:by extend:not_held:reservation
    extend:too_late:reservation extend:unknown_reservation:reservation
    kill_switch:unknown_account:account leave:not_queued:product
    leave:unknown_account:account leave:unknown_product:product leave:unknown_sale:sale
    product reservation:confirmed reservation:entered reservation:expired
    reservation:expired:sale_closed reservation:held reservation:queued
    reservation:rejected:account_killed reservation:rejected:bad_value
    reservation:rejected:blocked reservation:rejected:insufficient_funds
    reservation:rejected:limit_per_account reservation:rejected:limit_per_origin
    reservation:rejected:limit_per_sale reservation:rejected:not_drawn
    reservation:rejected:not_open reservation:rejected:overflow
    reservation:rejected:sold_out reservation:rejected:too_many_requests
    reservation:rejected:unknown_account reservation:rejected:unknown_product
    reservation:rejected:unknown_sale reservation:voided restock:bad_value:delta
    restock:below_free:delta restock:insufficient_funds:delta restock:overflow:delta
    restock:unknown_product:product restock:unknown_sale:sale
    void:already_confirmed:reservation void:too_late:reservation
    void:unknown_reservation:reservation
";

const SESSIONS: &str = "
    order:canceled:disconnected order:rejected:not_permitted refused:cancel_order:not_permitted
    refused:replace_order:not_permitted deposit:not_permitted:- withdraw:not_permitted:-
    transfer:not_permitted:- set_phase:not_permitted:- mass_cancel:not_permitted:-
    kill_switch:not_permitted:- trade:added trade:removed
";
