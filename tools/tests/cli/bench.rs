//! `ringpit bench` measures a server of its own and says what it found. What the figures are is
//! nobody's business here.

use super::ends;
use ringpit_bench::report::Report;
use ringpit_bench::{book, engine, memory, quick, replay, ring};

#[test]
fn quick_prints_one_json_object_with_every_figure() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["bench", "quick", "--rounds", "1", "--json", "--dir", dir.path().to_str().unwrap()];
    let (code, stdout, stderr) = ends(&args, "");
    assert_eq!((code, stderr.as_str()), (0, ""));
    let found = Report::from_json(&stdout).unwrap();
    assert_eq!(found.bench, "quick");
    let figures = [quick::STEP, quick::DECODED, quick::ORDER, quick::DISK, quick::LOOPBACK];
    for name in figures {
        assert!(found.find(name).unwrap().spread.median > 0.0, "{name}");
    }
    assert_eq!(found.latencies.len(), 3);
    assert!(found.machine.cpus > 0);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left behind");
}

/// What a bench that needs no server finds.
fn found(args: &[&str]) -> Report {
    let (code, stdout, stderr) =
        ends(&[&["bench"], args, &["--rounds", "1", "--json"]].concat(), "");
    assert_eq!((code, stderr.as_str()), (0, ""), "{args:?}");
    Report::from_json(&stdout).unwrap()
}

#[test]
fn what_needs_no_server_finds_figures() {
    let book = found(&["book"]);
    assert!(book.find(book::ENGINE).unwrap().spread.min > 0.0);
    let replay = found(&["replay", "--inputs", "2000"]);
    assert!(replay.find(replay::REPLAY).unwrap().spread.min > 0.0);
    let ring = found(&["ring", "--trips", "100"]);
    assert!(ring.find(ring::RINGS).unwrap().spread.min > 0.0);
    let engine = found(&["engine", "--inputs", "1000"]);
    assert!(engine.find(engine::RATE).unwrap().spread.min > 0.0);
    assert_eq!(engine.latencies[0].count, 1_000);
}

#[test]
fn memory_says_what_a_unit_costs() {
    let (code, stdout, stderr) = ends(&["bench", "memory", "--count", "5000", "--json"], "");
    assert_eq!((code, stderr.as_str()), (0, ""));
    let found = Report::from_json(&stdout).unwrap();
    assert!(found.find(memory::BOOT).unwrap().spread.min > 1.0, "in MiB");
    assert!(found.find(memory::ORDER).is_some());
}

#[test]
fn a_scale_that_can_not_be_is_bad_usage() {
    for scale in ["0", "1.5", "much"] {
        let (code, stdout, stderr) = ends(&["bench", "growth", "--scale", scale], "");
        assert_eq!((code, stdout.as_str()), (2, ""));
        assert!(stderr.contains("not a part above 0 and up to 1"), "{stderr}");
    }
}

#[test]
fn a_peers_command_that_fails_is_an_environments_failure() {
    let args = ["bench", "book", "--rounds", "1", "--peer-cmd", "echo nothing"];
    let (code, stdout, stderr) = ends(&args, "");
    assert_eq!((code, stdout.as_str()), (3, ""));
    assert!(stderr.contains("its last line: \"nothing\""), "{stderr}");
}

#[test]
fn idle_measures_the_servers_threads() {
    let args = ["bench", "idle", "--sessions", "20", "--seconds", "1"];
    let (code, stdout, stderr) = ends(&args, "");
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("server: listening on 127.0.0.1:"), "{stderr}");
    assert!(stdout.contains("20 idle sessions, 1 seconds"), "{stdout}");
    for thread in ["gateway", "sequencer", "flusher", "whole server"] {
        assert!(stdout.contains(thread), "{thread}: {stdout}");
    }
}

#[test]
fn round_trips_and_throughput_measure_a_server_beside_a_peer() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().to_str().unwrap();
    let common = ["--rounds", "1", "--json", "--dir", folder, "--peer-cmd"];
    let figures = r#"echo '{"name": "it", "per_second": 10, "p50_us": 3}'"#;
    for (bench, own) in [("roundtrip", "20"), ("throughput", "2000")] {
        let args = [&["bench", bench, "--messages", own], &common[..], &[figures]].concat();
        let (code, stdout, stderr) = ends(&args, "");
        assert_eq!((code, stderr.as_str()), (0, ""));
        let found = Report::from_json(&stdout).unwrap();
        assert_eq!((found.bench.as_str(), found.latencies.len()), (bench, 3));
        assert_eq!(found.find("it, p50").unwrap().spread.median, 3.0);
        let silent = [&["bench", bench, "--messages", own], &common[..], &["true"]].concat();
        let (code, _, stderr) = ends(&silent, "");
        assert!(code == 3 && stderr.contains("in its last line"), "{code}: {stderr}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left behind");
}
