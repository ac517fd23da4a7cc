//! Who gets which market data.
//!
//! A subscription begins at its snapshot's place in the line and not before, so that snapshot and
//! stream join exactly; the caller adds it there. The lists hold connections, not sessions: a
//! subscription ends with its connection.

use crate::limits::{SUBSCRIPTIONS_MAX, SUBSCRIPTIONS_PER_SESSION_MAX};
use ringpit_core::{AuctionId, Event, InstrumentId, SaleId};
use std::collections::{HashMap, HashSet};

/// What can be subscribed to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Topic {
    /// A book.
    Instrument(InstrumentId),
    /// An auction.
    Auction(AuctionId),
    /// A sale and its products.
    Sale(SaleId),
    /// Every public event.
    Everything,
}

impl Topic {
    /// The topic of a public event; `None` for what is nobody's but its owner's.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        Some(match event {
            Event::Trade(trade) => Self::Instrument(trade.instrument),
            Event::Quote(quote) => Self::Instrument(quote.instrument),
            Event::Level(level) => Self::Instrument(level.instrument),
            Event::Indicative(indicative) => Self::Instrument(indicative.instrument),
            Event::PhaseChange(phase) => Self::Instrument(phase.instrument),
            Event::InstrumentStats(stats) => Self::Instrument(stats.instrument),
            Event::Auction(auction) => Self::Auction(auction.auction),
            Event::Product(product) => Self::Sale(product.sale),
            Event::ProductStats(stats) => Self::Sale(stats.sale),
            Event::Hot(hot) => Self::Sale(hot.sale),
            _ => return None,
        })
    }
}

/// No more subscriptions fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooMany;

/// All subscriptions. A connection is named by its place.
#[derive(Debug, Default)]
pub struct Subscriptions {
    topics: HashMap<Topic, Vec<usize>>,
    by_connection: HashMap<usize, HashSet<Topic>>,
    total: usize,
}

impl Subscriptions {
    /// Whether a connection is subscribed to a topic, by itself or with everything.
    #[must_use]
    pub fn has(&self, connection: usize, topic: Topic) -> bool {
        self.by_connection
            .get(&connection)
            .is_some_and(|topics| topics.contains(&topic) || topics.contains(&Topic::Everything))
    }

    /// Whether one more fits, beside those that are asked for: by this connection, and by all.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn check_room(
        &self,
        connection: usize,
        asked_by_it: usize,
        asked_by_all: usize,
    ) -> Result<(), TooMany> {
        let own = self.by_connection.get(&connection).map_or(0, HashSet::len);
        let fits = own + asked_by_it < SUBSCRIPTIONS_PER_SESSION_MAX
            && self.total + asked_by_all < SUBSCRIPTIONS_MAX;
        if fits { Ok(()) } else { Err(TooMany) }
    }

    /// Begins a subscription; one that is there stays as it is. Everything takes the place of
    /// what there was.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn add(&mut self, connection: usize, topic: Topic) -> Result<(), TooMany> {
        if self.has(connection, topic) {
            return Ok(());
        }
        self.check_room(connection, 0, 0)?;
        if topic == Topic::Everything {
            self.remove_all(connection);
        }
        self.topics.entry(topic).or_default().push(connection);
        self.by_connection.entry(connection).or_default().insert(topic);
        self.total += 1;
        Ok(())
    }

    /// Ends one subscription.
    pub fn remove(&mut self, connection: usize, topic: Topic) {
        if let Some(topics) = self.by_connection.get_mut(&connection)
            && topics.remove(&topic)
        {
            self.unlist(connection, topic);
        }
    }

    /// Ends all subscriptions of a connection.
    pub fn remove_all(&mut self, connection: usize) {
        for topic in self.by_connection.remove(&connection).unwrap_or_default() {
            self.unlist(connection, topic);
        }
    }

    /// Calls `give` with each connection that gets events of this topic.
    pub fn each(&self, topic: Topic, give: &mut impl FnMut(usize)) {
        for topic in [topic, Topic::Everything] {
            self.topics.get(&topic).into_iter().flatten().for_each(|key| give(*key));
        }
    }

    /// Whether nobody listens at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    fn unlist(&mut self, connection: usize, topic: Topic) {
        self.total -= 1;
        if let Some(list) = self.topics.get_mut(&topic) {
            list.retain(|key| *key != connection);
            if list.is_empty() {
                self.topics.remove(&topic);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Topic = Topic::Instrument(InstrumentId(1));
    const B: Topic = Topic::Sale(SaleId(1));

    fn listeners(subscriptions: &Subscriptions, topic: Topic) -> Vec<usize> {
        let mut keys = Vec::new();
        subscriptions.each(topic, &mut |key| keys.push(key));
        keys
    }

    #[test]
    fn a_topic_reaches_its_subscribers_once() {
        let mut subscriptions = Subscriptions::default();
        for (connection, topic) in [(1, A), (2, A), (2, B), (2, A), (3, Topic::Everything), (3, A)]
        {
            subscriptions.add(connection, topic).unwrap();
        }
        assert_eq!(listeners(&subscriptions, A), [1, 2, 3]);
        assert_eq!(listeners(&subscriptions, B), [2, 3]);
        subscriptions.add(2, Topic::Everything).unwrap();
        assert_eq!(listeners(&subscriptions, A), [1, 3, 2]);
        subscriptions.remove(1, A);
        subscriptions.remove(1, B);
        subscriptions.remove_all(3);
        assert_eq!(listeners(&subscriptions, A), [2]);
        subscriptions.remove_all(2);
        assert!(subscriptions.is_empty() && subscriptions.topics.is_empty());
    }

    #[test]
    fn a_connection_has_a_limit() {
        let mut subscriptions = Subscriptions::default();
        for n in 0..SUBSCRIPTIONS_PER_SESSION_MAX as u32 {
            subscriptions.add(1, Topic::Instrument(InstrumentId(n))).unwrap();
        }
        assert_eq!(subscriptions.add(1, B), Err(TooMany));
        assert_eq!(subscriptions.add(1, A), Ok(()));
        assert_eq!(subscriptions.add(2, B), Ok(()));
    }
}
