//! `ringpit bench sale`: a flash sale, beside Redis and PostgreSQL.

use super::plumbing::{Answer, Place, stop};
use crate::failure::Failure;
use crate::members::Member;
use crate::process::Process;
use clap::ValueEnum;
use ringpit_bench::interleave::Rounds;
use ringpit_bench::ours::Ours;
use ringpit_bench::sale::crowd::{Extent, Scene};
use ringpit_bench::sale::{Peers, Plan, Ringpit, run as measure};
use ringpit_core::Role;
use ringpit_sequencer::{Pin, Wait, place};
use std::ops::RangeInclusive;

/// Requests in flight over all connections: the rest of the server's ring is kept for cancels.
const IN_FLIGHT_MAX: u32 = 3_600;

const EXAMPLES: &str = "\
Examples:
  ringpit bench sale
  ringpit bench sale --buyers 20000 --rounds 3 --scene many
  ringpit bench sale --no-peers --connections 1 --window 1

Redis is found in the search path (redis-server), PostgreSQL there or in
/usr/lib/postgresql/VERSION/bin. Both are started on loopback, with their files beside our store,
and removed afterwards; one that is not installed is left out.";

/// A flash sale over TCP, durable: far more buyers than units, beside Redis and PostgreSQL.
///
/// The same crowd goes to each shop in turns: Ringpit's `reserve`, one Lua script in Redis with its
/// log flushed before each answer, one statement in PostgreSQL. After each turn the shop's own
/// records are checked: nothing oversold, nobody has two of a product, everything sold that had to
/// be.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// How many products.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    products: u32,
    /// Units of each product.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    units: u32,
    /// How many buyers.
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    buyers: u32,
    /// How often each buyer asks for a unit.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=10))]
    asks: u32,
    /// What the crowd is after; each is measured.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [SceneArg::Many, SceneArg::Hot, SceneArg::Plenty])]
    scene: Vec<SceneArg>,
    /// Connections to our server, a session each.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=256))]
    connections: u32,
    /// Requests in flight on each.
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    window: u32,
    /// One buyer and one unit in so many for the peers that wait for each answer.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    slow_part: u32,
    /// Rounds that count; each measures everything once, after one that does not count.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    rounds: u16,
    /// Measure ourselves only.
    #[arg(long)]
    no_peers: bool,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    answer: Answer,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SceneArg {
    /// Many products, far more buyers than units.
    Many,
    /// One product with all the units.
    Hot,
    /// A unit for everybody who asks.
    Plenty,
}

impl From<SceneArg> for Scene {
    fn from(scene: SceneArg) -> Self {
        match scene {
            SceneArg::Many => Self::Many,
            SceneArg::Hot => Self::Hot,
            SceneArg::Plenty => Self::Plenty,
        }
    }
}

/// Measures and prints.
///
/// # Errors
/// How it ended, when not well.
pub fn run(args: &Args) -> Result<(), Failure> {
    let Args { products, units, buyers, asks, connections, window, .. } = *args;
    if connections * window > IN_FLIGHT_MAX {
        let what = "connections × window";
        return Err(Failure::Input(format!("{what} must be at most {IN_FLIGHT_MAX}")));
    }
    let plan = Plan {
        scenes: args.scene.iter().copied().map(Scene::from).collect(),
        extent: Extent { products, units, buyers, asks },
        slow_part: args.slow_part,
        window: window as usize,
        rounds: Rounds::of(usize::from(args.rounds)),
    };
    let members = members(connections, Role::Shopper, 1..=u64::from(buyers))?;
    let (folder, server) = args.place.serve(&members, &args.answer)?;
    let cpu = place(Pin::Auto, Wait::default(), Some(folder.path())).flusher;
    args.answer.measure(|progress| {
        let shop = Ringpit::new(ours(&server, &members))?;
        let peers = if args.no_peers { Peers::none() } else { Peers::start(&args.place.dir) };
        measure(&plan, shop, peers, folder.path(), cpu, progress)
    })?;
    stop(server)
}

/// An operator, and so many who may each act for all of these accounts.
///
/// # Errors
/// [`Failure`] when the system gives no random secrets.
pub fn members(
    count: u32,
    role: Role,
    accounts: RangeInclusive<u64>,
) -> Result<Vec<Member>, Failure> {
    let others = (2..=u64::from(count) + 1).map(|id| Member::new(id, role, Some(accounts.clone())));
    std::iter::once(Member::new(1, Role::Operator, None)).chain(others).collect()
}

/// The server as its operator and these others see it.
pub fn ours(server: &Process, members: &[Member]) -> Ours {
    let mut logins = members.iter().map(|member| member.login.clone());
    let Some(operator) = logins.next() else { unreachable!("the operator comes first") };
    Ours { address: server.address, pid: server.pid(), operator, members: logins.collect() }
}
