//! The one place that knows bincode: inputs as the journal and the rings carry them.
//!
//! Fixed-width little-endian integers, a byte limit, no trailing bytes. Decoding allocates
//! nothing: every list has its place in the command.

use crate::command::Input;
use crate::limits::COMMAND_BYTES_MAX;
use bincode::config::{Configuration, Fixint, Limit, LittleEndian};

/// Largest encoded input, in bytes: session and number (16) and the largest command.
pub const INPUT_BYTES_MAX: usize = COMMAND_BYTES_MAX + 16;

const CONFIG: Configuration<LittleEndian, Fixint, Limit<INPUT_BYTES_MAX>> =
    bincode::config::standard()
        .with_little_endian()
        .with_fixed_int_encoding()
        .with_limit::<INPUT_BYTES_MAX>();

/// Why bytes are not an input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodecError {
    /// The bytes end early, hold an impossible value, or exceed the limit.
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

/// Writes an input to the start of `buffer`; gives the number of bytes.
///
/// # Errors
/// [`CodecError::NoSpace`] when the buffer is too small; [`INPUT_BYTES_MAX`] bytes always suffice.
pub fn encode(input: &Input, buffer: &mut [u8]) -> Result<usize, CodecError> {
    bincode::encode_into_slice(input, buffer, CONFIG).map_err(|_| CodecError::NoSpace)
}

/// Reads an input that fills `bytes` exactly.
///
/// # Errors
/// [`CodecError::Malformed`] or [`CodecError::Trailing`].
pub fn decode(bytes: &[u8]) -> Result<Input, CodecError> {
    let (input, used) =
        bincode::decode_from_slice(bytes, CONFIG).map_err(|_| CodecError::Malformed)?;
    match bytes.len() - used {
        0 => Ok(input),
        trailing => Err(CodecError::Trailing(trailing)),
    }
}
