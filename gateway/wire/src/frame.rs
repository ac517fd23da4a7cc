//! Frames: the Simple Open Framing Header and the SBE message header.
//!
//! What is wrong here is wrong with the connection, not with a message: the server answers it by
//! Terminate, or by closing. Nothing is copied and nothing allocated.

use crate::generated::SCHEMA_ID;
use crate::limits::{ENCODING_TYPE, FRAME_BYTES_MAX, FRAME_BYTES_MIN};

/// Why bytes are not a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FrameError {
    /// The length field is out of bounds.
    #[error("frame length {0} is not within {FRAME_BYTES_MIN} to {FRAME_BYTES_MAX}")]
    Length(u32),
    /// The encoding is not SBE 1.0 little endian.
    #[error("encoding type {0:#06x} is not {ENCODING_TYPE:#06x}")]
    EncodingType(u16),
    /// The message is of another schema.
    #[error("schema id {0} is not {SCHEMA_ID}")]
    SchemaId(u16),
    /// The bytes given are not as many as the length field says.
    #[error("{have} bytes given for a frame of {length}")]
    Size {
        /// What the length field says, in bytes.
        length: usize,
        /// How many were given.
        have: usize,
    },
}

/// The first bytes at `at` as an array; zeros where there are too few, which no caller allows.
fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}

/// How long the frame is that begins here, in bytes; `None` while less than its framing header is
/// there. A bad length or encoding type is found as soon as its bytes are.
///
/// # Errors
/// [`FrameError::Length`], [`FrameError::EncodingType`].
pub fn peek_len(bytes: &[u8]) -> Result<Option<usize>, FrameError> {
    if bytes.len() < 4 {
        return Ok(None);
    }
    let length = u32::from_be_bytes(array(bytes, 0));
    let bounds = FRAME_BYTES_MIN..=FRAME_BYTES_MAX;
    let Some(len) = usize::try_from(length).ok().filter(|len| bounds.contains(len)) else {
        return Err(FrameError::Length(length));
    };
    if bytes.len() < 6 {
        return Ok(None);
    }
    match u16::from_be_bytes(array(bytes, 4)) {
        ENCODING_TYPE => Ok(Some(len)),
        other => Err(FrameError::EncodingType(other)),
    }
}

/// A whole frame whose headers are in order; its body is not looked at yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame<'a> {
    bytes: &'a [u8],
    block_length: u16,
    template_id: u16,
    version: u16,
}

impl<'a> Frame<'a> {
    /// Looks at the headers of exactly one frame.
    ///
    /// # Errors
    /// Any [`FrameError`].
    pub fn new(bytes: &'a [u8]) -> Result<Self, FrameError> {
        let have = bytes.len();
        let length = peek_len(bytes)?.unwrap_or(FRAME_BYTES_MIN);
        if length != have {
            return Err(FrameError::Size { length, have });
        }
        let word = |at| u16::from_le_bytes(array(bytes, at));
        match word(10) {
            SCHEMA_ID => {
                Ok(Self { bytes, block_length: word(6), template_id: word(8), version: word(12) })
            }
            other => Err(FrameError::SchemaId(other)),
        }
    }

    /// The whole frame.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// What follows the headers: root block and groups.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        &self.bytes[FRAME_BYTES_MIN..]
    }

    /// Bytes of the root block, as the sender says.
    #[must_use]
    pub const fn block_length(&self) -> u16 {
        self.block_length
    }

    /// Which message it is.
    #[must_use]
    pub const fn template_id(&self) -> u16 {
        self.template_id
    }

    /// The sender's version of the schema.
    #[must_use]
    pub const fn version(&self) -> u16 {
        self.version
    }

    /// Whether it belongs to the session layer: such messages take no number.
    #[must_use]
    pub const fn is_session(&self) -> bool {
        matches!(self.template_id, 500..=511)
    }
}

/// Writes both headers to the start of `frame`, whose length is the frame's.
pub(crate) fn write_headers(frame: &mut [u8], block_length: u16, template_id: u16, version: u16) {
    assert!((FRAME_BYTES_MIN..=FRAME_BYTES_MAX).contains(&frame.len()));
    let length = frame.len() as u32;
    frame[0..4].copy_from_slice(&length.to_be_bytes());
    frame[4..6].copy_from_slice(&ENCODING_TYPE.to_be_bytes());
    frame[6..8].copy_from_slice(&block_length.to_le_bytes());
    frame[8..10].copy_from_slice(&template_id.to_le_bytes());
    frame[10..12].copy_from_slice(&SCHEMA_ID.to_le_bytes());
    frame[12..14].copy_from_slice(&version.to_le_bytes());
}
