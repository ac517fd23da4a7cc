//! `ringpit bench` measures a server of its own and says what it found. What the figures are is
//! nobody's business here.

use super::ends;

#[test]
fn quick_prints_one_json_object_with_every_figure() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["bench", "quick", "--rounds", "1", "--json", "--dir", dir.path().to_str().unwrap()];
    let (code, stdout, stderr) = ends(&args, "");
    assert_eq!((code, stderr.as_str()), (0, ""));
    let found: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    for figure in ["apply_ns", "decode_and_apply_ns"] {
        assert!(found[figure]["median"].as_f64().unwrap() > 0.0, "{figure}");
    }
    for latency in ["round_trip", "disk", "loopback"] {
        assert!(found[latency]["p50"]["median"].as_f64().unwrap() > 0.0, "{latency}");
        assert!(found[latency]["p99"]["max"].as_f64().unwrap() > 0.0, "{latency}");
    }
    assert!(found["machine"]["cpus"].as_u64().unwrap() > 0);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn idle_measures_the_servers_threads() {
    let args = ["bench", "idle", "--sessions", "20", "--seconds", "1"];
    let (code, stdout, stderr) = ends(&args, "");
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("server: listening on 127.0.0.1:"), "{stderr}");
    assert!(stdout.contains("20 idle sessions over 1 s"), "{stdout}");
    for thread in ["gateway", "sequencer", "flusher", "whole server"] {
        assert!(stdout.contains(thread), "{thread}: {stdout}");
    }
}
