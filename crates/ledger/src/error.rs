//! Why the ledger could not do its work.

use attempt_ledger_domain::Position;
use attempt_ledger_log::{AppendError, ReadError};
use thiserror::Error;

/// Why the ledger could not do its work. Never the sender's fault.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// Nothing was acknowledged.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// Records could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A stored record is not one that this program writes.
    #[error("the record at position {position} cannot be understood: {reason}")]
    Record {
        /// Where.
        position: Position,
        /// Why.
        reason: String,
    },
}
