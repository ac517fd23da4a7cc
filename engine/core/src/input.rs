//! An input of the line: any command, and who sent it under which number.

use crate::command::*;
use crate::ids::SessionId;
use crate::rules::RULES_NEWEST;
use crate::words::CommandKind;
use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};

macro_rules! command_enum {
    ($($name:ident)+) => {
        /// Everything that can enter the line. Encoded as its kind's code, then its fields.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[expect(clippy::large_enum_variant, reason = "commands are passed by reference and live in place, so that the line needs no heap")]
        pub enum Command {
            $(#[doc = concat!("See [`", stringify!($name), "`].")] $name($name),)+
            /// All armed deadlines.
            QueryDeadlines,
            /// Time passes: fires what is due, and nothing else. Made by the sequencer.
            Tick,
        }

        impl Command {
            /// Its name.
            #[must_use]
            pub const fn kind(&self) -> CommandKind {
                match self {
                    $(Self::$name(_) => CommandKind::$name,)+
                    Self::QueryDeadlines => CommandKind::QueryDeadlines,
                    Self::Tick => CommandKind::Tick,
                }
            }
        }

        impl Encode for Command {
            fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
                self.kind().encode(encoder)?;
                match self {
                    $(Self::$name(command) => command.encode(encoder),)+
                    Self::QueryDeadlines | Self::Tick => Ok(()),
                }
            }
        }

        impl<C> Decode<C> for Command {
            fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
                Ok(match CommandKind::decode(decoder)? {
                    $(CommandKind::$name => Self::$name(Decode::decode(decoder)?),)+
                    CommandKind::QueryDeadlines => Self::QueryDeadlines,
                    CommandKind::Tick => Self::Tick,
                })
            }
        }

        bincode::impl_borrow_decode!(Command);

        $(impl From<$name> for Command {
            fn from(command: $name) -> Self {
                Self::$name(command)
            }
        })+
    };
}

command_enum! {
    CreateAsset OpenAccount Deposit Withdraw Transfer CreateInstrument SetPhase NewOrder
    CancelOrder ReplaceOrder MassCancel KillSwitch CreateAuction PlaceBid BuyNow CancelAuction
    CreateSale AddProduct Restock Reserve ReserveCart Block Draw Confirm Void Extend Leave Atomic
    QueryOpen QueryCounter QueryBalance QueryDepth QuerySale QueryAuction QueryStats
    SessionOpen SessionConfig SessionLost SessionBack SchedulePhase QueryCounters
    ActivateRules AcceptClockStep
}

impl Command {
    /// Whether it changes nothing of the state: answered at its place in the line, not journaled,
    /// without a number. To let the line follow the wall clock is one of them: what it changes is
    /// the stamps to come, and those are journaled.
    #[must_use]
    pub const fn is_query(&self) -> bool {
        matches!(
            self,
            Self::QueryOpen(_)
                | Self::QueryDeadlines
                | Self::QueryCounter(_)
                | Self::QueryBalance(_)
                | Self::QueryDepth(_)
                | Self::QuerySale(_)
                | Self::QueryAuction(_)
                | Self::QueryStats(_)
                | Self::QueryCounters(_)
                | Self::AcceptClockStep(_)
        )
    }

    /// Whether it asks for rules that this program does not know. Such a command must be refused
    /// before the line: whether it is done would depend on the program that replays it.
    #[must_use]
    pub const fn is_beyond_rules(&self) -> bool {
        matches!(self, Self::ActivateRules(c) if c.rules > RULES_NEWEST)
    }
}

/// One input of the line: who sent it, under which number, and what it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Input {
    /// The session that sent it; 0 for the venue itself and for scenario files.
    pub session: SessionId,
    /// The client's number of it within the session; 0 where there is none.
    pub client_seq: u64,
    /// What it is.
    pub command: Command,
}

impl Input {
    /// An input of the venue itself: no session, no number.
    #[must_use]
    pub fn venue(command: impl Into<Command>) -> Self {
        Self { session: SessionId(0), client_seq: 0, command: command.into() }
    }
}
