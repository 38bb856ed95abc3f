//! A log as one file: the lines of its records up to a position, packed as a zstd stream.
//!
//! ```text
//! {"backup":1,"head":2}
//! {"crc32c":"9ae0daaf","length":1041,"position":1,"leaf":{…},"opening":{…}}
//! {"crc32c":"0c2d5a11","length":988,"position":2,"leaf":{…},"opening":{…}}
//! {"records":2,"leaves":"…","sha256":"…"}
//! ```
//! The last line proves that the file is whole: it states the digest of every line before it, and the
//! fingerprint of the log.

mod read;
mod write;

use attempt_ledger_domain::Position;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::ReadError;
use crate::record::Digest;

pub use read::BackupReader;
pub use write::write_backup;

/// The format of the file. Readers refuse a higher one by name.
const BACKUP_VERSION: u32 = 1;

/// The first line.
#[derive(Serialize, Deserialize)]
struct FirstLine {
    backup: u32,
    head: Position,
}

/// The last line.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct LastLine {
    records: u64,
    leaves: Digest,
    sha256: Digest,
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
