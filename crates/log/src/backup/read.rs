//! A backup on its way in.

use std::io::{BufRead, BufReader, Read};

use attempt_ledger_domain::Position;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::format::{BACKUP_VERSION, BackupError, FirstLine, LastLine};
use crate::StoredRecord;
use crate::copy::{Fingerprint, FingerprintHasher};
use crate::record::{Digest, decode_frame};

/// No record's line is longer: a body of 16 MiB in which each byte is written as an escape, and what is
/// around it.
const LINE_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// Reads the records of a backup in order. Only at its end is it known to be whole.
pub struct BackupReader<R: Read> {
    lines: BufReader<zstd::Decoder<'static, BufReader<R>>>,
    hasher: Sha256,
    leaves: FingerprintHasher,
    head: Position,
    last: Position,
    end: Option<Fingerprint>,
}

impl<R: Read> BackupReader<R> {
    /// Reads the first line.
    ///
    /// # Errors
    /// [`BackupError`] when the file is no backup, or one of a later release.
    pub fn open(file: R) -> Result<Self, BackupError> {
        let lines = BufReader::new(zstd::Decoder::new(file).map_err(unreadable)?);
        let (hasher, leaves) = (Sha256::new(), FingerprintHasher::default());
        let (head, last, end) = (Position(0), Position(0), None);
        let mut reader = Self { lines, hasher, leaves, head, last, end };
        let line = reader.line()?;
        let version: BackupVersion = parsed(&line, "its first line")?;
        if version.backup > BACKUP_VERSION {
            return Err(BackupError::Newer { found: version.backup });
        }
        reader.head = parsed::<FirstLine>(&line, "its first line")?.head;
        reader.hasher.update(&line);
        Ok(reader)
    }

    /// The position of its last record.
    #[must_use]
    pub const fn head(&self) -> Position {
        self.head
    }

    /// The next record; `None` when the backup ends and is whole.
    ///
    /// # Errors
    /// [`BackupError::Damaged`] when it is not what was written.
    pub fn next_record(&mut self) -> Result<Option<StoredRecord>, BackupError> {
        if self.last == self.head {
            self.read_end()?;
            return Ok(None);
        }
        let line = self.line()?;
        self.hasher.update(&line);
        let position = self.last.next();
        let fault = |reason: String| damaged(format!("at record {position}: {reason}"));
        let frame = decode_frame(&line[..line.len() - 1]).map_err(|error| fault(error.to_string()))?;
        if frame.position != position {
            return Err(fault(format!("it is record {}", frame.position)));
        }
        let line = Bytes::from(line);
        let (leaf, opening) = (line.slice(frame.leaf), line.slice(frame.opening));
        self.leaves.add(&leaf);
        self.last = position;
        Ok(Some(StoredRecord { position, leaf, opening }))
    }

    /// Reads what is left, and returns what the backup holds.
    ///
    /// # Errors
    /// [`BackupError::Damaged`] when it is not what was written.
    pub fn verify(mut self) -> Result<Fingerprint, BackupError> {
        while self.next_record()?.is_some() {}
        Ok(self.end.expect("the end was read"))
    }

    fn read_end(&mut self) -> Result<(), BackupError> {
        if self.end.is_some() {
            return Ok(());
        }
        let line = self.line()?;
        let fingerprint = self.leaves.finish();
        let found = LastLine {
            records: fingerprint.records,
            leaves: fingerprint.digest,
            sha256: Digest(self.hasher.clone().finalize().into()),
        };
        if parsed::<LastLine>(&line, "its last line")? != found {
            return Err(damaged("its lines are not those that its last line states".to_owned()));
        }
        if !self.lines.fill_buf().map_err(unreadable)?.is_empty() {
            return Err(damaged("something follows its last line".to_owned()));
        }
        self.end = Some(fingerprint);
        Ok(())
    }

    /// The next line, with its line break.
    fn line(&mut self) -> Result<Vec<u8>, BackupError> {
        let mut line = Vec::new();
        let mut bounded = self.lines.by_ref().take(LINE_BYTES_MAX);
        bounded.read_until(b'\n', &mut line).map_err(unreadable)?;
        if bounded.limit() == 0 {
            return Err(damaged(format!("a line of it is longer than {LINE_BYTES_MAX} bytes")));
        }
        if line.last() != Some(&b'\n') {
            return Err(damaged(format!("it ends after {} of {} records", self.last, self.head)));
        }
        Ok(line)
    }
}

#[derive(Deserialize)]
struct BackupVersion {
    backup: u32,
}

fn parsed<T: DeserializeOwned>(line: &[u8], what: &str) -> Result<T, BackupError> {
    serde_json::from_slice(line).map_err(|error| damaged(format!("{what} does not parse: {error}")))
}

fn damaged(reason: String) -> BackupError {
    BackupError::Damaged { reason }
}

fn unreadable(error: std::io::Error) -> BackupError {
    damaged(format!("it does not unpack: {error}"))
}
