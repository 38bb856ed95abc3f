//! A directory for what one process needs for a while. It goes with its holder; that of a process that was
//! killed goes when the next one of its kind begins.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use tempfile::TempDir;

/// How names begin where others keep their files, too: what is swept there must be ours beyond doubt.
const PREFIX: &str = ".attempt-ledger-scratch-";
/// How many random characters follow.
const RANDOM_CHARACTERS: usize = 8;

/// A directory that is removed when this is dropped.
#[derive(Debug)]
pub struct ScratchDirectory {
    directory: TempDir,
    /// Locked for as long as the process lives: that is how others see that it is in use.
    _lock: File,
}

impl ScratchDirectory {
    /// Creates a directory in `parent` whose name begins with `prefix`, and removes those of processes that
    /// are gone.
    ///
    /// # Errors
    /// The file system's, with the name of `parent`.
    pub fn begin(parent: &Path, prefix: &str) -> io::Result<Self> {
        Self::sweep(parent, prefix);
        let begun = || loop {
            let mut builder = tempfile::Builder::new();
            let directory = builder.prefix(prefix).rand_bytes(RANDOM_CHARACTERS).tempdir_in(parent)?;
            // Another process may sweep it before it is locked.
            let Ok(lock) = File::open(directory.path()) else { continue };
            lock.lock()?;
            if directory.path().is_dir() {
                return Ok(Self { directory, _lock: lock });
            }
        };
        begun().map_err(|error: io::Error| {
            let text = format!(
                "no directory for temporary files can be made in {}: {error}; hint: make space there, or \
                 make it writable",
                parent.display()
            );
            io::Error::new(error.kind(), text)
        })
    }

    /// Creates one where the system keeps temporary files.
    ///
    /// # Errors
    /// The file system's.
    pub fn of_the_system() -> io::Result<Self> {
        Self::begin(&std::env::temp_dir(), PREFIX)
    }

    /// Removes the directories of processes that are gone. What cannot be removed stays for the next sweep.
    pub fn sweep(parent: &Path, prefix: &str) {
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let is_scratch = name.as_encoded_bytes().starts_with(prefix.as_bytes())
                && name.len() == prefix.len() + RANDOM_CHARACTERS;
            if is_scratch && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                let path = entry.path();
                if File::open(&path).is_ok_and(|lock| lock.try_lock().is_ok()) {
                    let _ = fs::remove_dir_all(&path);
                }
            }
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_of_others_that_are_gone_are_swept_and_those_in_use_are_not() {
        let parent = tempfile::tempdir().expect("a directory");
        let gone = parent.path().join("scratch-12345678");
        let other = parent.path().join("scratch-of-somebody-else");
        let file = parent.path().join("scratch-abcdefgh");
        fs::create_dir_all(gone.join("deep")).expect("it is made");
        fs::create_dir(&other).expect("it is made");
        fs::write(&file, "kept").expect("it is written");
        let first = ScratchDirectory::begin(parent.path(), "scratch-").expect("it begins");
        assert!(!gone.exists() && other.exists() && file.exists());
        let second = ScratchDirectory::begin(parent.path(), "scratch-").expect("it begins");
        assert!(first.path().is_dir() && second.path().is_dir() && first.path() != second.path());
        let path = second.path().to_owned();
        drop(second);
        assert!(first.path().is_dir() && !path.exists());
    }

    #[test]
    fn a_parent_that_takes_nothing_is_named() {
        let error =
            ScratchDirectory::begin(Path::new("/proc/nothing"), "scratch-").expect_err("no such place");
        assert!(
            error.to_string().contains("/proc/nothing") && error.to_string().contains("hint: "),
            "{error}"
        );
    }
}
