//! Opening a ledger to read it. Where its directory cannot be written, as in a mounted snapshot, or must not
//! be, it is read as it lies, and what has to be written goes to a scratch directory of the system.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use rustix::fs::{Access, AtFlags, CWD, accessat};

use super::storage::{READ_MODELS, Storage};
use super::{CliError, open};
use crate::ledger::Ledger;
use crate::log::EmbeddedLog;
use crate::read_store::ModelsDirectory;
use crate::scratch_directory::ScratchDirectory;

/// A ledger whose log is open to be read.
pub(super) struct ReadableLedger {
    pub(super) ledger: Arc<Ledger>,
    pub(super) log: Arc<EmbeddedLog>,
    directory: PathBuf,
    pub(super) is_writable: bool,
}

/// Where the read models of such a ledger are, and may be written.
pub(super) struct ModelsPlace {
    root: PathBuf,
    /// Held for as long as they are needed.
    _scratch: Option<ScratchDirectory>,
}

/// Opens a ledger that must exist already.
pub(super) fn open(directory: &Path, storage: &Storage) -> Result<ReadableLedger, CliError> {
    open::refuse_missing(directory)?;
    if !is_writable(directory) {
        return open_as_it_lies(directory, storage);
    }
    let (ledger, log) = open::existing(directory, storage)?;
    if let Some(fault) = &log.open_report().index_fault {
        anstream::eprintln!("{fault}; it is made anew");
    }
    Ok(ReadableLedger { ledger, log, directory: directory.to_owned(), is_writable: true })
}

/// The same for a look that changes nothing, whether it could or not.
pub(super) fn open_as_it_lies(directory: &Path, storage: &Storage) -> Result<ReadableLedger, CliError> {
    open::refuse_missing(directory)?;
    let is_writable = is_writable(directory);
    if !is_writable {
        anstream::eprintln!(
            "{} cannot be written: it is read as it lies, and nothing in it is changed",
            directory.display()
        );
    }
    let (ledger, log) = open::as_it_lies(directory, storage)?;
    if let Some(tail) = &log.open_report().dropped {
        anstream::eprintln!(
            "{} ends with {} bytes that were never acknowledged: they are left out",
            tail.file.display(),
            tail.bytes
        );
    }
    Ok(ReadableLedger { ledger, log, directory: directory.to_owned(), is_writable })
}

impl ReadableLedger {
    /// The directory of the read models: the ledger's own, or a copy of it where nothing can be written.
    /// Those in a database lie where they lie.
    pub(super) fn models_place(&self, storage: &Storage) -> Result<ModelsPlace, CliError> {
        if self.is_writable {
            return Ok(ModelsPlace { root: self.directory.clone(), _scratch: None });
        }
        let scratch = ScratchDirectory::of_the_system().context("a copy of the read models")?;
        if storage.database()?.is_none() {
            let (from, to) = (self.directory.join(READ_MODELS), scratch.path().join(READ_MODELS));
            ModelsDirectory::copy(&from, &to)?;
        }
        Ok(ModelsPlace { root: scratch.path().to_owned(), _scratch: Some(scratch) })
    }
}

impl ModelsPlace {
    /// The directory in which the read models' own directory lies.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }
}

/// Whether this process may write where a log is written, which the permissions of its owner and the way it
/// is mounted decide.
fn is_writable(directory: &Path) -> bool {
    let may_write = |path: &Path| accessat(CWD, path, Access::WRITE_OK, AtFlags::EACCESS).is_ok();
    let log = directory.join("log");
    may_write(directory) && (!log.exists() || may_write(&log))
}
