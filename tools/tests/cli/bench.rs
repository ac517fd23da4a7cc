//! `ringpit bench` measures a server of its own and says what it found. What the figures are is
//! nobody's business here.

use super::ends;
use ringpit_bench::report::Report;
use ringpit_bench::{book, engine, memory, quick, replay, ring, transfers};

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

#[test]
fn sale_measures_every_shop_there_is_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    // Servers of other users must be able to look into it.
    let open_to_all = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(dir.path(), open_to_all).unwrap();
    let small = ["--products", "5", "--units", "20", "--buyers", "200", "--slow-part", "2"];
    let args = ["bench", "sale", "--rounds", "1", "--json", "--dir", dir.path().to_str().unwrap()];
    let (code, stdout, stderr) = ends(&[&args[..], &small].concat(), "");
    assert_eq!((code, stderr.as_str()), (0, ""));
    let found = Report::from_json(&stdout).unwrap();
    let absent =
        |peer: &str| found.notes.iter().any(|note| note.contains(&format!("{peer} was left out")));
    for scene in ["many", "hot", "plenty"] {
        for shop in ["Ringpit", "Redis, pipelined", "Redis, one by one", "PostgreSQL"] {
            let peer = shop.split(',').next().unwrap();
            let row = found.find(&format!("{shop}, {scene}"));
            assert!(row.map_or(absent(peer), |row| row.spread.min > 0.0), "{shop}, {scene}");
        }
    }
    let ours = found.latencies.iter().find(|row| row.name == "Ringpit, many").unwrap();
    assert_eq!(ours.count, 400);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn sale_refuses_more_in_flight_than_the_ring_holds() {
    let (code, _, stderr) = ends(&["bench", "sale", "--connections", "8", "--window", "512"], "");
    assert_eq!(code, 2);
    assert!(stderr.contains("must be at most 3600"), "{stderr}");
}

#[test]
fn transfers_are_measured_and_every_balance_checked() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().to_str().unwrap();
    let figures = r#"echo '{"name": "it", "per_second": 10, "p50_us": 3}'"#;
    let common = ["bench", "transfers", "--rounds", "1", "--json", "--dir", folder];
    let own = ["--accounts", "30", "--transfers", "800", "--peer-cmd", figures];
    let (code, stdout, stderr) = ends(&[&common[..], &own].concat(), "");
    assert_eq!((code, stderr.as_str()), (0, ""));
    let found = Report::from_json(&stdout).unwrap();
    let counts = [transfers::SINGLE, transfers::ATOMIC].map(|name| {
        let ratio = &found.find(name).unwrap().ratios[0];
        assert_eq!((ratio.to.as_str(), ratio.spread.min > 0.0), ("it, messages", true));
        found.latencies.iter().find(|row| row.name == name).unwrap().count
    });
    assert_eq!(counts, [800, 50]);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn report_makes_one_page_of_results_and_refuses_what_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (found, page, other) = (path("found.json"), path("page.html"), path("other.json"));
    let quick = ["bench", "idle", "--sessions", "2", "--seconds", "1", "--json"];
    let (code, stdout, _) = ends(&quick, "");
    assert_eq!(code, 0);
    std::fs::write(&found, format!("{stdout}{stdout}")).unwrap();
    let (code, stdout, stderr) = ends(&["bench", "report", &found, "--out", &page], "");
    assert_eq!((code, stdout.trim_end(), stderr.as_str()), (0, page.as_str(), ""));
    let html = std::fs::read_to_string(&page).unwrap();
    assert_eq!(html.matches("<h2>idle</h2>").count(), 2);
    std::fs::write(&other, "{}\n").unwrap();
    let (code, _, stderr) = ends(&["bench", "report", &found, &other, "--out", &page], "");
    assert_eq!(code, 2);
    assert!(stderr.starts_with(&format!("{other}:1: result: missing field")), "{stderr}");
    let (code, _, stderr) = ends(&["bench", "report", &path("absent.json")], "");
    assert!(code == 2 && stderr.contains("absent.json"), "{code}: {stderr}");
}
