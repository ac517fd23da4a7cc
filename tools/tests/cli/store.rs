//! Stores from outside: what `run --data` writes, `verify`, `inspect` and `replay` read again.

use crate::ends;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
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

/// A store of the scenario, and what was printed while it was made. Made once: tests copy it.
struct Made {
    dir: TempDir,
    printed: String,
}

static MADE: LazyLock<Made> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("store");
    let (code, printed, stderr) =
        ends(&["run", "-", "--digest", "--data", store.to_str().unwrap()], SCENARIO);
    assert_eq!((code, stderr.as_str()), (0, ""));
    Made { dir, printed }
});

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
    assert_eq!(ends(&["run", "-", "--digest"], SCENARIO), (0, MADE.printed.clone(), String::new()));
    // Ten lines, of which one is a query; the deadline before it is a step of its own.
    assert!(MADE.printed.lines().last().unwrap().starts_with("seq=10 state="));
}

#[test]
fn a_store_is_made_only_in_a_new_or_empty_directory() {
    let store = MADE.store();
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
    let (code, stdout, stderr) = on(&["verify"], &MADE.store());
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(
        stdout.contains(", rules 1, segments 1\nrecords 11 (0 in the tail only), "),
        "{stdout}"
    );
    assert!(stdout.ends_with("\nlast 10 at 5000, durable 10\nclean\n"), "{stdout}");

    let (_, records, _) = on(&["inspect", "--json", "--from", "7", "--count", "1"], &MADE.store());
    let record: serde_json::Value = serde_json::from_str(&records).unwrap();
    let offset = usize::try_from(record["offset"].as_u64().unwrap()).unwrap();
    let mut bytes = MADE.segment();
    bytes[offset + 50] ^= 4;
    let damaged = MADE.with_segment(&bytes);
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
    let (code, stdout, stderr) = on(&["inspect", "--from", "8"], &MADE.store());
    assert_eq!((code, stderr.as_str()), (0, ""));
    let digest = MADE.printed.lines().last().unwrap();
    let state_and_events = digest.split_once(' ').unwrap().1;
    let expected = format!(
        "8  1970-01-01T00:00:00.000002000Z  input  {{\"do\":\"new_order\",\"account\":2,\"instrument\":1,\"cl_ord_id\":2,\"side\":\"buy\",\"ord_type\":\"limit\",\"qty\":0,\"price\":101}}\n\
         9  1970-01-01T00:00:00.000004000Z  input  {{\"do\":\"tick\"}}\n\
         10  1970-01-01T00:00:00.000005000Z  input  {{\"do\":\"cancel_order\",\"account\":2,\"instrument\":1,\"orig_cl_ord_id\":9}}\n\
         10  1970-01-01T00:00:00.000005000Z  checkpoint  {state_and_events}\n\
         10  1970-01-01T00:00:00.000005000Z  mark  all up to 10 is durable\n"
    );
    assert_eq!(stdout, expected);

    let (code, stdout, _) = on(&["inspect", "--json"], &MADE.store());
    assert_eq!(code, 0);
    for (line, seq) in stdout.lines().zip([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10]) {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(record["seq"], seq, "{line}");
        assert!(record["offset"].is_u64() && record["file"] == SEGMENT, "{line}");
        assert_eq!(record["kind"] == "input", record["command"].is_object(), "{line}");
    }
}

#[test]
fn what_is_no_store_is_bad_input() {
    let empty = tempfile::tempdir().unwrap();
    for command in ["verify", "inspect"] {
        for dir in [empty.path(), Path::new("/no/such/dir")] {
            let (code, stdout, stderr) = on(&[command], dir);
            assert_eq!((code, stdout.as_str()), (2, ""), "{command}");
            assert_eq!(stderr, format!("{} holds no journal\n", dir.display()));
        }
    }
}
