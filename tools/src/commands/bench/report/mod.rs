//! `ringpit bench report`: what benches found, as one page to look at.

mod page;
mod plots;

use crate::failure::Failure;
use crate::process::environment;
use ringpit_bench::report::Report;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  ringpit bench sale --json > sale.json
  ringpit bench throughput --json > throughput.json
  ringpit bench report sale.json throughput.json --out report.html

A file may hold several results, one a line. The page needs nothing but itself: no script, no font,
no network.";

/// Results of any bench with --json as one HTML page with plots.
///
/// Bars with the smallest and the largest round, latencies by percentile, figures against load or
/// size, and all of them as tables; light or dark as the reader likes.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// What `ringpit bench ... --json` printed.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Where the page goes.
    #[arg(long, value_name = "FILE", default_value = "report.html")]
    out: PathBuf,
}

/// Reads the results and writes the page.
///
/// # Errors
/// [`Failure::Input`] when a file holds no result, [`Failure::Environment`] when the page can't be
/// written.
pub fn run(args: &Args) -> Result<(), Failure> {
    let mut reports = Vec::new();
    for file in &args.files {
        let name = file.display();
        let text = std::fs::read_to_string(file)
            .map_err(|error| Failure::file(&name.to_string(), &error))?;
        let before = reports.len();
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            let report = Report::from_json(line)
                .map_err(|error| Failure::Input(format!("{name}:{number}: result: {error}")))?;
            reports.push(report);
        }
        if reports.len() == before {
            return Err(Failure::Input(format!("{name}:1: result: there is none")));
        }
    }
    let page = page::page(&reports).map_err(Failure::Environment)?;
    std::fs::write(&args.out, page)
        .map_err(|error| environment(&args.out.display().to_string(), &error))?;
    println!("{}", args.out.display());
    Ok(())
}
