//! The bytes: layout of a record, of a segment's header and of the tail's header.
//!
//! `docs/journal-format.md` holds the one table of offsets; a test compares it with the constants
//! here. This module encodes and checks single pieces; it knows nothing of files, of the line's
//! order (see `chain`), or of what a payload means.

use crate::fault::Fault;
use crate::limits::{PAGE_BYTES, PAYLOAD_BYTES_MAX, RECORD_ALIGN_BYTES, SEQ_MAX};

/// Version of everything in this module. A store with a newer one is refused by name.
pub const FORMAT_VERSION: u32 = 1;

/// First bytes of a segment file.
pub const SEGMENT_MAGIC: [u8; 8] = *b"RINGPIT\n";
/// First bytes of a tail file.
pub const TAIL_MAGIC: [u8; 8] = *b"RINGTAIL";

/// Bytes of a record before its payload.
pub const RECORD_HEAD_BYTES: usize = 40;
/// u32: head and payload, without padding. 0 ends the records of a segment.
pub const RECORD_LENGTH_AT: usize = 0;
/// u8: see [`Kind`].
pub const RECORD_KIND_AT: usize = 4;
/// u8: none is defined, must be 0.
pub const RECORD_FLAGS_AT: usize = 5;
/// u16: must be 0.
pub const RECORD_RESERVED_AT: usize = 6;
/// u64: the number of an input; for the other kinds the number they follow.
pub const RECORD_SEQ_AT: usize = 8;
/// u64: UNIX time in nanoseconds, never below that of the record before.
pub const RECORD_TIME_AT: usize = 16;
/// u64: highest number known to be durable when this record was appended.
pub const RECORD_DURABLE_AT: usize = 24;
/// u32: checksum of the input or checkpoint before this record.
pub const RECORD_PREV_CRC_AT: usize = 32;
/// u32: CRC32C, begun with the store's seed, over bytes 0 to 35 and the payload.
pub const RECORD_CRC_AT: usize = 36;

/// Bytes of a segment's header, and of a tail's.
pub const HEADER_BYTES: usize = PAGE_BYTES as usize;
/// 8 bytes: [`SEGMENT_MAGIC`].
pub const SEGMENT_MAGIC_AT: usize = 0;
/// u32: [`FORMAT_VERSION`].
pub const SEGMENT_VERSION_AT: usize = 8;
/// u32: [`HEADER_BYTES`].
pub const SEGMENT_HEADER_BYTES_AT: usize = 12;
/// 16 bytes: the store's random id.
pub const SEGMENT_STORE_ID_AT: usize = 16;
/// u32: version of the rules that give its payloads their meaning.
pub const SEGMENT_RULES_AT: usize = 32;
/// u32: checksum of the last input or checkpoint before this segment; the store's seed in the first.
pub const SEGMENT_PREV_CRC_AT: usize = 36;
/// u64: number of the first input it holds or will hold; also its file name.
pub const SEGMENT_FIRST_SEQ_AT: usize = 40;
/// u64: length of the file.
pub const SEGMENT_BYTES_AT: usize = 48;
/// u64: time of the last record before this segment, 0 in the first.
pub const SEGMENT_PREV_TIME_AT: usize = 56;
/// 32 bytes: SHA-256 over the records of the segment before (without its seal), 0 in the first.
pub const SEGMENT_PREV_DIGEST_AT: usize = 64;
/// Must be 0 up to the checksum.
pub const SEGMENT_ZERO_AT: usize = 96;
/// u32: CRC32C over every byte of the header before it.
pub const SEGMENT_CRC_AT: usize = 4092;

/// 8 bytes: [`TAIL_MAGIC`].
pub const TAIL_MAGIC_AT: usize = 0;
/// u32: [`FORMAT_VERSION`].
pub const TAIL_VERSION_AT: usize = 8;
/// 16 bytes: the store's random id.
pub const TAIL_STORE_ID_AT: usize = 16;
/// u64: length of the ring, which begins at [`HEADER_BYTES`].
pub const TAIL_RING_BYTES_AT: usize = 32;
/// u32: CRC32C over the bytes before it.
pub const TAIL_CRC_AT: usize = 40;
/// u64, alone on its cache line but for the next: bytes ever appended, whole records only.
pub const TAIL_PUBLISHED_AT: usize = 128;
/// u64: number of the last input appended.
pub const TAIL_APPENDED_SEQ_AT: usize = 136;
/// u64, alone on its cache line: bytes ever flushed to the segments and free to be overwritten.
pub const TAIL_RELEASED_AT: usize = 256;
/// In the ring, this in place of a record's length: the line goes on at the ring's start.
pub const TAIL_WRAP: u32 = u32::MAX;

/// The random name of a store, the same in all its files.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreId(pub [u8; 16]);

impl StoreId {
    /// Every checksum of the store's records begins with this, so that a record of another store,
    /// or bytes a client chose, never pass for one of this store.
    pub(crate) fn seed(&self) -> u32 {
        crc32c::crc32c(&self.0)
    }
}

impl std::fmt::Display for StoreId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl std::fmt::Debug for StoreId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "StoreId({self})")
    }
}

/// What a record is. Kinds 5 to 15 are kept for later versions of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// An input: takes the next number.
    Input = 1,
    /// The caller's digests at the number it follows: takes no number, may follow an input only.
    Checkpoint = 2,
    /// Written by the flusher after a flush, when idle and on a clean stop: all up to the number it
    /// follows is durable. The chain of checksums passes it by.
    Mark = 3,
    /// Last in a segment, written once the next segment is durable: that segment must exist. The
    /// chain of checksums passes it by.
    Seal = 4,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Input, Self::Checkpoint, Self::Mark, Self::Seal]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }

    /// Whether the chain of checksums runs through it, as against the flusher's notes.
    #[must_use]
    pub fn is_chained(self) -> bool {
        matches!(self, Self::Input | Self::Checkpoint)
    }

    /// Its name in messages and listings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Checkpoint => "checkpoint",
            Self::Mark => "mark",
            Self::Seal => "seal",
        }
    }
}

/// One record that passed its own checks; whether it belongs here is for the chain to say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parsed<'a> {
    pub kind: Kind,
    pub seq: u64,
    pub time_ns: u64,
    pub durable_seq: u64,
    pub prev_crc: u32,
    pub crc: u32,
    pub payload: &'a [u8],
    /// Head, payload and padding.
    pub padded_bytes: usize,
}

/// What stands at a place where a record may begin.
#[derive(Debug)]
pub(crate) enum Slot<'a> {
    /// Length 0: no more records.
    End,
    Record(Parsed<'a>),
    Bad(Fault),
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

/// Head, payload and padding of a record with this payload.
pub(crate) const fn padded_bytes(payload_bytes: usize) -> usize {
    (RECORD_HEAD_BYTES + payload_bytes).next_multiple_of(RECORD_ALIGN_BYTES)
}

/// What a new record's head is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub kind: Kind,
    pub seq: u64,
    pub time_ns: u64,
    pub durable_seq: u64,
    pub prev_crc: u32,
}

impl Head {
    /// The head's bytes and the checksum in them.
    pub(crate) fn encode(&self, seed: u32, payload: &[u8]) -> ([u8; RECORD_HEAD_BYTES], u32) {
        assert!(payload.len() <= PAYLOAD_BYTES_MAX, "payload of {} bytes", payload.len());
        let mut head = [0; RECORD_HEAD_BYTES];
        let length = (RECORD_HEAD_BYTES + payload.len()) as u32;
        put(&mut head, RECORD_LENGTH_AT, &length.to_le_bytes());
        head[RECORD_KIND_AT] = self.kind as u8;
        put(&mut head, RECORD_SEQ_AT, &self.seq.to_le_bytes());
        put(&mut head, RECORD_TIME_AT, &self.time_ns.to_le_bytes());
        put(&mut head, RECORD_DURABLE_AT, &self.durable_seq.to_le_bytes());
        put(&mut head, RECORD_PREV_CRC_AT, &self.prev_crc.to_le_bytes());
        let crc = crc32c::crc32c_append(seed, &head[..RECORD_CRC_AT]);
        let crc = crc32c::crc32c_append(crc, payload);
        put(&mut head, RECORD_CRC_AT, &crc.to_le_bytes());
        (head, crc)
    }
}

/// Reads the record at the start of `bytes`, which may hold more after it. Allocates nothing.
pub(crate) fn parse(bytes: &[u8], seed: u32) -> Slot<'_> {
    if bytes.len() < RECORD_HEAD_BYTES {
        let ends = bytes.len() < 4 || u32_at(bytes, RECORD_LENGTH_AT) == 0;
        return if ends { Slot::End } else { Slot::Bad(Fault::ShortFile) };
    }
    let length = u32_at(bytes, RECORD_LENGTH_AT);
    if length == 0 {
        return Slot::End;
    }
    let Some(payload_bytes) = (length as usize).checked_sub(RECORD_HEAD_BYTES) else {
        return Slot::Bad(Fault::Length(length));
    };
    if payload_bytes > PAYLOAD_BYTES_MAX {
        return Slot::Bad(Fault::Length(length));
    }
    let padded = padded_bytes(payload_bytes);
    if padded > bytes.len() {
        return Slot::Bad(Fault::ShortFile);
    }
    let payload = &bytes[RECORD_HEAD_BYTES..RECORD_HEAD_BYTES + payload_bytes];
    let computed = crc32c::crc32c_append(seed, &bytes[..RECORD_CRC_AT]);
    let computed = crc32c::crc32c_append(computed, payload);
    let stored = u32_at(bytes, RECORD_CRC_AT);
    if stored != computed {
        return Slot::Bad(Fault::Checksum { stored, computed });
    }
    if bytes[RECORD_HEAD_BYTES + payload_bytes..padded].iter().any(|byte| *byte != 0) {
        return Slot::Bad(Fault::Padding);
    }
    let flags = u32_at(bytes, RECORD_KIND_AT) >> 8;
    let kind = bytes[RECORD_KIND_AT];
    match Kind::from_byte(kind) {
        Some(known) if flags == 0 => Slot::Record(Parsed {
            kind: known,
            seq: u64_at(bytes, RECORD_SEQ_AT),
            time_ns: u64_at(bytes, RECORD_TIME_AT),
            durable_seq: u64_at(bytes, RECORD_DURABLE_AT),
            prev_crc: u32_at(bytes, RECORD_PREV_CRC_AT),
            crc: stored,
            payload,
            padded_bytes: padded,
        }),
        _ => Slot::Bad(Fault::Unknown { kind, flags }),
    }
}

/// What a segment's header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub store_id: StoreId,
    pub rules_version: u32,
    pub first_seq: u64,
    pub segment_bytes: u64,
    pub prev_crc: u32,
    pub prev_time_ns: u64,
    pub prev_digest: [u8; 32],
}

/// Why a segment's header can't be used.
#[derive(Debug)]
pub(crate) enum BadHeader {
    /// Whole, but of a version this program does not know.
    Newer(u32),
    Fault(Fault),
}

impl SegmentHeader {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0; HEADER_BYTES];
        put(&mut bytes, SEGMENT_MAGIC_AT, &SEGMENT_MAGIC);
        put(&mut bytes, SEGMENT_VERSION_AT, &FORMAT_VERSION.to_le_bytes());
        put(&mut bytes, SEGMENT_HEADER_BYTES_AT, &(HEADER_BYTES as u32).to_le_bytes());
        put(&mut bytes, SEGMENT_STORE_ID_AT, &self.store_id.0);
        put(&mut bytes, SEGMENT_RULES_AT, &self.rules_version.to_le_bytes());
        put(&mut bytes, SEGMENT_PREV_CRC_AT, &self.prev_crc.to_le_bytes());
        put(&mut bytes, SEGMENT_FIRST_SEQ_AT, &self.first_seq.to_le_bytes());
        put(&mut bytes, SEGMENT_BYTES_AT, &self.segment_bytes.to_le_bytes());
        put(&mut bytes, SEGMENT_PREV_TIME_AT, &self.prev_time_ns.to_le_bytes());
        put(&mut bytes, SEGMENT_PREV_DIGEST_AT, &self.prev_digest);
        let crc = crc32c::crc32c(&bytes[..SEGMENT_CRC_AT]);
        put(&mut bytes, SEGMENT_CRC_AT, &crc.to_le_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, BadHeader> {
        let fault = |fault| Err(BadHeader::Fault(fault));
        if bytes.len() < HEADER_BYTES {
            return fault(Fault::ShortFile);
        }
        if bytes[SEGMENT_MAGIC_AT..SEGMENT_MAGIC_AT + 8] != SEGMENT_MAGIC {
            return fault(Fault::Magic);
        }
        let computed = crc32c::crc32c(&bytes[..SEGMENT_CRC_AT]);
        let stored = u32_at(bytes, SEGMENT_CRC_AT);
        if stored != computed {
            return fault(Fault::HeaderChecksum { stored, computed });
        }
        let version = u32_at(bytes, SEGMENT_VERSION_AT);
        if version > FORMAT_VERSION {
            return Err(BadHeader::Newer(version));
        }
        if version == 0 {
            return fault(Fault::HeaderField("format version"));
        }
        if u32_at(bytes, SEGMENT_HEADER_BYTES_AT) as usize != HEADER_BYTES {
            return fault(Fault::HeaderField("header bytes"));
        }
        if bytes[SEGMENT_ZERO_AT..SEGMENT_CRC_AT].iter().any(|byte| *byte != 0) {
            return fault(Fault::HeaderField("reserved"));
        }
        let mut store_id = [0; 16];
        store_id.copy_from_slice(&bytes[SEGMENT_STORE_ID_AT..SEGMENT_STORE_ID_AT + 16]);
        let mut prev_digest = [0; 32];
        prev_digest.copy_from_slice(&bytes[SEGMENT_PREV_DIGEST_AT..SEGMENT_PREV_DIGEST_AT + 32]);
        let header = Self {
            store_id: StoreId(store_id),
            rules_version: u32_at(bytes, SEGMENT_RULES_AT),
            first_seq: u64_at(bytes, SEGMENT_FIRST_SEQ_AT),
            segment_bytes: u64_at(bytes, SEGMENT_BYTES_AT),
            prev_crc: u32_at(bytes, SEGMENT_PREV_CRC_AT),
            prev_time_ns: u64_at(bytes, SEGMENT_PREV_TIME_AT),
            prev_digest,
        };
        if !(1..=SEQ_MAX).contains(&header.first_seq) {
            return fault(Fault::HeaderField("first sequence number"));
        }
        let sizes = crate::limits::SEGMENT_BYTES_MIN..=crate::limits::SEGMENT_BYTES_MAX;
        if !sizes.contains(&header.segment_bytes)
            || !header.segment_bytes.is_multiple_of(PAGE_BYTES)
        {
            return fault(Fault::HeaderField("segment bytes"));
        }
        Ok(header)
    }
}

/// The fixed part of a tail's header; the positions after it are live numbers of their own.
pub(crate) fn encode_tail_header(store_id: StoreId, ring_bytes: u64) -> Vec<u8> {
    let mut bytes = vec![0; HEADER_BYTES];
    put(&mut bytes, TAIL_MAGIC_AT, &TAIL_MAGIC);
    put(&mut bytes, TAIL_VERSION_AT, &FORMAT_VERSION.to_le_bytes());
    put(&mut bytes, TAIL_STORE_ID_AT, &store_id.0);
    put(&mut bytes, TAIL_RING_BYTES_AT, &ring_bytes.to_le_bytes());
    let crc = crc32c::crc32c(&bytes[..TAIL_CRC_AT]);
    put(&mut bytes, TAIL_CRC_AT, &crc.to_le_bytes());
    bytes
}

/// The ring's length if this is the header of a tail of this store.
pub(crate) fn decode_tail_header(bytes: &[u8], store_id: StoreId) -> Result<u64, &'static str> {
    if bytes.len() < HEADER_BYTES || bytes[TAIL_MAGIC_AT..TAIL_MAGIC_AT + 8] != TAIL_MAGIC {
        return Err("it is not a tail");
    }
    if u32_at(bytes, TAIL_CRC_AT) != crc32c::crc32c(&bytes[..TAIL_CRC_AT]) {
        return Err("its header's checksum is wrong");
    }
    if u32_at(bytes, TAIL_VERSION_AT) != FORMAT_VERSION {
        return Err("it has another format version");
    }
    if bytes[TAIL_STORE_ID_AT..TAIL_STORE_ID_AT + 16] != store_id.0 {
        return Err("it belongs to another store");
    }
    Ok(u64_at(bytes, TAIL_RING_BYTES_AT))
}

/// File name of the segment that starts at `first_seq`.
pub(crate) fn segment_name(first_seq: u64) -> String {
    format!("{first_seq:020}.rpj")
}

/// The number in a segment's file name; `None` for any other file.
pub(crate) fn segment_first_seq(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".rpj")?;
    if digits.len() != 20 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|first_seq| (1..=SEQ_MAX).contains(first_seq))
}

const _: () = assert!(RECORD_CRC_AT + 4 == RECORD_HEAD_BYTES);
const _: () = assert!(RECORD_HEAD_BYTES.is_multiple_of(RECORD_ALIGN_BYTES));
const _: () = assert!(SEGMENT_CRC_AT + 4 == HEADER_BYTES);
const _: () = assert!(TAIL_CRC_AT + 4 <= TAIL_PUBLISHED_AT);
const _: () = assert!(TAIL_PUBLISHED_AT.is_multiple_of(64) && TAIL_RELEASED_AT.is_multiple_of(64));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_back_and_every_flipped_bit_is_seen() {
        let head = Head { kind: Kind::Input, seq: 7, time_ns: 9, durable_seq: 6, prev_crc: 3 };
        let payload = b"eleven byte";
        let (bytes, crc) = head.encode(42, payload);
        let mut bytes = bytes.to_vec();
        bytes.extend_from_slice(payload);
        bytes.resize(padded_bytes(payload.len()), 0);
        match parse(&bytes, 42) {
            Slot::Record(parsed) => {
                assert_eq!((parsed.seq, parsed.time_ns, parsed.durable_seq), (7, 9, 6));
                assert_eq!((parsed.payload, parsed.crc), (&payload[..], crc));
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(parse(&bytes, 43), Slot::Bad(Fault::Checksum { .. })));
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(!matches!(parse(&bytes, 42), Slot::Record(_)), "bit {bit}");
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn names_of_segments_sort_and_read_back() {
        assert_eq!(segment_name(1), "00000000000000000001.rpj");
        assert_eq!(segment_first_seq(&segment_name(SEQ_MAX)), Some(SEQ_MAX));
        let others = ["1.rpj", "+0000000000000000001.rpj", "00000000000000000001.rpj.lost-1"];
        for other in others.map(str::to_owned).into_iter().chain([0, u64::MAX].map(segment_name)) {
            assert_eq!(segment_first_seq(&other), None, "{other}");
        }
    }
}
