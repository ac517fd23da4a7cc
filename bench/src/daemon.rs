//! A peer's server as a child of this process: on loopback only, with its files in a folder of its
//! own on the disk that counts, ended and removed with the measurement.

use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a start may take.
const START: Duration = Duration::from_secs(30);

/// How long a server may take to end when it is asked to.
const GOODBYE: Duration = Duration::from_secs(10);

/// Pause between two looks at whether it serves, or has ended.
const LOOK: Duration = Duration::from_millis(5);

/// Last lines of a log that are told when a start fails.
const LOG_TOLD_LINES: usize = 4;

/// A user of this machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct User {
    uid: u32,
    gid: u32,
}

impl User {
    /// Whether this process is the superuser's.
    pub(crate) fn is_root() -> bool {
        rustix::process::geteuid().is_root()
    }

    /// The first of these users that this machine has.
    pub(crate) fn find(names: &[&str]) -> Option<Self> {
        let users = std::fs::read_to_string("/etc/passwd").ok()?;
        let of = |name: &&str| {
            let mut lines = users.lines().map(|line| line.split(':'));
            let mut fields = lines.find(|fields| fields.clone().next() == Some(*name))?.skip(2);
            let uid = fields.next()?.parse().ok()?;
            Some(Self { uid, gid: fields.next()?.parse().ok()? })
        };
        names.iter().find_map(of)
    }
}

/// A server that runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    stop: Signal,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Its files; removed after it has ended.
    _folder: TempDir,
}

/// A folder for a server's files, and who it runs as.
#[derive(Debug)]
pub(crate) struct Home {
    folder: TempDir,
    user: Option<User>,
}

impl Home {
    /// A new folder in a directory, which belongs to the user where one is given.
    pub(crate) fn new(directory: &Path, user: Option<User>) -> Result<Self, String> {
        let folder = TempDir::with_prefix_in("ringpit-peer-", directory).map_err(told("folder"))?;
        if let Some(User { uid, gid }) = user {
            std::os::unix::fs::chown(folder.path(), Some(uid), Some(gid))
                .map_err(told("folder"))?;
        }
        Ok(Self { folder, user })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A program that runs in it, quietly, as its user.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path()).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(User { uid, gid }) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Starts a server, and waits until `serves` says so. `stop` is the signal that ends it
    /// without delay.
    pub(crate) fn start(
        self,
        mut command: Command,
        address: SocketAddr,
        stop: Signal,
        serves: impl Fn(SocketAddr) -> bool,
    ) -> Result<Daemon, String> {
        let log = self.path().join("server.log");
        let file = File::create(&log).map_err(told("log"))?;
        let errors = file.try_clone().map_err(told("log"))?;
        let child = command.stdout(file).stderr(errors).spawn().map_err(told("start"))?;
        let mut daemon = Daemon { child, stop, address, _folder: self.folder };
        let begun = Instant::now();
        while !serves(address) {
            if !matches!(daemon.child.try_wait(), Ok(None)) || begun.elapsed() > START {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                let first = said.lines().count().saturating_sub(LOG_TOLD_LINES);
                let last: Vec<&str> = said.lines().skip(first).collect();
                return Err(format!("it does not serve: {}", last.join(" / ")));
            }
            std::thread::sleep(LOOK);
        }
        Ok(daemon)
    }
}

impl Daemon {
    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let asked = Instant::now();
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        // It may end at this very moment; then there is nothing to be asked.
        let _ = kill_process(Pid::from_child(&self.child), self.stop);
        while matches!(self.child.try_wait(), Ok(None)) && asked.elapsed() < GOODBYE {
            std::thread::sleep(LOOK);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An error in words, and at what.
pub(crate) fn told(what: &'static str) -> impl Fn(io::Error) -> String {
    move |error| format!("{what}: {error}")
}

/// A loopback address that nobody listens at.
pub(crate) fn free_address() -> Result<SocketAddr, String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    listener.and_then(|listener| listener.local_addr()).map_err(told("loopback"))
}

/// A program of this name, in the search path or in one of these folders.
pub(crate) fn find_program(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let searched = std::env::split_paths(OsStr::new(&path)).chain(folders.iter().cloned());
    searched.map(|folder| folder.join(name)).find(|program| program.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_and_users_are_found_or_not() {
        let shell = find_program("sh", &[]).unwrap();
        assert!(shell.is_absolute());
        assert_eq!(find_program("no-such-program-of-ours", &[PathBuf::from("/usr/bin")]), None);
        assert_eq!(User::find(&["no such user", "root"]), Some(User { uid: 0, gid: 0 }));
        assert_eq!(User::find(&["no such user"]), None);
    }

    #[test]
    fn a_server_that_ends_at_once_says_why_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::new(dir.path(), None).unwrap();
        let mut command = home.command(Path::new("/bin/sh"));
        command.args(["-c", "echo the port is taken; exit 1"]);
        let address = free_address().unwrap();
        let failed = home.start(command, address, Signal::TERM, |_| false).unwrap_err();
        assert_eq!(failed, "it does not serve: the port is taken");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_server_is_ended_when_nobody_needs_it() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::new(dir.path(), None).unwrap();
        let mut command = home.command(Path::new("/bin/sleep"));
        command.arg("1000");
        let daemon = home.start(command, free_address().unwrap(), Signal::TERM, |_| true).unwrap();
        drop(daemon);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
