//! `ringpit bench book`: order flow of one book, in the engine and in other books.

use super::plumbing::{Answer, RoundCount, inputs};
use crate::failure::Failure;
use ringpit_bench::book;

const EXAMPLES: &str = "\
Examples:
  ringpit bench book
  ringpit bench book AAPL_2012-06-21_34200000_57600000_message_5.csv --json
  ringpit bench book --peer-cmd './my-book $RINGPIT_DIR/messages.txt'

A peer's command is run by sh once a round. RINGPIT_DIR/messages.txt holds a message a line:
`A id B|S price qty` an order that rests, `I` the same for one that does not, `C id` a cancel,
`R id leaves` lowers what is left. The last line that it prints is a JSON object with its name and
nanoseconds a message: {\"name\": \"my book\", \"ns\": 25.0}";

/// One book's order flow: nanoseconds a message, here and in other books.
///
/// Peers from crates.io are built in with --features peers. All must trade the same; who does not
/// is named.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// LOBSTER message file; a generated flow when not given.
    file: Option<String>,
    /// Another book to run beside: a shell command, see below.
    #[arg(long, value_name = "CMD")]
    peer_cmd: Option<String>,
    #[command(flatten)]
    rounds: RoundCount,
    #[command(flatten)]
    answer: Answer,
}

/// Measures and prints.
///
/// # Errors
/// How it ended, when not well.
pub fn run(args: &Args) -> Result<(), Failure> {
    let inputs = inputs(args.file.as_deref())?;
    let peer = args.peer_cmd.clone();
    args.answer.measure(|progress| book::run(&inputs, args.rounds.get(), peer, progress))
}
