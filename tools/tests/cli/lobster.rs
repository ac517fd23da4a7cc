//! Real order flow against an outside oracle: NASDAQ says which resting order each execution hit.
//!
//! Proves that the first 30,000 rows of LOBSTER's public AAPL sample (2012-06-21) give, through
//! `import` and `run`, every figure that an independent reference gave for them. The figures are
//! taken from the printed events alone. The file belongs to its publisher and is not in this
//! repository; without it the test says so and passes.

use crate::ends;
use crate::reference::{EXPECTED, FILE, data_file, figures};
use ringpit_vocab::{EventLine, read_event};

const COUNTS: &str =
    "rows=30000 orders=14343 replaces=193 cancels=12854 executions=1620 unknown=47 skipped=943\n";

#[test]
fn aapl_gives_every_figure_of_the_reference() {
    let Some(file) = data_file() else {
        eprintln!("skipped: no {FILE}; set RINGPIT_DATA to the folder that holds it");
        return;
    };
    let (code, scenario, counts) = ends(&["import", "lobster", file.to_str().unwrap()], "");
    assert_eq!(code, 0, "{counts}");
    assert_eq!(counts, COUNTS);
    let (code, events, stderr) = ends(&["run", "-"], scenario);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let events: Vec<EventLine> = events.lines().map(|line| read_event(line).unwrap()).collect();
    assert_eq!(figures(&events), EXPECTED);
}
