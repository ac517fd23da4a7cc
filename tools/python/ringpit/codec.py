"""Frames: a command's word and fields to bytes, bytes to an event's dictionary.

Absent fields are left out both ways. Lists of two fields are pairs, as in scenario files; legs are
dictionaries whose kind is ``do``. What is wrong is named by its field before anything is sent.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Any

from .schema import Field, Group, Message, Schema

#: Bytes before the root block: framing header and SBE message header.
HEADER_BYTES = 14
FRAME_BYTES_MAX = 4096
_ENCODING_TYPE = 0xEB50
_UNSIGNED_MAX = (1 << 63) - 1


class WireError(ValueError):
    """Fields that no frame can hold, or bytes that are no frame."""


class Codec:
    """Writes and reads the frames of one schema."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def encode(self, name: str, fields: Mapping[str, Any]) -> bytes:
        """A frame. Raises WireError with the field at fault."""
        message = self.schema.by_name.get(name)
        if message is None:
            raise WireError(f"{name}: no such message")
        given = {key.rstrip("_"): value for key, value in fields.items()}
        known = {field.name for field in message.fields} | {group.name for group in message.groups}
        for key in given:
            if key not in known:
                raise WireError(f"{name}: {key}: no such field")
        body = _block(message.fields, message.block_length, given)
        for group in message.groups:
            body += _group(group, given.get(group.name))
        length = HEADER_BYTES + len(body)
        if length > FRAME_BYTES_MAX:
            raise WireError(f"{name}: a frame of {length} bytes; at most {FRAME_BYTES_MAX}")
        framing = struct.pack(">IH", length, _ENCODING_TYPE)
        header = struct.pack("<HHHH", message.block_length, message.id, self.schema.id, self.schema.version)
        return framing + header + body

    def decode(self, frame: bytes) -> tuple[str, dict[str, Any]]:
        """A frame's message and its fields. Raises WireError."""
        if frame_length(frame) != len(frame):
            raise WireError(f"{len(frame)} bytes are not one frame")
        block_length, template, schema, _ = struct.unpack_from("<HHHH", frame, 6)
        if schema != self.schema.id:
            raise WireError(f"schema {schema} is not {self.schema.id}")
        message = self.schema.by_id.get(template)
        if message is None:
            raise WireError(f"template {template} is not known")
        fields = _read_block(message.fields, frame, HEADER_BYTES, block_length, message)
        at = HEADER_BYTES + block_length
        for group in message.groups:
            if at + 4 > len(frame):
                raise WireError(f"{message.name}: {group.name}: cut off")
            entry_length, count = struct.unpack_from("<HH", frame, at)
            at += 4
            entries = []
            for _ in range(count):
                entries.append(_read_block(group.fields, frame, at, entry_length, message))
                at += entry_length
            if entries:
                fields[group.name] = [_shape(group, entry) for entry in entries]
        return message.name, fields


def frame_length(data: bytes | bytearray) -> int | None:
    """Bytes of the frame that begins here; None while its first six are not there."""
    if len(data) < 6:
        return None
    length, encoding = struct.unpack_from(">IH", data)
    if encoding != _ENCODING_TYPE or not HEADER_BYTES <= length <= FRAME_BYTES_MAX:
        raise WireError(f"no frame: length {length}, encoding {encoding:#06x}")
    return int(length)


def _block(fields: Iterable[Field], length: int, given: Mapping[str, Any]) -> bytes:
    block = bytearray(length)
    for field in fields:
        block[field.offset : field.offset + field.size] = _value(field, given.get(field.name))
    return bytes(block)


def _value(field: Field, value: Any) -> bytes:
    if value is None:
        if not field.optional:
            raise WireError(f"{field.name}: required")
        return _bytes(field, field.null) if field.signed is not None else bytes(field.size)
    if field.signed is None:
        data = value if field.raw else str(value).encode("ascii", "replace")
        if len(data) > field.size:
            raise WireError(f"{field.name}: {len(data)} octets; at most {field.size}")
        return bytes(data).ljust(field.size, b"\0")
    if field.enum is not None:
        return _bytes(field, _enum_value(field, value))
    if isinstance(value, bool) or not isinstance(value, int):
        raise WireError(f"{field.name}: {value!r} is not an integer")
    low, high = (-_UNSIGNED_MAX, _UNSIGNED_MAX) if field.signed else (0, _UNSIGNED_MAX)
    high = min(high, (1 << (8 * field.size)) - 2)
    if not low <= value <= high:
        raise WireError(f"{field.name}: {value} is not within {low} to {high}")
    return _bytes(field, value)


def _enum_value(field: Field, value: Any) -> int:
    assert field.enum is not None
    if isinstance(value, bool):
        value = "yes" if value else "no"
    found = field.enum.values.get(str(value))
    # The vocabulary's `none` of self-trade prevention, which no enum may be called.
    if found is None and value == "none":
        found = field.enum.values.get("no_prevention")
    if found is None:
        raise WireError(f"{field.name}: {value!r} is none of {', '.join(field.enum.values)}")
    return found


def _bytes(field: Field, value: int) -> bytes:
    return value.to_bytes(field.size, "little", signed=bool(field.signed))


def _group(group: Group, entries: Any) -> bytes:
    entries = list(entries or ())
    data = struct.pack("<HH", group.block_length, len(entries))
    for entry in entries:
        if not isinstance(entry, Mapping):
            entry = dict(zip((field.name for field in group.fields), entry, strict=True))
        given = {("kind" if key == "do" else key.rstrip("_")): entry[key] for key in entry}
        for key in given:
            if all(field.name != key for field in group.fields):
                raise WireError(f"{group.name}: {key}: no such field")
        data += _block(group.fields, group.block_length, given)
    return data


def _read_block(
    fields: Iterable[Field], frame: bytes, at: int, length: int, message: Message
) -> dict[str, Any]:
    if at + length > len(frame):
        raise WireError(f"{message.name}: cut off")
    read: dict[str, Any] = {}
    for field in fields:
        # A sender of an older version has a shorter block: what it does not know is absent.
        if field.offset + field.size > length:
            continue
        data = frame[at + field.offset : at + field.offset + field.size]
        value = _read(field, data)
        if value is not None:
            read[field.name] = value
    return read


def _read(field: Field, data: bytes) -> Any:
    if field.signed is None:
        if field.raw:
            return data
        return data.rstrip(b"\0").decode("ascii", "replace") or None
    value = int.from_bytes(data, "little", signed=field.signed)
    if field.enum is not None:
        if value == field.null:
            return None
        name = field.enum.words.get(value, str(value))
        return name == "yes" if field.enum.name == "YesNo" else name
    return None if field.optional and value == field.null else value


def _shape(group: Group, entry: dict[str, Any]) -> Any:
    return list(entry.values()) if len(group.fields) == 2 else entry
