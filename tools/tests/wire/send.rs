//! `ringpit send`: what it prints, how it ends.

use crate::scenario::{Play, generated};
use crate::server::{Server, TRADER};
use crate::{assert_same, prints, ringpit, timeless};
use ringpit_vocab::read_event;
use std::io::{BufRead, BufReader};
use std::process::{Output, Stdio};

const SCENARIO: &str = r#"# One of everything that needs no clock, refusals and queries in between.
{"do":"create_asset","asset":1,"code":"ABC","decimals":0}
{"do":"create_asset","asset":2,"code":"USD","decimals":2}
{"do":"open_account","account":1}
{"do":"open_account","account":2}
{"do":"deposit","account":1,"asset":1,"amount":100}
{"do":"deposit","account":2,"asset":2,"amount":100000}
{"do":"deposit","account":3,"asset":2,"amount":5}

{"do":"create_instrument","instrument":1,"code":"ABC","base":1,"quote":2,"lot_size":1,"tick_value":1,"risk":"cash","maker_fee_ppm":-100,"taker_fee_ppm":1000}
{"do":"new_order","account":1,"instrument":1,"cl_ord_id":1,"side":"sell","ord_type":"limit","qty":30,"price":100,"display_qty":10}
{"do":"new_order","account":1,"instrument":1,"cl_ord_id":2,"side":"sell","ord_type":"limit","qty":10,"price":101}
{"do":"query_depth","instrument":1}
{"do":"new_order","account":2,"instrument":1,"cl_ord_id":1,"side":"buy","ord_type":"limit","qty":15,"price":100}
{"do":"query_balance","account":2}
{"do":"query_balance","account":9}
{"do":"replace_order","account":1,"instrument":1,"orig_cl_ord_id":2,"cl_ord_id":3,"qty":5,"price":100}
{"do":"new_order","account":2,"instrument":1,"cl_ord_id":2,"side":"buy","ord_type":"market","qty":40}
{"do":"cancel_order","account":1,"instrument":1,"orig_cl_ord_id":77}
{"do":"new_order","account":2,"instrument":7,"cl_ord_id":3,"side":"buy","ord_type":"limit","qty":1,"price":1}
{"do":"set_phase","instrument":1,"phase":"halted"}
{"do":"kill_switch","account":1,"on":true}
{"do":"transfer","from":2,"to":1,"asset":2,"amount":7}
{"do":"query_open","account":1}
{"do":"create_auction","auction":1,"kind":"english","seller":2,"asset":1,"qty":1,"quote":2,"start_price":10,"opens_at":0,"closes_at":4611686018427387904}
{"do":"open_account","account":4}
{"do":"deposit","account":4,"asset":2,"amount":500}
{"do":"place_bid","account":4,"auction":1,"max_price":70,"bid_id":1}
{"do":"place_bid","account":2,"auction":1,"max_price":70,"bid_id":1}
{"do":"cancel_auction","auction":1}
{"do":"create_sale","sale":1,"opens_at":0,"closes_at":4611686018427387904,"hold_for":0,"payment":"balance","seller":2,"quote":2}
{"do":"add_product","sale":1,"product":7,"stock":3,"price":20,"limit_per_account":2}
{"do":"reserve","account":4,"sale":1,"product":7,"qty":2,"request_id":1}
{"do":"reserve","account":4,"sale":1,"product":7,"qty":1,"request_id":2}
{"do":"reserve_cart","account":4,"sale":1,"request_id":3,"lines":[[7,9]]}
{"do":"restock","sale":1,"product":7,"delta":-1}
{"do":"atomic","account":4,"request_id":9,"legs":[{"do":"add","counter":5,"delta":2,"max":3},{"do":"transfer","from":4,"to":2,"asset":2,"amount":1}]}
{"do":"atomic","account":4,"request_id":10,"legs":[{"do":"add","counter":5,"delta":2,"max":3}]}
{"do":"query_counter","counter":5}
{"do":"query_counters","from":5,"to":6}
{"do":"query_counters","from":6,"to":5}
{"do":"schedule_phase","instrument":1,"phase":"closed","time":4611686018427387904}
{"do":"schedule_phase","instrument":1,"time":4611686018427387905}
{"do":"activate_rules","rules":1}
{"do":"query_sale","sale":1}
{"do":"query_auction","auction":1}
{"do":"query_stats","instrument":1}
{"do":"query_deadlines"}
"#;

fn send(server: &Server, file: &str, more: &[&str]) -> (Option<i32>, String, String) {
    let (to, key) = (server.address().to_string(), server.sessions());
    let mut args = vec!["send", file, "--to", &to, "--key", key.to_str().unwrap()];
    args.extend(more);
    let Output { status, stdout, stderr } = ringpit().args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn send_prints_what_run_prints() {
    let server = Server::start();
    let file = server.path("scenario.jsonl");
    std::fs::write(&file, SCENARIO).unwrap();
    let file = file.to_str().unwrap();
    let run = prints(&["run", file]);
    let (code, sent, stderr) = send(&server, file, &[]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert_same(sent.lines().map(timeless), run.lines().map(timeless));
}

/// The lines that are the session's own: market data is lost with a connection.
fn reports(lines: &[String]) -> impl Iterator<Item = &str> {
    let own = |line: &&str| !read_event(line).unwrap().event.is_public();
    lines.iter().map(String::as_str).filter(own).map(timeless)
}

#[test]
fn send_goes_on_after_kills() {
    let mut server = Server::start();
    let play = Play::new(generated(5), server.path("").as_path());
    let file = server.path("scenario.jsonl");
    let (to, key) = (server.address().to_string(), server.sessions());
    let mut sending = ringpit()
        .args(["send", file.to_str().unwrap(), "--to", &to, "--key", key.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = Vec::new();
    for line in BufReader::new(sending.stdout.take().unwrap()).lines() {
        lines.push(line.unwrap());
        if lines.len().is_multiple_of(20_000) {
            server.kill();
            server.spawn();
        }
    }
    let Output { status, stderr, .. } = sending.wait_with_output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert!(status.success(), "{stderr}");
    assert!(stderr.contains("connection lost"), "it was killed at least once");
    assert_same(reports(&lines), reports(&play.expected));
}

#[test]
fn a_line_that_cant_be_read_ends_it_after_the_answers_of_those_before() {
    let server = Server::start();
    let file = server.path("scenario.jsonl");
    std::fs::write(&file, "{\"do\":\"open_account\",\"account\":1}\n{\"do\":\"dance\"}\n").unwrap();
    let (code, sent, stderr) = send(&server, file.to_str().unwrap(), &[]);
    assert_eq!(code, Some(2));
    assert_eq!(timeless(sent.trim_end()), r#""event":"accepted","do":"open_account","id":1}"#);
    assert!(stderr.contains("scenario.jsonl:2: do: unknown command `dance`"), "{stderr}");
}

#[test]
fn what_the_server_refuses_before_the_engine_is_an_event_with_its_line() {
    let server = Server::start();
    let file = server.path("scenario.jsonl");
    let text = "{\"do\":\"create_asset\",\"asset\":1,\"code\":\"A\",\"decimals\":0}\n\n\
                {\"do\":\"query_balance\",\"account\":1}\n\
                {\"do\":\"query_deadlines\"}\n";
    std::fs::write(&file, text).unwrap();
    let (code, sent, stderr) =
        send(&server, file.to_str().unwrap(), &["--session", &TRADER.to_string()]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let refused = |line, word| {
        format!(
            r#""event":"business_reject","line":{line},"do":"{word}","reason":"not_permitted","field_id":0}}"#
        )
    };
    let rejected = r#""event":"rejected","do":"query_balance","id":1,"reason":"unknown_account","field":"account"}"#;
    let expected = [refused(1, "create_asset"), rejected.to_owned(), refused(4, "query_deadlines")];
    assert_same(sent.lines().map(timeless), expected.iter().map(String::as_str));
}

#[test]
fn only_an_operator_moves_the_clock_and_only_known_rules_enter_the_line() {
    let server = Server::start();
    let file = server.path("scenario.jsonl");
    let text = "{\"do\":\"accept_clock_step\",\"by\":5}\n{\"do\":\"activate_rules\",\"rules\":2}\n";
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let refused = |line, word, reason, field| {
        format!(
            r#""event":"business_reject","line":{line},"do":"{word}","reason":"{reason}","field_id":{field}}}"#
        )
    };
    let (code, sent, stderr) = send(&server, file, &[]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let expected = [
        r#""event":"rejected","do":"accept_clock_step","id":5,"reason":"nothing_held_back"}"#
            .into(),
        refused(2, "activate_rules", "unknown_rules", 20121),
    ];
    assert_same(sent.lines().map(timeless), expected.iter().map(String::as_str));
    let (code, sent, stderr) = send(&server, file, &["--session", &TRADER.to_string()]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let expected = [
        refused(1, "accept_clock_step", "not_permitted", 0),
        refused(2, "activate_rules", "not_permitted", 0),
    ];
    assert_same(sent.lines().map(timeless), expected.iter().map(String::as_str));
}

#[test]
fn what_is_wrong_with_the_session_is_said() {
    let server = Server::start();
    let file = server.path("empty.jsonl");
    std::fs::write(&file, "").unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(send(&server, file, &[]), (Some(0), String::new(), String::new()));
    let (code, _, stderr) = send(&server, file, &["--session", "77"]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("no session 77"), "{stderr}");
    let wrong = server.path("wrong.key");
    std::fs::write(&wrong, "ffeeddccbbaa99887766554433221100\n").unwrap();
    let (to, wrong) = (server.address().to_string(), wrong.to_str().unwrap().to_owned());
    let args = ["send", file, "--to", &to, "--session", "1", "--key", &wrong];
    let Output { status, stderr, .. } = ringpit().args(args).output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(2));
    assert!(stderr.contains("unknown session or wrong secret"), "{stderr}");
}
