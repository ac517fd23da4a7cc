//! Messages from the client to the server.

use crate::block::{self, Fault, FieldFault, Message};
use crate::frame::Frame;
use crate::generated::field_id;
use crate::legs::fill_accounts;
use crate::session::*;
use crate::value::Value;
use ringpit_core::command::*;
use ringpit_core::{Command, Reason, SessionId};

/// What a client may send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "commands live in place, so that reading needs no heap"
)]
pub enum Incoming {
    /// Begins a session.
    Negotiate(Negotiate),
    /// Binds a session.
    Establish(Establish),
    /// Keeps the connection alive, or skips numbers.
    Sequence(Sequence),
    /// Asks for messages again.
    RetransmitRequest(RetransmitRequest),
    /// Ends the connection.
    Terminate(Terminate),
    /// Market data.
    Subscribe(Subscribe),
    /// No more market data.
    Unsubscribe(Unsubscribe),
    /// What is left.
    LimitsRequest(LimitsRequest),
    /// A command of the vocabulary; with the client's name of it where it is a query.
    Command {
        /// The command.
        command: Command,
        /// Queries only.
        query_id: Option<u64>,
    },
}

/// Applies a macro to the lists of commands and queries, after whatever else it is given.
macro_rules! with_commands {
    ($apply:ident $($more:tt)*) => {
        $apply! {
            $($more)*
            commands: CreateAsset OpenAccount Deposit Withdraw Transfer CreateInstrument SetPhase
                NewOrder CancelOrder ReplaceOrder MassCancel KillSwitch CreateAuction PlaceBid
                BuyNow CancelAuction CreateSale AddProduct Restock Reserve ReserveCart Block Draw
                Confirm Void Extend Leave Atomic SchedulePhase ActivateRules;
            queries: QueryOpen QueryCounter QueryBalance QueryDepth QuerySale QueryAuction
                QueryStats QueryCounters AcceptClockStep;
        }
    };
}

/// Reads any message that a client may send.
///
/// # Errors
/// A [`Fault`] names template and field. A template that no client may send is
/// `unknown_template`; whether that is a reject or a violation (session templates), the session
/// layer knows.
pub fn decode_incoming(frame: &Frame<'_>) -> Result<Incoming, Fault> {
    let template_id = frame.template_id();
    // Each arm makes its answer where it is returned: a command is two kilobytes long, and most
    // use a hundred bytes of them.
    macro_rules! read {
        (session: $($session:ident)+; commands: $($name:ident)+; queries: $($query:ident)+;) => {
            match template_id {
                $($session::TEMPLATE_ID => {
                    let (message, ()) = block::read::<$session, _>(frame, |_| Ok(()))?;
                    Ok(Incoming::$session(message))
                })+
                $($name::TEMPLATE_ID => {
                    let (mut message, ()) = block::read::<$name, _>(frame, |_| Ok(()))?;
                    message.complete().map_err(|fault| fault.of(template_id))?;
                    Ok(Incoming::Command { command: Command::$name(message), query_id: None })
                })+
                $($query::TEMPLATE_ID => {
                    let (message, id) = block::read::<$query, _>(frame, query_id)?;
                    Ok(Incoming::Command { command: Command::$query(message), query_id: Some(id) })
                })+
                QueryDeadlines::TEMPLATE_ID => {
                    let (_, id) = block::read::<QueryDeadlines, _>(frame, query_id)?;
                    Ok(Incoming::Command { command: Command::QueryDeadlines, query_id: Some(id) })
                }
                _ => Err(FieldFault::new(0, Reason::UnknownTemplate).of(template_id)),
            }
        };
    }
    with_commands! {
        read session: Negotiate Establish Sequence RetransmitRequest Terminate LimitsRequest
            Subscribe Unsubscribe;
    }
}

fn query_id(block: &[u8]) -> Result<u64, FieldFault> {
    block::get::<u64, 0, 8>(block, field_id::QUERY_ID)
}

/// What no single field shows.
trait Whole {
    /// Checks and completes a command after its fields were read.
    fn complete(&mut self) -> Result<(), FieldFault> {
        Ok(())
    }
}

/// One of two ids must be there; if both are, the engine lets `order_id` win.
const NO_ID: FieldFault = FieldFault::new(field_id::ORDER_ID, Reason::MissingField);

impl Whole for CancelOrder {
    fn complete(&mut self) -> Result<(), FieldFault> {
        if self.order_id.is_none() && self.orig_cl_ord_id.is_none() { Err(NO_ID) } else { Ok(()) }
    }
}

impl Whole for ReplaceOrder {
    fn complete(&mut self) -> Result<(), FieldFault> {
        if self.order_id.is_none() && self.orig_cl_ord_id.is_none() { Err(NO_ID) } else { Ok(()) }
    }
}

impl Whole for Atomic {
    fn complete(&mut self) -> Result<(), FieldFault> {
        fill_accounts(self.legs.as_mut_slice(), self.account);
        Ok(())
    }
}

macro_rules! whole {
    ($($name:ident)+) => { $(impl Whole for $name {})+ };
}

whole! {
    CreateAsset OpenAccount Deposit Withdraw Transfer CreateInstrument SetPhase NewOrder MassCancel
    KillSwitch CreateAuction PlaceBid BuyNow CancelAuction CreateSale AddProduct Restock Reserve
    ReserveCart Block Draw Confirm Void Extend Leave SchedulePhase
    ActivateRules
}

impl Incoming {
    /// Checks what a message says as a whole: a subscription names at most one thing.
    ///
    /// # Errors
    /// A [`Fault`] that names the second thing.
    pub fn check(&self) -> Result<(), Fault> {
        let (template_id, things) = match self {
            Self::Subscribe(it) => (Subscribe::TEMPLATE_ID, (it.instrument, it.auction, it.sale)),
            Self::Unsubscribe(it) => {
                (Unsubscribe::TEMPLATE_ID, (it.instrument, it.auction, it.sale))
            }
            _ => return Ok(()),
        };
        let fault = |field| Err(FieldFault::new(field, Reason::BadValue).of(template_id));
        match things {
            (Some(_), Some(_), _) => fault(field_id::AUCTION),
            (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => fault(field_id::SALE),
            _ => Ok(()),
        }
    }
}

/// Writes a command as a frame to the start of `buffer`; gives its length in bytes. `None` when
/// the buffer is too small, the command not a client's to send, or something in it has no place on
/// the wire: a list longer than 16, or a number that is its type's null or out of range, which
/// would arrive as another command than this one. `query_id` is used by queries only.
pub fn encode_command(command: &Command, query_id: u64, buffer: &mut [u8]) -> Option<usize> {
    let with_id = |block: &mut [u8]| block[..8].copy_from_slice(&query_id.to_le_bytes());
    macro_rules! write {
        (commands: $($name:ident)+; queries: $($query:ident)+;) => {
            match command {
                $(Command::$name(message) if message.fits() => {
                    block::write(message, buffer, |_| ())
                })+
                $(Command::$query(message) if message.fits() && query_id.fits() => {
                    block::write(message, buffer, with_id)
                })+
                Command::QueryDeadlines if query_id.fits() => block::write(&QueryDeadlines {}, buffer, with_id),
                _ => None,
            }
        };
    }
    with_commands!(write)
}

/// What a refused login is answered with, even when the rest of it could not be read: session,
/// version and time stamp as sent; zeros when not even they are there. Never trust them.
#[must_use]
pub fn login_echo(frame: &Frame<'_>) -> (SessionId, u64, u64) {
    let word = |at: usize| {
        let bytes = frame.body().get(at..).and_then(|rest| rest.first_chunk());
        bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
    };
    (SessionId(word(0)), word(8), word(16))
}
