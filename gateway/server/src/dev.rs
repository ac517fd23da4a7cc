//! A session file for trying things out: one session a role, each with a fresh secret.
//!
//! Never written over: a file that is there is somebody's.

use crate::limits::SECRET_BYTES_MIN;
use ringpit_core::Role;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Messages a second of a development session: no throttle in practice.
const RATE: u32 = 1_000_000;

/// Writes such a file, readable by its owner only. Session ids are the roles' codes. Gives false
/// when there is a file already.
///
/// # Errors
/// When it can't be written, or the system gives no random bytes.
pub fn write_sessions(path: &Path) -> std::io::Result<bool> {
    let mut text = String::from(
        "# Made by `ringpit serve --dev`: one session a role, for trying things out.\n\
         # docs/operations.md says what each line means; SIGHUP makes the server read it again.\n",
    );
    for role in Role::ALL {
        let mut secret = [0; SECRET_BYTES_MIN * 2];
        getrandom::fill(&mut secret).map_err(std::io::Error::other)?;
        let accounts = match role {
            Role::MarketData | Role::DropCopy | Role::Operator => "",
            _ => "accounts = [\"1-9223372036854775807\"]\n",
        };
        let written = write!(
            text,
            "\n[[session]]\nid = {}\nsecret_hex = \"{}\"\nrole = \"{}\"\n{accounts}\
             messages_per_second = {RATE}\nburst = {RATE}\ncancels_per_second = {RATE}\n\
             orders_in_flight = 10000\n",
            role.code(),
            hex::encode(secret),
            role.word(),
        );
        written.map_err(std::io::Error::other)?;
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match file {
        Ok(mut file) => file.write_all(text.as_bytes()).map(|()| true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sessions_file::load;

    #[test]
    fn the_file_is_read_back_with_one_session_a_role_and_never_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sessions.toml");
        assert!(write_sessions(&path).unwrap());
        let sessions = load(&path).unwrap();
        let roles: Vec<Role> = sessions.iter().map(|entry| entry.config.role).collect();
        assert_eq!(roles, Role::ALL);
        assert!(sessions.windows(2).all(|pair| pair[0].secret != pair[1].secret));
        assert!(!write_sessions(&path).unwrap());
        assert_eq!(load(&path).unwrap(), sessions);
    }
}
