//! The signature of a login: HMAC-SHA256 over what the wire says, compared in constant time.

use crate::sessions_file::Secret;
use hmac::{Hmac, KeyInit, Mac};
use ringpit_wire::Frame;
use ringpit_wire::signature::{SIGNATURE_BYTES, signed_parts};
use sha2::Sha256;

/// Whether a login was signed with this secret. Without one, as for an unknown session, the same
/// work is done and the answer is no, so that the time taken tells nothing.
#[must_use]
pub fn is_signed(
    frame: &Frame<'_>,
    signature: &[u8; SIGNATURE_BYTES],
    secret: Option<&Secret>,
) -> bool {
    let key = secret.map_or(&[0; SIGNATURE_BYTES][..], Secret::bytes);
    let (Some(parts), Ok(mut mac)) = (signed_parts(frame), Hmac::<Sha256>::new_from_slice(key))
    else {
        return false;
    };
    parts.iter().for_each(|part| mac.update(part));
    mac.verify_slice(signature).is_ok() && secret.is_some()
}
