//! The one way to replace a file: after a crash at any moment its name shows the old file or the new one,
//! whole.
//!
//! Only the embedded log's `DURABLE` is written in place instead: one line of fixed length, checked by its
//! checksum, that costs no sync.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::disk::Disk;

/// Creates or replaces a small file. The name is durable when this returns.
///
/// # Errors
/// The file system's; then the name shows the old file or the new one, and `{path}.tmp` may be left over,
/// which the next replacement overwrites.
pub fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = temporary_path(path);
    let file = disk.create(&temporary)?;
    disk.write_at(&file, bytes, 0)?;
    publish(disk, &file, &temporary, path)
}

/// Gives a file that was written in the same directory its name, replacing what has it. The name is durable
/// when this returns.
///
/// # Errors
/// The file system's; then the name shows the old file or the new one.
pub fn publish(disk: &dyn Disk, file: &File, temporary: &Path, path: &Path) -> io::Result<()> {
    disk.sync(file)?;
    disk.rename(temporary, path)?;
    disk.sync_directory(directory_of(path))
}

/// The directory that holds a file's name.
#[must_use]
pub fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Where a replacement lies until it is whole, and where a kill may leave it.
#[must_use]
pub fn temporary_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::disk::RealDisk;
    use crate::lock::take_over;

    /// Passes every call on, notes it, and fails the one with a given number.
    #[derive(Default)]
    struct NotingDisk {
        calls: Mutex<Vec<&'static str>>,
        fails_at: Option<usize>,
    }

    impl NotingDisk {
        fn note<T>(&self, call: &'static str, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
            let mut calls = take_over(self.calls.lock());
            calls.push(call);
            if self.fails_at == Some(calls.len() - 1) {
                return Err(io::Error::other("a planned failure"));
            }
            work()
        }
    }

    impl Disk for NotingDisk {
        fn open(&self, path: &Path) -> io::Result<File> {
            self.note("open", || RealDisk.open(path))
        }

        fn create(&self, path: &Path) -> io::Result<File> {
            self.note("create", || RealDisk.create(path))
        }

        fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
            self.note("write", || RealDisk.write_at(file, bytes, offset))
        }

        fn sync(&self, file: &File) -> io::Result<()> {
            self.note("sync", || RealDisk.sync(file))
        }

        fn truncate(&self, file: &File, length: u64) -> io::Result<()> {
            self.note("truncate", || RealDisk.truncate(file, length))
        }

        fn sync_directory(&self, path: &Path) -> io::Result<()> {
            self.note("sync directory", || RealDisk.sync_directory(path))
        }

        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.note("rename", || RealDisk.rename(from, to))
        }

        fn remove(&self, path: &Path) -> io::Result<()> {
            self.note("remove", || RealDisk.remove(path))
        }
    }

    const STEPS: [&str; 5] = ["create", "write", "sync", "rename", "sync directory"];

    #[test]
    fn a_replaced_file_is_durable_before_its_name_and_its_name_before_the_answer() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("MARK");
        let disk = NotingDisk::default();
        replace(&disk, &path, b"one").expect("it is replaced");
        assert_eq!(take_over(disk.calls.lock()).as_slice(), STEPS);
        replace(&disk, &path, b"two").expect("it is replaced");
        assert_eq!(std::fs::read(&path).expect("it reads"), b"two");
        assert_eq!(std::fs::read_dir(directory.path()).expect("it reads").count(), 1);
    }

    #[test]
    fn a_replacement_that_fails_at_any_step_says_so_and_leaves_a_whole_file() {
        for (fails_at, step) in STEPS.into_iter().enumerate() {
            let directory = tempfile::tempdir().expect("a directory");
            let path = directory.path().join("MARK");
            std::fs::write(&path, b"old").expect("it is written");
            let disk = NotingDisk { fails_at: Some(fails_at), ..NotingDisk::default() };
            assert!(replace(&disk, &path, b"new").is_err(), "{step}");
            let text = std::fs::read(&path).expect("it reads");
            assert_eq!(text, if step == "sync directory" { b"new" } else { b"old" }, "{step}");
            replace(&RealDisk, &path, b"next").expect("what is left over is in nobody's way");
        }
    }

    #[test]
    fn a_name_without_a_directory_lies_in_the_current_one() {
        assert_eq!(directory_of(Path::new("out.csv")), Path::new("."));
        assert_eq!(directory_of(Path::new("a/out.csv")), Path::new("a"));
    }
}
