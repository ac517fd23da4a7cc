//! The one place that knows bincode: inputs as the journal and the rings carry them.
//!
//! Fixed-width little-endian integers, no trailing bytes. Decoding allocates
//! nothing: every list has its place in the command.

use crate::command::{Command, Input};
use crate::ids::SessionId;
use crate::limits::COMMAND_BYTES_MAX;
use crate::words::CommandKind;
use bincode::config::{Configuration, Fixint, LittleEndian, NoLimit};
use bincode::{Decode, Encode};

/// Largest encoded input, in bytes: session and number (16) and the largest command.
pub const INPUT_BYTES_MAX: usize = COMMAND_BYTES_MAX + 16;

/// No limit is counted: nothing here allocates, and what is read is never more than there is.
/// How inputs are read: without a count of the bytes. The bytes are all there, no more of them than
/// the limit, and no list allocates.
const READ: Configuration<LittleEndian, Fixint> =
    bincode::config::standard().with_little_endian().with_fixed_int_encoding();

const CONFIG: Configuration<LittleEndian, Fixint, NoLimit> =
    bincode::config::standard().with_little_endian().with_fixed_int_encoding().with_no_limit();

/// Why bytes are not an input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodecError {
    /// The bytes end early or hold an impossible value.
    Malformed,
    /// So many bytes follow the input.
    Trailing(usize),
    /// The buffer is too small for the input.
    NoSpace,
}

impl core::fmt::Display for CodecError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Malformed => f.write_str("not an encoded input"),
            Self::Trailing(bytes) => write!(f, "{bytes} bytes follow the input"),
            Self::NoSpace => f.write_str("the buffer is too small for the input"),
        }
    }
}

impl core::error::Error for CodecError {}

/// An input whose command lies elsewhere: a command may be two kilobytes long. Encoded it is the
/// same as an [`Input`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode)]
pub struct InputRef<'c> {
    /// See [`Input::session`].
    pub session: SessionId,
    /// See [`Input::client_seq`].
    pub client_seq: u64,
    /// See [`Input::command`].
    pub command: &'c Command,
}

impl<'c> From<&'c Input> for InputRef<'c> {
    fn from(input: &'c Input) -> Self {
        let Input { session, client_seq, command } = input;
        Self { session: *session, client_seq: *client_seq, command }
    }
}

/// Writes an input to the start of `buffer`; gives the number of bytes.
///
/// # Errors
/// [`CodecError::NoSpace`] when the buffer is too small; [`INPUT_BYTES_MAX`] bytes always suffice.
pub fn encode<'c>(input: impl Into<InputRef<'c>>, buffer: &mut [u8]) -> Result<usize, CodecError> {
    bincode::encode_into_slice(input.into(), buffer, CONFIG).map_err(|_| CodecError::NoSpace)
}

/// Reads an input that fills `bytes` exactly.
///
/// # Errors
/// [`CodecError::Malformed`] or [`CodecError::Trailing`].
pub fn decode(bytes: &[u8]) -> Result<Input, CodecError> {
    whole(bytes)
}

/// Bytes before a command's fields: session, client number, the command's kind.
const HEAD_BYTES: usize = 17;

/// Like [`decode`], into an input that is there already: the commands that come by the million are
/// written in place, without the copies of the largest command that a returned value costs.
///
/// # Errors
/// As [`decode`]; `input` then holds nothing of use.
pub fn decode_into(bytes: &[u8], input: &mut Input) -> Result<(), CodecError> {
    let Some((head, fields)) = bytes.split_first_chunk::<HEAD_BYTES>() else {
        return Err(CodecError::Malformed);
    };
    let command = &mut input.command;
    match CommandKind::from_code(head[HEAD_BYTES - 1]) {
        Some(CommandKind::NewOrder) => *command = Command::NewOrder(whole(fields)?),
        Some(CommandKind::CancelOrder) => *command = Command::CancelOrder(whole(fields)?),
        Some(CommandKind::ReplaceOrder) => *command = Command::ReplaceOrder(whole(fields)?),
        Some(CommandKind::PlaceBid) => *command = Command::PlaceBid(whole(fields)?),
        Some(CommandKind::Reserve) => *command = Command::Reserve(whole(fields)?),
        Some(CommandKind::Confirm) => *command = Command::Confirm(whole(fields)?),
        Some(CommandKind::Transfer) => *command = Command::Transfer(whole(fields)?),
        _ => {
            *input = decode(bytes)?;
            return Ok(());
        }
    }
    let (session, rest) = head.split_at(8);
    input.session = SessionId(whole(session)?);
    input.client_seq = whole(&rest[..8])?;
    Ok(())
}

/// A value that fills `bytes` exactly.
#[inline]
fn whole<T: Decode<()>>(bytes: &[u8]) -> Result<T, CodecError> {
    if bytes.len() > INPUT_BYTES_MAX {
        return Err(CodecError::Malformed);
    }
    let (value, used) =
        bincode::decode_from_slice(bytes, READ).map_err(|_| CodecError::Malformed)?;
    match bytes.len() - used {
        0 => Ok(value),
        trailing => Err(CodecError::Trailing(trailing)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{
        CancelOrder, Confirm, LIST_CAPACITY, Line, NewOrder, PlaceBid, ReplaceOrder, Reserve,
        ReserveCart, Transfer,
    };
    use crate::words::{OrdType, Side, Stp, TimeInForce};
    use crate::{AccountId, InstrumentId, List};
    use alloc::vec::Vec;

    fn samples() -> Vec<Command> {
        let (account, instrument) = (AccountId(5), InstrumentId(6));
        let order = NewOrder {
            account,
            instrument,
            cl_ord_id: 7.into(),
            side: Side::Sell,
            ord_type: OrdType::StopLimit,
            qty: 8,
            price: Some(9),
            stop_px: Some(10),
            tif: TimeInForce::Gtd,
            expire_at: Some(11),
            display_qty: None,
            post_only: true,
            min_qty: None,
            stp: Stp::Decrement,
        };
        let (order_id, orig_cl_ord_id) = (Some(12.into()), None);
        let cl_ord_id = 13.into();
        let lines = List::<Line, LIST_CAPACITY>::from_slice(&[Line::default(); 16]);
        let cart = ReserveCart {
            account,
            sale: 1.into(),
            request_id: 2.into(),
            origin: None,
            lines: lines.unwrap(),
        };
        let (sale, product, request_id) = (1.into(), 2.into(), 3.into());
        Vec::from([
            order.into(),
            CancelOrder { account, instrument, order_id, orig_cl_ord_id }.into(),
            ReplaceOrder {
                account,
                instrument,
                order_id,
                orig_cl_ord_id,
                cl_ord_id,
                qty: 1,
                price: None,
            }
            .into(),
            PlaceBid { account, auction: 1.into(), max_price: -2, qty: None, bid_id: 3.into() }
                .into(),
            Reserve { account, sale, product, qty: 4, request_id, origin: Some(5.into()) }.into(),
            Confirm { reservation: 1.into(), qty: Some(2) }.into(),
            Transfer {
                from: account,
                to: AccountId(9),
                asset: 1.into(),
                amount: 2,
                request_id: None,
            }
            .into(),
            cart.into(),
            Command::Tick,
        ])
    }

    /// Both decoders agree on every sample, on every shorter and longer form of it, and on every
    /// value of every byte.
    #[test]
    fn decoding_in_place_is_decoding() {
        let mut bytes = [0; INPUT_BYTES_MAX];
        let mut placed = Input::venue(Command::Tick);
        for command in samples() {
            let input = Input { session: SessionId(3), client_seq: 4, command };
            let len = encode(&input, &mut bytes).unwrap();
            let mut agree = |bytes: &[u8]| {
                let result = decode_into(bytes, &mut placed);
                assert_eq!(result.map(|()| placed), decode(bytes), "{bytes:?}");
            };
            agree(&bytes[..len]);
            (0..len + 3).for_each(|len| agree(&bytes[..len]));
            for at in 0..len.min(200) {
                let was = bytes[at];
                for value in [0, 1, 2, 0x7f, 0xff, was ^ 1, was ^ 0x80] {
                    bytes[at] = value;
                    agree(&bytes[..len]);
                }
                bytes[at] = was;
            }
            bytes.fill(0);
        }
    }
}
