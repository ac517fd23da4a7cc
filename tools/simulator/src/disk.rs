//! The virtual disk: the journal's own faulty disk in memory, and a power switch that ends
//! everything at the chosen call.
//!
//! Once the switch is off every call fails, as if nobody were there to make it; what the calls
//! before had written is torn by [`MemStorage::crash`] or kept by [`MemStorage::restart`].

use ringpit_journal::mem::MemStorage;
use ringpit_journal::{SegmentMap, Storage, StorageFile};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts calls, and ends at one of them.
#[derive(Debug, Default)]
struct Switch {
    calls: u64,
    off_at: Option<u64>,
    is_off: bool,
}

/// See the module. Clones share the disk and the switch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    memory: MemStorage,
    switch: Arc<Mutex<Switch>>,
}

impl Disk {
    pub(crate) fn over(memory: MemStorage) -> Self {
        Self { memory, switch: Arc::default() }
    }

    pub(crate) fn memory(&self) -> &MemStorage {
        &self.memory
    }

    fn switch(&self) -> MutexGuard<'_, Switch> {
        self.switch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything ends within the call after so many more.
    pub(crate) fn end_after(&self, calls: u64) {
        let mut switch = self.switch();
        switch.off_at = Some(switch.calls + 1 + calls);
    }

    /// Nothing ends any more.
    pub(crate) fn stay(&self) {
        self.switch().off_at = None;
    }

    /// Whether the chosen call was made.
    pub(crate) fn is_off(&self) -> bool {
        self.switch().is_off
    }

    /// A call is made; gives whether it is the last one, of which half happens.
    fn call(&self) -> io::Result<bool> {
        let mut switch = self.switch();
        if switch.is_off {
            return Err(gone());
        }
        switch.calls += 1;
        if switch.off_at == Some(switch.calls) {
            switch.is_off = true;
            return Ok(true);
        }
        Ok(false)
    }

    /// A call of which nothing happens when it is the last.
    fn whole_call(&self) -> io::Result<()> {
        if self.call()? { Err(gone()) } else { Ok(()) }
    }

    fn file(&self, file: Box<dyn StorageFile>) -> Box<dyn StorageFile> {
        Box::new(OpenFile { file, disk: self.clone() })
    }
}

fn gone() -> io::Error {
    io::Error::other("the power is off")
}

impl Storage for Disk {
    fn list(&self) -> io::Result<Vec<String>> {
        self.whole_call()?;
        self.memory.list()
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        self.whole_call()?;
        self.memory.create(name).map(|file| self.file(file))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        self.whole_call()?;
        self.memory.open(name).map(|file| self.file(file))
    }

    fn open_read(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        self.whole_call()?;
        self.memory.open_read(name).map(|file| self.file(file))
    }

    fn map(&self, name: &str) -> io::Result<SegmentMap> {
        self.whole_call()?;
        self.memory.map(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.whole_call()?;
        self.memory.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.whole_call()?;
        self.memory.remove(name)
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.whole_call()?;
        self.memory.sync_dir()
    }

    fn path(&self) -> PathBuf {
        self.memory.path()
    }
}

struct OpenFile {
    file: Box<dyn StorageFile>,
    disk: Disk,
}

impl StorageFile for OpenFile {
    fn len(&self) -> io::Result<u64> {
        self.disk.whole_call()?;
        self.file.len()
    }

    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        self.disk.whole_call()?;
        self.file.read_at(buffer, at)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<usize> {
        if self.disk.call()? {
            self.file.write_at(&bytes[..bytes.len() / 2], at)?;
            return Err(gone());
        }
        self.file.write_at(bytes, at)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.whole_call()?;
        self.file.sync_data()
    }
}
