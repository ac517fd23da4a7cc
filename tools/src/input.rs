//! A file, or standard input, line by line, with its place and its progress.

use crate::failure::Failure;
use crate::progress;
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

/// The longest line: a full cart, atomic or table of increments takes a few thousand bytes.
const LINE_BYTES_MAX: u64 = 1024 * 1024;

const READ_BYTES: usize = 64 * 1024;

/// Lines of a named source, in order.
pub struct Lines {
    name: String,
    number: u64,
    reader: BufReader<Box<dyn Read>>,
    line: Vec<u8>,
    progress: ProgressBar,
}

impl Lines {
    /// Opens a file; `-` is standard input.
    ///
    /// # Errors
    /// [`Failure`] when it can't be opened.
    pub fn open(name: &str) -> Result<Self, Failure> {
        let (source, len): (Box<dyn Read>, Option<u64>) = match name {
            "-" => (Box::new(io::stdin()), None),
            _ => {
                let file = File::open(name).map_err(|error| Failure::file(name, &error))?;
                let meta = file.metadata().map_err(|error| Failure::file(name, &error))?;
                (Box::new(file), meta.is_file().then_some(meta.len()))
            }
        };
        Ok(Self {
            name: name.to_owned(),
            number: 0,
            reader: BufReader::with_capacity(READ_BYTES, source),
            line: Vec::new(),
            progress: progress_bar(len),
        })
    }

    /// Whether the next line may have to be waited for, so that it is time to write things out.
    pub fn may_wait(&self) -> bool {
        self.reader.buffer().is_empty()
    }

    /// The next line with its line break, `None` at the end.
    ///
    /// # Errors
    /// [`Failure`] when it can't be read or is too long.
    pub fn next_line(&mut self) -> Result<Option<&[u8]>, Failure> {
        self.line.clear();
        let mut limited = self.reader.by_ref().take(LINE_BYTES_MAX);
        let bytes = limited
            .read_until(b'\n', &mut self.line)
            .map_err(|error| Failure::file(&self.name, &error))? as u64;
        if bytes == 0 {
            self.progress.finish_and_clear();
            return Ok(None);
        }
        self.number += 1;
        self.progress.inc(bytes);
        if bytes == LINE_BYTES_MAX && self.line.last() != Some(&b'\n') {
            return Err(self.fault(&format!("line: longer than {LINE_BYTES_MAX} bytes")));
        }
        Ok(Some(&self.line))
    }

    /// The number of the line read last, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// What is wrong with the line read last, `field: reason`, with its place before it.
    pub fn fault(&self, what: &str) -> Failure {
        self.progress.finish_and_clear();
        Failure::Input(format!("{}:{}: {what}", self.name, self.number))
    }
}

fn progress_bar(len: Option<u64>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(len, progress::target());
    match ProgressStyle::with_template("{bar:40} {percent}% {bytes}/{total_bytes} {eta}") {
        Ok(style) if len.is_some() => bar.with_style(style),
        _ => bar,
    }
}
