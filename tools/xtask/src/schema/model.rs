//! The schema, read from its XML: just what the tables need. It refuses what the page of rules
//! forbids, so that a slip in the XML is found before a stranger's generator finds it.

use super::Error;
use roxmltree::{Document, Node};
use std::collections::HashMap;

/// The whole schema.
pub struct Schema {
    pub id: u16,
    pub version: u16,
    pub types: Vec<Type>,
    pub messages: Vec<Message>,
}

/// A named type or enum.
pub struct Type {
    pub name: String,
    pub primitive: String,
    pub size: usize,
    pub optional: bool,
    pub null: Option<String>,
    pub max: Option<String>,
    pub description: String,
    /// An enum's names and values; empty for plain types.
    pub values: Vec<(String, String)>,
}

/// A message.
pub struct Message {
    pub name: String,
    pub id: u16,
    /// The schema's version that brought it.
    pub since: u16,
    pub block_length: usize,
    pub semantic_type: String,
    pub description: String,
    pub fields: Vec<Field>,
    pub groups: Vec<Group>,
}

/// A group.
pub struct Group {
    pub name: String,
    pub id: u16,
    pub block_length: usize,
    pub description: String,
    pub fields: Vec<Field>,
}

/// A field of a block.
pub struct Field {
    pub name: String,
    pub id: u16,
    pub type_name: String,
    pub offset: usize,
    pub size: usize,
    pub optional: bool,
}

fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Result<&'a str, Error> {
    node.attribute(name).ok_or_else(|| {
        let owner = node.attribute("name").unwrap_or("?");
        format!("{} {owner}: no attribute {name}", node.tag_name().name()).into()
    })
}

fn number<T: std::str::FromStr>(node: Node<'_, '_>, name: &str) -> Result<T, Error> {
    let text = attribute(node, name)?;
    text.parse().map_err(|_| format!("{name}={text}: not a number").into())
}

fn children<'a, 'i>(node: Node<'a, 'i>, tag: &str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.tag_name().name() == tag)
}

fn primitive_size(primitive: &str) -> Result<usize, Error> {
    Ok(match primitive {
        "char" | "uint8" | "int8" => 1,
        "uint16" | "int16" => 2,
        "uint32" | "int32" => 4,
        "uint64" | "int64" => 8,
        other => return Err(format!("primitive type {other}: not used here").into()),
    })
}

impl Type {
    fn read(node: Node<'_, '_>) -> Result<Self, Error> {
        let primitive = attribute(node, "primitiveType")?.to_owned();
        let length: usize = node.attribute("length").map_or(Ok(1), str::parse)?;
        Ok(Self {
            name: attribute(node, "name")?.to_owned(),
            size: primitive_size(&primitive)? * length,
            optional: node.attribute("presence") == Some("optional"),
            null: node.attribute("nullValue").map(str::to_owned),
            max: node.attribute("maxValue").map(str::to_owned),
            description: attribute(node, "description")?.to_owned(),
            primitive,
            values: Vec::new(),
        })
    }

    fn read_enum(node: Node<'_, '_>, types: &[Self]) -> Result<Self, Error> {
        let encoding = attribute(node, "encodingType")?;
        let encoding = types
            .iter()
            .find(|known| known.name == encoding)
            .ok_or_else(|| format!("encoding type {encoding}: unknown"))?;
        let values = children(node, "validValue")
            .map(|value| {
                let name = attribute(value, "name")?.to_owned();
                Ok((name, value.text().unwrap_or_default().to_owned()))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(Self {
            name: attribute(node, "name")?.to_owned(),
            primitive: encoding.primitive.clone(),
            size: encoding.size,
            optional: true,
            null: encoding.null.clone(),
            max: None,
            description: attribute(node, "description")?.to_owned(),
            values,
        })
    }
}

/// Fields of a block, laid out one after the other.
fn fields(block: Node<'_, '_>, types: &[Type]) -> Result<(usize, Vec<Field>), Error> {
    let mut offset = 0;
    let mut fields = Vec::new();
    for node in children(block, "field") {
        let name = attribute(node, "name")?;
        let type_name = attribute(node, "type")?;
        let Some(kind) = types.iter().find(|known| known.name == type_name) else {
            return Err(format!("field {name}: type {type_name} unknown").into());
        };
        let optional = node.attribute("presence") == Some("optional");
        if optional && (!kind.optional || kind.null.is_none()) {
            return Err(format!("field {name}: optional, but {type_name} has no null").into());
        }
        if !optional && kind.optional && kind.values.is_empty() {
            return Err(format!("field {name}: required, but {type_name} is optional").into());
        }
        fields.push(Field {
            name: name.to_owned(),
            id: number(node, "id")?,
            type_name: type_name.to_owned(),
            offset,
            size: kind.size,
            optional,
        });
        offset += kind.size;
    }
    let stated: usize = number(block, "blockLength")?;
    if stated != offset {
        let name = attribute(block, "name")?;
        return Err(format!("{name}: blockLength {stated}, but the fields take {offset}").into());
    }
    Ok((stated, fields))
}

impl Message {
    fn read(node: Node<'_, '_>, types: &[Type]) -> Result<Self, Error> {
        let (block_length, root) = fields(node, types)?;
        let groups = children(node, "group")
            .map(|group| {
                let (block_length, fields) = fields(group, types)?;
                Ok(Group {
                    name: attribute(group, "name")?.to_owned(),
                    id: number(group, "id")?,
                    block_length,
                    description: attribute(group, "description")?.to_owned(),
                    fields,
                })
            })
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(Self {
            name: attribute(node, "name")?.to_owned(),
            id: number(node, "id")?,
            since: node.attribute("sinceVersion").map_or(Ok(0), str::parse)?,
            block_length,
            semantic_type: attribute(node, "semanticType")?.to_owned(),
            description: attribute(node, "description")?.to_owned(),
            fields: root,
            groups,
        })
    }
}

impl Schema {
    /// Reads the schema.
    pub fn read(document: &Document<'_>) -> Result<Self, Error> {
        let root = document.root_element();
        let sections = || children(root, "types").flat_map(|section| section.children());
        let mut types = sections()
            .filter(|node| node.tag_name().name() == "type")
            .map(Type::read)
            .collect::<Result<Vec<_>, _>>()?;
        for node in sections().filter(|node| node.tag_name().name() == "enum") {
            types.push(Type::read_enum(node, &types)?);
        }
        let messages = children(root, "message")
            .map(|node| Message::read(node, &types))
            .collect::<Result<Vec<_>, _>>()?;
        let schema =
            Self { id: number(root, "id")?, version: number(root, "version")?, types, messages };
        schema.check()?;
        Ok(schema)
    }

    /// Names, with their ids, of all fields and groups.
    pub fn names(&self) -> Vec<(&str, u16)> {
        let blocks = self.messages.iter().flat_map(|message| {
            let own = message.fields.iter().map(|field| (field.name.as_str(), field.id));
            let groups = message.groups.iter().flat_map(|group| {
                let entries = group.fields.iter().map(|field| (field.name.as_str(), field.id));
                std::iter::once((group.name.as_str(), group.id)).chain(entries)
            });
            own.chain(groups)
        });
        let mut names: Vec<_> = blocks.collect();
        names.sort_unstable_by_key(|(name, id)| (*id, *name));
        names.dedup();
        names
    }

    fn check(&self) -> Result<(), Error> {
        let mut ids = HashMap::new();
        for (name, id) in self.names() {
            if let Some(other) = ids.insert(id, name) {
                return Err(format!("id {id}: both {other} and {name}").into());
            }
        }
        if ids.len()
            != self
                .names()
                .iter()
                .map(|(name, _)| name)
                .collect::<std::collections::HashSet<_>>()
                .len()
        {
            return Err("a field name has two ids".into());
        }
        for message in &self.messages {
            if self.types.iter().any(|kind| kind.name == message.name) {
                return Err(format!("{}: both a message and a type", message.name).into());
            }
            if self.messages.iter().filter(|other| other.id == message.id).count() != 1 {
                return Err(format!("template id {}: used twice", message.id).into());
            }
        }
        Ok(())
    }
}
