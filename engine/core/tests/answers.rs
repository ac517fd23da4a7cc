//! Proves that each command of a session is answered to that session exactly once, under its
//! number, also when it is about what another session opened; the other is told as well.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use ringpit_core::command::*;
use ringpit_core::*;

const TRADER: u64 = 5;
const OPERATOR: u64 = 1;

fn config(session: u64, role: Role) -> Command {
    let range = AccountRange { from: AccountId(11), to: AccountId(11) };
    SessionConfig {
        session: SessionId(session),
        role,
        accounts: List::from_slice(&[range]).unwrap(),
        messages_per_second: 1,
        burst: 1,
        cancels_per_second: 1,
        orders_in_flight: 1,
        cancel_on_disconnect: CancelOnDisconnect::Never,
        grace_ms: 0,
    }
    .into()
}

fn instrument() -> Command {
    CreateInstrument::plain(InstrumentId(1), Code::new("X").unwrap(), AssetId(1), AssetId(2)).into()
}

fn order(cl_ord_id: u64) -> Command {
    NewOrder::limit(AccountId(11), InstrumentId(1), ClOrdId(cl_ord_id), Side::Buy, 5, 100).into()
}

fn cancel(cl_ord_id: u64) -> Command {
    CancelOrder {
        account: AccountId(11),
        instrument: InstrumentId(1),
        order_id: None,
        orig_cl_ord_id: Some(ClOrdId(cl_ord_id)),
    }
    .into()
}

#[test]
fn the_sender_is_answered_and_the_owner_told() {
    let asset = |asset| CreateAsset { asset, code: Code::new("A").unwrap(), decimals: 0 }.into();
    let account = AccountId(11);
    let inputs: [(u64, u64, Command); 12] = [
        (0, 0, asset(AssetId(1))),
        (0, 0, asset(AssetId(2))),
        (0, 0, OpenAccount { account, group: None }.into()),
        (0, 0, instrument()),
        (0, 0, config(OPERATOR, Role::Operator)),
        (0, 0, config(TRADER, Role::Trader)),
        (TRADER, 1, order(1)),
        (TRADER, 2, order(2)),
        (OPERATOR, 1, cancel(1)),
        (OPERATOR, 2, cancel(1)),
        (OPERATOR, 3, KillSwitch { account, on: true }.into()),
        (TRADER, 3, order(3)),
    ];
    let mut engine = Engine::new();
    let mut seen = Vec::new();
    for (seq, (session, client_seq, command)) in (1..).zip(inputs) {
        let input = Input { session: SessionId(session), client_seq, command };
        engine.apply(seq, 1, &input, &mut |emitted: &Emitted<'_>| {
            if emitted.owner.0 != 0 {
                let what = match emitted.event {
                    Event::ExecutionReport(report) => report.exec_type.word(),
                    Event::CancelReject(_) => "cancel_reject",
                    Event::Accepted(_) => "accepted",
                    other => panic!("{other:?}"),
                };
                seen.push((emitted.owner.0, emitted.owner_seq, emitted.ref_seq_no, what));
            }
        });
    }
    let expected = [
        (TRADER, 1, Some(1), "new"),
        (TRADER, 2, Some(2), "new"),
        (TRADER, 3, None, "canceled"),
        (OPERATOR, 1, Some(1), "canceled"),
        (OPERATOR, 2, Some(2), "cancel_reject"),
        (OPERATOR, 3, Some(3), "accepted"),
        (TRADER, 4, None, "canceled"),
        (TRADER, 5, Some(3), "rejected"),
    ];
    assert_eq!(seen, expected);
}
