//! `ringpit serve` from outside: how it refuses to start, what it says, and what signals do.

use crate::{ends, ringpit};
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The command line for a store in this directory: small files, a free port, no pinning, unless
/// `more` says otherwise.
fn command_line(dir: &Path, more: &[&str]) -> Vec<String> {
    let dir = dir.to_str().unwrap();
    let defaults = [
        ["--tail", dir],
        ["--listen", "127.0.0.1:0"],
        ["--pin", "none"],
        ["--segment-bytes", "1048576"],
        ["--tail-bytes", "1048576"],
    ];
    let kept = defaults.iter().filter(|[flag, _]| !more.contains(flag)).flatten();
    let first = ["serve", "--data", dir];
    first.iter().chain(kept).chain(more).map(|word| (*word).to_owned()).collect()
}

fn refuses(dir: &Path, more: &[&str]) -> (i32, String) {
    let args = command_line(dir, more);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (code, _, stderr) = ends(&args, "");
    (code, stderr)
}

/// A running server and the lines it has said.
struct Server {
    process: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
    said: Vec<String>,
    address: SocketAddr,
}

impl Server {
    fn start(dir: &Path, more: &[&str]) -> Self {
        let mut process = Command::new(ringpit(&[]).get_program())
            .args(command_line(dir, more))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut said = Vec::new();
        let address = loop {
            let line = lines.next().expect("the server ended").unwrap();
            said.push(line.clone());
            if let Some(address) = line.strip_prefix("listening on ") {
                break address.parse().unwrap();
            }
        };
        Self { process, lines, said, address }
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Ends it by a signal; gives its exit code and its last words.
    fn stop(mut self) -> (Option<i32>, String) {
        self.signal(rustix::process::Signal::TERM);
        let last = self.lines.map_while(Result::ok).last().unwrap_or_default();
        (self.process.wait().unwrap().code(), last)
    }
}

#[test]
fn what_can_t_be_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sessions.toml");
    let sessions = path.to_str().unwrap();
    let (code, stderr) = refuses(dir.path(), &[]);
    assert_eq!(code, 2);
    assert!(stderr.contains("sessions.toml") && stderr.contains("--dev"), "{stderr}");

    std::fs::write(&path, "[[session]]\nid = 1\nrole = \"king\"\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let (code, stderr) = refuses(dir.path(), &["--sessions", sessions]);
    assert_eq!(code, 3);
    assert!(stderr.contains("mode 644 lets others read the secrets"), "{stderr}");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let (code, stderr) = refuses(dir.path(), &["--sessions", sessions]);
    assert_eq!((code, stderr), (2, format!("{sessions}:1: secret_hex: is missing\n")));

    std::fs::write(&path, "").unwrap();
    let (code, stderr) = refuses(dir.path(), &["--listen", "0.0.0.0:0"]);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("--insecure"), "{stderr}");
    let table = [
        (["--pin", "fast"], "must be the number of a CPU"),
        (["--segment-bytes", "5"], "segment_bytes: 5 is not a multiple"),
        (["--durability", "maybe"], "possible values: sync, async"),
    ];
    for (bad, expected) in table {
        let (code, stderr) = refuses(dir.path(), &bad);
        assert_eq!(code, 2, "{bad:?}: {stderr}");
        assert!(stderr.contains(expected), "{bad:?}: {stderr}");
    }
}

#[test]
fn a_taken_port_a_taken_store_and_a_bad_directory_are_the_environments() {
    let dir = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, stderr) = refuses(dir.path(), &["--dev", "--listen", &address]);
    assert_eq!(code, 3);
    assert!(stderr.contains(&format!("can't listen on {address}")), "{stderr}");

    let server = Server::start(dir.path(), &["--dev"]);
    let (code, stderr) = refuses(dir.path(), &[]);
    assert_eq!(code, 3);
    assert!(stderr.contains("is in use"), "{stderr}");
    assert_eq!(server.stop().0, Some(0));

    let file = other.path().join("file");
    std::fs::write(&file, "").unwrap();
    let (code, stderr) = refuses(&file, &["--dev"]);
    assert_eq!(code, 3, "{stderr}");
}

#[test]
fn a_start_says_what_it_found_and_sigterm_ends_it_cleanly() {
    let dir = tempfile::tempdir().unwrap();
    let first = Server::start(dir.path(), &["--dev"]);
    assert!(first.said.iter().any(|line| line == "session 7: operator"), "{:?}", first.said);
    assert!(first.said.iter().any(|line| line.starts_with("made a store in")));
    assert!(first.said.iter().any(|line| line.starts_with("durability sync")));
    assert!(first.said.iter().any(|line| line.contains("not pinned, as asked")));
    assert_ne!(first.address.port(), 0);
    TcpStream::connect(first.address).unwrap();
    let (code, last) = first.stop();
    assert_eq!(code, Some(0));
    assert_eq!(last, "stopped cleanly after sequence number 7");
    let second = Server::start(dir.path(), &["--durability", "async"]);
    let found = "recovered 8 records up to sequence number 7 in ";
    assert!(second.said.iter().any(|line| line.starts_with(found)), "{:?}", second.said);
    assert!(second.said.iter().any(|line| line.starts_with("durability async")));
    assert_eq!(second.stop().0, Some(0));
}

#[test]
fn sighup_reads_the_session_file_again_and_a_bad_one_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &["--dev"]);
    let path = dir.path().join("sessions.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, "nonsense").unwrap();
    server.signal(rustix::process::Signal::HUP);
    std::fs::write(&path, text.replace("id = 7", "id = 70")).unwrap();
    server.signal(rustix::process::Signal::HUP);
    // One session less and one more are two inputs; a store that holds them has read the file.
    let seen = |dir: &Path| {
        let (code, stdout, _) = ends(&["inspect", dir.to_str().unwrap(), "--json"], "");
        code == 0 && stdout.matches("session_config").count() >= 9
    };
    let begun = std::time::Instant::now();
    while !seen(dir.path()) {
        assert!(begun.elapsed().as_secs() < 60, "the file was not read again");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(server.stop().0, Some(0));
}

#[test]
fn a_write_that_fails_ends_the_server_with_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    let small = ["--dev", "--segment-bytes", "65536", "--tail-bytes", "65536"];
    assert_eq!(Server::start(dir.path(), &small).stop().0, Some(0));
    // The store's files are below the limit, the next segment is beyond it.
    let args = command_line(dir.path(), &["--segment-bytes", "1048576", "--tail-bytes", "65536"]);
    let program = ringpit(&[]).get_program().to_owned();
    let output = Command::new("sh")
        .args(["-c", "ulimit -f 512; exec \"$@\"", "sh"])
        .arg(program)
        .args(args)
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("the journal failed") && stderr.contains("File too large"), "{stderr}");
}
