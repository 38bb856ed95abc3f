//! Puts files out of the way without losing them: what may be evidence is renamed, never deleted.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use attempt_ledger_domain::UnixMillis;

use crate::durable_file::directory_of;

/// Renames a file or directory to `NAME.aside-MILLISECONDS` in its directory, durably. Returns the new path;
/// `None` where there is nothing.
///
/// # Errors
/// The file system's; then the old name stays.
pub fn set_aside(path: &Path, now: UnixMillis) -> io::Result<Option<PathBuf>> {
    let mut name = OsString::from(path.as_os_str());
    name.push(format!(".aside-{}", now.0));
    let aside = PathBuf::from(name);
    match fs::rename(path, &aside) {
        Ok(()) => {
            fs::File::open(directory_of(path))?.sync_all()?;
            Ok(Some(aside))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_set_aside_keeps_what_it_holds_under_a_name_with_the_time() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("models");
        assert_eq!(set_aside(&path, UnixMillis(7)).expect("nothing to do"), None);
        fs::create_dir(&path).expect("it is made");
        fs::write(path.join("file"), "rows").expect("it is written");
        let aside = set_aside(&path, UnixMillis(7)).expect("it is renamed").expect("it was there");
        assert_eq!(aside, directory.path().join("models.aside-7"));
        assert!(!path.exists());
        assert_eq!(fs::read_to_string(aside.join("file")).expect("it reads"), "rows");
    }
}
