//! `ringpit bench quick`: two figures to look at first.

use super::plumbing::{Answer, Place, RoundCount, failed, inputs, stop};
use crate::failure::Failure;
use crate::members::Member;
use ringpit_bench::quick::{self, Extent};
use ringpit_bench::round_trip::RoundTrip;
use ringpit_core::Role;
use ringpit_sequencer::{Pin, Wait, place};

/// How long a step takes in process, and an order to its durable answer over TCP.
///
/// Starts a server of its own on a store in a temporary folder, and measures beside it what the
/// disk and the loopback network take alone.
#[derive(clap::Args)]
pub struct Args {
    /// LOBSTER message file for the engine's steps; a generated flow when not given.
    file: Option<String>,
    #[command(flatten)]
    rounds: RoundCount,
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
    let inputs = inputs(args.file.as_deref())?;
    let operator = Member::new(1, Role::Operator, None)?;
    let trader = Member::new(2, Role::Trader, Some(1..=1))?;
    let logins = (operator.login.clone(), trader.login.clone());
    let (folder, server) = args.place.serve(&[operator, trader], &args.answer)?;
    let mut trip = RoundTrip::new(server.address, logins.0, logins.1).map_err(failed)?;
    let extent = Extent { rounds: args.rounds.get(), ..Extent::default() };
    let cpu = place(Pin::Auto, Wait::default(), Some(folder.path())).flusher;
    args.answer
        .measure(|progress| quick::run(extent, &inputs, folder.path(), cpu, &mut trip, progress))?;
    drop(trip);
    stop(server)
}
