//! The rules that keep the schema readable for every generator, and its words equal to the
//! vocabulary's.

mod common;

use common::{messages, xml};
use ringpit_core::roles::permitted;
use ringpit_core::*;
use ringpit_wire::{
    EstablishmentRejectCode, FeedQuality, FlowType, LegKind, NegotiationRejectCode,
    RetransmitRejectCode, TerminationCode, VERSION,
};
use roxmltree::Document;
use std::collections::{HashMap, HashSet};

const PRIMITIVES: [&str; 11] = [
    "char", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float",
    "double",
];

/// No construct that some generator reads otherwise than another.
#[test]
fn nothing_but_plain_sbe() {
    let text = xml();
    let document = Document::parse(&text).expect("XML");
    let root = document.root_element();
    assert_eq!(root.tag_name().namespace(), Some("http://fixprotocol.io/2016/sbe"));
    assert_eq!(root.attribute("id"), Some("8421"));
    assert_eq!(root.attribute("version"), Some(VERSION.to_string().as_str()));
    assert_eq!(root.attribute("byteOrder"), Some("littleEndian"));
    let mut names = HashSet::new();
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let tag = node.tag_name().name();
        let name = node.attribute("name").unwrap_or_default();
        let known = [
            "messageSchema",
            "types",
            "type",
            "composite",
            "enum",
            "validValue",
            "message",
            "field",
            "group",
        ];
        assert!(known.contains(&tag), "{tag} {name}");
        assert!(node.attribute("offset").is_none(), "{name}: explicit offset");
        match tag {
            "composite" => assert!(["messageHeader", "groupSize"].contains(&name), "{name}"),
            "type" => {
                let array = node.attribute("length").is_some();
                assert!(!array || node.attribute("primitiveType") == Some("char"), "{name}");
                let optional = node.attribute("presence") == Some("optional");
                assert_eq!(optional, node.attribute("nullValue").is_some(), "{name}");
                let code = name.starts_with("EnumCode");
                assert_eq!(optional, name.ends_with("Opt") || code, "{name}");
                if node.attribute("primitiveType") == Some("uint64") {
                    assert_eq!(node.attribute("maxValue"), Some("9223372036854775807"), "{name}");
                }
            }
            "enum" => assert_eq!(
                node.attribute("encodingType"),
                Some(if name == "Reason" { "EnumCode16" } else { "EnumCode" })
            ),
            "validValue" => assert!(!["None", "True", "False"].contains(&name), "{name}"),
            "field" => {
                let kind = node.attribute("type").expect("type");
                assert!(!PRIMITIVES.contains(&kind), "{name}: unnamed type");
                let optional = node.attribute("presence") == Some("optional");
                assert!(optional || !kind.ends_with("Opt"), "{name}: {kind} without presence");
            }
            "group" => assert_eq!(node.attribute("dimensionType"), Some("groupSize"), "{name}"),
            _ => {}
        }
        if ["type", "composite", "enum", "message"].contains(&tag)
            && node.parent().is_some_and(|parent| parent.tag_name().name() != "composite")
        {
            assert!(names.insert(name.to_owned()), "{name}: two things of this name");
        }
        if ["message", "group"].contains(&tag) {
            assert!(node.attribute("blockLength").is_some(), "{name}: no blockLength");
        }
    }
}

/// Ids are one a name, templates lie in their ranges, FIX message types are FIX's or U1, U2, …
#[test]
fn ids_are_orderly() {
    let text = xml();
    let document = Document::parse(&text).expect("XML");
    let fix = ["D", "F", "G", "q", "V", "8", "9", "AE", "S", "X", "f", "j"];
    let mut kinds = HashSet::new();
    for node in document.root_element().children().filter(|n| n.tag_name().name() == "message") {
        let kind = node.attribute("semanticType").expect("semanticType");
        let own = kind.strip_prefix('U').is_some_and(|number| number.parse::<u16>().is_ok());
        assert!(own || fix.contains(&kind), "{kind}");
        assert!(kinds.insert(kind), "{kind}: twice");
    }
    let mut ids: HashMap<u16, String> = HashMap::new();
    let mut templates = HashSet::new();
    for message in messages() {
        assert!(templates.insert(message.root.id));
        assert!((500..900).contains(&message.root.id));
        let blocks = std::iter::once(&message.root).chain(&message.groups);
        for field in blocks.flat_map(|block| &block.fields) {
            let name = ids.entry(field.id).or_insert_with(|| field.name.clone());
            assert_eq!(name, &field.name, "{}", field.id);
            assert!(field.id < 3000 || field.id > 20000, "{name} {}", field.id);
        }
        if message.root.id >= 700 {
            let head: Vec<_> =
                message.root.fields.iter().take(5).map(|f| f.name.as_str()).collect();
            assert_eq!(head, ["seq", "at", "refSeqNo", "msgSeqNum", "queryId"]);
        }
        for group in &message.groups {
            assert_eq!(ids.entry(group.id).or_insert_with(|| group.name.clone()), &group.name);
        }
    }
    let unique: HashSet<_> = ids.values().collect();
    assert_eq!(unique.len(), ids.len(), "a name has two ids");
}

/// `partially_filled` → `PartiallyFilled`; `none` is no name for a generator.
fn camel(word: &str) -> String {
    if word == "none" {
        return "NoPrevention".to_owned();
    }
    let parts = word.split('_').map(|part| {
        let (first, rest) = part.split_at(1);
        first.to_ascii_uppercase() + rest
    });
    parts.collect()
}

/// Every enum of the schema has the vocabulary's words and codes, all of them and no more.
#[test]
fn words_are_the_vocabularys() {
    let text = xml();
    let document = Document::parse(&text).expect("XML");
    let mut schema: HashMap<&str, Vec<(String, u16)>> = HashMap::new();
    for node in document.descendants().filter(|node| node.has_tag_name("enum")) {
        let values = node.children().filter(|value| value.has_tag_name("validValue"));
        let values = values.map(|value| {
            let code = value.text().and_then(|text| text.parse().ok()).expect("code");
            (value.attribute("name").expect("name").to_owned(), code)
        });
        schema.insert(node.attribute("name").expect("name"), values.collect());
    }
    let mut same = |name: &str, words: Vec<(String, u16)>| {
        assert_eq!(schema.remove(name).as_ref(), Some(&words), "{name}");
    };
    macro_rules! vocabulary {
        ($($name:literal $kind:ident)+) => {$(
            let words = $kind::ALL.iter().map(|value| (camel(value.word()), u16::from(value.code())));
            // What only the venue makes is no word of the wire.
            let inner = ["SessionOpen", "SessionConfig", "SessionLost", "SessionBack", "Tick"];
            same($name, words.filter(|(word, _)| !inner.contains(&word.as_str())).collect());
        )+};
    }
    vocabulary! {
        "Side" Side "OrdType" OrdType "TimeInForce" TimeInForce "Stp" Stp "TradingPhase" Phase
        "Risk" Risk "ExecType" ExecType "OrdStatus" OrdStatus "Liquidity" Liquidity
        "Aggressor" Aggressor "AuctionKind" AuctionKind "AuctionState" AuctionState
        "BidState" BidState "Payment" Payment "SaleMode" SaleMode
        "ReservationState" ReservationState "AtomicState" AtomicState "DeadlineKind" DeadlineKind
        "CancelOnDisconnect" CancelOnDisconnect "CommandKind" CommandKind "FieldName" Field
        "Reason" Reason
    }
    macro_rules! wire {
        ($($kind:ident)+) => {$(
            let words = $kind::ALL.iter().map(|value| (format!("{value:?}"), u16::from(value.code())));
            same(stringify!($kind), words.collect());
        )+};
    }
    wire! {
        FlowType NegotiationRejectCode EstablishmentRejectCode RetransmitRejectCode TerminationCode
        FeedQuality LegKind
    }
    same("YesNo", vec![("No".to_owned(), 0), ("Yes".to_owned(), 1)]);
    assert!(schema.is_empty(), "{schema:?}");
}

/// Every command and event of the vocabulary has its template.
#[test]
fn the_vocabulary_is_complete() {
    let names: HashSet<_> = messages().into_iter().map(|message| message.root.name).collect();
    for command in CommandKind::ALL.iter().filter(|kind| permitted(Role::Operator, **kind)) {
        assert!(names.contains(&camel(command.word())), "{}", command.word());
    }
    for event in "execution_report cancel_reject trade quote level indicative phase bid_report \
        auction reservation product atomic_report balance stats hot hot_counter counter deadline \
        accepted rejected"
        .split_whitespace()
    {
        assert!(names.contains(&camel(event)), "{event}");
    }
}
