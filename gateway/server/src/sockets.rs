//! The connections' sockets, by place, plain or under TLS.

use crate::hub::Sockets;
use crate::tls::TlsStream;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use rustls::ServerConfig;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::sync::Arc;

/// Tokens below this are not connections'.
pub const FIRST_CONNECTION: usize = 2;

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream>),
}

impl Stream {
    fn socket(&mut self) -> &mut TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => stream.socket(),
        }
    }
}

/// See the module.
#[derive(Debug)]
pub struct SocketTable {
    registry: Registry,
    streams: Vec<Option<Stream>>,
    /// What new connections speak, unless plain.
    tls: Option<Arc<ServerConfig>>,
}

impl SocketTable {
    /// None yet.
    #[must_use]
    pub fn new(registry: Registry, tls: Option<Arc<ServerConfig>>) -> Self {
        Self { registry, streams: Vec::new(), tls }
    }

    /// New connections get another certificate; those that are there keep theirs.
    pub fn renew(&mut self, tls: Arc<ServerConfig>) {
        self.tls = Some(tls);
    }

    /// Takes a stream under this place and watches it.
    ///
    /// # Errors
    /// When the system does not watch it.
    pub fn insert(&mut self, key: usize, mut socket: TcpStream) -> std::io::Result<()> {
        socket.set_nodelay(true)?;
        let token = Token(key + FIRST_CONNECTION);
        self.registry.register(&mut socket, token, Interest::READABLE | Interest::WRITABLE)?;
        if self.streams.len() <= key {
            self.streams.resize_with(key + 1, || None);
        }
        let stream = match &self.tls {
            Some(config) => Stream::Tls(Box::new(TlsStream::new(socket, config.clone())?)),
            None => Stream::Plain(socket),
        };
        self.streams[key] = Some(stream);
        Ok(())
    }

    /// Reads what is there.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is; anything else ends the connection.
    pub fn read(&mut self, key: usize, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.streams.get_mut(key).and_then(Option::as_mut) {
            Some(Stream::Plain(socket)) => socket.read(buffer),
            Some(Stream::Tls(stream)) => stream.read(buffer),
            None => Ok(0),
        }
    }

    /// The socket takes bytes again: records that waited go first.
    ///
    /// # Errors
    /// What ends the connection.
    pub fn writable(&mut self, key: usize) -> std::io::Result<()> {
        match self.streams.get_mut(key).and_then(Option::as_mut) {
            Some(Stream::Tls(stream)) => stream.flush(),
            Some(Stream::Plain(_)) | None => Ok(()),
        }
    }
}

impl Sockets for SocketTable {
    fn write(&mut self, key: usize, bytes: &[u8]) -> std::io::Result<usize> {
        match self.streams.get_mut(key).and_then(Option::as_mut) {
            Some(Stream::Plain(socket)) => socket.write(bytes),
            Some(Stream::Tls(stream)) => stream.write(bytes),
            None => Err(std::io::ErrorKind::NotConnected.into()),
        }
    }

    fn shutdown(&mut self, key: usize) {
        let shut = match self.streams.get_mut(key).and_then(Option::as_mut) {
            Some(Stream::Plain(socket)) => socket.shutdown(Shutdown::Write),
            Some(Stream::Tls(stream)) => stream.shutdown(),
            None => Ok(()),
        };
        if let Err(error) = shut {
            // The peer was faster; reading will tell.
            tracing::trace!(%error, "shutdown");
        }
    }

    fn close(&mut self, key: usize) {
        if let Some(mut stream) = self.streams.get_mut(key).and_then(Option::take)
            && let Err(error) = self.registry.deregister(stream.socket())
        {
            tracing::trace!(%error, "deregister");
        }
    }
}
