//! The first and the last line of a backup.

use attempt_ledger_domain::Position;
use serde::{Deserialize, Serialize};

use crate::record::Digest;

/// The format of the file. Readers refuse a higher one by name.
pub(super) const BACKUP_VERSION: u32 = 1;

/// The first line.
#[derive(Serialize, Deserialize)]
pub(super) struct FirstLine {
    pub(super) backup: u32,
    pub(super) head: Position,
}

/// The last line.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastLine {
    pub(super) records: u64,
    pub(super) leaves: Digest,
    pub(super) sha256: Digest,
}
