//! The data directory itself: its lock, its format, and whether a log was here before.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use attempt_ledger_domain::Position;
use attempt_ledger_system::disk::Disk;
use tracing::debug;

use super::error::OpenError;
use super::evidence::{Evidence, Witness};
use super::format_file::DirectoryFormat;
use super::index_recovery::index_witness;
use super::layout::LogLayout;
use super::lineage_check::format_witness;
use super::options::EmbeddedOptions;

/// Creates the directory where needed, locks it, and reads its format. The locks last as long as the files.
pub(super) fn enter(
    layout: &LogLayout,
    options: &EmbeddedOptions,
    disk: &dyn Disk,
) -> Result<(Vec<File>, DirectoryFormat), OpenError> {
    let root = &layout.root;
    fs::create_dir_all(root).map_err(OpenError::io(root))?;
    let locks = lock(layout)?;
    let format_path = layout.format();
    let format = DirectoryFormat::read(&format_path)?;
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
    let format = match format {
        Some(format) => format,
        None => {
            DirectoryFormat::NEW.write(&format_path, disk).map_err(OpenError::io(&format_path))?;
            DirectoryFormat::NEW
        }
    };
    Ok((locks, format))
}

/// Keeps a second process out: by `LOCK`, as every release does, and by the directory itself, which nobody
/// removes by mistake.
fn lock(layout: &LogLayout) -> Result<Vec<File>, OpenError> {
    let path = layout.lock();
    let file = File::options().create(true).write(true).truncate(false).open(&path);
    let file = file.map_err(OpenError::io(&path))?;
    let directory = File::open(&layout.root).map_err(OpenError::io(&layout.root))?;
    let in_use = || OpenError::InUse { directory: layout.root.clone() };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(in_use()),
        Err(TryLockError::Error(source)) => return Err(OpenError::Io { file: path, source }),
    }
    match directory.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(in_use()),
        // Some network file systems lock no directories.
        Err(TryLockError::Error(error)) => debug!(%error, "the directory itself cannot be locked"),
    }
    Ok(vec![file, directory])
}

/// What says that a directory without records had some. Changes nothing.
pub(super) fn evidence_of_emptied(
    layout: &LogLayout,
    options: &EmbeddedOptions,
) -> Result<Evidence, OpenError> {
    let log = layout.log();
    let format = DirectoryFormat::read(&layout.format())?;
    let format = format.filter(|format| format.ledger.is_some() || !log.exists());
    let mut witnesses: Vec<Witness> = format.iter().map(|format| format_witness(layout, format)).collect();
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
