//! Several connections to one server, driven by one thread: requests that are encoded already go
//! to whichever connection has room in its window, answers are timed as they are read.
//!
//! The same loop drives Ringpit and its peers, so that what the client costs is alike for all. It
//! knows no protocol: a [`Tongue`] says where an answer ends and what it means. It does not log in,
//! keep alive or reconnect: a round is short, and a lost connection ends it.

use crate::error::BenchError;
use crate::spread::nanoseconds;
use hdrhistogram::Histogram;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Bytes read at once: as many answers as a loopback socket hands over in one go.
const READ_BYTES: usize = 256 << 10;

/// Silence of all connections for so long is a fault.
const PATIENCE: Duration = Duration::from_secs(30);

/// Requests as they stand on the wire, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Frames {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Frames {
    /// Appends a request.
    pub fn push(&mut self, frame: &[u8]) {
        self.bytes.extend_from_slice(frame);
        self.ends.push(self.bytes.len());
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The bytes of these requests, which stand together.
    fn of(&self, requests: std::ops::Range<usize>) -> &[u8] {
        let end_of = |count: usize| count.checked_sub(1).map_or(0, |last| self.ends[last]);
        &self.bytes[end_of(requests.start)..end_of(requests.end)]
    }
}

/// What stands at the start of what was received.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard<A> {
    /// Not a whole message yet.
    Part,
    /// A message of so many bytes that answers nothing.
    Aside(usize),
    /// So many bytes that answer the oldest request that waits.
    Answer(usize, A),
}

/// How a server's answers are read; one for each connection.
pub trait Tongue {
    /// What an answer says.
    type Answer;

    /// Looks at what was received and not yet taken; it is not empty.
    ///
    /// # Errors
    /// When it is not what the server should say.
    fn hear(&mut self, bytes: &[u8]) -> Result<Heard<Self::Answer>, BenchError>;
}

/// A connection that is ready for requests.
#[derive(Debug)]
pub struct Connection<T> {
    stream: TcpStream,
    tongue: T,
    output: Vec<u8>,
    written: usize,
    input: Box<[u8]>,
    /// Bytes of a message that is not whole yet, at the start of the input.
    held: usize,
    /// Requests that wait for their answer, and when each was sent, nanoseconds.
    waiting: VecDeque<(usize, u64)>,
}

impl<T: Tongue> Connection<T> {
    /// On a socket whose server expects the first request.
    ///
    /// # Errors
    /// When the socket can't be set up.
    pub fn new(stream: TcpStream, tongue: T) -> Result<Self, BenchError> {
        let set = stream.set_nonblocking(true).and_then(|()| stream.set_nodelay(true));
        set.map_err(BenchError::of("a connection"))?;
        let input = vec![0; READ_BYTES].into_boxed_slice();
        let (output, waiting) = (Vec::new(), VecDeque::new());
        Ok(Self { stream, tongue, output, written: 0, input, held: 0, waiting })
    }

    /// Gives the socket what it takes.
    fn write(&mut self) -> Result<(), BenchError> {
        while self.written < self.output.len() {
            match self.stream.write(&self.output[self.written..]) {
                Ok(0) => return Err(lost(ErrorKind::WriteZero.into())),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(lost(error)),
            }
        }
        self.output.clear();
        self.written = 0;
        Ok(())
    }

    /// Reads once and gives each answer with its request, and when that was sent; whether anything
    /// came.
    fn read(
        &mut self,
        on_answer: &mut dyn FnMut(usize, u64, T::Answer),
    ) -> Result<bool, BenchError> {
        let count = match self.stream.read(&mut self.input[self.held..]) {
            Ok(0) => return Err(lost(ErrorKind::UnexpectedEof.into())),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(false),
            Err(error) => return Err(lost(error)),
        };
        let (mut at, end) = (0, self.held + count);
        while at < end {
            match self.tongue.hear(&self.input[at..end])? {
                Heard::Part => break,
                Heard::Aside(bytes) => at += bytes,
                Heard::Answer(bytes, answer) => {
                    at += bytes;
                    let Some((request, sent_ns)) = self.waiting.pop_front() else {
                        return Err(BenchError::Outcome("an answer to no request".into()));
                    };
                    on_answer(request, sent_ns, answer);
                }
            }
        }
        self.input.copy_within(at..end, 0);
        self.held = end - at;
        Ok(true)
    }
}

fn lost(source: std::io::Error) -> BenchError {
    BenchError::of("a connection under load")(source)
}

/// What a round of load gave.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Answers a second, from before the first request to after the last answer.
    pub per_second: f64,
    /// From before a request is given to the socket to after its answer is read, nanoseconds.
    pub latencies: Histogram<u64>,
}

/// Sends all requests, at most `window` of them waiting on each connection, and hands over each
/// answer with its request's place.
///
/// # Errors
/// When a connection is lost, an answer is none, or none comes.
pub fn drive<T: Tongue>(
    connections: &mut [Connection<T>],
    frames: &Frames,
    window: usize,
    mut on_answer: impl FnMut(usize, T::Answer),
) -> Result<Loaded, BenchError> {
    assert!(!connections.is_empty() && window > 0, "somebody must send something");
    let mut latencies = nanoseconds();
    let (mut next, mut answered) = (0, 0);
    let begun = Instant::now();
    let mut heard = begun;
    while answered < frames.len() {
        let now_ns = elapsed_ns(begun);
        for connection in connections.iter_mut() {
            let room = (window - connection.waiting.len()).min(frames.len() - next);
            if room > 0 {
                connection.output.extend_from_slice(frames.of(next..next + room));
                connection.waiting.extend((next..next + room).map(|request| (request, now_ns)));
                next += room;
            }
            connection.write()?;
        }
        wait(connections)?;
        let now_ns = elapsed_ns(begun);
        let before = answered;
        for connection in connections.iter_mut() {
            connection.read(&mut |request, sent_ns, answer| {
                latencies.saturating_record(now_ns - sent_ns);
                answered += 1;
                on_answer(request, answer);
            })?;
        }
        if answered > before {
            heard = Instant::now();
        } else if heard.elapsed() > PATIENCE {
            return Err(BenchError::Answer("silence".into()));
        }
    }
    let per_second = answered as f64 / begun.elapsed().as_secs_f64();
    Ok(Loaded { per_second, latencies })
}

fn elapsed_ns(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Waits until some connection can be read, or written where that is wanted.
fn wait<T>(connections: &[Connection<T>]) -> Result<(), BenchError> {
    let watch = |connection: &'_ Connection<T>| {
        let mut flags = PollFlags::IN;
        flags.set(PollFlags::OUT, connection.written < connection.output.len());
        flags
    };
    let mut watched: Vec<PollFd<'_>> =
        connections.iter().map(|it| PollFd::new(&it.stream, watch(it))).collect();
    match poll(&mut watched, Timespec::try_from(PATIENCE).ok().as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(BenchError::of("waiting for answers")(error.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, TcpListener};

    /// A byte asks; its double answers; zero is said by the way.
    struct Doubling;

    impl Tongue for Doubling {
        type Answer = u8;
        fn hear(&mut self, bytes: &[u8]) -> Result<Heard<u8>, BenchError> {
            match *bytes {
                [0, ..] => Ok(Heard::Aside(1)),
                [_] => Ok(Heard::Part),
                [low, high, ..] if low == high => Ok(Heard::Answer(2, low)),
                _ => Err(BenchError::Answer("nonsense".into())),
            }
        }
    }

    /// Answers each byte with its double, twice, in pieces that don't end where answers do.
    fn doubler() -> TcpStream {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut far, _) = listener.accept().unwrap();
        std::thread::spawn(move || {
            let mut bytes = [0; 64];
            while let Ok(count @ 1..) = far.read(&mut bytes) {
                let asked = bytes[..count].iter();
                let said: Vec<u8> =
                    asked.flat_map(|b| [0, b.wrapping_mul(2), b.wrapping_mul(2)]).collect();
                if said.chunks(7).any(|piece| far.write_all(piece).is_err()) {
                    break;
                }
            }
        });
        near
    }

    #[test]
    fn every_request_is_answered_once_over_all_connections() {
        let mut frames = Frames::default();
        (0..1_000).for_each(|n| frames.push(&[n as u8 % 100 + 1]));
        let mut connections: Vec<_> =
            (0..3).map(|_| Connection::new(doubler(), Doubling).unwrap()).collect();
        let mut answers = vec![0; 1_000];
        let loaded = drive(&mut connections, &frames, 9, |request, answer| {
            assert_eq!(answers[request], 0, "request {request} is answered twice");
            answers[request] = answer;
        });
        assert_eq!(loaded.unwrap().latencies.len(), 1_000);
        assert!((0..1_000).all(|n| answers[n] == (n as u8 % 100 + 1) * 2));
    }

    #[test]
    fn a_server_that_goes_away_is_an_error() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        drop(listener.accept().unwrap());
        let mut frames = Frames::default();
        frames.push(&[1]);
        let mut connections = [Connection::new(near, Doubling).unwrap()];
        assert!(drive(&mut connections, &frames, 1, |_, _| ()).is_err());
    }
}
