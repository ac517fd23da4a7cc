"""Frames: the examples of docs/protocol.md byte for byte, every message there and back, every fault named."""

from __future__ import annotations

import hashlib
import hmac
import re
import unittest
from pathlib import Path
from typing import Any

from ringpit import Codec, Schema, WireError
from ringpit.schema import Field

ROOT = Path(__file__).resolve().parents[3]


def example(name: str) -> bytes:
    """The frame that docs/protocol.md shows under this name."""
    page = (ROOT / "docs" / "protocol.md").read_text()
    found = re.search(rf"<!-- example: {name} -->\n```\n(.*?)```", page, re.S)
    assert found, name
    return bytes.fromhex(found.group(1))


def value(field: Field, at: int) -> Any:
    """Some value that is not null."""
    if field.signed is None:
        return bytes(range(32)) if field.raw else "ab12"
    if field.enum is not None:
        word = list(field.enum.values)[at % len(field.enum.values)]
        return word == "yes" if field.enum.name == "YesNo" else word
    return -(at + 1) if field.signed else at + 1


class Examples(unittest.TestCase):
    codec = Codec(Schema.load())

    def test_new_order_is_as_the_page_shows(self) -> None:
        order: dict[str, Any] = {"account": 11, "instrument": 1, "cl_ord_id": 7, "side": "buy"}
        order |= {"ord_type": "limit", "qty": 10, "price": 100}
        self.assertEqual(self.codec.encode("new_order", order), example("new_order"))
        self.assertEqual(self.codec.decode(example("new_order")), ("new_order", order))

    def test_the_signed_login_is_as_the_page_shows(self) -> None:
        stamp = 1_766_500_000_000_000_000
        login: dict[str, Any] = {"session_id": 1, "session_ver_id": stamp, "timestamp": stamp}
        login |= {"client_flow": "idempotent", "server_flow": "recoverable"}
        frame = self.codec.encode("negotiate", login | {"signature": bytes(32)})
        signature = hmac.new(bytes(range(32)), frame[6:], hashlib.sha256).digest()
        self.assertEqual(frame[:-32] + signature, example("negotiate"))

    def test_every_message_comes_back(self) -> None:
        for name, message in self.codec.schema.by_name.items():
            fields: dict[str, Any] = {f.name: value(f, i) for i, f in enumerate(message.fields)}
            for group in message.groups:
                entry: Any = {f.name: value(f, i) for i, f in enumerate(group.fields)}
                if len(group.fields) == 2:
                    entry = list(entry.values())
                fields[group.name] = [entry, entry]
            with self.subTest(name):
                frame = self.codec.encode(name, fields)
                self.assertEqual(self.codec.decode(frame), (name, fields))
                required = {f.name: fields[f.name] for f in message.fields if not f.optional}
                frame = self.codec.encode(name, required)
                self.assertEqual(self.codec.decode(frame), (name, required))

    def test_what_is_wrong_is_named(self) -> None:
        deposit = {"account": 1, "asset": 1, "amount": 5}
        faults: list[tuple[str, dict[str, Any], str]] = [
            ("deposit", {"account": 1, "asset": 1}, "amount: required"),
            ("deposit", deposit | {"amount": "5"}, "amount: '5' is not an integer"),
            ("deposit", deposit | {"amount": True}, "amount: True is not an integer"),
            ("deposit", deposit | {"account": -1}, "account: -1 is not within 0 to"),
            ("deposit", deposit | {"account": 1 << 63}, "account: 9223372036854775808 is not"),
            ("deposit", deposit | {"asset": (1 << 32) - 1}, "asset: 4294967295 is not within"),
            ("deposit", deposit | {"colour": 1}, "deposit: colour: no such field"),
            ("deposits", deposit, "deposits: no such message"),
            ("kill_switch", {"account": 1, "on": "maybe"}, "on: 'maybe' is none of no, yes"),
            ("create_asset", {"asset": 1, "code": "A" * 17, "decimals": 0}, "code: 17 octets"),
            ("reserve_cart", {"account": 1, "sale": 1, "request_id": 1, "lines": [{"x": 1}]}, "lines: x"),
        ]
        for name, fields, said in faults:
            with self.subTest(said), self.assertRaisesRegex(WireError, re.escape(said)):
                self.codec.encode(name, fields)

    def test_no_bytes_but_frames_are_read(self) -> None:
        frame = example("new_order")
        for spoilt in [b"", frame[:-1], frame + b"\0", b"\0" + frame[1:-1], bytes(87)]:
            with self.subTest(spoilt[:8]), self.assertRaises(WireError):
                self.codec.decode(spoilt)
