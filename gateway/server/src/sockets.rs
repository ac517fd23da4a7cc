//! The connections' sockets, by place.

use crate::hub::Sockets;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use std::io::{Read, Write};
use std::net::Shutdown;

/// Tokens below this are not connections'.
pub const FIRST_CONNECTION: usize = 2;

/// See the module.
#[derive(Debug)]
pub struct SocketTable {
    registry: Registry,
    streams: Vec<Option<TcpStream>>,
}

impl SocketTable {
    /// None yet.
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self { registry, streams: Vec::new() }
    }

    /// Takes a stream under this place and watches it.
    ///
    /// # Errors
    /// When the system does not watch it.
    pub fn insert(&mut self, key: usize, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let token = Token(key + FIRST_CONNECTION);
        self.registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        if self.streams.len() <= key {
            self.streams.resize_with(key + 1, || None);
        }
        self.streams[key] = Some(stream);
        Ok(())
    }

    /// Reads what is there.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is; anything else ends the connection.
    pub fn read(&mut self, key: usize, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.streams.get_mut(key).and_then(Option::as_mut) {
            Some(stream) => stream.read(buffer),
            None => Ok(0),
        }
    }
}

impl Sockets for SocketTable {
    fn write(&mut self, key: usize, bytes: &[u8]) -> std::io::Result<usize> {
        match self.streams.get_mut(key).and_then(Option::as_mut) {
            Some(stream) => stream.write(bytes),
            None => Err(std::io::ErrorKind::NotConnected.into()),
        }
    }

    fn shutdown(&mut self, key: usize) {
        if let Some(stream) = self.streams.get_mut(key).and_then(Option::as_mut)
            && let Err(error) = stream.shutdown(Shutdown::Write)
        {
            // The peer was faster; reading will tell.
            tracing::trace!(%error, "shutdown");
        }
    }

    fn close(&mut self, key: usize) {
        if let Some(mut stream) = self.streams.get_mut(key).and_then(Option::take)
            && let Err(error) = self.registry.deregister(&mut stream)
        {
            tracing::trace!(%error, "deregister");
        }
    }
}
