//! The table of byte offsets in `docs/journal-format.md` is the reference: it and the constants in
//! `format.rs` must say the same.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ringpit_journal::Kind;
use ringpit_journal::format::*;
use ringpit_journal::limits::{IDLE_MARK, PAYLOAD_BYTES_MAX};

/// Place, offset, bytes (0 where the rest follows) and the first words of each field.
const TABLE: &[(&str, usize, usize, &str)] = &[
    ("record", RECORD_LENGTH_AT, 4, "length of head and payload"),
    ("record", RECORD_KIND_AT, 1, "kind"),
    ("record", RECORD_FLAGS_AT, 1, "flags"),
    ("record", RECORD_RESERVED_AT, 2, "reserved"),
    ("record", RECORD_SEQ_AT, 8, "sequence number"),
    ("record", RECORD_TIME_AT, 8, "time"),
    ("record", RECORD_DURABLE_AT, 8, "durable sequence number"),
    ("record", RECORD_PREV_CRC_AT, 4, "checksum of the input or checkpoint before"),
    ("record", RECORD_CRC_AT, 4, "checksum, begun with the store's seed"),
    ("record", RECORD_HEAD_BYTES, 0, "payload"),
    ("segment", SEGMENT_MAGIC_AT, 8, "`RINGPIT`"),
    ("segment", SEGMENT_VERSION_AT, 4, "format version, 1"),
    ("segment", SEGMENT_HEADER_BYTES_AT, 4, "length of this header, 4096"),
    ("segment", SEGMENT_STORE_ID_AT, 16, "store id"),
    ("segment", SEGMENT_RULES_AT, 4, "rules version"),
    ("segment", SEGMENT_PREV_CRC_AT, 4, "checksum of the last input or checkpoint before"),
    ("segment", SEGMENT_FIRST_SEQ_AT, 8, "first sequence number"),
    ("segment", SEGMENT_BYTES_AT, 8, "length of the file"),
    ("segment", SEGMENT_PREV_TIME_AT, 8, "time of the last record before"),
    ("segment", SEGMENT_PREV_DIGEST_AT, 32, "SHA-256"),
    ("segment", SEGMENT_ZERO_AT, 3996, "0"),
    ("segment", SEGMENT_CRC_AT, 4, "checksum"),
    ("segment", HEADER_BYTES, 0, "records"),
    ("tail", TAIL_MAGIC_AT, 8, "`RINGTAIL`"),
    ("tail", TAIL_VERSION_AT, 4, "format version, 1"),
    ("tail", TAIL_STORE_ID_AT, 16, "store id"),
    ("tail", TAIL_RING_BYTES_AT, 8, "length of the ring"),
    ("tail", TAIL_CRC_AT, 4, "checksum"),
    ("tail", TAIL_PUBLISHED_AT, 8, "published"),
    ("tail", TAIL_APPENDED_SEQ_AT, 8, "sequence number of the last input"),
    ("tail", TAIL_RELEASED_AT, 8, "released"),
    ("tail", HEADER_BYTES, 0, "ring"),
];

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/journal-format.md");
    std::fs::read_to_string(path).unwrap()
}

/// The cells of each row of the table whose header begins with `first`.
fn rows(page: &str, first: &str) -> Vec<Vec<String>> {
    page.lines()
        .skip_while(|line| !line.starts_with(&format!("| {first} |")))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split(" | ").map(|c| c.trim().to_owned()).collect())
        .collect()
}

#[test]
fn the_page_and_the_constants_agree() {
    let page = page();
    let found = rows(&page, "where");
    assert_eq!(found.len(), TABLE.len());
    for (row, (place, offset, bytes, field)) in found.iter().zip(TABLE) {
        let bytes = if *bytes == 0 { "–".to_owned() } else { bytes.to_string() };
        assert_eq!(row[..3], [(*place).to_owned(), offset.to_string(), bytes], "{field}");
        assert!(row[3].starts_with(field), "{} is not {field}", row[3]);
    }
    for (kind, row) in
        [Kind::Input, Kind::Checkpoint, Kind::Mark, Kind::Seal].into_iter().zip(rows(&page, "kind"))
    {
        let number = (kind as u8).to_string();
        let chained = if kind.is_chained() { "yes" } else { "no" };
        assert_eq!(
            (&row[0], &row[1], row[3].as_str()),
            (&number, &kind.name().to_owned(), chained)
        );
    }
    assert!(page.contains(&format!("format, version {FORMAT_VERSION}")));
    assert!(page.contains("at most 8,152 bytes") && PAYLOAD_BYTES_MAX == 8_152);
    assert!(page.contains(&format!("after {} ms without work", IDLE_MARK.as_millis())));
}

/// Fields of one place follow each other without overlap.
#[test]
fn no_fields_overlap() {
    for pair in TABLE.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        assert!(pair[0].1 + pair[0].2 <= pair[1].1, "{} and {}", pair[0].3, pair[1].3);
    }
}
