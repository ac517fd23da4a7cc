//! The whole way from outside: a real `ringpit serve`, real sockets, real clients, real `kill -9`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod aapl;
mod auction;
mod crash;
mod demo;
#[allow(dead_code, reason = "shared with a test that uses more of it")]
#[path = "../../../engine/core/tests/support/first_come.rs"]
mod first_come;
#[path = "../../src/flow.rs"]
mod flow;
mod house;
mod pool;
#[path = "../shared/lobster.rs"]
mod reference;
mod sale;
mod scenario;
mod send;
mod server;
mod tls;

use std::process::{Command, Output};

/// The binary under test.
fn ringpit() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("ringpit"))
}

/// What a command prints; it must end with 0.
fn prints(args: &[&str]) -> String {
    let Output { status, stdout, stderr } = ringpit().args(args).output().unwrap();
    assert!(status.success(), "{args:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// An event line without its step's number and time: what must be the same every way.
fn timeless(line: &str) -> &str {
    let event = line.find("\"event\":").unwrap_or_else(|| panic!("no event: {line}"));
    &line[event..]
}

/// Compares line by line, so that the first difference is shown and not the whole.
fn assert_same<'a>(
    got: impl IntoIterator<Item = &'a str>,
    expected: impl IntoIterator<Item = &'a str>,
) {
    let (mut got, mut expected) = (got.into_iter(), expected.into_iter());
    let mut line = 0;
    loop {
        line += 1;
        match (got.next(), expected.next()) {
            (None, None) => return,
            (one, other) => assert_eq!(one, other, "line {line}"),
        }
    }
}
