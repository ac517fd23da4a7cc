//! This very program as a process of its own: a server that can be measured and killed, an import.

use crate::failure::Failure;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long a start may take.
const START: Duration = Duration::from_secs(30);

/// How long a server that nobody needs any more may take to end.
const GOODBYE: Duration = Duration::from_secs(5);

/// What `serve` prints before its address, once it serves.
const LISTENING: &str = "listening on ";

/// A running `ringpit serve`; ended when dropped.
pub struct Process {
    child: Child,
    /// Where it says what it does.
    log: PathBuf,
    /// Where it listens.
    pub address: SocketAddr,
    /// What it said at its start.
    pub said: Vec<String>,
}

impl Process {
    /// Starts a server on a store and waits until it serves.
    ///
    /// # Errors
    /// [`Failure`] with what the server said, when it does not.
    pub fn start(folder: &Path, listen: SocketAddr, run: u32) -> Result<Self, Failure> {
        let program =
            std::env::current_exe().map_err(|error| environment("this program", &error))?;
        let log = folder.join(format!("server-{run}.log"));
        let file = File::create(&log).map_err(|error| environment("the server's log", &error))?;
        let errors = file.try_clone().map_err(|error| environment("the server's log", &error))?;
        let child = Command::new(program)
            .arg("serve")
            .arg("--data")
            .arg(folder.join("store"))
            .arg("--sessions")
            .arg(folder.join("sessions.toml"))
            .args(["--listen", &listen.to_string()])
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors)
            .spawn()
            .map_err(|error| environment("the server", &error))?;
        let mut process = Self { child, log, address: listen, said: Vec::new() };
        process.wait_until_it_serves()?;
        Ok(process)
    }

    fn wait_until_it_serves(&mut self) -> Result<(), Failure> {
        let began = Instant::now();
        loop {
            // The log may end in the middle of a letter; it is read again then.
            let said = std::fs::read_to_string(&self.log).unwrap_or_default();
            let whole = said.rfind('\n').map_or("", |end| &said[..end]);
            let address = whole.lines().find_map(|line| line.strip_prefix(LISTENING));
            if let Some(address) = address.and_then(|address| address.parse().ok()) {
                self.address = address;
                self.said = whole.lines().map(str::to_owned).collect();
                return Ok(());
            }
            let ended = self.child.try_wait().map_err(|error| environment("the server", &error))?;
            if ended.is_some() || began.elapsed() > START {
                let how = ended.map_or("too slow".to_owned(), |status| status.to_string());
                let what = format!("the server does not serve ({how}): {said}");
                return Err(Failure::Environment(what));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`: it does not get to say or write anything any more.
    ///
    /// # Errors
    /// [`Failure`] when it can't be killed.
    pub fn kill(mut self) -> Result<(), Failure> {
        let killed = self.child.kill().and_then(|()| self.child.wait());
        killed.map(|_| ()).map_err(|error| environment("killing the server", &error))
    }

    /// Asks it to end cleanly, and waits for that.
    ///
    /// # Errors
    /// [`Failure`] when it can't be asked.
    pub fn stop(mut self) -> Result<ExitStatus, Failure> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)
            .map_err(|error| environment("stopping the server", &error.into()))?;
        self.child.wait().map_err(|error| environment("stopping the server", &error))
    }
}

/// A server that nobody needs any more ends cleanly if it can, so that its mapped tail does not
/// stay in memory.
impl Drop for Process {
    fn drop(&mut self) {
        let asked = Instant::now();
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        // It may end at this very moment; then there is nothing to be asked.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        while matches!(self.child.try_wait(), Ok(None)) && asked.elapsed() < GOODBYE {
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `ringpit import lobster` makes of a file.
///
/// # Errors
/// [`Failure`] with what it said, when it can't be imported.
pub fn imported(file: &str) -> Result<Vec<u8>, Failure> {
    let program = std::env::current_exe().map_err(|error| environment("this program", &error))?;
    let output = std::process::Command::new(program)
        .args(["import", "lobster", file])
        .output()
        .map_err(|error| environment("ringpit import", &error))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(Failure::Input(String::from_utf8_lossy(&output.stderr).trim_end().to_owned()))
}

/// An error of the environment, and of what.
pub fn environment(what: &str, error: &std::io::Error) -> Failure {
    Failure::Environment(format!("{what}: {error}"))
}
