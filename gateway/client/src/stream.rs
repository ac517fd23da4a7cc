//! The bytes' way to the server: a socket, plain or under TLS 1.3.
//!
//! It trusts the certificates it is given and no others: a venue's own, not those of the web.

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// How long one attempt to connect may take.
const CONNECT_PATIENCE: Duration = Duration::from_secs(2);

/// What a client needs to speak TLS.
#[derive(Clone, Debug)]
pub struct Tls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

/// Why TLS can't be spoken.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// What was given holds no certificate.
    #[error("trusted certificates: {0}")]
    Certificates(String),
    /// The name can't be one of a server.
    #[error("server name {0}: neither a host name nor an address")]
    Name(String),
}

impl Tls {
    /// Trusts these PEM certificates (a server's own, or its authority's) for a server that bears
    /// this name or address.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn new(pem: &[u8], name: &str) -> Result<Self, TlsError> {
        let failed = |error: String| TlsError::Certificates(error);
        let mut trusted = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| failed(error.to_string()))?;
            trusted.add(certificate).map_err(|error| failed(error.to_string()))?;
        }
        if trusted.is_empty() {
            return Err(failed("none".into()));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|error| failed(error.to_string()))?
            .with_root_certificates(trusted)
            .with_no_client_auth();
        let name =
            ServerName::try_from(name.to_owned()).map_err(|_| TlsError::Name(name.to_owned()))?;
        Ok(Self { config: Arc::new(config), name })
    }
}

/// A connection.
#[derive(Debug)]
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    /// Connects; under TLS the handshake follows with the first reads and writes.
    pub(crate) fn connect(address: SocketAddr, tls: Option<&Tls>) -> std::io::Result<Self> {
        let socket = TcpStream::connect_timeout(&address, CONNECT_PATIENCE)?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        let Some(tls) = tls else { return Ok(Self::Plain(socket)) };
        let connection = ClientConnection::new(tls.config.clone(), tls.name.clone())
            .map_err(std::io::Error::other)?;
        Ok(Self::Tls(Box::new(StreamOwned::new(connection, socket))))
    }

    /// The socket, to be waited for.
    pub(crate) fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => &stream.sock,
        }
    }

    /// Whether it is worth waiting until the socket takes bytes, when there are some to send.
    pub(crate) fn waits_to_write(&self, has_output: bool) -> bool {
        match self {
            Self::Plain(_) => has_output,
            Self::Tls(stream) => {
                let tls = &stream.conn;
                tls.wants_write() || (has_output && !tls.is_handshaking())
            }
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
