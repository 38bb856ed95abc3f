//! Dossiers as of a position: made of the log, once for all pages of a long attempt.

use std::sync::Arc;

use attempt_ledger_domain::timeline::{TimelineParts, is_overdue};
use attempt_ledger_domain::{AttemptId, Position, QueueDefinition, QueueId};
use attempt_ledger_projector::rows_as_of;

use super::dossier::Dossier;
use super::error::QuestionError;
use super::questions::Questions;

/// The most records of an attempt whose dossier is made again for each question: that takes a moment.
const SHORT_RECORDS_MAX: usize = 256;

impl Questions {
    /// The dossier of an attempt as of a position; `None` when the ledger had nothing of it. That of a long
    /// attempt is kept: its next page costs what it shows.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn dossier(
        &self,
        attempt_id: AttemptId,
        as_of: Position,
    ) -> Result<Option<Arc<Dossier>>, QuestionError> {
        let Some((records, newest)) = self.ledger.attempt_extent(attempt_id, as_of)? else { return Ok(None) };
        let make = || self.make_dossier(attempt_id, as_of);
        if records <= SHORT_RECORDS_MAX {
            return Ok(make()?.map(Arc::new));
        }
        self.dossiers.get_or_make((attempt_id, newest), |kept| self.is_current(kept, as_of), make)
    }

    /// Whether what a dossier shows beside the records is the same as of a position.
    fn is_current(&self, dossier: &Dossier, as_of: Position) -> Result<bool, QuestionError> {
        let definition = self.definition_of(dossier.queue_id, as_of);
        Ok(definition == dossier.definition
            && dossier.is_overdue == self.is_overdue(&dossier.timeline, definition.as_ref(), as_of)?)
    }

    fn make_dossier(&self, attempt_id: AttemptId, as_of: Position) -> Result<Option<Dossier>, QuestionError> {
        let Some((timeline, queue_id)) = self.ledger.timeline_by_queue(attempt_id, Some(as_of))? else {
            return Ok(None);
        };
        let timeline = TimelineParts::of(timeline);
        let rows = rows_as_of(self.ledger.log().as_ref(), attempt_id, as_of)?;
        let definition = self.definition_of(queue_id, as_of);
        let is_overdue = self.is_overdue(&timeline, definition.as_ref(), as_of)?;
        Ok(Some(Dossier { timeline, rows, queue_id, definition, is_overdue }))
    }

    fn definition_of(&self, queue_id: Option<QueueId>, as_of: Position) -> Option<QueueDefinition> {
        queue_id.and_then(|queue_id| self.ledger.definition_as_of(queue_id, Some(as_of)))
    }

    fn is_overdue(
        &self,
        timeline: &TimelineParts,
        definition: Option<&QueueDefinition>,
        as_of: Position,
    ) -> Result<bool, QuestionError> {
        Ok(is_overdue(timeline.last_counted_at(), definition, self.ledger.now_as_of(Some(as_of))?))
    }
}
