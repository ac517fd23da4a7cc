//! What a login's signature covers, and where it lies.
//!
//! `signature` is HMAC-SHA256, keyed with the session's secret, over the SBE message header and
//! the root block as its block length says, with the signature's own 32 octets zero. The HMAC
//! itself is the caller's.

use crate::frame::Frame;
use crate::generated::{MESSAGES, field_id, template_id};
use crate::limits::FRAME_BYTES_MIN;

/// Octets of a signature.
pub const SIGNATURE_BYTES: usize = 32;

/// Bytes before the SBE message header.
const FRAMING_BYTES: usize = 6;

const ZERO: [u8; SIGNATURE_BYTES] = [0; SIGNATURE_BYTES];

/// Offset of the signature in a login's frame, found in the layout when this is compiled.
const fn signature_at(template_id: u16) -> usize {
    let mut message = 0;
    while MESSAGES[message].template_id != template_id {
        message += 1;
    }
    let fields = MESSAGES[message].fields;
    let mut field = 0;
    while fields[field].id != field_id::SIGNATURE {
        field += 1;
    }
    assert!(fields[field].size == SIGNATURE_BYTES);
    FRAME_BYTES_MIN + fields[field].offset
}

const NEGOTIATE_AT: usize = signature_at(template_id::NEGOTIATE);
const ESTABLISH_AT: usize = signature_at(template_id::ESTABLISH);

fn offset(frame: &Frame<'_>) -> Option<usize> {
    let at = match frame.template_id() {
        template_id::NEGOTIATE => NEGOTIATE_AT,
        template_id::ESTABLISH => ESTABLISH_AT,
        _ => return None,
    };
    let block_end = FRAME_BYTES_MIN + usize::from(frame.block_length());
    (at + SIGNATURE_BYTES <= block_end && block_end <= frame.bytes().len()).then_some(at)
}

/// The bytes that a login's signature covers, in three parts to be fed to the HMAC in order.
/// `None` for other messages and for blocks that end before the signature does.
#[must_use]
pub fn signed_parts<'a>(frame: &Frame<'a>) -> Option<[&'a [u8]; 3]> {
    let at = offset(frame)?;
    let block_end = FRAME_BYTES_MIN + usize::from(frame.block_length());
    let bytes = frame.bytes();
    Some([&bytes[FRAMING_BYTES..at], &ZERO, &bytes[at + SIGNATURE_BYTES..block_end]])
}

/// Puts a signature into a login that was encoded before; `false` when the bytes are no login.
#[must_use]
pub fn put_signature(frame: &mut [u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
    let at = Frame::new(frame).ok().and_then(|frame| offset(&frame));
    match at {
        Some(at) => {
            frame[at..at + SIGNATURE_BYTES].copy_from_slice(signature);
            true
        }
        None => false,
    }
}
