"""A market maker of a few lines: it keeps one bid and one offer around the last trade.

    ringpit serve --data venue --dev
    python examples/trading_bot.py 127.0.0.1:7401 venue/sessions.toml

It opens its own small market as the operator first, so that there is something to trade in.
"""

from __future__ import annotations

import sys

from common import connect

from ringpit import Session

INSTRUMENT, BOT, GUEST = 901, 90_001, 90_002
SPREAD, QTY = 2, 5


def open_market(venue: Session) -> None:
    """An instrument without a ledger, and two accounts."""
    venue.ask("create_asset", asset=INSTRUMENT, code="BOT", decimals=0)
    venue.ask("create_asset", asset=INSTRUMENT + 1, code="CASH", decimals=2)
    for account in (BOT, GUEST):
        venue.ask("open_account", account=account)
    venue.ask(
        "create_instrument",
        instrument=INSTRUMENT,
        code="BOT",
        base=INSTRUMENT,
        quote=INSTRUMENT + 1,
        lot_size=1,
        tick_value=1,
        risk="off",
    )


class Bot:
    """Quotes around the last price, and moves its quotes when it trades."""

    def __init__(self, venue: Session, last: int) -> None:
        self.venue, self.last = venue, last
        # Ids that no earlier run has used: where the venue's line stands.
        self.next_id = venue.ask("open_account", account=BOT)["seq"] * 1_000
        self.open: dict[str, int] = {}

    def quote(self) -> None:
        """Replaces both quotes."""
        for side, price in (("buy", self.last - SPREAD), ("sell", self.last + SPREAD)):
            if side in self.open:
                self.venue.ask(
                    "cancel_order", account=BOT, instrument=INSTRUMENT, orig_cl_ord_id=self.open.pop(side)
                )
            self.next_id += 1
            report = self.venue.ask(
                "new_order",
                account=BOT,
                instrument=INSTRUMENT,
                cl_ord_id=self.next_id,
                side=side,
                ord_type="limit",
                qty=QTY,
                price=price,
                post_only=True,
            )
            print(f"{side:4} {QTY} @ {price}: {report['exec_type']}")
            if report["exec_type"] == "new":
                self.open[side] = self.next_id

    def trade(self, seconds: float) -> int:
        """Follows its fills until nothing has happened for so long; gives the lots it traded."""
        traded = 0
        for event in self.venue.events(seconds):
            if event.get("exec_type") == "trade" and event["account"] == BOT:
                traded += event["last_qty"]
                print(f"filled: {event['side']} {event['last_qty']} @ {event['last_px']}")
                if event["leaves_qty"] == 0:
                    self.open.pop(event["side"], None)
                self.last = event["last_px"]
                self.quote()
        return traded


def main(address: str, sessions: str) -> None:
    with connect(address, sessions, "operator") as venue:
        open_market(venue)
        bot = Bot(venue, last=100)
        bot.quote()
        # Somebody comes and takes the offer.
        bot.next_id += 1
        venue.send(
            "new_order",
            account=GUEST,
            instrument=INSTRUMENT,
            cl_ord_id=bot.next_id,
            side="buy",
            ord_type="market",
            qty=QTY,
        )
        print(f"traded {bot.trade(1.0)} lots, last {bot.last}")


if __name__ == "__main__":
    main(*sys.argv[1:])
