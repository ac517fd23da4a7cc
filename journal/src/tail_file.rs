//! Where the tail's memory comes from: a file in `/dev/shm`, in a chosen directory, or in the
//! store.
//!
//! `tail.rpt` in the store is always the way to it: the file itself, or a symbolic link. A new
//! tail is zero-filled under a temporary name before it is mapped (a sparse page would turn a full
//! disk into SIGBUS) and no mapped file is ever shortened. A tail is only a cache of what the
//! segments will hold: any doubt about an old one is resolved by making a new one, after recovery
//! has taken over what continues the line.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::error::{IoError, OpenError};
use crate::filesystem;
use crate::format::{
    self, HEADER_BYTES, StoreId, TAIL_PUBLISHED_AT, TAIL_RELEASED_AT, decode_tail_header,
};
use crate::raw::Region;
use crate::tail::{Tail, TailCopy};

/// The tail's name in the store: the file, or a link to it.
pub(crate) const TAIL_NAME: &str = "tail.rpt";

const SHARED_MEMORY: &str = "/dev/shm";

/// A tail's file while it is in use.
pub(crate) struct TailHome {
    /// The file and the link to it (the same path for a tail in the store); none in memory.
    paths: Vec<PathBuf>,
    /// Locked: a copy of a store has the same id and would share its tail.
    _file: Option<File>,
}

impl TailHome {
    /// Of a tail in plain memory.
    pub(crate) fn none() -> Self {
        Self { paths: Vec::new(), _file: None }
    }

    /// After a clean stop: gives the memory back. All is in the segments, so a failure to remove
    /// it costs memory and nothing else.
    pub(crate) fn remove(&self) {
        for path in &self.paths {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The store's tail: where `tail.rpt` leads or, without one, where a new tail would be (a store
/// may have been copied without its links). Records decide whether it continues the line.
pub(crate) fn find(
    dir: &Path,
    tail_dir: Option<&Path>,
    store_id: StoreId,
) -> Result<Option<PathBuf>, IoError> {
    let path = dir.join(TAIL_NAME);
    let failed = |error| IoError::new("find tail of", dir, error);
    let target = match std::fs::symlink_metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => wanted(dir, tail_dir, store_id),
        Err(error) => return Err(failed(error)),
        Ok(facts) if facts.is_symlink() => std::fs::read_link(&path).map_err(failed)?,
        Ok(_) => path,
    };
    Ok(if target.exists() { Some(target) } else { None })
}

/// Whether the store in `dir` has a tail, or a link to where one was.
pub(crate) fn is_known(dir: &Path) -> bool {
    std::fs::symlink_metadata(dir.join(TAIL_NAME)).is_ok()
}

/// Opens and locks the tail that recovery takes over, so that the server of a copy of the store
/// can't be writing it.
pub(crate) fn lock_existing(path: &Path) -> Result<File, OpenError> {
    let file = open_own(path).map_err(|error| IoError::new("open tail", path, error))?;
    lock(&file, path)?;
    Ok(file)
}

/// What is pending in the tail at `path`, by plain reads. The text says why there is nothing, where
/// the operator should know.
pub(crate) fn read(path: &Path, store_id: StoreId) -> Result<(TailCopy, Option<String>), IoError> {
    let failed = |error| IoError::new("read tail", path, error);
    let file = File::open(path).map_err(failed)?;
    let mut header = vec![0; HEADER_BYTES];
    let ignored = |why: &str| {
        let text = format!("the tail {} is not used: {why}", path.display());
        Ok((TailCopy::default(), Some(text)))
    };
    if file.metadata().map_err(failed)?.len() < HEADER_BYTES as u64 {
        return ignored("it is too short");
    }
    file.read_exact_at(&mut header, 0).map_err(failed)?;
    let ring_bytes = match decode_tail_header(&header, store_id) {
        Ok(ring_bytes) => ring_bytes,
        Err(why) => return ignored(why),
    };
    let released = format::u64_at(&header, TAIL_RELEASED_AT);
    let published = format::u64_at(&header, TAIL_PUBLISHED_AT);
    let ring_in_file = file.metadata().map_err(failed)?.len() - HEADER_BYTES as u64;
    let whole = ring_in_file == ring_bytes;
    if !whole || ring_bytes == 0 || published.checked_sub(released).is_none_or(|n| n > ring_bytes) {
        return ignored("its positions make no sense");
    }
    let mut pending = vec![0; (published - released) as usize];
    let ring_offset = released % ring_bytes;
    let first = pending.len().min((ring_bytes - ring_offset) as usize);
    let (to_end, from_start) = pending.split_at_mut(first);
    file.read_exact_at(to_end, HEADER_BYTES as u64 + ring_offset).map_err(failed)?;
    file.read_exact_at(from_start, HEADER_BYTES as u64).map_err(failed)?;
    Ok((TailCopy { pending, ring_offset, ring_bytes }, None))
}

/// Opens without following a link and only what is ours: `/dev/shm` is open to everybody.
fn open_own(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32)
        .open(path)?;
    if file.metadata()?.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to another user"));
    }
    Ok(file)
}

/// Locks the tail's file against a copy of this store.
fn lock(file: &File, path: &Path) -> Result<(), OpenError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked {
            path: path.to_path_buf(),
            holder: " by the server of a copy of this store".to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(IoError::new("lock", path, error).into()),
    }
}

/// Where a new tail should be: as asked, else in shared memory, else in the store.
fn wanted(dir: &Path, tail_dir: Option<&Path>, store_id: StoreId) -> PathBuf {
    let named = |parent: &Path| parent.join(format!("ringpit-{store_id}.rpt"));
    match tail_dir {
        Some(chosen) if same_place(chosen, dir) => dir.join(TAIL_NAME),
        Some(chosen) => named(&std::path::absolute(chosen).unwrap_or(chosen.to_path_buf())),
        None if filesystem::is_tmpfs(Path::new(SHARED_MEMORY)) => named(Path::new(SHARED_MEMORY)),
        None => dir.join(TAIL_NAME),
    }
}

fn same_place(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// Makes the tail anew, empty, in the place of any old one. Everything pending must be durable in
/// the segments.
pub(crate) fn renew(
    dir: &Path,
    tail_dir: Option<&Path>,
    store_id: StoreId,
    ring_bytes: u64,
    warnings: &mut Vec<String>,
) -> Result<(Tail, TailHome), OpenError> {
    if let Some(old) = find(dir, tail_dir, store_id)? {
        drop(lock_existing(&old)?);
        std::fs::remove_file(&old).map_err(|error| IoError::new("remove", &old, error))?;
    }
    let link = dir.join(TAIL_NAME);
    let place = wanted(dir, tail_dir, store_id);
    if place.exists() {
        // Not the tail that was taken over: it must not be another server's.
        drop(lock_existing(&place)?);
    }
    match create(&place, store_id, ring_bytes) {
        Ok(file) => finish(dir, place, file, ring_bytes),
        Err(error) if tail_dir.is_none() && place != link => {
            // Shared memory can be small, as in a container.
            warnings.push(format!(
                "no room for the tail in {SHARED_MEMORY} ({error}); it is in the store, where \
                 each input can wait for the disk's writeback"
            ));
            let file = create(&link, store_id, ring_bytes)
                .map_err(|error| IoError::new("create tail", &link, error))?;
            finish(dir, link, file, ring_bytes)
        }
        Err(error) => Err(IoError::new("create tail", &place, error).into()),
    }
}

/// A zero-filled file with a tail's header, locked, under its name.
fn create(place: &Path, store_id: StoreId, ring_bytes: u64) -> io::Result<File> {
    let temporary = place.with_extension("rpt.tmp");
    remove_if_there(&temporary)?;
    let mut file =
        OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&temporary)?;
    let filled = (|| {
        file.write_all(&format::encode_tail_header(store_id, ring_bytes))?;
        let zeros = vec![0; 1 << 20];
        let mut left = ring_bytes;
        while left > 0 {
            let piece = left.min(zeros.len() as u64);
            file.write_all(&zeros[..piece as usize])?;
            left -= piece;
        }
        std::fs::rename(&temporary, place)
    })();
    if let Err(error) = filled {
        remove_if_there(&temporary)?;
        return Err(error);
    }
    Ok(file)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Locks and maps the new tail, and leads `tail.rpt` to it.
fn finish(
    dir: &Path,
    place: PathBuf,
    file: File,
    ring_bytes: u64,
) -> Result<(Tail, TailHome), OpenError> {
    lock(&file, &place)?;
    let region = Region::map(&file).map_err(|error| IoError::new("map", &place, error))?;
    let link = dir.join(TAIL_NAME);
    let mut paths = vec![place.clone()];
    if place != link {
        remove_if_there(&link)
            .and_then(|()| std::os::unix::fs::symlink(&place, &link))
            .map_err(|error| IoError::new("link tail at", &link, error))?;
        paths.push(link);
    }
    Ok((Tail::new(region, ring_bytes), TailHome { paths, _file: Some(file) }))
}
