//! Reports into the queue that the harness brings.

use crate::abi::{Kind, Report, Transport};
use crate::reports::{Reports, Told, Traded};
use core::ffi::{c_int, c_void};

/// Reports that are handed over together: the harness's reader works on as many at a time. Each
/// hand-over makes the two cores pass three cache lines to and fro, however many reports it is for.
const GROUP: usize = if cfg!(feature = "grouped") { 256 } else { 1 };

/// Reports on their way into a queue of the harness.
pub struct Pushing {
    push: unsafe extern "C" fn(*mut c_void, *const Report) -> c_int,
    handle: *mut c_void,
    count: usize,
    waiting: [Line; GROUP],
}

/// A report's cache line, put together in registers and written in halves of 16 bytes or more.
///
/// The harness's queue copies it with loads of 16 bytes. A load that needs two smaller stores which
/// are still on their way waits until every store before them is through, and those go to lines
/// that the reading core holds: written field by field, a report costs up to twice as much.
#[repr(C, align(64))]
#[derive(Clone, Copy)]
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

/// Reports into this queue; `None` where it takes none.
///
/// # Safety
/// `handle` is one of the transport's, and both are valid for as long as reports come.
pub unsafe fn open(transport: Option<&Transport>, handle: *mut c_void) -> Option<Pushing> {
    let waiting = [Line([half(0, 0); 4]); GROUP];
    transport?.push.map(|push| Pushing { push, handle, count: 0, waiting })
}

impl Pushing {
    #[inline]
    fn add(&mut self, [what, sequence_number, order_id, price]: [u64; 4], more: [u64; 3]) {
        let [quantity, maker, taker] = more;
        self.waiting[self.count] = Line([
            half(what, sequence_number),
            half(order_id, price),
            half(quantity, maker),
            half(taker, 0),
        ]);
        self.count += 1;
        if self.count == GROUP {
            self.flush();
        }
    }
}

impl Reports for Pushing {
    #[inline]
    fn answer(&mut self, kind: Kind, sequence_number: u64, order: &Told) {
        let what = kind as u64 | u64::from(order.side) << 8;
        let price = order.price_ticks.cast_unsigned();
        let quantity = u64::from(order.quantity);
        self.add([what, sequence_number, order.order_id, price], [quantity, 0, 0]);
    }

    #[inline]
    fn trade(&mut self, sequence_number: u64, traded: &Traded) {
        let Traded { maker, taker, price_ticks, quantity } = *traded;
        let price = price_ticks.cast_unsigned();
        let what = Kind::Trade as u64;
        self.add([what, sequence_number, 0, price], [u64::from(quantity), maker, taker]);
    }

    #[inline]
    fn done(&mut self) {}

    #[inline]
    fn flush(&mut self) {
        for line in &self.waiting[..self.count] {
            // SAFETY: push and handle are valid, as `open` was promised; a line has a report's size
            // and layout.
            while unsafe { (self.push)(self.handle, (&raw const *line).cast()) } == 0 {
                // Full: the reader needs its processor.
                std::thread::yield_now();
            }
        }
        self.count = 0;
    }
}
