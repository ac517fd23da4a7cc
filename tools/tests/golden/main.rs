//! Proves that stores made by earlier versions still replay to what they were: each folder beside
//! this file holds the segments of a store, and in `digest` the line that `replay --digest` must
//! print, for ever.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the unexpected")]

use assert_cmd::Command;
use ringpit_core::codec::{self, INPUT_BYTES_MAX};
use ringpit_core::command::{Command as Order, Input};
use ringpit_core::{Emitted, Engine};
use ringpit_journal::{Appender, Kind, Opened, Options, Refused};
use ringpit_sequencer::Checkpoint;
use ringpit_vocab::Scenario;
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn stores() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut stores: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    stores.sort();
    stores
}

#[test]
fn old_stores_replay_to_what_they_were() {
    assert!(!stores().is_empty(), "no golden store");
    for store in stores() {
        let digest = fs::read_to_string(store.join("digest")).unwrap();
        let replay = Command::cargo_bin("ringpit")
            .unwrap()
            .args(["replay", "--digest"])
            .arg(store.join("store"))
            .assert()
            .success();
        let printed = String::from_utf8(replay.get_output().stdout.clone()).unwrap();
        let last = printed.lines().find(|line| line.starts_with("seq=")).unwrap_or_default();
        assert_eq!(last, digest.trim_end(), "{}", store.display());
        Command::cargo_bin("ringpit")
            .unwrap()
            .arg("verify")
            .arg(store.join("store"))
            .assert()
            .success();
    }
}

#[test]
fn golden_stores_are_small() {
    for store in stores() {
        let files = fs::read_dir(store.join("store")).unwrap();
        let bytes: u64 = files.map(|file| file.unwrap().metadata().unwrap().len()).sum();
        assert!(bytes <= 1 << 20, "{} has {bytes} bytes, more than 1 MiB", store.display());
    }
}

/// Makes a store for a new format or new rules in the folder `RINGPIT_GOLDEN` names.
#[test]
#[ignore = "makes a golden store: RINGPIT_GOLDEN=tools/tests/golden/v2 (from the root), once a format"]
fn make() {
    let name = std::env::var_os("RINGPIT_GOLDEN").expect("RINGPIT_GOLDEN names a new folder");
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    let store = dir.join("store");
    fs::create_dir_all(&store).unwrap();
    let small = 64 * 1024;
    let tail = tempfile::tempdir().unwrap();
    let tail_dir = Some(tail.path().to_path_buf());
    let options =
        Options { segment_bytes: small, tail_bytes: small, tail_dir, ..Options::default() };
    let opened = ringpit_journal::open(&store, &options, &mut |_| Ok(()), &mut |_| {}).unwrap();
    let Opened { mut appender, flusher, .. } = opened;
    let flusher = std::thread::spawn(move || flusher.run(|_| {}));
    let mut engine = Engine::new();
    for (at, command) in scenario() {
        let input = Input::venue(command);
        let mut payload = [0; INPUT_BYTES_MAX];
        let len = codec::encode(&input, &mut payload).unwrap();
        let seq = engine.seq() + 1;
        append(&mut appender, Kind::Input, seq, at, &payload[..len]);
        engine.apply(seq, at, &input, &mut |_: &Emitted<'_>| {});
        if seq.is_multiple_of(500) {
            checkpoint(&mut appender, &engine);
        }
    }
    checkpoint(&mut appender, &engine);
    appender.close();
    flusher.join().unwrap().unwrap();
    let (seq, state, events) = (engine.seq(), engine.state_hash(), engine.events_digest());
    let digest = format!("seq={seq} state={state:016x} events={events:016x}\n");
    fs::write(dir.join("digest"), digest).unwrap();
}

fn checkpoint(appender: &mut Appender, engine: &Engine) {
    let proof = Checkpoint::of(engine).to_bytes();
    append(appender, Kind::Checkpoint, engine.seq(), engine.now(), &proof);
}

fn append(appender: &mut Appender, kind: Kind, seq: u64, at: u64, payload: &[u8]) {
    while let Err(refused) = appender.append(kind, seq, at, payload) {
        assert!(matches!(refused, Refused::Full), "{refused}");
        appender.wake();
        std::thread::yield_now();
    }
    appender.wake();
}

/// Everything that the examples do, one after the other, and then much trading.
fn scenario() -> Vec<(u64, Order)> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples");
    let mut files: Vec<PathBuf> =
        fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "jsonl"));
    files.sort();
    let mut steps = Vec::new();
    let mut now = 0;
    for file in files {
        let (mut scenario, start) = (Scenario::new(), now);
        for line in fs::read_to_string(file).unwrap().lines() {
            if let Some(line) = scenario.read(line.as_bytes()).unwrap()
                && !line.command.is_query()
            {
                now = now.max(start + line.at);
                steps.push((now, line.command));
            }
        }
    }
    let trading = trading();
    let mut scenario = Scenario::new();
    for line in trading.lines() {
        let line = scenario.read(line.as_bytes()).unwrap().unwrap();
        now += 1_000;
        steps.push((now, line.command));
    }
    steps
}

/// An instrument of its own with limits and fees, and 1,500 orders, cancels and replaces.
fn trading() -> String {
    use std::fmt::Write as _;
    let mut text = String::from(concat!(
        "{\"do\":\"create_asset\",\"asset\":9001,\"code\":\"EUR\",\"decimals\":2}\n",
        "{\"do\":\"create_asset\",\"asset\":9002,\"code\":\"OIL\",\"decimals\":0}\n",
        "{\"do\":\"create_instrument\",\"instrument\":9001,\"code\":\"OILEUR\",\"base\":9002,",
        "\"quote\":9001,\"lot_size\":10,\"tick_value\":2,\"risk\":\"cash\",\"reference_price\":500,",
        "\"band_ticks\":60,\"halt_band_ticks\":25,\"halt_for\":40000,\"max_position\":4000,",
        "\"maker_fee_ppm\":-100,\"taker_fee_ppm\":900}\n",
    ));
    for account in 9001..=9006 {
        writeln!(
            text,
            "{{\"do\":\"open_account\",\"account\":{account},\"group\":{}}}",
            account % 3
        )
        .unwrap();
        for asset in [9001, 9002] {
            writeln!(
                text,
                "{{\"do\":\"deposit\",\"account\":{account},\"asset\":{asset},\"amount\":9000000}}"
            )
            .unwrap();
        }
    }
    let mut random = 20_261_124u64;
    let mut next = move |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) % below
    };
    for name in 1..=1_500u64 {
        let account = 9001 + next(6);
        let side = ["buy", "sell"][next(2) as usize];
        let head = format!("\"account\":{account},\"instrument\":9001");
        let price = 480 + next(41);
        let qty = 1 + next(50);
        match next(10) {
            0 | 1 => writeln!(text, "{{\"do\":\"cancel_order\",{head},\"orig_cl_ord_id\":{}}}", next(name)),
            2 => writeln!(text, "{{\"do\":\"replace_order\",{head},\"orig_cl_ord_id\":{},\"cl_ord_id\":{name},\"qty\":{qty},\"price\":{price}}}", next(name)),
            3 => writeln!(text, "{{\"do\":\"new_order\",{head},\"cl_ord_id\":{name},\"side\":\"{side}\",\"ord_type\":\"stop_limit\",\"qty\":{qty},\"price\":{price},\"stop_px\":{}}}", 480 + next(41)),
            4 => writeln!(text, "{{\"do\":\"new_order\",{head},\"cl_ord_id\":{name},\"side\":\"{side}\",\"ord_type\":\"market\",\"qty\":{qty},\"stp\":\"decrement\"}}"),
            _ => writeln!(text, "{{\"do\":\"new_order\",{head},\"cl_ord_id\":{name},\"side\":\"{side}\",\"ord_type\":\"limit\",\"qty\":{qty},\"price\":{price},\"display_qty\":{},\"stp\":\"cancel_resting\"}}", 1 + next(qty)),
        }
        .unwrap();
    }
    text
}
