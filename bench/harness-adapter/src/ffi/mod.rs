//! The functions that the harness calls, and the only unsafe code of this crate.
//!
//! What the header promises is all that the safety of these functions stands on: pointers are null
//! or point to what their type says for the length of the call, and all calls but a transport's
//! `drain` come one after the other. A call before `engine_init` or after `engine_shutdown` does
//! nothing, and so does a message that is none.

#[cfg(any(feature = "own-ring", test))]
mod own;
#[cfg(test)]
mod tests;
#[cfg(not(feature = "own-ring"))]
mod theirs;

use crate::abi::{
    Cancel, MESSAGE_CANCEL, MESSAGE_MODIFY, MESSAGE_NEW, Message, Modify, NewOrder, Transport,
};
use crate::reports::Reports;
use crate::venue::Venue;
use core::ffi::c_void;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};
use ringpit_core::Side;

#[cfg(feature = "own-ring")]
use crate::ring::Writer as Out;
#[cfg(not(feature = "own-ring"))]
use theirs::Pushing as Out;

/// The venue and where its reports go, from `engine_init` to `engine_shutdown`.
struct Session {
    venue: Venue,
    out: Out,
}

static SESSION: AtomicPtr<Session> = AtomicPtr::new(null_mut());

/// The session; `None` outside of one.
///
/// # Safety
/// Nobody else may have it.
#[inline]
unsafe fn session<'a>() -> Option<&'a mut Session> {
    // SAFETY: the pointer is null or comes from the box of `engine_init`, which only
    // `engine_shutdown` and the next `engine_init` free; calls do not overlap.
    unsafe { SESSION.load(Ordering::Relaxed).as_mut() }
}

#[cfg(feature = "own-ring")]
use own::open;
#[cfg(not(feature = "own-ring"))]
use theirs::open;

/// Begins: an empty venue whose reports go to `report_sink`.
///
/// # Safety
/// `transport` is null or a vtable, `report_sink` a handle of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_init(
    _seed: u64,
    transport: *const Transport,
    report_sink: *mut c_void,
) {
    engine_shutdown();
    // SAFETY: as promised by the caller.
    let out = unsafe { open(transport.as_ref(), report_sink) };
    if let Some(out) = out {
        let session = Box::new(Session { venue: Venue::new(), out });
        SESSION.store(Box::into_raw(session), Ordering::Relaxed);
    }
}

/// Ends.
#[unsafe(no_mangle)]
pub extern "C" fn engine_shutdown() {
    let session = SESSION.swap(null_mut(), Ordering::Relaxed);
    if !session.is_null() {
        // SAFETY: it came from the box of `engine_init`, and nobody finds it any more.
        drop(unsafe { Box::from_raw(session) });
    }
}

/// A new order.
///
/// # Safety
/// `order` is null or points to one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_on_new_order(order: *const NewOrder) {
    // SAFETY: as promised by the caller; calls do not overlap.
    if let (Some(session), Some(order)) = unsafe { (session(), order.as_ref()) } {
        session.venue.new_order(order, &mut session.out);
    }
}

/// A cancel.
///
/// # Safety
/// `cancel` is null or points to one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_on_cancel(cancel: *const Cancel) {
    // SAFETY: as promised by the caller; calls do not overlap.
    if let (Some(session), Some(cancel)) = unsafe { (session(), cancel.as_ref()) } {
        session.venue.cancel(cancel, &mut session.out);
    }
}

/// A modify.
///
/// # Safety
/// `modify` is null or points to one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_on_modify(modify: *const Modify) {
    // SAFETY: as promised by the caller; calls do not overlap.
    if let (Some(session), Some(modify)) = unsafe { (session(), modify.as_ref()) } {
        session.venue.modify(modify, &mut session.out);
    }
}

/// Messages in their order; none is looked at before the one before it is done and its reports are
/// out. A build that hands reports over in groups can't promise that, so it does not offer batches.
///
/// # Safety
/// `messages` is null or points to `count` of them.
#[cfg_attr(any(feature = "own-ring", not(feature = "grouped")), unsafe(no_mangle))]
pub unsafe extern "C" fn engine_on_batch(messages: *const Message, count: u32) {
    if messages.is_null() {
        return;
    }
    // SAFETY: as promised by the caller; calls do not overlap.
    let (session, messages) =
        unsafe { (session(), core::slice::from_raw_parts(messages, count as usize)) };
    let Some(Session { venue, out }) = session else { return };
    for message in messages {
        // SAFETY: the kind says which arm is live.
        unsafe {
            match message.kind {
                MESSAGE_NEW => venue.new_order(&message.body.new_order, out),
                MESSAGE_CANCEL => venue.cancel(&message.body.cancel, out),
                MESSAGE_MODIFY => venue.modify(&message.body.modify, out),
                _ => {}
            }
        }
    }
}

/// Returns when all that was delivered is matched and its reports are out.
#[unsafe(no_mangle)]
pub extern "C" fn engine_flush() {
    // SAFETY: calls do not overlap.
    if let Some(session) = unsafe { session() } {
        session.out.flush();
    }
}

/// The highest bid, ticks; `i64::MIN` without one.
#[unsafe(no_mangle)]
pub extern "C" fn engine_query_best_bid() -> i64 {
    best(Side::Buy).unwrap_or(i64::MIN)
}

/// The lowest ask, ticks; `i64::MAX` without one.
#[unsafe(no_mangle)]
pub extern "C" fn engine_query_best_ask() -> i64 {
    best(Side::Sell).unwrap_or(i64::MAX)
}

fn best(side: Side) -> Option<i64> {
    // SAFETY: calls do not overlap.
    unsafe { session() }.and_then(|session| session.venue.best(side))
}

/// Lots that rest at a price on a side (0 buy, 1 sell).
#[unsafe(no_mangle)]
pub extern "C" fn engine_query_depth_at(price_ticks: i64, side: u8) -> u64 {
    let side = if side == 0 { Side::Buy } else { Side::Sell };
    // SAFETY: calls do not overlap.
    unsafe { session() }.map_or(0, |session| session.venue.lots_at(side, price_ticks))
}
