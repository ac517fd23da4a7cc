//! Everything is measured once, shortly, against a real server: the figures mean nothing here, that
//! they are there and whole does.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use ringpit_bench::apply::apply;
use ringpit_bench::flow::{Flow, setup};
use ringpit_bench::idle;
use ringpit_bench::quick::{self, Extent};
use ringpit_bench::round_trip::RoundTrip;
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
    let mut rounds = Vec::new();
    let quick = quick::run(extent, &inputs, dir.path(), None, &mut trip, &mut |r| rounds.push(r));
    let quick = quick.unwrap();
    assert_eq!(rounds, [0, 1, 2]);
    assert_eq!((quick.inputs, quick.events), (1_005, apply(&inputs).events));
    let counts = [&quick.round_trip, &quick.disk, &quick.loopback].map(|l| l.count());
    assert_eq!(counts, [60, 15, 30]);
    let json = quick.to_json();
    assert_eq!(json["round_trip"]["count"], 60);
    assert!(json["round_trip"]["p50"]["median"].as_f64().unwrap() > 1.0, "in microseconds");
    assert!(json["loopback"]["p50"]["min"].as_f64().unwrap() > 1.0, "in microseconds");
    assert!(json["apply_ns"]["min"].as_f64().unwrap() > 0.0);
    assert!(quick.to_string().contains("Order to durable answer"));
    drop(trip);

    idle::allow(1_000).unwrap();
    let pid = std::process::id();
    let idle = idle::run(server.address(), vec![login(2)], pid, Duration::from_secs(1), dir.path());
    let idle = idle.unwrap();
    assert_eq!(idle.sessions, 1);
    for thread in ["gateway", "sequencer", "flusher"] {
        assert!(idle.threads.contains_key(thread), "{thread} is not among {:?}", idle.threads);
    }
    assert!(idle.to_string().contains("whole server"));
    assert_eq!(idle.to_json()["sessions"], 1);
    let engine = server.stop().unwrap();
    assert!(engine.seq() > 60);
}
