//! Why a question has no answer.

use attempt_ledger_domain::Position;
use attempt_ledger_ledger::LedgerError;
use attempt_ledger_read_store::StoreError;
use thiserror::Error;

/// Attempts that an answer about the past may have to fold from the log, at most.
pub const OVERLAY_ATTEMPTS_MAX: usize = 50_000;

/// Queues whose sums one answer adds up, at most.
pub const HISTORY_QUEUES_MAX: usize = 20_000;

/// Why a question has no answer.
#[derive(Debug, Error)]
pub enum QuestionError {
    /// The read models do not contain the position yet.
    #[error("the read models contain position {position}, not {wanted} yet; hint: ask again in a moment")]
    NotYet {
        /// What was asked for.
        wanted: Position,
        /// What they contain.
        position: Position,
    },
    /// The position is beyond what the read models contain.
    #[error(
        "position {wanted} is so far back that more than {OVERLAY_ATTEMPTS_MAX} attempts would have to be \
         told anew; hint: rebuild read models from a copy of the log that ends there"
    )]
    TooFarBack {
        /// What was asked for.
        wanted: Position,
    },
    /// The sums of so many queues would have to be read that nobody waits for the answer.
    #[error(
        "there are more than {HISTORY_QUEUES_MAX} queues; hint: ask for one of them, or for all page by \
         page with group_by=queue and limit"
    )]
    TooManyQueues,
    /// The read store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}
