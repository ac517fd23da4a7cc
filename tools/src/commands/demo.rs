//! `ringpit demo`: the tour. A server, clients over sockets, a hard kill in the middle, and a table
//! of what was promised and what was found.

mod cast;
mod checks;
mod screen;
mod trader;

use crate::failure::Failure;
use crate::process::{Process, environment};
use cast::Cast;
use checks::Check;
use hdrhistogram::Histogram;
use ringpit_client::{Client, ClientError, Delivery};
use ringpit_core::Event;
use screen::Screen;
use signal_hook::consts::{SIGINT, SIGTERM};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use trader::{Stage, Told};

/// How often the screen is looked after.
const FRAME: Duration = Duration::from_millis(50);

const EXAMPLE: &str = "\
Examples:
  ringpit demo
  ringpit demo --orders 100000 --rate 10000
  ringpit demo --file AAPL_2012-06-21_34200000_57600000_message_5.csv

Latencies run from the moment an order was meant to be sent, whether or not the server was there,
to the moment its durable answer was read. Exit code 1 when a promise is broken.";

/// See it work: clients trade over sockets, the server is killed in the middle, nothing is lost.
///
/// Makes a store in a temporary folder, starts a server, lets several clients trade at a fixed
/// pace, kills the server hard (-9) half way, starts it again on the same store, and ends with a
/// table of what was promised and what was found. Takes less than a minute.
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Play a LOBSTER message file instead of a generated session.
    #[arg(long, value_name = "FILE")]
    file: Option<String>,
    /// How many orders, cancels and replaces at most.
    #[arg(long, value_name = "N", default_value_t = 40_000)]
    orders: u64,
    /// How many of them a second.
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    rate: u64,
    /// How many clients trade in a generated session.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u64).range(2..=64))]
    clients: u64,
    /// The generated session's seed; the same seed sends the same orders.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Plays the demo.
///
/// # Errors
/// How it ended, when not well; [`Failure::No`] when a promise is broken.
pub fn run(args: &Args) -> Result<(), Failure> {
    let cast = match &args.file {
        Some(file) => Cast::lobster(file, args.orders, args.rate)?,
        None => Cast::generated(args.clients, args.orders, args.rate, args.seed)?,
    };
    let folder = tempfile::tempdir().map_err(|error| environment("a temporary folder", &error))?;
    let called_off = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&called_off))
            .map_err(|error| environment("signals", &error))?;
    }
    let screen = Screen::new(cast.commands() as u64);
    let director = Director { cast, screen, folder: folder.path(), called_off };
    if director.direct()? { Ok(()) } else { Err(Failure::No) }
}

struct Director<'f> {
    cast: Cast,
    screen: Screen,
    folder: &'f Path,
    called_off: Arc<AtomicBool>,
}

/// When the server was killed and when it served again, nanoseconds after the bell.
#[derive(Clone, Copy)]
struct Outage {
    from_ns: u64,
    until_ns: u64,
}

impl Director<'_> {
    fn direct(&self) -> Result<bool, Failure> {
        let (screen, cast) = (&self.screen, &self.cast);
        screen.stage("A server, a new store, and who may come");
        cast.write_sessions(self.folder)?;
        let server = Process::start(self.folder, SocketAddr::from(([127, 0, 0, 1], 0)), 1)?;
        self.repeat(&server);
        self.open(server.address).map_err(|error| session_failed(&error))?;
        screen.stage(&format!(
            "{} clients send {} orders, cancels and replaces over TCP",
            cast.parts.len(),
            cast.commands()
        ));
        let (told, outage, server) = self.play(server)?;
        screen.stage("What was promised, and what was found");
        screen.promises_head();
        let kept = self.check(&told, server)?;
        self.show_latencies(&told, outage);
        Ok(kept)
    }

    /// What a server said at its start.
    fn repeat(&self, server: &Process) {
        server.said.iter().for_each(|line| self.screen.say(&format!("  {line}")));
    }

    /// The operator sets the stage.
    fn open(&self, address: SocketAddr) -> Result<(), ClientError> {
        let mut client = Client::new(address, self.cast.operator.clone())?;
        for command in &self.cast.opening {
            client.send(command)?;
        }
        let mut refused = Vec::new();
        client.settle(|delivery| match delivery {
            Delivery::Event(arrived) if matches!(arrived.event, Event::Rejected(_)) => {
                refused.push(format!("{:?}", arrived.event));
            }
            Delivery::Refused(refusal) => refused.push(format!("{refusal:?}")),
            _ => {}
        })?;
        assert!(refused.is_empty(), "the opening of a new store is never refused: {refused:?}");
        client.close(|_| {})
    }

    fn play(&self, server: Process) -> Result<(Vec<Told>, Outage, Process), Failure> {
        let stage = Stage::new();
        let (address, traders) = (server.address, self.cast.parts.len());
        std::thread::scope(|scope| {
            let actors: Vec<_> = self
                .cast
                .parts
                .iter()
                .map(|part| scope.spawn(|| trader::play(part, address, traders, &stage)))
                .collect();
            let directed = self.watch(server, &stage);
            stage.off.fetch_or(directed.is_err(), Ordering::Relaxed);
            let played: Vec<_> = actors.into_iter().map(|actor| actor.join()).collect();
            let (outage, server) = directed?;
            let mut told = Vec::new();
            for (played, part) in played.into_iter().zip(&self.cast.parts) {
                let played = played.map_err(|_| {
                    Failure::Environment(format!("{}: its thread panicked", checks::name(part)))
                })?;
                told.push(played.map_err(|error| session_failed(&error))?);
            }
            Ok((told, outage, server))
        })
    }

    /// Keeps the screen alive, and kills the server half way.
    fn watch(&self, server: Process, stage: &Stage) -> Result<(Outage, Process), Failure> {
        let half = self.cast.commands() as u64 / 2;
        self.wait_until(stage, || stage.answered.load(Ordering::Relaxed) >= half)?;
        let address = server.address;
        let from_ns = stage.now_ns();
        server.kill()?;
        let answered = stage.answered.load(Ordering::Relaxed);
        self.screen.stage(&format!("kill -9 after {answered} answers; the clients go on sending"));
        let server = Process::start(self.folder, address, 2)?;
        let until_ns = stage.now_ns();
        self.repeat(&server);
        let away_ms = (until_ns - from_ns) / 1_000_000;
        self.screen.stage(&format!("It serves again {away_ms} ms after the kill"));
        let traders = self.cast.parts.len();
        self.wait_until(stage, || stage.finished.load(Ordering::Acquire) >= traders)?;
        self.screen.end_live();
        Ok((Outage { from_ns, until_ns }, server))
    }

    fn wait_until(&self, stage: &Stage, done: impl Fn() -> bool) -> Result<(), Failure> {
        while !done() && !stage.off.load(Ordering::Relaxed) {
            if self.called_off.load(Ordering::Relaxed) {
                return Err(Failure::Environment("called off".to_owned()));
            }
            self.screen.live(stage);
            std::thread::sleep(FRAME);
        }
        Ok(())
    }

    /// Shows each promise as soon as it is checked; gives whether all were kept.
    fn check(&self, told: &[Told], server: Process) -> Result<bool, Failure> {
        let (cast, address) = (&self.cast, server.address);
        let mut kept = true;
        let mut show = |check: Check| {
            self.screen.promise(&check);
            kept &= check.kept;
        };
        checks::of_clients(cast, told).into_iter().for_each(&mut show);
        let fetched = checks::of_retransmission(cast, told, address);
        show(fetched.map_err(|error| session_failed(&error))?);
        show(checks::of_money(cast, address).map_err(|error| session_failed(&error))?);
        show(checks::of_stop(server)?);
        checks::of_journal(cast, &self.folder.join("store"))?.into_iter().for_each(&mut show);
        Ok(kept)
    }

    /// Two rows: orders whose whole life lay outside the outage, and those that met it.
    fn show_latencies(&self, told: &[Told], outage: Outage) {
        let mut histograms = [(); 2].map(|()| {
            let mut histogram = Histogram::<u64>::new_with_bounds(1, 600_000_000_000, 3)
                .unwrap_or_else(|_| unreachable!("these bounds are valid"));
            histogram.auto(true);
            histogram
        });
        for sample in told.iter().flat_map(|told| &told.samples) {
            let met = sample.meant_ns < outage.until_ns && sample.answered_ns > outage.from_ns;
            let latency_ns = sample.answered_ns.saturating_sub(sample.meant_ns);
            // It resizes itself, so that every value has its place.
            let _ = histograms[usize::from(met)].record(latency_ns);
        }
        self.screen.latencies_head();
        self.screen.latencies("while the server was there", &histograms[0]);
        self.screen.latencies("across the kill", &histograms[1]);
        let back = told.iter().flat_map(|told| &told.back_ns).min();
        if let Some(back_ns) = back {
            let after_ms = back_ns.saturating_sub(outage.from_ns) / 1_000_000;
            self.screen.say(&format!("  the first client was back {after_ms} ms after the kill"));
        }
    }
}

/// A session that can't go on has broken a promise; a server that is not there is the
/// environment's fault.
fn session_failed(error: &ClientError) -> Failure {
    match error {
        ClientError::Session(_) => {
            eprintln!("BROKEN: {error}");
            Failure::No
        }
        _ => Failure::Environment(error.to_string()),
    }
}
