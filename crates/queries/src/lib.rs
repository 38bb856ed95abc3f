//! Questions to the read models: what became of attempts, what queues and agents did, and why the numbers are what
//! they are.
//!
//! In reading order: `attempts` lists attempts and `offers` agents' legs; [`board`] tells what is open now; `agents` tells what an agent did
//! when; `history` measures metrics over what `sums` adds up, `explain` tells the attempts behind a number, `changes` why it is
//! not what it was; `overlay` tells all of it as the ledger knew it at an older position.

mod agents;
mod attempts;
pub mod board;
mod changes;
mod explain;
mod history;
mod offers;
mod overlay;
mod queues;
mod sums;

use std::sync::Arc;
use std::time::Duration;

use attempt_ledger_domain::{Position, UnixMillis};
use thiserror::Error;

use attempt_ledger_ledger::{Ledger, LedgerError};
use attempt_ledger_projector::{Projector, can_move};
use attempt_ledger_read_store::{Failure, Projection, Reader, StoreError};

pub use agents::AgentStates;
pub use attempts::{AttemptListing, AttemptsPage};
pub use changes::{Cause, MetricChange, ShareChange};
pub use explain::{AttemptShare, Explanation, Omission};
pub use history::{HistoryQuestion, MeasuredHistory, ParameterOverrides};
pub use offers::{OfferListing, OffersPage};
pub use sums::{BucketSums, HistorySubject};

/// Attempts that an answer about the past may have to be told anew, at most.
pub const OVERLAY_ATTEMPTS_MAX: usize = 50_000;

/// Everything that a question needs.
#[derive(Clone)]
pub struct Questions {
    /// The ledger, for what only the log tells.
    pub ledger: Arc<Ledger>,
    /// The read models.
    pub projector: Arc<Projector>,
}

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
        "position {wanted} is so far back that more than {OVERLAY_ATTEMPTS_MAX} attempts would have to be told anew; hint: rebuild read models from a copy of the log that ends there"
    )]
    TooFarBack {
        /// What was asked for.
        wanted: Position,
    },
    /// The read store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Questions {
    /// Waits until the read models contain a position, at most for `patience`: read your own write.
    ///
    /// # Errors
    /// [`QuestionError::NotYet`] when they do not.
    pub async fn wait_for(&self, wanted: Position, patience: Duration) -> Result<(), QuestionError> {
        if self.projector.reached(wanted, patience).await {
            return Ok(());
        }
        Err(QuestionError::NotYet { wanted, position: self.projector.position() })
    }

    /// How fresh an answer from `projections` is, and up to where it speaks.
    fn freshness(
        &self,
        reader: &dyn Reader,
        projections: &[Projection],
        as_of: Option<Position>,
    ) -> Result<Freshness, QuestionError> {
        let head = self.ledger.log().head();
        let statuses = reader.statuses()?;
        let behind = || statuses.iter().filter(|status| projections.contains(&status.projection));
        let checkpoint = behind().map(|status| status.checkpoint).min().unwrap_or_default();
        let stopped = behind().find(|status| !can_move(status)).and_then(|status| status.failure.clone());
        let Some(as_of) = as_of else {
            let position = checkpoint.position;
            return Ok(Freshness { position, recorded_at: checkpoint.recorded_at, head, stopped });
        };
        if as_of > checkpoint.position {
            return Err(QuestionError::NotYet { wanted: as_of, position: checkpoint.position });
        }
        let recorded_at = self.ledger.recorded_at(as_of)?;
        Ok(Freshness { position: as_of, recorded_at, head, stopped })
    }
}
