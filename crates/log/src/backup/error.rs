//! Why backups fail.

use thiserror::Error;

use super::format::BACKUP_VERSION;
use crate::ReadError;

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
