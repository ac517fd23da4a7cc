//! The benchmark's messages and reports as its header lays them out in memory.
//!
//! Layout only: nothing here dereferences a pointer. The sizes are the ones that the header asserts.

use core::ffi::{c_int, c_void};

/// `new_order_t`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NewOrder {
    /// The client's name of the order.
    pub order_id: u64,
    /// The message's number.
    pub sequence_number: u64,
    /// Limit, ticks.
    pub price_ticks: i64,
    /// Lots.
    pub quantity: u32,
    /// 0 buy, 1 sell.
    pub side: u8,
    /// 1: what does not trade at once is cancelled.
    pub ioc: u8,
    /// Padding.
    pub reserved: [u8; 2],
}

/// `cancel_t`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Cancel {
    /// The client's name of the order.
    pub order_id: u64,
    /// The message's number.
    pub sequence_number: u64,
}

/// `modify_t`: cancel and enter again.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Modify {
    /// The client's name of the order.
    pub order_id: u64,
    /// The message's number.
    pub sequence_number: u64,
    /// The new limit, ticks.
    pub new_price_ticks: i64,
    /// What is open of it afterwards, lots.
    pub new_quantity: u32,
    /// The order's side as the sender remembers it.
    pub side: u8,
    /// Padding.
    pub reserved: [u8; 3],
}

/// `me_msg_t`: one message of a batch.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Message {
    /// Which arm of the body is live: one of `MESSAGE_NEW`, `MESSAGE_CANCEL`, `MESSAGE_MODIFY`.
    pub kind: u8,
    /// Padding.
    pub reserved: [u8; 7],
    /// The message.
    pub body: Body,
}

/// A message of a batch without its tag.
#[repr(C)]
#[derive(Clone, Copy)]
pub union Body {
    /// With `MESSAGE_NEW`.
    pub new_order: NewOrder,
    /// With `MESSAGE_CANCEL`.
    pub cancel: Cancel,
    /// With `MESSAGE_MODIFY`.
    pub modify: Modify,
}

/// A new order.
pub const MESSAGE_NEW: u8 = 0;
/// A cancel.
pub const MESSAGE_CANCEL: u8 = 1;
/// A modify.
pub const MESSAGE_MODIFY: u8 = 2;

/// `me_report_type_t`.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A new order was accepted.
    OrderAck = 0,
    /// A fill.
    Trade = 1,
    /// An order was cancelled, or the rest of an immediate one.
    CancelAck = 2,
    /// A modify was accepted.
    ModifyAck = 3,
    /// Nothing rests under the name to cancel.
    CancelReject = 4,
    /// Nothing rests under the name to modify.
    ModifyReject = 5,
}

/// `me_report_t`: a cache line.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// A [`Kind`].
    pub kind: u8,
    /// 0 buy, 1 sell.
    pub side: u8,
    /// Padding.
    pub reserved: [u8; 6],
    /// The number of the message that caused it.
    pub sequence_number: u64,
    /// The order that it is about; 0 on a trade.
    pub order_id: u64,
    /// Ticks; on a trade the resting order's.
    pub price_ticks: i64,
    /// Lots.
    pub quantity: u32,
    /// Padding.
    pub reserved_too: u32,
    /// On a trade: the order that rested.
    pub maker_order_id: u64,
    /// On a trade: the order that came in.
    pub taker_order_id: u64,
    /// Padding to a cache line.
    pub reserved_at_the_end: u64,
}

/// `me_transport_t`: how reports get to the thread that takes them.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Transport {
    /// Makes a queue for at least so many reports; null when it can't.
    pub create: Option<unsafe extern "C" fn(capacity: u32) -> *mut c_void>,
    /// Puts one in; 0 when it is full.
    pub push: Option<unsafe extern "C" fn(handle: *mut c_void, report: *const Report) -> c_int>,
    /// Takes out up to so many; how many.
    pub drain: Option<unsafe extern "C" fn(handle: *mut c_void, out: *mut Report, max: u32) -> u32>,
    /// Shows what was put in but not shown yet.
    pub flush: Option<unsafe extern "C" fn(handle: *mut c_void)>,
    /// Ends a queue.
    pub destroy: Option<unsafe extern "C" fn(handle: *mut c_void)>,
}

const _: () = assert!(size_of::<NewOrder>() == 32);
const _: () = assert!(size_of::<Cancel>() == 16);
const _: () = assert!(size_of::<Modify>() == 32);
const _: () = assert!(size_of::<Message>() == 40);
const _: () = assert!(size_of::<Report>() == 64);
