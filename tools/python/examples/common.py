"""What the examples share: the address from the command line, the secret from the venue's session file."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ringpit import Session  # noqa: E402


def connect(address: str, sessions: str, role: str) -> Session:
    """A session of the file's first entry with this role."""
    host, port = address.rsplit(":", 1)
    entry: dict[str, str] = {}
    for line in Path(sessions).read_text().splitlines():
        if line.strip() == "[[session]]":
            entry = {}
        key, _, value = line.partition(" = ")
        entry[key] = value.strip('"')
        if entry.get("role") == role and "secret_hex" in entry and "id" in entry:
            return Session((host, int(port)), int(entry["id"]), bytes.fromhex(entry["secret_hex"]))
    raise SystemExit(f"{sessions}: no session of role {role}")
