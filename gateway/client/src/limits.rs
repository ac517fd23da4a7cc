//! Every bound of the client, with a sentence of why.

/// Commands that may wait for their answer at once: the server's own bound on a session's orders
/// in flight is far below, so this only keeps a client that never reads from eating its memory.
pub const IN_FLIGHT_MAX: usize = 1_000_000;

/// Bytes of live messages kept while a gap is filled. Beyond it the connection is given up: the
/// next one asks for what is still missing, so that each attempt gets further.
pub const HELD_BYTES_MAX: usize = 64 << 20;

/// Nanoseconds in which the server must have answered Negotiate and Establish. Twice what the
/// server itself allows the client, because a server that recovers answers late.
pub const LOGIN_NS: u64 = 4_000_000_000;

/// Nanoseconds to wait for the answer to our Terminate before the connection is closed anyway.
pub const GOODBYE_NS: u64 = 1_000_000_000;

/// Pause before missed messages are asked for again after the server was too busy to send them,
/// nanoseconds. It allows 100 such requests a second.
pub const ASK_AGAIN_NS: u64 = 50_000_000;

/// Shortest pause before a new connection, nanoseconds.
pub const BACKOFF_MIN_NS: u64 = 10_000_000;

/// Longest pause before a new connection, nanoseconds: a server that comes back is found within it.
pub const BACKOFF_MAX_NS: u64 = 1_000_000_000;

const _: () = assert!(BACKOFF_MIN_NS < BACKOFF_MAX_NS);
