//! One book's order flow through the engine and through other books, message by message, with the
//! same trades demanded of all.
//!
//! Figures are nanoseconds of processor time a message; making the book is not counted, and a round
//! runs the flow several times, so that it is long enough for the clock.

mod bare;
pub mod messages;
#[cfg(feature = "peers")]
mod peers;

use crate::error::BenchError;
use crate::interleave::{Contender, Measured, Rounds, Turn, interleave};
use crate::machine::Machine;
use crate::peer::{Peer, Task};
use crate::report::Report;
use crate::timer::processor_time_of;
use crate::unit::Unit;
use messages::{Fills, Messages};
use ringpit_core::{Command, Emitted, Engine, Event, Input, Sink};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;

/// What the contender is called.
pub const BARE: &str = "ringpit: book and matching, every report";
/// What the contender is called.
pub const ENGINE: &str = "ringpit: whole engine, risk off";

/// The file in a peer's folder that holds the messages.
const MESSAGES_FILE: &str = "messages.txt";

/// What a peer is called until it says its name.
const PEER: &str = "peer";

/// What a peer's figure is called in what it prints: nanoseconds a message.
const PEER_FIGURE: &str = "ns";

/// Messages that a round takes at least: a flow that is shorter is run several times.
const ROUND_MESSAGES: usize = 100_000;

/// One pass of a flow through a fresh book.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Pass {
    /// Nanoseconds of processor time a message.
    pub ns_per_message: f64,
    /// What was traded.
    pub fills: Fills,
}

fn passed(messages: usize, run: impl FnOnce(&mut Fills)) -> Pass {
    let mut fills = Fills::default();
    let (ns, ()) = processor_time_of(|| run(&mut fills));
    Pass { ns_per_message: ns as f64 / messages.max(1) as f64, fills }
}

/// Looks at every event, as somebody who copies it out would, and counts trades.
struct Counting<'a>(&'a mut Fills);

impl Sink for Counting<'_> {
    #[inline]
    fn emit(&mut self, emitted: &Emitted<'_>) {
        if let Event::Trade(trade) = black_box(emitted).event {
            self.0.add(trade.qty);
        }
    }
}

/// One pass of the whole engine: every rule, the ledger, computed values, the digest, all events.
#[must_use]
pub fn engine(flow: &Messages) -> Pass {
    let mut engine = set_up(flow);
    passed(flow.kept.len(), |fills| trade(&mut engine, flow, fills))
}

/// The same without a look at any clock.
#[must_use]
pub fn engine_untimed(flow: &Messages) -> Fills {
    let (mut engine, mut fills) = (set_up(flow), Fills::default());
    trade(&mut engine, flow, &mut fills);
    fills
}

/// One pass of the bare book.
fn bare(flow: &Messages) -> Pass {
    let mut prepared = bare::Prepared::new(flow);
    passed(flow.messages.len(), |fills| prepared.trade(fills))
}

/// The bare book without a look at any clock.
#[must_use]
pub fn bare_untimed(flow: &Messages) -> Fills {
    let mut fills = Fills::default();
    bare::Prepared::new(flow).trade(&mut fills);
    fills
}

fn set_up(flow: &Messages) -> Engine {
    let (mut engine, mut fills) = (Engine::new(), Fills::default());
    for (input, seq) in flow.setup.iter().zip(1..) {
        engine.apply(seq, seq, input, &mut Counting(&mut fills));
    }
    engine
}

fn trade(engine: &mut Engine, flow: &Messages, fills: &mut Fills) {
    let mut input = Input::venue(Command::Tick);
    let mut sink = Counting(fills);
    for (kept, seq) in flow.kept.iter().zip(flow.setup.len() as u64 + 1..) {
        black_box(kept).put(&mut input);
        engine.apply(seq, seq, &input, &mut sink);
    }
}

/// Measures the flow in the engine and in every peer that is there.
///
/// # Errors
/// When the flow is none for one book, or a peer fails.
pub fn run(
    inputs: &[Input],
    rounds: usize,
    peer: Option<String>,
    progress: &mut dyn FnMut(Turn<'_>),
) -> Result<Report, BenchError> {
    let mut report = Report::new("book", Machine::here(Path::new(".")));
    let flow = Messages::of(inputs)?;
    let folder = tempfile::tempdir().map_err(BenchError::of("a temporary folder"))?;
    let mut peer = peer.map(Peer::new);
    if peer.is_some() {
        let path = folder.path().join(MESSAGES_FILE);
        std::fs::write(path, flow.to_text()).map_err(BenchError::of("the peer's messages"))?;
    }
    let passes = ROUND_MESSAGES.div_ceil(flow.messages.len().max(1));
    let traded = RefCell::new(BTreeMap::new());
    let contender = |name: &'static str, pass: fn(&Messages) -> Pass| {
        let (flow, traded) = (&flow, &traded);
        Contender::new(name, Unit::Nanoseconds, move || {
            let mut ns = 0.0;
            for _ in 0..passes {
                let Pass { ns_per_message, fills } = pass(flow);
                ns += ns_per_message;
                traded.borrow_mut().insert(name, fills);
            }
            Ok(ns / passes as f64)
        })
    };
    let mut contenders = vec![contender(BARE, bare), contender(ENGINE, engine)];
    #[cfg(feature = "peers")]
    {
        contenders.push(contender(peers::MATCHCORE, |flow| peers::matchcore(&flow.messages)));
        contenders.push(contender(peers::ORDERBOOK_RS, |flow| peers::orderbook_rs(&flow.messages)));
    }
    let (messages, directory) = (flow.messages.len(), folder.path());
    let task = Task { messages, connections: 1, in_flight: 1, directory };
    contenders.extend(peer.as_mut().map(|peer| {
        Contender::new(PEER, Unit::Nanoseconds, move || peer.round(task, PEER_FIGURE))
    }));
    let mut measured = interleave(contenders, Rounds::of(rounds), progress)?;
    if let Some(peer) = &peer {
        let named = measured.iter_mut().filter(|measured| measured.name == PEER);
        named.for_each(|measured| peer.name().clone_into(&mut measured.name));
    }
    report.count("messages", flow.messages.len() as u64);
    report.count("trades", flow.fills.trades);
    report.count("lots traded", flow.fills.volume);
    report.count("passes a round", passes as u64);
    write(&mut report, &measured, peer.is_some());
    for (name, fills) in traded.into_inner() {
        if fills != flow.fills {
            let Fills { trades, volume } = fills;
            report.note(format!("{name} trades otherwise: {trades} trades of {volume} lots."));
        }
    }
    Ok(report)
}

/// The rows: ours first, each of ours beside every peer.
fn write(report: &mut Report, measured: &[Measured], has_command: bool) {
    let (ours, peers): (Vec<&Measured>, Vec<&Measured>) =
        measured.iter().partition(|measured| measured.name.starts_with("ringpit"));
    for own in ours {
        report.row(own, &peers);
        #[cfg(feature = "peers")]
        if let Some(ratio) = peers::geseq(own, &peers).filter(|_| !has_command)
            && let Some(row) = report.rows.last_mut()
        {
            row.ratios.push(ratio);
        }
    }
    peers.iter().for_each(|peer| report.row(peer, &[]));
    report
        .note("Processor time of the measuring thread, a message; making the book is not counted.");
    if cfg!(feature = "peers") {
        if !has_command {
            report
                .note("geseq (array) is derived: 0.40 times matchcore's time; --peer-cmd runs it.");
        }
    } else {
        report.note("The peers matchcore and orderbook-rs are built in with --features peers.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Flow, setup};

    #[test]
    fn whoever_trades_otherwise_is_named() {
        let commands = setup().into_iter().chain(Flow::new(3).take(4_000));
        let inputs: Vec<Input> = commands.map(Input::venue).collect();
        let flow = Messages::of(&inputs).unwrap();
        assert_eq!(engine(&flow).fills, flow.fills);
        assert_eq!(bare(&flow).fills, flow.fills);
        let report = run(&inputs, 1, None, &mut |_| ()).unwrap();
        let row = report.find(ENGINE).unwrap();
        assert!(row.spread.min > 0.0);
        assert_eq!(row.ratios.len(), if cfg!(feature = "peers") { 3 } else { 0 });
        // A peer may have its own mind about a trade; then it is told.
        #[cfg(feature = "peers")]
        for (name, pass) in [
            (peers::MATCHCORE, peers::matchcore(&flow.messages)),
            (peers::ORDERBOOK_RS, peers::orderbook_rs(&flow.messages)),
        ] {
            let is_told = report.notes.iter().any(|note| note.starts_with(name));
            assert!(pass.fills.trades > 0, "{name} trades");
            assert_eq!(is_told, pass.fills != flow.fills, "{name}: {:?}", report.notes);
        }
    }
}
