//! How often the ledger tries when another writer writes to the same stream.

use std::fmt;

use attempt_ledger_log::AppendError;

use crate::error::LedgerError;

/// How often a command is judged again because another writer wrote to its stream first. With one node that
/// does not happen, or once; nodes that compete for one attempt take turns by chance.
pub(crate) const CONTENDED_TRIES_MAX: usize = 12;

/// The answer when every try lost to another writer.
pub(crate) fn contended(what: impl fmt::Display) -> LedgerError {
    AppendError::Failed { reason: format!("{what} is contended; send it again") }.into()
}
