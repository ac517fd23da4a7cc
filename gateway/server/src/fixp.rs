//! Who may log in: the pure decisions on Negotiate and Establish.
//!
//! The signature was checked before. Nothing is changed here; time is passed in, so that each
//! answer can be tested without sockets and clocks.

use crate::connection::Terms;
use crate::limits::MS_NS;
use crate::numbers::Numbers;
use crate::session::Session;
use ringpit_core::CancelOnDisconnect;
use ringpit_core::command::SessionConfig;
use ringpit_wire::limits::{CLOCK_SKEW_NS_MAX, GRACE_MS_MAX, KEEP_ALIVE_MS_MAX, KEEP_ALIVE_MS_MIN};
use ringpit_wire::{
    Establish, EstablishmentRejectCode, FlowType, Negotiate, NegotiationRejectCode,
};

/// Whether a Negotiate opens a new version.
///
/// # Errors
/// The code of the refusal; for a version that does not rise with the last one.
pub fn negotiate(
    asked: &Negotiate,
    session: &Session,
    unix_ns: u64,
) -> Result<(), (NegotiationRejectCode, Option<u64>)> {
    let flows = (asked.client_flow, asked.server_flow);
    if flows != (FlowType::Idempotent, FlowType::Recoverable) || asked.session_ver_id == 0 {
        return Err((NegotiationRejectCode::BadField, None));
    }
    if !is_new(asked.timestamp, session, unix_ns) {
        return Err((NegotiationRejectCode::Clock, None));
    }
    if asked.session_ver_id <= session.claimed_version {
        let last = Some(session.claimed_version);
        return Err((NegotiationRejectCode::VersionNotRising, last));
    }
    Ok(())
}

/// Whether an Establish binds the session, and on which terms.
///
/// # Errors
/// The code of the refusal; for a client that is ahead with the number it may ask from.
pub fn establish(
    asked: &Establish,
    session: &Session,
    config: &SessionConfig,
    unix_ns: u64,
) -> Result<Terms, (EstablishmentRejectCode, Option<u64>)> {
    let version = session.version;
    if version == 0 || version != asked.session_ver_id || version != session.claimed_version {
        return Err((EstablishmentRejectCode::NotNegotiated, None));
    }
    if !is_new(asked.timestamp, session, unix_ns) {
        return Err((EstablishmentRejectCode::Clock, None));
    }
    if !(KEEP_ALIVE_MS_MIN..=KEEP_ALIVE_MS_MAX).contains(&asked.keep_alive_interval) {
        return Err((EstablishmentRejectCode::KeepAlive, None));
    }
    let grace_fits = asked.grace_time.is_none_or(|ms| ms <= GRACE_MS_MAX);
    let number_fits = Numbers::establish(session.last_in, asked.next_seq_no).is_ok();
    if !grace_fits || !number_fits {
        return Err((EstablishmentRejectCode::BadField, None));
    }
    if asked.last_received_seq_no > session.last_out {
        return Err((EstablishmentRejectCode::Ahead, Some(session.last_out + 1)));
    }
    Ok(terms(asked, config))
}

/// A time stamp near our clock and above all that were accepted.
fn is_new(timestamp: u64, session: &Session, unix_ns: u64) -> bool {
    #[cfg(ringpit_canary)]
    if ringpit_canary::sings(ringpit_canary::Canary::CapturedLogin) {
        return true;
    }
    timestamp > session.timestamp && timestamp.abs_diff(unix_ns) <= CLOCK_SKEW_NS_MAX
}

/// A client may tighten what the session file says, never loosen it.
fn terms(asked: &Establish, config: &SessionConfig) -> Terms {
    use CancelOnDisconnect::{Never, OnDisconnect};
    let file = (config.cancel_on_disconnect, config.grace_ms);
    let asked_for = asked.cancel_on_disconnect.unwrap_or(config.cancel_on_disconnect);
    let (cancel_on_disconnect, grace_ms) = match (file, asked_for) {
        ((Never, _), Never) => (Never, 0),
        ((Never, grace_ms), OnDisconnect) => (OnDisconnect, asked.grace_time.unwrap_or(grace_ms)),
        ((OnDisconnect, grace_ms), _) => {
            (OnDisconnect, grace_ms.min(asked.grace_time.unwrap_or(grace_ms)))
        }
    };
    Terms {
        keep_alive_ns: u64::from(asked.keep_alive_interval) * MS_NS,
        cancel_on_disconnect,
        grace_ns: u64::from(grace_ms) * MS_NS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::SECOND_NS;
    use ringpit_core::{List, Role, SessionId};

    const NOW: u64 = 1_000_000 * SECOND_NS;

    fn session() -> Session {
        let mut session = Session::new(SessionId(7), 0);
        (session.version, session.claimed_version) = (40, 40);
        session.timestamp = NOW - SECOND_NS;
        (session.last_in, session.last_out) = (10, 20);
        session
    }

    fn config(cancel_on_disconnect: CancelOnDisconnect, grace_ms: u32) -> SessionConfig {
        SessionConfig {
            session: SessionId(7),
            role: Role::Trader,
            accounts: List::new(),
            messages_per_second: 1,
            burst: 1,
            cancels_per_second: 1,
            orders_in_flight: 1,
            cancel_on_disconnect,
            grace_ms,
        }
    }

    fn asked_negotiate() -> Negotiate {
        Negotiate {
            session_id: SessionId(7),
            session_ver_id: 41,
            timestamp: NOW,
            client_flow: FlowType::Idempotent,
            server_flow: FlowType::Recoverable,
            signature: [0; 32],
        }
    }

    fn asked_establish() -> Establish {
        Establish {
            session_id: SessionId(7),
            session_ver_id: 40,
            timestamp: NOW,
            keep_alive_interval: 5_000,
            next_seq_no: 11,
            last_received_seq_no: 20,
            cancel_on_disconnect: None,
            grace_time: None,
            signature: [0; 32],
        }
    }

    #[test]
    fn each_refusal_of_negotiate_has_its_code() {
        type Row = (&'static str, fn(&mut Negotiate), Result<(), Refused>);
        type Refused = (NegotiationRejectCode, Option<u64>);
        use NegotiationRejectCode::*;
        let table: &[Row] = &[
            ("as it should be", |_| (), Ok(())),
            ("30 s ahead", |n| n.timestamp = NOW + 30 * SECOND_NS, Ok(())),
            ("more ahead", |n| n.timestamp = NOW + 30 * SECOND_NS + 1, Err((Clock, None))),
            ("replayed", |n| n.timestamp = NOW - SECOND_NS, Err((Clock, None))),
            ("just newer", |n| n.timestamp = NOW - SECOND_NS + 1, Ok(())),
            ("31 s behind", |n| n.timestamp = NOW - 31 * SECOND_NS, Err((Clock, None))),
            ("same version", |n| n.session_ver_id = 40, Err((VersionNotRising, Some(40)))),
            ("version 0", |n| n.session_ver_id = 0, Err((BadField, None))),
            ("client flow", |n| n.client_flow = FlowType::Unsequenced, Err((BadField, None))),
            ("server flow", |n| n.server_flow = FlowType::Idempotent, Err((BadField, None))),
        ];
        for (row, change, expected) in table {
            let mut asked = asked_negotiate();
            change(&mut asked);
            assert_eq!(negotiate(&asked, &session(), NOW), *expected, "{row}");
        }
    }

    #[test]
    fn each_refusal_of_establish_has_its_code() {
        type Row = (&'static str, fn(&mut Establish), Option<Refused>);
        type Refused = (EstablishmentRejectCode, Option<u64>);
        use EstablishmentRejectCode::*;
        let table: &[Row] = &[
            ("as it should be", |_| (), None),
            ("other version", |e| e.session_ver_id = 41, Some((NotNegotiated, None))),
            ("replayed", |e| e.timestamp = NOW - SECOND_NS, Some((Clock, None))),
            ("far ahead", |e| e.timestamp = NOW + 31 * SECOND_NS, Some((Clock, None))),
            ("999 ms", |e| e.keep_alive_interval = 999, Some((KeepAlive, None))),
            ("1 s", |e| e.keep_alive_interval = 1_000, None),
            ("60 s", |e| e.keep_alive_interval = 60_000, None),
            ("60,001 ms", |e| e.keep_alive_interval = 60_001, Some((KeepAlive, None))),
            ("number 0", |e| e.next_seq_no = 0, Some((BadField, None))),
            ("number 1", |e| e.next_seq_no = 1, None),
            ("far number", |e| e.next_seq_no = 1_000_012, Some((BadField, None))),
            ("grace", |e| e.grace_time = Some(60_001), Some((BadField, None))),
            ("ahead", |e| e.last_received_seq_no = 21, Some((Ahead, Some(21)))),
            ("new reader", |e| e.last_received_seq_no = 0, None),
        ];
        for (row, change, expected) in table {
            let mut asked = asked_establish();
            change(&mut asked);
            let config = config(CancelOnDisconnect::Never, 0);
            assert_eq!(establish(&asked, &session(), &config, NOW).err(), *expected, "{row}");
        }
        let mut pending = session();
        pending.claimed_version = 41;
        let config = config(CancelOnDisconnect::Never, 0);
        let refused = establish(&asked_establish(), &pending, &config, NOW).err();
        assert_eq!(refused, Some((NotNegotiated, None)));
    }

    #[test]
    fn a_client_may_tighten_and_not_loosen() {
        use CancelOnDisconnect::{Never, OnDisconnect};
        let table = [
            // file, its grace, asked, asked grace => agreed, grace
            (Never, 5_000, None, None, Never, 0),
            (Never, 5_000, None, Some(100), Never, 0),
            (Never, 5_000, Some(OnDisconnect), None, OnDisconnect, 5_000),
            (Never, 0, Some(OnDisconnect), Some(700), OnDisconnect, 700),
            (OnDisconnect, 5_000, None, None, OnDisconnect, 5_000),
            (OnDisconnect, 5_000, Some(Never), Some(60_000), OnDisconnect, 5_000),
            (OnDisconnect, 5_000, None, Some(10), OnDisconnect, 10),
        ];
        for (file, grace_ms, cancel_on_disconnect, grace_time, agreed, agreed_ms) in table {
            let asked = Establish { cancel_on_disconnect, grace_time, ..asked_establish() };
            let terms = terms(&asked, &config(file, grace_ms));
            let expected = (agreed, agreed_ms * MS_NS, 5_000 * MS_NS);
            assert_eq!((terms.cancel_on_disconnect, terms.grace_ns, terms.keep_alive_ns), expected);
        }
    }
}
