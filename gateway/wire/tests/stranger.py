"""Reads and writes frames with `sbe` from PyPI, an SBE implementation that is not ours.

Standard input: one frame a line, hexadecimal. Each is decoded by the schema and encoded again;
the line is answered with the new frame, so that any misreading shows as other bytes.
"""

import struct
import sys

import sbe

schema = sbe.Schema.parse(open(sys.argv[1], "rb"))
for line in sys.stdin:
    frame = bytes.fromhex(line)
    length, encoding = struct.unpack(">IH", frame[:6])
    assert length == len(frame) and encoding == 0xEB50
    decoded = schema.decode(frame[6:])
    template = schema.messages[decoded.header["templateId"]]
    assert template.name == decoded.message_name
    wrapped = schema.wrap(frame[6:]).body
    for name, value in decoded.value.items():
        if name == "signature":  # raw octets, which sbe prints as text
            at = len(frame) - 32
            decoded.value[name] = frame[at:]
        elif not isinstance(value, (list, str, type(None))):
            assert wrapped[name] == value, name
    body = schema.encode(template, decoded.value)
    print((struct.pack(">IH", len(body) + 6, 0xEB50) + body).hex())
