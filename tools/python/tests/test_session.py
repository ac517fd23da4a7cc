"""Sessions against a real server: what is sent is done once, what is missed is fetched, whatever happens."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path
from typing import Any

from ringpit import Ended, Event, Refused, Session, Unreachable

from .server import OPERATOR, SECRET, TRADER, Server, binary

MARKET: list[tuple[str, dict[str, Any]]] = [
    ("create_asset", {"asset": 1, "code": "ABC", "decimals": 0}),
    ("create_asset", {"asset": 2, "code": "USD", "decimals": 2}),
    ("open_account", {"account": 11}),
    ("open_account", {"account": 12}),
    ("deposit", {"account": 11, "asset": 1, "amount": 1_000}),
    ("deposit", {"account": 12, "asset": 2, "amount": 1_000_000}),
    (
        "create_instrument",
        {
            **{"instrument": 1, "code": "ABC", "base": 1, "quote": 2},
            **{"lot_size": 1, "tick_value": 1, "risk": "cash"},
        },
    ),
]


def order(cl_ord_id: int, side: str, qty: int, price: int) -> dict[str, Any]:
    account = 11 if side == "sell" else 12
    names = {"account": account, "instrument": 1, "cl_ord_id": cl_ord_id}
    return {**names, "side": side, "ord_type": "limit", "qty": qty, "price": price}


@unittest.skipUnless(binary(), "no ringpit binary: set RINGPIT_BIN, or build it with cargo build")
class Sessions(unittest.TestCase):
    def serve(self, *flags: str) -> Server:
        server = Server(*flags)
        self.addCleanup(server.close)
        return server

    def session(self, server: Server, **more: Any) -> Session:
        session = Session(server.address, OPERATOR, SECRET, **more)
        self.addCleanup(session.close)
        return session

    def open_market(self, session: Session) -> None:
        for do, fields in MARKET:
            self.assertNotEqual(session.ask(do, **fields)["event"], "rejected", do)

    def test_orders_trade_and_queries_show_it(self) -> None:
        session = self.session(self.serve())
        self.open_market(session)
        self.assertEqual(session.ask("new_order", **order(1, "sell", 10, 100))["exec_type"], "new")
        bought = session.ask("new_order", **order(2, "buy", 4, 101))
        self.assertEqual(bought["exec_type"], "new")
        fills = [e for e in session.events(0.3) if e.get("exec_type") == "trade"]
        self.assertEqual(
            [(e["account"], e["last_qty"], e["last_px"]) for e in fills], [(11, 4, 100), (12, 4, 100)]
        )
        depth = session.query("query_depth", instrument=1)
        self.assertEqual([(e["event"], e.get("qty")) for e in depth], [("level", 6), ("quote", None)])
        money = session.query("query_balance", account=12, asset=2)
        self.assertEqual([(e["available"], e["held"]) for e in money], [(999_600, 0)])
        self.assertEqual(session.query("query_balance", account=99)[0]["reason"], "unknown_account")
        self.assertEqual(session.unanswered, 0)

    def test_refusals_name_reason_and_field(self) -> None:
        session = self.session(self.serve())
        self.open_market(session)
        refused = session.ask("deposit", account=77, asset=1, amount=1)
        self.assertEqual((refused["reason"], refused["field"]), ("unknown_account", "account"))
        trader = Session(session._address, TRADER, SECRET)
        self.addCleanup(trader.close)
        refused = trader.ask("set_phase", instrument=1, phase="halted")
        self.assertEqual((refused["event"], refused["reason"]), ("business_reject", "not_permitted"))

    def test_snapshot_and_stream_make_the_book(self) -> None:
        server = self.serve()
        maker = self.session(server)
        self.open_market(maker)
        maker.ask("new_order", **order(1, "sell", 10, 105))
        watcher = Session(server.address, TRADER, SECRET)
        self.addCleanup(watcher.close)
        snapshot = watcher.subscribe(instrument=1)
        book = {(e["side"], e["price"]): e["qty"] for e in snapshot if e["event"] == "level"}
        self.assertEqual(book, {("sell", 105): 10})
        for n in range(2, 30):
            side = "buy" if n % 2 else "sell"
            maker.ask("new_order", **order(n, side, n, 100 + n % 7))
        for event in watcher.events(0.3):
            if event["event"] == "level":
                book[event["side"], event["price"]] = event["qty"]
        depth = maker.query("query_depth", instrument=1)
        shown = {(e["side"], e["price"]): e["qty"] for e in depth if e["event"] == "level"}
        self.assertEqual({level: qty for level, qty in book.items() if qty}, shown)

    def test_kills_lose_nothing_and_repeat_nothing(self) -> None:
        server = self.serve()
        session = self.session(server)
        self.open_market(session)
        numbers: list[int] = []
        events: list[Event] = []
        for n in range(300):
            numbers.append(session.send("deposit", account=11, asset=2, amount=1))
            if n % 60 == 30:
                server.kill()
                again = threading.Timer(0.2, server.start)
                again.start()
                events += session.events(0.0)
                again.join()
        while session.unanswered:
            events += session.events(0.2)
        answered = [e["ref_seq_no"] for e in events if e["event"] == "balance"]
        self.assertEqual(answered, numbers)
        self.assertEqual([e["msg_seq_num"] for e in events], sorted({e["msg_seq_num"] for e in events}))
        self.assertEqual(session.query("query_balance", account=11, asset=2)[0]["available"], 300)

    def test_a_later_process_goes_on_from_the_state(self) -> None:
        server = self.serve()
        first = Session(server.address, OPERATOR, SECRET)
        self.open_market(first)
        before = first.state()
        missed = [first.send("deposit", account=11, asset=2, amount=5) for _ in range(3)]
        while first.unanswered:
            list(first.events(0.1))
        first._hang_up()
        # As if the answers had never reached the first: what it knew before goes on.
        pending = {str(n): "" for n in missed}
        state = json.loads(json.dumps({**before, "next_out": missed[-1] + 1}))
        later = self.session(server, state=state)
        answers = [e["ref_seq_no"] for e in later.events(0.5) if e["event"] == "balance"]
        self.assertEqual([str(n) for n in answers], list(pending))
        self.assertEqual(later.query("query_balance", account=11, asset=2)[0]["available"], 15)

    def test_who_may_not_enter_is_told(self) -> None:
        server = self.serve()
        with self.assertRaises(Refused) as refused:
            Session(server.address, OPERATOR, bytes(32)).send("open_account", account=1)
        self.assertEqual(refused.exception.code, "credentials")
        server.kill()
        with self.assertRaises(Unreachable):
            self.session(server, patience_s=0.2).send("open_account", account=1)

    def test_a_newer_connection_takes_over(self) -> None:
        server = self.serve()
        old = self.session(server)
        self.open_market(old)
        newer = self.session(server)
        newer.ask("open_account", account=20)
        with self.assertRaises(Ended) as ended:
            list(old.events(5.0))
        self.assertEqual(ended.exception.code, "replaced")

    @unittest.skipUnless(shutil.which("openssl"), "no openssl to make a certificate with")
    def test_the_same_under_tls(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            cert, key = Path(folder, "cert.pem"), Path(folder, "key.pem")
            subprocess.run(
                [
                    *("openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "2"),
                    *("-subj", "/CN=ringpit", "-addext", "basicConstraints=critical,CA:FALSE"),
                    *("-addext", "subjectAltName=IP:127.0.0.1"),
                    *("-out", str(cert), "-keyout", str(key)),
                ],
                check=True,
                capture_output=True,
            )
            key.chmod(0o600)
            server = self.serve("--tls", str(cert), str(key))
            trust = ssl.create_default_context(cafile=str(cert))
            session = self.session(server, tls=trust)
            self.open_market(session)
            self.assertEqual(len(session.query("query_balance", account=11)), 2)
            stranger = self.session(server, tls=ssl.create_default_context(), patience_s=0.2)
            with self.assertRaises(Unreachable):
                stranger.send("open_account", account=1)
