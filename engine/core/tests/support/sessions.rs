//! Random scenarios of orders that come from client sessions: repeated numbers, foreign accounts,
//! lost connections and grace times between the commands.

use super::Scenario;
use super::random::Random;
use super::world::{self, MIXED, Profile};
use ringpit_core::command::*;
use ringpit_core::*;

const SESSIONS: usize = 4;

/// The scenario of a seed: one of orders, sent by sessions.
pub fn scenario(seed: u64) -> Scenario {
    let profile = Profile { odd: 1, limits: 10, ..MIXED };
    let mut random = Random::new(!seed);
    // The last number of each session; session 0 is the venue's own.
    let mut last = [0; SESSIONS + 1];
    let mut scenario = Scenario::new();
    for id in 1..SESSIONS as u64 {
        scenario.push((0, Input::venue(config(&mut random, SessionId(id)))));
    }
    for (at, input) in world::scenario(seed, profile) {
        if random.chance(12) {
            let command = session_command(&mut random, &mut last);
            scenario.push((at, Input::venue(command)));
        }
        let command = input.command;
        let is_setup = matches!(
            command,
            Command::CreateAsset(_) | Command::OpenAccount(_) | Command::CreateInstrument(_)
        );
        if is_setup || command.is_query() || command == Command::Tick || random.chance(20) {
            scenario.push((at, input));
            continue;
        }
        let id = 1 + random.below(SESSIONS as u64);
        let number = &mut last[usize::try_from(id).expect("few sessions")];
        *number = 1.max(*number + random.pick(&[0, 1, 1, 1, 1, 1, 1, 1, 1, 3]));
        scenario.push((at, Input { session: SessionId(id), client_seq: *number, command }));
    }
    scenario
}

/// What the session layer does with a session.
fn session_command(random: &mut Random, last: &mut [u64]) -> Command {
    let id = 1 + random.below(SESSIONS as u64);
    let session = SessionId(id);
    let (version, timestamp) = (random.below(9), random.below(9));
    let cancel_on_disconnect = random.pick(&[
        CancelOnDisconnect::OnDisconnect,
        CancelOnDisconnect::OnDisconnect,
        CancelOnDisconnect::Never,
    ]);
    match random.below(10) {
        0 => {
            last[usize::try_from(id).expect("few sessions")] = 0;
            SessionOpen { session, version, timestamp }.into()
        }
        1 => SessionBack { session, version, timestamp }.into(),
        2..=3 => {
            let grace_ns = random.pick(&[0, 1, 5, 12]);
            SessionLost { session, cancel_on_disconnect, grace_ns }.into()
        }
        4..=5 => config(random, session).into(),
        _ => Command::Tick,
    }
}

fn config(random: &mut Random, session: SessionId) -> SessionConfig {
    let from = random.below(3);
    let range = AccountRange { from: AccountId(from), to: AccountId(from + 3) };
    SessionConfig {
        session,
        role: random.pick(&[Role::Trader, Role::Trader, Role::Operator]),
        accounts: List::from_slice(&[range]).expect("one range"),
        messages_per_second: 1,
        burst: 1,
        cancels_per_second: 1,
        orders_in_flight: 1,
        cancel_on_disconnect: CancelOnDisconnect::Never,
        grace_ms: 0,
    }
}
