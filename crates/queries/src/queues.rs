//! Which queues there are.

use attempt_ledger_domain::QueueId;

use super::error::QuestionError;
use super::freshness::Freshness;
use super::questions::Questions;
use attempt_ledger_read_store::Projection;

impl Questions {
    /// Every queue that an attempt names or that is defined, ascending.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn queue_ids(&self) -> Result<(Vec<QueueId>, Freshness), QuestionError> {
        let store = self.projector.models().current();
        let reader = store.reader()?;
        let projections = [Projection::Attempts, Projection::Queues];
        let freshness = self.freshness(reader.as_ref(), &projections, None)?;
        Ok((reader.queue_ids()?, freshness))
    }
}
