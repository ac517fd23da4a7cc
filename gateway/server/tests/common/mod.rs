//! What all tests of the gateway share: sessions, messages, a server over a store of its own with
//! a client that does what it is told (`client`), and a gateway without sockets (`world`).
#![allow(dead_code, reason = "each test file uses its share of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

pub mod client;
pub mod world;

#[allow(unused_imports, reason = "some tests have sockets, some have not")]
pub use client::Client;
#[allow(unused_imports, reason = "some tests have sockets, some have not")]
pub use world::World;

use hmac::{Hmac, KeyInit, Mac};
use ringpit_core::command::*;
use ringpit_core::*;
use ringpit_server::sessions_file::{SessionEntry, parse};
use ringpit_server::{Config, Handle, Server};
use ringpit_wire::limits::FRAME_BYTES_MAX;
use ringpit_wire::signature::{put_signature, signed_parts};
use ringpit_wire::*;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// Operator.
pub const OPERATOR: u64 = 1;
/// Trader for account 11.
pub const TRADER: u64 = 2;
/// Trader for account 12.
pub const OTHER: u64 = 3;
/// Market data only.
pub const FEED: u64 = 4;
/// Trader for account 13 with narrow limits, whose orders go with its connection.
pub const NARROW: u64 = 5;

/// The session file of all tests.
pub const SESSIONS: &str = r#"
[[session]]
id = 1
secret_hex = "01010101010101010101010101010101"
role = "operator"
messages_per_second = 1000000
burst = 1000000
orders_in_flight = 100000

[[session]]
id = 2
secret_hex = "02020202020202020202020202020202"
role = "trader"
accounts = [11]
messages_per_second = 1000000
burst = 1000000
orders_in_flight = 100000

[[session]]
id = 3
secret_hex = "03030303030303030303030303030303"
role = "trader"
accounts = [12]
messages_per_second = 1000000
burst = 1000000
orders_in_flight = 100000

[[session]]
id = 4
secret_hex = "04040404040404040404040404040404"
role = "market_data"

[[session]]
id = 5
secret_hex = "05050505050505050505050505050505"
role = "trader"
accounts = [13]
messages_per_second = 1
burst = 3
cancels_per_second = 2
orders_in_flight = 1000
cancel_on_disconnect = "on_disconnect"
grace_ms = 200
"#;

pub fn entries() -> Vec<SessionEntry> {
    parse(Path::new("sessions.toml"), SESSIONS).unwrap()
}

/// Settings for a store in this directory: small files.
pub fn config(data: &Path) -> Config {
    let mut config = Config::local(data, entries());
    config.journal.segment_bytes = 1 << 20;
    config.journal.tail_bytes = 1 << 20;
    config.journal.tail_dir = Some(data.to_owned());
    config
}

pub fn start(data: &Path) -> Handle {
    Server::start(config(data)).unwrap()
}

pub fn unix_ns() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as u64
}

/// Rises with each call, near the clock.
pub fn stamp() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let now = unix_ns();
    LAST.fetch_max(now, Ordering::Relaxed).max(now) + LAST.fetch_add(1, Ordering::Relaxed) % 2
}

pub fn frame(message: &impl Plain) -> Vec<u8> {
    let mut buffer = [0; FRAME_BYTES_MAX];
    let len = encode(message, &mut buffer).unwrap();
    buffer[..len].to_vec()
}

pub fn command_frame(command: &Command, query_id: u64) -> Vec<u8> {
    let mut buffer = [0; FRAME_BYTES_MAX];
    let len = encode_command(command, query_id, &mut buffer).unwrap();
    buffer[..len].to_vec()
}

/// A login, signed with a secret of sixteen such bytes.
pub fn signed(message: &impl Plain, secret: u8) -> Vec<u8> {
    let mut bytes = frame(message);
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&[secret; 16]).unwrap();
    let parsed = Frame::new(&bytes).unwrap();
    signed_parts(&parsed).unwrap().iter().for_each(|part| mac.update(part));
    let signature: [u8; 32] = mac.finalize().into_bytes().into();
    assert!(put_signature(&mut bytes, &signature));
    bytes
}

/// Makes accounts 11, 12 and 13, and instrument 1 without money.
pub fn venue() -> Vec<Command> {
    let text = |text| Text::new(text).unwrap();
    let mut commands = vec![
        CreateAsset { asset: AssetId(1), code: text("USD"), decimals: 2 }.into(),
        CreateAsset { asset: AssetId(2), code: text("XYZ"), decimals: 0 }.into(),
        Command::from(CreateInstrument::plain(
            InstrumentId(1),
            text("XYZUSD"),
            AssetId(2),
            AssetId(1),
        )),
    ];
    let account = |id| Command::from(OpenAccount { account: AccountId(id), group: None });
    commands.extend((11..=13).map(account));
    commands
}

/// Has the operator make it over a real socket.
pub fn open_venue(operator: &mut Client) {
    for (index, command) in venue().into_iter().enumerate() {
        operator.command(command);
        let (head, event) = operator.event();
        assert!(matches!(event, Event::Accepted(_)), "{event:?}");
        let number = Some(index as u64 + 1);
        assert_eq!((head.ref_seq_no, head.msg_seq_num), (number, number));
    }
}

pub fn order(account: u64, cl_ord_id: u64, side: Side, price: i64, qty: u64) -> NewOrder {
    NewOrder {
        tif: TimeInForce::Gtc,
        ..NewOrder::limit(AccountId(account), InstrumentId(1), ClOrdId(cl_ord_id), side, qty, price)
    }
}

/// A Negotiate of this session for this version, unsigned.
pub fn asked_negotiate(session: u64, version: u64, timestamp: u64) -> Negotiate {
    Negotiate {
        session_id: SessionId(session),
        session_ver_id: version,
        timestamp,
        client_flow: FlowType::Idempotent,
        server_flow: FlowType::Recoverable,
        signature: [0; 32],
    }
}

/// An Establish of this session, unsigned, with the longest keep-alive.
pub fn asked_establish(session: u64, version: u64, timestamp: u64) -> Establish {
    Establish {
        session_id: SessionId(session),
        session_ver_id: version,
        timestamp,
        keep_alive_interval: 60_000,
        next_seq_no: 1,
        last_received_seq_no: 0,
        cancel_on_disconnect: None,
        grace_time: None,
        signature: [0; 32],
    }
}
