//! Which queues there are.

use std::collections::BTreeMap;

use attempt_ledger_domain::{QueueDefinition, QueueId};

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

    /// The same queues, each with the definition in force now, if it has one.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn queues(&self) -> Result<(BTreeMap<QueueId, Option<QueueDefinition>>, Freshness), QuestionError> {
        let (queue_ids, freshness) = self.queue_ids()?;
        let mut queues: BTreeMap<_, _> = queue_ids.into_iter().map(|queue_id| (queue_id, None)).collect();
        for definition in self.ledger.queues() {
            queues.insert(definition.queue_id, Some(definition));
        }
        Ok((queues, freshness))
    }
}
