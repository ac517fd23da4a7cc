//! Small references of two market rules, written from the rules and not from the engine: what an
//! English auction with proxy bids comes to, and at which price a call trades. Slow and plain.

use super::crowd::{EXTEND_BY_NS, EXTEND_WINDOW_NS, EXTENSIONS_MAX, START_PRICE, STEPS};
use ringpit_core::{AccountId, Side};

/// An accepted bid.
#[derive(Clone, Copy, Debug)]
pub struct Bid {
    /// Whose.
    pub account: AccountId,
    /// Minor units.
    pub max_price: i64,
    /// When it entered, UNIX nanoseconds.
    pub at_ns: u64,
}

/// What an auction came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Knockdown {
    /// Who won.
    pub winner: AccountId,
    /// For how much, minor units.
    pub price: i64,
    /// When, UNIX nanoseconds.
    pub closes_ns: u64,
    /// How often it was extended.
    pub extensions: u64,
}

fn step(price: i64) -> i64 {
    STEPS.iter().rev().find(|(from, _)| *from <= price).map_or(1, |(_, step)| *step)
}

/// What bids, in order, come to in an auction that closes then; `None` when nobody bid.
pub fn knockdown(bids: &[Bid], closes_ns: u64) -> Option<Knockdown> {
    let first = bids.first()?;
    let mut end = Knockdown { winner: first.account, price: START_PRICE, closes_ns, extensions: 0 };
    let mut max = first.max_price;
    for (index, bid) in bids.iter().enumerate() {
        let raises_own = index > 0 && bid.account == end.winner;
        if raises_own {
            max = bid.max_price;
            continue;
        }
        if index > 0 && bid.max_price > max {
            end.price = bid.max_price.min(max + step(max));
            (end.winner, max) = (bid.account, bid.max_price);
        } else if index > 0 {
            end.price = max.min(bid.max_price + step(bid.max_price));
        }
        let later_ns = bid.at_ns + EXTEND_BY_NS;
        if end.closes_ns - bid.at_ns <= EXTEND_WINDOW_NS
            && later_ns > end.closes_ns
            && end.extensions < EXTENSIONS_MAX
        {
            (end.closes_ns, end.extensions) = (later_ns, end.extensions + 1);
        }
    }
    Some(end)
}

/// A limit order in a call.
#[derive(Clone, Copy, Debug)]
pub struct Resting {
    /// Which side.
    pub side: Side,
    /// Ticks.
    pub price: i64,
    /// Lots, hidden ones too.
    pub qty: u64,
}

/// The price at which limit orders trade in a call, and how many lots; `None` when none do.
pub fn call(orders: &[Resting], reference: Option<i64>) -> Option<(i64, u64)> {
    let mut prices: Vec<i64> = orders.iter().map(|order| order.price).collect();
    prices.sort_unstable();
    prices.dedup();
    let sum = |side, fits: &dyn Fn(i64) -> bool| -> u64 {
        let of_side = orders.iter().filter(|order| order.side == side && fits(order.price));
        of_side.map(|order| order.qty).sum()
    };
    let sides = |price: i64| {
        (sum(Side::Buy, &|limit| limit >= price), sum(Side::Sell, &|limit| limit <= price))
    };
    let all: Vec<_> = prices.into_iter().map(|price| (price, sides(price))).collect();
    let most = all.iter().map(|(_, (buy, sell))| *buy.min(sell)).max().filter(|qty| *qty > 0)?;
    let best = all.iter().filter(|(_, (buy, sell))| *buy.min(sell) == most);
    let least = best.clone().map(|(_, (buy, sell))| buy.abs_diff(*sell)).min()?;
    let left: Vec<_> = best.filter(|(_, (buy, sell))| buy.abs_diff(*sell) == least).collect();
    let (lowest, highest) = (left.first()?.0, left.last()?.0);
    let price = if left.iter().all(|(_, (buy, sell))| buy > sell) {
        highest
    } else if left.iter().all(|(_, (buy, sell))| buy < sell) {
        lowest
    } else {
        reference.map_or(lowest, |reference| reference.clamp(lowest, highest))
    };
    Some((price, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Buys, sells, reference; price and quantity.
    type Row = (&'static [(i64, u64)], &'static [(i64, u64)], i64, (i64, u64));

    /// Published examples of exchanges, and the cases between them.
    const CALLS: [Row; 5] = [
        (
            &[(640, 500), (639, 500), (639, 500), (634, 1000), (633, 500)],
            &[(610, 1000), (640, 500), (641, 520), (642, 550), (643, 519)],
            620,
            (639, 1000),
        ),
        (
            &[(102, 300), (101, 200), (100, 400)],
            &[(99, 100), (100, 250), (101, 150)],
            100,
            (101, 500),
        ),
        (&[(105, 100)], &[(100, 100)], 103, (103, 100)),
        (&[(105, 100)], &[(100, 100)], 90, (100, 100)),
        (&[(103, 100), (101, 100)], &[(100, 300)], 102, (100, 200)),
    ];

    #[test]
    fn calls_trade_at_the_published_prices() {
        for (buys, sells, reference, expected) in CALLS {
            let of = |side, rows: &[(i64, u64)]| -> Vec<Resting> {
                rows.iter().map(|(price, qty)| Resting { side, price: *price, qty: *qty }).collect()
            };
            let orders = [of(Side::Buy, buys), of(Side::Sell, sells)].concat();
            assert_eq!(call(&orders, Some(reference)), Some(expected));
        }
        let alone = [Resting { side: Side::Buy, price: 1, qty: 1 }];
        assert_eq!(call(&alone, None), None);
    }

    #[test]
    fn the_second_highest_maximum_makes_the_price_and_late_bids_extend() {
        let bid = |account, max_price, at_ns| Bid { account: AccountId(account), max_price, at_ns };
        let closes_ns = 10 * EXTEND_BY_NS;
        let bids = [
            bid(1, 3_000, 0),
            bid(2, 2_000, 1),
            bid(3, 3_000, 2),
            bid(4, 9_000, closes_ns - 1),
            bid(4, 9_500, closes_ns),
        ];
        assert_eq!(knockdown(&[], closes_ns), None);
        let prices = [START_PRICE, 2_050, 3_000, 3_050, 3_050];
        for (count, price) in (1..).zip(prices) {
            let end = knockdown(&bids[..count], closes_ns).unwrap();
            assert_eq!(end.price, price, "{count} bids");
        }
        let end = knockdown(&bids, closes_ns).unwrap();
        let closes_ns = closes_ns - 1 + EXTEND_BY_NS;
        assert_eq!(end, Knockdown { winner: AccountId(4), price: 3_050, closes_ns, extensions: 1 });
    }
}
