//! The example scenarios in docs/examples run, and print what their own lines say.

use crate::ends;
use std::path::PathBuf;

/// What a line says beyond its place in the line.
fn placeless(line: &str) -> String {
    let (_, rest) = line.split_once(",\"event\":").unwrap();
    format!("{{\"event\":{rest}")
}

#[test]
fn examples_print_what_they_say() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/examples");
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let mut run = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(readme.contains(&format!("[{name}]({name})")), "{name} is not in the README");
        let (code, stdout, stderr) = ends(&["run", path.to_str().unwrap()], "");
        assert_eq!((code, stderr.as_str()), (0, ""), "{name}");
        let mut printed = stdout.lines().map(placeless);
        let text = std::fs::read_to_string(&path).unwrap();
        let expected: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("# => ")).collect();
        assert!(!expected.is_empty(), "{name} says nothing of what it does");
        for line in expected {
            assert!(printed.any(|other| other == line), "{name}: not printed, or not here: {line}");
        }
        run += 1;
    }
    assert_eq!(run, readme.matches(".jsonl)").count(), "an example of the README is missing");
}
