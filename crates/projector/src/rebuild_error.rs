//! Why a rebuild did not begin, or did not end in a swap.

use attempt_ledger_domain::Position;
use attempt_ledger_read_store::{Projection, StoreError};
use thiserror::Error;

use crate::pass::PassError;

/// Why a rebuild did not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RebuildStartError {
    /// One at a time.
    #[error("a rebuild is running already; hint: wait for its end, or cancel it")]
    Running,
    /// Only the process that has the lead can pause the read models for the swap.
    #[error("another process brings these read models forward; hint: ask that one")]
    LedElsewhere,
}

/// Why a rebuild did not end in a swap.
#[derive(Debug, Error)]
pub enum RebuildError {
    /// It was cancelled.
    #[error("the rebuild was cancelled; the old read models serve on")]
    Cancelled,
    /// A projection fails on an event, in the shadow too.
    #[error("{projection} stops at position {position}: {reason}; the old read models serve on")]
    Stopped {
        /// Which.
        projection: Projection,
        /// Where.
        position: Position,
        /// Why.
        reason: String,
    },
    /// The log or a store failed.
    #[error(transparent)]
    Pass(#[from] PassError),
}

impl From<StoreError> for RebuildError {
    fn from(error: StoreError) -> Self {
        Self::Pass(error.into())
    }
}
