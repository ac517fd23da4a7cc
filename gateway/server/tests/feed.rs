//! Market data: a snapshot and the stream that joins it exactly, for whoever subscribed and nobody
//! else; and the answers to queries.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;

use common::*;
use ringpit_core::command::QueryDepth;
use ringpit_core::event::{Level, Quote, Trade};
use ringpit_core::*;
use ringpit_wire::*;
use std::collections::BTreeMap;

fn subscribe(query_id: u64, instrument: Option<u32>) -> Vec<u8> {
    frame(&Subscribe {
        query_id,
        instrument: instrument.map(InstrumentId),
        auction: None,
        sale: None,
        quality: FeedQuality::Full,
        interval_ms: None,
    })
}

fn unsubscribe(instrument: Option<u32>) -> Vec<u8> {
    let instrument = instrument.map(InstrumentId);
    frame(&Unsubscribe { query_id: 9, instrument, auction: None, sale: None })
}

/// A book as a subscriber builds it.
#[derive(Default, Debug, PartialEq, Eq)]
struct Book {
    levels: BTreeMap<(Side, i64), (u64, u32)>,
    quote: Option<Quote>,
    last_seq: u64,
}

impl Book {
    fn take(&mut self, said: &[Outgoing]) {
        for message in said {
            let Outgoing::Event(head, event) = message else { continue };
            assert!(head.seq >= self.last_seq, "the stream never goes back");
            self.last_seq = head.seq;
            match event {
                Event::Level(Level { side, price, qty: 0, .. }) => {
                    self.levels.remove(&(*side, *price));
                }
                Event::Level(Level { side, price, qty, orders, .. }) => {
                    self.levels.insert((*side, *price), (*qty, *orders));
                }
                Event::Quote(quote) => self.quote = Some(*quote),
                _ => (),
            }
        }
    }
}

#[test]
fn a_snapshot_and_its_stream_make_the_book_whenever_they_begin() {
    let mut world = World::default();
    world.open_venue();
    let (feed, _) = world.login(FEED);
    let (buyer, _) = world.login(TRADER);
    let (seller, _) = world.login(OTHER);
    let mut early = Book::default();
    early.take(&world.say(feed, &subscribe(1, Some(1))));
    for n in 0..40 {
        let price = 100 - (n as i64 * 7) % 11;
        let buy = command_frame(&order(11, n, Side::Buy, price, 3 + n).into(), 0);
        let sell = command_frame(&order(12, n, Side::Sell, price + 6, 2 + n).into(), 0);
        world.give(buyer, &buy);
        // In the midst of the others' orders, before anything of them has come out.
        if n == 20 {
            world.give(feed, &subscribe(2, Some(1)));
        }
        world.give(seller, &sell);
    }
    world.settle();
    let said = world.read(feed);
    let begin = said.iter().position(|it| matches!(it, Outgoing::SnapshotBegin(..))).unwrap();
    let end = said.iter().position(|it| matches!(it, Outgoing::SnapshotEnd(..))).unwrap();
    let Outgoing::SnapshotBegin(head, SnapshotBegin { instrument, .. }) = said[begin] else {
        panic!("{:?}", said[begin])
    };
    assert_eq!((head.query_id, instrument), (Some(2), Some(InstrumentId(1))));
    let Outgoing::SnapshotEnd(_, SnapshotEnd { count, .. }) = said[end] else {
        panic!("{:?}", said[end])
    };
    assert_eq!(count as usize, end - begin - 1);
    assert!(said[begin + 1..end].iter().all(|it| match it {
        Outgoing::Event(it, _) => it.query_id == Some(2) && it.seq == head.seq,
        _ => false,
    }));
    let mut late = Book::default();
    late.take(&said[begin..]);
    early.take(&said[..begin]);
    let mut asked = Book::default();
    asked.take(&said[begin + 1..end]);
    assert_eq!(early, asked, "the stream before the snapshot had brought us there");
    early.take(&said[end..]);
    assert_eq!(early, late);
    let depth = QueryDepth { instrument: InstrumentId(1) };
    let mut asked = Book::default();
    asked.take(&world.say(feed, &command_frame(&depth.into(), 3)));
    assert_eq!(late.levels, asked.levels);
    assert_eq!(late.quote, asked.quote);
    assert!(late.levels.len() > 5);
}

#[test]
fn only_subscribers_get_the_feed_and_only_as_long_as_they_want_it() {
    let mut world = World::default();
    world.open_venue();
    let (feed, _) = world.login(FEED);
    let (buyer, _) = world.login(TRADER);
    let (seller, _) = world.login(OTHER);
    world.say(feed, &subscribe(1, Some(1)));
    world.command(buyer, order(11, 1, Side::Buy, 100, 5));
    let said = world.command(seller, order(12, 1, Side::Sell, 100, 2));
    assert!(said.iter().all(|it| matches!(it, Outgoing::Event(_, Event::ExecutionReport(_)))));
    let said = world.read(feed);
    let trades: Vec<&Trade> = said
        .iter()
        .filter_map(|it| match it {
            Outgoing::Event(head, Event::Trade(trade)) => {
                assert_eq!((head.msg_seq_num, head.ref_seq_no, head.query_id), (None, None, None));
                Some(trade)
            }
            _ => None,
        })
        .collect();
    assert_eq!(trades.iter().map(|it| (it.price, it.qty)).collect::<Vec<_>>(), [(100, 2)]);
    assert!(said.iter().all(|it| match it {
        Outgoing::Event(_, event) => event.is_public(),
        _ => false,
    }));
    let said = world.say(feed, &unsubscribe(Some(1)));
    let [Outgoing::QueryEnd(head, QueryEnd { count: 0 })] = said[..] else { panic!("{said:?}") };
    assert_eq!((head.query_id, head.ref_seq_no), (Some(9), Some(2)));
    world.command(buyer, order(11, 2, Side::Buy, 101, 5));
    assert_eq!(world.read(feed), []);
}

#[test]
fn everything_means_every_instrument_from_this_place_on() {
    let mut world = World::default();
    world.open_venue();
    let (feed, _) = world.login(FEED);
    let said = world.say(feed, &subscribe(5, None));
    let [
        Outgoing::SnapshotBegin(head, SnapshotBegin { instrument: None, .. }),
        Outgoing::SnapshotEnd(_, SnapshotEnd { count: 0, .. }),
    ] = said[..]
    else {
        panic!("{said:?}")
    };
    assert!(head.seq > 0);
    let (buyer, _) = world.login(TRADER);
    world.command(buyer, order(11, 1, Side::Buy, 100, 5));
    assert!(world.read(feed).len() >= 2);
    world.say(feed, &unsubscribe(None));
    world.command(buyer, order(11, 2, Side::Buy, 100, 5));
    assert_eq!(world.read(feed), []);
}

#[test]
fn what_can_t_be_subscribed_to_is_said() {
    let mut world = World::default();
    world.open_venue();
    let (feed, _) = world.login(FEED);
    let said = world.say(feed, &subscribe(1, Some(99)));
    let [Outgoing::Event(head, Event::Rejected(rejected)), Outgoing::QueryEnd(_, end)] = said[..]
    else {
        panic!("{said:?}")
    };
    assert_eq!((head.query_id, rejected.reason), (Some(1), Reason::UnknownInstrument));
    assert_eq!(end.count, 1);
    let two = frame(&Subscribe {
        query_id: 1,
        instrument: Some(InstrumentId(1)),
        auction: Some(AuctionId(1)),
        sale: None,
        quality: FeedQuality::Full,
        interval_ms: None,
    });
    let said = world.say(feed, &two);
    let [Outgoing::BusinessReject(reject)] = said[..] else { panic!("{said:?}") };
    assert_eq!((reject.ref_field_id, reject.reason), (field_id::AUCTION, Reason::BadValue));
    let conflated = frame(&Subscribe {
        query_id: 1,
        instrument: Some(InstrumentId(1)),
        auction: None,
        sale: None,
        quality: FeedQuality::Conflated,
        interval_ms: Some(100),
    });
    let said = world.say(feed, &conflated);
    let [Outgoing::BusinessReject(reject)] = said[..] else { panic!("{said:?}") };
    assert_eq!((reject.ref_field_id, reject.reason), (field_id::QUALITY, Reason::Unsupported));
}

#[test]
fn a_subscription_ends_with_its_connection() {
    let mut world = World::default();
    world.open_venue();
    let (feed, version) = world.login(FEED);
    world.say(feed, &subscribe(1, Some(1)));
    world.hub.closed(feed);
    let feed = world.connect();
    world.establish(feed, FEED, |asked| {
        asked.session_ver_id = version;
        asked.next_seq_no = 1;
    });
    let (buyer, _) = world.login(TRADER);
    world.command(buyer, order(11, 1, Side::Buy, 100, 5));
    assert_eq!(world.read(feed), []);
}

#[test]
fn whoever_gives_up_before_the_snapshot_comes_gets_no_stream() {
    let mut world = World::default();
    world.open_venue();
    let (feed, _) = world.login(FEED);
    let (buyer, _) = world.login(TRADER);
    for given_up in [Some(1), None] {
        let said = world.say(feed, &[subscribe(1, Some(1)), unsubscribe(given_up)].concat());
        let snapshots = said.iter().filter(|it| matches!(it, Outgoing::SnapshotEnd(..)));
        assert_eq!(snapshots.count(), 1, "{said:?}");
        assert!(said.iter().any(|it| matches!(it, Outgoing::QueryEnd(..))));
        world.command(buyer, order(11, u64::from(given_up.unwrap_or(2)), Side::Buy, 100, 5));
        assert_eq!(world.read(feed), []);
    }
}
