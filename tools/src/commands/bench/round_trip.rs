//! `ringpit bench roundtrip`: one order in flight, to its durable answer.

use super::plumbing::{Answer, FLOORS, PEER, Place, RoundCount, failed, stop};
use crate::failure::Failure;
use crate::members::Member;
use ringpit_bench::peer::Peer;
use ringpit_bench::round_trip::RoundTrip;
use ringpit_bench::round_trips::{self, Extent};
use ringpit_core::Role;
use ringpit_sequencer::{Pin, Wait, place};

const EXAMPLES: &str = "\
Examples:
  ringpit bench roundtrip
  ringpit bench roundtrip --spin --rounds 15 --json
  ringpit bench roundtrip --peer-cmd ./measure-other.sh";

/// How long one order takes to its durable answer over TCP, one in flight.
///
/// Starts a server of its own on a store in a temporary folder. Orders that rest and their cancels,
/// by turns, from before they are encoded until their answers are decoded; beside them what the
/// disk and the loopback network take alone, and another engine.
#[derive(clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{PEER}"))]
pub struct Args {
    #[command(flatten)]
    rounds: RoundCount,
    /// Messages a round.
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(10..=10_000_000))]
    messages: u32,
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
    let trader = Member::new(2, Role::Trader, Some(1..=1))?;
    let logins = (operator.login.clone(), trader.login.clone());
    let (folder, server) = args.place.serve(&[operator, trader], &args.answer)?;
    let trip = RoundTrip::new(server.address, logins.0, logins.1).map_err(failed)?;
    let (rounds, messages) = (args.rounds.get(), args.messages as usize);
    let extent = Extent { rounds, messages, floors: FLOORS, spin: args.spin };
    let cpu = place(Pin::Auto, Wait::default(), Some(folder.path())).flusher;
    let peer = args.peer_cmd.clone().map(Peer::new);
    let disk = (folder.path(), cpu);
    args.answer.measure(|progress| round_trips::run(extent, trip, disk, peer, progress))?;
    stop(server)
}
