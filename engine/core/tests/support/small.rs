//! Every sequence of a few commands in a small world, engine against model.
//!
//! Sequences share their beginnings: both sides are copied at each step of the way.

use super::{Pair, Scenario, text};
use ringpit_core::command::*;
use ringpit_core::*;

/// Names given by clients are the command's place in its sequence.
fn named(command: Command, place: u64) -> Command {
    match command {
        Command::NewOrder(order) => NewOrder { cl_ord_id: ClOrdId(place), ..order }.into(),
        Command::PlaceBid(bid) => PlaceBid { bid_id: BidId(place), ..bid }.into(),
        Command::Reserve(c) => Reserve { request_id: RequestId(place), ..c }.into(),
        Command::ReserveCart(c) => ReserveCart { request_id: RequestId(place), ..c }.into(),
        Command::Atomic(c) => Atomic { request_id: RequestId(place), ..c }.into(),
        Command::ReplaceOrder(order) => ReplaceOrder { cl_ord_id: ClOrdId(place), ..order }.into(),
        other => other,
    }
}

struct World<'a> {
    set_up: &'a Scenario,
    alphabet: &'a [Command],
    /// The time of the first command less one.
    start: u64,
    depth: u64,
}

impl World<'_> {
    /// One command more, and every continuation; the clock moves by one with each.
    fn walk(&self, pair: &Pair, command: Command, path: &mut Scenario) -> u64 {
        let place = path.len() as u64 + 1;
        let command = named(command, place);
        let mut next = pair.clone();
        path.push((self.start + place, Input::venue(command)));
        if let Err(error) = next.step(self.start + place, command) {
            panic!("{error}\n{}{}", text(self.set_up), text(path));
        }
        let mut tried = 1;
        if place < self.depth {
            tried += self.alphabet.iter().map(|more| self.walk(&next, *more, path)).sum::<u64>();
        }
        path.pop();
        tried
    }
}

/// Tries them all; gives how many there were.
pub fn every_sequence(set_up: &Scenario, alphabet: &[Command], depth: u64) -> u64 {
    let mut pair = Pair::new();
    for (at, input) in set_up {
        pair.take(*at, input).unwrap();
    }
    let start = pair.engine.now();
    let world = World { set_up, alphabet, start, depth };
    // Each thread takes every other first command.
    let tried: u64 = std::thread::scope(|scope| {
        let halves: Vec<_> = (0..2)
            .map(|half| {
                let (world, pair) = (&world, &pair);
                scope.spawn(move || {
                    let firsts = world.alphabet.iter().skip(half).step_by(2);
                    firsts.map(|first| world.walk(pair, *first, &mut Scenario::new())).sum::<u64>()
                })
            })
            .collect();
        halves.into_iter().map(|half| half.join().unwrap()).sum()
    });
    let size = alphabet.len() as u64;
    let all: u64 = (1..=u32::try_from(depth).unwrap()).map(|length| size.pow(length)).sum();
    assert_eq!(tried, all);
    tried
}
