//! `ringpit bench transfers`: money from account to account.

use super::plumbing::{Answer, PEER, Place, RoundCount, stop};
use super::sale::{members, ours};
use crate::failure::Failure;
use ringpit_bench::interleave::Rounds;
use ringpit_bench::peer::Peer;
use ringpit_bench::transfers::{self, Extent};
use ringpit_core::Role;
use ringpit_sequencer::{Pin, Wait, place};

/// Commands in flight over all connections: the rest of the server's ring is kept for cancels.
const IN_FLIGHT_MAX: u32 = 3_600;

/// Atomic interactions in flight over all connections: they are too long for a slot of the ring
/// and take one of the 256 places beside it.
const ATOMICS_MAX: u32 = 256;

const EXAMPLES: &str = "\
Examples:
  ringpit bench transfers
  ringpit bench transfers --accounts 1000000 --rounds 3
  ringpit bench transfers --peer-cmd ./tigerbeetle.sh

tigerbeetle.sh, with the program in the search path; its benchmark sends batches of 8,189:
  #!/bin/sh
  tigerbeetle benchmark --transfer-count=$RINGPIT_MESSAGES --file=$RINGPIT_DIR/bench.tigerbeetle |
  awk '/load accepted/ { rate = $4 } /batch latency p50/ { p50 = $5 }
  END { printf \"{\\\"name\\\": \\\"TigerBeetle\\\", \\\"per_second\\\": %d, \\\"p50_us\\\": %d}\\n\", rate, p50 * 1000 }'
  rm -f $RINGPIT_DIR/bench.tigerbeetle";

/// Money transfers over TCP, durable: one a command, and 16 in an atomic interaction.
///
/// Starts a server of its own on a store in a temporary folder, and moves random amounts between
/// random accounts over several connections. Beside it the disk alone, and another ledger. At the
/// end every balance is asked for and must be what the transfers had to make of it.
#[derive(clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{PEER}"))]
pub struct Args {
    #[command(flatten)]
    rounds: RoundCount,
    /// How many accounts.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(2..=10_000_000))]
    accounts: u32,
    /// Transfers a round, of each way to send them.
    #[arg(long, value_name = "N", default_value_t = 400_000, value_parser = clap::value_parser!(u32).range(16..=20_000_000))]
    transfers: u32,
    /// Connections, a session each.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
    connections: u32,
    /// Transfers in flight on each, one a command.
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    window: u32,
    /// Atomic interactions in flight on each.
    #[arg(long, value_name = "N", default_value_t = 48, value_parser = clap::value_parser!(u32).range(1..=256))]
    atomic_window: u32,
    /// Another ledger's measurement.
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
    let Args { accounts, transfers, connections, window, atomic_window, .. } = *args;
    let bounds = [("window", window, IN_FLIGHT_MAX), ("atomic-window", atomic_window, ATOMICS_MAX)];
    for (name, each, most) in bounds {
        if connections * each > most {
            let what = format!("connections × {name} must be at most {most}");
            return Err(Failure::Input(what));
        }
    }
    let extent = Extent {
        accounts,
        transfers,
        window: window as usize,
        atomic_window: atomic_window as usize,
        rounds: Rounds::of(args.rounds.get()),
    };
    let members = members(connections, Role::Trader, 1..=u64::from(accounts))?;
    let (folder, server) = args.place.serve(&members, &args.answer)?;
    let cpu = place(Pin::Auto, Wait::default(), Some(folder.path())).flusher;
    let peer = args.peer_cmd.clone().map(Peer::new);
    let (bank, disk) = (ours(&server, &members), (folder.path(), cpu));
    args.answer.measure(|progress| transfers::run(extent, bank, disk, peer, progress))?;
    stop(server)
}
