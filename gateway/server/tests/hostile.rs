//! Hostile and broken clients over real sockets: each gets its precise answer, the server lives
//! on, a good client is served as before, and nothing has changed.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;

use common::*;
use ringpit_core::command::*;
use ringpit_core::*;
use ringpit_server::Handle;
use ringpit_wire::*;
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// A venue with orders and money in it, and a good client that looks at all of it.
struct Venue {
    server: Option<Handle>,
    operator: Client,
    before: Vec<Event>,
    _dir: tempfile::TempDir,
}

impl Venue {
    fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = start(dir.path());
        let mut operator = Client::login(server.address(), OPERATOR);
        open_venue(&mut operator);
        for account in [11, 12] {
            operator.command(Deposit {
                account: AccountId(account),
                asset: AssetId(1),
                amount: 1_000,
                request_id: None,
            });
            operator.event();
            operator.command(order(account, 1, Side::Buy, 100, 5));
            operator.event();
        }
        let mut venue = Self { server: Some(server), operator, before: Vec::new(), _dir: dir };
        venue.before = venue.look();
        assert!(venue.before.len() >= 6, "{:?}", venue.before);
        venue
    }

    fn connect(&self, session: u64) -> Client {
        Client::connect(self.server.as_ref().unwrap().address(), session)
    }

    fn login(&self, session: u64) -> Client {
        Client::login(self.server.as_ref().unwrap().address(), session)
    }

    fn look(&mut self) -> Vec<Event> {
        let account = AccountId;
        let questions: [Command; 5] = [
            QueryBalance { account: account(11), asset: None }.into(),
            QueryBalance { account: account(12), asset: None }.into(),
            QueryOpen { account: account(11) }.into(),
            QueryOpen { account: account(12) }.into(),
            QueryDepth { instrument: InstrumentId(1) }.into(),
        ];
        let mut seen = Vec::new();
        for question in questions {
            self.operator.query(question, 1);
            while let Outgoing::Event(_, event) = self.operator.receive().message {
                seen.push(event);
            }
        }
        seen
    }

    /// Nothing has changed, and the server ends as it should.
    fn unharmed(mut self) {
        assert_eq!(self.look(), self.before);
        self.server.take().unwrap().stop().unwrap();
    }
}

#[test]
fn bad_and_replayed_logins() {
    let mut venue = Venue::open();
    let mut captured = Vec::new();
    let mut good = venue.connect(TRADER);
    let version = stamp();
    captured.push(signed(&asked_negotiate(TRADER, version, stamp()), 2));
    good.raw(&captured[0]);
    assert!(matches!(good.receive().message, Outgoing::NegotiationResponse(_)));
    captured.push(signed(&asked_establish(TRADER, version, stamp()), 2));
    good.raw(&captured[1]);
    assert!(matches!(good.receive().message, Outgoing::EstablishmentAck(_)));
    for round in 0..50 {
        let mut thief = venue.connect(TRADER);
        thief.raw(&captured[0]);
        let Outgoing::NegotiationReject(reject) = thief.receive().message else { panic!() };
        assert_eq!(reject.code, NegotiationRejectCode::Clock, "{round}");
        thief.closed();
        let mut thief = venue.connect(TRADER);
        thief.raw(&captured[1]);
        let Outgoing::EstablishmentReject(reject) = thief.receive().message else { panic!() };
        assert_eq!(reject.code, EstablishmentRejectCode::Clock, "{round}");
    }
    for round in 0..8 {
        let mut forger = venue.connect(OTHER);
        forger.raw(&signed(&asked_negotiate(OTHER, stamp(), stamp()), 9));
        let Outgoing::NegotiationReject(reject) = forger.receive().message else { panic!() };
        assert_eq!(reject.code, NegotiationRejectCode::Credentials, "{round}");
        forger.closed();
    }
    let mut locked_out = venue.connect(OTHER);
    locked_out.raw(&signed(&asked_negotiate(OTHER, stamp(), stamp()), 3));
    let Outgoing::NegotiationReject(reject) = locked_out.receive().message else { panic!() };
    assert_eq!(reject.code, NegotiationRejectCode::Credentials, "closed for a minute");
    good.command(QueryBalance { account: AccountId(11), asset: None });
    assert!(matches!(good.receive().message, Outgoing::Event(..)), "the good one is still there");
    assert_eq!(venue.look(), venue.before);
    venue.unharmed();
}

#[test]
fn half_frames_oversize_and_noise() {
    let venue = Venue::open();
    let whole = command_frame(&order(11, 7, Side::Buy, 100, 5).into(), 0);
    let mut halves: Vec<Client> = (0..50).map(|_| venue.connect(TRADER)).collect();
    for (index, half) in halves.iter_mut().enumerate() {
        half.raw(&whole[..=index % (whole.len() - 1)]);
    }
    let mut established = venue.login(TRADER);
    established.raw(&whole[..30]);
    let noises: [Vec<u8>; 5] = [
        vec![0xff; 70_000],
        vec![0; 70_000],
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        [&4_097_u32.to_be_bytes()[..], &[0xeb, 0x50], &[0; 5_000]].concat(),
        [&13_u32.to_be_bytes()[..], &[0xeb, 0x50], &[0; 7]].concat(),
    ];
    for noise in &noises {
        let mut client = venue.connect(TRADER);
        // The server may close before it has all of it.
        let _ = std::io::Write::write_all(&mut client.stream, noise);
        client.closed();
    }
    for half in &mut halves {
        half.closed();
    }
    assert_eq!(established.terminated(), TerminationCode::KeepAliveLapsed);
    let mut oversize = venue.login(OTHER);
    oversize.raw(&noises[3]);
    assert_eq!(oversize.terminated(), TerminationCode::ProtocolViolation);
    venue.unharmed();
}

#[test]
fn a_frame_in_single_bytes_is_a_frame() {
    let venue = Venue::open();
    let mut client = venue.login(TRADER);
    let query = QueryBalance { account: AccountId(11), asset: Some(AssetId(1)) };
    for byte in command_frame(&query.into(), 5) {
        client.raw(&[byte]);
    }
    let (head, _) = client.event();
    assert_eq!((head.query_id, head.ref_seq_no), (Some(5), Some(1)));
    venue.unharmed();
}

#[test]
fn unknown_templates_wrong_roles_and_other_peoples_accounts() {
    let venue = Venue::open();
    let mut trader = venue.login(TRADER);
    for template in [0_u16, 512, 513, 599, 603, 700, 9_999] {
        let mut bytes = command_frame(&order(11, 7, Side::Buy, 100, 5).into(), 0);
        bytes[8..10].copy_from_slice(&template.to_le_bytes());
        trader.raw(&bytes);
        let reject = trader.reject();
        assert_eq!((reject.ref_template_id, reject.ref_field_id), (template, 0));
        assert_eq!(reject.reason, Reason::UnknownTemplate);
    }
    let deposit =
        Deposit { account: AccountId(11), asset: AssetId(1), amount: 1_000_000, request_id: None };
    trader.command(deposit);
    assert_eq!(trader.reject().reason, Reason::NotPermitted);
    trader.command(order(12, 7, Side::Sell, 100, 5));
    let report = trader.report();
    assert_eq!((report.exec_type, report.reason), (ExecType::Rejected, Some(Reason::NotPermitted)));
    trader.command(MassCancel { account: AccountId(12), instrument: None, side: None });
    let (_, event) = trader.event();
    let Event::Rejected(rejected) = event else { panic!("{event:?}") };
    assert_eq!(rejected.reason, Reason::NotPermitted);
    trader.command(CancelOrder {
        account: AccountId(12),
        instrument: InstrumentId(1),
        order_id: Some(OrderId(2)),
        orig_cl_ord_id: None,
    });
    let (_, event) = trader.event();
    let Event::CancelReject(reject) = event else { panic!("{event:?}") };
    assert_eq!(reject.reason, Reason::NotPermitted);
    let mut feed = venue.login(FEED);
    feed.command(order(11, 7, Side::Buy, 100, 5));
    assert_eq!(feed.reject().reason, Reason::NotPermitted);
    venue.unharmed();
}

#[test]
fn gaps_duplicates_and_a_replaced_connection() {
    let venue = Venue::open();
    let address = venue.server.as_ref().unwrap().address();
    let mut trader = venue.login(TRADER);
    let query = QueryBalance { account: AccountId(11), asset: Some(AssetId(1)) };
    trader.send(&Sequence { next_seq_no: 10 });
    let Outgoing::NotApplied(gap) = trader.receive().message else { panic!() };
    assert_eq!((gap.from_seq_no, gap.count), (1, 9));
    let never = order(11, 1, Side::Sell, 1, 1);
    let rejected = ReplaceOrder {
        account: AccountId(11),
        instrument: InstrumentId(1),
        order_id: None,
        orig_cl_ord_id: Some(ClOrdId(777)),
        cl_ord_id: ClOrdId(778),
        qty: 1,
        price: None,
    };
    trader.command(rejected);
    assert!(matches!(trader.event().1, Event::CancelReject(_)));
    trader.send(&Sequence { next_seq_no: 10 });
    trader.command(never);
    trader.query(query, 1);
    let (head, _) = trader.event();
    assert_eq!(head.ref_seq_no, Some(11), "10 was a duplicate and is not executed");
    trader.receive();

    let (mut newer, ack) = Client::again(address, &trader, 12, 1);
    assert_eq!((ack.next_seq_no, ack.last_incoming_seq_no), (2, 10));
    assert_eq!(trader.terminated(), TerminationCode::Replaced);
    trader.closed();
    newer.send(&Sequence { next_seq_no: 10 });
    newer.command(never);
    newer.query(query, 2);
    assert_eq!(newer.event().0.ref_seq_no, Some(11));
    venue.unharmed();
}

#[test]
fn a_lapsed_keep_alive_and_a_flood() {
    let venue = Venue::open();
    let mut silent = venue.connect(TRADER);
    silent.negotiate();
    let asked = Establish {
        keep_alive_interval: 1_000,
        ..asked_establish(TRADER, silent.version, stamp())
    };
    silent.raw(&signed(&asked, 2));
    assert!(matches!(silent.receive().message, Outgoing::EstablishmentAck(_)));
    assert_eq!(silent.receive().message, Outgoing::Sequence(Sequence { next_seq_no: 1 }));
    assert_eq!(silent.terminated(), TerminationCode::KeepAliveLapsed);
    silent.closed();

    let mut flood = venue.login(NARROW);
    let never = command_frame(&order(12, 1, Side::Sell, 1, 1).into(), 0);
    flood.raw(&never.repeat(2_000));
    let mut rejects = 0;
    let code = loop {
        match flood.receive().message {
            Outgoing::BusinessReject(reject) => {
                assert_eq!(reject.reason, Reason::Throttled);
                rejects += 1;
            }
            Outgoing::Event(_, Event::ExecutionReport(report)) => {
                assert_eq!(report.exec_type, ExecType::Rejected);
            }
            Outgoing::Terminate(terminate) => break terminate.code,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(code, TerminationCode::Throttled);
    assert!(rejects > 1_000);
    venue.unharmed();
}

#[test]
fn whoever_never_reads_is_cut_off_and_the_rest_is_served() {
    let mut venue = Venue::open();
    let mut deaf = venue.login(TRADER);
    deaf.stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let question = command_frame(&QueryDepth { instrument: InstrumentId(1) }.into(), 1);
    let questions = question.repeat(1_000);
    // Each question is answered by more bytes than it has; nobody reads them.
    let begun = Instant::now();
    for round in 0.. {
        if std::io::Write::write_all(&mut deaf.stream, &questions).is_err() {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "it never ended");
        if round % 10 == 0 {
            assert_eq!(venue.look(), venue.before);
        }
    }
    venue.unharmed();
}

#[test]
fn thousands_come_and_go() {
    let venue = Venue::open();
    let address = venue.server.as_ref().unwrap().address();
    let mut idle: Vec<TcpStream> = Vec::new();
    for _ in 0..300 {
        idle.push(TcpStream::connect(address).unwrap());
    }
    for _ in 0..100 {
        drop(venue.login(OTHER));
    }
    drop(idle);
    venue.unharmed();
}
