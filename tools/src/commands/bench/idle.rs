//! `ringpit bench idle`: what a server costs while nobody talks to it.

use super::plumbing::{Answer, Place, failed, stop};
use crate::failure::Failure;
use crate::members::Member;
use ringpit_bench::idle;
use ringpit_core::Role;
use std::time::Duration;

/// What a server costs while nobody talks to it.
///
/// Starts a server of its own, connects sessions that only keep alive, and measures the processor
/// time of the server's threads.
#[derive(clap::Args)]
pub struct Args {
    /// How many sessions.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    sessions: u16,
    /// How long.
    #[arg(long, value_name = "S", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=3_600))]
    seconds: u16,
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
    let sessions = u64::from(args.sessions);
    idle::allow(usize::from(args.sessions)).map_err(failed)?;
    let members = (1..=sessions).map(|id| Member::new(id, Role::Trader, Some(id..=id)));
    let members: Vec<Member> = members.collect::<Result<_, _>>()?;
    let (folder, server) = args.place.serve(&members, &args.answer)?;
    let logins = members.into_iter().map(|member| member.login).collect();
    let duration = Duration::from_secs(u64::from(args.seconds));
    args.answer
        .measure(|_| idle::run(server.address, logins, server.pid(), duration, folder.path()))?;
    stop(server)
}
