//! The command line from outside: what it prints, where, and how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod bench;
mod examples;
mod explain;
mod import;
mod lobster;
#[path = "../shared/lobster.rs"]
mod reference;
mod run;
mod serve;
mod store;

use std::process::Output;

/// The binary under test with its arguments.
fn ringpit(args: &[&str]) -> assert_cmd::Command {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("ringpit");
    command.args(args);
    command
}

/// How it ends on this standard input: exit code, standard output, standard error.
fn ends(args: &[&str], stdin: impl Into<Vec<u8>>) -> (i32, String, String) {
    let Output { status, stdout, stderr } =
        ringpit(args).write_stdin(stdin.into()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[test]
fn bad_usage_is_exit_code_2_and_help_is_0() {
    for args in [&[][..], &["dance"], &["run"], &["run", "-", "--colour"], &["import", "-"]] {
        let (code, stdout, stderr) = ends(args, "");
        assert_eq!((code, stdout.as_str()), (2, ""), "{args:?}");
        assert!(stderr.contains("Usage: ringpit"), "{args:?}\n{stderr}");
    }
    for args in [&["--help"][..], &["run", "--help"], &["import", "lobster", "--help"]] {
        let (code, stdout, stderr) = ends(args, "");
        assert_eq!((code, stderr.as_str()), (0, ""), "{args:?}");
        assert!(stdout.contains("Usage: ringpit"), "{args:?}\n{stdout}");
    }
}

#[test]
fn a_file_that_is_not_there_is_bad_input() {
    for args in [&["run", "/no/such/file"][..], &["import", "lobster", "/no/such/file"]] {
        let (code, stdout, stderr) = ends(args, "");
        assert_eq!((code, stdout.as_str()), (2, ""));
        assert_eq!(stderr, "/no/such/file: No such file or directory (os error 2)\n");
    }
}
