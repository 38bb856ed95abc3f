//! Files without a name: what is written to one that is never linked is gone with the process, however that
//! ends.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat};
use rustix::io::Errno;

/// Creates a file for reading and writing on the file system of a directory. `None` where the kernel or the
/// file system has no such files, as NFS.
///
/// # Errors
/// The file system's.
pub fn create(directory: &Path, mode: u32) -> io::Result<Option<File>> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    match rustix::fs::open(directory, flags, Mode::from_raw_mode(mode)) {
        Ok(unnamed) => Ok(Some(File::from(unnamed))),
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Gives such a file a name that nothing has.
///
/// # Errors
/// The file system's; [`io::ErrorKind::AlreadyExists`] when something has the name.
pub fn link(unnamed: &File, path: &Path) -> io::Result<()> {
    let descriptor = format!("/proc/self/fd/{}", unnamed.as_raw_fd());
    Ok(linkat(CWD, descriptor, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}
