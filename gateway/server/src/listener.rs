//! Where the server listens, and how many it lets in.
//!
//! Plain TCP is for loopback and private lines; it refuses a public address unless told otherwise.
//! It only counts: reading and writing is the loop's affair.

use crate::limits::{CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX};
use mio::net::TcpListener;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Why the server can't listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Plain text on a public line.
    #[error(
        "{address} is a public address and plain TCP would show every message on the way; \
         use --tls, listen on a loopback or private address, or say --insecure"
    )]
    Public {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The system said no.
    #[error("can't listen on {address}: {source}")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Binds the address; port 0 lets the system choose one.
///
/// # Errors
/// [`ListenError`]: the port is taken, the address is not ours, or it is public and `insecure` is
/// not set.
pub fn bind(address: SocketAddr, insecure: bool) -> Result<TcpListener, ListenError> {
    if !insecure && !is_private(address.ip()) {
        return Err(ListenError::Public { address });
    }
    TcpListener::bind(address).map_err(|source| ListenError::Bind { address, source })
}

/// Whether an address is reached from this machine or a private line only. The unspecified
/// address is every address of the machine, so it counts as public.
#[must_use]
pub fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(mapped) => is_private(IpAddr::V4(mapped)),
            None => ip.is_loopback() || is_unique_local(ip) || ip.is_unicast_link_local(),
        },
    }
}

fn is_unique_local(ip: Ipv6Addr) -> bool {
    ip.segments()[0] & 0xfe00 == 0xfc00
}

/// Why a connection is not let in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Full {
    /// [`CONNECTIONS_MAX`] are there.
    Total,
    /// [`CONNECTIONS_PER_ADDRESS_MAX`] are there from this address.
    Address,
}

/// Counts the connections that are there.
#[derive(Debug)]
pub struct Admission {
    total: usize,
    total_max: usize,
    per_address_max: usize,
    addresses: HashMap<IpAddr, usize>,
}

impl Default for Admission {
    fn default() -> Self {
        Self::new(CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX)
    }
}

impl Admission {
    /// With limits of its own.
    #[must_use]
    pub fn new(total_max: usize, per_address_max: usize) -> Self {
        Self { total: 0, total_max, per_address_max, addresses: HashMap::new() }
    }

    /// Lets a connection in.
    ///
    /// # Errors
    /// [`Full`]; nothing was counted.
    pub fn enter(&mut self, ip: IpAddr) -> Result<(), Full> {
        if self.total >= self.total_max {
            return Err(Full::Total);
        }
        let count = self.addresses.entry(ip).or_default();
        if *count >= self.per_address_max {
            return Err(Full::Address);
        }
        (*count, self.total) = (*count + 1, self.total + 1);
        Ok(())
    }

    /// A connection that was let in is gone.
    ///
    /// # Panics
    /// When none was there from this address.
    pub fn leave(&mut self, ip: IpAddr) {
        let count = self.addresses.get_mut(&ip).filter(|count| **count > 0);
        let Some(count) = count else { panic!("a connection left that never entered") };
        *count -= 1;
        if *count == 0 {
            self.addresses.remove(&ip);
        }
        self.total -= 1;
    }

    /// How many are there.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_and_public_addresses_are_told_apart() {
        let private = [
            "127.0.0.1",
            "127.9.9.9",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.7.7",
            "169.254.1.1",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
        ];
        let public = ["0.0.0.0", "8.8.8.8", "172.32.0.1", "::", "2001:db8::1", "::ffff:8.8.8.8"];
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(private.iter().all(|text| is_private(ip(text))));
        assert!(public.iter().all(|text| !is_private(ip(text))));
    }

    #[test]
    fn plain_text_on_a_public_address_needs_a_word() {
        let error = bind("0.0.0.0:0".parse().unwrap(), false).unwrap_err();
        assert!(error.to_string().contains("--insecure"), "{error}");
        let listener = bind("127.0.0.1:0".parse().unwrap(), false).unwrap();
        let taken = bind(listener.local_addr().unwrap(), false).unwrap_err();
        assert!(matches!(taken, ListenError::Bind { .. }), "{taken}");
    }

    #[test]
    fn connections_are_limited_in_total_and_per_address() {
        let mut admission = Admission::new(3, 2);
        let ip = |last| IpAddr::from([10, 0, 0, last]);
        assert_eq!(admission.enter(ip(1)), Ok(()));
        assert_eq!(admission.enter(ip(1)), Ok(()));
        assert_eq!(admission.enter(ip(1)), Err(Full::Address));
        assert_eq!(admission.enter(ip(2)), Ok(()));
        assert_eq!(admission.enter(ip(3)), Err(Full::Total));
        admission.leave(ip(1));
        assert_eq!(admission.enter(ip(3)), Ok(()));
        assert_eq!(admission.total(), 3);
    }
}
