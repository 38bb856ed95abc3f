//! A file that gets its name when it is whole. Until then it has none, so that a process that is killed
//! leaves nothing behind.

use std::fs::{File, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use attempt_ledger_system::disk::{Disk as _, RealDisk};
use attempt_ledger_system::{durable_file, unnamed_file};
use tempfile::{Builder, TempPath};

/// Readable by whom the user lets read new files, like any other file.
const MODE: u32 = 0o666;

/// A file that is not whole yet. Dropped, it is gone, and what had its name before stays.
pub(super) struct AtomicFile {
    file: File,
    path: PathBuf,
    /// Where it lies on a file system that knows no files without a name, such as NFS.
    temporary: Option<TempPath>,
}

impl AtomicFile {
    pub(super) fn begin(path: &Path) -> anyhow::Result<Self> {
        let (file, temporary) = create_in(directory_of(path)?).with_context(|| path.display().to_string())?;
        let file = Self { file, path: path.to_owned(), temporary };
        // A kill in the moment between link and rename leaves this one.
        let _ = std::fs::remove_file(file.name_beside());
        Ok(file)
    }

    /// The name that it will get.
    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Gives it its name.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        self.publish().with_context(|| self.name())
    }

    fn publish(&mut self) -> std::io::Result<()> {
        if let Some(temporary) = self.temporary.take() {
            durable_file::publish(&RealDisk, &self.file, &temporary, &self.path)?;
            // The name beside is nobody's any more: what is left to do is not to remove it.
            return Ok(temporary.keep().map(drop)?);
        }
        let directory = durable_file::directory_of(&self.path);
        RealDisk.sync(&self.file)?;
        match unnamed_file::link(&self.file, &self.path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            linked => return linked.and_then(|()| RealDisk.sync_directory(directory)),
        }
        // A link replaces nothing, and a rename needs a name to begin with.
        let beside = self.name_beside();
        unnamed_file::link(&self.file, &beside)?;
        RealDisk.rename(&beside, &self.path).inspect_err(|_| {
            let _ = std::fs::remove_file(&beside);
        })?;
        RealDisk.sync_directory(directory)
    }

    fn name_beside(&self) -> PathBuf {
        let mut name = std::ffi::OsString::from(".");
        name.push(self.path.file_name().unwrap_or_default());
        name.push(".attempt-ledger");
        self.path.with_file_name(name)
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// A file without a name, or one with a name that goes with it.
fn create_in(directory: &Path) -> std::io::Result<(File, Option<TempPath>)> {
    if let Some(unnamed) = unnamed_file::create(directory, MODE)? {
        return Ok((unnamed, None));
    }
    let mut builder = Builder::new();
    let builder = builder.prefix(".attempt-ledger-").permissions(Permissions::from_mode(MODE));
    let (file, temporary) = builder.tempfile_in(directory)?.into_parts();
    Ok((file, Some(temporary)))
}

/// The directory of a file that is to get a name. A device, a pipe or a directory keeps its name.
pub(super) fn directory_of(path: &Path) -> anyhow::Result<&Path> {
    if path.metadata().is_ok_and(|there| !there.is_file()) {
        bail!("{} is not a file\nhint: name one that is not there yet, or one to replace", path.display());
    }
    Ok(durable_file::directory_of(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<std::ffi::OsString> {
        std::fs::read_dir(directory)
            .expect("it reads")
            .map(|entry| entry.expect("an entry").file_name())
            .collect()
    }

    #[test]
    fn an_unfinished_file_has_no_name_and_a_finished_one_only_its_own() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("out.csv");
        for text in ["one", "two"] {
            let before = names(directory.path());
            let mut file = AtomicFile::begin(&path).expect("it begins");
            file.write_all(text.as_bytes()).expect("it is written");
            assert_eq!(names(directory.path()), before, "{text}: nothing shows it yet");
            file.finish().expect("it is finished");
            assert_eq!(names(directory.path()), ["out.csv"]);
            assert_eq!(std::fs::read_to_string(&path).expect("it reads"), text);
        }
        assert!(AtomicFile::begin(directory.path()).is_err(), "a directory keeps its name");
    }

    #[test]
    fn what_a_kill_left_between_link_and_rename_goes_with_the_next_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("out.csv");
        std::fs::write(directory.path().join(".out.csv.attempt-ledger"), "left").expect("it is written");
        drop(AtomicFile::begin(&path).expect("it begins"));
        assert_eq!(names(directory.path()), [""; 0]);
    }
}
