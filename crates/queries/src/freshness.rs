//! How fresh an answer is.

use attempt_ledger_domain::{Position, UnixMillis};
use attempt_ledger_read_store::Failure;

/// How fresh an answer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// The log position that the answer contains; with `as_of`, the one that was asked for.
    pub position: Position,
    /// When the ledger took the record there.
    pub recorded_at: UnixMillis,
    /// The end of the log when the question was asked.
    pub head: Position,
    /// The event at which a projection behind the answer stopped.
    pub stopped: Option<Failure>,
}
