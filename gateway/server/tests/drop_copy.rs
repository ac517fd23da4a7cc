//! A drop-copy session gets a numbered copy of what concerns its accounts, whoever sends, and may
//! not send anything itself.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;

use common::*;
use ringpit_core::*;
use ringpit_server::Server;
use ringpit_server::sessions_file::parse;
use std::path::Path;

const WATCHER: u64 = 6;

const SESSION: &str = r#"
[[session]]
id = 6
secret_hex = "06060606060606060606060606060606"
role = "drop_copy"
accounts = [11]
"#;

#[test]
fn a_watcher_gets_its_accounts_reports_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path());
    config.sessions = parse(Path::new("sessions.toml"), &format!("{SESSIONS}{SESSION}")).unwrap();
    let server = Server::start(config).unwrap();
    let mut operator = Client::login(server.address(), OPERATOR);
    open_venue(&mut operator);
    let mut watcher = Client::login(server.address(), WATCHER);
    let mut trader = Client::login(server.address(), TRADER);
    let mut other = Client::login(server.address(), OTHER);

    trader.command(order(11, 1, Side::Buy, 100, 5));
    other.command(order(12, 1, Side::Buy, 90, 5));
    other.event();
    trader.command(order(11, 2, Side::Buy, 99, 5));
    let own = [trader.event(), trader.event()];
    for (number, (head, event)) in (1..).zip(&own) {
        let (copy, copied) = watcher.event();
        assert_eq!(copied, *event);
        assert_eq!((copy.seq, copy.at), (head.seq, head.at));
        assert_eq!(copy.ref_seq_no, None, "the client's number is another session's");
        assert_eq!(copy.msg_seq_num, Some(number));
    }

    watcher.command(order(11, 3, Side::Buy, 98, 5));
    assert_eq!(watcher.reject().reason, Reason::NotPermitted);
    server.stop().unwrap();
}
