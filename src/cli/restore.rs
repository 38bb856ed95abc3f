//! `attempt-ledger restore`: a ledger out of a backup.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, lchown};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use attempt_ledger_system::disk::{Disk as _, RealDisk};
use clap::Args;
use serde_json::json;
use tokio::runtime::Runtime;

use super::backup::verified;
use super::location::DATA_DEFAULT;
use super::storage::{LogArguments, Storage};
use super::{CliError, output, progress_bar, serve};
use crate::log::backup::BackupReader;
use crate::log::copy::{CopyError, Fingerprint, append_of, fingerprint};
use crate::log::{EmbeddedLog, EventLog as _, StreamAppend};

/// Where the log is made, in the directory that it is for: nothing is a ledger until all of it is there.
const UNFINISHED: &str = "restoring";
/// A batch is appended when it has so many records, or so many bytes.
const BATCH_RECORDS_MAX: usize = 1_000;
const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;

#[derive(Args)]
pub(super) struct RestoreCommand {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The ledger's directory: empty, or not there yet
    #[arg(long, value_name = "DIR", env = "ATTEMPT_LEDGER_DATA", default_value = DATA_DEFAULT)]
    data: PathBuf,
    /// Print what was restored as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    log_files: LogArguments,
}

impl RestoreCommand {
    pub(super) fn run(self) -> Result<(), CliError> {
        let storage = Storage::from(self.log_files);
        refuse_what_is_not_empty(&self.data, &[])?;
        let name = || self.file.display().to_string();
        let open = || File::open(&self.file).with_context(name);
        // Nothing is made of a backup that is damaged anywhere.
        let held = verified(open()?).map_err(|error| of_backup(error, &name()))?;
        let directory = UnfinishedLedger::begin(&self.data)?;
        let runtime = serve::runtime()?;
        let restored = fill(&directory.path, BackupReader::open(open()?)?, &storage, &runtime)?;
        if restored != held {
            return Err(CliError::Damaged(format!("{} changed while it was restored", name())));
        }
        // Whatever else began there meanwhile is not overwritten.
        refuse_what_is_not_empty(&self.data, &[UNFINISHED])?;
        directory.finish(&self.data)?;
        let Fingerprint { records, digest } = restored;
        let place = self.data.display();
        if self.json {
            let restored = json!({ "data": place.to_string(), "records": records, "digest": digest });
            return output::print_json(&restored.to_string());
        }
        output::print(&format!("{records} records  sha256 {digest}  restored into {place}\n"))
    }
}

/// Names the backup in an error, and what to do about one that is damaged.
fn of_backup(error: CliError, name: &str) -> CliError {
    match error {
        CliError::Damaged(text) => CliError::Damaged(format!(
            "{name}: {text}\nhint: copy it again from where it was made, or restore an earlier backup"
        )),
        error => error.at(name.to_owned()),
    }
}

/// What a new file system has in its top directory is nobody's.
const OF_A_FILE_SYSTEM: &str = "lost+found";

/// Refuses a directory with anything in it but entries of these names.
fn refuse_what_is_not_empty(directory: &Path, own: &[&str]) -> Result<(), CliError> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.with_context(|| directory.display().to_string())?,
    };
    for entry in entries {
        let name = entry.with_context(|| directory.display().to_string())?.file_name();
        if name != OF_A_FILE_SYSTEM && !own.iter().any(|own| name == *own) {
            return Err(not_empty(directory));
        }
    }
    Ok(())
}

fn not_empty(directory: &Path) -> CliError {
    let hint = match directory.join(UNFINISHED).exists() {
        true => "an earlier restore was cut off: delete what it left, and restore again",
        false => "name a directory that is empty, or not there yet, with --data DIR",
    };
    CliError::Usage(format!("{} is not empty\nhint: {hint}", directory.display()))
}

/// Appends every record, and returns what the log holds then.
fn fill(
    directory: &Path,
    mut backup: BackupReader<File>,
    storage: &Storage,
    runtime: &Runtime,
) -> Result<Fingerprint, CliError> {
    let log = EmbeddedLog::open(directory, &storage.options())?;
    let bar = progress_bar::over_records(backup.head().0);
    let (mut batch, mut bytes) = (Vec::new(), 0);
    loop {
        let next = backup.next_record()?;
        let is_full = batch.len() == BATCH_RECORDS_MAX || bytes >= BATCH_BYTES_MAX;
        if is_full || next.is_none() {
            bytes = 0;
            append(&log, std::mem::take(&mut batch), runtime)?;
            bar.set_position(log.head().0);
        }
        let Some(stored) = next else { break };
        bytes += stored.leaf.len() + stored.opening.len();
        batch.push(append_of(&stored).map_err(to_cli_error)?);
    }
    bar.finish_and_clear();
    Ok(fingerprint(&log, log.head()).map_err(anyhow::Error::from)?)
}

fn append(log: &EmbeddedLog, batch: Vec<StreamAppend>, runtime: &Runtime) -> Result<(), CliError> {
    for answer in runtime.block_on(log.append(batch)) {
        answer.map_err(anyhow::Error::from)?;
    }
    Ok(())
}

fn to_cli_error(error: CopyError) -> CliError {
    CliError::Damaged(error.to_string())
}

/// A ledger that is being made within its directory. Dropped before it is finished, it is gone.
struct UnfinishedLedger {
    path: PathBuf,
}

impl UnfinishedLedger {
    fn begin(directory: &Path) -> Result<Self, CliError> {
        let path = directory.join(UNFINISHED);
        fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
        match fs::create_dir(&path) {
            // Another restore makes it at this moment.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(not_empty(directory)),
            made => {
                made.with_context(|| path.display().to_string()).map(|()| Self { path }).map_err(Into::into)
            }
        }
    }

    /// Moves everything to its place, the log last: what lies beside it is a witness until then that there is
    /// to be one, so that no service begins another.
    fn finish(self, directory: &Path) -> Result<(), CliError> {
        let moved = || -> std::io::Result<()> {
            let entries = fs::read_dir(&self.path)?.collect::<Result<Vec<_>, _>>()?;
            let mut names: Vec<_> = entries.into_iter().map(|entry| entry.file_name()).collect();
            names.sort_by_key(|name| name == "log");
            for name in names {
                let made = self.path.join(&name);
                give(&made, directory)?;
                fs::rename(made, directory.join(&name))?;
                RealDisk.sync_directory(directory)?;
            }
            Ok(())
        };
        moved().map_err(|error| anyhow!("{}: {error}", directory.display()))?;
        Ok(())
    }
}

/// Gives what was made to whom the directory belongs: under a unit with a user of its own, root restores, and
/// the service has to read and write it.
fn give(made: &Path, directory: &Path) -> std::io::Result<()> {
    let (owner, maker) = (fs::metadata(directory)?, fs::symlink_metadata(made)?);
    if (owner.uid(), owner.gid()) != (maker.uid(), maker.gid()) && rustix::process::geteuid().is_root() {
        lchown(made, Some(owner.uid()), Some(owner.gid()))?;
    }
    if maker.is_dir() {
        for entry in fs::read_dir(made)? {
            give(&entry?.path(), directory)?;
        }
    }
    Ok(())
}

impl Drop for UnfinishedLedger {
    fn drop(&mut self) {
        // What is left says by its name what it is.
        let _ = fs::remove_dir_all(&self.path);
    }
}
