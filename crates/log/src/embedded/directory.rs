//! The data directory itself: its lock, its format, and whether a log was here before.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use attempt_ledger_domain::Position;
use attempt_ledger_system::disk::Disk;
use tracing::debug;

use super::error::OpenError;
use super::evidence::{Evidence, Witness};
use super::format_file::DirectoryFormat;
use super::index_look::witness_as_it_lies;
use super::layout::LogLayout;
use super::lineage_check::format_witness;
use super::options::EmbeddedOptions;

/// How long a directory that is in use is tried again, and how often.
const LOCK_PATIENCE: Duration = Duration::from_millis(500);
const LOCK_PAUSE: Duration = Duration::from_millis(5);

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
    let is_new = !log.try_exists().map_err(OpenError::io(&log))?;
    if !options.is_copy && !has_segments(layout)? {
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

/// The same for a directory that is only read: nothing is made in it.
pub(super) fn enter_to_read(
    layout: &LogLayout,
    options: &EmbeddedOptions,
) -> Result<(Vec<File>, DirectoryFormat), OpenError> {
    let locks = lock_to_read(layout)?;
    let format = DirectoryFormat::read(&layout.format())?;
    if !has_segments(layout)? {
        let log = layout.log();
        let evidence = evidence_of_emptied(layout, options)?;
        if !evidence.witnesses.is_empty() {
            return Err(OpenError::Evidence(evidence));
        }
        let reason = "there is no log, and none is begun in a directory that is only read".to_owned();
        return Err(OpenError::Missing { file: log, reason });
    }
    Ok((locks, format.unwrap_or(DirectoryFormat::NEW)))
}

/// Whether any file of the log holds, or held, records.
pub(super) fn has_segments(layout: &LogLayout) -> Result<bool, OpenError> {
    layout.has_segments().map_err(OpenError::io(&layout.log()))
}

/// Refuses a directory that a process has open for writing. Several may read it.
fn lock_to_read(layout: &LogLayout) -> Result<Vec<File>, OpenError> {
    let mut locks = Vec::new();
    for path in [&layout.lock(), &layout.root] {
        let file = match File::open(path) {
            Ok(file) => file,
            // Nobody has it open, then: a backup may leave it out.
            Err(error) if error.kind() == ErrorKind::NotFound && path != &layout.root => continue,
            Err(error) => return Err(OpenError::io(path)(error)),
        };
        match patiently(|| file.try_lock_shared()) {
            Ok(()) => locks.push(file),
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::InUse { directory: layout.root.clone() });
            }
            Err(TryLockError::Error(error)) => debug!(%error, "what is only read cannot be locked"),
        }
    }
    Ok(locks)
}

/// Keeps a second process out: by `LOCK`, as every release does, and by the directory itself, which nobody
/// removes by mistake.
fn lock(layout: &LogLayout) -> Result<Vec<File>, OpenError> {
    let path = layout.lock();
    let file = File::options().create(true).write(true).truncate(false).open(&path);
    let file = file.map_err(OpenError::io(&path))?;
    let directory = File::open(&layout.root).map_err(OpenError::io(&layout.root))?;
    let in_use = || OpenError::InUse { directory: layout.root.clone() };
    match patiently(|| file.try_lock()) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(in_use()),
        Err(TryLockError::Error(source)) => return Err(OpenError::Io { file: path, source }),
    }
    match patiently(|| directory.try_lock()) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(in_use()),
        // Some network file systems lock no directories.
        Err(TryLockError::Error(error)) => debug!(%error, "the directory itself cannot be locked"),
    }
    Ok(vec![file, directory])
}

/// Tries again for a moment: a child that another thread of the last holder's process was just starting has a
/// copy of every open file, and of the lock with it, until the system has loaded its program.
fn patiently(try_lock: impl Fn() -> Result<(), TryLockError>) -> Result<(), TryLockError> {
    let began = Instant::now();
    loop {
        match try_lock() {
            Err(TryLockError::WouldBlock) if began.elapsed() < LOCK_PATIENCE => thread::sleep(LOCK_PAUSE),
            result => return result,
        }
    }
}

/// What says that a directory without records had some. Changes nothing.
pub(super) fn evidence_of_emptied(
    layout: &LogLayout,
    options: &EmbeddedOptions,
) -> Result<Evidence, OpenError> {
    let format = DirectoryFormat::read(&layout.format())?;
    let mut witnesses: Vec<Witness> = witness_of_format(layout, format.as_ref()).into_iter().collect();
    witnesses.extend(witness_as_it_lies(layout, Position(0), options));
    Ok(Evidence { log: layout.log(), head: Position(0), witnesses })
}

fn witness_of_format(layout: &LogLayout, format: Option<&DirectoryFormat>) -> Option<Witness> {
    let format = format.filter(|format| format.ledger.is_some() || !layout.log().exists());
    format.map(|format| format_witness(layout, format))
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
