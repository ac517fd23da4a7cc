//! A disk in memory that can lose power, tear, reorder, fail and fill up: for tests and simulators.
//!
//! What is written is seen at once by reads, as through a page cache, and reaches the "disk" with a
//! flush. [`MemStorage::crash`] keeps any part of what was not flushed. A failed flush of a file
//! behaves as Linux does: what was pending stays in the cache, is not on the disk, and the next flush
//! succeeds without writing it. (Names are the filesystem's own and are not forgotten that way: a
//! failed flush of the directory leaves them pending.)

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::raw::SegmentMap;
use crate::storage::{Storage, StorageFile};

/// See the module. Clones share the disk.
#[derive(Clone, Debug, Default)]
pub struct MemStorage {
    disk: Arc<Mutex<Disk>>,
}

#[derive(Clone, Debug, Default)]
struct Disk {
    nodes: Vec<Node>,
    /// Names as processes see them.
    names: BTreeMap<String, usize>,
    /// Names after a power cut.
    durable_names: BTreeMap<String, usize>,
    pending_names: Vec<NameChange>,
    faults: Faults,
    counts: Counts,
}

#[derive(Clone, Debug, Default)]
struct Node {
    cache: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<(usize, Vec<u8>)>,
}

#[derive(Clone, Debug)]
enum NameChange {
    Set(String, usize),
    Rename(String, String),
    Remove(String),
}

/// What shall fail. Calls are counted from the making of the storage, the first is 1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// This flush (of a file or the directory) fails.
    pub fail_sync: Option<u64>,
    /// This write fails.
    pub fail_write: Option<u64>,
    /// This write writes only half of what it was given.
    pub short_write: Option<u64>,
    /// Bytes that all files together may have; what goes beyond is a short write or an error.
    pub capacity_bytes: Option<u64>,
}

/// How often calls were made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Flushes of files and of the directory.
    pub syncs: u64,
    /// Writes.
    pub writes: u64,
}

fn apply(names: &mut BTreeMap<String, usize>, change: &NameChange) {
    match change {
        NameChange::Set(name, node) => {
            names.insert(name.clone(), *node);
        }
        NameChange::Rename(from, to) => {
            if let Some(node) = names.remove(from) {
                names.insert(to.clone(), node);
            }
        }
        NameChange::Remove(name) => {
            names.remove(name);
        }
    }
}

fn put(content: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if content.len() < at + bytes.len() {
        content.resize(at + bytes.len(), 0);
    }
    content[at..at + bytes.len()].copy_from_slice(bytes);
}

impl MemStorage {
    /// An empty disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        match self.disk.lock() {
            Ok(disk) => disk,
            Err(poisoned) => poisoned.into_inner(),
        }
    }

    /// What shall fail from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.disk().faults = faults;
    }

    /// How often calls were made.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.disk().counts
    }

    /// The same disk and page cache for a new process, without faults: the old process was killed.
    #[must_use]
    pub fn restart(&self) -> Self {
        let mut disk = self.disk().clone();
        disk.faults = Faults::default();
        disk.counts = Counts::default();
        Self { disk: Arc::new(Mutex::new(disk)) }
    }

    /// The disk after a power cut. Of each write that was not flushed, each piece of
    /// `sector_bytes` is on the disk if `keep` says so; changes of names are kept in order up to
    /// the first that `keep` refuses.
    #[must_use]
    pub fn crash(&self, sector_bytes: usize, keep: &mut dyn FnMut() -> bool) -> Self {
        assert!(sector_bytes > 0, "a sector has bytes");
        let before = self.disk();
        let mut disk = Disk { durable_names: before.durable_names.clone(), ..Disk::default() };
        for node in &before.nodes {
            let mut content = node.durable.clone();
            for (at, bytes) in &node.pending {
                let mut done = 0;
                while done < bytes.len() {
                    let here = at + done;
                    let piece = (sector_bytes - here % sector_bytes).min(bytes.len() - done);
                    if keep() {
                        put(&mut content, here, &bytes[done..done + piece]);
                    }
                    done += piece;
                }
            }
            disk.nodes.push(Node { cache: content.clone(), durable: content, pending: vec![] });
        }
        for change in &before.pending_names {
            if !keep() {
                break;
            }
            apply(&mut disk.durable_names, change);
        }
        disk.names = disk.durable_names.clone();
        Self { disk: Arc::new(Mutex::new(disk)) }
    }

    /// Changes a file behind everybody's back, in the cache and on the disk; `false` if there is
    /// no such file.
    pub fn corrupt(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> bool {
        let mut disk = self.disk();
        let Some(node) = disk.names.get(name).copied() else { return false };
        let node = &mut disk.nodes[node];
        change(&mut node.cache);
        node.durable = node.cache.clone();
        node.pending.clear();
        true
    }

    /// Bytes that all files together have, as [`Faults::capacity_bytes`] counts them.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.disk().used_bytes() as u64
    }

    /// A file's content as processes see it.
    #[must_use]
    pub fn content(&self, name: &str) -> Option<Vec<u8>> {
        let disk = self.disk();
        disk.names.get(name).map(|node| disk.nodes[*node].cache.clone())
    }
}

fn missing(name: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("no file {name}"))
}

impl Disk {
    fn change_name(&mut self, change: NameChange) {
        apply(&mut self.names, &change);
        self.pending_names.push(change);
    }

    /// Counts a flush; an error if it is the one to fail.
    fn count_sync(&mut self) -> io::Result<()> {
        self.counts.syncs += 1;
        if self.faults.fail_sync == Some(self.counts.syncs) {
            return Err(io::Error::other("injected failure of a flush"));
        }
        Ok(())
    }

    fn used_bytes(&self) -> usize {
        self.nodes.iter().map(|node| node.cache.len()).sum()
    }

    /// How many of `len` bytes a write at `at` may write.
    fn writable(&mut self, node: usize, len: usize, at: usize) -> io::Result<usize> {
        self.counts.writes += 1;
        if self.faults.fail_write == Some(self.counts.writes) {
            return Err(io::Error::other("injected failure of a write"));
        }
        let is_short = self.faults.short_write == Some(self.counts.writes);
        let allowed = if is_short { len / 2 } else { len };
        let Some(capacity) = self.faults.capacity_bytes else { return Ok(allowed) };
        let free =
            usize::try_from(capacity).unwrap_or(usize::MAX).saturating_sub(self.used_bytes());
        let inside = self.nodes[node].cache.len().saturating_sub(at);
        match allowed.min(inside + free) {
            0 if len > 0 => Err(io::Error::from(io::ErrorKind::StorageFull)),
            some => Ok(some),
        }
    }
}

impl Storage for MemStorage {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.disk().names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        let mut disk = self.disk();
        if disk.names.contains_key(name) {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{name} exists")));
        }
        let node = disk.nodes.len();
        disk.nodes.push(Node::default());
        disk.change_name(NameChange::Set(name.to_owned(), node));
        Ok(Box::new(MemFile { storage: self.clone(), node }))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        let node = self.disk().names.get(name).copied().ok_or_else(|| missing(name))?;
        Ok(Box::new(MemFile { storage: self.clone(), node }))
    }

    fn open_read(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        self.open(name)
    }

    fn map(&self, name: &str) -> io::Result<SegmentMap> {
        self.content(name).map(SegmentMap::copied).ok_or_else(|| missing(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut disk = self.disk();
        if !disk.names.contains_key(from) {
            return Err(missing(from));
        }
        if disk.names.contains_key(to) {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{to} exists")));
        }
        disk.change_name(NameChange::Rename(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut disk = self.disk();
        if !disk.names.contains_key(name) {
            return Err(missing(name));
        }
        disk.change_name(NameChange::Remove(name.to_owned()));
        Ok(())
    }

    fn sync_dir(&self) -> io::Result<()> {
        let mut disk = self.disk();
        disk.count_sync()?;
        for change in std::mem::take(&mut disk.pending_names) {
            apply(&mut disk.durable_names, &change);
        }
        Ok(())
    }

    fn path(&self) -> PathBuf {
        PathBuf::from("memory")
    }
}

struct MemFile {
    storage: MemStorage,
    node: usize,
}

impl StorageFile for MemFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.storage.disk().nodes[self.node].cache.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let disk = self.storage.disk();
        let cache = &disk.nodes[self.node].cache;
        let at = usize::try_from(at).map_err(io::Error::other)?.min(cache.len());
        let len = buffer.len().min(cache.len() - at);
        buffer[..len].copy_from_slice(&cache[at..at + len]);
        Ok(len)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<usize> {
        let mut disk = self.storage.disk();
        let at = usize::try_from(at).map_err(io::Error::other)?;
        let len = disk.writable(self.node, bytes.len(), at)?;
        let node = &mut disk.nodes[self.node];
        put(&mut node.cache, at, &bytes[..len]);
        node.pending.push((at, bytes[..len].to_vec()));
        Ok(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut disk = self.storage.disk();
        let result = disk.count_sync();
        let node = &mut disk.nodes[self.node];
        let pending = std::mem::take(&mut node.pending);
        if result.is_ok() {
            for (at, bytes) in &pending {
                put(&mut node.durable, *at, bytes);
            }
        }
        result
    }
}
