//! `explain` and `events`: what a store can tell of one thing, and the feed of everything.

use crate::{ends, ringpit};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A book with a queue, a sale with a waitlist, an auction; times in nanoseconds.
const SCENARIO: &str = r#"
{"at":1000,"do":"create_asset","asset":1,"code":"ABC","decimals":0}
{"do":"create_asset","asset":2,"code":"USD","decimals":2}
{"do":"create_instrument","instrument":1,"code":"ABC","base":1,"quote":2,"lot_size":1,"tick_value":1,"risk":"off"}
{"do":"open_account","account":1}
{"do":"open_account","account":2}
{"do":"new_order","account":1,"instrument":1,"cl_ord_id":1,"side":"sell","ord_type":"limit","qty":5,"price":100}
{"do":"new_order","account":2,"instrument":1,"cl_ord_id":1,"side":"sell","ord_type":"limit","qty":4,"price":100,"tif":"gtd","expire_at":3000}
{"do":"new_order","account":2,"instrument":1,"cl_ord_id":2,"side":"sell","ord_type":"limit","qty":0,"price":100}
{"at":2000,"do":"new_order","account":1,"instrument":1,"cl_ord_id":2,"side":"buy","ord_type":"limit","qty":6,"price":100}
{"at":2500,"do":"create_sale","sale":1,"opens_at":0,"closes_at":9000,"hold_for":500,"payment":"external","seller":1,"quote":2,"waitlist":4}
{"do":"add_product","sale":1,"product":7,"stock":1,"price":20,"limit_per_account":1}
{"do":"reserve","account":1,"sale":1,"product":7,"qty":1,"request_id":1}
{"do":"reserve","account":2,"sale":1,"product":7,"qty":1,"request_id":5}
{"at":3000,"do":"confirm","reservation":1}
{"do":"confirm","reservation":2}
{"do":"deposit","account":1,"asset":1,"amount":1}
{"do":"deposit","account":2,"asset":2,"amount":900}
{"do":"create_auction","auction":3,"kind":"english","seller":1,"asset":1,"qty":1,"quote":2,"start_price":10,"opens_at":0,"closes_at":4000}
{"do":"place_bid","account":2,"auction":3,"max_price":40,"bid_id":7}
{"do":"place_bid","account":2,"auction":3,"max_price":50,"bid_id":8}
{"at":5000,"do":"query_deadlines"}
"#;

fn made() -> (TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let args = ["run", "-", "--digest", "--data", dir.path().to_str().unwrap()];
    let (code, printed, stderr) = ends(&args, SCENARIO);
    assert_eq!((code, stderr.as_str()), (0, ""));
    (dir, printed)
}

fn told(dir: &TempDir, flags: &[&str]) -> String {
    let mut args = vec!["explain", dir.path().to_str().unwrap()];
    args.extend(flags);
    let (code, stdout, stderr) = ends(&args, "");
    assert_eq!((code, stderr.as_str()), (0, ""), "{flags:?}");
    stdout
}

#[test]
fn an_order_is_told_from_what_was_ahead_to_what_ended_it() {
    let (dir, _) = made();
    let expected = r#"
7  1970-01-01T00:00:00.000001000Z  {"do":"new_order","account":2,"instrument":1,"cl_ord_id":1,"side":"sell","ord_type":"limit","qty":4,"price":100,"tif":"gtd","expire_at":3000}
    order 2 accepted: sell 4 at 100
    at 100 5 lots of 1 order are ahead of it
9  1970-01-01T00:00:00.000002000Z  {"do":"new_order","account":1,"instrument":1,"cl_ord_id":2,"side":"buy","ord_type":"limit","qty":6,"price":100}
    trade 2: 1 at 100, added; 3 left, 1 done
14  1970-01-01T00:00:00.000003000Z  a deadline
    expired: 1 traded; the rest of 3 and what it held are free
"#;
    assert_eq!(told(&dir, &["--order", "2"]), expected.trim_start());
    let named = told(&dir, &["--account", "2", "--cl-ord-id", "1"]);
    assert_eq!(named, expected.trim_start());
    let first = told(&dir, &["--order", "1"]);
    assert!(first.contains("    first at 100: nothing is ahead of it there\n"), "{first}");
}

#[test]
fn a_refused_order_is_told_by_the_clients_number_with_the_check_that_failed() {
    let (dir, _) = made();
    let text = told(&dir, &["--account", "2", "--cl-ord-id", "2"]);
    assert!(text.contains("    refused: sell 0 at 100\n      bad_qty: "), "{text}");
    let lines = told(&dir, &["--account", "2", "--cl-ord-id", "2", "--json"]);
    let about: Vec<String> = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|line| line["about"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(about, ["input", "event", "reason"]);
}

#[test]
fn a_reservation_is_told_with_its_place_and_what_released_it() {
    let (dir, _) = made();
    let text = told(&dir, &["--reservation", "2"]);
    // The first hold's deadline, due at the time of a command, gave the unit on.
    for line in [
        "13  1970-01-01T00:00:00.000002500Z  {\"do\":\"reserve\",\"account\":2,",
        "    reservation 2 waits: 1 of product 7, place 1 in line\n",
        "14  1970-01-01T00:00:00.000003000Z  a deadline\n    reservation 2 held: 1 of product 7 \
         for 20, until 1970-01-01T00:00:00.000003500Z\n",
        "15  1970-01-01T00:00:00.000003000Z  {\"do\":\"confirm\",\"reservation\":2}\n",
        "    reservation 2 confirmed: 1 of product 7 for 20\n",
        "    product 7: 0 free, 0 held, 1 sold, 0 waiting\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert_eq!(text, told(&dir, &["--account", "2", "--request", "5"]));
    let first = told(&dir, &["--reservation", "1"]);
    let refused = "    confirm refused\n      too_late: ";
    assert!(first.contains("a deadline\n    reservation 1 expired: "), "{first}");
    assert!(first.contains(refused), "{first}");
}

#[test]
fn a_bid_is_told_with_the_price_and_the_leader() {
    let (dir, _) = made();
    let text = told(&dir, &["--auction", "3", "--account", "2", "--bid", "8"]);
    for line in [
        "    bid 8 leads at 10\n    auction 3 open at 10, account 2 ahead, 2 bids, closes ",
        "  a deadline\n    auction 3 sold at 10, account 2 ahead, 2 bids\n    bid 8 wins 1 at 10",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let raised = told(&dir, &["--auction", "3", "--account", "2", "--bid", "7"]);
    assert!(raised.contains("    bid 8 leads at 10, in place of the one before\n"), "{raised}");
    assert!(!raised.contains("wins"), "{raised}");
    let both = told(&dir, &["--auction", "3", "--account", "2"]);
    assert!(both.contains("bid 7 leads") && both.contains("bid 8 wins"), "{both}");
}

#[test]
fn what_is_not_there_is_a_no_and_what_is_not_named_is_bad_usage() {
    let (dir, _) = made();
    let name = dir.path().to_str().unwrap();
    let (code, stdout, stderr) = ends(&["explain", name, "--order", "99"], "");
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert_eq!(stderr, format!("{name}: no order 99\n"));
    for flags in [&[][..], &["--account", "1"], &["--bid", "8"], &["--cl-ord-id", "1"]] {
        let mut args = vec!["explain", name];
        args.extend(flags);
        assert_eq!(ends(&args, "").0, 2, "{flags:?}");
    }
    assert_eq!(ends(&["explain", "/no/such/store", "--order", "1"], "").0, 2);
}

#[test]
fn events_are_what_run_printed_from_any_number_on() {
    let (dir, printed) = made();
    let name = dir.path().to_str().unwrap();
    let ours = |line: &&str| !line.contains("\"event\":\"deadline\"");
    let (code, stdout, stderr) = ends(&["events", name, "--from", "1", "--digest"], "");
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.lines().eq(printed.lines().filter(ours)), "{stdout}");
    let (_, rest, _) = ends(&["events", name, "--from", "14"], "");
    let start = printed.find("{\"seq\":14,").unwrap();
    let expected = printed[start..].lines().filter(ours).filter(|line| line.starts_with('{'));
    assert!(rest.lines().eq(expected), "{rest}");
}

/// A child that dies with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _gone_already = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn started(args: &[&str]) -> Running {
    let path = assert_cmd::cargo::cargo_bin!("ringpit");
    let mut command = Command::new(path);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
    Running(command.spawn().unwrap())
}

#[test]
fn followed_events_come_while_the_store_is_written_and_end_quietly() {
    let dir = tempfile::tempdir().unwrap();
    let name = dir.path().to_str().unwrap();
    let mut writing = started(&["run", "-", "--data", name]);
    let mut input = writing.0.stdin.take().unwrap();
    let mut printed = BufReader::new(writing.0.stdout.take().unwrap()).lines();
    let mut lines = SCENARIO.lines().filter(|line| !line.is_empty());
    writeln!(input, "{}", lines.next().unwrap()).unwrap();
    let first = printed.next().unwrap().unwrap();

    let mut following = started(&["events", name, "--from", "1", "--follow", "--digest"]);
    let mut followed = BufReader::new(following.0.stdout.take().unwrap()).lines();
    assert_eq!(followed.next().unwrap().unwrap(), first);
    for line in lines.by_ref().take(5) {
        writeln!(input, "{line}").unwrap();
        loop {
            let expected = printed.next().unwrap().unwrap();
            assert_eq!(followed.next().unwrap().unwrap(), expected);
            // The order's `quote` is the last of its lines, and every other command has but one.
            if !line.contains("new_order") || expected.contains("\"quote\"") {
                break;
            }
        }
    }
    let pid = rustix::process::Pid::from_child(&following.0);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let last = followed.next().unwrap().unwrap();
    assert!(last.starts_with("seq=6 state="), "{last}");
    assert!(followed.next().is_none());
    assert!(following.0.wait().unwrap().success());
    drop(input);
    assert!(writing.0.wait().unwrap().success());
}

#[test]
fn a_damaged_store_is_told_up_to_the_damage() {
    let (dir, _) = made();
    let segment = dir.path().join("00000000000000000001.rpj");
    let mut bytes = std::fs::read(&segment).unwrap();
    let args = ["inspect", dir.path().to_str().unwrap(), "--json", "--from", "15", "--count", "1"];
    let record: serde_json::Value = serde_json::from_str(&ends(&args, "").1).unwrap();
    bytes[usize::try_from(record["offset"].as_u64().unwrap()).unwrap() + 50] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let output =
        ringpit(&["explain", dir.path().to_str().unwrap(), "--reservation", "2"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("reservation 2 held") && !text.contains("confirmed"), "{text}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("sequence number 15"), "{stderr}");
}
