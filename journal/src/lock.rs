//! The lock file: one server per store.
//!
//! An OS lock, so that it goes with the process however that ends. The file itself stays and holds
//! the process id of the last holder, for the message only.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use crate::error::{IoError, OpenError};

const LOCK_NAME: &str = "lock";

/// Held until dropped.
pub(crate) struct StoreLock {
    _file: File,
}

impl StoreLock {
    /// Takes the store in `dir`, or says who has it. `verify` holds a shared lock for an instant
    /// only to see whether a server runs; a few tries outlast it.
    pub(crate) fn take(dir: &Path) -> Result<Self, OpenError> {
        let path = dir.join(LOCK_NAME);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| IoError::new("open", &path, error))?;
        let mut tries = 0;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if tries < 5 => {
                    tries += 1;
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(TryLockError::WouldBlock) => {
                    let mut text = String::new();
                    let read = file.read_to_string(&mut text);
                    let holder = match (read, text.trim().parse::<u32>()) {
                        (Ok(_), Ok(pid)) => format!(" by process {pid}"),
                        _ => String::new(),
                    };
                    return Err(OpenError::Locked { path, holder });
                }
                Err(TryLockError::Error(error)) => {
                    return Err(IoError::new("lock", &path, error).into());
                }
            }
        }
        let pid = format!("{}\n", std::process::id());
        file.set_len(0)
            .and_then(|()| file.write_all(pid.as_bytes()))
            .map_err(|error| IoError::new("write", &path, error))?;
        Ok(Self { _file: file })
    }

    /// Whether some process holds the store now.
    pub(crate) fn is_held(dir: &Path) -> bool {
        let Ok(file) = File::open(dir.join(LOCK_NAME)) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }
}
