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

impl LedgerError {
    /// Whether records do not read: what they hide is not known, and that is no reason to drop a delivery.
    pub(crate) fn is_unreadable(&self) -> bool {
        match self {
            Self::Record { .. } => true,
            Self::Read(error) => !matches!(error, ReadError::Cancelled),
            Self::Append(_) => false,
        }
    }
}

/// What the log says; `None` where that does not read.
///
/// # Errors
/// [`LedgerError`] when the caller has stopped waiting, or the log takes no writes.
pub(crate) fn if_readable<T>(read: Result<T, LedgerError>) -> Result<Option<T>, LedgerError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.is_unreadable() => Ok(None),
        Err(error) => Err(error),
    }
}
