//! `ringpit run`: a scenario file straight through the engine.

use crate::failure::Failure;
use crate::input::Lines;
use crate::journal::Journal;
use crate::steps::Steps;
use ringpit_vocab::Scenario;
use std::path::PathBuf;

const EXAMPLE: &str = r#"Example, a file book.jsonl:
  # Two accounts, one book, one trade.
  {"do":"create_asset","asset":1,"code":"ABC","decimals":0}
  {"do":"create_asset","asset":2,"code":"USD","decimals":2}
  {"do":"create_instrument","instrument":1,"code":"ABC","base":1,"quote":2,"lot_size":1,"tick_value":1,"risk":"off"}
  {"do":"open_account","account":1}
  {"do":"open_account","account":2}
  {"do":"new_order","account":1,"instrument":1,"cl_ord_id":1,"side":"sell","ord_type":"limit","qty":5,"price":100}
  {"at":1000,"do":"new_order","account":2,"instrument":1,"cl_ord_id":1,"side":"buy","ord_type":"limit","qty":3,"price":101}
  {"do":"query_depth","instrument":1}

  ringpit run book.jsonl --digest
  ringpit run book.jsonl --data /tmp/store && ringpit replay /tmp/store --digest

Time is what the lines say (`at`, UNIX nanoseconds); deadlines that are due by then fire first."#;

/// Run a scenario file straight through the engine and print its events.
///
/// JSON lines in, JSON lines out; no network, nothing random: the same file prints the same bytes
/// everywhere. A line that can't be read stops the run with exit code 2 and is named on standard
/// error as FILE:LINE: field: reason; what came before it stays printed.
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Scenario file, `-` for standard input.
    file: String,
    /// Journal what is applied into this directory, which must be new or empty; `replay`, `verify`
    /// and `inspect` work on it. What is printed is the same.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// End with one line: seq=N state=HEX events=HEX.
    #[arg(long)]
    digest: bool,
}

/// Runs a scenario file.
///
/// # Errors
/// How it ended, when not well; the events of earlier lines are written out.
pub fn run(args: &Args) -> Result<(), Failure> {
    let mut lines = Lines::open(&args.file)?;
    let journal = args.data.as_deref().map(Journal::create).transpose()?;
    let mut steps = Steps::journaled(journal);
    let ended = take_all(&mut lines, &mut steps);
    if ended.is_ok() && args.digest {
        steps.write_digest();
    }
    let written = steps.output.write_out();
    steps.close()?;
    ended.and(written)
}

fn take_all(lines: &mut Lines, steps: &mut Steps) -> Result<(), Failure> {
    let mut scenario = Scenario::new();
    loop {
        if lines.may_wait() {
            steps.output.write_out()?;
        }
        let Some(line) = lines.next_line()? else {
            return Ok(());
        };
        match scenario.read(line) {
            Ok(Some(line)) => steps.take(&line)?,
            Ok(None) => {}
            Err(error) => return Err(lines.fault(&error.to_string())),
        }
    }
}
