//! The first and the last line of the file, and what can be wrong with one.

use attempt_ledger_domain::Position;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::ReadError;
use crate::record::Digest;

/// The format of the file. Readers refuse a higher one by name.
pub(super) const BACKUP_VERSION: u32 = 1;

/// The first line.
#[derive(Serialize, Deserialize)]
pub(super) struct FirstLine {
    pub backup: u32,
    pub head: Position,
}

/// The last line.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastLine {
    pub records: u64,
    pub leaves: Digest,
    pub sha256: Digest,
}

/// Why a backup was not written or not read.
#[derive(Debug, Error)]
pub enum BackupError {
    /// It is not what was written.
    #[error("the backup is damaged: {reason}")]
    Damaged {
        /// What is wrong.
        reason: String,
    },
    /// A later release wrote it.
    #[error(
        "the backup has format version {found}, this program reads up to {BACKUP_VERSION}; hint: restore it \
         with the release that wrote it"
    )]
    Newer {
        /// The version in the file.
        found: u32,
    },
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// It cannot be written.
    #[error("the backup cannot be written: {0}")]
    Write(#[from] std::io::Error),
}
