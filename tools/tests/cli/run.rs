//! `ringpit run`: places of errors, what stays printed, sameness.

use crate::ends;
use std::fmt::Write as _;

/// Two accounts and a book.
const BOOK: &str = r#"# Two accounts, one book.
{"do":"create_asset","asset":1,"code":"ABC","decimals":0}
{"do":"create_asset","asset":2,"code":"USD","decimals":2}

{"do":"create_instrument","instrument":1,"code":"ABC","base":1,"quote":2,"lot_size":1,"tick_value":1,"risk":"off"}
{"do":"open_account","account":1}
{"do":"open_account","account":2}
"#;

#[test]
fn a_line_that_cant_be_read_is_named_by_file_line_and_field() {
    for (line, what) in [
        ("{", "line: not one JSON object: EOF while parsing an object at column 1"),
        (r#"{"do":"deposit","account":1,"asset":1}"#, "amount: missing"),
        (
            r#"{"do":"deposit","account":1,"asset":1,"amount":1.0}"#,
            "amount: not a whole number: 1.0",
        ),
        (
            r#"{"do":"deposit","account":-1,"asset":1,"amount":1}"#,
            "account: outside 0 to 9223372036854775807: -1",
        ),
        (r#"{"at":9,"do":"void","reservation":1,"colour":1}"#, "colour: unknown field"),
        (r#"{"do":"dance"}"#, "do: unknown command `dance`"),
    ] {
        let (code, _, stderr) = ends(&["run", "-"], format!("{BOOK}{line}\n"));
        assert_eq!((code, stderr), (2, format!("-:8: {what}\n")), "{line}");
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("scenario.jsonl");
    std::fs::write(&file, "\n\n{\"at\":5,\"do\":\"void\",\"reservation\":1}\r\n{\"at\":4}")
        .unwrap();
    let name = file.to_str().unwrap();
    let (code, _, stderr) = ends(&["run", name], "");
    assert_eq!((code, stderr), (2, format!("{name}:4: at: 4 after 5: time fell\n")));
}

#[test]
fn events_of_lines_before_an_unreadable_one_stay_printed_and_no_digest_follows() {
    let (code, whole, _) = ends(&["run", "-"], BOOK);
    assert_eq!(code, 0);
    let (code, cut, _) = ends(&["run", "-", "--digest"], format!("{BOOK}nonsense\n{BOOK}"));
    assert_eq!((code, cut), (2, whole));
}

#[test]
fn the_same_file_prints_the_same_bytes_with_and_without_a_file_name() {
    let mut scenario = BOOK.to_owned();
    for n in 1..=500_u64 {
        let (account, side) = (n % 2 + 1, if n % 3 == 0 { "buy" } else { "sell" });
        let (qty, price) = (n * 7 % 13 + 1, n * 31 % 20 + 100);
        writeln!(
            scenario,
            r#"{{"at":{n},"do":"new_order","account":{account},"instrument":1,"cl_ord_id":{n},"side":"{side}","ord_type":"limit","qty":{qty},"price":{price}}}"#
        )
        .unwrap();
    }
    scenario.push_str(r#"{"do":"query_depth","instrument":1}"#);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("scenario.jsonl");
    std::fs::write(&file, &scenario).unwrap();
    let first = ends(&["run", "-", "--digest"], scenario);
    let second = ends(&["run", file.to_str().unwrap(), "--digest"], "");
    assert_eq!(first, second);
    let digest = first.1.lines().last().unwrap();
    let words: Vec<&str> = digest.split(['=', ' ']).collect();
    let ["seq", seq, "state", state, "events", events] = words[..] else { panic!("{digest}") };
    assert_eq!(seq, "505");
    for hex in [state, events] {
        assert!(hex.len() == 16 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()), "{digest}");
    }
}

#[test]
fn a_reader_that_leaves_ends_the_run_quietly() {
    use std::process::{Command, Stdio};
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("ringpit"))
        .args(["run", "-", "--digest"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    drop(child.stdin.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr), (Some(0), Vec::new()));
}
