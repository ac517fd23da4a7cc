//! A blocking client for one session: a [`Session`] with a socket and the machine's clocks.
//!
//! It has no thread of its own. Nothing moves between calls, so a caller that waits for something
//! else for longer than the keep-alive interval calls [`Client::turn`] now and then.

use crate::delivery::Delivery;
use crate::error::{Error, SendError};
use crate::login::Login;
use crate::session::{Now, Session, Wants};
use crate::state::SessionState;
use crate::stream::{Stream, Tls};
use crate::topic::Topic;
use ringpit_core::Command;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Bytes read at once: what a loopback socket hands over in one go.
const READ_BYTES: usize = 64 << 10;

/// Why a client gave up.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The session can't go on.
    #[error(transparent)]
    Session(#[from] Error),
    /// A message was not taken.
    #[error(transparent)]
    Send(#[from] SendError),
    /// No session for longer than the client's patience.
    #[error("no session with {address} for {waited_ms} ms: {reason}")]
    Unreachable {
        /// Where it was looked for.
        address: SocketAddr,
        /// For how long.
        waited_ms: u128,
        /// The last failure.
        reason: String,
    },
    /// The session has ended as it was asked to.
    #[error("the session has ended")]
    Ended,
}

/// A session with its socket.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    session: Session,
    tls: Option<Tls>,
    stream: Option<Stream>,
    patience: Duration,
    down_since: Instant,
    last_failure: String,
    started: Instant,
    input: Box<[u8]>,
}

impl Client {
    /// A client that will connect, with a new session, at its first [`Client::turn`].
    ///
    /// # Errors
    /// [`Error::Config`].
    pub fn new(address: SocketAddr, login: Login) -> Result<Self, Error> {
        Ok(Self::with(address, Session::new(login)?))
    }

    /// A client that goes on where an earlier one stopped.
    ///
    /// # Errors
    /// [`Error::Config`].
    pub fn resume(address: SocketAddr, login: Login, state: &SessionState) -> Result<Self, Error> {
        Ok(Self::with(address, Session::resume(login, state)?))
    }

    fn with(address: SocketAddr, session: Session) -> Self {
        let started = Instant::now();
        Self {
            address,
            session,
            tls: None,
            stream: None,
            patience: Duration::from_secs(30),
            down_since: started,
            last_failure: "not tried".to_owned(),
            started,
            input: vec![0; READ_BYTES].into_boxed_slice(),
        }
    }

    /// How long the client goes on trying while there is no session; 30 s unless told.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Speaks TLS 1.3 with the server; plain TCP unless told.
    #[must_use]
    pub fn over_tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// The session, to be looked at.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// What a later process needs in order to go on from here.
    #[must_use]
    pub fn state(&self) -> SessionState {
        self.session.state()
    }

    /// Gives the socket of a live session that has sent nothing yet to a caller that speaks for
    /// itself from here on, as a load generator does: it sends frames as they are, and keeps alive.
    /// `None` when there is no such session, or it speaks TLS. The socket does not block.
    #[must_use]
    pub fn into_stream(self) -> Option<TcpStream> {
        let is_fresh = self.session.is_live() && self.session.in_flight() == 0;
        match self.stream {
            Some(Stream::Plain(socket)) if is_fresh && self.session.output().is_empty() => {
                Some(socket)
            }
            _ => None,
        }
    }

    fn now(&self) -> Now {
        let mono_ns = u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now { mono_ns, unix_ns: u64::try_from(unix.as_nanos()).unwrap_or(u64::MAX) }
    }

    /// Takes a command; it goes out with the next [`Client::turn`]. Gives its number.
    ///
    /// # Errors
    /// When it was not taken, or the session has ended.
    pub fn send(&mut self, command: &Command) -> Result<u64, ClientError> {
        let sent = self.session.send(self.now(), command);
        sent.map_err(|error| self.not_taken(error))
    }

    /// Takes a query; see [`Session::query`].
    ///
    /// # Errors
    /// When it was not taken, or the session has ended.
    pub fn query(&mut self, query: &Command) -> Result<(u64, u64), ClientError> {
        let sent = self.session.query(self.now(), query);
        sent.map_err(|error| self.not_taken(error))
    }

    /// Subscribes to market data; see [`Session::subscribe`].
    ///
    /// # Errors
    /// When it was not taken, or the session has ended.
    pub fn subscribe(&mut self, topic: Topic) -> Result<(u64, u64), ClientError> {
        let sent = self.session.subscribe(self.now(), topic);
        sent.map_err(|error| self.not_taken(error))
    }

    /// Why a message was not taken: where the session has ended, why it has.
    fn not_taken(&self, error: SendError) -> ClientError {
        if error == SendError::Ended { self.ended() } else { error.into() }
    }

    /// Moves bytes both ways and hands over what arrived. Waits for at most `wait` when nothing
    /// did; connects again when that is due.
    ///
    /// # Errors
    /// When the session has ended, or could not be had within the client's patience.
    pub fn turn(
        &mut self,
        wait: Duration,
        mut handler: impl FnMut(Delivery<'_>),
    ) -> Result<(), ClientError> {
        // Also before: a caller that was away must not count its absence as the server's.
        self.note_life();
        match self.session.wants() {
            Wants::ConnectAt(at) => self.connect(at, wait)?,
            Wants::HangUp => self.hang_up("the session gave the connection up", &mut handler),
            Wants::Nothing => return Err(self.ended()),
            Wants::TickAt(at) => {
                self.flush(&mut handler);
                if !self.read(&mut handler) && self.stream.is_some() {
                    self.wait(at, wait);
                    self.read(&mut handler);
                }
                self.session.tick(self.now());
                self.flush(&mut handler);
            }
        }
        self.note_life();
        self.patient()
    }

    fn note_life(&mut self) {
        if self.session.is_live() {
            self.down_since = Instant::now();
        }
    }

    fn ended(&self) -> ClientError {
        self.session.error().map_or(ClientError::Ended, |error| error.clone().into())
    }

    fn patient(&self) -> Result<(), ClientError> {
        let waited = self.down_since.elapsed();
        if waited < self.patience || self.session.wants() == Wants::Nothing {
            return Ok(());
        }
        Err(ClientError::Unreachable {
            address: self.address,
            waited_ms: waited.as_millis(),
            reason: self.last_failure.clone(),
        })
    }

    fn connect(&mut self, at: u64, wait: Duration) -> Result<(), ClientError> {
        let pause = Duration::from_nanos(at.saturating_sub(self.now().mono_ns));
        if !pause.is_zero() {
            std::thread::sleep(pause.min(wait));
        }
        if self.now().mono_ns < at {
            return Ok(());
        }
        let opened = Stream::connect(self.address, self.tls.as_ref());
        let now = self.now();
        match opened {
            Ok(stream) => {
                self.stream = Some(stream);
                self.session.connected(now);
            }
            Err(error) => {
                self.last_failure = error.to_string();
                self.session.disconnected(now, &mut |_| {});
            }
        }
        Ok(())
    }

    /// Closes the connection after a last try to get the output out.
    fn hang_up(&mut self, reason: &str, handler: &mut impl FnMut(Delivery<'_>)) {
        if let Some(stream) = &mut self.stream {
            // Best effort: the server may be gone already.
            let _ = stream.write(self.session.output());
        }
        self.lost(reason.to_owned(), handler);
    }

    fn lost(&mut self, reason: String, handler: &mut impl FnMut(Delivery<'_>)) {
        self.stream = None;
        self.last_failure = reason;
        let now = self.now();
        self.session.disconnected(now, handler);
    }

    /// Writes what the socket takes.
    fn flush(&mut self, handler: &mut impl FnMut(Delivery<'_>)) {
        while let Some(stream) = &mut self.stream {
            if self.session.output().is_empty() {
                return;
            }
            match stream.write(self.session.output()) {
                Ok(0) => return self.lost("the server closed the connection".to_owned(), handler),
                Ok(bytes) => self.session.wrote(bytes),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => return self.lost(error.to_string(), handler),
            }
        }
    }

    /// Reads once; whether anything came (bytes, or the end of the connection).
    fn read(&mut self, handler: &mut impl FnMut(Delivery<'_>)) -> bool {
        let Some(stream) = &mut self.stream else { return false };
        match stream.read(&mut self.input) {
            Ok(0) => self.lost("the server closed the connection".to_owned(), handler),
            Ok(bytes) => {
                let now = self.now();
                self.session.received(now, &self.input[..bytes], handler);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(error) if error.kind() == ErrorKind::Interrupted => return false,
            Err(error) => self.lost(error.to_string(), handler),
        }
        true
    }

    /// Waits until the socket can be read (or written, when there is output) or time is up.
    fn wait(&self, at: u64, wait: Duration) {
        let Some(stream) = &self.stream else { return };
        let wait = wait.min(Duration::from_nanos(at.saturating_sub(self.now().mono_ns)));
        if wait.is_zero() {
            return;
        }
        let mut events = PollFlags::IN;
        events.set(PollFlags::OUT, stream.waits_to_write(!self.session.output().is_empty()));
        let timeout = Timespec::try_from(wait).ok();
        // An interrupted wait is only a shorter one.
        let _ = poll(&mut [PollFd::new(stream.socket(), events)], timeout.as_ref());
    }

    /// Turns until the session is live and nothing is missing.
    ///
    /// # Errors
    /// As [`Client::turn`].
    pub fn establish(&mut self, mut handler: impl FnMut(Delivery<'_>)) -> Result<(), ClientError> {
        while !self.session.is_live() || self.session.is_catching_up() {
            self.turn(Duration::from_secs(1), &mut handler)?;
        }
        Ok(())
    }

    /// Turns until no message waits for its answer.
    ///
    /// # Errors
    /// As [`Client::turn`].
    pub fn settle(&mut self, mut handler: impl FnMut(Delivery<'_>)) -> Result<(), ClientError> {
        while self.session.in_flight() > 0 || self.session.is_catching_up() {
            self.turn(Duration::from_secs(1), &mut handler)?;
        }
        Ok(())
    }

    /// Says goodbye and waits for the server's answer.
    ///
    /// # Errors
    /// When the session ended for another reason.
    pub fn close(&mut self, mut handler: impl FnMut(Delivery<'_>)) -> Result<(), ClientError> {
        self.session.close(self.now());
        loop {
            match self.turn(Duration::from_millis(100), &mut handler) {
                Ok(()) => {}
                Err(ClientError::Ended) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}
