//! The data directory itself: its lock and its format.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use attempt_ledger_system::disk::Disk;
use attempt_ledger_system::durable_file;
use serde::Deserialize;

use super::error::OpenError;
use super::layout::{FORMAT, LogLayout};

#[derive(Deserialize)]
struct FormatFile {
    format: u64,
}

/// Creates the directory where needed, locks it, and checks its format. The lock lasts as long as the file.
pub(super) fn enter(layout: &LogLayout, disk: &dyn Disk) -> Result<File, OpenError> {
    let log = layout.log();
    let is_new = !log.exists();
    fs::create_dir_all(&log).map_err(OpenError::io(&log))?;
    let lock_path = layout.lock();
    let lock = File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(&lock_path)
        .map_err(OpenError::io(&lock_path))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(OpenError::InUse { directory: layout.root.clone() });
        }
        Err(TryLockError::Error(source)) => {
            return Err(OpenError::Io { file: lock_path, source });
        }
    }
    check_format(&layout.format(), disk)?;
    if is_new {
        sync_names(&layout.root, disk)?;
    }
    Ok(lock)
}

/// A new data directory must itself survive a power cut, so its parent is synced too.
fn sync_names(root: &Path, disk: &dyn Disk) -> Result<(), OpenError> {
    disk.sync_directory(root).map_err(OpenError::io(root))?;
    let absolute = fs::canonicalize(root).map_err(OpenError::io(root))?;
    match absolute.parent() {
        Some(parent) => disk.sync_directory(parent).map_err(OpenError::io(parent)),
        None => Ok(()),
    }
}

fn check_format(path: &Path, disk: &dyn Disk) -> Result<(), OpenError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text = format!("{{\"format\":{FORMAT}}}\n");
            return durable_file::replace(disk, path, text.as_bytes()).map_err(OpenError::io(path));
        }
        Err(error) => return Err(OpenError::io(path)(error)),
    };
    match serde_json::from_slice::<FormatFile>(&bytes) {
        Ok(FormatFile { format: FORMAT }) => Ok(()),
        Ok(FormatFile { format }) if format > FORMAT => {
            Err(OpenError::Newer { file: path.to_owned(), found: format })
        }
        Ok(FormatFile { format }) => Err(unreadable(path, &format!("there is no format {format}"))),
        Err(error) => Err(unreadable(path, &format!("it does not parse ({error})"))),
    }
}

fn unreadable(path: &Path, reason: &str) -> OpenError {
    let reason = format!("{reason}; it may be deleted when no later release was ever used here");
    OpenError::Damaged { file: path.to_owned(), offset: 0, reason }
}
