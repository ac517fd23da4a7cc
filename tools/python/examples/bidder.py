"""A bidder in an English auction: it raises its maximum whenever it is outbid, up to its limit.

    ringpit serve --data venue --dev
    python examples/bidder.py 127.0.0.1:7401 venue/sessions.toml

It opens an auction of three seconds as the operator first; a rival bids against it.
"""

from __future__ import annotations

import sys
import time

from common import connect

from ringpit import Session

AUCTION, SELLER, BIDDER, RIVAL = 902, 90_011, 90_012, 90_013
GOODS, MONEY = 903, 904
LIMIT = 1_000


def open_auction(venue: Session) -> int:
    """An auction of one unit; gives its number."""
    venue.ask("create_asset", asset=GOODS, code="VASE", decimals=0)
    venue.ask("create_asset", asset=MONEY, code="EUR", decimals=2)
    for account in (SELLER, BIDDER, RIVAL):
        venue.ask("open_account", account=account)
        venue.ask("deposit", account=account, asset=MONEY, amount=10_000)
    now = venue.ask("deposit", account=SELLER, asset=GOODS, amount=1)
    auction: int = AUCTION + now["seq"]
    venue.ask(
        "create_auction",
        auction=auction,
        kind="english",
        seller=SELLER,
        asset=GOODS,
        qty=1,
        quote=MONEY,
        start_price=100,
        increments=[[0, 50]],
        opens_at=now["at"],
        closes_at=now["at"] + 3_000_000_000,
        extend_window=500_000_000,
        extend_by=500_000_000,
        max_extensions=3,
    )
    return auction


def main(address: str, sessions: str) -> None:
    with connect(address, sessions, "operator") as venue:
        auction = open_auction(venue)
        venue.subscribe(auction=auction)
        bid, rival_bid = 0, 0

        def raise_to(maximum: int) -> None:
            nonlocal bid
            bid += 1
            maximum = min(LIMIT, maximum)
            report = venue.ask("place_bid", account=BIDDER, auction=auction, max_price=maximum, bid_id=bid)
            print(f"bid up to {maximum}: {report['state']} {report.get('reason', '')}")
            if report["state"] == "outbid" and maximum < LIMIT:
                raise_to(report["price"] + 150)

        raise_to(200)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            for event in venue.events(0.3):
                if event["event"] == "bid_report" and event["account"] == BIDDER:
                    if event["state"] == "outbid" and event["price"] < LIMIT:
                        raise_to(event["price"] + 150)
                    if event["state"] in ("won", "lost"):
                        print(f"{event['state']} at {event.get('price', '-')}")
                        return
                if event["event"] == "auction" and "msg_seq_num" not in event:
                    print(f"{event['state']}: {event['price']}, {event['bids']} bids")
            rival_bid += 1
            if rival_bid <= 3:
                venue.send(
                    "place_bid", account=RIVAL, auction=auction, max_price=250 * rival_bid, bid_id=rival_bid
                )


if __name__ == "__main__":
    main(*sys.argv[1:])
