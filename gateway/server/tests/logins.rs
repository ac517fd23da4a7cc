//! Negotiate and Establish: every refusal with its code and nothing in the journal, an answer only
//! when it is durable, and a captured login that is worth nothing.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;

use common::world::SECOND;
use common::*;
use ringpit_core::*;
use ringpit_server::hub::Hub;
use ringpit_server::sessions_file::parse;
use ringpit_wire::*;
use std::path::Path;

fn refused_open(world: &mut World, bytes: &[u8]) -> NegotiationReject {
    let before = world.inputs().len();
    let key = world.connect();
    let said = world.say(key, bytes);
    let [Outgoing::NegotiationReject(reject)] = said[..] else { panic!("{said:?}") };
    assert!(world.is_over(key), "a refused Negotiate closes");
    assert_eq!(world.inputs().len(), before, "a refused login is not journaled");
    reject
}

#[test]
fn every_refusal_of_negotiate_closes_and_is_not_journaled() {
    let mut world = World::default();
    let now = world.stamp();
    let good = asked_negotiate(TRADER, 10, now);
    let (key, _) = (world.connect(), ());
    assert_eq!(world.say(key, &signed(&good, 2)).len(), 1);
    let ask = |change: &dyn Fn(&mut Negotiate), secret: u8| {
        let mut asked = asked_negotiate(TRADER, 11, now + 1);
        change(&mut asked);
        signed(&asked, secret)
    };
    use NegotiationRejectCode::*;
    let mut raw_flow = signed(&good, 2);
    raw_flow[14 + 24] = 9;
    let table = [
        ("wrong secret", ask(&|_| (), 3), Credentials, None),
        ("unknown session", ask(&|it| it.session_id = SessionId(77), 2), Credentials, None),
        ("same version", ask(&|it| it.session_ver_id = 10, 2), VersionNotRising, Some(10)),
        ("old clock", ask(&|it| it.timestamp = now - 31 * SECOND, 2), Clock, None),
        ("replayed", signed(&good, 2), Clock, None),
        ("client flow", ask(&|it| it.client_flow = FlowType::Recoverable, 2), BadField, None),
        ("no such flow", raw_flow, BadField, None),
    ];
    for (row, bytes, code, last) in table {
        let reject = refused_open(&mut world, &bytes);
        assert_eq!((reject.code, reject.last_session_ver_id), (code, last), "{row}");
        assert_eq!(reject.percent, None, "{row}");
    }
    let echoed = refused_open(&mut world, &ask(&|it| it.session_ver_id = 9, 2));
    assert_eq!(echoed.session_id, SessionId(TRADER));
    assert_eq!((echoed.session_ver_id, echoed.request_timestamp), (9, now + 1));
}

#[test]
fn while_the_journal_is_replayed_logins_learn_how_far_it_is() {
    let mut world = World::default();
    let mut hub = Hub::new(5);
    hub.load(&entries(), world.now);
    hub.set_percent(42);
    world.hub = hub;
    let asked = asked_negotiate(TRADER, 10, world.now.unix_ns);
    let reject = refused_open(&mut world, &signed(&asked, 2));
    assert_eq!((reject.code, reject.percent), (NegotiationRejectCode::Recovering, Some(42)));
    let reject = refused_open(&mut world, &signed(&asked, 3));
    assert_eq!(reject.code, NegotiationRejectCode::Credentials);
    let key = world.connect();
    let asked = asked_establish(TRADER, 10, world.now.unix_ns);
    assert_eq!(world.say(key, &signed(&asked, 2)), []);
    assert!(world.is_over(key));
}

#[test]
fn every_refusal_of_establish_has_its_code_and_only_bad_credentials_close() {
    let mut world = World::default();
    let (key, version) = world.negotiated(TRADER);
    let before = world.inputs().len();
    use EstablishmentRejectCode::*;
    type Row = (&'static str, fn(&mut Establish), EstablishmentRejectCode, Option<u64>);
    let table: [Row; 7] = [
        ("version", |it| it.session_ver_id += 1, NotNegotiated, None),
        ("clock", |it| it.timestamp -= 31 * SECOND, Clock, None),
        ("keep-alive short", |it| it.keep_alive_interval = 999, KeepAlive, None),
        ("keep-alive long", |it| it.keep_alive_interval = 60_001, KeepAlive, None),
        ("ahead", |it| it.last_received_seq_no = 1, Ahead, Some(1)),
        ("grace", |it| it.grace_time = Some(60_001), BadField, None),
        ("number", |it| it.next_seq_no = 0, BadField, None),
    ];
    for (row, change, code, next) in table {
        let mut asked = asked_establish(TRADER, version, world.stamp());
        change(&mut asked);
        let said = world.say(key, &signed(&asked, 2));
        let [Outgoing::EstablishmentReject(reject)] = said[..] else { panic!("{row}: {said:?}") };
        assert_eq!((reject.code, reject.next_seq_no), (code, next), "{row}");
        assert!(!world.is_over(key), "{row}");
    }
    let ack = world.establish(key, TRADER, |asked| asked.session_ver_id = version);
    assert_eq!((ack.next_seq_no, ack.last_incoming_seq_no), (1, 0));
    assert_eq!(world.inputs().len(), before + 1);

    let key = world.connect();
    let asked = asked_establish(TRADER, version, world.stamp());
    let said = world.say(key, &signed(&asked, 3));
    let [Outgoing::EstablishmentReject(reject)] = said[..] else { panic!("{said:?}") };
    assert_eq!(reject.code, Credentials);
    assert!(world.is_over(key));
}

#[test]
fn a_login_is_answered_only_when_it_is_durable() {
    let mut world = World::default();
    world.control.hold(true);
    let (key, version, timestamp) = (world.connect(), world.fresh(), world.stamp());
    let said = world.say(key, &signed(&asked_negotiate(TRADER, version, timestamp), 2));
    assert_eq!(said, [], "opened, but not durable");
    world.control.hold(false);
    world.settle();
    assert!(matches!(world.read(key)[..], [Outgoing::NegotiationResponse(_)]));
    world.control.hold(true);
    let asked = asked_establish(TRADER, version, world.stamp());
    assert_eq!(world.say(key, &signed(&asked, 2)), [], "bound, but not durable");
    world.control.hold(false);
    world.settle();
    assert!(matches!(world.read(key)[..], [Outgoing::EstablishmentAck(_)]));
}

#[test]
fn a_captured_login_is_worth_nothing() {
    let mut world = World::default();
    let (key, version) = world.negotiated(TRADER);
    let captured = signed(&asked_establish(TRADER, version, world.stamp()), 2);
    assert!(matches!(world.say(key, &captured)[..], [Outgoing::EstablishmentAck(_)]));
    let before = world.inputs().len();
    let thief = world.connect();
    let said = world.say(thief, &captured);
    let [Outgoing::EstablishmentReject(reject)] = said[..] else { panic!("{said:?}") };
    assert_eq!(reject.code, EstablishmentRejectCode::Clock);
    assert_eq!(world.inputs().len(), before);
    assert!(!world.is_over(key), "the one who is in stays in");
}

#[test]
fn five_failures_close_the_door_for_a_minute() {
    let mut world = World::default();
    let bad = signed(&asked_negotiate(TRADER, 11, world.now.unix_ns), 3);
    for _ in 0..5 {
        refused_open(&mut world, &bad);
    }
    let good = signed(&asked_negotiate(TRADER, 11, world.now.unix_ns), 2);
    assert_eq!(refused_open(&mut world, &good).code, NegotiationRejectCode::Credentials);
    let other = world.negotiated(OTHER);
    assert!(!world.is_over(other.0), "another session from there may come");
    world.pass(61 * SECOND);
    world.negotiated(TRADER);
}

#[test]
fn a_newer_login_replaces_the_connection_that_is_there() {
    let mut world = World::default();
    let (first, version) = world.login(TRADER);
    let second = world.connect();
    world.establish(second, TRADER, |asked| asked.session_ver_id = version);
    let said = world.read(first);
    let [Outgoing::Terminate(terminate)] = said[..] else { panic!("{said:?}") };
    assert_eq!(terminate.code, TerminationCode::Replaced);
    assert_eq!(terminate.session_id, SessionId(TRADER));
    let lost = |input: &Input| matches!(input.command, Command::SessionLost(_));
    assert!(!world.inputs().iter().any(lost), "a replaced session was never lost");

    let (third, newer) = world.login(TRADER);
    assert!(newer > version);
    let said = world.read(second);
    let [Outgoing::Terminate(terminate)] = said[..] else { panic!("{said:?}") };
    assert_eq!(terminate.code, TerminationCode::Replaced);
    let inputs = world.inputs();
    assert!(inputs.iter().any(lost), "until the new version is bound nobody is there");
    assert!(!world.is_over(third));
}

#[test]
fn two_logins_on_their_way_end_with_the_newer_one() {
    let mut world = World::default();
    let (first, version) = world.negotiated(TRADER);
    let second = world.connect();
    let asked = asked_establish(TRADER, version, world.stamp());
    world.give(first, &signed(&asked, 2));
    let asked = asked_establish(TRADER, version, world.stamp());
    world.give(second, &signed(&asked, 2));
    world.settle();
    let said = world.read(first);
    assert!(matches!(said[..], [Outgoing::Terminate(_)]), "{said:?}");
    assert!(matches!(world.read(second)[..], [Outgoing::EstablishmentAck(_)]));
}

#[test]
fn whoever_leaves_the_session_file_is_disconnected_and_stays_out() {
    let mut world = World::default();
    let (trader, _) = world.login(TRADER);
    let (other, version) = world.login(OTHER);
    let kept = SESSIONS.split("\n[[session]]\nid = 3").next().unwrap();
    let widened = kept.replace("accounts = [11]", "accounts = [11, 12]");
    let changed = world.hub.reload(&parse(Path::new("s"), &widened).unwrap(), world.now);
    assert_eq!(changed, 4, "three left, one may do more");
    world.settle();
    let said = world.read(other);
    let [Outgoing::Terminate(terminate)] = said[..] else { panic!("{said:?}") };
    assert_eq!(terminate.code, TerminationCode::Credentials);
    assert_eq!(world.read(trader), []);
    let widened = |input: &Input| match input.command {
        Command::SessionConfig(config) => config.accounts.len() == 2,
        _ => false,
    };
    world.inputs_until(widened);
    let key = world.connect();
    let asked = asked_establish(OTHER, version, world.stamp());
    let said = world.say(key, &signed(&asked, 3));
    let [Outgoing::EstablishmentReject(reject)] = said[..] else { panic!("{said:?}") };
    assert_eq!(reject.code, EstablishmentRejectCode::Credentials);

    world.hub.reload(&entries(), world.now);
    let key = world.connect();
    world.establish(key, OTHER, |asked| asked.session_ver_id = version);
}
