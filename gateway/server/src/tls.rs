//! TLS 1.3 on a connection: certificates from files, records in and out.
//!
//! It knows nothing of frames and sessions: above it a connection reads and writes the same bytes
//! as a plain one. Clients prove themselves by their session's signature, not by a certificate.

use crate::limits::TLS_WRITE_BYTES_MAX;
use mio::net::TcpStream;
pub use rustls::ServerConfig as TlsConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why certificate and key can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Others may read the key.
    #[error("{}: mode {mode:03o} lets others read the key; chmod 600 it", path.display())]
    Permissions {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// There is no certificate or key in it.
    #[error("{}: {reason}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// What is missing or wrong.
        reason: String,
    },
}

/// Reads a certificate chain and its private key, both PEM.
///
/// # Errors
/// [`TlsError`], with the file at fault.
pub fn load(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let content = |path: &Path, reason: String| TlsError::Content { path: path.into(), reason };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&read(certificate)?)
        .collect::<Result<_, _>>()
        .map_err(|error| content(certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(content(certificate, "no certificate in it".into()));
    }
    let mode =
        std::fs::metadata(key).map_err(|source| TlsError::Io { path: key.into(), source })?.mode();
    if mode & 0o077 != 0 {
        return Err(TlsError::Permissions { path: key.into(), mode: mode & 0o777 });
    }
    let private = PrivateKeyDer::from_pem_slice(&read(key)?)
        .map_err(|error| content(key, error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, private))
        .map_err(|error| content(key, error.to_string()))?;
    // Early data could be sent twice by whoever listens; sessions number their messages only later.
    config.max_early_data_size = 0;
    Ok(Arc::new(config))
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Io { path: path.into(), source })
}

/// A socket that speaks TLS.
#[derive(Debug)]
pub struct TlsStream {
    socket: TcpStream,
    tls: ServerConnection,
    /// Nothing follows what waits: the socket is shut behind it.
    ends: bool,
}

impl TlsStream {
    /// The server's side of a connection that was just accepted.
    ///
    /// # Errors
    /// When the configuration does not allow one.
    pub fn new(socket: TcpStream, config: Arc<ServerConfig>) -> std::io::Result<Self> {
        let mut tls = ServerConnection::new(config).map_err(std::io::Error::other)?;
        tls.set_buffer_limit(Some(TLS_WRITE_BYTES_MAX));
        Ok(Self { socket, tls, ends: false })
    }

    /// The socket below.
    pub fn socket(&mut self) -> &mut TcpStream {
        &mut self.socket
    }

    /// Reads what the peer said; the handshake goes on meanwhile.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is there; anything else ends the connection.
    pub fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            match self.tls.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => (),
                other => return other,
            }
            if self.tls.read_tls(&mut self.socket)? == 0 {
                return Ok(0);
            }
            if let Err(error) = self.tls.process_new_packets() {
                // The alert says why; a peer that no longer reads loses nothing.
                let _ = self.flush();
                return Err(std::io::Error::new(ErrorKind::InvalidData, error));
            }
            self.flush()?;
        }
    }

    /// Takes bytes to be sent, up to what may wait unsent.
    ///
    /// # Errors
    /// `WouldBlock` when nothing fits now; anything else ends the connection.
    pub fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let taken = self.tls.writer().write(bytes)?;
        self.flush()?;
        if taken == 0 { Err(ErrorKind::WouldBlock.into()) } else { Ok(taken) }
    }

    /// Sends records that wait, as far as the socket takes them.
    ///
    /// # Errors
    /// What ends the connection.
    pub fn flush(&mut self) -> std::io::Result<()> {
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut self.socket) {
                Ok(_) => (),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) => return Err(error),
            }
        }
        if self.ends { self.socket.shutdown(Shutdown::Write) } else { Ok(()) }
    }

    /// Says that nothing more will be written.
    ///
    /// # Errors
    /// What the system said.
    pub fn shutdown(&mut self) -> std::io::Result<()> {
        self.tls.send_close_notify();
        self.ends = true;
        self.flush()
    }
}
