//! Random noise at every stage of a connection: frames with flipped bytes, wrong lengths, missing
//! and doubled parts, in pieces of any size; and session files with flipped bytes. Nothing panics,
//! and whoever behaves is served as before.
//!
//! `RINGPIT_NOISE_ROUNDS` asks for more rounds, `RINGPIT_NOISE_SEED` for others.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;

use common::*;
use ringpit_core::command::*;
use ringpit_core::*;
use ringpit_server::sessions_file::parse;
use ringpit_wire::*;
use std::path::Path;

/// splitmix64: the same seed, the same noise.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

/// One of each kind of frame that a trader may send.
fn frames_to_spoil(world: &mut World) -> Vec<Vec<u8>> {
    let (version, timestamp) = (world.fresh(), world.stamp());
    let mut legs = List::new();
    legs.push(Leg::Before { time: 1 }).unwrap();
    let commands: [Command; 6] = [
        order(11, 1, Side::Buy, 100, 5).into(),
        MassCancel { account: AccountId(11), instrument: None, side: None }.into(),
        Atomic { account: AccountId(11), request_id: RequestId(1), legs }.into(),
        QueryDepth { instrument: InstrumentId(1) }.into(),
        QueryBalance { account: AccountId(11), asset: None }.into(),
        QueryStats { instrument: Some(InstrumentId(1)), auction: None, sale: None }.into(),
    ];
    let mut frames: Vec<Vec<u8>> = commands.iter().map(|it| command_frame(it, 3)).collect();
    frames.extend([
        signed(&asked_negotiate(TRADER, version, timestamp), 2),
        signed(&asked_establish(TRADER, version, timestamp), 2),
        frame(&Sequence { next_seq_no: 3 }),
        frame(&RetransmitRequest { timestamp: 1, from_seq_no: 1, count: 5 }),
        frame(&LimitsRequest {}),
        frame(&Subscribe {
            query_id: 1,
            instrument: Some(InstrumentId(1)),
            auction: None,
            sale: None,
            quality: FeedQuality::Full,
            interval_ms: None,
        }),
        frame(&Unsubscribe { query_id: 1, instrument: None, auction: None, sale: None }),
    ]);
    frames
}

fn spoil(random: &mut Random, bytes: &mut Vec<u8>) {
    const EDGES: [u8; 6] = [0, 1, 127, 128, 254, 255];
    match random.below(8) {
        0 => bytes.truncate(random.below(bytes.len())),
        1 => bytes.extend((0..random.below(40)).map(|n| n as u8)),
        2 => {
            // The frame's own length, or the block's.
            let at = [2, 3, 6, 7][random.below(4)];
            bytes[at] = EDGES[random.below(6)];
        }
        3 => {
            // Another template.
            let template = [500 + random.below(60) as u16, random.next() as u16];
            bytes[8..10].copy_from_slice(&template[random.below(2)].to_le_bytes());
        }
        _ => {
            for _ in 0..=random.below(4) {
                let at = random.below(bytes.len());
                bytes[at] = [random.next() as u8, EDGES[random.below(6)]][random.below(2)];
            }
        }
    }
}

/// What the good session sees of its own.
fn look(world: &mut World, key: usize) -> Vec<Event> {
    let question = QueryBalance { account: AccountId(12), asset: None };
    let said = world.say(key, &command_frame(&question.into(), 1));
    let events = said.into_iter().filter_map(|it| match it {
        Outgoing::Event(_, event) => Some(event),
        Outgoing::QueryEnd(..) => None,
        other => panic!("{other:?}"),
    });
    events.collect()
}

#[test]
fn noise_at_every_stage_harms_nobody() {
    let seed = number("RINGPIT_NOISE_SEED", 1);
    let rounds = number("RINGPIT_NOISE_ROUNDS", 400);
    let mut random = Random(seed);
    let mut world = World::default();
    let operator = world.open_venue();
    let (account, asset, amount) = (AccountId(12), AssetId(1), 1_000);
    world.command(operator, Deposit { account, asset, amount, request_id: None });
    let (good, _) = world.login(OTHER);
    let before = look(&mut world, good);
    let mut frames_sent = 0;
    for round in 0..rounds {
        let key = match random.below(4) {
            0 => world.connect(),
            1 => world.negotiated(TRADER).0,
            _ => world.login(TRADER).0,
        };
        let kinds = frames_to_spoil(&mut world);
        for _ in 0..random.below(60) {
            let mut bytes = kinds[random.below(kinds.len())].clone();
            if !random.one_in(3) {
                spoil(&mut random, &mut bytes);
            }
            frames_sent += 1;
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(1 + random.below(rest.len()));
                world.give(key, piece);
                rest = after;
            }
            if random.one_in(4) {
                world.settle();
            }
        }
        if random.one_in(2) {
            world.hub.closed(key);
        } else {
            world.pass(2_500_000_000);
        }
        world.settle();
        world.control.clear();
        world.written.bytes.remove(&key);
        let now = look(&mut world, good);
        assert_eq!(now, before, "seed {seed}, round {round}");
    }
    world.pass(5_000_000_000);
    assert!(world.hub.connection_count() <= 2, "whoever is broken goes");
    println!("{frames_sent} frames in {rounds} rounds from seed {seed}");
}

#[test]
fn a_spoilt_session_file_is_read_or_refused() {
    let seed = number("RINGPIT_NOISE_SEED", 1);
    let rounds = number("RINGPIT_NOISE_ROUNDS", 400) * 5;
    let mut random = Random(seed);
    for _ in 0..rounds {
        let mut bytes = SESSIONS.as_bytes().to_vec();
        for _ in 0..=random.below(6) {
            let at = random.below(bytes.len());
            match random.below(3) {
                0 => bytes[at] = random.next() as u8,
                1 => drop(bytes.drain(at..(at + random.below(30)).min(bytes.len()))),
                _ => bytes.insert(at, b"\"=[]#.-0x\n"[random.below(10)]),
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        if let Err(error) = parse(Path::new("s"), &text) {
            let said = error.to_string();
            let lines = text.lines().count() + 1;
            let line: usize = said.split(':').nth(1).unwrap().parse().unwrap();
            assert!((1..=lines).contains(&line), "{said}");
            assert!(!said.contains("0202020202"), "a secret in a message: {said}");
        }
    }
}
