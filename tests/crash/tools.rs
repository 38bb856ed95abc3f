//! Directories, and what lies in them.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::processes::printed;

/// A directory on the disk that the build uses, where an fsync takes its time.
pub fn slow_directory() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// A directory in memory where there is one: killing a process loses nothing that the kernel has taken, so
/// for kills and injected errors memory is as good as a disk, and faster.
pub fn fast_directory() -> TempDir {
    match TempDir::new_in("/dev/shm") {
        Ok(directory) => directory,
        Err(_) => slow_directory(),
    }
}

/// Copies a directory with its holes, so that preallocated files stay cheap.
pub fn copy_directory(from: &Path, to: &Path) {
    printed(Command::new("cp").args(["-a", "--sparse=always"]).arg(from).arg(to));
}

/// The files of a ledger's log whose names end so, in order.
pub fn log_files(data: &Path, suffix: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(data.join("log")) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.to_str().unwrap().ends_with(suffix));
    files.sort();
    files
}
