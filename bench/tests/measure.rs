//! Everything is measured once, shortly, against a real server: the figures mean nothing here, that
//! they are there and whole does.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use ringpit_bench::apply::apply;
use ringpit_bench::flow::{Flow, setup};
use ringpit_bench::idle;
use ringpit_bench::interleave::Turn;
use ringpit_bench::load::Pace;
use ringpit_bench::peer::Peer;
use ringpit_bench::quick::{self, Extent};
use ringpit_bench::round_trip::RoundTrip;
use ringpit_bench::round_trips;
use ringpit_bench::throughput::{self, Target};
use ringpit_client::{Login, Secret};
use ringpit_core::Input;
use ringpit_server::{Config, Server, sessions_file};
use std::path::Path;
use std::time::Duration;

const SESSIONS: &str = r#"
[[session]]
id = 1
secret_hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
role = "operator"

[[session]]
id = 2
secret_hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
role = "trader"
accounts = [1]
messages_per_second = 100000
burst = 100000
cancels_per_second = 100000
orders_in_flight = 10
"#;

fn login(session: u64) -> Login {
    let digits = "00112233445566778899aabbccddeeff".repeat(2);
    Login::new(session, Secret::from_hex(&digits).unwrap())
}

/// Traders 2 and 3 with two accounts each.
const TRADERS: &str = r#"
[[session]]
id = 1
secret_hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
role = "operator"

[[session]]
id = 2
secret_hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
role = "trader"
accounts = [1, 2]
messages_per_second = 1000000
burst = 1000000
cancels_per_second = 1000000
orders_in_flight = 1000

[[session]]
id = 3
secret_hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
role = "trader"
accounts = [3, 4]
messages_per_second = 1000000
burst = 1000000
cancels_per_second = 1000000
orders_in_flight = 1000
"#;

#[test]
fn throughput_and_round_trips_measure_a_server_and_a_peer() {
    let dir = tempfile::tempdir().unwrap();
    for per_second in [None, Some(20_000.0)] {
        let sessions = sessions_file::parse(Path::new("sessions.toml"), TRADERS).unwrap();
        let store = dir.path().join(per_second.map_or("first", |_| "second"));
        let server = Server::start(Config::local(&store, sessions)).unwrap();
        let target = Target {
            address: server.address(),
            pid: std::process::id(),
            operator: login(1),
            traders: vec![login(2), login(3)],
        };
        let pace = Pace { spin: per_second.is_some(), per_second };
        let extent =
            throughput::Extent { rounds: 2, messages: 1_000, in_flight: 7, writes: 3, pace };
        let peer = Peer::new(r#"echo '{"name": "it", "per_second": 10, "p99_us": 5}'"#.into());
        let disk = (dir.path(), None);
        let measured = throughput::run(extent, &target, disk, Some(peer), &mut |_| ()).unwrap();
        let counts: Vec<u64> = measured.latencies.iter().map(|row| row.count).collect();
        assert_eq!(counts, [2_000, 2_000, 6]);
        assert!(measured.find("sequencer, processor a message").unwrap().spread.min > 0.0);
        let to_peer = &measured.find(throughput::DURABLE).unwrap().ratios[0];
        assert!(to_peer.to == "it, messages" && to_peer.spread.min > 0.0);
        drop(server.stop().unwrap());
    }

    let sessions = sessions_file::parse(Path::new("sessions.toml"), SESSIONS).unwrap();
    let store = dir.path().join("third");
    let server = Server::start(Config::local(&store, sessions)).unwrap();
    for spin in [false, true] {
        let trip = RoundTrip::new(server.address(), login(1), login(2)).unwrap();
        let extent = round_trips::Extent { rounds: 2, messages: 20, floors: 5, spin };
        let peer = Peer::new(r#"echo '{"p50_us": 7.5}'"#.into());
        let measured = round_trips::run(extent, trip, (dir.path(), None), Some(peer), &mut |_| ());
        let measured = measured.unwrap();
        let counts: Vec<u64> = measured.latencies.iter().map(|row| row.count).collect();
        assert_eq!(counts, [40, 10, 10]);
        assert_eq!(measured.find("peer, p50").unwrap().spread.median, 7.5);
    }
    drop(server.stop().unwrap());
}

#[test]
fn quick_and_idle_measure_a_server() {
    let dir = tempfile::tempdir().unwrap();
    let sessions = sessions_file::parse(Path::new("sessions.toml"), SESSIONS).unwrap();
    let store = dir.path().join("store");
    let server = Server::start(Config::local(&store, sessions)).unwrap();
    let commands = setup().into_iter().chain(Flow::new(5).take(1_000));
    let inputs: Vec<Input> = commands.map(Input::venue).collect();
    let extent = Extent { rounds: 3, messages: 20, writes: 5, pings: 10 };
    let mut trip = RoundTrip::new(server.address(), login(1), login(2)).unwrap();
    let mut turns = Vec::new();
    let mut progress = |turn: Turn<'_>| turns.push((turn.done, turn.turns));
    let quick = quick::run(extent, &inputs, dir.path(), None, &mut trip, &mut progress).unwrap();
    assert_eq!(turns, (0..20).map(|done| (done, 20)).collect::<Vec<_>>());
    assert_eq!((quick.counts[0].count, quick.counts[1].count), (1_005, apply(&inputs).events));
    let counts: Vec<u64> = quick.latencies.iter().map(|row| row.count).collect();
    assert_eq!(counts, [60, 15, 30]);
    for name in [quick::ORDER, quick::DISK, quick::LOOPBACK] {
        assert!(quick.find(name).unwrap().spread.min > 1.0, "{name}: in microseconds");
    }
    assert!(quick.find(quick::STEP).unwrap().spread.min > 0.0);
    let to_disk = &quick.find(quick::ORDER).unwrap().ratios[0];
    assert!(to_disk.to == quick::DISK && to_disk.spread.min > 0.0);
    drop(trip);

    idle::allow(1_000).unwrap();
    let pid = std::process::id();
    let idle = idle::run(server.address(), vec![login(2)], pid, Duration::from_secs(1), dir.path());
    let idle = idle.unwrap();
    assert_eq!(idle.counts[0].count, 1);
    for thread in ["gateway", "sequencer", "flusher", idle::WHOLE] {
        assert!(idle.find(thread).is_some(), "{thread} is not among {:?}", idle.rows);
    }
    let engine = server.stop().unwrap();
    assert!(engine.seq() > 60);
}
