//! How far an ingest has come, kept beside the input until it is through.
//!
//! Every acknowledged batch moves it forward. A batch that was acknowledged while the process died is sent
//! again on resuming and answered as duplicates; only bodies without a `timestamp` could then be recorded
//! twice.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use attempt_ledger_system::disk::RealDisk;
use attempt_ledger_system::durable_file;
use serde::{Deserialize, Serialize};

use super::counts::Counts;
use crate::cli::CliError;

pub(super) struct ProgressFile {
    /// `None` for standard input, which cannot be read a second time.
    path: Option<PathBuf>,
    saved: bool,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    bytes_done: u64,
    counts: Counts,
}

impl ProgressFile {
    pub(super) fn beside(input: &Path) -> Self {
        let is_file = input.as_os_str() != "-";
        let mut name = input.as_os_str().to_owned();
        name.push(".ingest-progress");
        Self { path: is_file.then(|| PathBuf::from(name)), saved: false }
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
                let saved: Saved =
                    serde_json::from_slice(&bytes).with_context(|| path.display().to_string())?;
                Ok((saved.bytes_done, saved.counts))
            }
            (Ok(_), false) => Err(anyhow!(
                "an earlier ingest of this file was interrupted\n\
                 hint: add --resume to go on, or delete {} to start again",
                path.display()
            )
            .into()),
            (Err(_), _) => Ok((0, Counts::default())),
        }
    }

    pub(super) fn save(&mut self, bytes_done: u64, counts: Counts) -> Result<(), CliError> {
        let Some(path) = &self.path else { return Ok(()) };
        let text = serde_json::to_vec(&Saved { bytes_done, counts }).context("progress")?;
        durable_file::replace(&RealDisk, path, &text).with_context(|| path.display().to_string())?;
        self.saved = true;
        Ok(())
    }

    pub(super) fn finish(&self) -> Result<(), CliError> {
        if let Some(path) = self.path.as_ref().filter(|path| path.exists()) {
            std::fs::remove_file(path).with_context(|| path.display().to_string())?;
        }
        Ok(())
    }

    /// Adds the next step to an error that interrupted the ingest.
    pub(super) fn explain(&self, error: CliError) -> CliError {
        match error {
            CliError::Other(error) if self.saved => {
                CliError::Other(anyhow!("{error:#}\nhint: run the same command with --resume to go on"))
            }
            error => error,
        }
    }
}
