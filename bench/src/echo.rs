//! The floor of a load: the same connections, frames and windows, with nothing behind them but a
//! thread that answers each message by one report. What remains is the client, the kernel's TCP
//! and one wake each way.

use crate::error::BenchError;
use crate::lane::{Lane, MSG_SEQ_NUM_AT, REF_SEQ_NO_AT};
use ringpit_core::event::ExecutionReport;
use ringpit_core::{ExecType, OrdStatus, OrderId};
use ringpit_wire::limits::{FRAME_BYTES_MAX, FRAME_BYTES_MIN};
use ringpit_wire::{EventHead, encode_event, peek_len};
use rustix::event::{PollFd, PollFlags, poll};
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread::JoinHandle;

/// Bytes read at once.
const READ_BYTES: usize = 64 << 10;

/// The answering thread; it ends when all its connections have.
#[derive(Debug)]
pub struct Echo(JoinHandle<()>);

impl Echo {
    /// Starts it, and connects lanes to it.
    ///
    /// # Errors
    /// When there are no connections to be had.
    pub fn start(lanes: usize, window: usize) -> Result<(Self, Vec<Lane>), BenchError> {
        let connect = || {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let (mut near, mut far) = (Vec::new(), Vec::new());
            for _ in 0..lanes {
                near.push(TcpStream::connect(listener.local_addr()?)?);
                far.push(Answering::new(listener.accept()?.0));
            }
            let all = near.iter().chain(far.iter().map(|far| &far.stream));
            for stream in all {
                stream.set_nodelay(true)?;
                stream.set_nonblocking(true)?;
            }
            Ok((near, far))
        };
        let (near, far) = connect().map_err(BenchError::of("loopback"))?;
        let thread = std::thread::Builder::new().name("echo".into());
        let thread = thread.spawn(|| answer_all(far)).map_err(BenchError::of("a thread"))?;
        let lanes = near.into_iter().map(|stream| Lane::new(stream, window)).collect();
        Ok((Self(thread), lanes))
    }

    /// Waits for its end: all lanes must have been dropped.
    ///
    /// # Errors
    /// When it panicked.
    pub fn join(self) -> Result<(), BenchError> {
        self.0.join().map_err(|_| BenchError::Panic)
    }
}

/// A connection's far end.
struct Answering {
    stream: TcpStream,
    input: Vec<u8>,
    held: usize,
    output: Vec<u8>,
    written: usize,
    report: Vec<u8>,
    answered: u64,
}

impl Answering {
    fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            input: vec![0; READ_BYTES],
            held: 0,
            output: Vec::new(),
            written: 0,
            report: report(),
            answered: 0,
        }
    }

    fn is_writing(&self) -> bool {
        self.written < self.output.len()
    }

    /// Reads what is there and answers it; `false` when the peer has gone.
    fn turn(&mut self) -> bool {
        let end = match self.stream.read(&mut self.input[self.held..]) {
            Ok(0) => return false,
            Ok(count) => self.held + count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.held,
            Err(_) => return false,
        };
        let mut begin = 0;
        while let Ok(Some(len)) = peek_len(&self.input[begin..end]) {
            if begin + len > end {
                break;
            }
            begin += len;
            self.answered += 1;
            let number = self.answered.to_le_bytes();
            for at in [REF_SEQ_NO_AT, MSG_SEQ_NUM_AT] {
                let at = FRAME_BYTES_MIN + at;
                self.report[at..at + number.len()].copy_from_slice(&number);
            }
            self.output.extend_from_slice(&self.report);
        }
        self.input.copy_within(begin..end, 0);
        self.held = end - begin;
        self.write()
    }

    fn write(&mut self) -> bool {
        while self.is_writing() {
            match self.stream.write(&self.output[self.written..]) {
                Ok(count) if count > 0 => self.written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                _ => return false,
            }
        }
        self.output.clear();
        self.written = 0;
        true
    }
}

fn answer_all(mut connections: Vec<Answering>) {
    while !connections.is_empty() {
        let watch = |connection| {
            let mut flags = PollFlags::IN;
            flags.set(PollFlags::OUT, Answering::is_writing(connection));
            PollFd::new(&connection.stream, flags)
        };
        let mut watched: Vec<PollFd<'_>> = connections.iter().map(watch).collect();
        // Interrupted: nothing is ready, and it is asked again.
        let _ = poll(&mut watched, None);
        let ready: Vec<bool> = watched.iter().map(|fd| !fd.revents().is_empty()).collect();
        let mut ready = ready.into_iter();
        connections.retain_mut(|connection| ready.next() != Some(true) || connection.turn());
    }
}

/// A new order's report, as long as the server's.
fn report() -> Vec<u8> {
    let report = ExecutionReport {
        account: 1.into(),
        instrument: 1.into(),
        order_id: Some(OrderId(1)),
        cl_ord_id: 1.into(),
        exec_type: ExecType::New,
        ord_status: OrdStatus::New,
        side: ringpit_core::Side::Buy,
        price: Some(1),
        order_qty: 1,
        leaves_qty: 1,
        cum_qty: 0,
        last_px: None,
        last_qty: None,
        trade_id: None,
        liquidity: None,
        fee: None,
        reason: None,
        ord_type: None,
        tif: None,
        stop_px: None,
        display_qty: None,
    };
    let head =
        EventHead { seq: 1, at: 1, ref_seq_no: Some(1), msg_seq_num: Some(1), query_id: None };
    let mut frame = [0; FRAME_BYTES_MAX];
    let Some(len) = encode_event(&head, &report.into(), &mut frame) else {
        unreachable!("a report fits a frame")
    };
    frame[..len].to_vec()
}
