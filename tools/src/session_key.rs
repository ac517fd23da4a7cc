//! Which session a client command logs in as, and with which secret.

use crate::failure::Failure;
use ringpit_client::Secret;
use ringpit_core::Role;
use ringpit_server::sessions_file;
use std::path::Path;

/// A session and its secret.
pub struct SessionKey {
    /// The session's id.
    pub session: u64,
    /// Its secret.
    pub secret: Secret,
}

/// Looks for a session's secret: in the server's session file, where the first operator is taken
/// unless a session is named; or in a file that holds hexadecimal digits alone.
///
/// # Errors
/// [`Failure::Input`] when it isn't there.
pub fn find(file: Option<&str>, session: Option<u64>) -> Result<SessionKey, Failure> {
    let Some(file) = file else {
        let what = "--key: missing; give the server's session file (serve --dev writes one into \
                    its store) or a file with the secret's hexadecimal digits";
        return Err(Failure::Input(what.to_owned()));
    };
    let text = std::fs::read_to_string(file).map_err(|error| Failure::file(file, &error))?;
    if let Some(secret) = Secret::from_hex(text.trim()) {
        let what = || Failure::Input(format!("--session: needed, because {file} names none"));
        return Ok(SessionKey { session: session.ok_or_else(what)?, secret });
    }
    let entries =
        sessions_file::load(Path::new(file)).map_err(|error| Failure::Input(error.to_string()))?;
    let wanted = |entry: &&sessions_file::SessionEntry| match session {
        Some(session) => entry.config.session.0 == session,
        None => entry.config.role == Role::Operator,
    };
    let entry = entries.iter().find(wanted).ok_or_else(|| {
        let what = session.map_or("operator".to_owned(), |session| format!("session {session}"));
        Failure::Input(format!("{file}: no {what}"))
    })?;
    let secret = Secret::new(entry.secret.bytes());
    Ok(SessionKey { session: entry.config.session.0, secret })
}
