"""A real server for a test: a store in a temporary folder, to be killed and started again."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
OPERATOR = 7
TRADER = 1
SECRET = bytes(range(32))

SESSIONS = """
[[session]]
id = {id}
secret_hex = "{secret}"
role = "{role}"
accounts = ["1-99"]
"""


def binary() -> Path | None:
    """``RINGPIT_BIN``, else what cargo built last in this tree, else what is in the path."""
    told = os.environ.get("RINGPIT_BIN") or shutil.which("ringpit")
    if told:
        return Path(told)
    built = [ROOT / "target" / profile / "ringpit" for profile in ("release", "debug")]
    there = [path for path in built if path.is_file()]
    return max(there, key=lambda path: path.stat().st_mtime, default=None)


class Server:
    """Started when made; :meth:`close` removes it and its store."""

    def __init__(self, *flags: str) -> None:
        path = binary()
        assert path, "no ringpit: set RINGPIT_BIN, or build it with cargo build"
        self._binary = path
        self._folder = tempfile.TemporaryDirectory()
        self._flags = flags
        self.folder = Path(self._folder.name)
        sessions = self.folder / "sessions.toml"
        roles = {OPERATOR: "operator", TRADER: "trader"}
        entries = [SESSIONS.format(id=i, secret=SECRET.hex(), role=r) for i, r in roles.items()]
        sessions.touch(mode=0o600)
        sessions.write_text("".join(entries))
        self._process: subprocess.Popen[bytes] | None = None
        self.address = ("127.0.0.1", 0)
        self.start()

    def start(self) -> None:
        """Starts it again where it was, and waits until it serves."""
        said = self.folder / "said"
        with said.open("wb") as out:
            self._process = subprocess.Popen(
                [
                    *(str(self._binary), "serve", "--data", str(self.folder / "store")),
                    *("--sessions", str(self.folder / "sessions.toml")),
                    *("--listen", f"{self.address[0]}:{self.address[1]}"),
                    *("--tail", str(self.folder), "--pin", "none"),
                    *("--segment-bytes", "1048576", "--tail-bytes", "1048576"),
                    *self._flags,
                ],
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        until = time.monotonic() + 60
        while time.monotonic() < until:
            found = re.search(r"listening on 127\.0\.0\.1:(\d+)", said.read_text())
            if found:
                self.address = ("127.0.0.1", int(found.group(1)))
                return
            assert self._process.poll() is None, said.read_text()
            time.sleep(0.01)
        raise AssertionError(said.read_text())

    def kill(self) -> None:
        """``kill -9``."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def close(self) -> None:
        """Ends it and removes its store."""
        self.kill()
        self._folder.cleanup()
