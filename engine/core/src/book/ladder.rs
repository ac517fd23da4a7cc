//! Price levels of one side: a 64-ary tree over prices whose nodes are machine words.
//!
//! Finding, adding and removing a level costs one step per six bits of the highest price ever
//! used, whatever the number of levels. A branch of 64 prices with a single level is that level. The best level is kept beside, and so is the branch that
//! was used last: prices come in clusters, so most searches are two or three steps. Nodes and levels come
//! from shared pools and go back to them last in, first out, so that once warm nothing is
//! allocated and live ones stay cached. Orders and their queue are not known here.

use super::queue::Queue;
use crate::limits::ORDERS_MAX;
use alloc::vec::Vec;

/// No node, no order, no level.
pub(crate) const NONE: u32 = u32::MAX;

const BITS: u32 = 6;
const WIDTH: usize = 1 << BITS;

/// Layers above the bottom one that reach every price up to 2^63 − 1.
const LAYERS_MAX: u32 = 10;
const _: () = assert!((LAYERS_MAX + 1) * BITS >= 63);

/// Prices of one branch of the layer above the bottom share all bits above these.
const NEAR_BITS: u32 = 2 * BITS;

/// And so do prices of one branch of the layer above that.
const FAR_BITS: u32 = 3 * BITS;

/// Marks the number of a level where that of a bottom node would stand: the only one there.
const SOLE: u32 = 1 << 31;
const _: () = assert!(ORDERS_MAX < SOLE as usize);

/// The key of no branch: no price has it.
const NOWHERE: i64 = i64::MIN;

/// The queue of one price.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(32))]
pub(crate) struct Level {
    /// Its orders, by time.
    pub queue: Queue,
    /// Lots displayed.
    pub shown: u64,
    /// Ticks.
    pub price: i64,
    /// How many orders.
    pub orders: u32,
    /// Slot of the book.
    pub book: u32,
}

// A fill, a cancel and a new order each touch one level: one half of a cache line.
const _: () = assert!(size_of::<Level>() == 32);

#[derive(Clone, Debug)]
struct Node {
    /// Which children there are; the numbers of others mean nothing.
    used: u64,
    children: [u32; WIDTH],
}

impl Node {
    #[inline]
    fn child(&self, slot: u32) -> Option<u32> {
        (self.used >> slot & 1 == 1).then(|| self.children[slot as usize])
    }

    #[inline]
    fn set(&mut self, slot: u32, child: u32) {
        self.used |= 1 << slot;
        self.children[slot as usize] = child;
    }
}

/// Where a level stands in the pool; valid as long as the level has orders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LevelRef(pub u32);

/// The shared pool of all ladders.
#[derive(Clone, Debug, Default)]
pub(crate) struct Levels {
    list: Vec<Level>,
    free_levels: Vec<u32>,
    /// Lots of each level that icebergs hide; 0 where a level is gone.
    hidden: Vec<u64>,
    nodes: Vec<Node>,
    free_nodes: Vec<u32>,
}

impl core::ops::Index<LevelRef> for Levels {
    type Output = Level;
    #[inline]
    fn index(&self, at: LevelRef) -> &Level {
        &self.list[at.0 as usize]
    }
}

impl core::ops::IndexMut<LevelRef> for Levels {
    #[inline]
    fn index_mut(&mut self, at: LevelRef) -> &mut Level {
        &mut self.list[at.0 as usize]
    }
}

impl Levels {
    /// Lots of a level in all, hidden ones too.
    pub(crate) fn full(&self, at: LevelRef) -> u64 {
        self[at].shown + self.hidden[at.0 as usize]
    }

    /// Lots of a level that icebergs hide.
    pub(crate) fn hidden_mut(&mut self, at: LevelRef) -> &mut u64 {
        &mut self.hidden[at.0 as usize]
    }

    #[inline]
    fn new_level(&mut self, price: i64, book: u32) -> u32 {
        let level = Level { queue: Queue::EMPTY, shown: 0, price, orders: 0, book };
        if let Some(at) = self.free_levels.pop() {
            self.list[at as usize] = level;
            return at;
        }
        self.list.push(level);
        self.hidden.push(0);
        // A freed level must find its place without allocating.
        self.free_levels.reserve(self.list.len());
        (self.list.len() - 1) as u32
    }

    /// A new level below a bottom node.
    fn add_to(&mut self, bottom: u32, price: i64, book: u32) -> u32 {
        let level = self.new_level(price, book);
        self.node_mut(bottom).set(digit(price, 0), level);
        level
    }

    #[inline]
    fn new_node(&mut self) -> u32 {
        if let Some(node) = self.free_nodes.pop() {
            return node;
        }
        self.nodes.push(Node { used: 0, children: [NONE; WIDTH] });
        self.free_nodes.reserve(self.nodes.len());
        (self.nodes.len() - 1) as u32
    }

    #[inline]
    fn node(&self, at: u32) -> &Node {
        &self.nodes[at as usize]
    }

    #[inline]
    fn node_mut(&mut self, at: u32) -> &mut Node {
        &mut self.nodes[at as usize]
    }

    /// Which children a node has; a sole level stands for a bottom node with it alone.
    #[inline]
    fn used(&self, at: u32) -> u64 {
        if at & SOLE == 0 { self.node(at).used } else { 1 << digit(self.sole(at).price, 0) }
    }

    /// A sole level.
    #[inline]
    fn sole(&self, at: u32) -> &Level {
        &self[LevelRef(at & !SOLE)]
    }

    /// Takes a child away; whether the node is empty now, and free.
    #[inline]
    fn cut(&mut self, at: u32, slot: u32) -> bool {
        let node = self.node_mut(at);
        node.used &= !(1 << slot);
        let empty = node.used == 0;
        if empty {
            self.free_nodes.push(at);
        }
        empty
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
    /// 0 when there is none.
    best: i64,
    best_at: LevelRef,
    direction: Best,
    /// The branch used last: what its prices share, and its node one above the bottom.
    near_key: i64,
    near: u32,
    /// The same, one layer higher.
    far: u32,
    far_key: i64,
    root: u32,
    /// Layers above the bottom one; at least two where there is a root.
    layers: u32,
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
    let layers = bits.saturating_sub(1) / BITS;
    if layers < 2 { 2 } else { layers }
}

impl Ladder {
    /// An empty ladder.
    pub(crate) const fn new(direction: Best) -> Self {
        Self {
            best: 0,
            best_at: LevelRef(NONE),
            direction,
            near_key: NOWHERE,
            near: NONE,
            far_key: NOWHERE,
            far: NONE,
            root: NONE,
            layers: 0,
        }
    }

    /// The best price.
    #[inline]
    pub(crate) fn best(&self) -> Option<i64> {
        (self.best != 0).then_some(self.best)
    }

    /// The best price and its level.
    #[inline]
    pub(crate) fn top(&self) -> Option<(i64, LevelRef)> {
        (self.best != 0).then_some((self.best, self.best_at))
    }

    /// The level of a price that has orders.
    #[inline]
    pub(crate) fn find(&self, levels: &Levels, price: i64) -> Option<LevelRef> {
        if price == self.best {
            return self.top().map(|top| top.1);
        }
        if price < 1 {
            return None;
        }
        let near = if price >> NEAR_BITS == self.near_key {
            self.near
        } else if price >> FAR_BITS == self.far_key {
            levels.node(self.far).child(digit(price, 2))?
        } else {
            self.branch(levels, price)?
        };
        let bottom = levels.node(near).child(digit(price, 1))?;
        if bottom & SOLE != 0 {
            return (levels.sole(bottom).price == price).then_some(LevelRef(bottom & !SOLE));
        }
        levels.node(bottom).child(digit(price, 0)).map(LevelRef)
    }

    /// The node one above the bottom on the way to a price.
    fn branch(&self, levels: &Levels, price: i64) -> Option<u32> {
        if self.root == NONE || layers_for(price) > self.layers {
            return None;
        }
        let mut at = self.root;
        for layer in (2..=self.layers).rev() {
            at = levels.node(at).child(digit(price, layer))?;
        }
        Some(at)
    }

    /// The level of a price, new and empty when there was none.
    #[inline(always)]
    pub(crate) fn find_or_add(&mut self, levels: &mut Levels, price: i64, book: u32) -> LevelRef {
        debug_assert!(price >= 1);
        self.go_near(levels, price);
        let slot = digit(price, 1);
        let level = match levels.node(self.near).child(slot) {
            None => {
                let level = levels.new_level(price, book);
                levels.node_mut(self.near).set(slot, level | SOLE);
                level
            }
            Some(sole) if sole & SOLE != 0 => {
                if levels.sole(sole).price == price {
                    return LevelRef(sole & !SOLE);
                }
                let bottom = levels.new_node();
                let other = digit(levels.sole(sole).price, 0);
                levels.node_mut(bottom).set(other, sole & !SOLE);
                levels.node_mut(self.near).set(slot, bottom);
                levels.add_to(bottom, price, book)
            }
            Some(bottom) => {
                if let Some(level) = levels.node(bottom).child(digit(price, 0)) {
                    return LevelRef(level);
                }
                levels.add_to(bottom, price, book)
            }
        };
        if self.best == 0 || self.better(price, self.best) {
            (self.best, self.best_at) = (price, LevelRef(level));
        }
        LevelRef(level)
    }

    /// Goes to the branch of a price, which is made where there was none.
    #[inline]
    fn go_near(&mut self, levels: &mut Levels, price: i64) {
        if price >> NEAR_BITS != self.near_key {
            self.move_near(levels, price);
        }
    }

    fn move_near(&mut self, levels: &mut Levels, price: i64) {
        if price >> FAR_BITS != self.far_key {
            self.go_far(levels, price);
        }
        let slot = digit(price, 2);
        self.near = match levels.node(self.far).child(slot) {
            Some(child) => child,
            None => {
                let child = levels.new_node();
                levels.node_mut(self.far).set(slot, child);
                child
            }
        };
        self.near_key = price >> NEAR_BITS;
    }

    /// The same, one layer higher.
    #[cold]
    fn go_far(&mut self, levels: &mut Levels, price: i64) {
        let layers = layers_for(price);
        if self.root == NONE {
            (self.root, self.layers) = (levels.new_node(), layers);
        }
        while self.layers < layers {
            let root = levels.new_node();
            levels.node_mut(root).set(0, self.root);
            self.root = root;
            self.layers += 1;
        }
        let mut at = self.root;
        for layer in (3..=self.layers).rev() {
            let slot = digit(price, layer);
            at = match levels.node(at).child(slot) {
                Some(child) => child,
                None => {
                    let child = levels.new_node();
                    levels.node_mut(at).set(slot, child);
                    child
                }
            };
        }
        (self.far_key, self.far) = (price >> FAR_BITS, at);
    }

    /// Takes away a level that has no orders left.
    #[inline(always)]
    pub(crate) fn remove(&mut self, levels: &mut Levels, price: i64) {
        self.go_near(levels, price);
        let slot = digit(price, 1);
        let bottom = levels.node(self.near).children[slot as usize];
        let (level, is_last) = if bottom & SOLE == 0 {
            let low = digit(price, 0);
            (levels.node(bottom).children[low as usize], levels.cut(bottom, low))
        } else {
            (bottom & !SOLE, true)
        };
        assert!(levels[LevelRef(level)].price == price, "no level at {price} to be taken away");
        levels.free_levels.push(level);
        if is_last && levels.cut(self.near, slot) {
            self.prune(levels, price);
        }
        if price == self.best {
            self.find_best(levels);
        }
    }

    /// Takes away the way to a branch that is gone.
    #[cold]
    fn prune(&mut self, levels: &mut Levels, price: i64) {
        let mut path = [NONE; LAYERS_MAX as usize + 1];
        let mut at = self.root;
        for layer in (2..=self.layers).rev() {
            path[layer as usize] = at;
            at = levels.node(at).children[digit(price, layer) as usize];
        }
        (self.near_key, self.near) = (NOWHERE, NONE);
        for layer in 2..=self.layers {
            if !levels.cut(path[layer as usize], digit(price, layer)) {
                return;
            }
            if layer == 2 && self.far == path[2] {
                (self.far_key, self.far) = (NOWHERE, NONE);
            }
        }
        (self.root, self.layers) = (NONE, 0);
    }

    /// Looks for the best level after the one that was it went. What is left of its own branch is
    /// better than all other branches.
    fn find_best(&mut self, levels: &Levels) {
        if self.near_key != self.best >> NEAR_BITS {
            if self.root == NONE {
                *self = Self::new(self.direction);
                return;
            }
            let (mut at, mut key) = (self.root, 0);
            for _ in 2..=self.layers {
                (self.far_key, self.far) = (key, at);
                let slot = first(levels.node(at).used, self.direction);
                at = levels.node(at).children[slot as usize];
                key = key << BITS | i64::from(slot);
            }
            (self.near_key, self.near) = (key, at);
        }
        let near = levels.node(self.near);
        let high = first(near.used, self.direction);
        let bottom = near.children[high as usize];
        self.best_at = if bottom & SOLE == 0 {
            let bottom = levels.node(bottom);
            LevelRef(bottom.children[first(bottom.used, self.direction) as usize])
        } else {
            LevelRef(bottom & !SOLE)
        };
        self.best = levels[self.best_at].price;
    }

    /// The next price with orders, away from the best.
    pub(crate) fn after(&self, levels: &Levels, price: i64) -> Option<i64> {
        let mut path = [NONE; LAYERS_MAX as usize + 1];
        let mut layer = self.layers;
        let mut at = self.root;
        // Down as far as the price's own branch exists.
        loop {
            path[layer as usize] = at;
            if layer == 0 || at == NONE {
                break;
            }
            at = levels.node(at).child(digit(price, layer)).unwrap_or(NONE);
            layer -= 1;
        }
        // Up to the first branch with something beyond.
        let (layer, slot) = (layer..=self.layers).find_map(|layer| {
            let at = path[layer as usize];
            if at == NONE {
                return None;
            }
            let rest = beyond(levels.used(at), digit(price, layer), self.direction);
            (rest != 0).then(|| (layer, first(rest, self.direction)))
        })?;
        let above = BITS * (layer + 1);
        let high = if above >= 63 { 0 } else { price >> above << above };
        Some(self.down(levels, path[layer as usize], layer, slot, high))
    }

    /// The first price of a branch as seen from the best.
    fn down(&self, levels: &Levels, mut at: u32, mut layer: u32, mut slot: u32, high: i64) -> i64 {
        let mut price = high;
        loop {
            price |= i64::from(slot) << (BITS * layer);
            if layer == 0 {
                return price;
            }
            at = levels.node(at).children[slot as usize];
            layer -= 1;
            slot = first(levels.used(at), self.direction);
        }
    }

    #[inline]
    fn better(&self, price: i64, than: i64) -> bool {
        match self.direction {
            Best::Highest => price > than,
            Best::Lowest => price < than,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    fn walk(ladder: &Ladder, levels: &Levels) -> Vec<i64> {
        core::iter::successors(ladder.best(), |price| ladder.after(levels, *price)).collect()
    }

    #[test]
    fn agrees_with_an_ordered_set() {
        let mut random = 1u64;
        let mut next = move || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            random >> 33
        };
        for direction in [Best::Highest, Best::Lowest] {
            let mut levels = Levels::default();
            let mut ladder = Ladder::new(direction);
            let mut set = BTreeSet::new();
            for _ in 0..20_000 {
                let span = [60, 5_000, 300_000, i64::MAX / 3][next() as usize % 4];
                let price = 1 + (next() as i64).wrapping_mul(next() as i64).rem_euclid(span);
                if next() % 2 == 0 {
                    ladder.find_or_add(&mut levels, price, 0);
                    set.insert(price);
                } else if let Some(price) = set.range(price..).next().copied() {
                    assert!(ladder.find(&levels, price).is_some());
                    ladder.remove(&mut levels, price);
                    set.remove(&price);
                }
                if let Some((price, at)) = ladder.top() {
                    assert_eq!(levels[at].price, price);
                }
                if set.len() < 50 {
                    let mut all: Vec<i64> = set.iter().copied().collect();
                    if direction == Best::Highest {
                        all.reverse();
                    }
                    assert_eq!(walk(&ladder, &levels), all);
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
        let mut levels = Levels::default();
        let mut ladder = Ladder::new(Best::Lowest);
        for price in [1, 63, 64, i64::MAX - 1, i64::MAX] {
            ladder.find_or_add(&mut levels, price, 0);
        }
        assert_eq!(walk(&ladder, &levels), [1, 63, 64, i64::MAX - 1, i64::MAX]);
        for price in [1, i64::MAX, 64, 63, i64::MAX - 1] {
            ladder.remove(&mut levels, price);
        }
        assert_eq!(ladder.best(), None);
        assert_eq!(levels.free_nodes.len(), levels.nodes.len());
        assert_eq!(levels.free_levels.len(), levels.list.len());
    }
}
