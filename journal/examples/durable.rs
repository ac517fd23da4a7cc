//! How long a durable input takes here: `cargo run --release -p ringpit-journal --example durable
//! -- DIR [COUNT]` makes a store in DIR, appends one input at a time and then as many as the disk
//! takes, recovers, and prints what each took. A look, not a benchmark: that is `ringpit bench`.

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use ringpit_journal::{Appender, Kind, Opened, Options, Watermark, open, verify};

const PAYLOAD: [u8; 64] = [7; 64];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let dir = arguments.next().ok_or("usage: durable DIR [COUNT]")?;
    let count = arguments.next().map_or(Ok(1_000_000), |text| text.parse::<u64>())?;
    let dir = Path::new(&dir);

    let Opened { mut appender, flusher, recovered, .. } =
        open(dir, &Options::default(), &mut |_| Ok(()), &mut |_| {})?;
    println!("opened in {:?}, {} records", recovered.took, recovered.records);
    let watermark = appender.watermark();
    let thread = std::thread::spawn(move || flusher.run(|_| {}));

    let mut waits: Vec<Duration> = Vec::new();
    for _ in 0..2_000 {
        let started = Instant::now();
        append(&mut appender)?;
        wait(&watermark, appender.last_seq());
        waits.push(started.elapsed());
    }
    waits.sort_unstable();
    let at = |part: usize| waits[waits.len() * part / 1000];
    println!("one at a time: p50 {:?}, p99 {:?}, p99.9 {:?}", at(500), at(990), at(999));

    let started = Instant::now();
    let mut appending = Duration::ZERO;
    for _ in 0..count.div_ceil(256) {
        while !appender.has_room(PAYLOAD.len()) {
            std::thread::yield_now();
        }
        let batch = Instant::now();
        for _ in 0..256 {
            append_quietly(&mut appender)?;
        }
        appending += batch.elapsed();
        appender.wake();
    }
    wait(&watermark, appender.last_seq());
    let took = started.elapsed().as_secs_f64();
    let rate = count as f64 / took;
    let each_ns = appending.as_nanos() as f64 / count as f64;
    println!("as many as it takes: {rate:.0} durable inputs/s; an append takes {each_ns:.0} ns");
    appender.close();
    thread.join().map_err(|_| "the flusher panicked")??;

    let started = Instant::now();
    let report = verify(dir, &mut |_| {})?;
    let rate = report.records as f64 / started.elapsed().as_secs_f64();
    println!("verified {} records, {rate:.0}/s: {:?}", report.records, report.outcome);
    Ok(())
}

fn append_quietly(appender: &mut Appender) -> Result<(), Box<dyn Error>> {
    let seq = appender.last_seq() + 1;
    let time_ns = appender.last_time_ns() + 1;
    while !appender.has_room(PAYLOAD.len()) {
        appender.wake();
        std::thread::yield_now();
    }
    Ok(appender.append(Kind::Input, seq, time_ns, &PAYLOAD)?)
}

fn append(appender: &mut Appender) -> Result<(), Box<dyn Error>> {
    append_quietly(appender)?;
    appender.wake();
    Ok(())
}

fn wait(watermark: &Watermark, seq: u64) {
    while watermark.durable() < seq && !watermark.failed() {
        std::thread::yield_now();
    }
}
