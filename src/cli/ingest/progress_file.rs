//! How far an ingest has come, kept beside the input until it is through.
//!
//! It names the ledger that the lines went to, and is believed for no other.
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
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::counts::Counts;
use super::line_batches::LineBatch;
use super::sink::TargetState;
use crate::cli::CliError;
use crate::cli::error::{causes, disk_hint};

pub(super) struct ProgressFile {
    input: PathBuf,
    /// `None` for standard input, which cannot be read a second time.
    path: Option<PathBuf>,
    saved: bool,
    /// Over every byte of the input that is done.
    done: Xxh3,
    target: SavedTarget,
    /// Whether the file that is resumed from names no ledger.
    is_of_earlier_release: bool,
}

/// The ledger that lines were sent to.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct SavedTarget {
    /// Its id, the hash of its first leaf; `None` while it holds no record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ledger: Option<String>,
    /// The last position that it is known to hold.
    #[serde(default)]
    position: u64,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    bytes_done: u64,
    counts: Counts,
    /// XXH3 over the bytes done; `None` in a file of a release that did not write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    xxh3: Option<u64>,
    /// `None` in a file of a release that did not write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<SavedTarget>,
    /// What an earlier release wrote instead of `xxh3`.
    #[serde(default, skip_serializing)]
    tail: Option<Tail>,
}

/// The last of the input's bytes that are done.
#[derive(Deserialize)]
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
        let path = is_file.then(|| PathBuf::from(name));
        let (done, target) = (Xxh3::new(), SavedTarget::default());
        let (saved, is_of_earlier_release) = (false, false);
        Self { input: input.to_owned(), path, saved, done, target, is_of_earlier_release }
    }

    /// Where to start: at the beginning, or where an interrupted run stopped.
    pub(super) fn begin(&mut self, resume: bool) -> Result<(u64, Counts), CliError> {
        let Some(path) = self.path.clone() else {
            return match resume {
                true => Err(anyhow!("standard input cannot be resumed\nhint: ingest a file").into()),
                false => Ok((0, Counts::default())),
            };
        };
        match (std::fs::read(&path), resume) {
            (Ok(bytes), true) => {
                let saved = self.checked(&path, &bytes)?;
                self.is_of_earlier_release = saved.target.is_none();
                self.target = saved.target.unwrap_or_default();
                Ok((saved.bytes_done, saved.counts))
            }
            (Ok(_), false) => Err(anyhow!(
                "an earlier ingest of this file was interrupted\n\
                 hint: add --resume to go on, or delete {} to start again, which records lines without a \
                 time and an id of their own twice",
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
    fn checked(&mut self, path: &Path, bytes: &[u8]) -> Result<Saved, CliError> {
        let input = self.input.clone();
        let refused = |fault: String| refused(path, &input, &fault);
        if bytes.is_empty() {
            return Err(refused("it is empty".to_owned()));
        }
        let saved: Saved =
            serde_json::from_slice(bytes).map_err(|error| refused(format!("it is torn ({error})")))?;
        let name = || input.display().to_string();
        let mut input = File::open(&input).with_context(name)?;
        let length = input.metadata().with_context(name)?.len();
        if saved.bytes_done > length {
            return Err(refused(format!(
                "it says that {} bytes are done, and {} has {length}: the input was replaced or cut",
                saved.bytes_done,
                name(),
            )));
        }
        self.done = hash_of(&mut input, saved.bytes_done).with_context(name)?;
        // A file without a tail says at least that a line ended there, or the input.
        let line_end = Tail::of(b"\n");
        let is_same = match (saved.xxh3, &saved.tail) {
            (Some(xxh3), _) => self.done.digest() == xxh3,
            (None, Some(tail)) => tail.is_before(saved.bytes_done, &mut input).with_context(name)?,
            _ if saved.bytes_done == 0 || saved.bytes_done == length => true,
            _ => line_end.is_before(saved.bytes_done, &mut input).with_context(name)?,
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

    /// Refuses to go on in another ledger than the one that the lines before went to, and says where that is
    /// not known. `is_resumed` says that there are such lines.
    pub(super) fn check_target(
        &mut self,
        place: &str,
        is_resumed: bool,
        state: impl FnOnce() -> Result<TargetState, CliError>,
    ) -> Result<(), CliError> {
        let Some(path) = self.path.as_ref().filter(|_| is_resumed) else { return Ok(()) };
        if self.is_of_earlier_release {
            anstream::eprintln!(
                "{} is of an earlier release and names no ledger: it is taken for one of {place}",
                path.display()
            );
            return Ok(());
        }
        let Some(expected) = &self.target.ledger else { return Ok(()) };
        let TargetState { ledger, head } = state()?;
        let fault = match ledger {
            Some(ledger) if ledger != *expected => {
                format!(
                    "it is of lines that went to the ledger {expected}, and {place} is the ledger {ledger}"
                )
            }
            Some(_) if head < self.target.position => format!(
                "the lines that are done went up to position {}, and {place} ends at position {head}",
                self.target.position
            ),
            Some(_) => return Ok(()),
            None => format!("it is of lines that went to the ledger {expected}, and {place} holds no record"),
        };
        Err(refused(path, &self.input, &fault))
    }

    /// Whether it has yet to learn which ledger takes the lines.
    pub(super) fn lacks_target(&self) -> bool {
        self.path.is_some() && self.target.ledger.is_none()
    }

    /// Notes which ledger takes the lines.
    pub(super) fn note_target(&mut self, state: TargetState) {
        self.target.ledger = state.ledger;
    }

    /// Notes that the input is done to the end of a batch, and the ledger holds a position.
    pub(super) fn save(
        &mut self,
        batch: &LineBatch,
        counts: &Counts,
        position: Option<u64>,
    ) -> Result<(), CliError> {
        let Some(path) = &self.path else { return Ok(()) };
        self.done.update(&batch.bytes);
        self.target.position = self.target.position.max(position.unwrap_or_default());
        let (xxh3, target) = (Some(self.done.digest()), Some(self.target.clone()));
        let saved = Saved { bytes_done: batch.end, counts: counts.clone(), xxh3, target, tail: None };
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
                let causes = causes(&error);
                CliError::Other(anyhow!("{causes}{first}\nhint: run the same command with --resume to go on"))
            }
            error => error,
        }
    }
}

fn refused(path: &Path, input: &Path, fault: &str) -> CliError {
    CliError::Damaged(format!(
        "{} cannot be resumed from: {fault}\n\
         hint: delete it and ingest {} from the start; what is recorded already is a duplicate then, but \
         for lines without a time and an id of their own, which are recorded again: ingest only the rest of \
         those",
        path.display(),
        input.display(),
    ))
}

/// The hash of the first bytes of an input.
fn hash_of(input: &mut File, bytes: u64) -> std::io::Result<Xxh3> {
    let mut hash = Xxh3::new();
    let mut buffer = vec![0; 1 << 20];
    let mut rest = input.take(bytes);
    loop {
        match rest.read(&mut buffer)? {
            0 => return Ok(hash),
            read => hash.update(&buffer[..read]),
        }
    }
}
