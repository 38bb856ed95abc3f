//! `attempt-ledger backup`: the log as one file, from a running server or a directory.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use indicatif::HumanBytes;
use serde_json::{Value, json};

use super::atomic_file::AtomicFile;
use super::chunks::copy_chunks;
use super::error::DAMAGE_HINT;
use super::remote_service::{RemoteService, refusal, whole};
use super::storage::{LogArguments, Storage};
use super::visible::visible;
use super::{CliError, LedgerLocation, Target, evidence, output, progress_bar, reading};
use crate::log::EventLog as _;
use crate::log::backup::{BackupError, BackupReader, write_backup};
use crate::log::copy::Fingerprint;

const BACKUP: &str = "/v1/backup";

#[derive(Args)]
pub(super) struct BackupCommand {
    /// Where to write; the file appears when it is whole and proved so
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    target: Target,
    /// Print what the backup holds as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    log_files: LogArguments,
}

impl BackupCommand {
    pub(super) fn run(self) -> Result<(), CliError> {
        if self.file.as_os_str() == "-" {
            return Err(CliError::Usage(
                "a backup is proved before it gets its name, so it is a file\n\
                 hint: name one; ./- is a name, too"
                    .to_owned(),
            ));
        }
        let mut file = AtomicFile::begin(&self.file)?;
        match self.target.location()? {
            LedgerLocation::Server(url) => download(&RemoteService::new(&url), &mut file)?,
            LedgerLocation::Directory(directory) => {
                let readable = reading::open(&directory, &Storage::from(self.log_files))?;
                let log = readable.log;
                // A backup of a log that was cut off would take the place of the last good one.
                if readable.is_writable {
                    evidence::judge_files(&directory, &directory, log.as_ref())?;
                }
                write_backup(log.as_ref(), log.head(), &mut file).map_err(|error| match error {
                    BackupError::Write(error) => CliError::from(anyhow::Error::from(error)).at(file.name()),
                    error => error.into(),
                })?;
            }
        }
        let name = file.name();
        let mut written = file.file().try_clone().with_context(|| name.clone())?;
        let bytes = written.seek(SeekFrom::End(0)).with_context(|| name.clone())?;
        written.rewind().with_context(|| name.clone())?;
        // What is proved is what lies on the disk, whichever way it came.
        let Fingerprint { records, digest } = verified(written)?;
        let is_another_there = self.file.exists();
        file.finish()?;
        if self.json {
            let held = json!({ "file": name, "records": records, "digest": digest, "bytes": bytes });
            return output::print_json(&held.to_string());
        }
        let replaced = if is_another_there { ", in the place of the file before" } else { "" };
        output::print(&format!(
            "{records} records  sha256 {digest}  {} in {name}{replaced}\n",
            HumanBytes(bytes)
        ))
    }
}

/// What a backup holds, when it is whole.
pub(super) fn verified(file: File) -> Result<Fingerprint, CliError> {
    Ok(BackupReader::open(file)?.verify()?)
}

/// Why an answer breaks off that had begun, where the server knows that its log is damaged.
fn known_damage(service: &RemoteService) -> Option<CliError> {
    let (_, text) = service.get("/v1/projections").ok()?;
    let answer: Value = serde_json::from_str(&text).ok()?;
    let damage: Vec<&str> = answer["log"]["damage"].as_array()?.iter().filter_map(Value::as_str).collect();
    (!damage.is_empty()).then(|| {
        CliError::Damaged(format!(
            "the log is damaged, and no backup of it is whole: {}\nhint: run `attempt-ledger verify` \
             there; {DAMAGE_HINT}",
            visible(&damage.join("; "))
        ))
    })
}

fn download(service: &RemoteService, file: &mut AtomicFile) -> Result<(), CliError> {
    let url = service.url(BACKUP);
    let (status, mut body) = service.stream(BACKUP)?;
    if status != 200 {
        return Err(refusal(status, BACKUP, &whole(&mut body).with_context(|| url.clone())?));
    }
    let bar = progress_bar::over_bytes();
    let mut bytes = 0;
    let written = copy_chunks(&mut *body, &mut |chunk| {
        file.write_all(chunk).with_context(|| file.name())?;
        bytes += chunk.len() as u64;
        bar.set_position(bytes);
        Ok(())
    });
    bar.finish_and_clear();
    written.map_err(|error| known_damage(service).unwrap_or_else(|| error.at(url)))
}
