//! What the machine can do at best, measured beside us in the same run: a small durable write, and
//! a small round trip over loopback.

use crate::error::BenchError;
use crate::spread::nanoseconds;
use crate::timer::pinned;
use hdrhistogram::Histogram;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Instant;

/// Bytes of a durable write, a short record's.
const WRITE_BYTES: usize = 128;

/// Bytes written before, so that a write changes no metadata.
const FILE_BYTES: usize = 4 << 20;

/// Bytes of a ping.
const PING_BYTES: usize = 64;

/// `pwrite` and `fdatasync` of 128 bytes, one after the other, in a file that is there already.
#[derive(Debug)]
pub struct Disk {
    file: File,
    offset: u64,
    cpu: Option<usize>,
}

impl Disk {
    /// A file in this directory, without a name. It is written from this processor, where given:
    /// the one that Ringpit flushes from.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn new(directory: &Path, cpu: Option<usize>) -> Result<Self, BenchError> {
        let file = tempfile::tempfile_in(directory).map_err(BenchError::of("a file"))?;
        file.write_all_at(&vec![1; FILE_BYTES], 0).map_err(BenchError::of("writing"))?;
        file.sync_all().map_err(BenchError::of("flushing"))?;
        Ok(Self { file, offset: 0, cpu })
    }

    /// Measures so many writes.
    ///
    /// # Errors
    /// When one fails.
    pub fn round(&mut self, writes: usize) -> Result<Histogram<u64>, BenchError> {
        // Without the pin the floor is a little higher; the round trips then are, too.
        pinned(self.cpu, || self.measure(writes))
    }

    fn measure(&mut self, writes: usize) -> Result<Histogram<u64>, BenchError> {
        let mut round = nanoseconds();
        for turn in 0..writes {
            let begun = Instant::now();
            self.file
                .write_all_at(&[turn as u8; WRITE_BYTES], self.offset)
                .map_err(BenchError::of("writing"))?;
            self.file.sync_data().map_err(BenchError::of("flushing"))?;
            round.saturating_record(begun.elapsed().as_nanos() as u64);
            self.offset = (self.offset + WRITE_BYTES as u64) % FILE_BYTES as u64;
        }
        Ok(round)
    }
}

/// 64 bytes to a thread that sends them back, both ends sleeping in `read`.
#[derive(Debug)]
pub struct Loopback {
    stream: TcpStream,
    echo: Option<JoinHandle<()>>,
}

impl Loopback {
    /// Connects to an echo of its own.
    ///
    /// # Errors
    /// When there is no connection to be had.
    pub fn new() -> Result<Self, BenchError> {
        let listen = || {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let stream = TcpStream::connect(listener.local_addr()?)?;
            let (far, _) = listener.accept()?;
            stream.set_nodelay(true)?;
            far.set_nodelay(true)?;
            Ok((stream, far))
        };
        let (stream, far) = listen().map_err(BenchError::of("loopback"))?;
        let echo = std::thread::spawn(move || echo(far));
        Ok(Self { stream, echo: Some(echo) })
    }

    /// Measures so many round trips.
    ///
    /// # Errors
    /// When the connection breaks.
    pub fn round(&mut self, pings: usize) -> Result<Histogram<u64>, BenchError> {
        let mut round = nanoseconds();
        let mut bytes = [7; PING_BYTES];
        for _ in 0..pings {
            let begun = Instant::now();
            let exchanged =
                self.stream.write_all(&bytes).and_then(|()| self.stream.read_exact(&mut bytes));
            exchanged.map_err(BenchError::of("loopback"))?;
            round.saturating_record(begun.elapsed().as_nanos() as u64);
        }
        Ok(round)
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        // Either ends the echo, which is all that is wanted.
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
        if let Some(echo) = self.echo.take() {
            let _ = echo.join();
        }
    }
}

fn echo(mut stream: TcpStream) {
    let mut bytes = [0; PING_BYTES];
    while stream.read_exact(&mut bytes).and_then(|()| stream.write_all(&bytes)).is_ok() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floors_can_be_measured() {
        let dir = tempfile::tempdir().unwrap();
        let mut disk = Disk::new(dir.path(), None).unwrap();
        assert_eq!(disk.round(5).unwrap().len(), 5);
        let mut loopback = Loopback::new().unwrap();
        assert_eq!(loopback.round(10).unwrap().len(), 10);
        assert!(loopback.round(10).unwrap().min() > 0);
    }
}
