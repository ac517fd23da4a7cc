//! `ringpit demo`: the tour. A server, three markets, a crowd over sockets, a hard kill in the
//! middle, and a table of what was promised and what was found.

mod actor;
mod cast;
mod checks;
mod crowd;
mod pipeline;
mod record;
mod reference;
mod screen;
mod stage;
mod told;

use crate::failure::Failure;
use crate::process::{Process, environment};
use cast::{Cast, Market};
use checks::{Answers, Check};
use hdrhistogram::Histogram;
use ringpit_client::{Client, ClientError};
use ringpit_core::Role;
use screen::Screen;
use signal_hook::consts::{SIGINT, SIGTERM};
use stage::Stage;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use told::Told;

/// How often the screen is looked after.
const FRAME: Duration = Duration::from_millis(50);

/// When nothing at all happens for so long, what is still waited for will not come.
const STALLED: Duration = Duration::from_secs(20);

const EXAMPLE: &str = "\
Examples:
  ringpit demo
  ringpit demo --shoppers 2000 --orders 5000      in a few seconds
  ringpit demo --file AAPL_2012-06-21_34200000_57600000_message_5.csv

--shoppers sets the size of the crowd: a product for each 100 of them, in 50 pieces; a bidder for
each 200, at most 500. --orders and --rate set how long it all lasts.

Latencies run from the moment a request was meant to be sent, whether or not the server was there,
to the moment its durable answer was read. Exit code 1 when a promise is broken.";

/// See it work: three markets at once over sockets, the server killed in the middle, nothing lost.
///
/// Makes a store in a temporary folder, starts a server, and opens an order book, an English
/// auction and a flash sale. Traders, bidders and shoppers fight for them over a few sessions, as
/// the servers of a broker, an auction house and a shop would. Kills the server hard (-9) half way,
/// starts it again on the same store, lets the auction, the sale and the book's closing call come
/// to their ends, and closes with a table of what was promised and what was found. Takes less than
/// a minute.
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Play a LOBSTER message file in the book instead of generated orders.
    #[arg(long, value_name = "FILE")]
    file: Option<String>,
    /// How many orders, cancels and replaces at most.
    #[arg(long, value_name = "N", default_value_t = 16_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    orders: u64,
    /// How many of them a second.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    rate: u64,
    /// How many clients trade in a generated session.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u64).range(2..=64))]
    clients: u64,
    /// How many shoppers come to the flash sale.
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(100..=1_000_000))]
    shoppers: u64,
    /// The seed of all that is generated; the same seed sends the same requests.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Plays the demo.
///
/// # Errors
/// How it ended, when not well; [`Failure::No`] when a promise is broken.
pub fn run(args: &Args) -> Result<(), Failure> {
    let Args { orders, rate, clients, shoppers, seed, .. } = *args;
    let cast = match &args.file {
        Some(file) => Cast::lobster(file, (orders, rate), shoppers, seed)?,
        None => Cast::generated((clients, orders, rate), shoppers, seed)?,
    };
    let folder = tempfile::tempdir().map_err(|error| environment("a temporary folder", &error))?;
    let called_off = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&called_off))
            .map_err(|error| environment("signals", &error))?;
    }
    let screen = Screen::new(cast.planned());
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
        let crowd = &cast.crowd;
        screen.stage(&format!(
            "A book for {} traders, an auction for {} bidders, a sale of {} products for {} shoppers",
            cast.traders, crowd.bidders, crowd.products, crowd.shoppers
        ));
        let began = Instant::now();
        self.open(server.address).map_err(|error| session_failed(&error))?;
        screen.say(&format!("  opened in {:.1} s", began.elapsed().as_secs_f64()));
        screen.stage(&format!("{} clients play over TCP", cast.parts.len()));
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
        let mut client = Client::new(address, self.cast.operator.login.clone())?;
        let mut refused = pipeline::each(&mut client, self.cast.opening(), |_| {})?;
        // The markets' times count from here: the crowd is let in next.
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_ns = u64::try_from(unix.as_nanos()).unwrap_or(u64::MAX);
        refused.extend(pipeline::each(&mut client, self.cast.crowd.markets(now_ns), |_| {})?);
        assert!(refused.is_empty(), "the opening of a new store is never refused: {refused:?}");
        client.close(|_| {})
    }

    fn play(&self, server: Process) -> Result<(Vec<Told>, Outage, Process), Failure> {
        let (to_pay, queue) = channel();
        let mut queue = Some(queue);
        let stage = Stage::new(to_pay);
        let (address, stage) = (server.address, &stage);
        std::thread::scope(|scope| {
            let mut actors = Vec::new();
            for part in &self.cast.parts {
                let pays = part.member.role == Role::Payments;
                let queue = if pays { queue.take() } else { None };
                actors.push(scope.spawn(move || actor::play(part, address, stage, queue)));
            }
            let directed = self.watch(server, stage);
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
        let half = self.cast.planned() / 2;
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
        let clients = self.cast.parts.len();
        self.wait_until(stage, || stage.is_over(clients))?;
        stage.curtain.store(true, Ordering::Release);
        self.screen.end_live();
        Ok((Outage { from_ns, until_ns }, server))
    }

    fn wait_until(&self, stage: &Stage, done: impl Fn() -> bool) -> Result<(), Failure> {
        let (mut pulse, mut beat) = (stage.pulse(), Instant::now());
        while !done() && !stage.off.load(Ordering::Relaxed) {
            if core::mem::replace(&mut pulse, stage.pulse()) != pulse {
                beat = Instant::now();
            } else if beat.elapsed() > STALLED {
                // What is missing shows in the table.
                return Ok(());
            }
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
        checks::of_clients(told).into_iter().for_each(&mut show);
        let fetched = checks::of_retransmission(cast, told, address);
        show(fetched.map_err(|error| session_failed(&error))?);
        let answers = Answers::ask(cast, address).map_err(|error| session_failed(&error))?;
        answers.checks(cast, told).into_iter().for_each(&mut show);
        show(checks::of_stop(server)?);
        let sent = told.iter().map(|told| told.sent).sum();
        let recorded = record::of_journal(cast, sent, &self.folder.join("store"))?;
        recorded.into_iter().for_each(&mut show);
        Ok(kept)
    }

    /// For each market two rows: requests whose whole life lay outside the outage, and those that
    /// met it.
    fn show_latencies(&self, told: &[Told], outage: Outage) {
        self.screen.latencies_head();
        for market in Market::ALL {
            let mut histograms = [(); 2].map(|()| histogram());
            let playing = self.cast.parts.iter().zip(told);
            let there = playing.filter(|(part, _)| part.market == market);
            for sample in there.flat_map(|(_, told)| &told.samples) {
                let met = sample.meant_ns < outage.until_ns && sample.answered_ns > outage.from_ns;
                let latency_ns = sample.answered_ns.saturating_sub(sample.meant_ns);
                // It resizes itself, so that every value has its place.
                let _ = histograms[usize::from(met)].record(latency_ns);
            }
            self.screen.latencies(market.name(), &histograms[0]);
            self.screen.latencies("  across the kill", &histograms[1]);
        }
        let back = told.iter().flat_map(|told| &told.back_ns).min();
        if let Some(back_ns) = back {
            let after_ms = back_ns.saturating_sub(outage.from_ns) / 1_000_000;
            self.screen.say(&format!("  the first client was back {after_ms} ms after the kill"));
        }
    }
}

fn histogram() -> Histogram<u64> {
    let mut histogram = Histogram::new_with_bounds(1, 600_000_000_000, 3)
        .unwrap_or_else(|_| unreachable!("these bounds are valid"));
    histogram.auto(true);
    histogram
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
