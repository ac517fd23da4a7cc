//! Who may send what: the table role × command. Whose accounts a session may act for is another
//! question, which the engine asks of whatever a command names.

use crate::command::Leg;
use crate::words::{CommandKind, Role};

/// Whether sessions of this role may send this command at all.
#[must_use]
pub const fn permitted(role: Role, command: CommandKind) -> bool {
    use CommandKind::*;
    match role {
        Role::Operator => !is_made_inside(command),
        Role::DropCopy => false,
        Role::MarketData => is_public_query(command),
        Role::Trader => {
            is_own(command)
                || is_public_query(command)
                || matches!(command, NewOrder | CancelOrder | ReplaceOrder | MassCancel)
        }
        Role::Bidder => {
            is_own(command)
                || is_public_query(command)
                || matches!(command, PlaceBid | BuyNow | CancelAuction)
        }
        Role::Shopper => {
            is_own(command)
                || is_public_query(command)
                || matches!(command, Reserve | ReserveCart | Void | Leave)
        }
        Role::Payments => {
            matches!(
                command,
                Deposit
                    | Withdraw
                    | Transfer
                    | Confirm
                    | Void
                    | Extend
                    | QueryOpen
                    | QueryBalance
                    | QuerySale
            )
        }
    }
}

/// What only the venue itself makes: the session layer's inputs, and ticks.
#[must_use]
pub const fn is_made_inside(command: CommandKind) -> bool {
    use CommandKind::*;
    matches!(command, SessionOpen | SessionConfig | SessionLost | SessionBack | Tick)
}

/// What every customer may do with what is its own.
const fn is_own(command: CommandKind) -> bool {
    use CommandKind::*;
    matches!(command, Transfer | Atomic | QueryOpen | QueryBalance)
}

/// What everybody may know.
const fn is_public_query(command: CommandKind) -> bool {
    use CommandKind::*;
    matches!(
        command,
        QueryCounter | QueryCounters | QueryDepth | QuerySale | QueryAuction | QueryStats
    )
}

/// Whether sessions of this role may put this leg into an atomic interaction: a leg that does what
/// a command does needs that command's permission; counters and times are free.
#[must_use]
pub const fn permitted_leg(role: Role, leg: &Leg) -> bool {
    match leg {
        Leg::Require { .. } | Leg::Add { .. } | Leg::Before { .. } | Leg::After { .. } => true,
        Leg::Transfer { .. } => permitted(role, CommandKind::Transfer),
        Leg::Take { .. } | Leg::Reserve { .. } => permitted(role, CommandKind::Reserve),
        Leg::PlaceBid(_) => permitted(role, CommandKind::PlaceBid),
        Leg::Order(_) => permitted(role, CommandKind::NewOrder),
    }
}

/// Whether sessions of this role may subscribe to market data.
#[must_use]
pub const fn may_subscribe(role: Role) -> bool {
    !matches!(role, Role::DropCopy | Role::Payments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// No role may send what only the venue makes, and only the operator runs the venue.
    #[test]
    fn the_venues_own_are_nobodys() {
        for role in Role::ALL {
            for command in CommandKind::ALL {
                assert!(!(is_made_inside(*command) && permitted(*role, *command)));
            }
        }
        let made_inside: Vec<u8> = CommandKind::ALL
            .iter()
            .filter(|command| !permitted(Role::Operator, **command))
            .map(|command| command.code())
            .collect();
        assert_eq!(made_inside, [37, 38, 39, 40, 41]);
        for command in [
            CommandKind::KillSwitch,
            CommandKind::SetPhase,
            CommandKind::SchedulePhase,
            CommandKind::ActivateRules,
            CommandKind::AcceptClockStep,
            CommandKind::QueryDeadlines,
        ] {
            let may: usize = Role::ALL.iter().filter(|role| permitted(**role, command)).count();
            assert_eq!(may, 1, "{}", command.word());
        }
    }
}
