//! What a server costs that nobody talks to: sessions that are connected and do nothing but keep
//! alive, and the processor time of the server's threads meanwhile.

use crate::error::BenchError;
use crate::machine::Machine;
use crate::report::Report;
use crate::unit::Unit;
use ringpit_client::{Client, Login};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

/// How often each session looks whether it must say something: far below any keep-alive interval.
const LOOK: Duration = Duration::from_millis(200);

/// Time between the last login and the start of measuring: what a start warms up is done then.
const SETTLE: Duration = Duration::from_secs(2);

/// Files that a process with so many sessions may need.
const OTHER_FILES: u64 = 200;

/// What the sum over all threads is called.
pub const WHOLE: &str = "whole server";

/// Lets this process, and the server it starts afterwards, have so many sessions.
///
/// # Errors
/// When the system allows fewer files.
pub fn allow(sessions: usize) -> Result<(), BenchError> {
    let wanted = sessions as u64 + OTHER_FILES;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    let limit = Rlimit { current: Some(wanted), maximum };
    setrlimit(Resource::Nofile, limit)
        .map_err(|error| BenchError::of("as many open files")(error.into()))
}

/// Connects a session for each login, lets them be, and measures the process `server_pid`.
///
/// # Errors
/// When a session can't be had, or is lost.
pub fn run(
    address: SocketAddr,
    logins: Vec<Login>,
    server_pid: u32,
    duration: Duration,
    store: &Path,
) -> Result<Report, BenchError> {
    let mut report = Report::new("idle", Machine::here(store));
    let mut clients = Vec::with_capacity(logins.len());
    for login in logins {
        let mut client = Client::new(address, login)?;
        while !client.session().is_live() {
            client.turn(Duration::from_millis(100), |_| ())?;
        }
        clients.push(client);
    }
    keep_alive(&mut clients, SETTLE)?;
    let (before, begun) = (thread_times(server_pid)?, Instant::now());
    keep_alive(&mut clients, duration)?;
    let (after, seconds) = (thread_times(server_pid)?, begun.elapsed().as_secs_f64());
    let used = |(thread, ns): (String, u64)| {
        // A thread that ended meanwhile took its time along.
        let ns = ns.saturating_sub(before.get(&thread).copied().unwrap_or(0));
        (thread, ns as f64 / 1e9 / seconds * 100.0)
    };
    let threads: BTreeMap<String, f64> = after.into_iter().map(used).collect();
    report.count("idle sessions", clients.len() as u64);
    report.count("seconds", seconds.round() as u64);
    for (thread, percent) in &threads {
        report.figure(thread, Unit::Percent, &[*percent]);
    }
    report.figure(WHOLE, Unit::Percent, &[threads.values().sum()]);
    report.note("Processor time of the server's threads, in percent of one CPU; measured once.");
    Ok(report)
}

fn keep_alive(clients: &mut [Client], duration: Duration) -> Result<(), BenchError> {
    let begun = Instant::now();
    while begun.elapsed() < duration {
        for client in &mut *clients {
            client.turn(Duration::ZERO, |_| ())?;
        }
        std::thread::sleep(LOOK.min(duration.saturating_sub(begun.elapsed())));
    }
    Ok(())
}

/// Nanoseconds that each of a process's threads has run, by name; threads of one name are summed.
pub(crate) fn thread_times(pid: u32) -> Result<BTreeMap<String, u64>, BenchError> {
    let failed = || BenchError::of("the server's threads");
    let mut times = BTreeMap::new();
    for thread in fs::read_dir(format!("/proc/{pid}/task")).map_err(failed())? {
        let path = thread.map_err(failed())?.path();
        let name = fs::read_to_string(path.join("comm")).map_err(failed())?;
        let times_of_it = fs::read_to_string(path.join("schedstat")).map_err(failed())?;
        let ran_ns: u64 = times_of_it.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0);
        *times.entry(name.trim_end().to_owned()).or_default() += ran_ns;
    }
    Ok(times)
}
