//! Holds a conversation with the C functions as the harness does: a table of messages, of the
//! reports that must answer each, and of the book afterwards; one by one and as one batch.

use super::*;
use crate::abi::{Body, Kind, Report};
use crate::reports::Told;
use std::sync::{Mutex, MutexGuard};

/// One row a message; its reports in order; best bid and best ask after it, `-` for none.
/// new: id, side, lots, ticks. modify: id, lots, ticks. trade: maker, taker, lots, ticks.
const CONVERSATION: &str = "
new 1 buy 10 100        | ack 1 buy 10 100                                             | 100   -
new 2 sell 5 101        | ack 2 sell 5 101                                             | 100 101
new 3 buy 4 100         | ack 3 buy 4 100                                              | 100 101
modify 9 1 100          | no-modify 9                                                  | 100 101
cancel 9                | no-cancel 9                                                  | 100 101
new 4 sell 12 100       | ack 4 sell 12 100, trade 1 4 10 100, trade 3 4 2 100         | 100 101
cancel 1                | no-cancel 1                                                  | 100 101
modify 1 5 100          | no-modify 1                                                  | 100 101
new 5 sell 9 99 ioc     | ack 5 sell 9 99, trade 3 5 2 100, cancelled 5 sell 99        |   - 101
new 1 buy 7 98          | ack 1 buy 7 98                                               |  98 101
modify 1 8 105          | modified 1 buy 8 105, trade 2 1 5 101                        | 105   -
new 6 sell 1 105        | ack 6 sell 1 105, trade 1 6 1 105                            | 105   -
modify 1 4 104          | modified 1 buy 4 104                                         | 104   -
cancel 1                | cancelled 1 buy 104                                          |   -   -
new 7 buy 3 50 ioc      | ack 7 buy 3 50, cancelled 7 buy 50                           |   -   -
new 8 sell 1 9000000000 | ack 8 sell 1 9000000000                                      |   - 9000000000
new 8 buy 1 5           |                                                              |   - 9000000000
new 10 buy 1 0          |                                                              |   - 9000000000
new 11 buy 0 5          |                                                              |   - 9000000000
new 4000000000 sell 2 7 | ack 4000000000 sell 2 7                                      |   - 7
new 18446744073709551615 buy 2 7 | ack 18446744073709551615 buy 2 7, trade 4000000000 18446744073709551615 2 7 | - 9000000000
modify 8 2 6            | modified 8 sell 2 6                                          |   - 6
";

/// The functions work on one session at a time, and tests run side by side.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn message(row: &str) -> Message {
    let words: Vec<&str> = row.split_whitespace().collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<i128>().ok()).unwrap_or(0);
    let sequence_number = 77;
    let order_id = number(1) as u64;
    let (kind, body) = match words[0] {
        "new" => {
            let new_order = NewOrder {
                order_id,
                sequence_number,
                price_ticks: number(4) as i64,
                quantity: number(3) as u32,
                side: u8::from(words[2] == "sell"),
                ioc: u8::from(words.len() > 5),
                reserved: [0; 2],
            };
            (MESSAGE_NEW, Body { new_order })
        }
        "cancel" => (MESSAGE_CANCEL, Body { cancel: Cancel { order_id, sequence_number } }),
        "modify" => {
            let modify = Modify {
                order_id,
                sequence_number,
                new_price_ticks: number(3) as i64,
                new_quantity: number(2) as u32,
                side: 0,
                reserved: [0; 3],
            };
            (MESSAGE_MODIFY, Body { modify })
        }
        other => panic!("no message: {other}"),
    };
    Message { kind, reserved: [0; 7], body }
}

fn text(report: &Report) -> String {
    let side = if report.side == 0 { "buy" } else { "sell" };
    let Report { order_id, quantity, price_ticks, .. } = report;
    assert_eq!(report.sequence_number, 77);
    match report.kind {
        0 => format!("ack {order_id} {side} {quantity} {price_ticks}"),
        1 => {
            let (maker, taker) = (report.maker_order_id, report.taker_order_id);
            format!("trade {maker} {taker} {quantity} {price_ticks}")
        }
        2 => format!("cancelled {order_id} {side} {price_ticks}"),
        3 => format!("modified {order_id} {side} {quantity} {price_ticks}"),
        4 => format!("no-cancel {order_id}"),
        5 => format!("no-modify {order_id}"),
        other => panic!("no report: {other}"),
    }
}

/// Rows of the table: message, reports, bid, ask.
fn rows() -> impl Iterator<Item = (&'static str, &'static str, i64, i64)> {
    CONVERSATION.lines().filter(|line| !line.is_empty()).map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let (bid, ask) = cells[2].split_once(' ').unwrap_or_default();
        let price = |text: &str, none| text.trim().parse().unwrap_or(none);
        (cells[0], cells[1], price(bid, i64::MIN), price(ask, i64::MAX))
    })
}

/// A queue as the harness has one: full at each third try.
#[cfg(not(feature = "own-ring"))]
mod queue {
    use super::*;
    use core::ffi::c_int;

    #[derive(Default)]
    struct Queue {
        reports: Vec<Report>,
        tries: u32,
    }

    unsafe extern "C" fn push(handle: *mut c_void, report: *const Report) -> c_int {
        // SAFETY: the handle is the queue of the test, and nobody else has it during the call.
        let (queue, report) = unsafe { (&mut *handle.cast::<Queue>(), *report) };
        queue.tries += 1;
        if queue.tries.is_multiple_of(3) {
            return 0;
        }
        queue.reports.push(report);
        1
    }

    static TABLE: Transport =
        Transport { create: None, push: Some(push), drain: None, flush: None, destroy: None };

    pub fn table() -> *const Transport {
        &raw const TABLE
    }

    pub fn create() -> *mut c_void {
        Box::into_raw(Box::<Queue>::default()).cast()
    }

    pub fn taken(handle: *mut c_void) -> Vec<Report> {
        if cfg!(feature = "grouped") {
            engine_flush();
        }
        // SAFETY: the handle is the queue of the test, and no call is at work.
        std::mem::take(unsafe { &mut (*handle.cast::<Queue>()).reports })
    }

    pub fn destroy(handle: *mut c_void) {
        // SAFETY: the handle came from `create`.
        drop(unsafe { Box::from_raw(handle.cast::<Queue>()) });
    }
}

/// The queue is the ring that the adapter brings.
#[cfg(feature = "own-ring")]
mod queue {
    use super::*;

    pub fn table() -> *const Transport {
        own::engine_get_transport()
    }

    pub fn create() -> *mut c_void {
        // SAFETY: any capacity may be asked for.
        unsafe { own::create(1 << 10) }
    }

    pub fn taken(handle: *mut c_void) -> Vec<Report> {
        let mut out = [Report::default(); 64];
        // SAFETY: the handle came from `create`, and there is room for 64.
        let count = unsafe { own::drain(handle, out.as_mut_ptr(), 64) };
        out[..count as usize].to_vec()
    }

    pub fn destroy(handle: *mut c_void) {
        // SAFETY: the handle came from `create` and is not used again.
        unsafe { own::destroy(handle) };
    }
}

#[test]
fn answers_message_by_message() {
    let _alone = alone();
    let handle = queue::create();
    // SAFETY: the table and its handle are valid until the end of the test.
    unsafe { engine_init(1, queue::table(), handle) };
    for (row, reports, bid, ask) in rows() {
        let Message { kind, body, .. } = message(row);
        // SAFETY: the kind says which arm is live.
        unsafe {
            match kind {
                MESSAGE_NEW => engine_on_new_order(&raw const body.new_order),
                MESSAGE_CANCEL => engine_on_cancel(&raw const body.cancel),
                _ => engine_on_modify(&raw const body.modify),
            }
        }
        let texts: Vec<String> = queue::taken(handle).iter().map(text).collect();
        assert_eq!(texts.join(", "), reports, "{row}");
        let book = (engine_query_best_bid(), engine_query_best_ask());
        assert_eq!(book, (bid, ask), "{row}");
    }
    assert_eq!(engine_query_depth_at(6, 1), 2);
    assert_eq!(engine_query_depth_at(6, 0), 0);
    assert_eq!(engine_query_depth_at(9_000_000_000, 1), 0);
    assert_eq!(engine_query_depth_at(-1, 1), 0);
    engine_flush();
    engine_shutdown();
    queue::destroy(handle);
}

#[test]
fn answers_a_batch_alike() {
    let _alone = alone();
    let handle = queue::create();
    let mut messages: Vec<Message> = rows().map(|(row, ..)| message(row)).collect();
    messages.insert(1, Message { kind: 9, ..messages[0] });
    // SAFETY: the table and its handle are valid until the end of the test, and so are the messages.
    unsafe {
        engine_init(1, queue::table(), handle);
        engine_on_batch(messages.as_ptr(), messages.len() as u32);
    }
    let expected: Vec<&str> =
        rows().flat_map(|row| row.1.split(", ")).filter(|text| !text.is_empty()).collect();
    let texts: Vec<String> = queue::taken(handle).iter().map(text).collect();
    assert_eq!(texts, expected);
    engine_shutdown();
    queue::destroy(handle);
}

#[test]
fn survives_calls_that_break_the_order() {
    let _alone = alone();
    let order = message("new 1 buy 1 1");
    let calls = || {
        // SAFETY: null, or a message of the kind.
        unsafe {
            engine_on_new_order(core::ptr::null());
            engine_on_cancel(core::ptr::null());
            engine_on_modify(core::ptr::null());
            engine_on_batch(core::ptr::null(), 3);
            engine_on_batch(&raw const order, 1);
            engine_on_new_order(&raw const order.body.new_order);
        }
        engine_flush();
        let book = (engine_query_best_bid(), engine_query_best_ask());
        (book, engine_query_depth_at(1, 0))
    };
    let empty = ((i64::MIN, i64::MAX), 0);
    assert_eq!(calls(), empty, "before the beginning");
    // SAFETY: a null table has no functions.
    unsafe { engine_init(1, core::ptr::null(), null_mut()) };
    assert_eq!(calls(), empty, "without a transport");
    let handle = queue::create();
    for _ in 0..2 {
        // SAFETY: the table and its handle are valid until the end of the test.
        unsafe { engine_init(1, queue::table(), handle) };
        // The second of two orders with the same live name is refused.
        assert_eq!(calls(), ((1, i64::MAX), 1));
    }
    engine_shutdown();
    engine_shutdown();
    assert_eq!(calls(), empty, "after the end");
    queue::destroy(handle);
}

#[test]
fn a_ring_belongs_to_its_handle() {
    // SAFETY: the table is a static; handles are its own, or null.
    unsafe {
        let table = own::engine_get_transport().as_ref();
        let copied = table.copied();
        assert!(own::create(0).is_null() && own::create(u32::MAX).is_null());
        let handle = own::create(16);
        assert!(own::open(copied.as_ref(), handle).is_none(), "a copy is another's table");
        assert!(own::open(table, null_mut()).is_none());
        assert!(own::open(None, handle).is_none());
        let mut writer = own::open(table, handle).unwrap_or_else(|| panic!("our own handle"));
        writer.answer(Kind::OrderAck, 77, &Told::unknown(3));
        writer.done();
        let mut out = [Report::default(); 2];
        assert_eq!(own::drain(handle, null_mut(), 2), 0);
        assert_eq!(own::drain(null_mut(), out.as_mut_ptr(), 2), 0);
        own::flush(handle);
        assert_eq!(own::drain(handle, out.as_mut_ptr(), 2), 1);
        assert_eq!(text(&out[0]), "ack 3 buy 0 0");
        own::destroy(handle);
        own::destroy(null_mut());
        // The writer keeps the ring for as long as it lives.
        writer.done();
    }
}
