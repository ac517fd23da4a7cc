//! The schema as its XML says, read without any of the crate's own tables, and frames built by
//! those rules: the other side of every equality in these tests.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::expect_used, reason = "a test that cannot go on says why")]

use ringpit_wire::VERSION;
use roxmltree::{Document, Node};
use std::collections::HashMap;

/// A block's field as the XML says.
#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    pub id: u16,
    pub primitive: String,
    pub offset: usize,
    pub size: usize,
    pub optional: bool,
    pub null: Option<i128>,
    pub max: Option<i128>,
    /// An enum's names and values.
    pub values: Vec<(String, i128)>,
}

#[derive(Clone, Debug)]
pub struct Block {
    pub name: String,
    pub id: u16,
    pub length: usize,
    pub fields: Vec<Field>,
}

#[derive(Clone, Debug)]
pub struct Message {
    pub root: Block,
    pub groups: Vec<Block>,
}

pub fn xml() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../schema/ringpit.xml");
    std::fs::read_to_string(path).expect("schema")
}

struct Type {
    primitive: String,
    size: usize,
    null: Option<i128>,
    max: Option<i128>,
    values: Vec<(String, i128)>,
}

fn int(node: Node<'_, '_>, name: &str) -> Option<i128> {
    node.attribute(name).map(|text| text.parse().expect("number"))
}

fn named<'a>(node: Node<'a, '_>) -> &'a str {
    node.attribute("name").expect("name")
}

fn primitive_size(primitive: &str) -> usize {
    match primitive {
        "char" | "uint8" => 1,
        "uint16" => 2,
        "uint32" => 4,
        "uint64" | "int64" => 8,
        other => panic!("{other}"),
    }
}

fn types(root: Node<'_, '_>) -> HashMap<String, Type> {
    let mut types: HashMap<String, Type> = HashMap::new();
    for section in root.children().filter(|node| node.has_tag_name("types")) {
        for node in section.children().filter(|node| node.has_tag_name("type")) {
            let primitive = node.attribute("primitiveType").expect("primitive").to_owned();
            let size = primitive_size(&primitive) * int(node, "length").unwrap_or(1) as usize;
            let null = int(node, "nullValue");
            let max = int(node, "maxValue");
            types.insert(
                named(node).to_owned(),
                Type { primitive, size, null, max, values: Vec::new() },
            );
        }
        for node in section.children().filter(|node| node.has_tag_name("enum")) {
            let encoding = &types[node.attribute("encodingType").expect("encoding")];
            let values = node.children().filter(|value| value.has_tag_name("validValue"));
            let values = values.map(|value| {
                let code = value.text().expect("text").parse().expect("code");
                (named(value).to_owned(), code)
            });
            let kind = Type {
                primitive: encoding.primitive.clone(),
                size: encoding.size,
                null: encoding.null,
                max: None,
                values: values.collect(),
            };
            types.insert(named(node).to_owned(), kind);
        }
    }
    types
}

fn block(node: Node<'_, '_>, types: &HashMap<String, Type>) -> Block {
    let mut offset = 0;
    let fields = node.children().filter(|field| field.has_tag_name("field"));
    let fields = fields.map(|field| {
        let kind = &types[field.attribute("type").expect("type")];
        offset += kind.size;
        Field {
            name: named(field).to_owned(),
            id: int(field, "id").expect("id") as u16,
            primitive: kind.primitive.clone(),
            offset: offset - kind.size,
            size: kind.size,
            optional: field.attribute("presence") == Some("optional"),
            null: kind.null,
            max: kind.max,
            values: kind.values.clone(),
        }
    });
    Block {
        name: named(node).to_owned(),
        id: int(node, "id").expect("id") as u16,
        fields: fields.collect(),
        length: int(node, "blockLength").expect("blockLength") as usize,
    }
}

/// All messages of the schema.
pub fn messages() -> Vec<Message> {
    let text = xml();
    let document = Document::parse(&text).expect("XML");
    let root = document.root_element();
    let types = types(root);
    let messages = root.children().filter(|node| node.tag_name().name() == "message");
    messages
        .map(|node| {
            let groups = node.children().filter(|child| child.has_tag_name("group"));
            Message {
                root: block(node, &types),
                groups: groups.map(|group| block(group, &types)).collect(),
            }
        })
        .collect()
}

pub fn message(name: &str) -> Message {
    messages().into_iter().find(|message| message.root.name == name).expect("message")
}

/// A source of random numbers that is the same everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// Writes an integer field.
pub fn set(block: &mut [u8], field: &Field, value: i128) {
    block[field.offset..field.offset + field.size]
        .copy_from_slice(&value.to_le_bytes()[..field.size]);
}

pub fn set_null(block: &mut [u8], field: &Field) {
    if field.primitive == "char" {
        block[field.offset..field.offset + field.size].fill(0);
    } else {
        set(block, field, field.null.expect("null"));
    }
}

/// The largest and smallest value a field may hold.
pub fn bounds(field: &Field) -> (i128, i128) {
    match field.primitive.as_str() {
        "int64" => (i128::from(i64::MIN) + 1, i128::from(i64::MAX)),
        "uint64" => (0, field.max.expect("maxValue")),
        _ => (0, (1 << (8 * field.size)) - 2),
    }
}

/// Writes a random value that the field may hold.
pub fn set_random(block: &mut [u8], field: &Field, random: &mut Random) {
    if field.primitive == "char" {
        let text = &mut block[field.offset..field.offset + field.size];
        let len = 1 + random.below(field.size as u64) as usize;
        text.fill(0);
        text[..len].iter_mut().for_each(|octet| *octet = 0x20 + random.below(0x5f) as u8);
        return;
    }
    if !field.values.is_empty() {
        let pick = random.below(field.values.len() as u64) as usize;
        return set(block, field, field.values[pick].1);
    }
    let (min, max) = bounds(field);
    let value = match random.below(8) {
        0 => min,
        1 => max,
        2 => 0,
        _ => min + i128::from(random.next()) % (max - min + 1),
    };
    set(block, field, value);
}

/// A frame from its parts; `version` as given.
pub fn frame(id: u16, block: &[u8], groups: &[(usize, Vec<Vec<u8>>)], version: u16) -> Vec<u8> {
    let mut body = block.to_vec();
    for (size, entries) in groups {
        body.extend((*size as u16).to_le_bytes());
        body.extend((entries.len() as u16).to_le_bytes());
        entries.iter().for_each(|entry| body.extend(entry));
    }
    let mut frame = ((body.len() + 14) as u32).to_be_bytes().to_vec();
    frame.extend([0xEB, 0x50]);
    for word in [block.len() as u16, id, 8421, version] {
        frame.extend(word.to_le_bytes());
    }
    frame.extend(body);
    frame
}

const ORDER: &[&str] = &["instrument", "clOrdId", "side", "ordType", "qty"];

/// Fields of a leg's kind that must be there, and those that may be.
pub fn leg_fields(kind: &str) -> (&'static [&'static str], &'static [&'static str]) {
    match kind {
        "Require" => (&["counter"], &["min", "max"]),
        "Add" => (&["counter", "delta"], &["min", "max"]),
        "Transfer" => (&["fromAccount", "toAccount", "asset", "amount"], &[]),
        "Take" => (&["sale", "product", "qty"], &[]),
        "Reserve" => (&["account", "sale", "product", "qty"], &["origin"]),
        "PlaceBid" => (&["account", "auction", "maxPrice", "bidId"], &["qty"]),
        "Order" => (ORDER, &["price", "stopPx", "expireAt", "displayQty", "minQty"]),
        "Before" | "After" => (&["time"], &[]),
        other => panic!("{other}"),
    }
}

/// Fields that are written even where the schema lets them be absent.
pub fn always_present(message: &str, field: &str) -> bool {
    matches!(
        (message, field),
        ("NewOrder" | "legs", "tif" | "postOnly" | "stp")
            | ("CancelOrder" | "ReplaceOrder", "orderId")
    )
}

fn random_leg(group: &Block, random: &mut Random) -> Vec<u8> {
    let mut entry = vec![0; group.length];
    let (kind_field, rest) = group.fields.split_first().expect("kind");
    let (kind, code) = kind_field.values[random.below(9) as usize].clone();
    set(&mut entry, kind_field, code);
    let (required, optional) = leg_fields(&kind);
    for field in rest {
        let name = field.name.as_str();
        let own = required.contains(&name)
            || (kind == "Order" && (name == "account" || always_present("legs", name)));
        if own || (optional.contains(&name) && random.below(2) == 0) {
            set_random(&mut entry, field, random);
        } else {
            set_null(&mut entry, field);
        }
    }
    entry
}

/// A random block of a message that is no leg.
pub fn random_block(block: &Block, random: &mut Random) -> Vec<u8> {
    let mut bytes = vec![0; block.length];
    let of_instrument = random.below(2) == 0;
    for field in &block.fields {
        let name = field.name.as_str();
        let absent = if block.name == "Stats" && field.offset >= 40 {
            let instruments = ["last", "open", "high", "low", "vwap", "vwapRem"];
            let is_instrument = field.offset >= 40 + 48;
            is_instrument != of_instrument || (instruments.contains(&name) && random.below(2) == 0)
        } else {
            field.optional && !always_present(&block.name, name) && random.below(2) == 0
        };
        if absent { set_null(&mut bytes, field) } else { set_random(&mut bytes, field, random) }
    }
    bytes
}

/// A random frame of a message that a reader must take.
pub fn random_frame(message: &Message, random: &mut Random) -> Vec<u8> {
    let root = random_block(&message.root, random);
    let groups = message.groups.iter().map(|group| {
        let entries = (0..random.below(17)).map(|_| match group.name.as_str() {
            "legs" => random_leg(group, random),
            _ => random_block(group, random),
        });
        (group.length, entries.collect())
    });
    let groups: Vec<_> = groups.collect();
    frame(message.root.id, &root, &groups, VERSION)
}

/// Reads a frame and writes what was read.
pub fn again(bytes: &[u8]) -> (String, Vec<u8>) {
    use ringpit_wire::*;
    let frame = Frame::new(bytes).expect("frame");
    let mut buffer = [0xAA; 4096];
    let (text, length) = if from_client(frame.template_id()) {
        let incoming = decode_incoming(&frame).unwrap_or_else(|fault| panic!("{fault}"));
        (format!("{incoming:?}"), encode_incoming(&incoming, &mut buffer))
    } else {
        let outgoing = decode_outgoing(&frame).unwrap_or_else(|fault| panic!("{fault}"));
        (format!("{outgoing:?}"), encode_outgoing(&outgoing, &mut buffer))
    };
    let length = length.expect("fits");
    (text, buffer[..length].to_vec())
}

fn encode_incoming(incoming: &ringpit_wire::Incoming, buffer: &mut [u8]) -> Option<usize> {
    use ringpit_wire::{Incoming::*, encode, encode_command};
    match incoming {
        Negotiate(it) => encode(it, buffer),
        Establish(it) => encode(it, buffer),
        Sequence(it) => encode(it, buffer),
        RetransmitRequest(it) => encode(it, buffer),
        Terminate(it) => encode(it, buffer),
        Subscribe(it) => encode(it, buffer),
        Unsubscribe(it) => encode(it, buffer),
        LimitsRequest(it) => encode(it, buffer),
        Command { command, query_id } => encode_command(command, query_id.unwrap_or(0), buffer),
    }
}

fn encode_outgoing(outgoing: &ringpit_wire::Outgoing, buffer: &mut [u8]) -> Option<usize> {
    use ringpit_wire::{Outgoing::*, encode, encode_event, encode_headed};
    match outgoing {
        NegotiationResponse(it) => encode(it, buffer),
        NegotiationReject(it) => encode(it, buffer),
        EstablishmentAck(it) => encode(it, buffer),
        EstablishmentReject(it) => encode(it, buffer),
        Sequence(it) => encode(it, buffer),
        NotApplied(it) => encode(it, buffer),
        Retransmission(it) => encode(it, buffer),
        RetransmitReject(it) => encode(it, buffer),
        Terminate(it) => encode(it, buffer),
        BusinessReject(it) => encode(it, buffer),
        Limits(it) => encode(it, buffer),
        QueryEnd(head, it) => encode_headed(head, it, buffer),
        SnapshotBegin(head, it) => encode_headed(head, it, buffer),
        SnapshotEnd(head, it) => encode_headed(head, it, buffer),
        Event(head, event) => encode_event(head, event, buffer),
    }
}

/// Whether a client sends it.
pub fn from_client(template_id: u16) -> bool {
    matches!(template_id, 500 | 503 | 506 | 508 | 511 | 514..=699)
}

/// What a frame is refused with: field id, entry of the group, and word.
pub fn refused(bytes: &[u8]) -> Option<(u16, Option<u16>, &'static str)> {
    use ringpit_wire::*;
    let frame = Frame::new(bytes).expect("frame");
    let fault = if from_client(frame.template_id()) {
        decode_incoming(&frame).err()
    } else {
        decode_outgoing(&frame).err()
    };
    fault.map(|fault| (fault.field_id, fault.group_index, fault.reason.word()))
}
