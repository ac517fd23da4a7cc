"""The venue's SBE schema, read as it is: layouts of messages, values of enums.

Only what docs/protocol.md promises is understood: fixed-size fields one after the other, enums, groups that
are not nested, no variable-length data. Anything else is an error, not a guess.
"""

from __future__ import annotations

import os
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

#: Bytes and signedness of the primitive types that the schema may use.
_PRIMITIVES = {
    "uint8": (1, False),
    "uint16": (2, False),
    "uint32": (4, False),
    "uint64": (8, False),
    "int64": (8, True),
}

#: Fields that the wire can't call by their vocabulary name.
_WORDS = {"fromAccount": "from", "toAccount": "to", "fromPrice": "from", "command": "do"}


class SchemaError(ValueError):
    """The schema is not what this client understands."""


def word(name: str) -> str:
    """``clOrdId`` or ``PreOpen`` as the vocabulary writes it."""
    return _WORDS.get(name) or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


@dataclass(frozen=True)
class Enum:
    """An enum: its values by word, and words by value."""

    name: str
    values: dict[str, int]
    words: dict[int, str]


@dataclass(frozen=True)
class Field:
    """One field of a block. ``signed`` is None for text; ``raw`` text is bytes."""

    id: int
    name: str
    offset: int
    size: int
    signed: bool | None
    raw: bool
    optional: bool
    null: int
    enum: Enum | None


@dataclass(frozen=True)
class Group:
    """A repeating group: its name and the layout of an entry."""

    name: str
    block_length: int
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Message:
    """A message: its template and its layout."""

    id: int
    name: str
    block_length: int
    fields: tuple[Field, ...]
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class _Type:
    size: int
    signed: bool | None
    raw: bool
    null: int


@dataclass
class Schema:
    """All messages, by name and by template."""

    id: int
    version: int
    by_name: dict[str, Message] = field(default_factory=dict)
    by_id: dict[int, Message] = field(default_factory=dict)

    @staticmethod
    def find() -> Path:
        """``RINGPIT_SCHEMA``, else ``gateway/schema/ringpit.xml`` above this file."""
        told = os.environ.get("RINGPIT_SCHEMA")
        if told:
            return Path(told)
        for folder in Path(__file__).resolve().parents:
            path = folder / "gateway" / "schema" / "ringpit.xml"
            if path.is_file():
                return path
        raise SchemaError("no schema: set RINGPIT_SCHEMA to the path of ringpit.xml")

    @classmethod
    def load(cls, path: str | os.PathLike[str] | None = None) -> Schema:
        """Reads a schema file. Raises SchemaError, with the name at fault."""
        root = ElementTree.parse(path or cls.find()).getroot()
        if root.get("byteOrder", "littleEndian") != "littleEndian":
            raise SchemaError("byteOrder: only littleEndian is understood")
        types: dict[str, _Type] = {}
        enums: dict[str, Enum] = {}
        for element in root.iter("type"):
            if element.get("name") not in (None, "blockLength", "numInGroup"):
                types[element.attrib["name"]] = _type(element)
        for element in root.iter("enum"):
            enums[element.attrib["name"]] = _enum(element)
            types[element.attrib["name"]] = types[element.attrib["encodingType"]]
        schema = cls(int(root.attrib["id"]), int(root.attrib["version"]))
        for element in root:
            if element.tag.endswith("}message"):
                message = _message(element, types, enums)
                schema.by_name[message.name] = message
                schema.by_id[message.id] = message
        if not schema.by_id:
            raise SchemaError("no message in it")
        return schema


def _type(element: ElementTree.Element) -> _Type:
    primitive = element.attrib["primitiveType"]
    if primitive == "char":
        raw = element.get("characterEncoding") is None
        return _Type(int(element.get("length", "1")), None, raw, 0)
    if primitive not in _PRIMITIVES or element.get("length", "1") != "1":
        raise SchemaError(f"{element.get('name')}: {primitive} is not understood")
    size, signed = _PRIMITIVES[primitive]
    null = -(1 << (8 * size - 1)) if signed else (1 << (8 * size)) - 1
    return _Type(size, signed, False, int(element.get("nullValue", str(null))))


def _enum(element: ElementTree.Element) -> Enum:
    values = {word(value.attrib["name"]): int(value.text or "") for value in element}
    return Enum(element.attrib["name"], values, {value: name for name, value in values.items()})


def _fields(
    parent: ElementTree.Element, types: dict[str, _Type], enums: dict[str, Enum]
) -> tuple[tuple[Field, ...], int]:
    fields = []
    offset = 0
    for element in parent.findall("field"):
        kind = element.attrib["type"]
        if kind not in types:
            raise SchemaError(f"{element.get('name')}: unknown type {kind}")
        layout = types[kind]
        fields.append(
            Field(
                id=int(element.attrib["id"]),
                name=word(element.attrib["name"]),
                offset=offset,
                size=layout.size,
                signed=layout.signed,
                raw=layout.raw,
                optional=element.get("presence") == "optional",
                null=layout.null,
                enum=enums.get(kind),
            )
        )
        offset += layout.size
    block_length = int(parent.get("blockLength", str(offset)))
    if offset > block_length:
        raise SchemaError(f"{parent.get('name')}: fields of {offset} bytes in {block_length}")
    return tuple(fields), block_length


def _message(element: ElementTree.Element, types: dict[str, _Type], enums: dict[str, Enum]) -> Message:
    if element.find("data") is not None:
        raise SchemaError(f"{element.get('name')}: variable-length data is not understood")
    fields, block_length = _fields(element, types, enums)
    groups = []
    for group in element.findall("group"):
        entry, entry_length = _fields(group, types, enums)
        groups.append(Group(word(group.attrib["name"]), entry_length, entry))
    name = word(element.attrib["name"])
    return Message(int(element.attrib["id"]), name, block_length, fields, tuple(groups))
