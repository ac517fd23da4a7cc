//! Single scenes: what a session does with one thing the server says.

use crate::model::SESSION;
use crate::{command, login};
use ringpit_client::{
    Client, ClientError, Delivery, Error, Login, Now, SendError, Session, SessionState, Wants,
};
use ringpit_core::command::{QueryCounter, SessionBack};
use ringpit_core::{Command, CounterId, Input};
use ringpit_wire::{
    EstablishmentAck, EstablishmentReject, EstablishmentRejectCode, Frame, Incoming,
    NegotiationReject, NegotiationRejectCode, NegotiationResponse, NotApplied, Plain,
    RetransmitReject, RetransmitRejectCode, Sequence, Terminate, TerminationCode, decode_incoming,
    encode,
};

use std::time::Duration;

const NOW: Now = Now { mono_ns: 1_000, unix_ns: 5_000_000_000 };

fn at(mono_ns: u64) -> Now {
    Now { mono_ns, unix_ns: NOW.unix_ns + mono_ns }
}

fn bytes<M: Plain>(message: &M) -> Vec<u8> {
    let mut frame = vec![0; 256];
    let length = encode(message, &mut frame).unwrap();
    frame.truncate(length);
    frame
}

fn said<M: Plain>(session: &mut Session, message: &M) -> Vec<String> {
    let mut heard = Vec::new();
    session.received(NOW, &bytes(message), &mut |delivery: Delivery<'_>| {
        heard.push(format!("{delivery:?}"));
    });
    heard
}

/// Takes all frames out of the session's output.
fn sent(session: &mut Session) -> Vec<Incoming> {
    let mut frames = Vec::new();
    let output = session.output().to_vec();
    let mut rest = output.as_slice();
    while let Some(length) = ringpit_wire::peek_len(rest).unwrap() {
        let (frame, after) = rest.split_at(length);
        frames.push(decode_incoming(&Frame::new(frame).unwrap()).unwrap());
        rest = after;
    }
    session.wrote(output.len());
    frames
}

fn version(session: &mut Session) -> u64 {
    match sent(session)[..] {
        [Incoming::Negotiate(asked)] => asked.session_ver_id,
        [Incoming::Establish(asked)] => asked.session_ver_id,
        ref other => panic!("{other:?}"),
    }
}

fn ack(session_ver_id: u64, next_seq_no: u64, last_incoming_seq_no: u64) -> EstablishmentAck {
    EstablishmentAck {
        session_id: SESSION,
        session_ver_id,
        request_timestamp: 0,
        keep_alive_interval: 10_000,
        next_seq_no,
        last_incoming_seq_no,
    }
}

fn live() -> (Session, u64) {
    let mut session = Session::new(login()).unwrap();
    session.connected(NOW);
    let session_ver_id = version(&mut session);
    let (session_id, request_timestamp) = (SESSION, 0);
    said(&mut session, &NegotiationResponse { session_id, session_ver_id, request_timestamp });
    assert!(matches!(sent(&mut session)[..], [Incoming::Establish(_)]));
    assert_eq!(said(&mut session, &ack(session_ver_id, 1, 0)), ["Established"]);
    assert!(session.is_live());
    (session, session_ver_id)
}

/// An established session that lost its connection and logs in again.
fn back(session: &mut Session, now: Now) -> Incoming {
    session.disconnected(now, &mut |_| {});
    session.connected(now);
    sent(session)[0]
}

#[test]
fn a_login_is_two_steps_and_later_one() {
    let (mut session, version) = live();
    let Incoming::Establish(asked) = back(&mut session, NOW) else { panic!() };
    assert_eq!((asked.session_ver_id, asked.next_seq_no), (version, 1));
    assert!(asked.timestamp > NOW.unix_ns, "login times rise while the clock stands");
}

#[test]
fn what_may_have_been_accepted_is_not_negotiated_again() {
    let mut session = Session::new(login()).unwrap();
    session.connected(NOW);
    let first = version(&mut session);
    session.disconnected(NOW, &mut |_| {});
    session.connected(NOW);
    assert!(version(&mut session) > first);
}

#[test]
fn what_is_sent_while_down_goes_out_when_live_and_after_a_reconnect_what_is_missing() {
    let (mut session, version) = live();
    for what in 1..=5 {
        session.send(NOW, &command(what)).unwrap();
    }
    assert_eq!(sent(&mut session).len(), 5);
    let Incoming::Establish(asked) = back(&mut session, NOW) else { panic!() };
    assert_eq!(asked.next_seq_no, 1);
    session.send(NOW, &command(6)).unwrap();
    said(&mut session, &ack(version, 1, 3));
    let frames = sent(&mut session);
    let expected = [
        Incoming::Sequence(Sequence { next_seq_no: 4 }),
        Incoming::Command { command: command(4), query_id: None },
        Incoming::Command { command: command(5), query_id: None },
        Incoming::Command { command: command(6), query_id: None },
    ];
    assert_eq!(frames, expected);
    assert_eq!(session.in_flight(), 6);
}

#[test]
fn a_number_that_never_came_goes_out_under_a_new_one() {
    let (mut session, _) = live();
    for what in 1..=3 {
        session.send(NOW, &command(what)).unwrap();
    }
    sent(&mut session);
    let heard = said(&mut session, &NotApplied { from_seq_no: 2, count: 1 });
    assert_eq!(heard, ["Renumbered { from: 2, to: 4 }"]);
    assert_eq!(sent(&mut session), [Incoming::Command { command: command(2), query_id: None }]);
    assert!(said(&mut session, &NotApplied { from_seq_no: 2, count: 1 }).is_empty(), "once");
}

#[test]
fn a_query_whose_answer_was_lost_is_asked_under_a_new_number() {
    let (mut session, version) = live();
    let query: Command = QueryCounter { counter: CounterId(3) }.into();
    let (number, query_id) = session.query(NOW, &query).unwrap();
    session.send(NOW, &command(1)).unwrap();
    back(&mut session, NOW);
    let heard = said(&mut session, &ack(version, 2, 2));
    assert_eq!(heard, ["Established", &format!("Renumbered {{ from: {number}, to: 3 }}")]);
    let frames = sent(&mut session);
    assert!(matches!(frames[0], Incoming::RetransmitRequest(asked) if asked.from_seq_no == 1));
    assert_eq!(frames[1], Incoming::Sequence(Sequence { next_seq_no: 3 }));
    assert_eq!(frames[2], Incoming::Command { command: query, query_id: Some(query_id) });
}

#[test]
fn silence_is_kept_alive_and_in_the_end_given_up() {
    let (mut session, _) = live();
    let second = 1_000_000_000;
    assert_eq!(session.wants(), Wants::TickAt(1_000 + 10 * second));
    session.tick(at(1_000 + 10 * second - 1));
    assert!(sent(&mut session).is_empty());
    session.tick(at(1_000 + 10 * second));
    assert_eq!(sent(&mut session), [Incoming::Sequence(Sequence { next_seq_no: 1 })]);
    session.tick(at(1_000 + 20 * second));
    assert!(matches!(
        sent(&mut session)[..],
        [Incoming::Terminate(Terminate { code: TerminationCode::KeepAliveLapsed, .. })]
    ));
    assert_eq!(session.wants(), Wants::HangUp);
    session.disconnected(at(1_000 + 20 * second), &mut |_| {});
    assert!(matches!(session.wants(), Wants::ConnectAt(_)), "and begun anew");
}

#[test]
fn a_silent_login_is_given_up() {
    let mut session = Session::new(login()).unwrap();
    session.connected(NOW);
    let Wants::TickAt(until) = session.wants() else { panic!() };
    session.tick(at(until));
    assert_eq!(session.wants(), Wants::HangUp);
}

#[test]
fn goodbye_is_said_and_answered() {
    let (mut session, session_ver_id) = live();
    session.send(NOW, &command(1)).unwrap();
    sent(&mut session);
    session.close(NOW);
    let code = TerminationCode::Finished;
    let goodbye = Terminate { session_id: SESSION, session_ver_id, code };
    assert_eq!(sent(&mut session), [Incoming::Terminate(goodbye)]);
    assert_eq!(session.send(NOW, &command(2)), Err(SendError::Ended));
    said(&mut session, &goodbye);
    assert_eq!(session.wants(), Wants::HangUp);
    session.disconnected(NOW, &mut |_| {});
    assert_eq!((session.wants(), session.error()), (Wants::Nothing, None));
    let state = session.state();
    assert_eq!((state.next_number, state.unanswered.len()), (2, 1));
}

#[test]
fn how_the_server_ends_a_connection_decides_what_comes_next() {
    use TerminationCode::*;
    let table = [
        (Finished, true),
        (NotNegotiated, false),
        (Credentials, false),
        (KeepAliveLapsed, true),
        (SlowConsumer, true),
        (ProtocolViolation, false),
        (Replaced, false),
        (Throttled, true),
        (ServerShutdown, true),
    ];
    for (code, again) in table {
        let (mut session, session_ver_id) = live();
        let goodbye = Terminate { session_id: SESSION, session_ver_id, code };
        said(&mut session, &goodbye);
        assert_eq!(sent(&mut session), [Incoming::Terminate(goodbye)], "answered with the same");
        session.disconnected(NOW, &mut |_| {});
        assert_eq!(matches!(session.wants(), Wants::ConnectAt(_)), again, "{code:?}");
        assert_eq!(session.error().is_none(), again, "{code:?}");
    }
}

#[test]
fn how_a_login_is_refused_decides_what_comes_next() {
    use NegotiationRejectCode::*;
    for (code, last, again) in [
        (Credentials, None, false),
        (VersionNotRising, Some(9_000_000_000), true),
        (VersionNotRising, Some(1), false),
        (Clock, None, false),
        (Recovering, None, true),
        (BadField, None, false),
    ] {
        let mut session = Session::new(login()).unwrap();
        session.connected(NOW);
        let session_ver_id = version(&mut session);
        let reject = NegotiationReject {
            session_id: SESSION,
            session_ver_id,
            request_timestamp: 0,
            code,
            last_session_ver_id: last,
            percent: None,
        };
        said(&mut session, &reject);
        session.disconnected(NOW, &mut |_| {});
        assert_eq!(session.error().is_none(), again, "{code:?}");
        if again {
            session.connected(NOW);
            assert!(version(&mut session) > last.unwrap_or(0));
        }
    }
}

#[test]
fn a_server_that_lost_what_it_confirmed_is_found_out() {
    let state = SessionState {
        version: 5,
        accepted: true,
        last_login: 0,
        next_number: 4,
        last_received: 9,
        unanswered: vec![],
    };
    let rejected = |session: &mut Session| {
        said(
            session,
            &EstablishmentReject {
                session_id: SESSION,
                session_ver_id: 5,
                request_timestamp: 0,
                code: EstablishmentRejectCode::Ahead,
                next_seq_no: Some(7),
            },
        );
    };
    let mut session = Session::resume(login(), &state).unwrap();
    session.connected(NOW);
    rejected(&mut session);
    assert_eq!(session.error(), Some(&Error::Behind { next: 7, seen: 9 }));
    let mut session = Session::resume(login(), &state).unwrap();
    session.connected(NOW);
    said(&mut session, &ack(5, 8, 3));
    assert!(session.error().unwrap().to_string().contains("goes on at number 8"));
    let mut session = Session::resume(login(), &state).unwrap();
    session.connected(NOW);
    said(&mut session, &ack(5, 10, 4));
    assert!(session.error().unwrap().to_string().contains("our number 4; our next is 4"));
}

#[test]
fn what_can_not_be_fetched_ends_the_session_with_a_word() {
    let (mut session, version) = live();
    back(&mut session, NOW);
    said(&mut session, &ack(version, 10, 0));
    let code = RetransmitRejectCode::OutOfRange;
    said(&mut session, &RetransmitReject { request_timestamp: 0, code });
    let text = session.error().unwrap().to_string();
    assert!(text.contains("from 1") && text.contains("OutOfRange"), "{text}");
}

#[test]
fn nonsense_ends_the_session_with_a_word() {
    for garbage in [&[0u8; 14][..], b"HTTP/1.1 400 Bad Request\r\n"] {
        let (mut session, _) = live();
        session.received(NOW, garbage, &mut |_| {});
        assert!(matches!(session.error(), Some(Error::Malformed(_))));
        assert_eq!(session.wants(), Wants::HangUp);
    }
    let mut session = Session::new(login()).unwrap();
    session.connected(NOW);
    said(&mut session, &Sequence { next_seq_no: 1 });
    assert!(session.error().unwrap().to_string().contains("before the session was established"));
}

#[test]
fn what_no_client_may_send_is_refused_here() {
    let (mut session, _) = live();
    let input = Input::venue(SessionBack { session: SESSION, version: 1, timestamp: 1 });
    assert_eq!(session.send(NOW, &input.command), Err(SendError::NotForClients("session_back")));
    let query = QueryCounter { counter: CounterId(1) }.into();
    assert_eq!(session.send(NOW, &query), Err(SendError::WrongWay("query_counter")));
    assert_eq!(session.query(NOW, &command(1)), Err(SendError::WrongWay("kill_switch")));
}

#[test]
fn a_login_out_of_bounds_is_named() {
    for (change, field) in [
        ((|login| login.keep_alive_ms = 999) as fn(&mut Login), "keep_alive_ms"),
        (|login| login.keep_alive_ms = 60_001, "keep_alive_ms"),
        (|login| login.grace_ms = Some(60_001), "grace_ms"),
        (|login| login.session = ringpit_core::SessionId(0), "session"),
    ] {
        let mut login = login();
        change(&mut login);
        let error = Session::new(login).unwrap_err();
        assert!(error.to_string().starts_with(field), "{error}");
    }
    let bad = SessionState { next_number: 1, ..SessionState::default() };
    assert!(Session::resume(login(), &bad).is_ok());
    assert!(Session::resume(login(), &SessionState::default()).is_err());
    assert!(format!("{:?}", login()).contains("Secret(..)"), "secrets are not printed");
}

#[test]
fn a_server_that_is_not_there_is_named_once_patience_is_over() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let client = Client::new(address, login()).unwrap();
    let mut client = client.patience(Duration::from_millis(50));
    let error = client.establish(|_| {}).unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }));
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}
