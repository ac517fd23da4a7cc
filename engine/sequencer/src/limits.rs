//! Every bound of the sequencer, with a sentence of why.

use ringpit_core::codec::INPUT_BYTES_MAX;

/// One input in the ring: four cache lines, so that a new order and all it can carry fit and the
/// ring of a busy server still stays in the second-level cache.
pub const INPUT_SLOT_BYTES: usize = 256;

/// Bytes of an encoded input that travel in the slot itself; longer ones go through the side pool.
pub const INLINE_BYTES_MAX: usize = INPUT_SLOT_BYTES - 16;

/// Bytes of one place in the side pool, in whole words.
pub const LONG_INPUT_BYTES: usize = INPUT_BYTES_MAX.next_multiple_of(8);

/// The smallest ring that the `disruptor` crate builds for several producers.
pub const RING_SLOTS_MIN: usize = 64;

/// A ring beyond this is a queue that nobody wants to wait in, and a gigabyte of memory.
pub const RING_SLOTS_MAX: usize = 1 << 20;

/// Inputs taken from the normal ring at once; their slots return to the gateways together.
pub const TAKE_MAX: u64 = 512;

/// Inputs between two looks at the clock and at the priority ring: at 300 ns an input they are
/// 20 µs apart, and a look at the clock (20 ns) costs next to nothing.
pub const ROUND_INPUTS: usize = 64;

/// The least number of inputs between two checkpoints: what a replay must redo to name the place
/// of a difference, and what keeps hashing a small state below one part in a hundred.
pub const CHECKPOINT_INPUTS_MIN: u64 = 65_536;

/// The state is hashed at most once per so many of its own hashing times, counted in inputs of
/// 300 ns: 1 % of the sequencer's time.
pub const CHECKPOINT_NS_PER_INPUT: u64 = 3;

/// A checkpoint waits for a moment in which nothing else waits, but not beyond so many intervals.
pub const CHECKPOINT_OVERDUE: u64 = 8;

/// The longest sleep without a look around: wake-ups are not lost, so this only bounds how late a
/// step of the clock is noticed on an idle server.
pub const PARK_NS_MAX: u64 = 250_000_000;

/// How long the sequencer sleeps between two looks at a full tail or a full output ring.
pub const FULL_PARK_NS: u64 = 200_000;

/// Questions for what was missed that may wait for the replayer; each is a few words.
pub const QUESTIONS_MAX: usize = 1_024;

/// Questions that one replay answers: with [`MISSING_EVENTS_MAX`] events each, some 15 MB.
pub const QUESTIONS_TOGETHER_MAX: usize = 16;

/// Events given to one question: the wire's own limit on a request.
pub const MISSING_EVENTS_MAX: u64 = 2_000;

const _: () = assert!(INLINE_BYTES_MAX >= 192, "a new order with every field fits inline");
const _: () = assert!(LONG_INPUT_BYTES >= INPUT_BYTES_MAX, "the largest command fits the pool");
const _: () = assert!(TAKE_MAX as usize >= ROUND_INPUTS);
