//! The report ring as the C interface wants a transport: a table of functions over a handle.

use crate::abi::{Report, Transport};
use crate::ring::{Ring, Writer};
use core::ffi::c_void;
use core::ptr::null_mut;
use std::sync::Arc;

/// A handle is a counted reference to a ring, given away to C.
static TRANSPORT: Transport = Transport {
    create: Some(create),
    // Reports never come back through C: the venue writes into the ring.
    push: None,
    drain: Some(drain),
    flush: Some(flush),
    destroy: Some(destroy),
};

/// The ring's functions, for the harness to use instead of its own queue's.
#[cfg_attr(feature = "own-ring", unsafe(no_mangle))]
pub extern "C" fn engine_get_transport() -> *const Transport {
    &raw const TRANSPORT
}

/// The ring's writer, where the handle is one of ours.
///
/// # Safety
/// `handle` came from `create` of the vtable that `transport` is.
#[cfg_attr(not(feature = "own-ring"), allow(dead_code, reason = "only tested"))]
pub unsafe fn open(transport: Option<&Transport>, handle: *mut c_void) -> Option<Writer> {
    if !core::ptr::eq(transport?, &raw const TRANSPORT) || handle.is_null() {
        return None;
    }
    let ring = handle.cast_const().cast::<Ring>();
    // SAFETY: `create` made the handle from an `Arc`, whose count it still owns.
    let ring = unsafe {
        Arc::increment_strong_count(ring);
        Arc::from_raw(ring)
    };
    Some(Writer::new(ring))
}

pub(super) unsafe extern "C" fn create(capacity: u32) -> *mut c_void {
    if capacity == 0 || capacity > 1 << 30 {
        return null_mut();
    }
    Arc::into_raw(Arc::new(Ring::new(capacity))).cast_mut().cast()
}

pub(super) unsafe extern "C" fn drain(handle: *mut c_void, out: *mut Report, max: u32) -> u32 {
    if handle.is_null() || out.is_null() {
        return 0;
    }
    // SAFETY: the handle came from `create`, which counts for it until `destroy`.
    let ring = unsafe { &*handle.cast_const().cast::<Ring>() };
    let mut at = out;
    ring.drain(max, |report| {
        // SAFETY: `out` has room for `max` reports, and no more come.
        unsafe {
            at.write(report);
            at = at.add(1);
        }
    })
}

/// Nothing waits to be shown: each message's end shows its reports.
pub(super) unsafe extern "C" fn flush(_handle: *mut c_void) {}

pub(super) unsafe extern "C" fn destroy(handle: *mut c_void) {
    if !handle.is_null() {
        // SAFETY: the handle came from `create` and ends here.
        drop(unsafe { Arc::from_raw(handle.cast_const().cast::<Ring>()) });
    }
}
