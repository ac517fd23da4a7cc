//! Real order flow through the wire: the figures of the reference, and the lines of `run`.

use crate::reference::{EXPECTED, FILE, data_file, figures};
use crate::server::Server;
use crate::{assert_same, prints, timeless};
use ringpit_vocab::{EventLine, read_event};

#[test]
fn aapl_through_the_wire_gives_every_figure_and_the_same_events() {
    let Some(file) = data_file() else {
        eprintln!("skipped: no {FILE}; set RINGPIT_DATA to the folder that holds it");
        return;
    };
    let server = Server::start();
    let scenario = server.path("aapl.jsonl");
    std::fs::write(&scenario, prints(&["import", "lobster", file.to_str().unwrap()])).unwrap();
    let scenario = scenario.to_str().unwrap();
    let run = prints(&["run", scenario]);
    let to = server.address().to_string();
    let key = server.sessions();
    let sent = prints(&["send", scenario, "--to", &to, "--key", key.to_str().unwrap()]);
    assert_same(sent.lines().map(timeless), run.lines().map(timeless));
    let events: Vec<EventLine> = sent.lines().map(|line| read_event(line).unwrap()).collect();
    assert_eq!(figures(&events), EXPECTED);
}
