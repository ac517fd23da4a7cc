//! Hostile bytes: every byte of each template × 256 values, every length field at 0, 1 and its
//! largest: always an answer, no panic, no allocation; and what is accepted means what it says.
#![allow(clippy::expect_used, reason = "a test that cannot go on says why")]

mod common;

use common::*;
use ringpit_wire::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Counts this thread's allocations.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call goes on to the system's allocator as it came; counting touches only a
// thread-local cell that needs neither allocation nor destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// What became of one frame.
#[derive(PartialEq, Eq, Debug)]
enum Outcome {
    NoFrame,
    Refused,
    Read,
}

/// Reads a frame as the server and as the client would, and writes again what was read.
fn digest(bytes: &[u8], buffer: &mut [u8]) -> Outcome {
    let Ok(Some(length)) = peek_len(bytes) else {
        return Outcome::NoFrame;
    };
    let Ok(frame) = Frame::new(bytes) else {
        assert!(length != bytes.len() || frame_schema(bytes) != SCHEMA_ID);
        return Outcome::NoFrame;
    };
    let _ = (signature::signed_parts(&frame), login_echo(&frame));
    let incoming = decode_incoming(&frame);
    let outgoing = decode_outgoing(&frame);
    let written = match (&incoming, &outgoing) {
        (Ok(Incoming::Command { command, query_id }), _) => {
            encode_command(command, query_id.unwrap_or(0), buffer)
        }
        (_, Ok(Outgoing::Event(head, event))) => encode_event(head, event, buffer),
        (Err(_), Err(_)) => return Outcome::Refused,
        _ => return Outcome::Read,
    };
    // What was read can be written, and reads the same again.
    let length = written.expect("what was read can be written");
    let second = Frame::new(&buffer[..length]).expect("frame");
    assert!(decode_incoming(&second) == incoming || decode_outgoing(&second) == outgoing);
    Outcome::Read
}

fn frame_schema(bytes: &[u8]) -> u16 {
    u16::from_le_bytes([bytes[10], bytes[11]])
}

/// A frame with at most two entries in each group: enough to stand every field somewhere.
fn small_frame(message: &Message, random: &mut Random) -> Vec<u8> {
    let limit = 14
        + message.root.length
        + message.groups.iter().map(|group| 4 + 2 * group.length).sum::<usize>();
    loop {
        let bytes = random_frame(message, random);
        if bytes.len() <= limit {
            return bytes;
        }
    }
}

#[test]
fn every_byte_takes_every_value() {
    let mut random = Random(9);
    let mut buffer = [0; 4096];
    let (mut tried, mut read, mut refused) = (0_u64, 0_u64, 0_u64);
    for message in messages() {
        let mut bytes = small_frame(&message, &mut random);
        let before = ALLOCATIONS.with(Cell::get);
        for at in 0..bytes.len() {
            let kept = bytes[at];
            for value in 0..=255 {
                bytes[at] = value;
                match digest(&bytes, &mut buffer) {
                    Outcome::Read => read += 1,
                    Outcome::Refused => refused += 1,
                    Outcome::NoFrame => {}
                }
                tried += 1;
            }
            bytes[at] = kept;
        }
        assert_eq!(ALLOCATIONS.with(Cell::get), before, "{} allocates", message.root.name);
        assert_eq!(digest(&bytes, &mut buffer), Outcome::Read);
    }
    println!("{tried} frames: {read} read, {refused} refused, the rest are no frames");
    assert!(tried > 1_000_000 && read > 100_000 && refused > 100_000);
}

#[test]
fn every_length_field_takes_its_extremes() {
    let mut random = Random(10);
    let mut buffer = [0; 4096];
    let mut tried = 0;
    for message in messages() {
        let whole = small_frame(&message, &mut random);
        // Frame length, block length, version, then each group's block length and count.
        let mut words = vec![6, 12];
        if !message.groups.is_empty() {
            words.extend([14 + message.root.length, 14 + message.root.length + 2]);
        }
        let allocations = ALLOCATIONS.with(Cell::get);
        let mut bytes = [0; 4096];
        let bytes = &mut bytes[..whole.len()];
        for length in [0, 1, 13, 14, 4096, 4097, u32::MAX] {
            bytes.copy_from_slice(&whole);
            bytes[0..4].copy_from_slice(&length.to_be_bytes());
            let outcome = digest(bytes, &mut buffer);
            assert!(outcome == Outcome::NoFrame || whole.len() == length as usize);
            tried += 1;
        }
        for at in &words {
            for other in &words {
                for value in [0, 1, 16, 17, 4096, u16::MAX - 1, u16::MAX] {
                    for second in [0, 1, u16::MAX] {
                        bytes.copy_from_slice(&whole);
                        bytes[*at..at + 2].copy_from_slice(&u16::to_le_bytes(value));
                        bytes[*other..other + 2].copy_from_slice(&u16::to_le_bytes(second));
                        digest(bytes, &mut buffer);
                        tried += 1;
                    }
                }
            }
        }
        // Every truncation, with a header that agrees with it.
        for length in 14..whole.len() {
            bytes.copy_from_slice(&whole);
            bytes[0..4].copy_from_slice(&(length as u32).to_be_bytes());
            let outcome = digest(&bytes[..length], &mut buffer);
            assert_eq!(outcome, Outcome::Refused, "{} {length}", message.root.name);
            tried += 1;
        }
        assert_eq!(ALLOCATIONS.with(Cell::get), allocations, "{} allocates", message.root.name);
    }
    println!("{tried} frames");
    assert!(tried > 10_000);
}
