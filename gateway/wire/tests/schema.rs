//! Proves encoders, decoders and layout table equal to the schema's XML: every field of every
//! message at the offset, with the size, the null and the codes that a stranger reads there.

mod common;

use common::*;
use ringpit_wire::{FieldLayout, MESSAGES};

fn same_fields(own: &[FieldLayout], block: &Block) {
    let own: Vec<_> = own.iter().map(|f| (f.name, f.id, f.offset, f.size, f.optional)).collect();
    let theirs = block.fields.iter();
    let theirs: Vec<_> =
        theirs.map(|f| (f.name.as_str(), f.id, f.offset, f.size, f.optional)).collect();
    assert_eq!(own, theirs, "{}", block.name);
}

/// The layout table is the XML's.
#[test]
fn table_is_the_schemas() {
    let messages = messages();
    assert_eq!(MESSAGES.len(), messages.len());
    for (own, theirs) in MESSAGES.iter().zip(&messages) {
        assert_eq!((own.name, own.template_id), (theirs.root.name.as_str(), theirs.root.id));
        assert_eq!(own.block_length, theirs.root.length, "{}", own.name);
        same_fields(own.fields, &theirs.root);
        assert_eq!(own.groups.len(), theirs.groups.len(), "{}", own.name);
        for (group, block) in own.groups.iter().zip(&theirs.groups) {
            assert_eq!((group.name, group.id), (block.name.as_str(), block.id));
            assert_eq!(group.block_length, block.length);
            same_fields(group.fields, block);
        }
    }
}

/// Frames built from the XML alone, with random values in every field, are read, and written
/// again byte for byte.
#[test]
fn random_frames_come_back() {
    let mut random = Random(1);
    for message in messages() {
        for _ in 0..400 {
            let bytes = random_frame(&message, &mut random);
            let (text, written) = again(&bytes);
            assert_eq!(bytes, written, "{}: {text}", message.root.name);
        }
    }
}

/// The Rust name of a field: the schema's, but for the keywords it had to rename.
fn rust_name(name: &str) -> String {
    match name {
        "fromAccount" | "fromPrice" | "fromCounter" => return "from".to_owned(),
        "toAccount" | "toCounter" => return "to".to_owned(),
        _ => {}
    }
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// How `{:?}` prints the value that stands in a field.
fn printed(block: &[u8], field: &Field) -> Vec<String> {
    let bytes = &block[field.offset..field.offset + field.size];
    let name = rust_name(&field.name);
    if field.primitive == "char" {
        let text = String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned();
        if field.optional && text.is_empty() {
            return vec![format!("{name}: None")];
        }
        return vec![format!("{name}: {text:?}"), format!("{name}: Some({text:?})")];
    }
    let mut wide = [0; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    let value = match field.primitive.as_str() {
        "int64" => i128::from(i64::from_le_bytes(wide)),
        _ => i128::from(u64::from_le_bytes(wide)),
    };
    if field.optional && Some(value) == field.null {
        return vec![format!("{name}: None")];
    }
    let word = match field.values.iter().find(|(_, code)| *code == value) {
        Some((yes, _)) if yes == "Yes" => "true".to_owned(),
        Some((no, _)) if no == "No" => "false".to_owned(),
        Some((word, _)) => word.clone(),
        None => value.to_string(),
    };
    let id =
        |kind: &str| [format!("{name}: {kind}({word})"), format!("{name}: Some({kind}({word}))")];
    let kinds = [
        "AccountId",
        "AssetId",
        "InstrumentId",
        "AuctionId",
        "SaleId",
        "ProductId",
        "SessionId",
        "GroupId",
        "CounterId",
        "ClOrdId",
        "OrderId",
        "TradeId",
        "BidId",
        "ReservationId",
        "RequestId",
        "OriginId",
    ];
    let plain = [format!("{name}: {word}"), format!("{name}: Some({word})")];
    plain.into_iter().chain(kinds.iter().flat_map(|kind| id(kind))).collect()
}

/// Each field of the XML arrives in the Rust field of its name.
#[test]
fn fields_keep_their_names() {
    let mut random = Random(2);
    for message in messages() {
        // These are told apart or defaulted in Rust; other tests read them field by field.
        let odd = ["Stats", "Negotiate", "Establish"];
        if odd.contains(&message.root.name.as_str()) {
            continue;
        }
        for _ in 0..20 {
            let root = random_block(&message.root, &mut random);
            let groups: Vec<_> =
                message.groups.iter().map(|group| (group.length, Vec::new())).collect();
            let (text, _) = again(&frame(message.root.id, &root, &groups, 0));
            for field in &message.root.fields {
                let possible = printed(&root, field);
                let shown = |value: &String| text.contains(&format!(" {value}"));
                assert!(
                    possible.iter().any(shown),
                    "{}: none of {possible:?} in {text}",
                    message.root.name
                );
            }
        }
    }
}

/// Values that a field may not hold, each with its reason, as the whole field's bytes.
fn impossible(field: &Field) -> Vec<(Vec<u8>, &'static str)> {
    let int = |value: i128| value.to_le_bytes()[..field.size].to_vec();
    let mut values = Vec::new();
    match field.primitive.as_str() {
        "char" if field.name == "signature" => {}
        "char" => {
            for (at, octet) in [(0, 0x1f), (1, 0x7f), (field.size - 1, 0x80), (3, 0)] {
                let mut text = vec![b'a'; field.size];
                text[at] = octet;
                values.push((text, "bad_text"));
            }
        }
        _ if !field.values.is_empty() => {
            let codes =
                (0..(1 << (8 * field.size)) - 1).filter(|code| *code < 300 || code % 97 == 0);
            let known = |code: &i128| field.values.iter().any(|(_, known)| known == code);
            // Codes that only the venue's own commands have are no words of the wire.
            let inner = |code: &i128| field.name == "command" && (37..=41).contains(code);
            let unknown = codes.filter(|code| !known(code) && !inner(code));
            values.extend(unknown.map(|code| (int(code), "bad_enum")));
        }
        "uint64" => {
            values.extend([1 << 63, (1 << 64) - 2].map(|value| (int(value), "out_of_range")));
        }
        _ => {}
    }
    if !field.optional && field.primitive != "char" {
        let null = match field.primitive.as_str() {
            "int64" => i128::from(i64::MIN),
            _ => (1 << (8 * field.size)) - 1,
        };
        values.push((int(null), "missing_field"));
    }
    values
}

/// What a field may not hold is refused with the field's id; a null where it is required too.
#[test]
fn impossible_values_name_their_field() {
    let mut random = Random(3);
    let mut tried = 0;
    for message in messages() {
        let groups: Vec<_> = message.groups.iter().map(|group| (group.length, vec![])).collect();
        let id = message.root.id;
        for field in &message.root.fields {
            for (value, word) in impossible(field) {
                let mut root = random_block(&message.root, &mut random);
                root[field.offset..field.offset + field.size].copy_from_slice(&value);
                let answer = refused(&frame(id, &root, &groups, 0));
                let place = format!("{} {} {value:?}", message.root.name, field.name);
                assert_eq!(answer, Some((field.id, None, word)), "{place}");
                tried += 1;
            }
        }
    }
    assert!(tried > 3_000, "{tried}");
}
