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

use crate::abi::{
    Cancel, Kind, MESSAGE_CANCEL, MESSAGE_MODIFY, MESSAGE_NEW, Message, Modify, NewOrder, Report,
    Transport,
};
use crate::reports::{Reports, Told, Traded};
use crate::venue::Venue;
use core::ffi::{c_int, c_void};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};
use ringpit_core::Side;

#[cfg(feature = "own-ring")]
use crate::ring::Writer as Out;
#[cfg(not(feature = "own-ring"))]
use Pushing as Out;

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

/// Reports into a queue of the harness.
#[cfg_attr(feature = "own-ring", allow(dead_code, reason = "the harness's queue is not used"))]
#[derive(Clone, Copy, Debug)]
struct Pushing {
    push: unsafe extern "C" fn(*mut c_void, *const Report) -> c_int,
    handle: *mut c_void,
}

/// A report's cache line, put together in registers and written in halves of 16 bytes or more.
///
/// The harness's queue copies it with loads of 16 bytes. A load that needs two smaller stores which
/// are still on their way waits until every store before them is through, and those go to lines
/// that the reading core holds: written field by field, a report costs twice as much.
#[repr(C, align(64))]
struct Line([Half; 4]);

#[cfg(target_arch = "x86_64")]
type Half = core::arch::x86_64::__m128i;
#[cfg(not(target_arch = "x86_64"))]
type Half = [u64; 2];

#[inline]
fn half(low: u64, high: u64) -> Half {
    // SAFETY: every x86-64 processor has SSE2.
    #[cfg(target_arch = "x86_64")]
    return unsafe { core::arch::x86_64::_mm_set_epi64x(high.cast_signed(), low.cast_signed()) };
    #[cfg(not(target_arch = "x86_64"))]
    return [low, high];
}

const _: () = assert!(size_of::<Line>() == size_of::<Report>());
const _: () = assert!(cfg!(target_endian = "little"), "a report's first word holds kind and side");

impl Pushing {
    #[inline]
    fn push(&self, [what, sequence_number, order_id, price]: [u64; 4], more: [u64; 3]) {
        let [quantity, maker, taker] = more;
        let line = Line([
            half(what, sequence_number),
            half(order_id, price),
            half(quantity, maker),
            half(taker, 0),
        ]);
        // SAFETY: `engine_init` was given both, and they are valid until `engine_shutdown`; the line
        // has a report's size and layout.
        while unsafe { (self.push)(self.handle, (&raw const line).cast()) } == 0 {
            // Full: the reader needs its processor.
            std::thread::yield_now();
        }
    }
}

impl Reports for Pushing {
    #[inline]
    fn answer(&mut self, kind: Kind, sequence_number: u64, order: &Told) {
        let what = kind as u64 | u64::from(order.side) << 8;
        let price = order.price_ticks.cast_unsigned();
        let quantity = u64::from(order.quantity);
        self.push([what, sequence_number, order.order_id, price], [quantity, 0, 0]);
    }

    #[inline]
    fn trade(&mut self, sequence_number: u64, traded: &Traded) {
        let Traded { maker, taker, price_ticks, quantity } = *traded;
        let price = price_ticks.cast_unsigned();
        let what = Kind::Trade as u64;
        self.push([what, sequence_number, 0, price], [u64::from(quantity), maker, taker]);
    }

    #[inline]
    fn done(&mut self) {}
}

#[cfg(not(feature = "own-ring"))]
unsafe fn open(transport: Option<&Transport>, handle: *mut c_void) -> Option<Out> {
    transport?.push.map(|push| Pushing { push, handle })
}

#[cfg(feature = "own-ring")]
use own::open;

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

/// Messages in their order; none is looked at before the one before it is done.
///
/// # Safety
/// `messages` is null or points to `count` of them.
#[unsafe(no_mangle)]
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

/// Returns when all that was delivered is matched and reported: each call does that already.
#[unsafe(no_mangle)]
pub extern "C" fn engine_flush() {}

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
