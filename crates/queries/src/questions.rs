//! What every question needs: the ledger, the read models, and how fresh they are.

use std::sync::Arc;
use std::time::Duration;

use attempt_ledger_domain::{AttemptId, Position};
use attempt_ledger_ledger::Ledger;
use attempt_ledger_projector::{Projector, can_move};
use attempt_ledger_read_store::{Projection, Reader, StoreError};

use super::dossier_cache::DossierCache;
use super::error::QuestionError;
use super::freshness::{Freshness, UNFOLDED_MAX};

/// The ledger and its read models, for questions about both. Each question is a method beside what it answers
/// with.
#[derive(Clone)]
pub struct Questions {
    /// The ledger, for what only the log contains.
    pub ledger: Arc<Ledger>,
    /// The read models.
    pub projector: Arc<Projector>,
    /// What was made of long attempts.
    pub(crate) dossiers: Arc<DossierCache>,
}

impl Questions {
    /// Questions to a ledger and its read models. What was made of long attempts may take so many bytes of
    /// memory.
    #[must_use]
    pub fn new(ledger: Arc<Ledger>, projector: Arc<Projector>, dossier_bytes_max: usize) -> Self {
        Self { ledger, projector, dossiers: Arc::new(DossierCache::new(dossier_bytes_max)) }
    }

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
    pub(crate) fn freshness(
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
        let unfolded = unfolded(reader, projections, as_of)?;
        let Some(as_of) = as_of else {
            let position = checkpoint.position;
            return Ok(Freshness { position, recorded_at: checkpoint.recorded_at, head, stopped, unfolded });
        };
        if as_of > checkpoint.position {
            return Err(QuestionError::NotYet { wanted: as_of, position: checkpoint.position });
        }
        let recorded_at = self.ledger.recorded_at(as_of)?;
        Ok(Freshness { position: as_of, recorded_at, head, stopped, unfolded })
    }
}

/// The runaway attempts of which an answer from `projections` lacks something, each with where its rows are.
fn unfolded(
    reader: &dyn Reader,
    projections: &[Projection],
    as_of: Option<Position>,
) -> Result<Vec<(AttemptId, Position)>, StoreError> {
    let mut unfolded: Vec<(AttemptId, Position)> = Vec::new();
    for one in reader.unfolded()? {
        if !projections.contains(&one.projection) || as_of.is_some_and(|as_of| as_of <= one.folded) {
            continue;
        }
        if let Some((attempt_id, folded)) = unfolded.last_mut()
            && *attempt_id == one.attempt_id
        {
            *folded = one.folded.min(*folded);
        } else if unfolded.len() < UNFOLDED_MAX {
            unfolded.push((one.attempt_id, one.folded));
        }
    }
    Ok(unfolded)
}
