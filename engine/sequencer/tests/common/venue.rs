//! A small venue: one book, two accounts, sessions that may act for them.

use ringpit_core::command::{
    AccountRange, CreateAsset, CreateInstrument, NewOrder, OpenAccount, SessionConfig, SessionOpen,
    Text,
};
use ringpit_core::{
    AccountId, AssetId, CancelOnDisconnect, ClOrdId, Command, Input, InstrumentId, List, Role,
    SessionId, Side, TimeInForce,
};

/// The inputs that make the venue, with sessions 1 to `sessions` as traders, each of version 1.
pub fn setup(sessions: u64) -> Vec<Input> {
    let code = Text::new("A").unwrap();
    let mut commands: Vec<Command> = Vec::new();
    for asset in [1, 2] {
        commands.push(CreateAsset { asset: AssetId(asset), code, decimals: 0 }.into());
    }
    for account in [1, 2] {
        commands.push(OpenAccount { account: AccountId(account), group: None }.into());
    }
    commands.push(instrument(code).into());
    let ranges = [AccountRange { from: AccountId(1), to: AccountId(2) }];
    for session in (1..=sessions).map(SessionId) {
        commands.push(open(session, 1).into());
        let config = SessionConfig {
            session,
            role: Role::Trader,
            accounts: List::from_slice(&ranges).unwrap(),
            messages_per_second: 1_000,
            burst: 1_000,
            cancels_per_second: 1_000,
            orders_in_flight: 1_000,
            cancel_on_disconnect: CancelOnDisconnect::Never,
            grace_ms: 0,
        };
        commands.push(config.into());
    }
    commands.into_iter().map(Input::venue).collect()
}

/// A session's new beginning.
pub fn open(session: SessionId, version: u64) -> SessionOpen {
    SessionOpen { session, version, timestamp: version }
}

fn instrument(code: Text<16>) -> CreateInstrument {
    CreateInstrument::plain(InstrumentId(1), code, AssetId(1), AssetId(2))
}

/// The session's order with this number: by turns a buy and a sell at prices that meet now and then.
pub fn order(session: u64, number: u64) -> Input {
    let mixed = (session * 31 + number).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    let side = if number.is_multiple_of(2) { Side::Buy } else { Side::Sell };
    Input {
        session: SessionId(session),
        client_seq: number,
        command: NewOrder {
            tif: TimeInForce::Gtc,
            ..NewOrder::limit(
                AccountId(1 + number % 2),
                InstrumentId(1),
                ClOrdId(session << 32 | number),
                side,
                1 + mixed % 10,
                1_000 + (mixed % 16) as i64,
            )
        }
        .into(),
    }
}

/// The same, but expiring by itself.
pub fn expiring_order(session: u64, number: u64, expire_at: u64) -> Input {
    let mut input = order(session, number);
    if let Command::NewOrder(order) = &mut input.command {
        (order.tif, order.expire_at) = (TimeInForce::Gtd, Some(expire_at));
    }
    input
}
