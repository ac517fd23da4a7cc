//! Several connections under load, driven by one thread: what may be sent is sent, one write a
//! connection, then the answers are waited for.

use crate::error::BenchError;
use crate::lane::Lane;
use crate::script::Script;
use crate::spread::nanoseconds;
use hdrhistogram::Histogram;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

/// Silence of all connections for so long is a fault.
const PATIENCE: Duration = Duration::from_secs(10);

/// How the load is put on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Pace {
    /// Never sleep: for clients that have a processor of their own.
    pub spin: bool,
    /// Messages a second over all connections, at intended times; `None`: as many as the windows
    /// allow.
    pub per_second: Option<f64>,
}

/// What a round of load gave.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// From when each message was meant to be sent to its durable answer, nanoseconds.
    pub latencies: Histogram<u64>,
    /// Messages answered a second.
    pub per_second: f64,
}

/// Sends all of the scripts, one a lane, and waits for all answers.
///
/// # Errors
/// When a connection is lost, an answer is not what it should be, or none comes.
pub fn run(lanes: &mut [Lane], scripts: &[Script], pace: Pace) -> Result<Loaded, BenchError> {
    assert_eq!(lanes.len(), scripts.len(), "a script a lane");
    // Where it is refused a paced message may leave 50 µs late, and its latency counts so.
    let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
    let mut latencies = nanoseconds();
    let begun = Instant::now();
    let now_ns = || begun.elapsed().as_nanos() as u64;
    let interval_ns = pace.per_second.map(|rate| 1e9 * lanes.len() as f64 / rate);
    let mut heard = begun;
    while !lanes.iter().zip(scripts).all(|(lane, script)| lane.is_done(script)) {
        let now = now_ns();
        let mut wake_ns = u64::MAX;
        for (lane, script) in lanes.iter_mut().zip(scripts) {
            while let Some(message) = lane.next(script) {
                let due_ns = interval_ns.map_or(now, |interval| (message as f64 * interval) as u64);
                if due_ns > now {
                    wake_ns = wake_ns.min(due_ns);
                    break;
                }
                lane.send(script, due_ns);
            }
            lane.write(script)?;
        }
        let wait_ns = if pace.spin { 0 } else { wake_ns.saturating_sub(now_ns()) };
        let ready = wait(lanes, Duration::from_nanos(wait_ns).min(PATIENCE))?;
        for (index, lane) in lanes.iter_mut().enumerate() {
            if ready & 1 << index != 0 {
                lane.read(now_ns, &mut latencies)?;
            }
        }
        if ready != 0 {
            heard = Instant::now();
        } else if heard.elapsed() >= PATIENCE {
            return Err(BenchError::Answer("silence".into()));
        }
    }
    let messages = latencies.len() as f64;
    let per_second = messages / begun.elapsed().as_secs_f64();
    Ok(Loaded { latencies, per_second })
}

/// Most lanes of one load: their readiness is a bit each.
pub const LANES_MAX: usize = 64;

/// Waits for sockets; gives a bit for each that can be read.
fn wait(lanes: &[Lane], longest: Duration) -> Result<u64, BenchError> {
    assert!(lanes.len() <= LANES_MAX, "a bit a lane");
    let watch = |lane| {
        let mut flags = PollFlags::IN;
        flags.set(PollFlags::OUT, Lane::wants_write(lane));
        PollFd::new(lane.stream(), flags)
    };
    let mut watched: Vec<PollFd<'_>> = lanes.iter().map(watch).collect();
    match poll(&mut watched, Timespec::try_from(longest).ok().as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(BenchError::of("waiting for answers")(error.into())),
    }
    let readable = PollFlags::IN | PollFlags::ERR | PollFlags::HUP;
    let ready = watched.iter().enumerate().filter(|(_, fd)| fd.revents().intersects(readable));
    Ok(ready.fold(0, |bits, (index, _)| bits | 1 << index))
}
