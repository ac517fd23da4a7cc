//! The session file: who may connect, with which secret, and what each may do.
//!
//! TOML, read strictly: an unknown key, a key of the wrong type, a value out of its range or an
//! id that stands twice refuses the whole file, with its name and line. The parser's own messages
//! are shown, values never: a secret must not reach a log. It does not watch the file; the server
//! reads it again when it is told to.

use crate::limits::{
    RATE_MAX, SECRET_BYTES_MAX, SECRET_BYTES_MIN, SESSIONS_FILE_BYTES_MAX, SESSIONS_MAX,
};
use ringpit_core::command::{AccountRange, SessionConfig};
use ringpit_core::limits::{SESSION_RANGES_MAX, UNSIGNED_MAX};
use ringpit_core::{AccountId, CancelOnDisconnect, List, Role, SessionId};
use ringpit_wire::limits::GRACE_MS_MAX;
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// A session's secret. Prints as dots.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<[u8]>);

impl Secret {
    /// Takes the decoded bytes.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// The bytes, for the signature only.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("...")
    }
}

/// One `[[session]]` of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionEntry {
    /// Its secret.
    pub secret: Secret,
    /// What it may do, as the engine is told.
    pub config: SessionConfig,
}

/// Why the file was refused.
#[derive(Debug, thiserror::Error)]
pub enum SessionsError {
    /// It can't be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Others may read it.
    #[error("{}: mode {mode:03o} lets others read the secrets; chmod 600 it", path.display())]
    Permissions {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Something in it is wrong.
    #[error("{}:{line}: {field}: {reason}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key at fault, or `toml` where the text isn't TOML.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Reads the file, after a look at who else could.
///
/// # Errors
/// [`SessionsError`]; nothing of a refused file is used.
pub fn load(path: &Path) -> Result<Vec<SessionEntry>, SessionsError> {
    let io = |source| SessionsError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    if !metadata.is_file() {
        return Err(io(std::io::Error::other("not a regular file")));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(SessionsError::Permissions {
            path: path.to_owned(),
            mode: metadata.mode() & 0o777,
        });
    }
    let mut text = String::new();
    file.take(SESSIONS_FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(io)?;
    if text.len() as u64 > SESSIONS_FILE_BYTES_MAX {
        return Err(io(std::io::Error::other(format!(
            "larger than {SESSIONS_FILE_BYTES_MAX} bytes"
        ))));
    }
    parse(path, &text)
}

/// Reads the file's text; `path` is for messages only.
///
/// # Errors
/// [`SessionsError::Content`].
pub fn parse(path: &Path, text: &str) -> Result<Vec<SessionEntry>, SessionsError> {
    entries(text).map_err(|fault| SessionsError::Content {
        path: path.to_owned(),
        line: text[..fault.at.min(text.len())].bytes().filter(|b| *b == b'\n').count() + 1,
        field: fault.field,
        reason: fault.reason,
    })
}

struct Fault {
    at: usize,
    field: String,
    reason: String,
}

fn fault(span: &Range<usize>, field: &str, reason: impl Into<String>) -> Fault {
    Fault { at: span.start, field: field.to_owned(), reason: reason.into() }
}

fn entries(text: &str) -> Result<Vec<SessionEntry>, Fault> {
    let document = DeTable::parse(text).map_err(|error| {
        fault(&error.span().unwrap_or(0..0), "toml", error.message().to_owned())
    })?;
    let mut sessions: Vec<SessionEntry> = Vec::new();
    let mut seen = std::collections::HashMap::new();
    for (key, value) in document.get_ref() {
        if key.get_ref() != "session" {
            return Err(fault(
                &key.span(),
                shown(key.get_ref()),
                "unknown key; only [[session]] is known",
            ));
        }
        let list = value.get_ref().as_array().ok_or_else(|| {
            fault(&value.span(), "session", "must be a list of tables: [[session]]")
        })?;
        if list.len() > SESSIONS_MAX {
            return Err(fault(&value.span(), "session", format!("more than {SESSIONS_MAX}")));
        }
        for item in list.iter() {
            let table = item
                .get_ref()
                .as_table()
                .ok_or_else(|| fault(&item.span(), "session", "must be a table: [[session]]"))?;
            let (entry, id_span) = entry(table, &item.span())?;
            if seen.insert(entry.config.session, ()).is_some() {
                return Err(fault(
                    &id_span,
                    "id",
                    format!("{} stands twice", entry.config.session),
                ));
            }
            sessions.push(entry);
        }
    }
    sessions.sort_by_key(|entry| entry.config.session);
    Ok(sessions)
}

/// An unknown key, if it looks like a key: a lost quote or line end can make one of a secret.
fn shown(key: &str) -> &str {
    let looks_like_one =
        key.len() <= 24 && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if looks_like_one { key } else { "..." }
}

const KEYS: [&str; 10] = [
    "id",
    "secret_hex",
    "role",
    "accounts",
    "messages_per_second",
    "burst",
    "cancels_per_second",
    "orders_in_flight",
    "cancel_on_disconnect",
    "grace_ms",
];

fn entry(table: &DeTable<'_>, whole: &Range<usize>) -> Result<(SessionEntry, Range<usize>), Fault> {
    if let Some((key, _)) = table.iter().find(|(key, _)| !KEYS.contains(&key.get_ref().as_ref())) {
        let known = KEYS.join(", ");
        return Err(fault(
            &key.span(),
            shown(key.get_ref()),
            format!("unknown key; known are {known}"),
        ));
    }
    let reader = Reader { table, whole };
    let id = reader.required("id")?;
    let secret = reader.required("secret_hex")?;
    let config = SessionConfig {
        session: SessionId(integer(id, "id", 1, UNSIGNED_MAX)?),
        role: word(reader.required("role")?, "role", Role::from_word, "a role")?,
        accounts: reader.optional("accounts").map_or(Ok(List::new()), accounts)?,
        messages_per_second: reader.rate("messages_per_second", 1_000)?,
        burst: reader.rate("burst", 2_000)?,
        cancels_per_second: reader.rate("cancels_per_second", 2_000)?,
        orders_in_flight: reader.rate("orders_in_flight", 1_000)?,
        cancel_on_disconnect: reader.optional("cancel_on_disconnect").map_or(
            Ok(CancelOnDisconnect::Never),
            |value| {
                let field = "cancel_on_disconnect";
                word(value, field, CancelOnDisconnect::from_word, "`never` or `on_disconnect`")
            },
        )?,
        grace_ms: reader.optional("grace_ms").map_or(Ok(0), |value| {
            integer(value, "grace_ms", 0, u64::from(GRACE_MS_MAX)).map(|ms| ms as u32)
        })?,
    };
    Ok((SessionEntry { secret: self::secret(secret)?, config }, id.span()))
}

struct Reader<'t, 'i> {
    table: &'t DeTable<'i>,
    whole: &'t Range<usize>,
}

impl<'t, 'i> Reader<'t, 'i> {
    fn optional(&self, key: &str) -> Option<&'t Spanned<DeValue<'i>>> {
        self.table.iter().find_map(|(name, value): (&Spanned<DeString<'i>>, _)| {
            (name.get_ref() == key).then_some(value)
        })
    }

    fn required(&self, key: &str) -> Result<&'t Spanned<DeValue<'i>>, Fault> {
        self.optional(key).ok_or_else(|| fault(self.whole, key, "is missing"))
    }

    fn rate(&self, key: &str, default: u32) -> Result<u32, Fault> {
        self.optional(key).map_or(Ok(default), |value| {
            integer(value, key, 1, u64::from(RATE_MAX)).map(|rate| rate as u32)
        })
    }
}

fn integer(value: &Spanned<DeValue<'_>>, field: &str, min: u64, max: u64) -> Result<u64, Fault> {
    let bad = || fault(&value.span(), field, format!("must be an integer from {min} to {max}"));
    let integer = value.get_ref().as_integer().ok_or_else(bad)?;
    u64::from_str_radix(integer.as_str(), integer.radix())
        .ok()
        .filter(|number| (min..=max).contains(number))
        .ok_or_else(bad)
}

fn word<T>(
    value: &Spanned<DeValue<'_>>,
    field: &str,
    from_word: impl Fn(&str) -> Option<T>,
    wanted: &str,
) -> Result<T, Fault> {
    value
        .get_ref()
        .as_str()
        .and_then(from_word)
        .ok_or_else(|| fault(&value.span(), field, format!("must be {wanted}, as text")))
}

fn secret(value: &Spanned<DeValue<'_>>) -> Result<Secret, Fault> {
    value
        .get_ref()
        .as_str()
        .and_then(|text| hex::decode(text).ok())
        .filter(|bytes| (SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&bytes.len()))
        .map(|bytes| Secret::new(&bytes))
        .ok_or_else(|| {
            let (min, max) = (SECRET_BYTES_MIN * 2, SECRET_BYTES_MAX * 2);
            let reason = format!("must be {min} to {max} hexadecimal digits, as text");
            fault(&value.span(), "secret_hex", reason)
        })
}

fn accounts(value: &Spanned<DeValue<'_>>) -> Result<List<AccountRange, SESSION_RANGES_MAX>, Fault> {
    let bad = |span: Range<usize>| {
        fault(&span, "accounts", "must be a list of accounts and ranges: [11, \"100-199\"]")
    };
    let array = value.get_ref().as_array().ok_or_else(|| bad(value.span()))?;
    let mut ranges = List::new();
    for item in array.iter() {
        let range = match item.get_ref() {
            DeValue::Integer(_) => {
                let account = integer(item, "accounts", 0, UNSIGNED_MAX)?;
                Some((account, account))
            }
            DeValue::String(text) => text.split_once('-').and_then(|(from, to)| {
                let number = |text: &str| {
                    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
                    digits.then(|| text.parse::<u64>().ok()).flatten()
                };
                Some((number(from)?, number(to)?))
            }),
            _ => None,
        };
        let (from, to) = range
            .filter(|(from, to)| from <= to && *to <= UNSIGNED_MAX)
            .ok_or_else(|| bad(item.span()))?;
        ranges.push(AccountRange { from: AccountId(from), to: AccountId(to) }).map_err(|_| {
            let reason = format!("more than {SESSION_RANGES_MAX} accounts and ranges");
            fault(&item.span(), "accounts", reason)
        })?;
    }
    Ok(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const SECRET: &str = "00112233445566778899aabbccddeeff";

    fn reason(text: &str) -> String {
        parse(Path::new("s.toml"), text)
            .map(|_| "accepted".to_owned())
            .unwrap_or_else(|e| e.to_string())
    }

    #[test]
    fn the_example_of_the_protocol_page_is_read_as_written() {
        let text = format!(
            "# ours\n[[session]]\nid = 1\nsecret_hex = \"{SECRET}\"\nrole = \"trader\"\naccounts = [11, \"100-199\"]\n\
             messages_per_second = 1000\nburst = 2000\ncancels_per_second = 2000\norders_in_flight = 1000\n\
             cancel_on_disconnect = \"on_disconnect\"\ngrace_ms = 5000\n[[session]]\nid = 0x2\nsecret_hex = \"{SECRET}\"\nrole = \"operator\"\n"
        );
        let sessions = parse(Path::new("s.toml"), &text).unwrap();
        let [first, second] = &sessions[..] else { panic!("{sessions:?}") };
        assert_eq!(first.config.session, SessionId(1));
        assert_eq!(first.config.role, Role::Trader);
        let range = |from, to| AccountRange { from: AccountId(from), to: AccountId(to) };
        assert_eq!(*first.config.accounts, [range(11, 11), range(100, 199)]);
        assert_eq!(first.config.cancel_on_disconnect, CancelOnDisconnect::OnDisconnect);
        assert_eq!(first.config.grace_ms, 5_000);
        assert_eq!(first.secret.bytes().len(), 16);
        assert_eq!(second.config.session, SessionId(2));
        assert_eq!(second.config.cancel_on_disconnect, CancelOnDisconnect::Never);
        assert!(!format!("{first:?}").contains("0011"));
    }

    /// What stands in the file | what is said about it.
    const REFUSED: &str = r#"
        id = 1                                                     | s.toml:1: id: unknown key
        session = 5                                                | s.toml:1: session: must be a list of tables
        session = [5]                                              | s.toml:1: session: must be a table
        [[session]] @secret_hex = "KEY" @role = "trader"           | s.toml:1: id: is missing
        [[session]] @id = 0 @secret_hex = "KEY" @role = "trader"   | s.toml:2: id: must be an integer from 1
        [[session]] @id = 9223372036854775808 @secret_hex = "KEY" @role = "trader" | s.toml:2: id: must be an integer
        [[session]] @id = 1 @id = 2                                | s.toml:3: toml: duplicate key
        [[session]] @id = 1 @secret_hex = "KEY" @role = "king"     | s.toml:4: role: must be a role
        [[session]] @id = 1 @secret_hex = 12 @role = "trader"      | s.toml:3: secret_hex: must be 32 to 128 hex
        [[session]] @id = 1 @secret_hex = "00" @role = "trader"    | s.toml:3: secret_hex: must be 32 to 128 hex
        [[session]] @id = 1 @secret_hex = "KEY" @role = "trader" @burst = 0  | s.toml:5: burst: must be an integer from 1
        [[session]] @id = 1 @secret_hex = "KEY" @role = "trader" @burst = -1 | s.toml:5: burst: must be an integer from 1
        [[session]] @id = 1 @secret_hex = "KEY" @role = "trader" @burst = 1.5 | s.toml:5: burst: must be an integer from 1
        [[session]] @id = 1 @secret_hex = "KEY" @role = "trader" @grace_ms = 60001 | s.toml:5: grace_ms: must be an integer
        [[session]] @id = 1 @secret_hex = "KEY" @role = "trader" @grace = 1 | s.toml:5: grace: unknown key
        [[session]] @id = 1 @secret_hex = "KEY" @role = "trader" @accounts = 7 | s.toml:5: accounts: must be a list
        [[session]] @id = 1 @secret_hex = "KEY" @role = "trader" @accounts = ["9-7"] | s.toml:5: accounts: must be a list
        [[session]] @id = 1 @secret_hex = "KEY" @role = "trader" @accounts = ["+1-7"] | s.toml:5: accounts: must be a list
        [[session]] @id = 1 @secret_hex = "KEY" @role = "trader" @cancel_on_disconnect = true | s.toml:5: cancel_on_disconnect: must be
        [[session]] @id = 1 @secret_hex = "KEY" @role = "trader" @[[session]] @id = 1 @secret_hex = "KEY" @role = "trader" | s.toml:6: id: 1 stands twice
        [[session]] @id =                                          | s.toml:2: toml:
    "#;

    #[test]
    fn every_fault_is_named_with_its_line() {
        for row in REFUSED.lines().filter(|row| !row.trim().is_empty()) {
            let (text, expected) = row.rsplit_once(" | ").unwrap();
            let text = text.trim().replace('@', "\n").replace("KEY", SECRET);
            let said = reason(&text);
            assert!(said.starts_with(expected.trim()), "{row}\nsaid: {said}");
            assert!(!said.contains(SECRET), "{said}");
        }
    }

    #[test]
    fn too_many_ranges_are_refused() {
        let list = (0..=SESSION_RANGES_MAX).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
        let text = format!(
            "[[session]]\nid = 1\nsecret_hex = \"{SECRET}\"\nrole = \"trader\"\naccounts = [{list}]\n"
        );
        assert_eq!(reason(&text), "s.toml:5: accounts: more than 64 accounts and ranges");
    }

    #[test]
    fn secrets_are_not_printed() {
        let path = Path::new("s.toml");
        let key = "000102030405060708090a0b0c0d0e0f";
        let text = format!("[[session]]\nid = 1\nsecret_hex = \"{key}\"\nrole = \"trader\"\n");
        let printed = format!("{:?}", parse(path, &text).unwrap());
        assert!(printed.contains("secret: ..."), "{printed}");
        assert!(!printed.contains("1, 2, 3") && !printed.contains("010203"), "{printed}");
        // A fault in the secret itself is told without it.
        let spoilt = text.replace(key, &format!("{key}0"));
        let told = parse(path, &spoilt).unwrap_err().to_string();
        assert!(told.contains("secret_hex") && !told.contains(key), "{told}");
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sessions.toml");
        std::fs::write(&path, "").unwrap();
        let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode));
        mode(0o640).unwrap();
        let said = load(&path).unwrap_err().to_string();
        assert!(said.contains("mode 640 lets others read"), "{said}");
        mode(0o600).unwrap();
        assert_eq!(load(&path).unwrap(), []);
        let missing = load(&dir.path().join("none")).unwrap_err();
        assert!(matches!(missing, SessionsError::Io { .. }));
        assert!(load(dir.path()).unwrap_err().to_string().contains("not a regular file"));
    }
}
