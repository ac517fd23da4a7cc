//! A session's good life over real sockets: login, orders, answers, logout, and the same numbers
//! after a restart.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;

use common::*;
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
