//! The file operations that decide durability, behind a trait so that tests can make each of them fail.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// What durable storage asks of the file system. One virtual call per group of appends costs nothing.
pub trait Disk: Send + Sync {
    /// Opens a file that is there, for reading and, where this disk is written to, for writing.
    ///
    /// # Errors
    /// The file system's.
    fn open(&self, path: &Path) -> io::Result<File>;
    /// Creates an empty file for reading and writing; one left over from a failed attempt is emptied.
    ///
    /// # Errors
    /// The file system's.
    fn create(&self, path: &Path) -> io::Result<File>;
    /// Writes all bytes at an offset.
    ///
    /// # Errors
    /// The file system's; some of the bytes may be written.
    fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Makes a file's bytes, and what is needed to read them, durable.
    ///
    /// # Errors
    /// The file system's; afterwards it is unknown what the disk holds.
    fn sync(&self, file: &File) -> io::Result<()>;
    /// Cuts a file.
    ///
    /// # Errors
    /// The file system's.
    fn truncate(&self, file: &File, length: u64) -> io::Result<()>;
    /// Makes the names in a directory durable.
    ///
    /// # Errors
    /// The file system's; afterwards it is unknown which names the disk holds.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;
    /// Gives a file its final name, replacing what has it.
    ///
    /// # Errors
    /// The file system's.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    ///
    /// # Errors
    /// The file system's.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The real file system.
#[derive(Debug)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn open(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).open(path)
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)
    }

    fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        file.write_all_at(bytes, offset)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    fn truncate(&self, file: &File, length: u64) -> io::Result<()> {
        file.set_len(length)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}
