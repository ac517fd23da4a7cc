//! `ringpit explain`: the life of one order, bid or reservation, from the journal.
//!
//! It replays the store and keeps what is about the one thing that was asked for. What the engine
//! tells nobody, such as how a draw ranked its entries, it does not tell either.

mod life;
mod subject;
mod text;

use crate::failure::Failure;
use crate::output::Output;
use crate::progress::StoreProgress;
use crate::records::ending;
use std::path::PathBuf;
use subject::Subject;

const EXAMPLE: &str = "\
Examples:
  ringpit explain /var/lib/ringpit --order 17
  ringpit explain /var/lib/ringpit --account 2 --cl-ord-id 5
  ringpit explain /var/lib/ringpit --auction 1 --account 7 --bid 3
  ringpit explain /var/lib/ringpit --reservation 12
  ringpit explain /var/lib/ringpit --account 7 --request 40 --json

An order that was refused has no order_id, a refused reserve no reservation: name them by the
account's own number. Without --bid all bids of the account in the auction are told, a buy-now too.

With --json each line has seq, at (UNIX nanoseconds) and about: `input` (command, and session and
client_seq where a client sent it), `deadline`, `event` (the event as everywhere), `ahead` (the lots
and orders before it at its price) or `reason` (what a reason word means and what to do).

Exit codes: 0 told, 1 there is no such thing in the store, or the store is damaged.";

/// Tell the life of one order, bid or reservation: what was ahead of it, which check failed, what
/// happened to it, and what ended it.
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// The store.
    dir: PathBuf,
    #[command(flatten)]
    which: Which,
    /// JSON lines.
    #[arg(long)]
    json: bool,
}

/// What is asked for.
#[derive(clap::Args)]
struct Which {
    /// The order with this order_id.
    #[arg(long, value_name = "ID", conflicts_with_all = ["cl_ord_id", "auction", "reservation", "request", "account"])]
    order: Option<u64>,
    /// The orders of --account that had this cl_ord_id.
    #[arg(long, value_name = "N", requires = "account", conflicts_with_all = ["auction", "reservation", "request"])]
    cl_ord_id: Option<u64>,
    /// The bids of --account in this auction.
    #[arg(long, value_name = "ID", requires = "account", conflicts_with_all = ["reservation", "request"])]
    auction: Option<u32>,
    /// The one with this bid_id.
    #[arg(long, value_name = "ID", requires = "auction")]
    bid: Option<u64>,
    /// The reservation with this id.
    #[arg(long, value_name = "ID", conflicts_with_all = ["request", "account"])]
    reservation: Option<u64>,
    /// What --account asked for with this request_id: reserve, cart or atomic.
    #[arg(long, value_name = "ID", requires = "account")]
    request: Option<u64>,
    /// Whose.
    #[arg(long, value_name = "ID")]
    account: Option<u64>,
}

/// Tells a life.
///
/// # Errors
/// How it ended, when not well; [`Failure::No`] when there is nothing to tell.
pub fn run(args: &Args) -> Result<(), Failure> {
    let subject = Subject::of(&args.which)?;
    let progress = StoreProgress::new("replaying");
    let gathered = life::gather(&args.dir, subject, &progress);
    progress.clear();
    let (steps, report) = gathered?;
    let mut output = Output::default();
    for step in &steps {
        match args.json {
            true => text::write_json(step, &mut output.buffer),
            false => text::write_text(step, &mut output.buffer),
        }
        output.write_out_if_large()?;
    }
    output.write_out()?;
    ending(&report)?;
    if steps.is_empty() {
        eprintln!("{}: no {}", args.dir.display(), args.which.name());
        return Err(Failure::No);
    }
    Ok(())
}

impl Which {
    /// As people say it.
    fn name(&self) -> String {
        let account = self.account.unwrap_or_default();
        match (self.order, self.cl_ord_id, self.auction, self.bid) {
            (Some(order), ..) => format!("order {order}"),
            (_, Some(id), ..) => format!("order of account {account} with cl_ord_id {id}"),
            (_, _, Some(auction), Some(bid)) => {
                format!("bid {bid} of account {account} in auction {auction}")
            }
            (_, _, Some(auction), None) => format!("bid of account {account} in auction {auction}"),
            _ => match self.reservation {
                Some(id) => format!("reservation {id}"),
                None => {
                    format!("request {} of account {account}", self.request.unwrap_or_default())
                }
            },
        }
    }
}
