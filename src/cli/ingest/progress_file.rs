//! How far an ingest has come, kept beside the input until it is through.
//!
//! Every acknowledged batch moves it forward. A batch that was acknowledged while the process died is sent
//! again on resuming and answered as duplicates; only bodies without a `timestamp` could then be recorded
//! twice.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use attempt_ledger_system::disk::RealDisk;
use attempt_ledger_system::durable_file;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::counts::Counts;
use super::line_batches::LineBatch;
use crate::cli::CliError;
use crate::cli::error::disk_hint;

pub(super) struct ProgressFile {
    input: PathBuf,
    /// `None` for standard input, which cannot be read a second time.
    path: Option<PathBuf>,
    saved: bool,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    bytes_done: u64,
    counts: Counts,
    /// `None` in a file of a release that did not write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tail: Option<Tail>,
}

/// The last of the input's bytes that are done, by which a replaced input is noticed.
#[derive(Serialize, Deserialize)]
struct Tail {
    bytes: u64,
    xxh3: u64,
}

/// How many of the bytes done a tail covers at most.
const TAIL_BYTES_MAX: usize = 4_096;

impl Tail {
    fn of(done: &[u8]) -> Self {
        let tail = &done[done.len().saturating_sub(TAIL_BYTES_MAX)..];
        Self { bytes: tail.len() as u64, xxh3: xxh3_64(tail) }
    }

    /// Whether the bytes of the input before `end` are those that were done.
    fn is_before(&self, end: u64, input: &mut File) -> std::io::Result<bool> {
        let Some(start) = end.checked_sub(self.bytes).filter(|_| self.bytes <= TAIL_BYTES_MAX as u64) else {
            return Ok(false);
        };
        let mut bytes = Vec::new();
        input.seek(SeekFrom::Start(start))?;
        input.take(self.bytes).read_to_end(&mut bytes)?;
        Ok(bytes.len() as u64 == self.bytes && xxh3_64(&bytes) == self.xxh3)
    }
}

impl ProgressFile {
    pub(super) fn beside(input: &Path) -> Self {
        let is_file = input.as_os_str() != "-";
        let mut name = input.as_os_str().to_owned();
        name.push(".ingest-progress");
        Self { input: input.to_owned(), path: is_file.then(|| PathBuf::from(name)), saved: false }
    }

    /// Where to start: at the beginning, or where an interrupted run stopped.
    pub(super) fn begin(&self, resume: bool) -> Result<(u64, Counts), CliError> {
        let Some(path) = &self.path else {
            return match resume {
                true => Err(anyhow!("standard input cannot be resumed\nhint: ingest a file").into()),
                false => Ok((0, Counts::default())),
            };
        };
        match (std::fs::read(path), resume) {
            (Ok(bytes), true) => {
                let saved = self.checked(path, &bytes)?;
                Ok((saved.bytes_done, saved.counts))
            }
            (Ok(_), false) => Err(anyhow!(
                "an earlier ingest of this file was interrupted\n\
                 hint: add --resume to go on, or delete {} to start again",
                path.display()
            )
            .into()),
            (Err(error), _) if error.kind() == ErrorKind::NotFound => Ok((0, Counts::default())),
            (Err(error), _) => Err(anyhow!(
                "{}: {error}\n\
                 hint: it says how far an earlier ingest came; make it readable, or delete it to start again",
                path.display()
            )
            .into()),
        }
    }

    /// What the file says, if it is whole and about this input.
    fn checked(&self, path: &Path, bytes: &[u8]) -> Result<Saved, CliError> {
        let refused = |fault: String| {
            CliError::Damaged(format!(
                "{} cannot be resumed from: {fault}\n\
                 hint: delete it and ingest {} from the start; what is recorded already is a duplicate then",
                path.display(),
                self.input.display(),
            ))
        };
        if bytes.is_empty() {
            return Err(refused("it is empty".to_owned()));
        }
        let saved: Saved =
            serde_json::from_slice(bytes).map_err(|error| refused(format!("it is torn ({error})")))?;
        let name = || self.input.display().to_string();
        let mut input = File::open(&self.input).with_context(name)?;
        let length = input.metadata().with_context(name)?.len();
        if saved.bytes_done > length {
            return Err(refused(format!(
                "it says that {} bytes are done, and {} has {length}: the input was replaced or cut",
                saved.bytes_done,
                name(),
            )));
        }
        // A file without a tail says at least that a line ended there, or the input.
        let line_end = Tail::of(b"\n");
        let is_same = match &saved.tail {
            Some(tail) => tail.is_before(saved.bytes_done, &mut input).with_context(name)?,
            None if saved.bytes_done == 0 || saved.bytes_done == length => true,
            None => line_end.is_before(saved.bytes_done, &mut input).with_context(name)?,
        };
        if !is_same {
            return Err(refused(format!(
                "the bytes of {} before byte {} are not those that were done: the input was replaced",
                name(),
                saved.bytes_done,
            )));
        }
        Ok(saved)
    }

    /// Notes that the input is done to the end of a batch.
    pub(super) fn save(&mut self, batch: &LineBatch, counts: Counts) -> Result<(), CliError> {
        let Some(path) = &self.path else { return Ok(()) };
        let saved = Saved { bytes_done: batch.end, counts, tail: Some(Tail::of(&batch.bytes)) };
        let text = serde_json::to_vec(&saved).context("progress")?;
        durable_file::replace(&RealDisk, path, &text).with_context(|| path.display().to_string())?;
        self.saved = true;
        Ok(())
    }

    pub(super) fn finish(&self) -> Result<(), CliError> {
        let Some(path) = &self.path else { return Ok(()) };
        // A kill may have left the next one unfinished beside it.
        for path in [path, &durable_file::temporary_path(path)] {
            if path.exists() {
                std::fs::remove_file(path).with_context(|| path.display().to_string())?;
            }
        }
        Ok(())
    }

    /// Adds the next step to an error that interrupted the ingest.
    pub(super) fn explain(&self, error: CliError) -> CliError {
        match error {
            CliError::Other(error) if self.saved => {
                let first = disk_hint(&error).map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
                CliError::Other(anyhow!(
                    "{error:#}{first}\nhint: run the same command with --resume to go on"
                ))
            }
            error => error,
        }
    }
}
