//! The seam to the disk: the few calls the segments need, and the real directory behind them.
//!
//! Everything that must survive a power cut goes through [`Storage`], so that tests and simulators
//! can tear, reorder, fail and fill it (see [`crate::mem`]). The tail does not: it is memory.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::raw::SegmentMap;

/// A directory of files.
pub trait Storage: Send + Sync {
    /// Names of all files, in any order.
    fn list(&self) -> io::Result<Vec<String>>;
    /// A new, empty file for reading and writing; an error if the name is taken.
    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>>;
    /// An existing file for reading and writing.
    fn open(&self, name: &str) -> io::Result<Box<dyn StorageFile>>;
    /// An existing file for reading.
    fn open_read(&self, name: &str) -> io::Result<Box<dyn StorageFile>>;
    /// An existing file's bytes for random reading.
    fn map(&self, name: &str) -> io::Result<SegmentMap>;
    /// Gives a file a new name, replacing none.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes names durable.
    fn sync_dir(&self) -> io::Result<()>;
    /// The directory, for messages.
    fn path(&self) -> PathBuf;
}

/// One open file.
pub trait StorageFile: Send {
    /// Its length in bytes.
    fn len(&self) -> io::Result<u64>;
    /// Whether it has no bytes.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
    /// Reads up to `buffer.len()` bytes; fewer only at the end of the file.
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize>;
    /// Writes bytes, possibly fewer than given; the journal takes a short write for a failure.
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<usize>;
    /// Makes the content durable (fdatasync). After an error nothing may be taken for durable, and
    /// a second try proves nothing.
    fn sync_data(&self) -> io::Result<()>;
}

/// Writes all of `bytes`. A short write is an error: the next one could be shorter still, and the
/// reason (disk full, file size limit) is worth naming at once.
pub(crate) fn write_whole(file: &dyn StorageFile, bytes: &[u8], at: u64) -> io::Result<()> {
    let written = file.write_at(bytes, at)?;
    if written == bytes.len() {
        return Ok(());
    }
    let text = format!(
        "short write: {written} of {} bytes at offset {at} (disk full or file size limit)",
        bytes.len()
    );
    Err(io::Error::new(io::ErrorKind::WriteZero, text))
}

/// Reads the whole segment into `buffer`, replacing what it held. Of a file that is longer than any
/// segment, no more than shows that it is.
pub(crate) fn read_whole(file: &dyn StorageFile, buffer: &mut Vec<u8>) -> io::Result<()> {
    let len = file.len()?.min(crate::limits::SEGMENT_BYTES_MAX + 1);
    let len = usize::try_from(len).map_err(io::Error::other)?;
    buffer.resize(len, 0);
    let mut done = 0;
    while done < len {
        // In pieces, so that a page once read is still in the CPU's cache when it is copied.
        let piece = (len - done).min(1 << 20);
        let read = file.read_at(&mut buffer[done..done + piece], done as u64)?;
        if read == 0 {
            // Shortened meanwhile: what is there is judged against the header's length.
            buffer.truncate(done);
            return Ok(());
        }
        done += read;
    }
    Ok(())
}

/// A real directory.
#[derive(Debug)]
pub struct DirStorage {
    path: PathBuf,
}

impl DirStorage {
    /// The directory at `path`, which must exist.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_path_buf() }
    }
}

impl Storage for DirStorage {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            // A name that is not UTF-8 is not one of ours.
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        let path = self.path.join(name);
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
        Ok(Box::new(file))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        let file = OpenOptions::new().read(true).write(true).open(self.path.join(name))?;
        Ok(Box::new(file))
    }

    fn open_read(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        Ok(Box::new(File::open(self.path.join(name))?))
    }

    fn map(&self, name: &str) -> io::Result<SegmentMap> {
        SegmentMap::map(&File::open(self.path.join(name))?)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        if self.path.join(to).exists() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{to} exists")));
        }
        std::fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.path.join(name))
    }

    fn sync_dir(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }

    fn path(&self) -> PathBuf {
        self.path.clone()
    }
}

impl StorageFile for File {
    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        loop {
            match FileExt::read_at(self, buffer, at) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<usize> {
        FileExt::write_at(self, bytes, at)
    }

    fn sync_data(&self) -> io::Result<()> {
        File::sync_data(self)
    }
}
