//! Stores from outside: what `run --data` writes, `verify`, `inspect` and `replay` read again.

use crate::ends;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};
use tempfile::TempDir;

/// One book and a few orders, one of which expires, one of which is refused.
const SCENARIO: &str = r#"
{"at":1000,"do":"create_asset","asset":1,"code":"ABC","decimals":0}
{"do":"create_asset","asset":2,"code":"USD","decimals":2}
{"do":"create_instrument","instrument":1,"code":"ABC","base":1,"quote":2,"lot_size":1,"tick_value":1,"risk":"off"}
{"do":"open_account","account":1}
{"do":"open_account","account":2}
{"do":"new_order","account":1,"instrument":1,"cl_ord_id":1,"side":"sell","ord_type":"limit","qty":5,"price":100,"tif":"gtd","expire_at":3000}
{"at":2000,"do":"new_order","account":2,"instrument":1,"cl_ord_id":1,"side":"buy","ord_type":"limit","qty":3,"price":101}
{"do":"new_order","account":2,"instrument":1,"cl_ord_id":2,"side":"buy","ord_type":"limit","qty":0,"price":101}
{"at":4000,"do":"query_depth","instrument":1}
{"at":5000,"do":"cancel_order","account":2,"instrument":1,"orig_cl_ord_id":9}
"#;

/// A store of the scenario, and what was printed while it was made.
struct Made {
    dir: TempDir,
    printed: String,
}

/// The store that running tests share; removed when the last of them is done with it.
fn made() -> Arc<Made> {
    static MADE: Mutex<Weak<Made>> = Mutex::new(Weak::new());
    let mut shared = MADE.lock().unwrap();
    if let Some(made) = shared.upgrade() {
        return made;
    }
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("store");
    let (code, printed, stderr) =
        ends(&["run", "-", "--digest", "--data", store.to_str().unwrap()], SCENARIO);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let made = Arc::new(Made { dir, printed });
    *shared = Arc::downgrade(&made);
    made
}

impl Made {
    fn store(&self) -> PathBuf {
        self.dir.path().join("store")
    }

    fn segment(&self) -> Vec<u8> {
        std::fs::read(self.store().join(SEGMENT)).unwrap()
    }

    /// The store with another segment.
    fn with_segment(&self, bytes: &[u8]) -> TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(SEGMENT), bytes).unwrap();
        dir
    }
}

const SEGMENT: &str = "00000000000000000001.rpj";

fn on(args: &[&str], dir: &Path) -> (i32, String, String) {
    let mut args = args.to_vec();
    args.insert(1, dir.to_str().unwrap());
    ends(&args, "")
}

#[test]
fn a_run_prints_the_same_lines_with_and_without_a_store() {
    let made = made();
    assert_eq!(ends(&["run", "-", "--digest"], SCENARIO), (0, made.printed.clone(), String::new()));
    // Ten lines, of which one is a query; the deadline before it is a step of its own.
    assert!(made.printed.lines().last().unwrap().starts_with("seq=10 state="));
}

#[test]
fn a_store_is_made_only_in_a_new_or_empty_directory() {
    let made = made();
    let store = made.store();
    let name = store.to_str().unwrap();
    let (code, stdout, stderr) = ends(&["run", "-", "--data", name], SCENARIO);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert_eq!(stderr, format!("{name}: --data wants a new or empty directory\n"));
    let segment = store.join(SEGMENT);
    let name = segment.to_str().unwrap();
    let (code, stdout, stderr) = ends(&["run", "-", "--data", name], SCENARIO);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert_eq!(stderr, format!("{name}: Not a directory (os error 20)\n"));
}

#[test]
fn lines_before_an_unreadable_one_are_in_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let scenario: Vec<&str> = SCENARIO.lines().take(6).chain(["nonsense"]).collect();
    let args = ["run", "-", "--data", dir.path().to_str().unwrap()];
    let (code, _, stderr) = ends(&args, scenario.join("\n"));
    assert_eq!((code, stderr.lines().count()), (2, 1));
    let (code, stdout, _) = on(&["verify"], dir.path());
    assert_eq!(code, 0);
    assert!(stdout.contains("\nlast 5 at 1000, durable 5\nclean\n"), "{stdout}");
}

#[test]
fn verify_says_clean_or_where_it_is_damaged() {
    let made = made();
    let (code, stdout, stderr) = on(&["verify"], &made.store());
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(
        stdout.contains(", rules 1, segments 1\nrecords 11 (0 in the tail only), "),
        "{stdout}"
    );
    assert!(stdout.ends_with("\nlast 10 at 5000, durable 10\nclean\n"), "{stdout}");

    let (_, records, _) = on(&["inspect", "--json", "--from", "7", "--count", "1"], &made.store());
    let record: serde_json::Value = serde_json::from_str(&records).unwrap();
    let offset = usize::try_from(record["offset"].as_u64().unwrap()).unwrap();
    let mut bytes = made.segment();
    bytes[offset + 50] ^= 4;
    let damaged = made.with_segment(&bytes);
    let (code, stdout, _) = on(&["verify"], damaged.path());
    assert_eq!(code, 1);
    let place = format!("damage in {SEGMENT} at offset {offset}, sequence number 7: checksum ");
    assert!(stdout.contains(&place), "{stdout}");
    assert!(stdout.contains("Intact before: up to 6; found after: 8 to 10"), "{stdout}");

    let (code, stdout, stderr) = on(&["inspect"], damaged.path());
    assert_eq!((code, stdout.lines().count()), (1, 6));
    assert!(stderr.contains(&place), "{stderr}");
}

#[test]
fn inspect_shows_inputs_checkpoints_and_marks() {
    let made = made();
    let (code, stdout, stderr) = on(&["inspect", "--from", "8"], &made.store());
    assert_eq!((code, stderr.as_str()), (0, ""));
    let digest = made.printed.lines().last().unwrap();
    let state_and_events = digest.split_once(' ').unwrap().1;
    let expected = format!(
        "8  1970-01-01T00:00:00.000002000Z  input  {{\"do\":\"new_order\",\"account\":2,\"instrument\":1,\"cl_ord_id\":2,\"side\":\"buy\",\"ord_type\":\"limit\",\"qty\":0,\"price\":101}}\n\
         9  1970-01-01T00:00:00.000004000Z  input  {{\"do\":\"tick\"}}\n\
         10  1970-01-01T00:00:00.000005000Z  input  {{\"do\":\"cancel_order\",\"account\":2,\"instrument\":1,\"orig_cl_ord_id\":9}}\n\
         10  1970-01-01T00:00:00.000005000Z  checkpoint  {state_and_events}\n\
         10  1970-01-01T00:00:00.000005000Z  mark  all up to 10 is durable\n"
    );
    assert_eq!(stdout, expected);

    let (code, stdout, _) = on(&["inspect", "--json"], &made.store());
    assert_eq!(code, 0);
    for (line, seq) in stdout.lines().zip([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10]) {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(record["seq"], seq, "{line}");
        assert!(record["offset"].is_u64() && record["file"] == SEGMENT, "{line}");
        assert_eq!(record["kind"] == "input", record["command"].is_object(), "{line}");
    }
}

#[test]
fn replay_gives_what_the_run_gave() {
    let made = made();
    let printed = &made.printed;
    let digest = printed.lines().last().unwrap().to_owned() + "\n";
    assert_eq!(on(&["replay", "--digest"], &made.store()), (0, digest, String::new()));

    // The query's answers are not of the line; the deadline that it met is.
    assert!(printed.contains(r#""seq":9,"at":3000,"event":"execution_report""#), "{printed}");
    let asked = |line: &&str| line.contains(r#""seq":9,"at":4000,"#);
    assert_eq!(printed.lines().filter(asked).count(), 1, "{printed}");
    let events: String =
        printed.lines().filter(|line| !asked(line)).flat_map(|line| [line, "\n"]).collect();
    let whole = on(&["replay", "--events", "--digest"], &made.store());
    assert_eq!(whole, (0, events.clone(), String::new()));
    let real = on(&["replay", "--events", "--digest", "--speed", "real"], &made.store());
    assert_eq!(real, (0, events.clone(), String::new()));

    let (code, stdout, stderr) = on(&["replay", "--events"], &made.store());
    assert_eq!((code, stdout + events.lines().last().unwrap() + "\n"), (0, events));
    assert!(stderr.starts_with("last sequence number 10\nstate hash  "), "{stderr}");
    let (code, stdout, stderr) = on(&["replay"], &made.store());
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.starts_with("last sequence number 10\nstate hash  "), "{stdout}");
    assert!(stdout.ends_with(" inputs/s; 1 checkpoints confirmed; under rules 1\n"), "{stdout}");
}

#[test]
fn a_shadow_under_the_only_rules_sees_no_difference() {
    let made = made();
    let compare = ["replay", "--rules", "1", "--compare"];
    let same = "under rules 1 every outcome is the same to 10, the state too\n";
    assert_eq!(on(&compare, &made.store()), (0, same.to_owned(), String::new()));
    let (code, stdout, _) = on(&[&compare[..], &["--until", "4"]].concat(), &made.store());
    assert_eq!((code, stdout.as_str()), (0, same.replace("10", "4").as_str()));
    for (args, why) in [
        (&["replay", "--rules", "2", "--compare"][..], "this program knows rules 1 to 1"),
        (&["replay", "--rules", "1"], "--compare"),
        (&["replay", "--compare"], "--rules"),
    ] {
        let (code, stdout, stderr) = on(args, &made.store());
        assert_eq!((code, stdout.as_str()), (2, ""), "{args:?}");
        assert!(stderr.contains(why), "{args:?}: {stderr}");
    }
}

#[test]
fn replay_until_a_number_is_a_run_of_so_many_lines() {
    let made = made();
    for (until, lines) in [(0, 0), (5, 6), (8, 9), (10, 11), (99, 11)] {
        let scenario: Vec<&str> = SCENARIO.lines().take(lines).collect();
        let (_, printed, _) = ends(&["run", "-", "--digest"], scenario.join("\n"));
        let digest = printed.lines().last().unwrap().to_owned() + "\n";
        let until = until.to_string();
        let replayed = on(&["replay", "--digest", "--until", &until], &made.store());
        assert_eq!(replayed, (0, digest, String::new()), "{until}");
    }
}

#[test]
fn replay_of_a_damaged_store_gives_what_is_intact_and_names_the_place() {
    let made = made();
    let (_, records, _) = on(&["inspect", "--json", "--from", "9", "--count", "1"], &made.store());
    let record: serde_json::Value = serde_json::from_str(&records).unwrap();
    let offset = usize::try_from(record["offset"].as_u64().unwrap()).unwrap();
    let mut bytes = made.segment();
    bytes[offset + 9] ^= 1;
    let damaged = made.with_segment(&bytes);
    let (code, stdout, stderr) = on(&["replay", "--digest"], damaged.path());
    let (_, intact, _) = on(&["replay", "--digest", "--until", "8"], &made.store());
    assert_eq!((code, stdout), (1, intact));
    assert!(stderr.starts_with(&format!("damage in {SEGMENT} at offset {offset}")), "{stderr}");
}

#[test]
fn what_is_no_store_is_bad_input() {
    let empty = tempfile::tempdir().unwrap();
    for command in ["verify", "inspect", "replay"] {
        for dir in [empty.path(), Path::new("/no/such/dir")] {
            let (code, stdout, stderr) = on(&[command], dir);
            assert_eq!((code, stdout.as_str()), (2, ""), "{command}");
            assert_eq!(stderr, format!("{} holds no journal\n", dir.display()));
        }
    }
}
