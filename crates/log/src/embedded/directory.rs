//! The data directory itself: its lock, its format, and whether a log was here before.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use attempt_ledger_domain::Position;
use attempt_ledger_system::disk::Disk;
use attempt_ledger_system::durable_file;
use serde::Deserialize;

use super::error::OpenError;
use super::evidence::{Evidence, Witness};
use super::index_recovery::index_witness;
use super::layout::{FORMAT, LogLayout};
use super::options::EmbeddedOptions;

#[derive(Deserialize)]
struct FormatFile {
    format: u64,
}

/// Creates the directory where needed, locks it, and checks its format. The lock lasts as long as the file.
pub(super) fn enter(
    layout: &LogLayout,
    options: &EmbeddedOptions,
    disk: &dyn Disk,
) -> Result<File, OpenError> {
    let root = &layout.root;
    fs::create_dir_all(root).map_err(OpenError::io(root))?;
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
    let format = read_format(&layout.format())?;
    let log = layout.log();
    let is_new = !log.exists();
    if !options.is_copy && !layout.has_segments() {
        let evidence = evidence_of_emptied(layout, options)?;
        if !evidence.witnesses.is_empty() {
            return Err(OpenError::Evidence(evidence));
        }
    }
    if is_new {
        fs::create_dir(&log).map_err(OpenError::io(&log))?;
        // Before FORMAT, which says that there is a log.
        sync_names(root, disk)?;
    }
    if format.is_none() {
        let (path, text) = (layout.format(), format!("{{\"format\":{FORMAT}}}\n"));
        durable_file::replace(disk, &path, text.as_bytes()).map_err(OpenError::io(&path))?;
    }
    Ok(lock)
}

/// What says that a directory without records had some. Changes nothing.
pub(super) fn evidence_of_emptied(
    layout: &LogLayout,
    options: &EmbeddedOptions,
) -> Result<Evidence, OpenError> {
    let (format, log) = (layout.format(), layout.log());
    let mut witnesses = Vec::new();
    if read_format(&format)?.is_some() && !log.exists() {
        let name = format!("{} says that a log was begun here", format.display());
        witnesses.push(Witness { name, position: None });
    }
    witnesses.extend(index_witness(layout, options));
    Ok(Evidence { log, head: Position(0), witnesses })
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

/// What the file says; `None` where there is none.
fn read_format(path: &Path) -> Result<Option<FormatFile>, OpenError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(OpenError::io(path)(error)),
    };
    match serde_json::from_slice::<FormatFile>(&bytes) {
        Ok(read) if read.format == FORMAT => Ok(Some(read)),
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
