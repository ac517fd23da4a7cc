//! Who a session is and what it asks for at its login.

use crate::error::Error;
use ringpit_core::ids::SessionId;
use ringpit_core::words::CancelOnDisconnect;
use ringpit_wire::limits::{GRACE_MS_MAX, KEEP_ALIVE_MS_MAX, KEEP_ALIVE_MS_MIN};

/// A session's secret: the bytes that key its signatures. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// These bytes.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes that these hexadecimal digits stand for; `None` when they are none, or empty.
    #[must_use]
    pub fn from_hex(digits: &str) -> Option<Self> {
        hex::decode(digits).ok().filter(|bytes| !bytes.is_empty()).map(Self)
    }

    /// Its hexadecimal digits, for a session file.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex::encode(&self.0)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl core::fmt::Debug for Secret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What a session logs in with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Login {
    /// Which session.
    pub session: SessionId,
    /// Its secret.
    pub secret: Secret,
    /// Keep-alive interval of both sides, milliseconds, 1,000 to 60,000.
    pub keep_alive_ms: u32,
    /// What a lost connection does; it may only tighten what the server's session file says.
    /// `None`: as the file says.
    pub cancel_on_disconnect: Option<CancelOnDisconnect>,
    /// Milliseconds between loss and cancel, at most 60,000; `None`: as the session file says.
    pub grace_ms: Option<u32>,
}

impl Login {
    /// A login with a keep-alive of 10 s that leaves cancel on disconnect to the session file.
    #[must_use]
    pub fn new(session: u64, secret: Secret) -> Self {
        Self {
            session: SessionId(session),
            secret,
            keep_alive_ms: 10_000,
            cancel_on_disconnect: None,
            grace_ms: None,
        }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if !(KEEP_ALIVE_MS_MIN..=KEEP_ALIVE_MS_MAX).contains(&self.keep_alive_ms) {
            let value = u64::from(self.keep_alive_ms);
            return Err(Error::Config { field: "keep_alive_ms", value, bounds: "1000..=60000" });
        }
        if let Some(grace_ms) = self.grace_ms.filter(|grace_ms| *grace_ms > GRACE_MS_MAX) {
            let value = u64::from(grace_ms);
            return Err(Error::Config { field: "grace_ms", value, bounds: "0..=60000" });
        }
        if self.session.0 == 0 || self.session.0 > i64::MAX as u64 {
            let value = self.session.0;
            return Err(Error::Config { field: "session", value, bounds: "1..=2^63-1" });
        }
        Ok(())
    }
}
