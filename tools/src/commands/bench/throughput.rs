//! `ringpit bench throughput`: durable answers a second with many orders in flight.

use super::plumbing::{Answer, FLOORS, PEER, Place, RoundCount, stop};
use crate::failure::Failure;
use crate::members::Member;
use ringpit_bench::load::{LANES_MAX, Pace};
use ringpit_bench::peer::Peer;
use ringpit_bench::throughput::{self, Extent, Target};
use ringpit_core::Role;
use ringpit_sequencer::{Pin, Wait, place};

const EXAMPLES: &str = "\
Examples:
  ringpit bench throughput
  ringpit bench throughput --connections 8 --in-flight 64 --json
  ringpit bench throughput --rate 200000
  ringpit bench throughput --peer-cmd ./measure-other.sh";

/// How many durable answers a second, and how late, with many orders in flight.
///
/// Starts a server of its own on a store in a temporary folder, and sends the generated order flow
/// over several connections, each with a book of its own. Beside it the same load on a thread that
/// only answers (what the client and the kernel's TCP take), the disk alone, and another engine.
/// Every message must be answered, in order, by as many events as the engine gives in process, and
/// at the end the books must be what the engine says.
#[derive(clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{PEER}"))]
pub struct Args {
    #[command(flatten)]
    rounds: RoundCount,
    /// Messages a round, over all connections.
    #[arg(long, value_name = "N", default_value_t = 400_000, value_parser = clap::value_parser!(u32).range(100..=20_000_000))]
    messages: u32,
    /// Connections.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=LANES_MAX as i64))]
    connections: u16,
    /// Messages in flight a connection.
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    in_flight: u32,
    /// Messages a second over all connections, each at its intended time, from which its latency
    /// counts; without it as many as the windows allow.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    rate: Option<u32>,
    /// The client never sleeps: where it has a processor of its own.
    #[arg(long)]
    spin: bool,
    /// Another engine's measurement.
    #[arg(long, value_name = "COMMAND")]
    peer_cmd: Option<String>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    answer: Answer,
}

/// Measures and prints.
///
/// # Errors
/// How it ended, when not well.
pub fn run(args: &Args) -> Result<(), Failure> {
    let operator = Member::new(1, Role::Operator, None)?;
    let trader =
        |number: u64| Member::new(1 + number, Role::Trader, Some(2 * number - 1..=2 * number));
    let traders = (1..=u64::from(args.connections)).map(trader);
    let traders = traders.collect::<Result<Vec<Member>, _>>()?;
    let members = std::iter::once(&operator).chain(&traders);
    let (folder, server) = args.place.serve(members, &args.answer)?;
    let target = Target {
        address: server.address,
        pid: server.pid(),
        operator: operator.login.clone(),
        traders: traders.iter().map(|member| member.login.clone()).collect(),
    };
    let extent = Extent {
        rounds: args.rounds.get(),
        messages: args.messages as usize,
        in_flight: args.in_flight as usize,
        writes: FLOORS,
        pace: Pace { spin: args.spin, per_second: args.rate.map(f64::from) },
    };
    let cpu = place(Pin::Auto, Wait::default(), Some(folder.path())).flusher;
    let peer = args.peer_cmd.clone().map(Peer::new);
    let disk = (folder.path(), cpu);
    args.answer.measure(|progress| throughput::run(extent, &target, disk, peer, progress))?;
    stop(server)
}
