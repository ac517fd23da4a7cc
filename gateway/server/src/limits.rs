//! Every bound of the gateway, with a sentence of why. Units stand at the end of the name.

use ringpit_core::limits::SESSION_RANGES_MAX;
use ringpit_wire::limits::FRAME_BYTES_MAX;

/// One nanosecond count for a millisecond.
pub const MS_NS: u64 = 1_000_000;
/// One nanosecond count for a second.
pub const SECOND_NS: u64 = 1_000_000_000;

/// Connections in total: every session once, and half as many again that are logging in or dying.
pub const CONNECTIONS_MAX: usize = 15_000;
/// Connections from one address: a broker's whole farm may sit behind one, a single broken
/// machine must not take all of [`CONNECTIONS_MAX`].
pub const CONNECTIONS_PER_ADDRESS_MAX: usize = 12_000;
/// Sessions in the session file: what one gateway thread is designed for.
pub const SESSIONS_MAX: usize = 10_000;
/// Bytes of the session file: [`SESSIONS_MAX`] long entries, so that a wrong path is noticed
/// before it is read into memory.
pub const SESSIONS_FILE_BYTES_MAX: u64 = 32 << 20;
/// Bytes of a session's secret, at least: 128 bits can't be guessed.
pub const SECRET_BYTES_MIN: usize = 16;
/// Bytes of a session's secret, at most: HMAC-SHA256 hashes longer keys down to less.
pub const SECRET_BYTES_MAX: usize = 64;

/// From accept to EstablishmentAck: a login is two round trips, whoever needs longer is not there.
pub const LOGIN_NS_MAX: u64 = 2 * SECOND_NS;
/// A frame must be whole this long after its first byte, so that half-sent ones can't pile up.
pub const FRAME_NS_MAX: u64 = 2 * SECOND_NS;
/// Bytes of half-sent frames, over all connections: each may hold less than one frame.
pub const HALF_FRAMES_BYTES_MAX: usize = 64 << 20;
/// Logins of one session that may be on their way through the line at once: a reconnecting client
/// and its impatient twin.
pub const LOGINS_PENDING_MAX: usize = 4;
/// Whoever terminates waits this long for the answer before it closes.
pub const TERMINATE_NS_MAX: u64 = SECOND_NS;

/// Intervals of silence after which the peer is taken for dead.
pub const KEEP_ALIVE_SILENT_INTERVALS: u64 = 2;

/// Bytes of one retransmission batch: bounds what a catching-up reader adds to its outbox; it
/// asks again for the rest.
pub const RETRANSMIT_BATCH_BYTES_MAX: usize = 64 << 10;
/// The same for a batch from the journal: it costs a replay of the whole line, so that as much of
/// it is sent as a request can ask for.
pub const REPLAYED_BATCH_BYTES_MAX: usize = 512 << 10;

/// Session messages (Sequence, RetransmitRequest) a second, and at once.
pub const SESSION_MESSAGES_PER_SECOND: u32 = 100;
/// A rate or burst in the session file, at most: above it a throttle protects nothing.
pub const RATE_MAX: u32 = 10_000_000;
/// Refusals as `throttled` that a session may collect before it counts as abuse ...
pub const ABUSE_BURST: u32 = 1_000;
/// ... and how many of them are forgotten each second.
pub const ABUSE_PER_SECOND: u32 = 100;

/// Failed logins of one address and session id within [`LOGIN_FAILURE_WINDOW_NS`] that close the
/// pair for [`LOGIN_LOCKOUT_NS`]; `--login-failures` changes it.
pub const LOGIN_FAILURES_DEFAULT: u32 = 5;
/// Failed logins are counted over this time.
pub const LOGIN_FAILURE_WINDOW_NS: u64 = 60 * SECOND_NS;
/// How long such a pair stays closed.
pub const LOGIN_LOCKOUT_NS: u64 = 60 * SECOND_NS;
/// Pairs that are remembered; when there are more the oldest is forgotten, so that an attacker
/// with many addresses costs memory only up to here.
pub const LOGIN_PAIRS_MAX: usize = 65_536;

/// Bytes that may leave but that a slow reader has not taken, before it is cut off; it reconnects
/// and catches up. A mass cancel of 50,000 orders fits.
pub const OUTBOX_BYTES_MAX: usize = 8 << 20;
/// The same over all connections: beyond it whoever is behind is cut off.
pub const OUTBOX_TOTAL_BYTES_MAX: usize = 256 << 20;
/// Bytes under TLS that wait for the socket of one connection, beside its outbox.
pub const TLS_WRITE_BYTES_MAX: usize = 64 << 10;
/// Encoded bytes that wait for the disk, over all connections: beyond it the gateway leaves the
/// output ring alone until the flusher has moved, and the sequencer waits in its step.
pub const GATED_BYTES_MAX: usize = 32 << 20;
/// Capacity an empty outbox keeps, so that a burst of the past does not hold memory for ever.
pub const OUTBOX_KEPT_BYTES_MAX: usize = 64 << 10;
/// Bytes of numbered events kept in memory per session for retransmission; older ones come from
/// the journal.
pub const HISTORY_BYTES_MAX: usize = 1 << 20;
/// The same over all sessions: beyond it no session's memory grows any more.
pub const HISTORY_TOTAL_BYTES_MAX: usize = 256 << 20;
/// First capacity of a session's memory: some twenty events.
pub const HISTORY_BYTES_FIRST: usize = 4 << 10;

/// Subscriptions of one session: every instrument of a large venue.
pub const SUBSCRIPTIONS_PER_SESSION_MAX: usize = 10_000;
/// Subscriptions in total: bounds the lists that each public event walks.
pub const SUBSCRIPTIONS_MAX: usize = 1_000_000;

/// The session layer's own inputs that may wait for room in the ring: each session's file entry, and a
/// lost connection each. Beyond it no login is taken.
pub const DEFERRED_MAX: usize = 2 * SESSIONS_MAX + CONNECTIONS_MAX;

/// Bytes read at once, and how much of one connection is taken before the next has its turn.
pub const READ_BYTES: usize = 64 << 10;
/// Slots taken from the output ring before the sockets have their turn again.
pub const OUTPUTS_PER_ROUND: usize = 4_096;
/// Connections accepted before those that are there have their turn.
pub const ACCEPTS_PER_ROUND: usize = 64;
/// Accepting pauses this long when the process is out of file descriptors or memory.
pub const ACCEPT_PAUSE_NS: u64 = 100 * MS_NS;
/// The gateway polls without sleeping this long while answers are outstanding: a durable answer
/// takes about one flush, and a wake costs a good part of it.
pub const YIELD_NS_MAX: u64 = 200_000;
/// A clean stop waits this long for the last answers to leave.
pub const DRAIN_NS_MAX: u64 = 3 * SECOND_NS;

const _: () = assert!(CONNECTIONS_PER_ADDRESS_MAX <= CONNECTIONS_MAX);
const _: () = assert!(SESSIONS_MAX <= CONNECTIONS_MAX);
const _: () = assert!(CONNECTIONS_MAX * FRAME_BYTES_MAX <= HALF_FRAMES_BYTES_MAX);
const _: () = assert!(RETRANSMIT_BATCH_BYTES_MAX < OUTBOX_BYTES_MAX);
const _: () = assert!(REPLAYED_BATCH_BYTES_MAX < OUTBOX_BYTES_MAX);
const _: () = assert!(OUTBOX_BYTES_MAX <= OUTBOX_TOTAL_BYTES_MAX);
const _: () = assert!(HISTORY_BYTES_FIRST <= HISTORY_BYTES_MAX);
const _: () = assert!(HISTORY_BYTES_MAX <= HISTORY_TOTAL_BYTES_MAX);
const _: () = assert!(HISTORY_BYTES_MAX.is_power_of_two() && HISTORY_BYTES_FIRST.is_power_of_two());
const _: () = assert!(SESSION_RANGES_MAX <= u8::MAX as usize);
