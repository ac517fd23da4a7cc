//! The rule book's worked sale, on the model; then carts, draws and atomic interactions.

#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod support;

use ringpit_core::command::*;
use ringpit_core::*;
use support::{BASE, QUOTE, Venue};

const S: SaleId = SaleId(9);
const P: ProductId = ProductId(1);
const SECOND_NS: u64 = 1_000_000_000;

fn sale() -> CreateSale {
    CreateSale {
        sale: S,
        opens_at: 0,
        closes_at: 1_000 * SECOND_NS,
        hold_for: 60 * SECOND_NS,
        payment: Payment::Balance,
        seller: AccountId(3),
        quote: QUOTE,
        max_attempts: None,
        attempts_window: None,
        waitlist: Some(10),
        limit_per_account: None,
        limit_per_origin: None,
        mode: None,
        seed_digest: None,
        draw_by: None,
    }
}

fn product(product: u32, stock: u64, limit_per_account: u64) -> AddProduct {
    let product = ProductId(product);
    AddProduct { sale: S, product, stock, price: 100, limit_per_account, asset: None }
}

fn venue(sale: CreateSale, products: &[AddProduct]) -> Venue {
    let mut venue = Venue::with_instrument(|_| {});
    for account in (4..=5).map(AccountId) {
        venue.step(OpenAccount { account, group: None });
        venue.step(Deposit { account, asset: QUOTE, amount: 1_000, request_id: None });
    }
    venue.step(sale);
    for product in products {
        venue.step(*product);
    }
    venue
}

fn reserve(account: u64, request_id: u64) -> Reserve {
    let (account, request_id) = (AccountId(account), RequestId(request_id));
    Reserve { account, sale: S, product: P, qty: 1, request_id, origin: None }
}

/// Lines with times in whole seconds.
fn lines(venue: &mut Venue, second: u64, command: impl Into<Command>) -> Vec<String> {
    venue.at = second * SECOND_NS;
    venue.lines(command).iter().map(|line| line.replace("000000000", "")).collect()
}

#[test]
fn two_units_and_four_buyers() {
    let mut v = venue(sale(), &[product(1, 2, 1)]);
    let (a, b, c, d) = (1, 2, 4, 5);
    for (account, line) in [
        (a, "reservation 1 of 1 held until 60 amount 100"),
        (b, "reservation 2 of 2 held until 60 amount 100"),
        (c, "reservation 3 of 4 queued at 1"),
        (d, "reservation 4 of 5 queued at 2"),
    ] {
        assert_eq!(lines(&mut v, 0, reserve(account, 1))[0], line);
    }
    let again = lines(&mut v, 0, reserve(a, 2));
    assert_eq!(again, ["reservation - of 1 rejected limit_per_account"]);
    assert_eq!(
        lines(&mut v, 10, Void { reservation: ReservationId(1) }),
        [
            "reservation 1 of 1 voided",
            "reservation 3 of 4 held until 70 amount 100",
            "product 1 free 0 held 2 sold 0 waiting 1",
        ]
    );
    assert_eq!(
        lines(&mut v, 60, Confirm { reservation: ReservationId(3), qty: None }),
        [
            "reservation 2 of 2 expired",
            "reservation 4 of 5 held until 120 amount 100",
            "product 1 free 0 held 2 sold 0 waiting 0",
            "reservation 3 of 4 confirmed amount 100",
            "product 1 free 0 held 1 sold 1 waiting 0",
        ]
    );
    assert_eq!(v.balance(4, QUOTE), (900, 0));
    assert_eq!(v.balance(5, QUOTE), (900, 100));
    assert_eq!(v.balance(3, QUOTE), (1_000_100, 0));
    let repeat = lines(&mut v, 60, reserve(c, 1));
    assert_eq!(repeat, ["reservation 3 of 4 confirmed amount 100"]);
}

#[test]
fn a_cart_is_one_thing() {
    let mut v = venue(sale(), &[product(1, 3, 3), product(2, 1, 3)]);
    let cart = |request, all: &[(u32, u64)]| {
        let all: Vec<Line> =
            all.iter().map(|&(id, qty)| Line { product: ProductId(id), qty }).collect();
        ReserveCart {
            account: AccountId(1),
            sale: S,
            request_id: RequestId(request),
            origin: None,
            lines: List::from_slice(&all).unwrap(),
        }
    };
    assert_eq!(
        lines(&mut v, 0, cart(1, &[(2, 1), (1, 1), (1, 1)])),
        [
            "reservation 1 of 1 held until 60 amount 300 1x2 2x1",
            "product 1 free 1 held 2 sold 0 waiting 0",
            "product 2 free 0 held 1 sold 0 waiting 0",
        ]
    );
    assert_eq!(
        lines(&mut v, 0, cart(2, &[(1, 1), (2, 1)])),
        ["reservation - of 1 rejected sold_out"]
    );
    assert_eq!(
        lines(&mut v, 0, Confirm { reservation: ReservationId(1), qty: Some(1) }),
        ["rejected bad_value qty"]
    );
}

#[test]
fn a_draw_gives_by_rank() {
    // 32 bytes of 0x00, and their SHA-256.
    let seed = Hex::new(&"00".repeat(32)).unwrap();
    let digest = "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925";
    let terms = CreateSale {
        waitlist: None,
        mode: Some(SaleMode::Draw),
        seed_digest: Hex::new(digest),
        ..sale()
    };
    let mut v = venue(terms, &[product(1, 1, 1)]);
    for account in [1, 2, 4] {
        let entered = lines(&mut v, 0, reserve(account, 1));
        let wanted = format!("reservation {} of {account} entered amount 100", account.min(3));
        assert_eq!(entered[0], wanted);
    }
    assert_eq!(v.balance(4, QUOTE), (900, 100));
    let draw = |seed| Draw { sale: S, seed };
    assert_eq!(lines(&mut v, 999, draw(seed)), ["rejected too_early sale"]);
    let wrong = Hex::new(&"01".repeat(32)).unwrap();
    assert_eq!(lines(&mut v, 1_000, draw(wrong)), ["rejected bad_seed seed"]);
    let drawn = lines(&mut v, 1_000, draw(seed));
    let count = |word: &str| drawn.iter().filter(|line| line.contains(word)).count();
    assert_eq!((count("held until 1060"), count("not_drawn")), (1, 2));
    assert_eq!(drawn.last().unwrap(), "product 1 free 0 held 1 sold 0 waiting 0");
    assert_eq!(lines(&mut v, 1_000, draw(seed)), ["rejected too_late sale"]);
}

#[test]
fn an_atomic_does_all_or_nothing() {
    let goods = AddProduct { asset: Some(BASE), ..product(1, 2, 5) };
    let mut v = venue(sale(), &[goods]);
    let counter = CounterId(1);
    let atomic = |request, legs: &[Leg]| Atomic {
        account: AccountId(4),
        request_id: RequestId(request),
        legs: List::from_slice(legs).unwrap(),
    };
    let count = Leg::Add { counter, delta: 1, min: None, max: Some(1) };
    let take = Leg::Take { sale: S, product: P, qty: 2 };
    let (from, to) = (AccountId(4), AccountId(3));
    let pay = |amount| Leg::Transfer { from, to, asset: QUOTE, amount };
    assert_eq!(
        lines(&mut v, 0, atomic(1, &[count, take, pay(1_001)])),
        ["atomic rejected leg 3 insufficient_funds"]
    );
    assert_eq!(v.balance(4, QUOTE), (1_000, 0));
    let done = [
        "atomic done",
        "reservation 1 of 4 confirmed amount 0",
        "product 1 free 0 held 0 sold 2 waiting 0",
    ];
    assert_eq!(lines(&mut v, 0, atomic(1, &[count, take, pay(600)])), done);
    assert_eq!(lines(&mut v, 0, atomic(1, &[count, take, pay(600)])), ["atomic done"]);
    assert_eq!(lines(&mut v, 0, atomic(2, &[pay(1), count])), ["atomic rejected leg 2 above_max"]);
    assert_eq!(v.balance(4, QUOTE), (400, 0));
    assert_eq!(v.balance(4, BASE), (2, 0));
    assert_eq!(v.balance(3, BASE), (999_998, 0));
}
