"""A shop's backend in a flash sale: it reserves for its customers, then confirms or voids as they pay.

    ringpit serve --data venue --dev
    python examples/shop_backend.py 127.0.0.1:7401 venue/sessions.toml

It opens a sale of ten pairs of shoes as the operator first; forty customers want one.
"""

from __future__ import annotations

import sys

from common import connect

from ringpit import Session

SALE, SHOP, FIRST_CUSTOMER, CUSTOMERS = 905, 90_021, 91_000, 40
PRODUCT, STOCK, MONEY = 1, 10, 906


def open_sale(venue: Session) -> int:
    """A sale whose stock is held for two seconds while a customer pays; gives its number."""
    venue.ask("create_asset", asset=MONEY, code="EUR", decimals=2)
    venue.ask("open_account", account=SHOP)
    for customer in range(FIRST_CUSTOMER, FIRST_CUSTOMER + CUSTOMERS):
        opened = venue.ask("open_account", account=customer)
    sale: int = SALE + opened["seq"]
    venue.ask(
        "create_sale",
        sale=sale,
        opens_at=opened["at"],
        closes_at=opened["at"] + 60_000_000_000,
        hold_for=2_000_000_000,
        payment="external",
        seller=SHOP,
        quote=MONEY,
        waitlist=5,
    )
    venue.ask("add_product", sale=sale, product=PRODUCT, stock=STOCK, price=9_900, limit_per_account=1)
    return sale


def pays(customer: int) -> bool:
    """The payment service: every fourth card is refused."""
    return customer % 4 != 0


def main(address: str, sessions: str) -> None:
    with connect(address, sessions, "operator") as venue:
        sale = open_sale(venue)
        waiting = {
            venue.send(
                "reserve", account=customer, sale=sale, product=PRODUCT, qty=1, request_id=sale
            ): customer
            for customer in range(FIRST_CUSTOMER, FIRST_CUSTOMER + CUSTOMERS)
        }
        counts: dict[str, int] = {}
        for event in venue.events(0.5):
            if event["event"] != "reservation" or event["account"] not in waiting.values():
                continue
            state: str = event.get("reason") or event["state"]
            counts[state] = counts.get(state, 0) + 1
            # Held now, or handed over from somebody whose payment failed.
            if event["state"] == "held":
                do = "confirm" if pays(event["account"]) else "void"
                venue.send(do, reservation=event["reservation"])
        for state, count in sorted(counts.items()):
            print(f"{state:>12} {count}")
        product = venue.query("query_sale", sale=sale)[0]
        print(f"sold {product['sold']} of {STOCK}, free {product['free']}, held {product['held']}")
        assert product["sold"] + product["free"] + product["held"] == STOCK


if __name__ == "__main__":
    main(*sys.argv[1:])
