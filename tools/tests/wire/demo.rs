//! `ringpit demo`, in small: it ends well and every promise is found kept, in a generated session
//! and in market data of LOBSTER's form.

use crate::prints;
use std::fmt::Write as _;

const PROMISES: [&str; 9] = [
    "every order gets exactly one answer",
    "no order is accepted twice",
    "no acknowledged order is lost",
    "both sides of a trade are told the same",
    "what was missed can be fetched, byte for byte",
    "no money and no share appears or vanishes",
    "the server ends cleanly",
    "every order stands in the journal once",
    "the journal replays to the same state",
];

fn assert_kept(said: &str) {
    assert!(said.contains("kill -9 after"), "{said}");
    for promise in PROMISES {
        let kept = format!("  kept    {promise}");
        assert!(said.lines().any(|line| line.starts_with(&kept)), "{promise}\n{said}");
    }
}

#[test]
fn a_generated_session_keeps_every_promise() {
    assert_kept(&prints(&["demo", "--orders", "3000", "--rate", "3000", "--clients", "3"]));
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
    assert_kept(&prints(&["demo", "--file", file.to_str().unwrap(), "--rate", "3000"]));
}
