//! The rules a reader follows: headers, versions, groups, legs, alternatives, logins.
#![allow(clippy::expect_used, reason = "a test that cannot go on says why")]

mod common;

use common::*;
use proptest::prelude::*;
use ringpit_core::command::{Atomic, Leg};
use ringpit_core::{AccountId, Command};
use ringpit_wire::signature::{put_signature, signed_parts};
use ringpit_wire::*;

/// `bytes of the header → what peek_len says`.
#[test]
fn headers_are_checked_as_they_arrive() {
    type Row = (&'static [u8], Result<Option<usize>, FrameError>);
    let table: &[Row] = &[
        (&[], Ok(None)),
        (&[0, 0, 0], Ok(None)),
        (&[0, 0, 0, 13], Err(FrameError::Length(13))),
        (&[0, 0, 0, 14], Ok(None)),
        (&[0, 0, 0, 14, 0xEB], Ok(None)),
        (&[0, 0, 0, 14, 0xEB, 0x50], Ok(Some(14))),
        (&[0, 0, 16, 0, 0xEB, 0x50], Ok(Some(4096))),
        (&[0, 0, 16, 1], Err(FrameError::Length(4097))),
        (&[255, 255, 255, 255], Err(FrameError::Length(u32::MAX))),
        (&[14, 0, 0, 0], Err(FrameError::Length(0x0e00_0000))),
        (&[0, 0, 0, 14, 0x50, 0xEB], Err(FrameError::EncodingType(0x50EB))),
        (&[0, 0, 0, 14, 0xEB, 0x51, 1, 2, 3], Err(FrameError::EncodingType(0xEB51))),
    ];
    for (bytes, answer) in table {
        assert_eq!(peek_len(bytes), *answer, "{bytes:?}");
    }
}

#[test]
fn frames_are_whole_and_of_this_schema() {
    let good = frame(602, &[], &[], 0);
    assert_eq!(good.len(), 14);
    let whole = Frame::new(&good).expect("frame");
    assert_eq!((whole.template_id(), whole.version(), whole.is_session()), (602, 0, false));
    assert_eq!(Frame::new(&good[..13]), Err(FrameError::Size { length: 14, have: 13 }));
    let longer = [good.clone(), vec![0]].concat();
    assert_eq!(Frame::new(&longer), Err(FrameError::Size { length: 14, have: 15 }));
    let mut foreign = good;
    foreign[10] += 1;
    assert_eq!(Frame::new(&foreign), Err(FrameError::SchemaId(8422)));
    assert!(Frame::new(&[]).is_err());
}

/// A known version admits no other block length and no bytes left; a newer one adds what it likes.
#[test]
fn versions_decide_what_may_be_skipped() {
    let mut random = Random(4);
    for message in messages() {
        let id = message.root.id;
        let plain = random_frame(&message, &mut random);
        let root = plain[14..14 + message.root.length].to_vec();
        let groups = plain[14 + message.root.length..].to_vec();
        let build = |block: Vec<u8>, groups: &[u8], tail: usize, version: u16| {
            let body = [block.clone(), groups.to_vec(), vec![7; tail]].concat();
            let mut bytes = frame(id, &body, &[], version);
            bytes[6..8].copy_from_slice(&(block.len() as u16).to_le_bytes());
            bytes
        };
        let bad_length = Some((0, None, "bad_length"));
        let longer = [root.clone(), vec![7; 9]].concat();
        assert_eq!(refused(&build(longer.clone(), &groups, 0, VERSION)), bad_length);
        assert_eq!(refused(&build(longer.clone(), &groups, 0, VERSION + 1)), None);
        assert_eq!(refused(&build(root.clone(), &groups, 1, VERSION)), bad_length);
        assert_eq!(refused(&build(root.clone(), &groups, 33, VERSION + 1)), None);
        assert_eq!(refused(&build(longer, &groups, 5, u16::MAX)), None);
        if let Some(short) = root.len().checked_sub(1) {
            for version in [0, VERSION, VERSION + 1] {
                assert_eq!(
                    refused(&build(root[..short].to_vec(), &groups, 0, version)),
                    bad_length
                );
            }
        }
        let mut beyond = plain;
        beyond[6..8].copy_from_slice(&u16::MAX.to_le_bytes());
        assert_eq!(refused(&beyond), bad_length);
    }
}

/// A group's count and block length must be what is there; the fault names the group.
#[test]
fn groups_name_themselves() {
    let mut random = Random(5);
    for message in messages().into_iter().filter(|message| !message.groups.is_empty()) {
        let group = &message.groups[0];
        let root = random_block(&message.root, &mut random);
        let entry = loop {
            let bytes = random_frame(&message, &mut random);
            let at = 14 + message.root.length + 4;
            if bytes.len() >= at + group.length {
                break bytes[at..at + group.length].to_vec();
            }
        };
        let with = |size: usize, count: usize, entries: usize, version: u16| {
            let mut body = root.clone();
            body.extend((size as u16).to_le_bytes());
            body.extend((count as u16).to_le_bytes());
            for _ in 0..entries {
                let mut wide = entry.clone();
                wide.resize(size.min(4096), 7);
                body.extend(wide);
            }
            let mut bytes = frame(message.root.id, &body, &[], version);
            bytes[6..8].copy_from_slice(&(root.len() as u16).to_le_bytes());
            refused(&bytes)
        };
        let bad_group = Some((group.id, None, "bad_group"));
        let size = group.length;
        for count in [0, 1, 2, 16] {
            assert_eq!(with(size, count, count, 0), None, "{} {count}", group.name);
        }
        assert_eq!(with(size, 17, 17, 0), bad_group);
        assert_eq!(with(size, 65_535, 1, 0), bad_group);
        assert_eq!(with(size, 2, 1, 0), bad_group);
        assert_eq!(with(size, 1, 2, 0), Some((0, None, "bad_length")));
        assert_eq!(with(size - 1, 1, 1, 0), bad_group);
        assert_eq!(with(size - 1, 1, 1, VERSION + 1), bad_group);
        assert_eq!(with(size + 3, 2, 2, 0), bad_group);
        assert_eq!(with(size + 3, 2, 2, VERSION + 1), None);
        assert_eq!(with(0, 16, 0, 0), bad_group);
        assert_eq!(with(0, 0, 0, 0), None);
        let headless = frame(message.root.id, &root, &[], 0);
        assert_eq!(refused(&headless), bad_group);
    }
}

fn atomic_of(entries: Vec<Vec<u8>>) -> Vec<u8> {
    let message = message("Atomic");
    let mut root = vec![0; 16];
    set(&mut root, &message.root.fields[0], 42);
    frame(541, &root, &[(message.groups[0].length, entries)], 0)
}

fn leg_of(kind: &str) -> (Block, Vec<u8>) {
    let group = message("Atomic").groups[0].clone();
    let mut entry = vec![0; group.length];
    let code = group.fields[0].values.iter().find(|(name, _)| name == kind).expect("kind").1;
    for field in &group.fields[1..] {
        if leg_fields(kind).0.contains(&field.name.as_str()) {
            set(&mut entry, field, field.values.first().map_or(1, |(_, code)| *code));
        } else {
            set_null(&mut entry, field);
        }
    }
    set(&mut entry, &group.fields[0], code);
    (group, entry)
}

/// Every kind of leg: its required fields are missed by name, every foreign field is refused by
/// name, and the entry is counted from 1.
#[test]
fn legs_hold_their_own_fields_only() {
    let kinds = message("Atomic").groups[0].fields[0].values.clone();
    assert_eq!(kinds.len(), 9);
    let (_, first) = leg_of("After");
    for (kind, _) in &kinds {
        let (group, entry) = leg_of(kind);
        assert_eq!(refused(&atomic_of(vec![first.clone(), entry.clone()])), None, "{kind}");
        let (required, optional) = leg_fields(kind);
        for field in &group.fields[1..] {
            let name = field.name.as_str();
            let mut changed = entry.clone();
            let in_order =
                kind == "Order" && matches!(name, "account" | "tif" | "postOnly" | "stp");
            let expected = if name == "account" && required.contains(&name) {
                // It may be left out: the atomic's own.
                set_null(&mut changed, field);
                None
            } else if required.contains(&name) {
                set_null(&mut changed, field);
                Some((field.id, Some(2), "missing_field"))
            } else {
                set(&mut changed, field, field.values.first().map_or(1, |(_, code)| *code));
                let own = optional.contains(&name) || in_order;
                (!own).then_some((field.id, Some(2), "bad_value"))
            };
            let answer = refused(&atomic_of(vec![first.clone(), changed]));
            assert_eq!(answer, expected, "{kind} {name}");
        }
    }
    let (group, mut entry) = leg_of("After");
    set(&mut entry, &group.fields[0], 77);
    assert_eq!(refused(&atomic_of(vec![entry.clone()])), Some((20050, Some(1), "bad_enum")));
    set(&mut entry, &group.fields[0], 255);
    assert_eq!(refused(&atomic_of(vec![entry])), Some((20050, Some(1), "missing_field")));
}

#[test]
fn legs_act_for_the_atomics_account() {
    let (group, entry) = leg_of("Reserve");
    let mut without = entry.clone();
    set_null(&mut without, &group.fields[1]);
    let bytes = atomic_of(vec![entry, without]);
    let incoming = decode_incoming(&Frame::new(&bytes).expect("frame")).expect("atomic");
    let Incoming::Command { command: Command::Atomic(Atomic { legs, .. }), .. } = incoming else {
        panic!("{incoming:?}");
    };
    let accounts: Vec<_> = legs
        .iter()
        .map(|leg| match leg {
            Leg::Reserve { account, .. } => *account,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(accounts, [AccountId(1), AccountId(42)]);
}

#[test]
fn one_of_two_ids_must_be_there() {
    for name in ["CancelOrder", "ReplaceOrder"] {
        let message = message(name);
        let mut root = random_block(&message.root, &mut Random(6));
        let ids: Vec<_> =
            message.root.fields.iter().filter(|f| f.id == 37 || f.id == 41).cloned().collect();
        for (order_id, orig, expected) in [
            (Some(1), Some(2), None),
            (Some(1), None, None),
            (None, Some(2), None),
            (None, None, Some((37, None, "missing_field"))),
        ] {
            for (field, value) in ids.iter().zip([order_id, orig]) {
                match value {
                    Some(value) => set(&mut root, field, value),
                    None => set_null(&mut root, field),
                }
            }
            assert_eq!(refused(&frame(message.root.id, &root, &[], 0)), expected, "{name}");
        }
    }
}

#[test]
fn a_subscription_names_one_thing() {
    let message = message("Subscribe");
    let bits = [field_id::INSTRUMENT, field_id::AUCTION, field_id::SALE];
    for mask in 0..8_u32 {
        let mut root = random_block(&message.root, &mut Random(7));
        for (bit, id) in bits.iter().enumerate() {
            let field = message.root.fields.iter().find(|field| field.id == *id).expect("field");
            if mask & (1 << bit) == 0 {
                set_null(&mut root, field)
            } else {
                set(&mut root, field, 1)
            }
        }
        let bytes = frame(600, &root, &[], 0);
        let incoming = decode_incoming(&Frame::new(&bytes).expect("frame")).expect("subscribe");
        let fault = incoming.check().err().map(|fault| fault.field_id);
        let expected = match mask {
            0b011 | 0b111 => Some(field_id::AUCTION),
            0b101 | 0b110 => Some(field_id::SALE),
            _ => None,
        };
        assert_eq!(fault, expected, "{mask:03b}");
    }
}

/// Templates that are nobody's, or only the other side's.
#[test]
fn unknown_templates_are_refused_as_such() {
    let known = messages();
    for id in 0..=u16::MAX {
        let bytes = frame(id, &[], &[], 0);
        let whole = Frame::new(&bytes).expect("frame");
        let fault = decode_incoming(&whole).err();
        let sent = known.iter().any(|m| m.root.id == id) && from_client(id);
        if !sent {
            let fault = fault.expect("fault");
            assert_eq!((fault.template_id, fault.field_id), (id, 0));
            assert_eq!(fault.reason.word(), "unknown_template");
        }
        assert_eq!(whole.is_session(), (500..=511).contains(&id));
    }
}

/// Lists longer than 16 exist in scenario lines, so that they can be refused there; not here.
#[test]
fn seventeen_entries_are_not_written() {
    let mut legs = ringpit_core::List::new();
    let mut buffer = [0; 4096];
    for count in 1..=17 {
        legs.push(Leg::Before { time: count }).expect("room");
        let atomic = Atomic { account: AccountId(1), request_id: 1.into(), legs };
        let written = encode_command(&atomic.into(), 0, &mut buffer);
        assert_eq!(written.is_some(), count <= 16);
    }
    assert_eq!(encode_command(&Command::Tick, 0, &mut buffer), None);
    assert_eq!(encode_command(&Command::QueryDeadlines, 1, &mut buffer[..21]), None);
    assert_eq!(encode_command(&Command::QueryDeadlines, 1, &mut buffer[..22]), Some(22));
}

/// A number that is its type's null would arrive as nothing at all: it is not written.
#[test]
fn nulls_are_not_written_as_values() {
    let mut buffer = [0; 4096];
    let replace = |qty, price| ringpit_core::command::ReplaceOrder {
        account: AccountId(1),
        instrument: 1.into(),
        order_id: Some(1.into()),
        orig_cl_ord_id: None,
        cl_ord_id: 2.into(),
        qty,
        price,
    };
    let most = i64::MAX as u64;
    for (qty, price, written) in [
        (0, None, true),
        (most, Some(i64::MAX), true),
        (most, Some(i64::MIN + 1), true),
        (most, Some(i64::MIN), false),
        (most + 1, None, false),
        (u64::MAX, None, false),
    ] {
        let length = encode_command(&replace(qty, price).into(), 0, &mut buffer);
        assert_eq!(length.is_some(), written, "{qty} {price:?}");
    }
    for (time, written) in [(most, true), (most + 1, false)] {
        let legs = ringpit_core::List::from_slice(&[Leg::Before { time }]).expect("room");
        let atomic = Atomic { account: AccountId(1), request_id: 1.into(), legs };
        assert_eq!(encode_command(&atomic.into(), 0, &mut buffer).is_some(), written);
    }
    assert_eq!(encode_command(&Command::QueryDeadlines, u64::MAX, &mut buffer), None);
}

/// The signature covers every byte from the SBE header to the block's end but its own.
#[test]
fn signatures_cover_the_rest() {
    for name in ["Negotiate", "Establish"] {
        let message = message(name);
        let bytes = random_frame(&message, &mut Random(8));
        let signature = message.root.fields.last().expect("signature");
        let at = 14 + signature.offset;
        let mut expected = bytes[6..].to_vec();
        expected[at - 6..at - 6 + 32].fill(0);
        let whole = Frame::new(&bytes).expect("frame");
        assert_eq!(signed_parts(&whole).expect("parts").concat(), expected);

        let mut signed = bytes.clone();
        assert!(put_signature(&mut signed, &[9; 32]));
        assert_eq!(signed[at..at + 32], [9; 32]);
        assert_eq!(signed[..at], bytes[..at]);

        // A newer version's longer block is covered as far as its block length says.
        let longer = [&bytes[14..], &[1, 2, 3]].concat();
        let longer = frame(message.root.id, &longer, &[], VERSION + 1);
        let parts = signed_parts(&Frame::new(&longer).expect("frame")).expect("parts").concat();
        assert_eq!(parts[parts.len() - 3..], [1, 2, 3]);
        // A block that ends before the signature has none.
        let short = frame(message.root.id, &bytes[14..bytes.len() - 1], &[], 0);
        assert_eq!(signed_parts(&Frame::new(&short).expect("frame")), None);
        assert_eq!(login_echo(&Frame::new(&frame(500, &[1], &[], 0)).expect("frame")).0.0, 0);
    }
    let other = frame(602, &[], &[], 0);
    assert_eq!(signed_parts(&Frame::new(&other).expect("frame")), None);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    /// Whatever is read is written byte for byte, for any message and any seed.
    #[test]
    fn round_trip(pick in 0..MESSAGES.len(), seed: u64) {
        let message = &MESSAGES_BY_XML.with(|all| all[pick].clone());
        let bytes = random_frame(message, &mut Random(seed));
        let (text, written) = again(&bytes);
        prop_assert_eq!(bytes, written, "{}", text);
    }

    /// Any bytes at all: an answer, never a panic.
    #[test]
    fn noise(id in 495_u16..810, version in 0_u16..3, body in proptest::collection::vec(any::<u8>(), 0..600), length: Option<u16>) {
        let mut bytes = frame(id, &body, &[], version);
        if let Some(length) = length {
            bytes[6..8].copy_from_slice(&(length % 300).to_le_bytes());
        }
        let whole = Frame::new(&bytes).expect("frame");
        let _ = (decode_incoming(&whole), decode_outgoing(&whole), signed_parts(&whole));
    }
}

thread_local! {
    static MESSAGES_BY_XML: Vec<Message> = messages();
}
