//! A file that gets its name when it is whole; until then it lies beside under another.

use std::fs::{File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use attempt_ledger_system::disk::RealDisk;
use attempt_ledger_system::durable_file;
use tempfile::{Builder, NamedTempFile};

/// A file that is not whole yet. Dropped, it is gone, and what had its name before stays.
pub(super) struct AtomicFile {
    temporary: NamedTempFile,
    path: PathBuf,
}

impl AtomicFile {
    pub(super) fn begin(path: &Path) -> anyhow::Result<Self> {
        // Readable by whom the user lets read new files, like any other file.
        let mut builder = Builder::new();
        let builder = builder.prefix(".attempt-ledger-").permissions(Permissions::from_mode(0o666));
        let temporary =
            builder.tempfile_in(directory_of(path)?).with_context(|| path.display().to_string())?;
        Ok(Self { temporary, path: path.to_owned() })
    }

    /// The name that it will get.
    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Where it lies now.
    pub(super) fn temporary_path(&self) -> &Path {
        self.temporary.path()
    }

    pub(super) fn file(&self) -> &File {
        self.temporary.as_file()
    }

    /// Gives it its name.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        let temporary = self.temporary.path();
        durable_file::publish(&RealDisk, self.temporary.as_file(), temporary, &self.path)
            .with_context(|| self.path.display().to_string())?;
        // The name beside is nobody's any more: what is left to do is not to remove it.
        self.temporary.keep()?;
        Ok(())
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.temporary.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.temporary.flush()
    }
}

/// The directory of a file that is to get a name. A device, a pipe or a directory keeps its name.
pub(super) fn directory_of(path: &Path) -> anyhow::Result<&Path> {
    if path.metadata().is_ok_and(|there| !there.is_file()) {
        bail!("{} is not a file\nhint: name one that is not there yet, or one to replace", path.display());
    }
    Ok(durable_file::directory_of(path))
}
