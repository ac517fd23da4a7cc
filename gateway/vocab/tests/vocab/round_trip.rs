//! Proves that commands and events survive their JSON form: every line made from the vocabulary's
//! tables is read, and written again byte for byte.

use crate::tables::{COMMANDS, Row, object_tail, rows};
use proptest::prelude::*;
use ringpit_vocab::{Scenario, read_event, write_command, write_event};

/// The events, as vocabulary.md lists them.
const EVENTS: &str = "
execution_report  account:u64 instrument:u32 order_id:u64? cl_ord_id:u64
                  exec_type:new|trade|canceled|replaced|rejected|expired|triggered|restated|status
                  ord_status:new|partially_filled|filled|canceled|expired|rejected side:buy|sell
                  price:i64? order_qty:u64 leaves_qty:u64 cum_qty:u64 last_px:i64? last_qty:u64?
                  trade_id:u64? liquidity:added|removed|auction? fee:i64?
                  reason:unfilled|self_trade|price_band? ord_type:limit|stop? tif:day|gtc?
                  stop_px:i64? display_qty:u64?
cancel_reject     do:cancel_order|replace_order account:u64 instrument:u32 order_id:u64?
                  orig_cl_ord_id:u64? reason:unknown_order|not_open
trade             instrument:u32 trade_id:u64 price:i64 qty:u64 aggressor:buy|sell|auction
                  buy_order:u64 sell_order:u64
quote             instrument:u32 bid:i64? bid_qty:u64? ask:i64? ask_qty:u64?
level             instrument:u32 side:buy|sell price:i64 qty:u64 orders:u32
indicative        instrument:u32 price:i64? qty:u64 surplus:i64?
phase             instrument:u32
                  phase:pre_open|opening_call|continuous|closing_call|halted|closed
bid_report        account:u64 auction:u32 bid_id:u64?
                  state:leading|outbid|rejected|accepted|won|lost price:i64? qty:u64?
                  reason:too_low|outbid|cancelled?
auction           auction:u32 state:pending|open|extended|sold|unsold|cancelled price:i64?
                  leader:u64? bids:u64 closes_at:u64 reserve_met:bool?
reservation       reservation:u64? account:u64 sale:u32 product:u32? qty:u64? request_id:u64?
                  state:held|queued|entered|confirmed|voided|expired|rejected position:u64?
                  deadline:u64? amount:i64? lines:lines? reason:sold_out|limit_per_sale?
product           sale:u32 product:u32 free:u64 held:u64 sold:u64 waiting:u64
atomic_report     account:u64 request_id:u64 state:done|rejected leg:u8? reason:below_min?
balance           account:u64 asset:u32 available:i64 held:i64
stats             sale:u32 product:u32 free:u64 held:u64 sold:u64 waiting:u64 sold_bp:u64
stats             instrument:u32 last:i64? open:i64? high:i64? low:i64? volume:u64 turnover:i64
                  vwap:i64? vwap_rem:i64? trades:u64
hot               sale:u32 rank:u32 product:u32 sold:u64
hot               rank:u32 counter:u64 sold:u64
counter           counter:u64 value:i64
deadline          kind:order_expiry|halt_end|auction_open|auction_close|sale_close|phase id:u64 time:u64
accepted          do:create_asset|set_phase|schedule_phase|activate_rules id:u64
rejected          do:deposit|confirm id:u64? reason:bad_value|unknown_account field:amount|qty|rules?
";

fn lines_of(table: &'static str, lead: fn(u64, u64, &str) -> String) -> BoxedStrategy<String> {
    let row = |Row { word, fields }| {
        let numbers = (0..u64::MAX / 2, 0..u64::MAX / 2);
        (numbers, object_tail(&fields))
            .prop_map(move |((seq, at), tail)| format!("{}{tail}}}", lead(seq, at, word)))
            .boxed()
    };
    prop::strategy::Union::new(rows(table).into_iter().map(row)).boxed()
}

fn commands() -> BoxedStrategy<String> {
    lines_of(COMMANDS, |_, at, word| format!("{{\"at\":{at},\"do\":\"{word}\""))
}

fn events() -> BoxedStrategy<String> {
    lines_of(EVENTS, |seq, at, word| format!("{{\"seq\":{seq},\"at\":{at},\"event\":\"{word}\""))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_command_is_written_as_it_was_read(line in commands()) {
        let read = Scenario::new().read(line.as_bytes()).unwrap().unwrap();
        let mut written = Vec::new();
        write_command(Some(read.at), &read.command, &mut written);
        prop_assert_eq!(String::from_utf8(written).unwrap(), line);
    }

    #[test]
    fn an_event_is_written_as_it_was_read(line in events()) {
        let read = read_event(&line).unwrap();
        let mut written = Vec::new();
        write_event(read.seq, read.at, &read.event, &mut written);
        prop_assert_eq!(String::from_utf8(written).unwrap(), line);
    }

    #[test]
    fn any_bytes_are_answered(line in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Scenario::new().read(&line);
    }

    #[test]
    fn any_damage_to_a_line_is_answered(line in commands(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = line.into_bytes();
        let index = at.index(bytes.len());
        bytes[index] = byte;
        let _ = Scenario::new().read(&bytes);
    }
}
