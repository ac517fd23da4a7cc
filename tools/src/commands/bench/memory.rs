//! `ringpit bench memory`: what a unit of state costs.

use super::plumbing::{Answer, Place, stop};
use crate::failure::Failure;
use crate::members::Member;
use ringpit_bench::memory;
use ringpit_core::Role;
use std::time::Duration;

/// After the server's start: what it does once is done then.
const SETTLE: Duration = Duration::from_secs(1);

const EXAMPLE: &str = "\
Example:
  ringpit bench memory --count 1000000";

/// Memory of a server after its start, and bytes a unit of state.
///
/// Anonymous resident memory (RssAnon): files and the mapped tail do not count. An engine in this
/// process is filled with so many accounts, balances, orders, reservations.
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// How many of each unit.
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
    count: u32,
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
    let (_folder, server) = args.place.serve(&[operator], &args.answer)?;
    std::thread::sleep(SETTLE);
    let count = u64::from(args.count);
    args.answer.measure(|progress| memory::run(count, server.pid(), progress))?;
    stop(server)
}
