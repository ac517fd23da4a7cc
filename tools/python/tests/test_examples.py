"""The examples run against a real server and end as they say."""

from __future__ import annotations

import subprocess
import sys
import unittest
from pathlib import Path

from .server import Server, binary

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@unittest.skipUnless(binary(), "no ringpit binary: set RINGPIT_BIN, or build it with cargo build")
class Examples(unittest.TestCase):
    def runs(self, name: str) -> str:
        server = Server()
        self.addCleanup(server.close)
        address = f"{server.address[0]}:{server.address[1]}"
        command = [sys.executable, str(EXAMPLES / name), address, str(server.folder / "sessions.toml")]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return ended.stdout

    def test_trading_bot(self) -> None:
        self.assertIn("traded 5 lots, last 102", self.runs("trading_bot.py"))

    def test_bidder(self) -> None:
        self.assertRegex(self.runs("bidder.py"), r"won at \d+")

    def test_shop_backend(self) -> None:
        self.assertIn("sold 10 of 10", self.runs("shop_backend.py"))
