//! A flash sale over TCP, durable: the same crowd before Ringpit, Redis and PostgreSQL, in turns.
//!
//! Each sells with the means it has for it: one command, one Lua script, one statement. After each
//! turn the shop's own records are held against what had to come of it; a wrong outcome ends the
//! measurement. Ringpit alone knows repeated requests, and forgets nothing of a refusal.

pub mod crowd;
mod ours;
mod postgres;
mod redis;

pub use ours::Ringpit;
pub use postgres::Postgres;
pub use redis::Redis;

use crate::error::BenchError;
use crate::floors::Disk;
use crate::idle::thread_times;
use crate::interleave::{Contender, Measured, Rounds, Sample, Turn, interleave};
use crate::machine::Machine;
use crate::pool::Loaded;
use crate::report::Report;
use crate::spread::Latencies;
use crate::unit::Unit;
use crowd::{Crowd, Extent, Outcome, Scene};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

/// Durable writes a round, for the disk's own figure.
const WRITES: usize = 300;

/// How load is put on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Style {
    /// Connections.
    pub connections: usize,
    /// Requests in flight on each.
    pub window: usize,
}

/// Redis as its own benchmark drives it: 50 clients, each with a pipeline of 64.
pub const REDIS_PIPELINED: Style = Style { connections: 50, window: 64 };
/// Redis with clients that wait for each answer.
pub const REDIS_ONE_BY_ONE: Style = Style { connections: 50, window: 1 };
/// PostgreSQL: enough connections that commits share a flush.
pub const POSTGRES: Style = Style { connections: 32, window: 1 };

/// Somebody who sells.
pub trait Shop {
    /// Forgets the last sale and opens one for this crowd; not measured.
    ///
    /// # Errors
    /// When it can't.
    fn open(&mut self, crowd: &Crowd) -> Result<(), BenchError>;

    /// Lets the crowd in, and notes for each ask whether it was a purchase.
    ///
    /// # Errors
    /// When an answer is neither yes nor no, or none comes.
    fn sell(
        &mut self,
        crowd: &Crowd,
        style: Style,
        bought: &mut [bool],
    ) -> Result<Loaded, BenchError>;

    /// What its own records say afterwards; not measured.
    ///
    /// # Errors
    /// When they can't be read.
    fn outcome(&mut self, crowd: &Crowd, bought: Vec<bool>) -> Result<Outcome, BenchError>;

    /// The server's process, where it is one.
    fn pid(&self) -> Option<u32>;
}

/// What is measured.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// What the crowd is after; each is measured.
    pub scenes: Vec<Scene>,
    /// How large it is.
    pub extent: Extent,
    /// Peers that flush for one request, or few, get a crowd and a stock smaller by this divisor:
    /// else a round takes minutes.
    pub slow_part: u32,
    /// Requests in flight on each of Ringpit's connections.
    pub window: usize,
    /// How often.
    pub rounds: Rounds,
}

/// Who sells besides Ringpit; or why not.
#[derive(Debug)]
pub struct Peers {
    /// Redis.
    pub redis: Result<Redis, String>,
    /// PostgreSQL.
    pub postgres: Result<Postgres, String>,
}

impl Peers {
    /// Starts those that are installed, with their files in this directory.
    #[must_use]
    pub fn start(directory: &Path) -> Self {
        Self { redis: Redis::start(directory), postgres: Postgres::start(directory) }
    }

    /// None of them.
    #[must_use]
    pub fn none() -> Self {
        let unwanted = || "not asked for".to_owned();
        Self { redis: Err(unwanted()), postgres: Err(unwanted()) }
    }
}

/// A scene's name in the figures.
const fn word(scene: Scene) -> &'static str {
    match scene {
        Scene::Many => "many",
        Scene::Hot => "hot",
        Scene::Plenty => "plenty",
    }
}

/// Measures. The server's store, the peers' files and the disk's own file are in `directory`.
///
/// # Errors
/// When somebody can't sell, or sells wrong.
pub fn run(
    plan: &Plan,
    shop: Ringpit,
    peers: Peers,
    directory: &Path,
    cpu: Option<usize>,
    progress: &mut dyn FnMut(Turn<'_>),
) -> Result<Report, BenchError> {
    let mut report = Report::new("sale", Machine::here(directory));
    let style = Style { connections: shop.connections(), window: plan.window };
    say_what(&mut report, plan, style, &peers);
    let crowds: Vec<[Crowd; 2]> = plan.scenes.iter().map(|scene| crowds(*scene, plan)).collect();
    let shops = Shops {
        used_ns: RefCell::default(),
        ours: RefCell::new(shop),
        redis: peers.redis.ok().map(RefCell::new),
        postgres: peers.postgres.ok().map(RefCell::new),
    };
    let mut disk = Disk::new(directory, cpu)?;
    let (mut contenders, mut sizes) = (Vec::new(), Vec::new());
    for crowds in &crowds {
        let scene = shops.contenders(crowds, style);
        sizes.push(scene.len());
        contenders.extend(scene);
    }
    contenders.push(Contender::new("disk alone, p50", Unit::Microseconds, || disk.round(WRITES)));
    let measured = interleave(contenders, plan.rounds, progress)?;
    let mut rest = measured.as_slice();
    let mut first_scene: Option<&Measured> = None;
    for size in sizes {
        let (scene, others) = rest.split_at(size);
        rest = others;
        // One hot product beside many.
        let beside: Vec<&Measured> = scene[1..].iter().chain(first_scene).collect();
        rows(&mut report, scene, &beside);
        let used: Vec<Measured> = scene.iter().filter_map(|one| shops.used(one)).collect();
        rows(&mut report, &used, &used.iter().skip(1).take(1).collect::<Vec<_>>());
        first_scene.get_or_insert(&scene[0]);
    }
    rows(&mut report, rest, &[]);
    measured.iter().for_each(|one| report.latencies(one.name.as_str(), &one.latencies));
    Ok(report)
}

/// Ourselves beside these, then the peers.
fn rows(report: &mut Report, measured: &[Measured], beside: &[&Measured]) {
    for (place, one) in measured.iter().enumerate() {
        report.row(one, if place == 0 { beside } else { &[] });
    }
}

/// All that sell.
struct Shops {
    /// Nanoseconds of processor time that the server took for a request, by contender and round.
    used_ns: RefCell<BTreeMap<String, Vec<f64>>>,
    ours: RefCell<Ringpit>,
    redis: Option<RefCell<Redis>>,
    postgres: Option<RefCell<Postgres>>,
}

impl Shops {
    /// A sale from opening to the books.
    fn turn(
        &self,
        name: &str,
        shop: &RefCell<impl Shop>,
        crowd: &Crowd,
        style: Style,
    ) -> Result<Sample, BenchError> {
        let mut shop = shop.borrow_mut();
        shop.open(crowd)?;
        let mut bought = vec![false; crowd.asks.len()];
        let before_ns = shop.pid().map(processor_ns).transpose()?;
        let loaded = shop.sell(crowd, style, &mut bought)?;
        if let Some(before_ns) = before_ns {
            let used_ns = shop.pid().map_or(Ok(0), processor_ns)?.saturating_sub(before_ns);
            let each_ns = used_ns as f64 / crowd.asks.len() as f64;
            self.used_ns.borrow_mut().entry(name.to_owned()).or_default().push(each_ns);
        }
        let outcome = shop.outcome(crowd, bought)?;
        crowd.check(&outcome)?;
        Ok(Sample { value: loaded.per_second, latencies: Some(loaded.latencies) })
    }

    /// The processor time of a contender's server, as a figure of its counted rounds.
    fn used(&self, of: &Measured) -> Option<Measured> {
        let used = self.used_ns.borrow();
        let all = used.get(&of.name)?;
        Some(Measured {
            name: format!("{}, processor a request", of.name),
            unit: Unit::Nanoseconds,
            rounds: all[all.len() - of.rounds.len()..].to_vec(),
            latencies: Latencies::default(),
        })
    }

    /// Those that sell to a crowd, ourselves first; slow ones sell to the part.
    fn contenders<'a>(&'a self, [crowd, part]: &'a [Crowd; 2], style: Style) -> Vec<Contender<'a>> {
        let mut contenders = vec![self.contender("Ringpit", &self.ours, crowd, style)];
        if let Some(redis) = &self.redis {
            let whole = self.contender("Redis, pipelined", redis, crowd, REDIS_PIPELINED);
            contenders.push(whole);
            contenders.push(self.contender("Redis, one by one", redis, part, REDIS_ONE_BY_ONE));
        }
        if let Some(postgres) = &self.postgres {
            contenders.push(self.contender("PostgreSQL", postgres, part, POSTGRES));
        }
        contenders
    }

    fn contender<'a>(
        &'a self,
        who: &str,
        shop: &'a RefCell<impl Shop>,
        crowd: &'a Crowd,
        style: Style,
    ) -> Contender<'a> {
        let name = format!("{who}, {}", word(crowd.scene));
        let turn = {
            let name = name.clone();
            move || self.turn(&name, shop, crowd, style)
        };
        Contender::new(name, Unit::PerSecond, turn)
    }
}

/// Nanoseconds that a process has had processors for.
fn processor_ns(pid: u32) -> Result<u64, BenchError> {
    thread_times(pid).map(|threads| threads.values().sum())
}

/// The crowd of a scene, and a part of it for slow peers.
fn crowds(scene: Scene, plan: &Plan) -> [Crowd; 2] {
    [plan.extent, plan.extent.part(plan.slow_part)].map(|extent| Crowd::new(scene, extent))
}

fn say_what(report: &mut Report, plan: &Plan, style: Style, peers: &Peers) {
    let Extent { products, units, buyers, asks } = plan.extent;
    report.count("products", u64::from(products));
    report.count("units of each", u64::from(units));
    report.count("buyers", u64::from(buyers));
    report.count("requests of each", u64::from(asks));
    report.count("connections", style.connections as u64);
    report.count("in flight on each", style.window as u64);
    report.note(
        "Requests answered a second, durable, over loopback; who asks for what is the same for all. \
         many: far more buyers than units; hot: one product has all the units; plenty: everybody \
         gets what they ask for.",
    );
    report.note(
        "Checked after each turn in each shop's own records: nothing oversold, nobody has two of a \
         product, as many units sold as demand and stock allow, an order for each.",
    );
    let Style { connections, window } = REDIS_PIPELINED;
    report.note(format!(
        "Redis: one Lua script, AOF flushed before each answer, {connections} connections, \
         {window} requests in flight on each, or 1. PostgreSQL: one prepared statement, {} \
         connections.",
        POSTGRES.connections
    ));
    report.note(format!(
        "Redis one by one and PostgreSQL get 1 buyer in {part} and 1 unit in {part}.",
        part = plan.slow_part
    ));
    let absent =
        [("Redis", peers.redis.as_ref().err()), ("PostgreSQL", peers.postgres.as_ref().err())];
    for (name, why) in absent {
        if let Some(why) = why {
            report.note(format!("{name} was left out: {why}."));
        }
    }
}
