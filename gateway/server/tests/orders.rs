//! A session's good life over real sockets: login, orders, answers, logout, and the same numbers
//! after a restart.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;

use common::*;
use ringpit_core::command::QueryOpen;
use ringpit_core::*;
use ringpit_wire::*;

#[test]
fn orders_are_answered_and_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path());
    let mut operator = Client::login(server.address(), OPERATOR);
    open_venue(&mut operator);
    let mut trader = Client::login(server.address(), TRADER);
    let mut other = Client::login(server.address(), OTHER);
    trader.command(order(11, 1, Side::Buy, 100, 5));
    assert_eq!(trader.report().exec_type, ExecType::New);
    other.command(order(12, 1, Side::Sell, 100, 2));
    assert_eq!(other.report().exec_type, ExecType::New);
    let fill = other.report();
    assert_eq!((fill.exec_type, fill.last_qty), (ExecType::Trade, Some(2)));
    let (head, event) = trader.event();
    let Event::ExecutionReport(fill) = event else { panic!("{event:?}") };
    assert_eq!((fill.exec_type, fill.leaves_qty), (ExecType::Trade, 3));
    assert_eq!((head.ref_seq_no, head.msg_seq_num), (None, Some(2)));

    trader.send(&Terminate {
        session_id: SessionId(TRADER),
        session_ver_id: trader.version,
        code: TerminationCode::Finished,
    });
    assert_eq!(trader.terminated(), TerminationCode::Finished);
    trader.closed();
    let before = server.stop().unwrap();

    let server = start(dir.path());
    let (mut trader, ack) = Client::again(server.address(), &trader, 2, 2);
    assert_eq!((ack.next_seq_no, ack.last_incoming_seq_no), (3, 1));
    trader.command(order(11, 2, Side::Buy, 99, 1));
    let (head, _) = trader.event();
    assert_eq!((head.ref_seq_no, head.msg_seq_num), (Some(2), Some(3)));
    let after = server.stop().unwrap();
    assert_eq!(trader.terminated(), TerminationCode::ServerShutdown);
    assert!(after.seq() > before.seq());
}

/// How many orders an account has open.
fn open_orders(operator: &mut Client, account: u64) -> usize {
    operator.query(QueryOpen { account: AccountId(account) }, 1);
    let mut orders = 0;
    while let Outgoing::Event(_, event) = operator.receive().message {
        assert!(matches!(event, Event::ExecutionReport(_)));
        orders += 1;
    }
    orders
}

/// A copy of the store is what a power cut at this moment would leave behind.
#[test]
fn after_a_crash_everybody_counts_as_disconnected() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path());
    let mut operator = Client::login(server.address(), OPERATOR);
    open_venue(&mut operator);
    let mut trader = Client::login(server.address(), TRADER);
    let mut narrow = Client::login(server.address(), NARROW);
    trader.command(order(11, 1, Side::Buy, 100, 5));
    trader.event();
    narrow.command(order(13, 1, Side::Buy, 100, 5));
    narrow.event();
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    let crashed = start(copy.path());
    let (mut looker, _) = Client::again(crashed.address(), &operator, 100, 0);
    looker.send(&Sequence { next_seq_no: 7 });
    while open_orders(&mut looker, 13) > 0 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(open_orders(&mut looker, 11), 1, "only whose orders go with the connection");
    assert_eq!(open_orders(&mut operator, 13), 1, "the one that runs on knows nothing of it");
    crashed.stop().unwrap();
    server.stop().unwrap();
}
