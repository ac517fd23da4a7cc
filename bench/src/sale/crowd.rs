//! The crowd before a flash sale: who asks for what, and what must come of it whoever sells.

use crate::error::BenchError;

/// What the crowd is after.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scene {
    /// Many products, far more buyers than units.
    Many,
    /// One hot product with the units of all of them.
    Hot,
    /// Many products, and a unit for everybody who asks: nothing is refused.
    Plenty,
}

/// How many there are of everything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    /// Products.
    pub products: u32,
    /// Units of each.
    pub units: u32,
    /// Buyers.
    pub buyers: u32,
    /// How often each of them asks.
    pub asks: u32,
}

impl Extent {
    /// A smaller crowd before a smaller stock: one buyer and one unit in so many.
    #[must_use]
    pub fn part(self, divisor: u32) -> Self {
        let (units, buyers) = (self.units / divisor, self.buyers / divisor);
        Self { units: units.max(1), buyers: buyers.max(1), ..self }
    }
}

/// One buyer asks for one unit of one product. Nobody may have two of the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ask {
    /// Who, from 1.
    pub buyer: u32,
    /// For what, from 1.
    pub product: u32,
    /// The buyer's own number of it, from 1.
    pub number: u32,
}

/// One in so many asks is for what the buyer asked for before.
const SAME_AGAIN: u64 = 10;

/// All that is asked for, in order.
#[derive(Clone, Debug)]
pub struct Crowd {
    /// What they are after.
    pub scene: Scene,
    /// Units of each product, from product 1 on.
    pub stock: Vec<u32>,
    /// How many buyers there are.
    pub buyers: u32,
    /// Who asks for what.
    pub asks: Vec<Ask>,
    /// Units of each product that must be sold in the end.
    sold: Vec<u32>,
}

impl Crowd {
    /// The crowd of a scene: the same for the same extent, for ever. First everybody asks once, in
    /// a random order, then everybody a second time, and so on.
    #[must_use]
    pub fn new(scene: Scene, extent: Extent) -> Self {
        let Extent { products, units, buyers, asks } = extent;
        let stock = match scene {
            Scene::Many => vec![units; products as usize],
            Scene::Hot => vec![units.saturating_mul(products)],
            Scene::Plenty => vec![buyers; products as usize],
        };
        let products = stock.len() as u64;
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        let mut wanted: Vec<u32> = vec![0; buyers as usize];
        let mut order: Vec<u32> = (1..=buyers).collect();
        let mut all = Vec::with_capacity(buyers as usize * asks as usize);
        for number in 1..=asks {
            for place in (1..order.len()).rev() {
                order.swap(place, dice.below(place as u64 + 1) as usize);
            }
            for buyer in order.iter().copied() {
                let last = &mut wanted[buyer as usize - 1];
                // Who is refused nothing asks for another product each time.
                let next = || (u64::from(*last) % products) as u32 + 1;
                *last = match (scene, number) {
                    (Scene::Plenty, 2..) => next(),
                    (_, 2..) if dice.below(SAME_AGAIN) == 0 => *last,
                    _ => dice.below(products) as u32 + 1,
                };
                all.push(Ask { buyer, product: *last, number });
            }
        }
        let sold = must_be_sold(&stock, &all);
        Self { scene, stock, buyers, asks: all, sold }
    }

    /// Units that must be sold in total.
    #[must_use]
    pub fn sold(&self) -> u64 {
        self.sold.iter().copied().map(u64::from).sum()
    }

    /// Whether what a shop did is what it had to do.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self, outcome: &Outcome) -> Result<(), BenchError> {
        let wrong = |what: String| Err(BenchError::Outcome(what));
        for (index, (stock, must)) in self.stock.iter().zip(&self.sold).enumerate() {
            let (product, sold, left) = (index + 1, outcome.sold[index], outcome.left[index]);
            if u64::from(*must) != sold || u64::from(*stock) != sold + left {
                return wrong(format!(
                    "product {product}: {sold} of {stock} sold, {left} left, {must} had to be sold"
                ));
            }
        }
        let mut has: Vec<(u32, u32)> = Vec::new();
        for (ask, bought) in self.asks.iter().zip(&outcome.bought) {
            if *bought {
                has.push((ask.buyer, ask.product));
            }
        }
        let told = has.len() as u64;
        if told != self.sold() || outcome.orders != told {
            let (orders, sold) = (outcome.orders, self.sold());
            return wrong(format!(
                "{told} were told they bought, {orders} orders, {sold} units sold"
            ));
        }
        has.sort_unstable();
        match has.windows(2).find(|two| two[0] == two[1]) {
            Some(two) => wrong(format!("buyer {} has product {} twice", two[0].0, two[0].1)),
            None => Ok(()),
        }
    }
}

/// Buyers are after each product for as long as there is any, and each gets one.
fn must_be_sold(stock: &[u32], asks: &[Ask]) -> Vec<u32> {
    let mut pairs: Vec<(u32, u32)> = asks.iter().map(|ask| (ask.product, ask.buyer)).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let mut wanted = vec![0u32; stock.len()];
    pairs.iter().for_each(|(product, _)| wanted[*product as usize - 1] += 1);
    stock.iter().zip(wanted).map(|(stock, wanted)| wanted.min(*stock)).collect()
}

/// What a shop did, as it says itself after the sale.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    /// Units sold of each product, as counted by the shop's own records of buyers.
    pub sold: Vec<u64>,
    /// Units left of each product.
    pub left: Vec<u64>,
    /// Orders recorded.
    pub orders: u64,
    /// Whether the buyer was told so, for each ask.
    pub bought: Vec<bool>,
}

/// xorshift64*, random enough and the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const EXTENT: Extent = Extent { products: 20, units: 5, buyers: 400, asks: 2 };

    /// Sells one after the other, as everybody should.
    fn sell(crowd: &Crowd) -> Outcome {
        let (mut left, mut has) = (crowd.stock.clone(), BTreeSet::new());
        let mut buy = |ask: &Ask| {
            let left = &mut left[ask.product as usize - 1];
            let bought = *left > 0 && has.insert((ask.buyer, ask.product));
            *left -= u32::from(bought);
            bought
        };
        let bought: Vec<bool> = crowd.asks.iter().map(&mut buy).collect();
        let sold = crowd.stock.iter().zip(&left).map(|(stock, left)| u64::from(stock - left));
        Outcome {
            sold: sold.collect(),
            left: left.iter().copied().map(u64::from).collect(),
            orders: has.len() as u64,
            bought,
        }
    }

    #[test]
    fn whoever_sells_right_passes() {
        for (scene, sold) in [(Scene::Many, 100), (Scene::Hot, 100), (Scene::Plenty, 800)] {
            let crowd = Crowd::new(scene, EXTENT);
            let outcome = sell(&crowd);
            crowd.check(&outcome).unwrap();
            assert_eq!((crowd.sold(), crowd.asks.len()), (sold, 800), "{scene:?}");
        }
    }

    #[test]
    fn whoever_sells_wrong_is_told() {
        let crowd = Crowd::new(Scene::Many, EXTENT);
        let right = sell(&crowd);
        let refused = right.bought.iter().position(|bought| !bought).unwrap();
        let wrongs: [fn(&mut Outcome, usize); 5] = [
            |outcome, _| outcome.sold[3] += 1,
            |outcome, _| outcome.left[3] += 1,
            |outcome, _| outcome.orders -= 1,
            |outcome, refused| outcome.bought[refused] = true,
            |outcome, _| outcome.sold[0] = 0,
        ];
        for (number, wrong) in wrongs.iter().enumerate() {
            let mut outcome = right.clone();
            wrong(&mut outcome, refused);
            assert!(matches!(crowd.check(&outcome), Err(BenchError::Outcome(_))), "{number}");
        }
    }

    #[test]
    fn one_buyer_may_not_have_two() {
        let crowd = Crowd::new(Scene::Hot, EXTENT);
        let mut outcome = sell(&crowd);
        let first = outcome.bought.iter().position(|bought| *bought).unwrap();
        outcome.bought[first] = false;
        let other = outcome.bought.iter().rposition(|bought| *bought).unwrap();
        let twice = crowd.asks.iter().rposition(|ask| ask.buyer == crowd.asks[other].buyer);
        outcome.bought[twice.unwrap()] = true;
        let told = crowd.check(&outcome).unwrap_err().to_string();
        assert!(told.contains("has product 1 twice"), "{told}");
    }
}
