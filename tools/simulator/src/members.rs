//! Who takes part: sessions of every role, and the session file that names them.

use crate::client::Client;
use crate::random::Random;
use crate::records::Records;
use crate::time::SECOND_NS;
use crate::work::{ACCOUNTS, Mind, operator};
use ringpit_client::{Login, Secret};
use ringpit_core::command::{AccountRange, SessionConfig};
use ringpit_core::{AccountId, CancelOnDisconnect, List, Role, SessionId};
use ringpit_server::sessions_file::SessionEntry;

/// Role and accounts of session 1, 2, ...
const MEMBERS: &[(Role, &[u64])] = &[
    (Role::Operator, &[]),
    (Role::Payments, ACCOUNTS),
    (Role::Trader, &[11, 12]),
    (Role::Trader, &[13, 14]),
    (Role::Bidder, &[21, 22]),
    (Role::Bidder, &[23, 24]),
    (Role::Shopper, &[31, 32, 33]),
    (Role::Shopper, &[34, 35, 36]),
    (Role::DropCopy, &[11, 12, 13, 14, 31]),
    (Role::MarketData, &[]),
];

fn secret(id: u64) -> [u8; 32] {
    [id as u8 + 100; 32]
}

/// The session file.
pub(crate) fn entries(random: &mut Random) -> Vec<SessionEntry> {
    let entry = |(index, (role, accounts)): (usize, &(Role, &[u64]))| {
        let id = index as u64 + 1;
        let ranges: Vec<AccountRange> = accounts
            .iter()
            .map(|id| AccountRange { from: AccountId(*id), to: AccountId(*id) })
            .collect();
        let cancels = *role == Role::Trader && random.chance(60);
        let throttled = random.chance(10);
        SessionEntry {
            secret: ringpit_server::sessions_file::Secret::new(&secret(id)),
            config: SessionConfig {
                session: SessionId(id),
                role: *role,
                accounts: List::from_slice(&ranges).unwrap_or_default(),
                messages_per_second: if throttled { 20 } else { 100_000 },
                burst: if throttled { 30 } else { 100_000 },
                cancels_per_second: 1_000,
                orders_in_flight: if random.chance(10) { 8 } else { 1_000 },
                cancel_on_disconnect: match cancels {
                    true => CancelOnDisconnect::OnDisconnect,
                    false => CancelOnDisconnect::Never,
                },
                grace_ms: random.pick(&[0, 200, 2_000]),
            },
        }
    };
    MEMBERS.iter().enumerate().map(entry).collect()
}

/// The clients of these sessions.
pub(crate) fn clients(
    now_ns: u64,
    random: &mut Random,
    records: &mut Records,
) -> Result<Vec<Client>, String> {
    let mut clients = Vec::new();
    for (id, (role, accounts)) in (1..).zip(MEMBERS) {
        let mut login = Login::new(id, Secret::new(secret(id)));
        login.keep_alive_ms = random.pick(&[1_000, 3_000, 10_000]);
        let script = match role {
            Role::Operator => operator::script(now_ns, random),
            _ => Vec::new(),
        };
        let accounts: Vec<AccountId> = accounts.iter().map(|id| AccountId(*id)).collect();
        let mind = Mind::new(SessionId(id), &accounts, script);
        let skew_ns = random.below(4 * SECOND_NS).cast_signed() - (2 * SECOND_NS).cast_signed();
        clients.push(Client::new(login, *role, mind, skew_ns, records)?);
    }
    Ok(clients)
}
