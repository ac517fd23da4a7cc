//! A client over a real socket that does what it is told and nothing by itself.

use super::*;
use ringpit_core::event::ExecutionReport;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What came from the server.
#[derive(Debug)]
pub struct Received {
    pub bytes: Vec<u8>,
    pub message: Outgoing,
}

/// A connection.
pub struct Client {
    pub stream: TcpStream,
    pub session: u64,
    pub version: u64,
    buffer: Vec<u8>,
}

impl Client {
    pub fn connect(address: SocketAddr, session: u64) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { stream, session, version: 0, buffer: Vec::new() }
    }

    /// Connected, negotiated anew and established.
    pub fn login(address: SocketAddr, session: u64) -> Self {
        let mut client = Self::connect(address, session);
        client.negotiate();
        client.establish(1, 0);
        client
    }

    /// The same session once more, on a new connection; gives the answer to Establish.
    pub fn again(
        address: SocketAddr,
        old: &Self,
        next: u64,
        last: u64,
    ) -> (Self, EstablishmentAck) {
        let mut client = Self::connect(address, old.session);
        client.version = old.version;
        let ack = client.establish(next, last);
        (client, ack)
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    pub fn send(&mut self, message: &impl Plain) {
        let bytes = frame(message);
        self.raw(&bytes);
    }

    pub fn command(&mut self, command: impl Into<Command>) {
        self.query(command, 0);
    }

    pub fn query(&mut self, command: impl Into<Command>, query_id: u64) {
        let bytes = command_frame(&command.into(), query_id);
        self.raw(&bytes);
    }

    pub fn negotiate(&mut self) {
        let version = stamp();
        let bytes = signed(&asked_negotiate(self.session, version, stamp()), self.session as u8);
        self.raw(&bytes);
        match self.receive().message {
            Outgoing::NegotiationResponse(response) => assert_eq!(response.session_ver_id, version),
            other => panic!("{other:?}"),
        }
        self.version = version;
    }

    pub fn establish(&mut self, next: u64, last: u64) -> EstablishmentAck {
        let asked = Establish {
            next_seq_no: next,
            last_received_seq_no: last,
            ..asked_establish(self.session, self.version, stamp())
        };
        self.raw(&signed(&asked, self.session as u8));
        match self.receive().message {
            Outgoing::EstablishmentAck(ack) => ack,
            other => panic!("{other:?}"),
        }
    }

    /// The next message; `None` when the server has closed.
    pub fn try_receive(&mut self) -> Option<Received> {
        loop {
            if let Some(len) = peek_len(&self.buffer).unwrap()
                && len <= self.buffer.len()
            {
                let bytes: Vec<u8> = self.buffer.drain(..len).collect();
                let message = decode_outgoing(&Frame::new(&bytes).unwrap()).unwrap();
                return Some(Received { bytes, message });
            }
            let mut chunk = [0; 16 << 10];
            match self.stream.read(&mut chunk) {
                Ok(0) => return None,
                Ok(count) => self.buffer.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("nothing came: {error}"),
            }
        }
    }

    pub fn receive(&mut self) -> Received {
        self.try_receive().expect("the server closed")
    }

    /// The next event, with its head.
    pub fn event(&mut self) -> (EventHead, Event) {
        match self.receive().message {
            Outgoing::Event(head, event) => (head, event),
            other => panic!("{other:?}"),
        }
    }

    pub fn report(&mut self) -> ExecutionReport {
        match self.event().1 {
            Event::ExecutionReport(report) => report,
            other => panic!("{other:?}"),
        }
    }

    pub fn reject(&mut self) -> BusinessReject {
        match self.receive().message {
            Outgoing::BusinessReject(reject) => reject,
            other => panic!("{other:?}"),
        }
    }

    pub fn terminated(&mut self) -> TerminationCode {
        match self.receive().message {
            Outgoing::Terminate(terminate) => terminate.code,
            other => panic!("{other:?}"),
        }
    }

    /// Asserts that the server closes without another word.
    pub fn closed(&mut self) {
        if let Some(received) = self.try_receive() {
            panic!("the server spoke: {:?}", received.message);
        }
    }
}
