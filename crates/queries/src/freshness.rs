//! How fresh an answer is.

use attempt_ledger_domain::{AttemptId, Position, UnixMillis};
use attempt_ledger_read_store::Failure;

/// The most runaway attempts that one answer names.
pub const UNFOLDED_MAX: usize = 100;

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
    /// Runaway attempts that the answer contains only up to an earlier position: each, and up to where. At
    /// most [`UNFOLDED_MAX`] are named.
    pub unfolded: Vec<(AttemptId, Position)>,
}
