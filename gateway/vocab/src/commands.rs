//! Commands as JSON objects, both ways: the table of vocabulary.md, field by field.

use crate::error::ScenarioError;
use crate::json::{Json, read_list, read_text, write_text, write_u64};
use crate::object::Object;
use crate::table::{Fields, fields};
use ringpit_core::command::*;
use ringpit_core::{CommandKind, List, Stp, TimeInForce};

fields! {
    CreateAsset { asset, code, decimals }
    OpenAccount { account, group }
    Deposit { account, asset, amount, request_id }
    Withdraw { account, asset, amount, request_id }
    Transfer { from, to, asset, amount, request_id }
    CreateInstrument {
        instrument, code, base, quote, lot_size, tick_value, risk, reference_price, band_ticks,
        halt_band_ticks, halt_for, max_order_qty, max_notional, max_open_orders, max_position,
        maker_fee_ppm, taker_fee_ppm, phase,
    }
    SetPhase { instrument, phase }
    SchedulePhase { instrument, phase, time }
    NewOrder {
        account, instrument, cl_ord_id, side, ord_type, qty, price, stop_px,
        tif = TimeInForce::Day, expire_at, display_qty, post_only = false, min_qty,
        stp = Stp::NoPrevention,
    }
    CancelOrder { account, instrument, order_id, orig_cl_ord_id }
    ReplaceOrder { account, instrument, order_id, orig_cl_ord_id, cl_ord_id, qty, price }
    MassCancel { account, instrument, side }
    KillSwitch { account, on }
    CreateAuction {
        auction, kind, seller, asset, qty, quote, start_price, reserve_price, buy_now, increments,
        step, step_every, floor, opens_at, closes_at, extend_window, extend_by, max_extensions,
    }
    PlaceBid { account, auction, max_price, qty, bid_id }
    BuyNow { auction, account }
    CancelAuction { auction, account }
    CreateSale {
        sale, opens_at, closes_at, hold_for, payment, seller, quote, max_attempts, attempts_window,
        waitlist, limit_per_account, limit_per_origin, mode, seed_digest, draw_by,
    }
    AddProduct { sale, product, stock, price, limit_per_account, asset }
    Restock { sale, product, delta }
    Reserve { account, sale, product, qty, request_id, origin }
    ReserveCart { account, sale, request_id, origin, lines }
    Block { account, origin, on }
    Draw { sale, seed }
    Confirm { reservation, qty }
    Void { reservation }
    Extend { reservation, by }
    Leave { account, sale, product }
    QueryOpen { account }
    QueryCounter { counter }
    QueryCounters { from, to }
    ActivateRules { rules }
    AcceptClockStep { by }
    QueryBalance { account, asset }
    QueryDepth { instrument }
    QuerySale { sale }
    QueryAuction { auction }
    QueryStats { instrument, auction, sale }
    SessionOpen { session, version, timestamp }
    SessionConfig {
        session, role, accounts, messages_per_second, burst, cancels_per_second, orders_in_flight,
        cancel_on_disconnect, grace_ms,
    }
    SessionLost { session, cancel_on_disconnect, grace_ns }
    SessionBack { session, version, timestamp }
}

impl Fields for Atomic {
    const NAMES: &'static [&'static str] = &["account", "request_id", "legs"];

    fn read_fields(object: &mut Object<'_>) -> Result<Self, ScenarioError> {
        const ACCOUNT: &str = "account";
        let account_text =
            object.remove(ACCOUNT).ok_or_else(|| ScenarioError::field(ACCOUNT, "missing"))?;
        let account = Json::read(account_text).map_err(|error| error.within(ACCOUNT))?;
        let request_id = object.required("request_id")?;
        let legs_text =
            object.remove("legs").ok_or_else(|| ScenarioError::field("legs", "missing"))?;
        let legs = read_legs(legs_text, account_text).map_err(|error| error.within("legs"))?;
        Ok(Self { account, request_id, legs })
    }

    fn write_fields(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b",\"account\":");
        self.account.write(out);
        out.extend_from_slice(b",\"request_id\":");
        self.request_id.write(out);
        out.extend_from_slice(b",\"legs\":[");
        for (index, leg) in self.legs.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            write_leg(leg, out);
        }
        out.push(b']');
    }
}

/// Legs beyond the list's room are read and dropped: what is kept shows the engine that there are
/// too many.
fn read_legs(text: &str, account_text: &str) -> Result<List<Leg, LIST_CAPACITY>, ScenarioError> {
    let mut legs = List::new();
    for (index, leg_text) in read_list(text)?.into_iter().enumerate() {
        let leg = read_leg(leg_text, account_text).map_err(|error| error.at_index(index))?;
        let _full = legs.push(leg);
    }
    Ok(legs)
}

/// The kinds of legs, each with its fields: one list reads and writes.
macro_rules! legs {
    ($($word:literal => $leg:ident $(($inner:ident))? $({ $($field:ident),* })?;)+) => {
        fn read_leg(text: &str, account_text: &str) -> Result<Leg, ScenarioError> {
            let mut object = Object::parse(text)?;
            let kind = read_kind(&mut object)?;
            match kind.as_ref() {
                $($word => legs!(@read object, account_text, $leg $(($inner))? $({ $($field),* })?),)+
                _ => Err(ScenarioError::field(
                    "do",
                    format!("unknown leg `{kind}`, known are {}", [$($word),+].join(", ")),
                )),
            }
        }

        fn write_leg(leg: &Leg, out: &mut Vec<u8>) {
            match leg {
                $(legs!(@pattern $leg inner $(($inner))? $({ $($field),* })?) => {
                    out.extend_from_slice(concat!("{\"do\":\"", $word, "\"").as_bytes());
                    legs!(@write out, inner $(($inner))? $({ $($field),* })?);
                    out.push(b'}');
                })+
            }
        }
    };
    (@read $object:ident, $account:ident, $leg:ident ($inner:ident)) => {{
        $object.imply("account", $account);
        $object.only($inner::NAMES)?;
        Ok(Leg::$leg($inner::read_fields(&mut $object)?))
    }};
    (@read $object:ident, $account:ident, $leg:ident { $($field:ident),* }) => {{
        const NAMES: &[&str] = &[$(stringify!($field)),*];
        if NAMES.contains(&"account") {
            $object.imply("account", $account);
        }
        $object.only(NAMES)?;
        Ok(Leg::$leg { $($field: crate::table::Slot::take(&mut $object, stringify!($field))?),* })
    }};
    (@pattern $leg:ident $binding:ident ($inner:ident)) => { Leg::$leg($binding) };
    (@pattern $leg:ident $binding:ident { $($field:ident),* }) => { Leg::$leg { $($field),* } };
    (@write $out:ident, $binding:ident ($inner:ident)) => { $binding.write_fields($out) };
    (@write $out:ident, $binding:ident { $($field:ident),* }) => {
        $(crate::table::Slot::put($field, crate::table::lead!($field), $out);)*
    };
}

legs! {
    "require" => Require { counter, min, max };
    "add" => Add { counter, delta, min, max };
    "transfer" => Transfer { from, to, asset, amount };
    "take" => Take { sale, product, qty };
    "reserve" => Reserve { account, sale, product, qty, origin };
    "place_bid" => PlaceBid(PlaceBid);
    "order" => Order(NewOrder);
    "before" => Before { time };
    "after" => After { time };
}

/// The word of an object's `do`.
fn read_kind<'a>(object: &mut Object<'a>) -> Result<std::borrow::Cow<'a, str>, ScenarioError> {
    let text = object.remove("do").ok_or_else(|| ScenarioError::field("do", "missing"))?;
    read_text(text).map_err(|error| error.within("do"))
}

fn read_whole<T: Fields + Into<Command>>(
    object: &mut Object<'_>,
) -> Result<Command, ScenarioError> {
    object.only(T::NAMES)?;
    T::read_fields(object).map(Into::into)
}

macro_rules! command_objects {
    ($($name:ident)+) => {
        fn read_as(kind: CommandKind, object: &mut Object<'_>) -> Result<Command, ScenarioError> {
            match kind {
                $(CommandKind::$name => read_whole::<$name>(object),)+
                CommandKind::QueryDeadlines => object.only(&[]).map(|()| Command::QueryDeadlines),
                CommandKind::Tick => object.only(&[]).map(|()| Command::Tick),
            }
        }

        fn write_fields_of(command: &Command, out: &mut Vec<u8>) {
            match command {
                $(Command::$name(command) => command.write_fields(out),)+
                Command::QueryDeadlines | Command::Tick => {}
            }
        }
    };
}

command_objects! {
    CreateAsset OpenAccount Deposit Withdraw Transfer CreateInstrument SetPhase NewOrder
    CancelOrder ReplaceOrder MassCancel KillSwitch CreateAuction PlaceBid BuyNow CancelAuction
    CreateSale AddProduct Restock Reserve ReserveCart Block Draw Confirm Void Extend Leave Atomic
    QueryOpen QueryCounter QueryBalance QueryDepth QuerySale QueryAuction QueryStats
    SessionOpen SessionConfig SessionLost SessionBack SchedulePhase QueryCounters
    ActivateRules AcceptClockStep
}

/// Takes a command out of an object, which must hold nothing else.
///
/// Of the two names of an order one must be there, as on the wire: a cancel of nothing is not a
/// command.
pub fn read_command(object: &mut Object<'_>) -> Result<Command, ScenarioError> {
    let word = read_kind(object)?;
    let kind = CommandKind::from_word(&word)
        .ok_or_else(|| ScenarioError::field("do", format!("unknown command `{word}`")))?;
    let command = read_as(kind, object)?;
    match command {
        Command::CancelOrder(CancelOrder { order_id: None, orig_cl_ord_id: None, .. })
        | Command::ReplaceOrder(ReplaceOrder { order_id: None, orig_cl_ord_id: None, .. }) => {
            Err(ScenarioError::field("order_id", "missing, and so is orig_cl_ord_id"))
        }
        _ => Ok(command),
    }
}

/// Appends a command as the JSON line of a scenario file, without a line break; `at` in UNIX
/// nanoseconds. Fields that have their default are left out.
pub fn write_command(at: Option<u64>, command: &Command, out: &mut Vec<u8>) {
    out.push(b'{');
    if let Some(at) = at {
        out.extend_from_slice(b"\"at\":");
        write_u64(at, out);
        out.push(b',');
    }
    out.extend_from_slice(b"\"do\":");
    write_text(command.kind().word(), out);
    write_fields_of(command, out);
    out.push(b'}');
}
