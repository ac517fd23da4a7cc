//! Price levels of one side: a 64-ary tree over prices whose nodes are machine words.
//!
//! Finding, adding and removing a level costs one step per six bits of the highest price ever
//! used, whatever the number of levels; the best price is kept beside. Nodes come from a shared
//! pool and go back to it last in, first out, so that once warm nothing is allocated and live
//! nodes stay cached. Orders and their queue are not known here.

use super::queue::Queue;
use alloc::vec::Vec;

/// No node, no order, no level.
pub(crate) const NONE: u32 = u32::MAX;

const BITS: u32 = 6;
const WIDTH: usize = 1 << BITS;

/// Interior layers that reach every price up to 2^63 − 1.
const LAYERS_MAX: u32 = 10;
const _: () = assert!((LAYERS_MAX + 1) * BITS >= 63);

/// The queue of one price.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level {
    /// Its orders, by time.
    pub queue: Queue,
    /// How many.
    pub orders: u32,
    /// Lots displayed.
    pub shown: u64,
    /// Lots in all, hidden ones too.
    pub full: u64,
}

impl Level {
    const EMPTY: Self = Self { queue: Queue::EMPTY, orders: 0, shown: 0, full: 0 };
}

#[derive(Clone, Debug)]
struct Leaf {
    used: u64,
    levels: [Level; WIDTH],
}

#[derive(Clone, Debug)]
struct Node {
    used: u64,
    children: [u32; WIDTH],
}

/// Where a level stands in the pool; valid as long as the level has orders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LevelRef(pub u32);

/// The shared pool of all ladders.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pages {
    leaves: Vec<Leaf>,
    free_leaves: Vec<u32>,
    nodes: Vec<Node>,
    free_nodes: Vec<u32>,
}

impl core::ops::Index<LevelRef> for Pages {
    type Output = Level;
    fn index(&self, at: LevelRef) -> &Level {
        &self.leaves[(at.0 >> BITS) as usize].levels[at.0 as usize & (WIDTH - 1)]
    }
}

impl core::ops::IndexMut<LevelRef> for Pages {
    fn index_mut(&mut self, at: LevelRef) -> &mut Level {
        &mut self.leaves[(at.0 >> BITS) as usize].levels[at.0 as usize & (WIDTH - 1)]
    }
}

impl Pages {
    fn new_leaf(&mut self) -> u32 {
        if let Some(leaf) = self.free_leaves.pop() {
            return leaf;
        }
        self.leaves.push(Leaf { used: 0, levels: [Level::EMPTY; WIDTH] });
        // A freed leaf must find its place without allocating.
        self.free_leaves.reserve(self.leaves.len());
        (self.leaves.len() - 1) as u32
    }

    fn new_node(&mut self) -> u32 {
        if let Some(node) = self.free_nodes.pop() {
            return node;
        }
        self.nodes.push(Node { used: 0, children: [NONE; WIDTH] });
        self.free_nodes.reserve(self.nodes.len());
        (self.nodes.len() - 1) as u32
    }
}

/// Which price is the best.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Best {
    /// The highest: bids, and sell stops.
    Highest,
    /// The lowest: asks, and buy stops.
    Lowest,
}

/// One side's levels. Prices are 1 to 2^63 − 1 ticks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ladder {
    root: u32,
    layers: u32,
    best: i64,
    direction: Best,
}

/// Bits of `used` strictly beyond `digit` in the direction away from the best.
const fn beyond(used: u64, digit: u32, direction: Best) -> u64 {
    match direction {
        Best::Lowest => used & (u64::MAX << digit) & !(1 << digit),
        Best::Highest => used & ((1 << digit) - 1),
    }
}

/// The first set bit as seen from the best.
const fn first(used: u64, direction: Best) -> u32 {
    match direction {
        Best::Lowest => used.trailing_zeros(),
        Best::Highest => 63 - used.leading_zeros(),
    }
}

const fn digit(price: i64, layer: u32) -> u32 {
    (price >> (BITS * layer)) as u32 & (WIDTH as u32 - 1)
}

const fn layers_for(price: i64) -> u32 {
    let bits = 64 - price.leading_zeros();
    bits.saturating_sub(1) / BITS
}

impl Ladder {
    /// An empty ladder.
    pub(crate) const fn new(direction: Best) -> Self {
        Self { root: NONE, layers: 0, best: 0, direction }
    }

    /// The best price.
    #[inline]
    pub(crate) fn best(&self) -> Option<i64> {
        (self.best != 0).then_some(self.best)
    }

    /// The level of a price that has orders.
    #[inline]
    pub(crate) fn find(&self, pages: &Pages, price: i64) -> Option<LevelRef> {
        if self.root == NONE || price < 1 || layers_for(price) > self.layers {
            return None;
        }
        let mut at = self.root;
        for layer in (1..=self.layers).rev() {
            at = pages.nodes[at as usize].children[digit(price, layer) as usize];
            if at == NONE {
                return None;
            }
        }
        let slot = digit(price, 0);
        let used = pages.leaves[at as usize].used >> slot & 1 == 1;
        used.then_some(LevelRef(at << BITS | slot))
    }

    /// The level of a price, new and empty when there was none.
    pub(crate) fn find_or_add(&mut self, pages: &mut Pages, price: i64) -> LevelRef {
        debug_assert!(price >= 1);
        self.reach(pages, price);
        let mut at = self.root;
        for layer in (1..=self.layers).rev() {
            let slot = digit(price, layer);
            let mut child = pages.nodes[at as usize].children[slot as usize];
            if child == NONE {
                child = if layer == 1 { pages.new_leaf() } else { pages.new_node() };
                let node = &mut pages.nodes[at as usize];
                node.children[slot as usize] = child;
                node.used |= 1 << slot;
            }
            at = child;
        }
        let slot = digit(price, 0);
        let leaf = &mut pages.leaves[at as usize];
        if leaf.used >> slot & 1 == 0 {
            leaf.used |= 1 << slot;
            leaf.levels[slot as usize] = Level::EMPTY;
            if self.best == 0 || self.better(price, self.best) {
                self.best = price;
            }
        }
        LevelRef(at << BITS | slot)
    }

    /// Takes away a level that has no orders left.
    pub(crate) fn remove(&mut self, pages: &mut Pages, price: i64) {
        let mut path = [NONE; LAYERS_MAX as usize + 1];
        let mut at = self.root;
        for layer in (0..=self.layers).rev() {
            path[layer as usize] = at;
            if layer > 0 {
                at = pages.nodes[at as usize].children[digit(price, layer) as usize];
            }
        }
        let leaf = &mut pages.leaves[at as usize];
        leaf.used &= !(1 << digit(price, 0));
        let mut empty = leaf.used == 0;
        if empty {
            pages.free_leaves.push(at);
        }
        for layer in 1..=self.layers {
            if !empty {
                break;
            }
            let at = path[layer as usize];
            let node = &mut pages.nodes[at as usize];
            let slot = digit(price, layer);
            node.children[slot as usize] = NONE;
            node.used &= !(1 << slot);
            empty = node.used == 0;
            if empty {
                pages.free_nodes.push(at);
            }
        }
        if empty {
            *self = Self::new(self.direction);
        } else if price == self.best {
            self.best = self.after(pages, price).unwrap_or(0);
        }
    }

    /// The next price with orders, away from the best.
    pub(crate) fn after(&self, pages: &Pages, price: i64) -> Option<i64> {
        let mut path = [NONE; LAYERS_MAX as usize + 1];
        let mut layer = self.layers;
        let mut at = self.root;
        // Down as far as the price's own branch exists.
        loop {
            path[layer as usize] = at;
            if layer == 0 || at == NONE {
                break;
            }
            at = pages.nodes[at as usize].children[digit(price, layer) as usize];
            layer -= 1;
        }
        // Up to the first branch with something beyond.
        let (layer, slot) = (layer..=self.layers).find_map(|layer| {
            let at = path[layer as usize];
            if at == NONE {
                return None;
            }
            let rest = beyond(self.used(pages, at, layer), digit(price, layer), self.direction);
            (rest != 0).then(|| (layer, first(rest, self.direction)))
        })?;
        let above = BITS * (layer + 1);
        let high = if above >= 63 { 0 } else { price >> above << above };
        Some(self.down(pages, path[layer as usize], layer, slot, high))
    }

    /// The first price of a branch as seen from the best.
    fn down(&self, pages: &Pages, mut at: u32, mut layer: u32, mut slot: u32, high: i64) -> i64 {
        let mut price = high;
        loop {
            price |= i64::from(slot) << (BITS * layer);
            if layer == 0 {
                return price;
            }
            at = pages.nodes[at as usize].children[slot as usize];
            layer -= 1;
            slot = first(self.used(pages, at, layer), self.direction);
        }
    }

    fn used(&self, pages: &Pages, at: u32, layer: u32) -> u64 {
        if layer == 0 { pages.leaves[at as usize].used } else { pages.nodes[at as usize].used }
    }

    fn better(&self, price: i64, than: i64) -> bool {
        match self.direction {
            Best::Highest => price > than,
            Best::Lowest => price < than,
        }
    }

    /// Grows the tree until it covers a price.
    fn reach(&mut self, pages: &mut Pages, price: i64) {
        let layers = layers_for(price);
        if self.root == NONE {
            self.layers = layers;
            self.root = if layers == 0 { pages.new_leaf() } else { pages.new_node() };
        }
        while self.layers < layers {
            let root = pages.new_node();
            let node = &mut pages.nodes[root as usize];
            node.children[0] = self.root;
            node.used = 1;
            self.root = root;
            self.layers += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    fn walk(ladder: &Ladder, pages: &Pages) -> Vec<i64> {
        core::iter::successors(ladder.best(), |price| ladder.after(pages, *price)).collect()
    }

    #[test]
    fn agrees_with_an_ordered_set() {
        let mut random = 1u64;
        let mut next = move || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            random >> 33
        };
        for direction in [Best::Highest, Best::Lowest] {
            let mut pages = Pages::default();
            let mut ladder = Ladder::new(direction);
            let mut set = BTreeSet::new();
            for _ in 0..20_000 {
                let span = [60, 5_000, 300_000, i64::MAX / 3][next() as usize % 4];
                let price = 1 + (next() as i64).wrapping_mul(next() as i64).rem_euclid(span);
                if next() % 2 == 0 {
                    ladder.find_or_add(&mut pages, price);
                    set.insert(price);
                } else if let Some(price) = set.range(price..).next().copied() {
                    assert!(ladder.find(&pages, price).is_some());
                    ladder.remove(&mut pages, price);
                    set.remove(&price);
                }
                if set.len() < 50 {
                    let mut all: Vec<i64> = set.iter().copied().collect();
                    if direction == Best::Highest {
                        all.reverse();
                    }
                    assert_eq!(walk(&ladder, &pages), all);
                }
                let best = match direction {
                    Best::Highest => set.last(),
                    Best::Lowest => set.first(),
                };
                assert_eq!(ladder.best(), best.copied());
            }
        }
    }

    #[test]
    fn reaches_the_highest_price() {
        let mut pages = Pages::default();
        let mut ladder = Ladder::new(Best::Lowest);
        for price in [1, 63, 64, i64::MAX - 1, i64::MAX] {
            ladder.find_or_add(&mut pages, price);
        }
        assert_eq!(walk(&ladder, &pages), [1, 63, 64, i64::MAX - 1, i64::MAX]);
        for price in [1, i64::MAX, 64, 63, i64::MAX - 1] {
            ladder.remove(&mut pages, price);
        }
        assert_eq!(ladder.best(), None);
        assert_eq!(pages.free_nodes.len(), pages.nodes.len());
    }
}
