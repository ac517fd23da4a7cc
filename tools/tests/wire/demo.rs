//! `ringpit demo`, in small: it ends well and every promise is found kept, in a generated session
//! and in market data of LOBSTER's form.

use crate::prints;
use std::fmt::Write as _;

const PROMISES: [&str; 15] = [
    "every request gets exactly one answer",
    "no order, hold or payment is accepted twice",
    "no acknowledged order is lost",
    "both sides of a trade are told the same",
    "what was missed can be fetched, byte for byte",
    "units sold + free + held are the stock",
    "the shop has units × price, to the cent",
    "one bidder wins, and pays the shown price",
    "no money and no share appears or vanishes",
    "the server ends cleanly",
    "no request is executed twice",
    "no shopper ever has more than the limit",
    "sold + held + free is the stock at each moment",
    "the auction ends as its bids say",
    "the journal replays to the same state",
];

fn assert_kept(said: &str) {
    assert!(said.contains("kill -9 after"), "{said}");
    assert!(said.contains(" answered ") && !said.contains('\u{1b}'), "plain, but alive: {said}");
    for promise in PROMISES {
        let kept = format!("  kept    {promise}");
        assert!(said.lines().any(|line| line.starts_with(&kept)), "{promise}\n{said}");
    }
    // There was something to be counted.
    assert!(!said.contains("shoppers have 0;") && !said.contains("  0 received"), "{said}");
}

#[test]
fn a_generated_session_keeps_every_promise() {
    let sizes = ["--orders", "3000", "--rate", "1000", "--clients", "3", "--shoppers", "600"];
    let said = prints(&[&["demo"], &sizes[..]].concat());
    assert_kept(&said);
    assert!(said.contains("  kept    the closing call trades at the rule's price"), "{said}");
    assert!(!said.contains("nothing by the rule"), "{said}");
}

#[test]
fn a_lobster_file_keeps_every_promise() {
    let mut rows = String::new();
    for id in 1..1_500u64 {
        let (price, side) = if id % 2 == 0 { (5_000, -1) } else { (4_900, 1) };
        writeln!(rows, "34200.{id:09},1,{id},10,{price},{side}").unwrap();
        if id % 3 == 0 {
            writeln!(rows, "34200.{id:09},4,{},5,{price},{side}", id - 2).unwrap();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.csv");
    std::fs::write(&file, rows).unwrap();
    let file = file.to_str().unwrap();
    assert_kept(&prints(&["demo", "--file", file, "--rate", "700", "--shoppers", "300"]));
}
