//! Every bound of the engine, with a sentence of why.

/// Lines of a cart, legs of an atomic interaction, rows of an increments table: what a person can
/// still read in one report, and what keeps the largest command inside one frame.
pub const LIST_MAX: usize = 16;

/// Account ranges of one session: the session file's longest sensible line.
pub const SESSION_RANGES_MAX: usize = 64;

/// Length of a code (asset, instrument): FIX Symbol (55) fits, and it prints in one column.
pub const CODE_BYTES: usize = 16;

/// Length of a seed or digest as hexadecimal text: 32 bytes.
pub const HEX_BYTES: usize = 64;

/// The largest encoded command: a frame of 4,096 bytes less its two headers (6 + 8).
pub const COMMAND_BYTES_MAX: usize = 4_082;

/// Largest unsigned value taken from outside, so that no language prints it negative.
pub const UNSIGNED_MAX: u64 = i64::MAX as u64;

/// Fees are parts per million of the notional; beyond the whole of it they make no sense.
pub const FEE_PPM_MAX: i64 = 1_000_000;

/// Digits after the point: 10^18 is the largest power of ten in an i64.
pub const DECIMALS_MAX: u8 = 18;

/// Instruments, assets, auctions, sales: slots are u32 and an operator creates them by hand or by
/// script; a million of each is far beyond any venue and still a small table.
pub const INSTRUMENTS_MAX: usize = 1_000_000;
/// Assets; see [`INSTRUMENTS_MAX`].
pub const ASSETS_MAX: usize = 1_000_000;
/// Auctions, ended ones too, which stay to be asked for; see [`INSTRUMENTS_MAX`].
pub const AUCTIONS_MAX: usize = 1_000_000;
/// Accepted bids of one auction: a thousand bidders with a thousand bids each, and its end still
/// ranks and answers all of them in one bearable step.
pub const BIDS_PER_AUCTION_MAX: u64 = 1_000_000;
/// Bids that hold money, over all auctions: as many as open orders, within u32 slots.
pub const BIDS_MAX: usize = 100_000_000;
/// Accounts: ten million by design, room for tenfold.
pub const ACCOUNTS_MAX: usize = 100_000_000;
/// Open orders over all books: ten million by design, room for tenfold within u32 slots.
pub const ORDERS_MAX: usize = 100_000_000;
/// Sales; see [`INSTRUMENTS_MAX`].
pub const SALES_MAX: usize = 1_000_000;
/// Products over all sales: 100,000 by design, room for a hundredfold.
pub const PRODUCTS_MAX: usize = 10_000_000;
/// Reservations are kept while their sale exists; their slots are u32.
pub const RESERVATIONS_MAX: usize = 1_000_000_000;
/// Origins that are blocked: a list that people keep.
pub const BLOCKED_ORIGINS_MAX: usize = 10_000_000;
/// A draw is due a day after closing, unless the sale says otherwise.
pub const DRAW_BY_DEFAULT_NS: u64 = 24 * 3_600 * 1_000_000_000;
/// Nanoseconds of a second: hot lists count by whole ones.
pub const SECOND_NS: u64 = 1_000_000_000;
/// The hot list looks back a minute: whole seconds, this one included.
pub const HOT_WINDOW_S: u64 = 60;
/// Places of the hot list.
pub const HOT_PLACES: usize = 10;
/// Counters that were ever touched.
pub const COUNTERS_MAX: usize = 100_000_000;
/// Counters that one ranking looks at: it is answered in the line, which must not wait for a
/// report over everything. About a millisecond; a wider range is asked for in parts.
pub const COUNTERS_RANKED_MAX: usize = 100_000;
/// Old entries of the counters' window that one new entry lets go: more than one, so that the
/// window shrinks to its minute; few, so that no step pays for a whole minute.
pub const HOT_FORGOTTEN_MAX: usize = 4;
/// Phase changes scheduled for one instrument: two weeks of days with nine changes each.
pub const PHASES_SCHEDULED_MAX: usize = 128;
/// Slices an iceberg may show in its life: a step that eats it whole must end in bearable time.
pub const ICEBERG_SLICES_MAX: u64 = 65_536;
/// Request ids that are remembered for deposits, withdrawals and transfers.
pub const REQUESTS_MAX: usize = 1_000_000_000;

const _: () = assert!(ORDERS_MAX < u32::MAX as usize);
const _: () = assert!(BIDS_MAX < u32::MAX as usize);
const _: () = assert!(AUCTIONS_MAX < u32::MAX as usize);
const _: () = assert!(ACCOUNTS_MAX < u32::MAX as usize);
