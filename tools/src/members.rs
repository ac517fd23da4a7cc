//! The sessions of a server that a command starts for itself: fresh secrets, a session file.

use crate::failure::Failure;
use crate::process::environment;
use ringpit_client::{Login, Secret};
use ringpit_core::Role;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::ops::RangeInclusive;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Bytes of a secret.
const SECRET_BYTES: usize = 32;

/// A session that may connect.
pub struct Member {
    /// What it logs in with.
    pub login: Login,
    /// What it may do.
    pub role: Role,
    /// The accounts it may act for; operators need none.
    pub accounts: Option<RangeInclusive<u64>>,
}

impl Member {
    /// A session with a fresh secret.
    ///
    /// # Errors
    /// [`Failure`] when the system gives no random bytes.
    pub fn new(
        session: u64,
        role: Role,
        accounts: Option<RangeInclusive<u64>>,
    ) -> Result<Self, Failure> {
        let mut secret = [0; SECRET_BYTES];
        File::open("/dev/urandom")
            .and_then(|mut random| random.read_exact(&mut secret))
            .map_err(|error| environment("/dev/urandom", &error))?;
        let login = Login::new(session, Secret::new(secret));
        Ok(Self { login, role, accounts })
    }
}

/// Writes `sessions.toml` into a folder: these members, without a throttle in practice.
///
/// # Errors
/// [`Failure`] when it can't be written.
pub fn write_sessions<'m>(
    folder: &Path,
    members: impl IntoIterator<Item = &'m Member>,
) -> Result<(), Failure> {
    let mut text = String::new();
    for Member { login, role, accounts } in members {
        let (id, secret, role) = (login.session, login.secret.to_hex(), role.word());
        let accounts = accounts
            .as_ref()
            .map_or(String::new(), |range| format!("\"{}-{}\"", range.start(), range.end()));
        // Writing to memory does not fail.
        let _ = write!(
            text,
            "[[session]]\nid = {id}\nsecret_hex = \"{secret}\"\nrole = \"{role}\"\n\
             accounts = [{accounts}]\nmessages_per_second = 1000000\nburst = 1000000\n\
             cancels_per_second = 1000000\norders_in_flight = 1000000\n\n"
        );
    }
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(folder.join("sessions.toml"));
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| environment("the session file", &error))
}
