//! A disk that is left as it lies: for directories that are only read.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::disk::Disk;

/// Reads files and changes none. What would be written goes to a file without a name, what would be cut,
/// renamed, removed or synced stays as it is, so that opening a directory goes the same way as ever.
#[derive(Debug)]
pub struct StillDisk;

impl Disk for StillDisk {
    fn open(&self, path: &Path) -> io::Result<File> {
        File::open(path)
    }

    fn create(&self, _: &Path) -> io::Result<File> {
        tempfile::tempfile()
    }

    fn write_at(&self, _: &File, _: &[u8], _: u64) -> io::Result<()> {
        Ok(())
    }

    fn sync(&self, _: &File) -> io::Result<()> {
        Ok(())
    }

    fn truncate(&self, _: &File, _: u64) -> io::Result<()> {
        Ok(())
    }

    fn sync_directory(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn remove(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable_file::replace;

    #[test]
    fn nothing_that_is_done_to_a_still_disk_is_seen_in_the_directory() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("MARK");
        std::fs::write(&path, b"old").expect("it is written");
        replace(&StillDisk, &path, b"new").expect("it goes its way");
        let file = StillDisk.open(&path).expect("it opens");
        StillDisk.truncate(&file, 0).expect("it goes its way");
        StillDisk.remove(&path).expect("it goes its way");
        assert_eq!(std::fs::read(&path).expect("it reads"), b"old");
        assert_eq!(std::fs::read_dir(directory.path()).expect("it reads").count(), 1);
    }
}
