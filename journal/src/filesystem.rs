//! What the filesystem is known to do, and what it means for the journal.

use std::fs::File;
use std::path::Path;

/// A tmpfs by its magic number.
const TMPFS: u64 = 0x0102_1994;

/// Filesystems that an operator should know about, by magic number.
const NAMED: &[(u64, &str, &str)] = &[
    (0x9123_683E, "btrfs", COPY_ON_WRITE),
    (0x2FC1_2FC1, "zfs", COPY_ON_WRITE),
    (0xCA45_1A4E, "bcachefs", COPY_ON_WRITE),
    (0xF2F5_2010, "f2fs", COPY_ON_WRITE),
    (0x794C_7630, "overlayfs", "a layer of copies: its flushes are those of the filesystem below"),
    (TMPFS, "tmpfs", "memory: nothing here survives a power cut or reboot"),
    (0x8584_58F6, "ramfs", "memory: nothing here survives a power cut or reboot"),
    (0x6969, "nfs", "a network filesystem: locks and flushes are what its server makes of them"),
    (
        0xFE53_4D42,
        "smb",
        "a network filesystem: locks and flushes are what its server makes of them",
    ),
    (0x6573_5546, "fuse", "a program: flushes are what it makes of them"),
];

const COPY_ON_WRITE: &str = "it copies (and may compress) on write: preallocated space promises \
                             nothing there, flushes are slower, and a full disk can stop the server";

fn magic(path: &Path) -> Option<u64> {
    let file = File::open(path).ok()?;
    let facts = rustix::fs::fstatfs(&file).ok()?;
    // Kernels give magic numbers as signed or unsigned words; only the low 32 bits are set.
    Some(facts.f_type as u64 & 0xFFFF_FFFF)
}

/// A sentence of warning if the filesystem at `path` is one to know about.
pub(crate) fn warning(path: &Path) -> Option<String> {
    let magic = magic(path)?;
    let (_, name, what) = NAMED.iter().find(|(number, _, _)| *number == magic)?;
    Some(format!("{} is on {name}: {what}", path.display()))
}

/// Whether `path` is a directory in memory.
pub(crate) fn is_tmpfs(path: &Path) -> bool {
    magic(path) == Some(TMPFS)
}
