//! Proves that the repository keeps its own rules: arrows between crates, lengths of files, no
//! promises left in the code, and tables in docs/ that agree with the code.

#![allow(clippy::expect_used, reason = "a test stops at what it does not expect")]

use ringpit_core::Reason;
use std::fs;
use std::path::{Path, PathBuf};

/// Which packages of ours a package may use, dev-dependencies aside.
const ARROWS: &[(&str, &[&str])] = &[
    ("engine/core", &[]),
    ("engine/model", &["ringpit-core"]),
    ("journal", &[]),
    ("engine/sequencer", &["ringpit-core", "ringpit-journal"]),
    ("bench/harness-adapter", &["ringpit-core"]),
    ("gateway/vocab", &["ringpit-core"]),
    ("gateway/wire", &["ringpit-core"]),
    ("gateway/client", &["ringpit-core", "ringpit-wire"]),
    ("gateway/server", &["ringpit-core", "ringpit-journal", "ringpit-sequencer", "ringpit-wire"]),
];

/// A file is a room: no more lines than this.
const LINES_MAX: usize = 600;

/// Files that may be longer, and how long; the list may only shrink.
const LONGER: &[(&str, usize)] = &[("gateway/wire/src/generated/mod.rs", 2_500)];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

/// Every file below the root with one of these endings, build results aside.
fn files(endings: &[&str]) -> Vec<(String, String)> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                if !matches!(name, "target" | ".git") {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let relative = path.strip_prefix(&root).expect("below the root");
                let text = fs::read_to_string(&path).unwrap_or_default();
                found.push((relative.to_string_lossy().into_owned(), text));
            }
        }
    }
    assert!(!found.is_empty(), "no {endings:?} found below {}", root.display());
    found.sort();
    found
}

#[test]
fn arrows_point_down_only() {
    for (folder, allowed) in ARROWS {
        let manifest =
            fs::read_to_string(root().join(folder).join("Cargo.toml")).expect("a manifest");
        let dependencies = manifest.split("\n[dependencies]").nth(1).unwrap_or_default();
        let dependencies = dependencies.split("\n[").next().unwrap_or_default();
        let ours = dependencies.lines().filter(|line| line.starts_with("ringpit-"));
        for name in ours.filter_map(|line| line.split([' ', '.']).next()) {
            assert!(allowed.contains(&name), "{folder} uses {name}: not an arrow of the drawing");
        }
    }
}

#[test]
fn the_core_is_no_std() {
    let lib = fs::read_to_string(root().join("engine/core/src/lib.rs")).expect("the core");
    assert!(lib.contains("#![no_std]"), "engine/core must not be able to name a clock");
}

#[test]
fn files_are_rooms_of_bearable_size() {
    for (path, text) in files(&[".rs"]) {
        let lines = text.lines().count();
        let max = LONGER.iter().find(|longer| longer.0 == path).map_or(LINES_MAX, |l| l.1);
        assert!(lines <= max, "{path} has {lines} lines, more than {max}: split it");
        let opening = text.trim_start_matches('\u{feff}');
        assert!(opening.starts_with("//!"), "{path} does not open with what it is for");
    }
}

#[test]
fn no_promises_are_left() {
    // Written in parts, so that this file does not find itself.
    let marks = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["XX", "X"].concat(),
        ["HA", "CK"].concat(),
        ["db", "g!("].concat(),
        ["to", "do!("].concat(),
        ["unimpl", "emented!("].concat(),
        ["/wo", "rk/"].concat(),
    ];
    for (path, text) in files(&[".rs", ".md", ".toml", ".xml"]) {
        for (number, line) in (1..).zip(text.lines()) {
            let found = marks.iter().find(|mark| line.contains(mark.as_str()));
            assert!(found.is_none(), "{path}:{number}: {found:?}");
        }
    }
}

#[test]
fn every_reason_has_its_row() {
    let page = fs::read_to_string(root().join("docs/reasons.md")).expect("docs/reasons.md");
    let rows: Vec<(u16, String)> = page
        .lines()
        .filter_map(|line| {
            let mut cells = line.split('|').skip(1).map(str::trim);
            let code = cells.next()?.parse().ok()?;
            let word = cells.next()?.trim_matches('`').to_owned();
            let (meaning, remedy) = (cells.next()?, cells.next()?);
            assert!(!meaning.is_empty() && !remedy.is_empty(), "{word}: an empty cell");
            Some((code, word))
        })
        .collect();
    let code: Vec<(u16, String)> =
        Reason::ALL.iter().map(|reason| (reason.code(), reason.word().to_owned())).collect();
    assert_eq!(rows, code, "docs/reasons.md and engine/core/src/reason.rs");
}

#[test]
fn every_dependency_is_explained() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest");
    let page = fs::read_to_string(root().join("docs/dependencies.md")).expect("the page");
    let table = manifest.split("[workspace.dependencies]").nth(1).unwrap_or_default();
    let table = table.split("\n[").next().unwrap_or_default();
    let names = table.lines().filter_map(|line| line.split(" = ").next());
    for name in names.filter(|name| !name.is_empty() && !name.starts_with("ringpit")) {
        assert!(page.contains(&format!("`{name}`")), "docs/dependencies.md says nothing of {name}");
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    for (path, text) in files(&[".md"]) {
        let folder = root().join(&path).parent().map(Path::to_path_buf).unwrap_or_default();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            assert!(folder.join(file).exists(), "{path}: the link to {target} leads nowhere");
        }
    }
}

#[test]
fn every_hazard_and_threat_names_tests_that_exist() {
    for (page, cells) in [("SAFETY.md", 4), ("docs/security.md", 3)] {
        let text = fs::read_to_string(root().join(page)).expect("a page");
        names_tests_that_exist(page, &text, cells);
    }
}

/// Each row of the page's tables with so many cells names tests of ours in its last one, or says
/// with a dash that there is none.
fn names_tests_that_exist(page: &str, text: &str, cells: usize) {
    let sources = files(&[".rs"]);
    let rows = text.lines().filter_map(|line| {
        let row: Vec<&str> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
        (row.len() == cells && row[cells - 1] != "shown by").then(|| (row[0], row[cells - 1]))
    });
    let mut tests = 0;
    for (hazard, shown_by) in rows.filter(|row| row.1 != "–") {
        let named = shown_by.split('`').filter_map(|word| word.split_once("::"));
        let before = tests;
        for (file, function) in named {
            let (plain, main) = (format!("/{file}.rs"), format!("/{file}/main.rs"));
            let head = format!("fn {function}(");
            let exists = sources.iter().any(|(path, text)| {
                (path.ends_with(&plain) || path.ends_with(&main)) && text.contains(&head)
            });
            assert!(exists, "{page}: {hazard}: {file}::{function} is not there");
            tests += 1;
        }
        assert!(tests > before, "{page}: no test for: {hazard}");
    }
    assert!(tests > 0, "{page} has no table");
}
