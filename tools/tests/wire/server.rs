//! A server as a process of its own, to be started, killed and started again.

use crate::ringpit;
use ringpit_client::{Login, Secret};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The operator's session in [`Server`]'s session file.
pub const OPERATOR: u64 = 1;
/// A trader's session there; it may act for account 1.
pub const TRADER: u64 = 2;
const KEY: &str = "00112233445566778899aabbccddeeff";

/// Small files, so that a start costs milliseconds: what is tested here needs many starts.
const FILES: [&str; 4] = ["--segment-bytes", "1048576", "--tail-bytes", "1048576"];

/// How long a start may take before the test gives up; a loaded machine is slow.
const START: Duration = Duration::from_secs(60);

/// A store with its server; killed when dropped.
pub struct Server {
    folder: tempfile::TempDir,
    address: SocketAddr,
    flags: Vec<String>,
    process: Option<Child>,
}

impl Server {
    /// Starts a server with a new store on a free port.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with more sessions: id, role, and the first and last account each may act for.
    pub fn start_with(more: &[(u64, &str, (u64, u64))]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), more, &[])
    }

    /// The same in a folder that holds something already, with more flags.
    pub fn start_in(
        folder: tempfile::TempDir,
        more: &[(u64, &str, (u64, u64))],
        flags: &[&str],
    ) -> Self {
        let mut sessions = OpenOptions::new();
        sessions.write(true).create_new(true).mode(0o600);
        let mut sessions = sessions.open(folder.path().join("sessions.toml")).unwrap();
        let usual = [(OPERATOR, "operator", (1, 1)), (TRADER, "trader", (1, 1))];
        for (session, role, (from, to)) in usual.iter().chain(more) {
            write!(
                sessions,
                "[[session]]\nid = {session}\nsecret_hex = \"{KEY}\"\nrole = \"{role}\"\n\
                 accounts = [\"{from}-{to}\"]\nmessages_per_second = 10000000\nburst = 10000000\n\
                 cancels_per_second = 10000000\norders_in_flight = 10000000\n"
            )
            .unwrap();
        }
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let mut server = Self { folder, address, flags, process: None };
        server.spawn();
        server.address = server.wait_for_address();
        server
    }

    /// Starts it again at the same address, and does not wait for it.
    pub fn spawn(&mut self) {
        assert!(self.process.is_none(), "one process a store");
        let output =
            |name| File::options().create(true).append(true).open(self.path(name)).unwrap();
        let process = ringpit()
            .arg("serve")
            .arg("--data")
            .arg(self.store())
            .arg("--sessions")
            .arg(self.path("sessions.toml"))
            .args(["--listen", &self.address.to_string()])
            // In shared memory it would outlive the test: nobody cleans up after `kill -9`.
            .arg("--tail")
            .arg(self.folder())
            .args(FILES)
            .args(&self.flags)
            .stdin(Stdio::null())
            .stdout(output("stdout"))
            .stderr(output("stderr"))
            .spawn()
            .unwrap();
        self.process = Some(process);
    }

    fn wait_for_address(&mut self) -> SocketAddr {
        let began = Instant::now();
        loop {
            let said = self.said();
            let mut words = said.split(|c: char| c.is_whitespace() || c == ',' || c == '"');
            let address = words.find_map(|word| word.parse::<SocketAddr>().ok());
            if let Some(address) = address.filter(|address| address.port() != 0) {
                return address;
            }
            let ended = self.process.as_mut().and_then(|child| child.try_wait().unwrap());
            assert!(ended.is_none() && began.elapsed() < START, "no server, {ended:?}: {said}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.process.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Asks it to end cleanly and waits for that.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.process.take().unwrap().wait().unwrap()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(self.process.as_ref().unwrap());
        kill_process(pid, signal).unwrap();
    }

    /// Waits until it has said this.
    pub fn wait_for(&self, words: &str) {
        let began = Instant::now();
        while !self.said().contains(words) {
            assert!(began.elapsed() < START, "never said: {words}: {}", self.said());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// What all its processes have printed.
    pub fn said(&self) -> String {
        ["stdout", "stderr"].map(|name| std::fs::read_to_string(self.path(name)).unwrap()).concat()
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its store.
    pub fn store(&self) -> PathBuf {
        self.path("store")
    }

    /// Its session file.
    pub fn sessions(&self) -> PathBuf {
        self.path("sessions.toml")
    }

    /// A file beside the store.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The operator's login.
pub fn login() -> Login {
    login_of(OPERATOR)
}

/// The login of any session of the file.
pub fn login_of(session: u64) -> Login {
    Login::new(session, Secret::from_hex(KEY).unwrap())
}
