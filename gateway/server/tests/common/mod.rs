//! A server over a store of its own, and a client that does what it is told and nothing by itself.
#![allow(dead_code, reason = "each test file uses its share of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

use hmac::{Hmac, KeyInit, Mac};
use ringpit_core::command::*;
use ringpit_core::event::*;
use ringpit_core::*;
use ringpit_server::sessions_file::{SessionEntry, parse};
use ringpit_server::{Config, Handle, Server};
use ringpit_wire::limits::FRAME_BYTES_MAX;
use ringpit_wire::signature::{put_signature, signed_parts};
use ringpit_wire::*;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

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

/// What came from the server.
#[derive(Debug)]
pub struct Received {
    pub bytes: Vec<u8>,
    pub message: Outgoing,
}

/// A connection.
pub struct Client {
    pub stream: TcpStream,
    pub session: u64,
    pub version: u64,
    buffer: Vec<u8>,
}

impl Client {
    pub fn connect(address: SocketAddr, session: u64) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { stream, session, version: 0, buffer: Vec::new() }
    }

    /// Connected, negotiated anew and established.
    pub fn login(address: SocketAddr, session: u64) -> Self {
        let mut client = Self::connect(address, session);
        client.negotiate();
        client.establish(1, 0);
        client
    }

    /// The same session once more, on a new connection; gives the answer to Establish.
    pub fn again(
        address: SocketAddr,
        old: &Self,
        next: u64,
        last: u64,
    ) -> (Self, EstablishmentAck) {
        let mut client = Self::connect(address, old.session);
        client.version = old.version;
        let ack = client.establish(next, last);
        (client, ack)
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    pub fn send(&mut self, message: &impl Plain) {
        let bytes = frame(message);
        self.raw(&bytes);
    }

    pub fn command(&mut self, command: impl Into<Command>) {
        self.query(command, 0);
    }

    pub fn query(&mut self, command: impl Into<Command>, query_id: u64) {
        let bytes = command_frame(&command.into(), query_id);
        self.raw(&bytes);
    }

    pub fn asked_negotiate(&self, version: u64) -> Negotiate {
        Negotiate {
            session_id: SessionId(self.session),
            session_ver_id: version,
            timestamp: stamp(),
            client_flow: FlowType::Idempotent,
            server_flow: FlowType::Recoverable,
            signature: [0; 32],
        }
    }

    pub fn asked_establish(&self, next: u64, last: u64) -> Establish {
        Establish {
            session_id: SessionId(self.session),
            session_ver_id: self.version,
            timestamp: stamp(),
            keep_alive_interval: 60_000,
            next_seq_no: next,
            last_received_seq_no: last,
            cancel_on_disconnect: None,
            grace_time: None,
            signature: [0; 32],
        }
    }

    pub fn negotiate(&mut self) {
        let version = stamp();
        let bytes = signed(&self.asked_negotiate(version), self.session as u8);
        self.raw(&bytes);
        match self.receive().message {
            Outgoing::NegotiationResponse(response) => assert_eq!(response.session_ver_id, version),
            other => panic!("{other:?}"),
        }
        self.version = version;
    }

    pub fn establish(&mut self, next: u64, last: u64) -> EstablishmentAck {
        let bytes = signed(&self.asked_establish(next, last), self.session as u8);
        self.raw(&bytes);
        match self.receive().message {
            Outgoing::EstablishmentAck(ack) => ack,
            other => panic!("{other:?}"),
        }
    }

    /// The next message; `None` when the server has closed.
    pub fn try_receive(&mut self) -> Option<Received> {
        loop {
            if let Some(len) = peek_len(&self.buffer).unwrap()
                && len <= self.buffer.len()
            {
                let bytes: Vec<u8> = self.buffer.drain(..len).collect();
                let message = decode_outgoing(&Frame::new(&bytes).unwrap()).unwrap();
                return Some(Received { bytes, message });
            }
            let mut chunk = [0; 16 << 10];
            match self.stream.read(&mut chunk) {
                Ok(0) => return None,
                Ok(count) => self.buffer.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("nothing came: {error}"),
            }
        }
    }

    pub fn receive(&mut self) -> Received {
        self.try_receive().expect("the server closed")
    }

    /// The next event, with its head.
    pub fn event(&mut self) -> (EventHead, Event) {
        match self.receive().message {
            Outgoing::Event(head, event) => (head, event),
            other => panic!("{other:?}"),
        }
    }

    pub fn report(&mut self) -> ExecutionReport {
        match self.event().1 {
            Event::ExecutionReport(report) => report,
            other => panic!("{other:?}"),
        }
    }

    pub fn reject(&mut self) -> BusinessReject {
        match self.receive().message {
            Outgoing::BusinessReject(reject) => reject,
            other => panic!("{other:?}"),
        }
    }

    pub fn terminated(&mut self) -> TerminationCode {
        match self.receive().message {
            Outgoing::Terminate(terminate) => terminate.code,
            other => panic!("{other:?}"),
        }
    }

    /// Asserts that the server closes without another word.
    pub fn closed(&mut self) {
        if let Some(received) = self.try_receive() {
            panic!("the server spoke: {:?}", received.message);
        }
    }
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

/// Accounts 11, 12 and 13, instrument 1, without money.
pub fn open_venue(operator: &mut Client) {
    let text = |text| Text::new(text).unwrap();
    operator.command(CreateAsset { asset: AssetId(1), code: text("USD"), decimals: 2 });
    operator.command(CreateAsset { asset: AssetId(2), code: text("XYZ"), decimals: 0 });
    operator.command(CreateInstrument {
        instrument: InstrumentId(1),
        code: text("XYZUSD"),
        base: AssetId(2),
        quote: AssetId(1),
        lot_size: 1,
        tick_value: 1,
        risk: Risk::Off,
        reference_price: None,
        band_ticks: None,
        halt_band_ticks: None,
        halt_for: None,
        max_order_qty: None,
        max_notional: None,
        max_open_orders: None,
        max_position: None,
        maker_fee_ppm: None,
        taker_fee_ppm: None,
        phase: None,
    });
    for account in 11..=13 {
        operator.command(OpenAccount { account: AccountId(account), group: None });
    }
    for number in 1..=6 {
        let (head, event) = operator.event();
        assert!(matches!(event, Event::Accepted(_)), "{event:?}");
        assert_eq!((head.ref_seq_no, head.msg_seq_num), (Some(number), Some(number)));
    }
}

pub fn order(account: u64, cl_ord_id: u64, side: Side, price: i64, qty: u64) -> NewOrder {
    NewOrder {
        account: AccountId(account),
        instrument: InstrumentId(1),
        cl_ord_id: ClOrdId(cl_ord_id),
        side,
        ord_type: OrdType::Limit,
        qty,
        price: Some(price),
        stop_px: None,
        tif: TimeInForce::Gtc,
        expire_at: None,
        display_qty: None,
        post_only: false,
        min_qty: None,
        stp: Stp::NoPrevention,
    }
}
