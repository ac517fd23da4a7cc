//! Proves that a drop-copy session gets its own numbered copy of its accounts' events and nothing
//! else, whoever caused them.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use ringpit_core::command::*;
use ringpit_core::*;

fn config(session: u64, role: Role, from: u64, to: u64) -> Command {
    let range = AccountRange { from: AccountId(from), to: AccountId(to) };
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

fn deposit(account: u64) -> Command {
    let (account, asset) = (AccountId(account), AssetId(1));
    Deposit { account, asset, amount: 5, request_id: None }.into()
}

#[test]
fn copies_what_concerns_its_accounts() {
    let code = Code::new("X").unwrap();
    let open = |account| OpenAccount { account: AccountId(account), group: None }.into();
    let inputs: [(u64, u64, Command); 8] = [
        (0, 0, CreateAsset { asset: AssetId(1), code, decimals: 0 }.into()),
        (0, 0, open(11)),
        (0, 0, open(12)),
        (0, 0, config(1, Role::Operator, 0, 0)),
        (0, 0, config(9, Role::DropCopy, 11, 11)),
        (1, 1, deposit(11)),
        (1, 2, deposit(12)),
        (0, 0, deposit(11)),
    ];
    let mut engine = Engine::new();
    let mut seen = Vec::new();
    for (seq, (session, client_seq, command)) in (1..).zip(inputs) {
        let input = Input { session: SessionId(session), client_seq, command };
        engine.apply(seq, 1, &input, &mut |emitted: &Emitted<'_>| {
            if let Event::Balance(balance) = emitted.event {
                let (owner, number) = (emitted.owner.0, emitted.owner_seq);
                seen.push((owner, number, emitted.ref_seq_no, balance.account.0));
            }
        });
    }
    let expected = [
        (1, 1, Some(1), 11),
        (9, 1, None, 11),
        (1, 2, Some(2), 12),
        (0, 0, None, 11),
        (9, 2, None, 11),
    ];
    assert_eq!(seen, expected);
}
